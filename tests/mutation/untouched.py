"""What is left alone: docstrings, messages, help texts, annotations, and what only a type checker reads."""

import ast

# What is said to a person: no test should pin every word of it.
SAYS = {"InputError", "print", "warn", "error", "write_line", "set_title", "set_xlabel", "set_ylabel"}
TEXTS = {"help", "description", "metavar", "epilog", "usage", "title", "prog", "desc", "label"}
ANNOTATIONS = {"annotation", "returns"}


def name_of(call):
    """`f(…)` and `a.f(…)` are both calls of f."""
    return getattr(call.func, "attr", getattr(call.func, "id", None))


def is_text(node):
    """Whether the node is a piece of text, written out or with values in it."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_name(node, name):
    """Whether the node is this name."""
    return isinstance(node, ast.Name) and node.id == name


def left_alone(parent, field, node):
    """Whether nothing inside the node is changed, nor the node itself."""
    if field in ANNOTATIONS or isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.keyword):
        return node.arg in TEXTS
    if isinstance(node, ast.Expr):  # a docstring
        return is_text(node.value)
    if isinstance(node, ast.If):
        test = node.test
        return is_name(test, "TYPE_CHECKING") or (
            isinstance(test, ast.Compare) and is_name(test.left, "__name__")
        )
    if isinstance(node, ast.Assign):
        return is_name(node.targets[0], "__all__")
    if isinstance(node, ast.Call):
        return name_of(node) in SAYS or isinstance(parent, ast.Raise)
    return False
