"""`vitnp weights`: download published files, inspect a file, convert it to another library's format."""

import dataclasses
import math
import os
import re
import shlex
import sys
from pathlib import Path

from vitnp import models, weights
from vitnp.backend.arrays import array_module
from vitnp.commands import weights_list
from vitnp.commands.options import add_fields, fields
from vitnp.commands.printing import aligned, widths
from vitnp.data import class_names
from vitnp.errors import InputError, one_line, printable
from vitnp.system.writing import as_input_error
from vitnp.weights import fetch, loading, saving
from vitnp.weights.described import config_class
from vitnp.weights.families import check_format
from vitnp.weights.native import need_no_classes
from vitnp.weights.vit.assumed import LEFT_OUT

LINES = 1000  # of a list: a ViT of 60 blocks has fewer arrays
HEAD = "--format vitnp --num-classes N"
COLUMNS = ("in the file", "here", "shape", "dtype")


def add_options(parser):
    """The options of `vitnp weights list | fetch | inspect | convert`."""
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)

    kind = kinds.add_parser("list", help="the names that fetch knows, their sizes, and which are here")
    weights_list.add_options(kind)

    kind = kinds.add_parser("fetch", help="download a file into the cache, check it, and print its path")
    kind.add_argument("name", metavar="NAME", help="a name of weights list, hf:OWNER/REPOSITORY, or a URL")
    kind.add_argument("--sha256", metavar="HEX", help="the hash that the file must have")
    kind.set_defaults(run=run_fetch)

    kind = kinds.add_parser("inspect", help="the arrays of a file, its configuration, and what is wrong")
    kind.add_argument("file", metavar="FILE", help="a checkpoint, or a name that fetch has fetched")
    add_source(kind)
    kind.set_defaults(run=run_inspect)

    kind = kinds.add_parser("convert", help="write a file under another library's names")
    kind.add_argument("file", metavar="IN", help="a checkpoint, or a name that fetch has fetched")
    kind.add_argument("out", metavar="OUT")
    kind.add_argument("--format", required=True, metavar="NAME", help=", ".join(weights.FORMATS))
    kind.add_argument("--num-classes", type=int, metavar="N", help="with a new head of zeros for N classes")
    add_source(kind)
    kind.set_defaults(run=run_convert)


def add_source(parser):
    """Add --from, --image-size and --set, which `source` reads."""
    parser.add_argument(
        "--from",
        dest="source_format",
        metavar="NAME",
        help=f"the model to take from a file that holds several: {', '.join(weights.FORMATS)}; or a key of the file, "
        "such as student",
    )
    add_fields(parser)


def source(args, name):
    """(path of the weights called `name`, {argument of `weights.load`: value} that the options gave)."""
    path = fetch.resolve(name)
    told = fields(args, config_class(path, args.source_format))
    need_no_classes(told, f"a file with a new head: vitnp weights convert {shlex.quote(name)} NEW.npz {HEAD}")
    return path, told | {"format": args.source_format}


def need_finite(array, what):
    """Raise InputError if an output of the model in the user's file is NaN or infinite."""
    if not array_module(array).isfinite(array).all():
        if array.dtype == "float16":
            raise InputError(
                f"the model's {what} are NaN or infinite in float16, whose largest number is 65504; use --dtype float32"
            )
        raise InputError(f"the model's {what} are NaN or infinite; vitnp weights inspect shows the file")


def run_fetch(args):
    """Download the file, or check the one in the cache."""
    path = fetch.fetch(args.name, sha256=args.sha256)
    if note := fetch.note(args.name, path):
        print(f"note: {note}", file=sys.stderr)
    print(path)
    return 0


def run_inspect(args):
    """Print the configuration, the arrays and what is wrong; 1 if anything is."""
    path, told = source(args, args.file)
    found = weights.inspect(path, **told)
    numbers = sum(math.prod(shape) for _, _, shape, _ in found.arrays)
    print(
        f"{printable(fetch.called(path))}: {found.format}, {len(found.arrays)} arrays, {numbers:,} numbers\n"
    )
    for name, value in ({"family": found.config.family} | dataclasses.asdict(found.config)).items():
        if isinstance(value, dict):
            value = ", ".join(f"{field} {setting}" for field, setting in value.items())
        print(f"  {name:24}{value}")
    print()
    rows = [COLUMNS, *([one_line(cell, 100) for cell in row] for row in table(found.arrays))]
    sizes = widths(rows[:LINES])
    for row in rows[:LINES]:
        print("  " + aligned(row, sizes).rstrip())
    print(f"  … and {len(rows) - LINES:,} more\n" if len(rows) > LINES else "")
    taken = [f"{name} {text}" for name, text in found.taken if name != LEFT_OUT]  # which is one of the notes
    why = weights.unclassed(path) if found.config.num_classes else ""
    notes = [*found.notes, f"the model {why}"] if why else found.notes
    for title, items in (
        ("note", notes),
        ("not said by the file", taken),
        ("load asks", found.questions),
        ("WRONG", found.wrong),
    ):
        for item in items[:LINES]:
            print(f"{title}: {one_line(item)}")
        if len(items) > LINES:
            print(f"{title}: … and {len(items) - LINES:,} more")
    count = "1 thing is" if len(found.wrong) == 1 else f"{len(found.wrong)} things are"
    print(f"{count} wrong" if found.wrong else "nothing is missing, nothing is left over")
    return 1 if found.wrong else 0


