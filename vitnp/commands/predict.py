"""`vitnp predict`: the most likely classes of pictures, and the attention of the class token.

Attention needs no head, so with --attention a model without one is no error.
"""

import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from vitnp import models, weights
from vitnp.backend.arrays import array_module, to_device, to_host
from vitnp.commands.options import add_backend, backend, need_counts
from vitnp.commands.printing import as_json
from vitnp.commands.weights import add_source, names_of, need_finite, no_classes, source
from vitnp.data import listing, preprocess
from vitnp.engine import precision, probabilities
from vitnp.engine.batch import predict
from vitnp.errors import InputError, counted, need_choice, one_line
from vitnp.inputs.checks import parameter_of
from vitnp.models import vit
from vitnp.system.language import Text, translated
from vitnp.system.output import say
from vitnp.weights import fetch

BATCH = 8  # pictures at a time
ATTENTION = Text("어텐션", "attention")


def add_options(parser):
    """The options of `vitnp predict`."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="pictures, or folders of pictures")
    parser.add_argument(
        "--weights",
        required=True,
        metavar="FILE",
        help="a checkpoint, or a name that weights fetch has fetched",
    )
    parser.add_argument("--top", type=int, default=5, metavar="N", help="classes per picture (default 5)")
    parser.add_argument("--labels", metavar="FILE", help="class names: a text file, one per line, or JSON")
    parser.add_argument(
        "--attention", metavar="OUT.png", help="draw the class token's attention in the last block"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    add_source(parser)
    add_backend(parser)
    parser.add_argument(
        "--dtype",
        metavar="NAME",
        help="float16 (half the memory, for GPUs) or float32; default: the file's",
    )
    parser.set_defaults(run=run)


def run(args):
    """Print the classes of each picture; 2 if a file is not a picture (the others are still printed)."""
    need_counts(args, "top")
    if args.dtype is not None:
        need_choice("--dtype", args.dtype, precision.DTYPES)
    xp = backend(args)
    notes = []
    files = [file for given in args.images for file in pictures(Path(given), notes.append)]
    path, told = source(args, args.weights)
    title = fetch.called(path)
    p, config = weights.load(path, **told)
    models.need_images(config, "predict is for pictures")
    if args.attention:
        models.need_vit(config, "--attention draws the attention of a ViT")
    missing = no_classes(p, config, path)
    if missing and not args.attention:
        raise InputError(
            f"{title} {missing}, so it knows no classes; name the weights of a classifier, or draw --attention OUT.png"
        )
    p = to_device(p if args.dtype is None else precision.cast(p, args.dtype), xp)
    names, names_from = ([], f"the model {missing}") if missing else names_of(path, config, args.labels)
    height, width = config.image_size
    report = {"weights": str(path), "image_size": [height, width], "names": names_from}
    report |= {"independent": not missing and probabilities.independent(config), "images": []}
    if not args.json:
        known = f"{counted(config.num_classes, 'class')}, {names_from}"
        known += ", each class on its own" if report["independent"] else ""
        classes = f"{names_from}, so no classes" if missing else known
        print(one_line(translated(f"{title}: {height}x{width} pixels, {classes}")))
    for number, (file, x, outcome) in enumerate(predictions(files, p, config), start=1):
        record = {"image": str(file)}
        report["images"].append(record)
        if isinstance(outcome, InputError):
            record["error"] = str(outcome)
            print(f"vitnp: {one_line(translated(outcome))}", file=sys.stderr)
            continue
        best = [] if missing else np.argsort(-outcome, kind="stable")[: args.top]
        record["classes"] = [
            {"class": int(i), "name": names[i], "probability": float(outcome[i])} for i in best
        ]
        if args.attention:
            out = Path(args.attention)
            out = out if len(files) == 1 else out.with_name(f"{out.stem}-{number}-{file.stem}{out.suffix}")
            record["attention"] = str(draw_attention(x, p, config, out))
        if not args.json:
            print("\n" + "\n".join(lines(record)))
    for note in notes:
        say(one_line(translated(f"note: {note}")), sys.stderr)
    if args.json:
        print(as_json(report))
    return 2 if any("error" in record for record in report["images"]) else 0


def pictures(path, note):
    """The file itself, or the pictures in the folder and its subfolders as `vitnp train` finds those of a class.

    note is called with a line on what is left out of the folder.
    """
    if not os.path.isdir(path):  # which no name makes raise
        return [path]
    left = Counter()
    found = listing.pictures(path, left)
    if not found:
        raise InputError(
            f"{path} holds no pictures ({', '.join(listing.suffixes())}); name a file or another folder"
            + (f"; left out: {listing.kinds(left)}" if left else "")
        )
    if left:
        note(listing.said(left, path))
    return found


def predictions(files, p, config):
    """Yield (file, the preprocessed picture, its probabilities (classes,)) for each file.

    For a file that is not a picture: (file, None, the InputError).
    """
    for first in range(0, len(files), BATCH):
        batch = [_read(file, config) for file in files[first : first + BATCH]]
        images = [x for x, _ in batch if x is not None]
        found = iter(())
        if images:
            with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
                logits = to_host(predict(np.stack(images), p, config))
            need_finite(logits, "logits")
            found = iter(probabilities.of(logits.astype(np.float64), config))
        for file, (x, problem) in zip(files[first : first + BATCH], batch, strict=True):
            yield file, x, problem or next(found)


def _read(file, config):
    try:
        return preprocess.load(file, config), None
    except InputError as problem:
        return None, problem


def draw_attention(x, p, config, path):
    """Draw the class token's attention in the last block. Returns the path."""
    from vitnp import show

    _, saved = vit.forward(to_device(x[None], array_module(parameter_of(p))), p, config)
    A = saved.blocks[-1].attention.A[0]
    return show.save(show.attention_from_class_token(x, A, config, block=config.num_layers - 1), path)


def lines(record):
    """Yield a picture's name, then a line per class."""
    yield one_line(record["image"])
    for guess in record["classes"]:
        yield f"  {guess['probability']:7.2%}  {guess['name']}"
    if "attention" in record:
        yield one_line(f"  {ATTENTION.in_()}: {record['attention']}")
