"""The names of a trace's tensors: the block in a name, and what to say of a name that is none of them."""

import re

from vitnp.errors import nearest

MOST = 3  # names in a message
OF_BLOCK = re.compile(r"((?:[A-Za-z_]+\.)+\d+(?:\.\d+)*)\.(.+)")
ASKED = re.compile(r"([A-Za-z_.]+)\.(-?\d+(?:\.-?\d+)*)(?:\.(.*))?")


def parted(name):
    """("blocks.3", "attention.A") of a block's tensor, ("", "z0") of another."""
    found = OF_BLOCK.fullmatch(name)
    return found.groups() if found else ("", name)


def missing(name, names):
    """The end of a message about a name that is not among the names: the nearest ones, by the end of a name first."""
    if not isinstance(name, str):
        return f': a name is a string, such as "{names[0]}"; list(t) gives all of them'
    blocks = list(dict.fromkeys(filter(None, (parted(full)[0] for full in names))))
    block, rest, alike = _block(name, blocks)
    if not block:
        # of what every block has, the first block's
        first = {parted(full)[1]: full for full in reversed(names)}
        near, ends = _near(name, [full for full in names if first[parted(full)[1]] == full])
        others = [full for full in names if parted(full)[1] == parted(near[0])[1] and parted(full)[0]]
        also = ends and len(others) > 1
        last = parted(others[-1])[0] if also else ""
        return _said(near) + (f"; the other blocks, to {last}, have the same" if also else "")
    own = [full for full in names if parted(full)[0] == block]
    are = f"s are {alike[0]} to {alike[-1]}" if len(alike) > 1 else f" is {block}"
    there = f": its block{are}" if _numbers(block) != _asked(name)[1] else ""
    if not rest:
        return there or f": it is a block of {len(own)} tensors, such as {own[0]}"
    return there + _said(_near(rest, own)[0])


def _asked(name):
    """(family, numbers, what follows) of a name that speaks of a block, also blocks[3].A and blocks/3/A; or None."""
    found = ASKED.fullmatch(re.sub(r"[/\[]", ".", name).replace("]", ""))
    # of thousands of digits Python makes no number
    return found and (found[1], tuple(int(n[:9]) for n in found[2].split(".")), found[3] or "")


def _family(block):
    return re.sub(r"(\.\d+)+$", "", block)


def _numbers(block):
    """(0, 2) of "stages.0.2"."""
    return tuple(map(int, block.removeprefix(_family(block)).split(".")[1:]))


def _block(name, blocks):
    """(the block that a name speaks of, what follows, the blocks like it); ("", name, []) if it speaks of none.

    A number that is too large is that of the last one, and so is −1.
    """
    asked = _asked(name)
    families = list(dict.fromkeys(map(_family, blocks)))
    near = asked and nearest(asked[0], families, most=1, cutoff=0.0 if asked[2] else 0.6)
    if not near:
        return "", name, []
    alike = left = [block for block in blocks if _family(block) == near[0]]
    for i, number in enumerate(asked[1][: len(_numbers(alike[0]))]):
        there = [_numbers(block)[i] for block in left]
        chosen = max(there) if number < 0 else min(number, max(there))
        left = [block for block in left if _numbers(block)[i] == chosen]
    return left[0], asked[2], alike


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
