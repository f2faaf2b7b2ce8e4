"""Tables of parameter names, a column for each library. Imports `errors`.

The row below the header of each table is the prefix of the names below it; a prefix with numbers in braces stands for
every block, or unit. `*` stands for the two arrays of a dense layer or of a norm. A dash: no such prefix, no such
array.
"""

import functools
import re

from vitnp.errors import InputError, shown

NUMBER = "([0-9]{1,18})"  # a longer one is no block's


def names(tables, column, endings, numbers):
    """{our name: name in the files of a column, or None}, in the order of the tables.

    endings: {column: (those of a dense layer, those of a norm)}; numbers: a dict for each repetition of the prefixes
    with braces.
    """
    found = {}
    for table in tables:
        header, prefixes, *rows = lines(table)
        place = header.index(column)
        for repeated in numbers if "{" in prefixes[0] else ({},):
            before, theirs_before = (prefixes[i].strip("-").format(**repeated) for i in (0, place))
            for row in rows:
                for ours, theirs in _arrays(row[0], row[place], endings, column):
                    found[before + ours] = theirs and theirs_before + theirs
    return found


def lines(table):
    """[words of a line, …] of a table."""
    return [line.split() for line in table.split("\n") if line.strip()]


def _arrays(ours, theirs, endings, column):
    """The (our name, their name) pairs of one row."""
    kind = 1 if "norm" in ours else 0
    pairs = [
        (ours.replace("*", a), theirs.replace("*", b))
        for a, b in zip(endings["ours"][kind], endings[column][kind], strict=True)
    ]
    return [(a, None if b == "-" else b) for a, b in dict.fromkeys(pairs)]


def numbers_in(table, column, name):
    """The numbers that a name has where the table's prefix has braces, as whole numbers; None for another name."""
    match = _pattern(table, column).match(name)
    return match and tuple(map(int, match.groups()))


@functools.cache
def _pattern(table, column):
    header, prefixes, *_ = lines(table)
    texts = re.split(r"\{[^}]*\}", prefixes[header.index(column)].strip("-"))
    return re.compile(NUMBER.join(re.escape(text) for text in texts))


def shape(path, shapes, name, rank, what):
    """The shape of the array called `name`, which tells the sizes of a model, in words `what`.

    Raises InputError where it is missing, has another number of axes, or an empty one.
    """
    found = shapes.get(name)
    if found is None or len(found) != rank or 0 in found:
        problem = (
            "is missing" if found is None else f"is {shown(found)}, need {rank} axes, none of them empty"
        )
        raise InputError(f"{path}: {name} {problem}; it tells the sizes of a {what}")
    return found
