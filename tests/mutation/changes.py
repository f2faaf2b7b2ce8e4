"""Each change as a new source file: the text of one piece is replaced, every other letter stays."""

import ast
import collections
from typing import NamedTuple

from mutation.edits import edits
from mutation.untouched import left_alone


class Place(NamedTuple):
    """Where a piece hangs in its tree."""

    parent: ast.AST
    field: str
    position: int | None  # in a list, or None
    piece: ast.AST


class Edit(NamedTuple):
    """A change that has not been written yet."""

    id: str
    kind: str
    place: Place
    new: ast.AST


class Change(NamedTuple):
    """One changed source file."""

    id: str
    file: str
    line: int
    end_line: int
    kind: str
    old: str
    new: str
    source: str


def places(node):
    """Yield the places of all pieces below the node that may be changed."""
    for field, value in ast.iter_fields(node):
        for position, piece in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(piece, ast.AST) and not left_alone(node, field, piece):
                yield Place(node, field, position, piece)
                yield from places(piece)


def possible(file, tree):
    """Every edit of a file. An id says where a change stands, and which it is of those that stand there."""
    counts = collections.Counter()
    found = []
    for place in places(tree):
        # `x in ("a", "b")` compares with each
        parent = ast.Compare() if in_compared_tuple(tree, place) else place.parent
        for kind, new in edits(parent, place.field, place.piece):
            where = f"{file}:{place.piece.lineno}:{place.piece.col_offset}:{kind}"
            found.append(Edit(f"{where}:{counts[where]}", kind, place, new))
            counts[where] += 1
    return found


def in_compared_tuple(tree, place):
    """Whether the piece is written out in a tuple, list or set that something is compared with."""
    if not isinstance(place.parent, (ast.Tuple, ast.List, ast.Set)):
        return False
    if not hasattr(tree, "compared"):
        compares = (node for node in ast.walk(tree) if isinstance(node, ast.Compare))
        tree.compared = {id(side) for node in compares for side in node.comparators}
    return id(place.parent) in tree.compared


def with_new(tree, place, new):
    """What the tree is with a new piece at the place; the tree itself stays."""
    holder = getattr(place.parent, place.field) if place.position is not None else place.parent
    if place.position is None:
        setattr(holder, place.field, new)
    else:
        holder[place.position] = new
    try:
        return ast.dump(tree)
    finally:
        if place.position is None:
            setattr(holder, place.field, place.piece)
        else:
            holder[place.position] = place.piece


def replaced(text, piece, new):
    """The text with other text in place of a piece's; columns count bytes."""
    lines = text.encode("utf-8").splitlines(keepends=True)
    before = b"".join(lines[: piece.lineno - 1]) + lines[piece.lineno - 1][: piece.col_offset]
    after = lines[piece.end_lineno - 1][piece.end_col_offset :] + b"".join(lines[piece.end_lineno :])
    return (before + new.encode("utf-8") + after).decode("utf-8")


def write(file, text, tree, edit):
    """The Change, or None where Python would read another one, with parentheses and without."""
    piece = edit.place.piece
    wanted, new = with_new(tree, edit.place, edit.new), ast.unparse(edit.new)
    for written in (new, f"({new})"):
        source = replaced(text, piece, written)
        try:
            same = ast.dump(ast.parse(source)) == wanted
        except SyntaxError:
            continue
        if same:
            old, new = shorter(ast.unparse(piece), new)
            return Change(edit.id, file, piece.lineno, piece.end_lineno, edit.kind, old, new, source)
    return None


def shorter(old, new, around=25):
    """Both texts without what they share, but for a few letters around the difference."""
    start = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    rest = min(len(old), len(new)) - start
    end = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    low, end = max(0, start - around), max(0, end - around)

    def cut(text):
        shown = text[low : len(text) - end]
        return " ".join(("…" * (low > 0) + shown + "…" * (end > 0)).split())

    return cut(old), cut(new)


def all_changes(file, text):
    """Yield every change of a source file; `file` names it."""
    tree = ast.parse(text)
    for edit in possible(file, tree):
        change = write(file, text, tree, edit)
        if change:
            yield change
