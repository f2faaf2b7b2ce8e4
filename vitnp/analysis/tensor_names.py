"""The names of a trace's tensors: the block in a name, and what to say of a name that is none of them."""

import re

from vitnp.errors import nearest

MOST = 3  # names in a message
OF_BLOCK = re.compile(r"(\w+\.\d+)\.(.+)")
ASKED = re.compile(r"([A-Za-z_]+)[./\[](-?\d+)\]?(?:[./](.*))?")  # also blocks[3].A and blocks/3/A


def parted(name):
    """("blocks.3", "attention.A") of a block's tensor, ("", "z0") of another."""
    found = OF_BLOCK.fullmatch(name)
    return found.groups() if found else ("", name)


def missing(name, names):
    """The end of a message about a name that is not among the names: the nearest ones, by the end of a name first."""
    if not isinstance(name, str):
        return f': a name is a string, such as "{names[0]}"; list(t) gives all of them'
    blocks = list(dict.fromkeys(filter(None, (parted(full)[0] for full in names))))
    block, rest = _block(name, blocks)
    if not block:
        # of what every block has, the first block's
        first = {parted(full)[1]: full for full in reversed(names)}
        near, ends = _near(name, [full for full in names if first[parted(full)[1]] == full])
        also = ends and parted(near[0])[0] and len(blocks) > 1
        return _said(near) + (f"; the other blocks, to {blocks[-1]}, have the same" if also else "")
    own = [full for full in names if parted(full)[0] == block]
    are = f"s are {blocks[0]} to {blocks[-1]}" if len(blocks) > 1 else f" is {block}"
    there = f": its block{are}" if _unknown(name, blocks) else ""
    if not rest:
        return there or f": it is a block of {len(own)} tensors, such as {own[0]}"
    return there + _said(_near(rest, own)[0])


def _block(name, blocks):
    """(the block that a name speaks of, what follows), ("", name) if it speaks of none; block −1 is the last."""
    found = ASKED.fullmatch(name)
    families = list(dict.fromkeys(block.rpartition(".")[0] for block in blocks))
    near = found and nearest(found[1], families, most=1, cutoff=0.0 if found[3] else 0.6)
    if not near:
        return "", name
    own = [block for block in blocks if block.rpartition(".")[0] == near[0]]
    number = int(found[2][:9])  # of thousands of digits Python makes no number
    return own[-1] if number < 0 else own[min(number, len(own) - 1)], found[3] or ""


def _unknown(name, blocks):
    """Whether the block of that number is not there."""
    return not any(block.rpartition(".")[2] == ASKED.fullmatch(name)[2] for block in blocks)


def _near(asked, names):
    """(the nearest names, whether they end as asked)."""
    steps = asked.split(".")
    lower = asked.lower().split(".")
    inside = {full: parted(full)[1].split(".") for full in names}
    as_written = [full for full in names if inside[full][-len(steps) :] == steps]
    any_case = [full for full in names if [s.lower() for s in inside[full]][-len(lower) :] == lower]
    if as_written or any_case:
        return (as_written or any_case)[:MOST], True
    within = [full for full in names if set(lower) <= {step.lower() for step in full.split(".")}]
    by_end = {parted(full)[1]: full for full in names}
    similar = [by_end[end] for end in nearest(asked, by_end, most=MOST, cutoff=0)]
    return list(dict.fromkeys([*within, *similar]))[:MOST], False


def _said(near):
    return f"; the nearest name{' is' if len(near) == 1 else 's are'} {', '.join(near)}"
