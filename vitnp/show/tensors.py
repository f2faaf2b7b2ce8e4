"""The named tensors of a forward pass: a line each with its shape, and a bar as long as its memory."""

import math

from matplotlib.patches import Rectangle

from vitnp.analysis import trace_table
from vitnp.analysis.cost import mebibytes
from vitnp.show import page
from vitnp.show.styling import BLUE, ENCODER, ORANGE, SMALL, TITLE

# Where step, name, shape and bar begin, in units of 10 pixels; the longest names of a ViT fit.
LEFT, RIGHT = (0.3, 2.4, 17.3, 39.8), (59.1, 61.0, 83.2, 102.0)
TOP, BOTTOM, WIDTH, MIDDLE = 63.0, 5.8, 126, 58.7
LINES, TALLEST = 22, 4.0  # on a page; of a line
LONGEST = 6.5  # bar


def trace_shapes(t, *, lang=None):
    """Every named tensor of a `Trace`, in order, with its shape and memory: left the stem and the head, right a block.

    Equal blocks are drawn once. A bar's length is the tensor's memory on a logarithmic scale; a view has none.
    """
    say = page.in_language(lang)
    sections = trace_table.sections(t.forward)
    total = trace_table.nbytes(trace_table.values(t.forward))
    figure = page.blank()
    axes = figure.subplots()
    axes.set(xlim=(0, WIDTH), ylim=(0, 64))
    axes.set_axis_off()
    B, n, memory = len(t.logits), len(t), mebibytes(total)
    axes.set_title(
        say(f"Forward pass, batch of {B}: {n} tensors, {memory}", f"순전파(배치 {B}): 텐서 {n}개, {memory}"),
        fontsize=TITLE,
    )
    left, right = (_fitted(lines, say) for lines in _lines(sections))
    pitch = min((TOP - BOTTOM) / (max(len(left), len(right)) + 1), TALLEST)
    sizes = [max(row.nbytes) for section in sections for row in section.rows]
    scale = min(filter(None, sizes)), max(sizes), total
    if right:
        height = len(right) * pitch
        axes.add_patch(Rectangle((MIDDLE, TOP - pitch - height), WIDTH - MIDDLE, height, color=ENCODER))
    for places, lines in ((LEFT, left), (RIGHT, right)):
        if lines:
            _write(axes, TOP - pitch / 2, (places[0], *places[2:]), say(*HEADINGS), weight="bold")
        for number, line in enumerate(lines, start=1):
            y = TOP - (number + 0.5) * pitch
            if isinstance(line, str):
                _write(axes, y, places[1:2], (line,), weight="bold", color=BLUE)
            else:
                _write(axes, y, places[:1], (line.step,))
                room = places[2] - places[1]
                long = 1.15 * len(line.name) > room  # letters are narrower than digits
                _write(axes, y, places[1:2], (line.name,), room=room if long else math.inf)
                shape = "×".join(map(str, line.shape))
                _write(axes, y, places[2:3], (shape,), room=places[3] - places[2] - 0.4)
                _bar(axes, y, places[3], line, scale)
    for y, words in ((3.4, SCALE), (0.8, SHARE)):
        _write(axes, y, LEFT[:1], (say(*words),))
    largest = max((row for section in sections for row in section.rows), key=lambda row: max(row.nbytes))
    size, shape = mebibytes(max(largest.nbytes)), "×".join(map(str, largest.shape))
    described = say(
        f"A table of the {n} tensors of a forward pass with their shapes and memory, {memory} together. The largest "
        f"is {largest.name}, {shape}, {size}.",
        f"순전파의 텐서 {n}개의 shape와 메모리를 적은 표, 모두 {memory}. 가장 큰 텐서는 {largest.name}, {shape}, "
        f"{size}입니다.",
    )
    return page.finished(figure, described)


HEADINGS = (("step, name", "shape", "memory"), ("단계, 이름", "shape", "메모리"))
SCALE = (
    "bar: memory, logarithmic scale; orange and hatched: at least two thirds of the largest",
    "막대: 메모리(로그 눈금); 주황색 빗금: 가장 큰 것의 2/3 이상",
)
SHARE = (
    "%: share of all this memory, equal blocks together; view: lies in another tensor's memory",
    "%: 전체 메모리에서 차지하는 비율(같은 블록은 합계); view: 다른 텐서의 메모리를 함께 씀",
)


def _lines(sections):
    """What stands in the left and in the right column: rows, and titles as strings."""
    left, right = [], []
    for section in sections:
        if section.blocks:
            title, n = section.title.removesuffix(", each"), len(section.blocks)
            left.append(f"{title} →")
            right += [f"{n} ×  {title}" if n > 1 else title, *section.rows]
        else:
            left += section.rows
    return left, right


def _fitted(lines, say):
    """The lines that the page has room for."""
    if len(lines) <= LINES:
        return lines
    left_out = len(lines) - (LINES - 1)
    return [*lines[: LINES - 1], say(f"… and {left_out} more", f"… 외 {left_out}개")]


def _write(axes, y, places, words, *, room=math.inf, **style):
    """The words where their columns begin; in smaller letters where they would be longer than the room."""
    for x, word in zip(places, words, strict=True):
        digits = len(str(word)) + 0.3 * str(word).count("×")  # a × is wider
        size = SMALL * min(1.0, room / (1.42 * digits))
        axes.text(x, y, word, fontsize=size, va="center", in_layout=False, **style)


def _bar(axes, y, x, row, scale):
    """The bar with its bytes and, for several blocks, its share; for a view whose memory it is."""
    least, most, total = scale
    size = max(row.nbytes)
    room = (WIDTH if x > MIDDLE else MIDDLE) - x
    if not size:
        view = next(filter(None, row.views), "…").removeprefix(row.name.rpartition(".")[0] + ".")
        _write(axes, y, (x,), (f"view: {view}",), room=1.2 * room, style="italic")
        return
    length = LONGEST * (1 + math.log(size / least)) / (1 + math.log(most / least))
    large = {"facecolor": ORANGE, "hatch": "//", "edgecolor": "white"}
    axes.add_patch(Rectangle((x, y - 0.8), length, 1.6, **large if 3 * size >= 2 * most else {"color": BLUE}))
    share = f"  {sum(row.nbytes) / total:.0%}" if len(row.nbytes) > 1 else ""
    words = mebibytes(size) + share
    _write(axes, y, (x + length + 0.5,), (words,), room=1.2 * (room - length - 0.5))
