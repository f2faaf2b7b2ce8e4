"""A student's functions beside the reference: a unified diff per function. Imports `folder`, `progress`, `template`."""

import ast
import difflib

from vitnp.course.workshop import progress, template
from vitnp.course.workshop.folder import refusal
from vitnp.course.workshop.outcome import WIDTH
from vitnp.system.language import Text
from vitnp.system.output import width

SAME = Text("정답과 같음: ", "the same as the reference: ")
THEIRS, REFERENCE = Text("내 코드", "your code"), Text("정답", "reference")
LINES = 3  # of context; a function is short, so that nearly all of it is seen


def diff(folder, asked, *, give_up=False):
    """The lines of the diff of a step, or of the function of a part such as "5.4".

    Raises InputError for a step that does not pass yet, unless with give_up, which is recorded.
    """
    step = folder.need(asked)
    if folder.outcome(step).status != "passed":
        if not give_up:
            raise refusal(
                folder.lang,
                f"{step}단계는 아직 통과하지 못했습니다; 힌트를 보거나(vitnp workshop hint {step}) "
                f"--give-up을 붙이세요(기록됩니다)",
                f"step {step} does not pass yet; take a hint (vitnp workshop hint {step}), or add --give-up, "
                "which is recorded",
            )
        progress.record_giving_up(folder.path, step)
    return between(
        folder.file(step).read_text("utf-8", errors="replace"),
        template.whole(step, folder.lang),
        folder.lang,
        only=function_of(str(asked), step),
    )


def function_of(asked, step):
    """ "softmax_backward" for "5.4"; None for a step, all of whose functions are compared."""
    return template.parts(step)[asked].partition(":")[0] if "." in asked else None


def between(theirs, reference, lang, only=None):
    """The lines of the diff of two texts; a function that says the same is only named."""
    mine, right = functions(theirs), functions(reference)
    lines, same = [], []
    for name in [only] if only else [*right, *(name for name in mine if name not in right)]:
        if name in mine and name in right and code(mine[name]) == code(right[name]):
            same.append(name)
            continue
        lines += difflib.unified_diff(
            mine.get(name, "").splitlines(),
            right.get(name, "").splitlines(),
            f"{THEIRS.in_(lang)}: {name}",
            f"{REFERENCE.in_(lang)}: {name}",
            lineterm="",
            n=LINES,
        )
    folded = [piece for line in lines for piece in fold(line)]
    return folded + ([SAME.in_(lang) + ", ".join(same)] if same else [])


def fold(line):
    """Yield the line in pieces that fit the screen, each with the mark of the diff."""
    mark, rest = line[:1], line[1:].expandtabs()
    while width(rest) >= WIDTH:
        n = next(n for n in range(len(rest), 0, -1) if width(rest[:n]) < WIDTH)
        yield mark + rest[:n]
        rest = rest[n:]
    yield mark + rest


def functions(text):
    """{name: source} of a text's functions; of one that is no Python, the whole text under the name ""."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {"": text}
    return {
        node.name: ast.get_source_segment(text, node)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


def code(source):
    """What a function does: its tree without comments and docstring."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
