"""Texts in columns, as a terminal shows them. Imports nothing of vitnp."""

import unicodedata


def width(text):
    """The columns that the text takes in a terminal: a Korean letter takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def widths(rows):
    """The width of each column of a table: that of its widest text."""
    return [max(map(width, column)) for column in zip(*rows, strict=True)]


def aligned(row, widths):
    """A row of texts as one line, each padded to its column's width."""
    return "  ".join(text + " " * (n - width(text)) for text, n in zip(row, widths, strict=True))
