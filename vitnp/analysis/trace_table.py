"""A trace as a table: every tensor's step, name, shape and memory, equal blocks once.

Only what an array says of itself is asked, no value: on a GPU nothing waits for the device.
"""

from typing import Any, NamedTuple

from vitnp.analysis.cost import mebibytes
from vitnp.analysis.tensor_names import parted
from vitnp.backend.arrays import array_module

MOST = 36  # rows; the table of every ViT is shorter


class Row(NamedTuple):
    """A tensor of the stem or the head, or what is the same in several blocks."""

    name: str  # in a block, without the block's
    step: int
    shape: tuple
    dtype: Any
    nbytes: tuple  # in each block: of the memory that it is the first to hold, or 0
    views: tuple  # in each block: the earlier tensor whose memory it shares, or ""

    @property
    def memory(self):
        """Its memory, in words."""
        held = zip(self.nbytes, self.views, strict=True)
        words = list(dict.fromkeys(_words(n, view) for n, view in held))
        return words[0] if len(words) == 1 else f"{words[0]}, then {words[-1]}"


class Section(NamedTuple):
    """Tensors that follow one another: equal blocks, or what is in no block."""

    blocks: tuple  # their names, or ()
    rows: tuple

    @property
    def title(self):
        """ "blocks.0 … blocks.11, each"; "" for what is in no block."""
        if len(self.blocks) < 2:
            return "".join(self.blocks)
        between = ", " if len(self.blocks) == 2 else " … "
        return f"{self.blocks[0]}{between}{self.blocks[-1]}, each"


def sections(records):
    """The records of a trace as `Section`s, in order; blocks of the same names, shapes and dtypes are one."""
    parts = []  # [(block, rows)]
    for record, (nbytes, view) in zip(records, _held(records), strict=True):
        block, name = parted(record.name)
        inside = view.removeprefix(f"{block}.") if block else view
        row = Row(name, record.step, tuple(record.shape), record.dtype, (nbytes,), (inside,))
        if not parts or parts[-1][0] != block:
            parts.append((block, []))
        parts[-1][1].append(row)
    found = []
    for block, rows in parts:
        if block and found and found[-1].blocks and _alike(found[-1].rows, rows):
            blocks, before = found.pop()
            rows = [
                one._replace(nbytes=one.nbytes + other.nbytes, views=one.views + other.views)
                for one, other in zip(before, rows, strict=True)
            ]
            found.append(Section((*blocks, block), tuple(rows)))
        else:
            found.append(Section((block,) if block else (), tuple(rows)))
    return found


def _words(n, view):
    if view:
        return f"view of {view}"
    return mebibytes(n) if n else "in an array above"  # as one of several slices


def _alike(rows, others):
    return [row[:4] for row in rows] == [row[:4] for row in others]


def nbytes(*of_arrays):
    """The bytes of the memory that keeps the arrays alive, each piece counted once: a view keeps the whole array."""
    return sum({id(whole): whole.nbytes for arrays in of_arrays for whole in map(_whole, arrays)}.values())


def _held(records):
    """Yields (bytes, "") of a tensor that has memory of its own, (0, the earlier one's name) of a view.

    (0, "") where an earlier tensor keeps the whole array, and has other values of it.
    """
    seen = {}  # {id of the array that has the memory: the records in it}
    for record in records:
        whole = _whole(record.value)
        earlier = seen.setdefault(id(whole), [])
        shares = array_module(whole).may_share_memory if earlier else None
        view = next((other.name for other in earlier if shares(other.value, record.value)), "")
        yield (0 if earlier else whole.nbytes), view
        earlier.append(record)


def _whole(array):
    """The array whose memory this one is a view of; without one itself."""
    while hasattr(getattr(array, "base", None), "dtype"):
        array = array.base
    return array


def values(records):
    """The arrays of records; [] for None."""
    return [record.value for record in records or ()]


def text(trace):
    """The table, of at most 44 lines."""
    dtypes = list(dict.fromkeys(str(record.dtype) for record in trace.forward))
    forward, backward = values(trace.forward), values(trace.backward)
    lines = [f"Trace of {len(trace)} tensors, {', '.join(dtypes)}: {mebibytes(nbytes(forward))} of memory"]
    if trace.backward is None:
        lines.append("without gradients, which need labels")
    else:
        both = nbytes(forward, backward)
        of_tensors, of_p = mebibytes(both - nbytes(forward)), mebibytes(trace.nbytes - both)
        lines.append(f"with {len(backward)} gradients ({of_tensors}) and those of the parameters ({of_p})")
        lines.append(f"in all {mebibytes(trace.nbytes)}; what several names share is counted once")
    found = sections(trace.forward)
    rows = [row for section in found for row in _rows(section)]
    if len(rows) > MOST + 3:
        rows = [row for section in of_stages(found) for row in _rows(section)]
    rows = [("step", "name", "shape", "dtype", "memory"), *rows]
    if len(dtypes) == 1:
        rows = [(*row[:3], row[4]) for row in rows]
    wide = [max(len(row[i]) for row in rows[: MOST + 4] if row[2]) for i in range(len(rows[0]))]
    table = ["  ".join(map(str.ljust, row, wide)).rstrip() for row in rows]
    left_out = len(table) - (MOST + 4)
    if left_out > 0:
        table[MOST + 4 :] = [f"… {left_out} more lines; list(t) gives every name"]
    return "\n".join([*lines, "", *table])


def _rows(section):
    """The lines of a section, as cells."""
    title, alone = section.title, section.rows[0].step == 0 and len(section.rows) == 1
    indent = f"{title.removesuffix(', each')}: " if title and alone else "  " * bool(title)
    if title and not alone:
        yield "", f"{title}:", "", "", ""
    for row in section.rows:
        yield str(row.step), indent + row.name, str(row.shape), str(row.dtype), row.memory


def of_stages(found):
    """The sections with a ResNet's units shortened to their outputs, and those of a stage, all alike, as one."""
    shortened = []
    for section in found:
        if section.rows[0].step or not section.blocks:
            shortened.append(section)
            continue
        before, rows = shortened[-1], section.rows[-1:]
        if before.blocks and _alike(before.rows, rows):
            shortened[-1] = Section(before.blocks + section.blocks, before.rows)
        else:
            shortened.append(Section(section.blocks, rows))
    return shortened
