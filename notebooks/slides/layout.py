"""Blocks on slides: as many as fit, a picture as large as it can be, a question and its result one after the other."""

from typing import NamedTuple

from slides.blocks import CODE_FRAME, CODE_LINE, COLUMN, GAP, HEIGHT, WIDTH, columns, height, wrapped

LARGEST = 1.4  # times the pixels of a picture
LEAST = 0.55  # of the area that a picture has on a slide of its own; with less it gets one
SMALLER = 0.45  # of the area that it has with its own text; a text after it may take the rest
BETWEEN = 32  # pixels between a picture and the text beside it


class Piece(NamedTuple):
    """A block on a slide, and whether it appears with a click of its own."""

    block: object
    step: bool


class Slide(NamedTuple):
    """The pieces of a slide in order, the size of its picture, and how wide the text beside or above it is."""

    pieces: tuple = ()
    picture: tuple = ()
    column: int = WIDTH


def lay_out(groups, room=HEIGHT):
    """The slides for the groups of a section, `room` pixels high below the title."""
    slides, page = [], ()
    for unit in (unit for group in groups for unit in units(group)):
        arranged = arrange((*page, *unit), room)
        if page and not (arranged and _large_enough(arranged, page, unit, room)):
            slides.append(arrange(page, room))
            page, arranged = (), arrange(unit, room)
        if arranged:
            page = (*page, *unit)
            continue
        *full, page = _broken(unit, room)
        slides += [arrange(pieces, room) for pieces in full]
    return [*slides, arrange(page, room)] if page else slides


def units(group):
    """A group cut after each output: what has to be seen together."""
    unit, after_output = [], False
    for i, block in enumerate(group):
        output = block.kind in ("printed", "picture")
        unit.append(Piece(block, step=i == 0 or output or after_output))
        after_output = output
        if output:
            yield tuple(unit)
            unit = []
    if unit:
        yield tuple(unit)


def arrange(pieces, room):
    """The pieces on one slide, or None if they do not fit or there are two pictures."""
    pictures = [piece.block for piece in pieces if piece.block.kind == "picture"]
    rest = [piece.block for piece in pieces if piece.block.kind != "picture"]
    if len(pictures) > 1:
        return None
    below = room - sum(height(block, WIDTH) for block in rest)
    if not pictures:
        return Slide(tuple(pieces)) if below + GAP >= 0 else None
    ways = [(fitted(pictures[0].size, WIDTH, below), WIDTH)]
    size = fitted(pictures[0].size, WIDTH - COLUMN - BETWEEN, room)
    column = WIDTH - BETWEEN - size[0]
    if rest and sum(height(block, column) for block in rest) <= room + GAP and not _torn(rest, column):
        ways.append((size, column))
    size, column = max(ways)
    alone = fitted(pictures[0].size, WIDTH, room)
    return Slide(tuple(pieces), size, column) if size[0] ** 2 >= LEAST * alone[0] ** 2 else None


def _torn(blocks, column):
    """Whether a line of code or output needs more than two lines in a column."""
    lines = (line for block in blocks if block.kind != "text" for line in block.lines)
    return any(len(wrapped(line, columns(column))) > 2 for line in lines)


def fitted(size, width, high):
    """The size of a picture as large as the room allows."""
    scale = max(0, min(width / size[0], high / size[1], LARGEST))
    return int(size[0] * scale), int(size[1] * scale)


def _large_enough(arranged, page, unit, room):
    """Whether a picture loses little by what shares its slide."""
    if not arranged.picture:
        return True
    alone = (
        arrange(page, room) if any(piece.block.kind == "picture" for piece in page) else arrange(unit, room)
    )
    return alone is None or arranged.picture[0] ** 2 >= SMALLER * alone.picture[0] ** 2


def _broken(unit, room):
    """A unit that does not fit a slide, without empty lines of code or on several: lists of pieces."""
    close = tuple(piece._replace(block=_without_empty_lines(piece.block)) for piece in unit)
    if arrange(close, room):
        return [close]
    texts = tuple(piece for piece in unit if piece.block.kind == "text")
    result = unit[len(texts) :]
    if texts and unit[-1].block.kind == "printed" and arrange(texts, room) and arrange(result, room):
        return [texts, result]
    pages, todo = [()], list(unit)
    while todo:
        piece = todo.pop(0)
        if arrange((*pages[-1], piece), room):
            pages[-1] = (*pages[-1], piece)
            continue
        left = room - sum(height(there.block, WIDTH) for there in pages[-1] if there.block.kind != "picture")
        first, rest = _cut(piece, left, room)
        if first:
            pages[-1] = (*pages[-1], first)
            todo[:0] = [rest] * bool(rest)
        else:
            pages.append(())
            todo.insert(0, piece)
    return pages


def _without_empty_lines(block):
    return block._replace(lines=tuple(filter(str.strip, block.lines))) if block.kind == "code" else block


def _cut(piece, left, room):
    """A piece as what fits the `left` pixels and the rest, (None, piece) if nothing does.

    Code is split about evenly, output is cut and the last line says so. What fits nowhere is left as it is.
    """
    block, most, whole = piece.block, _count(left), _count(room)
    if block.kind not in ("code", "printed"):
        return (piece, None) if left >= room else (None, piece)
    rows = [row for line in block.lines for row in wrapped(line, columns(WIDTH))]
    if block.kind == "printed":
        if left < room and (most < 8 or len(rows) <= whole):
            return None, piece
        return piece._replace(block=block._replace(lines=(*rows[: most - 1], "…"))), None
    if most < 6 or (left < room and len(rows) <= whole):
        return None, piece
    at = _place_to_cut(rows, max(3, len(rows) - whole), min(most, len(rows) - 3))
    halves = rows[:at], rows[at:]
    return tuple(piece._replace(block=block._replace(lines=tuple(half))) for half in halves)


def _count(pixels):
    """The lines of code that fit."""
    return int((pixels - CODE_FRAME) / CODE_LINE)


def _place_to_cut(rows, least, most):
    """Before an empty line, or else the least indented line, of those allowed; near the middle."""
    places = range(min(least, most), most + 1)
    return min(places, key=lambda i: (_indent(rows[i]), abs(2 * i - len(rows))))


def _indent(row):
    return len(row) - len(row.lstrip()) if row.strip() else -1
