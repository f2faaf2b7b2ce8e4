"""A table of the paper with one's own results: in new columns or rows where their data sets are its, else below."""

from vitnp.commands.paper.notes import called
from vitnp.commands.paper.runs import row_of
from vitnp.course.paper.tables import DATA_SET, MODEL, Table
from vitnp.system.language import Text

YOURS = Text("직접 학습: {}", "own: {}")
BELOW = Text("표에 자리가 없는 직접 학습 결과, %", "Own results that have no place in the table, %")
ACCURACY = Text("테스트 정확도", "test accuracy")


def joined(table, owns):
    """The tables to print: the paper's with the `Own` results, and one of those that have no place in it."""
    names = {"down": [row[table.at] for row in table.rows], "across": table.header}.get(table.data_sets, ())
    places = [row_of(own, table, names) for own in owns]
    placed = [(own, place) for own, place in zip(owns, places, strict=True) if place is not None]
    rows = [(own.name, called(own.data), own.result) for own in owns if own not in [own for own, _ in placed]]
    header = (MODEL.in_(), DATA_SET.in_(), ACCURACY.in_())
    below = [Table(BELOW.in_(), header, rows)] if rows else []
    if placed:
        table = (across if table.data_sets == "across" else down)(table, placed)
    return [table, *below]


def across(table, placed):
    """A row per name: its results in the columns of their data sets."""
    rows = {}
    for own, place in placed:
        row = rows.setdefault(own.name, [YOURS.in_().format(own.name), *[None] * (len(table.header) - 1)])
        row[table.header.index(place)] = own.result
    return table._replace(rows=[*table.rows, *map(tuple, rows.values())])


def down(table, placed):
    """A column per name: its results in the rows of their data sets."""
    names = list(dict.fromkeys(own.name for own, _ in placed))
    results = {(own.name, place): own.result for own, place in placed}
    rows = [(*row, *(results.get((name, row[table.at])) for name in names)) for row in table.rows]
    return table._replace(header=(*table.header, *(YOURS.in_().format(name) for name in names)), rows=rows)
