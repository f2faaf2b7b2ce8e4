"""Tables: short cells in one line; a table that does not fit is continued on the next slide, with its header."""

from slides.blocks import GAP, HEIGHT, WIDTH, Block, pixels, text_lines

SIZE, LINE, PADDING = 26, 36, 24  # of the letters; beside a cell
SHORT = 22  # characters: such a cell is not broken
MOST = HEIGHT - 130  # pixels, below a title of two lines


def of_texts(rows):
    """The blocks of a table of plain values, the header first."""
    escape = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
    return blocks([[(str(value).translate(escape), str(value)) for value in row] for row in rows])


def blocks(rows):
    """The blocks of a table: rows of (HTML, text) pairs, the header first."""
    header, *rest = rows
    room = _widths(rest)
    parts, left = [], 0
    for row in rest:
        need = _height(row, room)
        if not parts or need > left:
            parts.append([])
            left = MOST - _height(header, room)
        parts[-1].append(row)
        left -= need
    return [_block(header, part, room) for part in parts]


def _widths(rows):
    """The pixels of each column: what short cells need; the other columns share the rest."""
    columns = [[text for _, text in column] for column in zip(*rows, strict=True)]
    short = [max(map(len, column)) <= SHORT for column in columns]
    widths = [max(pixels(text, SIZE) for text in column) for column in columns]
    taken = sum(width for width, is_short in zip(widths, short, strict=True) if is_short)
    free = (WIDTH - PADDING * len(columns) - taken) / max(1, short.count(False))
    return [width if is_short else max(free, 100) for width, is_short in zip(widths, short, strict=True)]


def _height(row, room):
    """The pixels of a row. A short cell is not broken, a header is."""
    counts = [text_lines(text, max(width, 100), SIZE) for (_, text), width in zip(row, room, strict=True)]
    return max(counts) * LINE + 9


def _block(header, rows, room):
    total = _height(header, room) + sum(_height(row, room) for row in rows)
    body = _row(header, "th") + "".join(_row(row, "td") for row in rows)
    return Block("text", (), f'<div class="table"><table>{body}</table></div>', GAP + total)


def _row(row, tag):
    cells = []
    for made, text in row:
        short = ' class="short"' if tag == "td" and len(text) <= SHORT else ""
        cells.append(f"<{tag}{short}>{made}</{tag}>")
    return f"<tr>{''.join(cells)}</tr>"