def table(arrays):
    """Yield the texts of a row per array; the blocks that equal the first one share one row."""
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


def names_of_run(path):
    """The classes.txt that `vitnp train` wrote next to the file, or None."""
    beside = Path(path).with_name("classes.txt")
    return beside if beside.is_file() else None


def names_of(path, config, labels=None):
    """([name of class 0, …], their source) of the weights at `path`; labels: the user's file of names, or None."""
    beside = None if labels else weights.class_names(path)
    labels = labels or (names_of_run(path) if beside is None else None)
    return class_names.find(config.num_classes, labels=labels, beside=beside)


def head_is_zero(p):
    """Whether the model has a head that is to be trained: all zeros, as in Google's first ImageNet-21k files."""
    return "head" in p.get("classify", {}) and not p["classify"]["head"]["W"].any()


def no_classes(p, config, path=None):
    """Why the model knows no classes, as a clause without its subject; "" where it knows some.

    path: the file of its weights, beside which a config.json may say what the numbers of the head are.
    """
    if not config.num_classes:
        return "has no head"
    if head_is_zero(p):
        return "has a head that is all zeros, to be trained"
    return weights.unclassed(path) if path else ""


def run_convert(args):
    """Load the file, save it in the other format, and print what is lost."""
    check_format(args.format)
    saving.need_ending(args.out, args.format)
    if args.format in ("vitnp", "google") and not args.out.endswith(
        ".npz"
    ):  # it would be written over anything
        raise InputError(f"{args.out} is to be a file of {args.format}; give it a name that ends in .npz")
    path, told = source(args, args.file)
    names = weights.class_names(path)
    p, config, notes = loading.load_with_notes(path, num_classes=args.num_classes, **told)
    if names is None and args.num_classes is None and names_of_run(path):
        names = class_names.read(names_of_run(path), config.num_classes)
    kept = names if args.num_classes is None and names and len(names) == config.num_classes else None
    saving.need_place(args.format, config)
    why = weights.unclassed(path) if args.num_classes is None else ""
    problem = weights.problem_type(path) if why and args.format == "huggingface" else None
    if why and problem is None:
        raise InputError(
            f"{path} {why}; the new file cannot say so: add --num-classes N for a new head, or use this file"
        )
    with as_input_error(args.out):
        os.makedirs(os.path.dirname(args.out) or ".", exist_ok=True)
    weights.save(args.out, p, config, format=args.format, class_names=kept, problem_type=problem)
    print(f"{printable(args.out)}: {args.format}, {models.count(p):,} parameters")
    for note in [*notes, *losses(args.out, config)]:
        print(f"note: {printable(note)}")
    if names and not kept:
        print("note: the names of the classes are left out: the head is another")
    elif names and args.format not in ("huggingface", "timm"):
        print(f"note: {args.format} has no place for the names of the classes: give predict --labels FILE")
    return 0


def losses(path, config):
    """A sentence for each setting of the configuration that the file at `path` does not keep, and how to say them."""
    found = weights.inspect(path)
    mine, theirs = (settings(config) for config in (config, found.config))
    lost = {name: value for name, value in mine.items() if theirs[name] != value}
    said = [f"{path}: {question}" for question in found.questions]
    said += [
        f"{found.format} has {name.replace('.', ' ')} {theirs[name]} unless told otherwise, this model {value}"
        for name, value in lost.items()
    ]
    asked = {name: mine[name] for name in mine if any(f"{name}=" in question for question in found.questions)}
    needed = asked | lost
    options = (
        [f"--image-size {config.image_size[0]}x{config.image_size[1]}"] if "image_size" in needed else []
    )
    options += [f"--set {name}={text(value)}" for name, value in needed.items() if name != "image_size"]
    return said + ([f"to use the file as this model: {' '.join(options)}"] if options else [])


def text(value):
    """A setting as --set takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def settings(config):
    """{field: value} of a configuration, with the fields of its preprocessing one by one."""
    fields = dataclasses.asdict(config)
    how = fields.pop("preprocessing", {})
    return fields | {f"preprocessing.{name}": value for name, value in how.items()}
