"""What may be changed in one piece of a syntax tree: (kind, the piece as it would be then).

A piece is never changed in place: the new one is a copy, so that the tree stays as it was.
"""

import ast
import copy

from mutation.untouched import TEXTS, is_text, name_of

KINDS = ("operator", "constant", "argument", "condition", "statement")
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
COMPARISON = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
# The order of two arguments does not matter here, or a wrong one can only be a TypeError.
ANY_ORDER = set("min max maximum minimum multiply add hypot swapaxes isclose isinstance issubclass".split())


def with_(piece, **fields):
    """A copy of the piece with other fields."""
    new = copy.copy(piece)
    for field, value in fields.items():
        setattr(new, field, value)
    return new


def at(sequence, index, *values, skip=1):
    """The list with other values from an index on, in place of `skip` of them."""
    return [*sequence[:index], *values, *sequence[index + skip :]]


def operators(parent, field, piece):
    """+ → −, < → ≤, and → or; `not` and the minus sign dropped."""
    if isinstance(piece, (ast.BinOp, ast.AugAssign)) and type(piece.op) in ARITHMETIC:
        sides = (piece.left, piece.right) if isinstance(piece, ast.BinOp) else (piece.value,)
        if not any(map(is_text, sides)):
            yield with_(piece, op=ARITHMETIC[type(piece.op)]())
    elif isinstance(piece, ast.Compare):
        for i, op in enumerate(piece.ops):
            yield with_(piece, ops=at(piece.ops, i, COMPARISON[type(op)]()))
    elif isinstance(piece, ast.BoolOp):
        yield with_(piece, op=ast.Or() if isinstance(piece.op, ast.And) else ast.And())
    elif isinstance(piece, ast.UnaryOp) and isinstance(piece.op, (ast.Not, ast.USub)):
        yield piece.operand


def constants(parent, field, piece):
    """n → n + 1, True ↔ False; text only where it is a key or is compared."""
    if not isinstance(piece, ast.Constant):
        return
    value = piece.value
    if isinstance(value, bool):
        yield with_(piece, value=not value)
    elif isinstance(value, (int, float)) and value + 1 != value:  # 1e18 is
        yield with_(piece, value=value + 1)
    elif isinstance(value, str) and (
        isinstance(parent, (ast.Compare, ast.Subscript)) or (isinstance(parent, ast.Dict) and field == "keys")
    ):
        yield with_(piece, value=f"{value}_")


def arguments(parent, field, piece):
    """One keyword argument dropped; two neighbors exchanged."""
    if not isinstance(piece, ast.Call):
        return
    for i, keyword in enumerate(piece.keywords):
        if keyword.arg not in TEXTS:
            yield with_(piece, keywords=at(piece.keywords, i))
    if name_of(piece) in ANY_ORDER:
        return
    for i, (one, other) in enumerate(zip(piece.args, piece.args[1:], strict=False)):
        fixed = any(isinstance(side, ast.Starred) for side in (one, other)) or (
            is_text(one) and is_text(other)
        )
        if not fixed and ast.dump(one) != ast.dump(other):
            yield with_(piece, args=at(piece.args, i, other, one, skip=2))


def conditions(parent, field, piece):
    """What `if`, `while` or a comprehension asks: always so, never so."""
    asks = (isinstance(parent, (ast.If, ast.While, ast.IfExp)) and field == "test") or field == "ifs"
    if asks and not isinstance(piece, ast.Constant):
        yield ast.Constant(True)
        yield ast.Constant(False)


def statements(parent, field, piece):
    """A statement left out, where what follows can still run."""
    gone = isinstance(piece, (ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete))
    if isinstance(piece, ast.Expr):
        gone = not isinstance(piece.value, (ast.Yield, ast.YieldFrom))
    elif isinstance(piece, ast.Assign):
        gone = all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in piece.targets)
    if gone:
        yield ast.Pass()


def edits(parent, field, piece):
    """Yield (kind, new piece) for all that may be changed in the piece itself, not in what is inside it."""
    for kind, ways in zip(KINDS, (operators, constants, arguments, conditions, statements), strict=True):
        for new in ways(parent, field, piece):
            yield kind, new
