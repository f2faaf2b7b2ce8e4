"""The formula sheet and the errata as A4 pages in PDF: python -m vitnp.show.sheet docs/sheet

Vector drawings with embedded fonts, without a date, so that the same packages give the same bytes.
"""

import logging
import sys
import textwrap
import unicodedata
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vitnp.course import deck, sheet
from vitnp.course.letters import letters
from vitnp.show import page
from vitnp.show.styling import BLUE, ENCODER, ORANGE, QUIET
from vitnp.system.writing import beside

WIDTH, HEIGHT, MARGIN = 210, 297, 13  # mm
COLUMNS = (MARGIN, 72, 135)  # where title, forward and backward begin
LINE, TALL, PAD = 5.8, 10.2, 2.3  # mm: a line of formulas, one with a fraction or a sum, above and below
FORMULA, TEXT, LEAST = 10, 8.5, 7.5  # points
NO_DATE = {"CreationDate": None, "Creator": None, "Producer": None}


def formulas(config, *, lang=None):
    """The formula sheet of a configuration, whose numbers are in the shapes: a `Figure` of A4."""
    say, figure, axes = _page(lang)
    size = letters(config)
    top = _heading(
        axes,
        say(
            "Vision Transformer: forward and backward of every step",
            "Vision Transformer: 단계별 순전파와 역전파",
        ),
        say("Shapes of one image for ViT-B/16", "shape는 ViT-B/16, 이미지 1장 기준"),
    )
    heads = (say("step, shapes", "단계, shape"), say("forward", "순전파"), say("backward", "역전파"))
    for x, words, color in zip(COLUMNS, heads, ("black", BLUE, ORANGE), strict=True):
        _text(axes, x, top, words, size=9, weight="bold", color=color)
    y = top + 3
    for place, part in enumerate(sheet.PARTS):
        y = _part(axes, y, part, size, place % 2, say)
    for words in (sheet.RULES, sheet.LETTERS):
        y = _paragraph(axes, MARGIN, y + 5, say(words.en, words.ko), 118) + 1
    return figure


def errata(*, lang=None):
    """The errata of the decks as a table: deck, what is printed, what is true, why."""
    say, figure, axes = _page(lang)
    y = _heading(
        axes,
        say("Errata of the slides", "슬라이드 정오표"),
        say("Decks 000 to 004 and the ViT paper", "강의자료 000–004와 ViT 논문"),
    )
    places, widths = (MARGIN, 37, 90, 140), (12, 30, 25, 31)
    heads = (
        say("deck", "강의자료"),
        say("printed", "적힌 것"),
        say("correct", "맞는 것"),
        say("why", "이유"),
    )
    for x, words in zip(places, heads, strict=True):
        _text(axes, x, y, words, size=10, weight="bold", color=BLUE)
    y += 4
    for place, one in enumerate(deck.ERRATA):
        cells = (
            say(one.decks, one.decks.replace("paper, ", "논문 ")),
            one.printed,
            one.true,
            say(one.why_en, one.why_ko),
        )
        wrapped = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
        height = 4.9 * max(map(len, wrapped)) + 5
        if place % 2 == 0:
            axes.add_patch(Rectangle((MARGIN - 3, y), WIDTH - 2 * MARGIN + 6, height, color=ENCODER))
        for x, lines in zip(places, wrapped, strict=True):
            for number, line in enumerate(lines):
                _text(axes, x, y + 4.4 + 4.9 * number, line, size=9.5)
        y += height
    return figure


def _page(lang):
    """The language, a figure of A4, and axes in mm from its upper left corner."""
    figure = Figure(figsize=(WIDTH / 25.4, HEIGHT / 25.4), dpi=150)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.set_axis_off()
    return page.in_language(lang), figure, axes


def _heading(axes, title, under):
    """Writes the title; returns where the table begins."""
    _text(axes, MARGIN, 17, title, size=15, weight="bold")
    _text(axes, WIDTH - MARGIN, 17, "vitnp", size=10, color=QUIET, ha="right")
    _text(axes, MARGIN, 23, under, size=TEXT, color=QUIET)
    return 31


