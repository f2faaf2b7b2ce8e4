"""The messages in the source, by its syntax tree: {} stands for what is filled in."""

import ast
import functools
import pathlib
import re

import vitnp

PACKAGE = pathlib.Path(vitnp.__file__).parent


def template(node):
    """The text of a string expression, {} for each part that is no literal; of neighbors one."""
    return re.sub(r"(\{\})+", "{}", "".join(_parts(node)))


def _parts(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        for value in node.values:
            yield value.value if isinstance(value, ast.Constant) else "{}"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _parts(node.left)
        yield from _parts(node.right)
    else:
        yield "{}"


@functools.cache
def errors():
    """{template: file} of every InputError and Diverged that is raised with a text of its own."""
    found = {}
    for path, node in nodes():
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        if name in ("InputError", "Diverged") and node.args:
            text = " ".join(template(node.args[0]).split())
            if text != "{}":
                found[text] = path.relative_to(PACKAGE).as_posix()
    return found


@functools.cache
def texts():
    """All literal texts of the source, one after the other."""
    found = []
    for _, node in nodes():
        if isinstance(node, ast.JoinedStr | ast.BinOp):
            found.append(template(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return "\n".join(" ".join(text.split()) for text in found)


def nodes():
    """Yield (file, node) of the whole package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield path, node
