"""What stands on a slide: blocks of text, code, printed output and pictures, and how much room each takes.

The sizes are of a slide of 1280x720 pixels and are the ones that slides.css sets. Fonts differ from system to system,
so widths are those of the widest font in the list; `browser.check` measures the page with the fonts that are there.
"""

import math
import unicodedata
from typing import NamedTuple

WIDTH, HEIGHT = 1184, 636  # of what is between the title's top and the footer
COLUMN = 480  # of the text beside a picture
TEXT, TEXT_LINE = 28, 41  # font size and line height of text
CODE_LINE, CODE_CHARACTER, CODE_FRAME = 34, 15.7, 28  # 26 px; a frame of 12 px and what is below
HANGUL = 1.7  # characters of code that a letter of Hangul takes
TITLE, TITLE_LINE = 38, 48
GAP, ITEM_GAP = 14, 6  # below a block, below an item of a list


class Block(NamedTuple):
    """A piece of a slide. Text has its HTML; code is set when its width is known."""

    kind: str  # text, code, printed, picture
    lines: tuple = ()  # what is measured; of a picture the alternative text
    html: str = ""  # of a picture its PNG file in base64
    extra: int = 0  # pixels besides the lines
    size: tuple = ()  # of a picture: width, height
    full: str = ""  # of printed output that was cut: all of it


def pixels(text, size):
    """The width of a line of text in pixels."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return size * (0.96 * wide + 0.53 * (len(text) - wide))


def text_lines(line, width, size=TEXT):
    """How many lines a paragraph takes. Words are not broken, which costs a part of each line."""
    full = pixels(line, size)
    return 1 if full <= width else math.ceil(full / (width - 2.2 * size))


def title_height(title, sub=""):
    """The height of the title with the space below it."""
    height = text_lines(title, WIDTH, TITLE) * TITLE_LINE if title else 0
    return height + (text_lines(sub, WIDTH, 26) * 36 if sub else 0) + 18


def columns(width):
    """The characters of code that fit a width."""
    return int((width - 24) / CODE_CHARACTER)


def fitting(line, most):
    """How many characters of a line of code or output fit where `most` Latin ones do: one of Hangul is wider."""
    used = 0.0
    for i, character in enumerate(line):
        used += HANGUL if unicodedata.east_asian_width(character) in "WF" else 1
        if used > most:
            return i
    return len(line)


def height(block, width):
    """The height of a block of text, code or output in a column, with the gap below."""
    if block.kind == "text":
        return sum(text_lines(line, width) for line in block.lines) * TEXT_LINE + block.extra
    count = sum(len(wrapped(line, columns(width))) for line in block.lines)
    return count * CODE_LINE + CODE_FRAME + GAP


BREAKS = (
    ", ",
    " for ",
    " if ",
    " else ",
    " and ",
    " or ",
)  # a long line of code is broken at the last of them


def wrapped(line, width):
    """A line of code or output as lines of at most `width` characters; what follows is indented by four more."""
    spaces = len(line) - len(line.lstrip())
    before, mark, comment = line.partition("  # ")
    if mark and fitting(line, width) < len(line):  # a comment is put above the line that it is about
        return [*wrapped(f"{' ' * spaces}# {comment}", width), *wrapped(before.rstrip(), width)]
    out, indent = [], " " * (spaces + 4) + "# " * line.lstrip().startswith("# ")
    while (fit := fitting(line, width)) < len(line):
        at = max(line.rfind(mark, fit // 2, fit) + 2 * (mark == ", ") for mark in BREAKS)
        if at < fit // 2:
            at = line.rfind(" ", len(indent) + 1, fit)
        if at <= len(indent):
            at = fit
        out.append(line[:at].rstrip())
        line = indent + line[at:].lstrip()
    return [*out, line]
