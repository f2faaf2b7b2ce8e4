"""`vitnp weights`: fetch published files, look into a file, write it under another library's names."""

import dataclasses
import math
import re

from vitnp import checkpoints, tree, weights
from vitnp.commands.options import add_fields, fields
from vitnp.errors import InputError

COLUMNS = ("in the file", "here", "shape", "dtype")


def add_parser(commands):
    """The options of `vitnp weights list | fetch | inspect | convert`."""
    parser = commands.add_parser("weights", help="fetch, inspect and convert the weights of published ViTs")
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)

    kind = kinds.add_parser("list", help="the names that fetch knows, and which are here already")
    kind.set_defaults(run=run_list)

    kind = kinds.add_parser("fetch", help="download a file into the cache, checked, and print its path")
    kind.add_argument("name", metavar="NAME", help="a name of weights list, hf:OWNER/REPOSITORY, or a URL")
    kind.add_argument("--sha256", metavar="HEX", help="what the file must have")
    kind.set_defaults(run=run_fetch)

    kind = kinds.add_parser("inspect", help="the arrays of a file, its configuration, and what is wrong")
    kind.add_argument("file", metavar="FILE")
    add_fields(kind)
    kind.set_defaults(run=run_inspect)

    kind = kinds.add_parser("convert", help="write a file under another library's names")
    kind.add_argument("file", metavar="IN")
    kind.add_argument("out", metavar="OUT")
    kind.add_argument("--format", required=True, metavar="NAME", help=", ".join(checkpoints.FORMATS))
    kind.add_argument("--num-classes", type=int, metavar="N", help="with a new head of zeros for N classes")
    add_fields(kind)
    kind.set_defaults(run=run_convert)


def run_list(args):
    """A line a name."""
    for name, url in weights.URLS.items():
        print(f"{'here' if weights.is_here(name) else '':6}{name:24}{url}")
    print(f"cache: {weights.cache_folder()}")
    return 0


def run_fetch(args):
    """Download, or check what is here already."""
    print(weights.fetch(args.name, sha256=args.sha256))
    return 0


def run_inspect(args):
    """Print the configuration, the arrays and what is wrong; 1 if something is."""
    found = checkpoints.inspect(args.file, **fields(args))
    numbers = sum(math.prod(shape) for _, _, shape, _ in found.arrays)
    print(f"{args.file}: {found.format}, {len(found.arrays)} arrays, {numbers:,} numbers\n")
    for name, value in dataclasses.asdict(found.config).items():
        if isinstance(value, dict):
            value = ", ".join(f"{field} {setting}" for field, setting in value.items())
        print(f"  {name:24}{value}")
    print()
    for row in aligned([COLUMNS, *table(found.arrays)]):
        print("  " + row.rstrip())
    print()
    for title, items in (("note", found.notes), ("WRONG", found.wrong)):
        for item in items:
            print(f"{title}: {item}")
    print(
        f"{len(found.wrong)} things are wrong" if found.wrong else "nothing is missing, nothing is left over"
    )
    return 1 if found.wrong else 0


def table(arrays):
    """The texts of a row an array; of the blocks the first in full, and a row for all that are like it."""
    first, alike = set(), set()
    for name, ours, shape, dtype in arrays:
        block = re.match(r"blocks\.(\d+)\.", ours)
        kind = (ours.replace(block[0], ""), shape, dtype) if block else None
        if block and block[1] != "0" and kind in first:
            alike.add(int(block[1]))
            continue
        first.add(kind)
        one, *joined = ours.split() or ["—"]
        yield name, " ".join([one, *(other.rpartition(".")[2] for other in joined)]), str(shape), dtype
    if alike:
        yield f"blocks {min(alike)} to {max(alike)}: as block 0", "", "", ""


def aligned(rows):
    """Yield each row as a line, the columns under one another."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True))


def run_convert(args):
    """Load and save."""
    if args.format not in checkpoints.FORMATS:
        raise InputError(f'format "{args.format}" is unknown; choose {", ".join(checkpoints.FORMATS)}')
    p, config = checkpoints.load(args.file, num_classes=args.num_classes, **fields(args))
    checkpoints.save(args.out, p, config, format=args.format)
    print(f"{args.out}: {args.format}, {tree.count(p):,} parameters")
    for name, theirs in unsaid(args.format, config).items():
        mine = f"this model {getattr(config, name)}: the numbers will differ a little"
        print(f"note: {args.format} has {name} {theirs} unless told otherwise, {mine}")
    return 0


def unsaid(format, config):
    """{field: the format's own value} where a file of that format cannot say that the model has another."""
    if format in ("vitnp", "huggingface"):  # the configuration goes along
        return {}
    row = checkpoints.PROFILES[format]
    return {name: row[name] for name in ("gelu", "layer_norm_eps") if row[name] != getattr(config, name)}
