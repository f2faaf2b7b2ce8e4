"""A table as text in columns, as Markdown, and as CSV with the deviations in columns of their own."""

import csv
import io

from vitnp.commands.printing import aligned, widths
from vitnp.course.paper.tables import texts
from vitnp.course.paper.values import Result

LONGEST = 80  # characters of a cell in a column of a terminal


def as_text(table):
    """The title, the rows in columns, the notes; rows with a sentence in them as a block of lines each."""
    rows = texts(table)
    if max(len(cell) for row in rows for cell in row) > LONGEST:
        lines = [line for row in rows[1:] for line in block(rows[0], row)]
    else:
        columns = widths(rows)
        lines = [aligned(row, columns).rstrip() for row in rows]
    return "\n".join([table.title, "", *lines, *notes(table)]).replace("\n\n\n", "\n\n")


def block(header, row):
    """A row as lines: the name of the column, its cell; the last one is empty."""
    return [*(f"{name}: {cell}" for name, cell in zip(header, row, strict=True)), ""]


def as_markdown(table):
    """The title in bold, a Markdown table, the notes."""
    head, *rows = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in texts(table))
    lines = [f"| {head} |", "|---" * len(table.header) + "|", *(f"| {row} |" for row in rows)]
    return "\n".join([f"**{table.title}**", "", *lines, *notes(table)])


def notes(table):
    """A blank line and the notes, a line each with a blank one between, as Markdown needs it."""
    return [line for note in table.notes for line in ("", note)]


def as_csv(table):
    """The header and the rows: of an accuracy its mean, in the next column its deviation where the column has one."""
    split = [
        any(isinstance(row[i], Result) and row[i].deviation is not None for row in table.rows)
        for i in range(len(table.header))
    ]
    lines = [
        [
            part
            for name, two in zip(table.header, split, strict=True)
            for part in ([name, f"{name} ±"] if two else [name])
        ]
    ]
    for row in table.rows:
        lines.append([part for cell, two in zip(row, split, strict=True) for part in numbers(cell, two)])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().rstrip("\n")


def numbers(cell, two):
    """A cell as one value, or as two: the mean and the deviation; empty where there is none."""
    if not isinstance(cell, Result):
        return [cell, None][: 1 + two]
    deviation = None if cell.deviation is None else f"{cell.deviation:.2f}"
    return [f"{cell.mean:.{cell.digits}f}", deviation][: 1 + two]


FORMATS = {"text": as_text, "csv": as_csv, "md": as_markdown}


def printed(tables, name):
    """The tables in a format. CSV has the first; the others and the notes are lines that begin with #."""
    if name != "csv":
        return "\n\n".join(map(FORMATS[name], tables))
    first, *others = tables
    below = [line for table in others for line in (table.title, *as_csv(table).splitlines())]
    told = [note for table in tables for note in table.notes]
    return "\n".join([as_csv(first), *(f"# {line}" for line in [*below, *told])])
