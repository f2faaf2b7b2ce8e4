"""Rows of numbers as CSV and as JSON lines, and TensorBoard's events where it is there. Imports `errors`, `system`.

A row is on the disk before the next is made. A training that goes on keeps the rows up to its checkpoint and writes
the others again, so that none is there twice and none is missing.
"""

import contextlib
import csv
import io
import json
import math
import time
from pathlib import Path

from vitnp.errors import InputError
from vitnp.system.reading import need_regular
from vitnp.system.writing import beside


class Table:
    """STEM.csv and STEM.jsonl with the same rows, dicts with the same keys; `rows` are there from the start."""

    def __init__(self, stem, fields, rows=()):
        self.fields = fields
        self.names = [Path(f"{stem}.csv"), Path(f"{stem}.jsonl")]
        texts = as_csv(fields, [dict(zip(fields, fields, strict=True)), *rows]), as_json(rows)
        for name, text in zip(self.names, texts, strict=True):
            with beside(name) as part:
                Path(part).write_text(text, encoding="utf-8", newline="")
        self.files = [open(name, "a", encoding="utf-8", newline="") for name in self.names]  # noqa: SIM115

    def write(self, row):
        """Add a row to both files; a number that is not finite is left empty. Raises InputError if it cannot."""
        row = {name: value if math.isfinite(value) else None for name, value in row.items()}
        texts = as_csv(self.fields, [row]), as_json([row])
        for name, file, text in zip(self.names, self.files, texts, strict=True):
            try:
                file.write(text)
                file.flush()
            except OSError as problem:
                raise InputError(f"cannot write {name} ({problem.strerror}); make room") from None

    def close(self):
        """Close both files."""
        for file in self.files:
            with contextlib.suppress(OSError):  # it would write again what `write` has said it cannot
                file.close()


def as_csv(fields, rows):
    """Rows as lines of comma-separated values."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([row[field] for field in fields] for row in rows)
    return text.getvalue()


def as_json(rows):
    """Rows as lines of JSON."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def rows_until(stem, fields, last):
    """The rows of STEM.jsonl whose first field is at most `last`; a last line without its end is left out.

    Raises InputError for any other line that is no row, or whose first field, a count from 1, does not grow.
    """
    file = Path(f"{stem}.jsonl")
    need_regular(file, "move it away")
    try:
        *lines, _ = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    rows, before = [], 0
    for number, line in enumerate(lines, start=1):
        row = row_of(line, fields)
        if row is None or row[fields[0]] <= before:
            raise InputError(
                f"{file}: line {number} is no row, or not the next; move the file away, or repair it"
            )
        rows.append(row)
        before = row[fields[0]]
    return [row for row in rows if row[fields[0]] <= last]


def row_of(line, fields):
    """The row in a line of JSON: for each field a number, or None for one that is not finite; None for another line."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or tuple(row) != tuple(fields):
        return None
    numbers = [value for value in row.values() if value is not None]
    good = all(type(value) in (int, float) and abs(value) < 2**62 for value in numbers)
    return row if good and type(row[fields[0]]) is int else None


class Events:
    """TensorBoard's event file in `folder`, or nothing where the tensorboard package is not installed.

    step: the one that the training goes on from; what an earlier file has after it, TensorBoard then leaves out.
    """

    def __init__(self, folder, step):
        self.writer = None
        with contextlib.suppress(ImportError):
            from tensorboard.compat.proto.event_pb2 import Event, SessionLog
            from tensorboard.compat.proto.summary_pb2 import Summary
            from tensorboard.summary.writer.event_file_writer import EventFileWriter

            self.event, self.summary, self.writer = Event, Summary, EventFileWriter(str(folder))
            if step:
                start = SessionLog(status=SessionLog.START)
                self.writer.add_event(Event(wall_time=time.time(), step=step + 1, session_log=start))

    def write(self, step, **values):
        """Add a point to the curve of every name."""
        if self.writer:
            points = [self.summary.Value(tag=name, simple_value=value) for name, value in values.items()]
            summary = self.summary(value=points)
            self.writer.add_event(self.event(wall_time=time.time(), step=step, summary=summary))

    def close(self):
        """Write what is waiting."""
        if self.writer:
            with contextlib.suppress(OSError):
                self.writer.close()