def _part(axes, y, part, size, shaded, say):
    """One band of the sheet; returns where it ends."""
    lines = [_heights(part.forward), _heights(part.backward), [LINE + 0.4] + [4.3] * len(part.shapes)]
    height = max(map(sum, lines)) + 2 * PAD
    if not shaded:
        axes.add_patch(Rectangle((MARGIN - 3, y), WIDTH - 2 * MARGIN + 6, height, color=ENCODER))
    first = y + PAD + LINE / 2
    _text(axes, MARGIN, first, part.step, size=13, weight="bold", color=BLUE)
    _text(
        axes,
        MARGIN + 5,
        first,
        say(part.title.en, part.title.ko),
        size=9.5,
        weight="bold",
        room=COLUMNS[1] - MARGIN - 9,
    )
    for number, (name, axes_of) in enumerate(part.shapes):
        shape = r" \times ".join(str(size.get(letter, letter)) for letter in axes_of)
        words = rf"${name}:\ {_in_letters(axes_of)} = {shape}$"
        room = COLUMNS[1] - MARGIN - 9
        _text(axes, MARGIN + 5, first + LINE + 0.2 + 4.3 * number, words, size=8.5, room=room)
    ends = (COLUMNS[2], WIDTH - MARGIN + 2)
    for x, end, every, color in zip(
        COLUMNS[1:], ends, (part.forward, part.backward), (BLUE, ORANGE), strict=True
    ):
        axes.plot((x - 2, x - 2), (y + PAD, y + height - PAD), color=color, linewidth=1.2)
        at = y + PAD
        for line, tall in zip(every, _heights(every), strict=True):
            words = r"$\quad $".join(f"${formula}$" for formula in line)
            _text(axes, x, at + tall / 2, words, size=FORMULA, room=end - x - 5)
            at += tall
    return y + height


def _heights(lines):
    """The height of each line of formulas."""
    return [TALL if any(r"\frac" in one or r"\sum" in one for one in line) else LINE for line in lines]


def _in_letters(axes_of):
    """The letters of a shape as mathtext."""
    tex = {
        "Hᵢ": "H_i",
        "Wᵢ": "W_i",
        "P·P·C": r"P\!\cdot\!P\!\cdot\!C",
        "N+1": "(N{+}1)",
        "classes": r"\mathrm{classes}",
    }
    return r" \times ".join(tex.get(letter, letter) for letter in axes_of)


def _text(axes, x, y, words, *, size, room=None, **style):
    """A line, centered on y; set smaller, though not below LEAST, where it is wider than the room in mm."""
    words = words.replace(r"\top", r"\mathsf{T}").replace(
        r"\frac", r"\dfrac"
    )  # as large as in a line of its own
    text = axes.text(x, y, words, fontsize=size, va="center", math_fontfamily="stix", **style)
    if page.korean_font():
        text.set_fontfamily(["DejaVu Sans", page.korean_font()])
    if room is not None:
        width = text.get_window_extent(axes.figure.canvas.get_renderer()).width / axes.figure.dpi * 25.4
        text.set_fontsize(max(LEAST, size * min(1.0, room / width)))
    return text


def _paragraph(axes, x, y, words, width):
    """Wrapped lines; returns where the next begins."""
    for line in _wrapped(words, width):
        _text(axes, x, y, line, size=TEXT)
        y += 4.2
    return y - 4.2


def _wrapped(words, width):
    """Lines of at most so many letters, of which a Korean one counts as two."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in words) / max(len(words), 1)
    return textwrap.wrap(words, int(width / (1 + 0.75 * wide)), break_long_words=False)


def write(folder):
    """Write the four pages into the folder; yields their paths."""
    for lang in ("en", "ko"):
        for name, figure in (("sheet", formulas(sheet.model(), lang=lang)), ("errata", errata(lang=lang))):
            yield as_pdf(figure, Path(folder) / f"{name}-{lang}.pdf")


def as_pdf(figure, path):
    """Write a page with its fonts and without a date. Returns path."""
    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)  # it names the tables that it leaves out
    with beside(path) as part, matplotlib.rc_context({"pdf.fonttype": 42}):
        figure.savefig(part, format="pdf", metadata=NO_DATE)
    return path


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    for path in write(sys.argv[1]):
        print(path)
