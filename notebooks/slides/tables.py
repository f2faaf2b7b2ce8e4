"""Tables: short cells in one line; a table that does not fit is continued on the next slide, with its header."""

from slides.blocks import GAP, HEIGHT, WIDTH, Block, text_lines

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
    room = WIDTH // len(header) - PADDING
    parts, left = [], 0
    for row in rest:
        need = _height(row, room)
        if not parts or need > left:
            parts.append([])
            left = MOST - _height(header, room)
        parts[-1].append(row)
        left -= need
    return [_block(header, part, room) for part in parts]


def _height(row, room):
    """The pixels of a row whose columns are equally wide; short cells are never broken."""
    counts = [1 if len(text) <= SHORT else text_lines(text, room, SIZE) for _, text in row]
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
