"""What several commands print: texts in columns, a mean with its deviation, JSON. Imports `system`."""

import json
import re
import statistics

from vitnp.system.output import width

# Which JSON need not escape: a terminal obeys them, or cannot show them.
UNSAFE = re.compile("[\x7f-\x9f\ud800-\udfff]")


def as_json(report):
    """The report as JSON that a terminal can show."""
    return UNSAFE.sub(escaped, json.dumps(report, indent=1, ensure_ascii=False))


def escaped(letter):
    """The letter as JSON may write any: a backslash, u and its number."""
    return f"\\u{ord(letter[0]):04x}"


def widths(rows):
    """The width of each column of a table: that of its widest text."""
    return [max(map(width, column)) for column in zip(*rows, strict=True)]


def aligned(row, widths):
    """A row of texts as one line, each padded to its column's width."""
    return "  ".join(text + " " * (n - width(text)) for text, n in zip(row, widths, strict=True))


def mean_and_deviation(accuracies):
    """ "98.61 ± 0.42", in percent; from two accuracies on with the standard deviation (of n − 1)."""
    mean = f"{100 * statistics.mean(accuracies):.2f}"
    return f"{mean} ± {100 * statistics.stdev(accuracies):.2f}" if len(accuracies) > 1 else mean
