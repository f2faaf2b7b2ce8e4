"""A share of the changes drawn by chance: more from files with more of them, from every kind as many."""

import ast
import collections
import fnmatch
import random

from mutation.changes import possible, write

PICTURES = "vitnp/show/"  # tests look at what a picture holds, not at where each line of it is
WEIGHT_OF_PICTURES = 0.5


def files_of(root, pattern=None):
    """The names of vitnp's files, or of those that fit the pattern, with or without vitnp/ before it."""
    names = sorted(path.relative_to(root).as_posix() for path in (root / "vitnp").rglob("*.py"))
    if pattern is None:
        return names
    return [name for name in names if any(fnmatch.fnmatch(name, p) for p in (pattern, f"vitnp/{pattern}"))]


def shares(sizes, count):
    """{name: how many}: in proportion to the root of a file's size, no more than it has, `count` in all."""
    weights = {name: size**0.5 * weight_of(name) for name, size in sizes.items() if size}
    count = min(count, sum(sizes.values()))
    given = dict.fromkeys(weights, 0)
    for _ in range(count):
        open_ = [name for name in weights if given[name] < sizes[name]]
        given[max(open_, key=lambda name: (weights[name] / (given[name] + 1), name))] += 1
    return given


def weight_of(name):
    """How much a file counts."""
    return WEIGHT_OF_PICTURES if name.startswith(PICTURES) else 1.0


def sample(root, *, count, seed, pattern=None):
    """`count` changes of the files below root/vitnp; the same seed draws the same ones from the same source."""
    rng = random.Random(seed)
    found = {}
    for name in files_of(root, pattern):
        text = (root / name).read_text("utf-8")
        tree = ast.parse(text)
        found[name] = (text, tree, possible(name, tree))
    wanted = shares({name: len(edits) for name, (_, _, edits) in found.items()}, count)
    used = collections.Counter()
    drawn = []
    for name in sorted(wanted, key=lambda name: (len(found[name][2]), name)):  # few to choose from: first
        text, tree, edits = found[name]
        drawn += draw(name, text, tree, edits, wanted[name], used, rng)
    return sorted(drawn, key=lambda change: (change.file, change.line, change.id))


def draw(name, text, tree, edits, number, used, rng):
    """`number` changes of one file, each of the kind that was drawn least so far, in all files."""
    by_kind = collections.defaultdict(list)
    for edit in rng.sample(edits, len(edits)):
        by_kind[edit.kind].append(edit)
    drawn = []
    while len(drawn) < number and any(by_kind.values()):
        kind = min((kind for kind in by_kind if by_kind[kind]), key=lambda kind: (used[kind], kind))
        change = write(name, text, tree, by_kind[kind].pop())
        if change:
            used[kind] += 1
            drawn.append(change)
    return drawn


def named(root, ids):
    """The changes with these ids."""
    drawn = []
    for name in sorted({id.split(":")[0] for id in ids}):
        text = (root / name).read_text("utf-8")
        tree = ast.parse(text)
        drawn += [write(name, text, tree, edit) for edit in possible(name, tree) if edit.id in ids]
    missing = set(ids) - {change.id for change in drawn if change}
    if missing:
        raise SystemExit(f"no such change in this source: {', '.join(sorted(missing))}")
    return drawn
