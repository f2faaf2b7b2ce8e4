"""What a teacher may want to look at: the same code handed in twice, and imports that a step does not need.

Imports `template`.
"""

import ast
import functools
import hashlib
import io
import tokenize

from vitnp.course.workshop import template
from vitnp.course.workshop.grading.submissions import STEP_FILES

NEEDED = {"numpy", "math", "functools", "itertools", "typing", "collections", "dataclasses", "__future__"}
NEEDED |= {"scipy", "einops"} | set(template.STEPS.values())
BLANKS = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.DEDENT,
)
SOLUTION = "solution"


def fingerprint(data):
    """The SHA-256 of a file's code without comments, docstrings and blanks; None for what is no Python."""
    try:
        text = data.decode("utf-8-sig")
        strings = docstrings(ast.parse(text))
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        kept = [t.string.strip() for t in tokens if t.type not in BLANKS and t.start not in strings]
    except (SyntaxError, ValueError, RecursionError, tokenize.TokenError, MemoryError):
        return None
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def docstrings(tree):
    """Where docstrings begin, as tokens count: (line, column)."""
    own = (ast.Module, ast.FunctionDef, ast.ClassDef)
    nodes = [
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, own) and ast.get_docstring(node) is not None
    ]
    return {(node.lineno, node.col_offset) for node in nodes}


@functools.cache
def handed_out():
    """{fingerprint: what it is} of what everybody has: the solutions, and the files with blanks (None)."""
    found = {}
    for step in template.STEPS:
        for lang in ("ko", "en"):
            for level in template.LEVELS:
                found[fingerprint(template.cut(step, level, lang).encode())] = None
            found[fingerprint(template.whole(step, lang).encode())] = SOLUTION
    return found


def same_as(submissions):
    """{submission's file: {step: [whose code is the same]}}; "solution" is the reference's."""
    owners = {}
    for one in submissions:
        for step in one.steps:
            found = fingerprint(one.files[f"{template.STEPS[step]}.py"])
            if found and handed_out().get(found, SOLUTION) is not None:
                owners.setdefault((step, found), []).append(one.file)
    same = {}
    for (step, found), files in owners.items():
        for file in files:
            others = [handed_out()[found]] if found in handed_out() else []
            if others := others + [other for other in files if other != file]:
                same.setdefault(file, {})[step] = others
    return same


def odd_imports(files):
    """What the files import and a step does not need, such as os or vitnp's own steps; and NumPy's names set anew."""
    own = {name.removesuffix(".py") for name in files}
    found = set()
    for name, data in files.items():
        given = set(imported(template.whole(STEP_FILES[name]).encode())) if name in STEP_FILES else set()
        found |= {
            one for one in imported(data) if one not in given and one.partition(".")[0] not in NEEDED | own
        }
    return sorted(found)


def imported(data):
    """Yield every module that a file imports, by its full name, and what else leads out of a step."""
    try:
        nodes = list(ast.walk(ast.parse(data)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("__import__", "exec", "eval"):
            yield node.func.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and of_numpy(node):
            yield f"np.{node.attr} ="


def of_numpy(node):
    """Whether an attribute is one of NumPy's own."""
    return getattr(node.value, "id", None) in ("np", "numpy")
