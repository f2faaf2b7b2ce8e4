"""What of a cell's code is shown: no asserts, no drawing; and its colors."""

import ast
import html
import re

from pygments import lex
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

DRAWING = {"plt", "show"}  # names whose methods draw
PICTURED = DRAWING | {
    "figure",
    "ax",
    "axes",
}  # and where there is a picture: elsewhere `axes` may be an array's
CLASSES = ((Comment, "c"), (Keyword, "k"), (Operator.Word, "k"), (String, "s"), (Number, "n"))
CLASSES += ((Name.Function, "f"), (Name.Class, "f"))


def shown(source, pictured=False):
    """The lines of a cell that a slide shows: without magics, asserts and what draws; () if none is left.

    pictured: the cell has made a picture, so its last line draws, whatever it is called.
    """
    source = re.sub(r"^%.*$", "", source, flags=re.MULTILINE)
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # an exercise, or a magic inside a block
        return tuple(source.strip().splitlines())
    lines = source.splitlines()
    for start, end in sorted(_left_out(statements, pictured), reverse=True):
        del lines[start - 1 : end]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return tuple(text.splitlines()) if text.strip() else ()


def _left_out(statements, pictured):
    """The lines, from and to, of the asserts, of functions that draw and of all from the first drawing on."""
    names = PICTURED if pictured else DRAWING
    drawing = [draws(statement, names) for statement in statements]
    called = [i for i, statement in enumerate(statements) if drawing[i] and not _is_function(statement)]
    last = statements[-1] if statements else None
    if pictured and not called and isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        called = [len(statements) - 1]
    out = []
    for i, statement in enumerate(statements):
        if (called and i >= called[0]) or drawing[i]:
            out.append(statement)
        elif not _is_function(statement):
            out += _asserts(statement)
    return [(statement.lineno, statement.end_lineno) for statement in out]


def _is_function(statement):
    return isinstance(statement, ast.FunctionDef)


def _asserts(statement):
    """The asserts of a statement, or the statement itself if there is nothing else in it."""
    if isinstance(statement, ast.Assert):
        return [statement]
    inner = [part for part in getattr(statement, "body", ()) if isinstance(part, ast.stmt)]
    found = [part for part in inner if isinstance(part, ast.Assert)]
    return [statement] if found and len(found) == len(inner) else found


def draws(statement, names):
    """Whether a statement calls `plt.plot`, `show.grid` or the like, or a function of the notebook called `draw…`.

    A function whose first parameter is `ax` draws, too.
    """
    if _is_function(statement) and [part.arg for part in statement.args.args[:1]] == ["ax"]:
        return True
    calls = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return any(
        func.id.startswith("draw")
        if isinstance(func, ast.Name)
        else {name.id for name in ast.walk(func) if isinstance(name, ast.Name)} & names
        for func in calls
    )


def is_blank(source):
    """Whether a cell is an exercise that waits for its answer: `name = ...` or a function that returns `...`."""
    return re.search(r"(=|return)\s*\.\.\.\s*$", source, flags=re.MULTILINE) is not None


def colored(lines):
    """Code as HTML with a class per token."""
    out = []
    for kind, text in lex("\n".join(lines), PythonLexer(stripnl=False)):
        name = next((short for found, short in CLASSES if kind in found), None)
        out.append(f'<i class="{name}">{html.escape(text)}</i>' if name else html.escape(text))
    return "".join(out).rstrip("\n")
