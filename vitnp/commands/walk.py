"""`vitnp walk`: a photo through a model, every step with its slide; with --backward the backward pass too."""

import json
import re
import sys

import numpy as np

from vitnp import models, tree
from vitnp.analysis.trace import trace
from vitnp.backend.arrays import to_device
from vitnp.commands import walk_brief, walk_text
from vitnp.commands.model import add_model_or_file, chosen
from vitnp.commands.options import add_backend, backend
from vitnp.commands.weights import names_of, need_finite, no_classes
from vitnp.commands.working import working
from vitnp.course import slides
from vitnp.data import photo, preprocess
from vitnp.engine import probabilities
from vitnp.errors import InputError, one_line
from vitnp.ops import initializers
from vitnp.system import language
from vitnp.system.color import marked
from vitnp.system.language import Text

FAMILIES = {"vit": "a ViT", "hybrid": "a hybrid", "bit": "a BiT"}
HEADING = {
    "ko": "{model} · {image} · 파라미터 {parameters:,}개",
    "en": "{model} · {image} · {parameters:,} parameters",
}
HEADING["both"] = HEADING["en"]
FORWARD = Text("가중치, 순전파 …", "weights, forward …")
BACKWARD = Text("가중치, 순전파, 역전파 …", "weights, forward and backward …")
LOOKING = Text("모든 텐서 확인 …", "looking at every tensor …")


def add_options(parser):
    """The options of `vitnp walk`."""
    parser.add_argument("image", nargs="?", metavar="IMAGE", help="a photo (default: one of scikit-learn's)")
    add_model_or_file(parser, default="B/16")
    parser.add_argument(
        "--lang",
        choices=("ko", "en", "both"),
        help="titles of the slides (default: the language of the locale)",
    )
    parser.add_argument("--brief", action="store_true", help="80 columns; of a ViT one screen of 24 lines")
    parser.add_argument("--backward", action="store_true", help="also every gradient, on the way back")
    parser.add_argument("--label", type=int, default=0, metavar="N", help="the loss's class (default 0)")
    parser.add_argument("--seed", type=int, help="of the random weights (default 0)")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Print the walk; 1 if a shape is wrong."""
    need_seed(args)
    if args.brief and (args.json or args.lang == "both"):
        raise InputError(
            f"--brief is one screen in one language; leave out {'--json' if args.json else '--lang both'}"
        )
    lang = "both" if args.lang == "both" else language.chosen(args.lang)
    model = chosen(args)
    config = model.config
    models.need_family(config, FAMILIES, "walk follows the slides of the ViT")
    seed = None if model.path else args.seed or 0
    if args.backward and not config.num_classes:
        without = "name the weights of a classifier" if model.path else "leave out num_classes=0"
        raise InputError(f"--backward needs a loss, and the model has no head (num_classes=0); {without}")
    if args.backward and not 0 <= args.label < config.num_classes:
        raise InputError(f"--label is {args.label}; need a class from 0 to {config.num_classes - 1}")
    if args.backward:
        probabilities.need_one_of(config)
    image = photo_for(args.image, model)
    xp = backend(args)
    report = {"model": model.name, "image": args.image or photo.SAMPLE, "seed": seed}
    report["parameters"] = tree.count(models.of(config).init(None, config))
    if not args.json and not args.brief:
        of_seed = "" if seed is None else f" · seed {seed}"
        print(one_line(HEADING[lang].format(**report) + of_seed), flush=True)  # the rest takes seconds
    with working() as say:
        say((BACKWARD if args.backward else FORWARD).in_(None if lang == "both" else lang))
        p, report["filled"] = random_parameters(config, seed) if model.p is None else (model.p, [])
        t = trace(
            to_device(image, xp), to_device(p, xp), config, labels=args.label if args.backward else None
        )
        need_finite(t.logits, "logits")
        say(LOOKING.in_(None if lang == "both" else lang))
        report |= the_walk(t, config)
        report["prediction"] = prediction(t, p, model)
        if args.backward:
            report |= {"label": args.label, "loss": t.loss, "backward": the_way_back(t, config)}
    wrong = [tensor["name"] for row in report["rows"] for tensor in row["tensors"] if not tensor["ok"]]
    wrong += [f"∂loss/∂{record['name']}" for record in report.get("backward", []) if not record["ok"]]
    report["wrong"] = wrong
    lines = walk_brief.text(report, lang) if args.brief else walk_text.text(report, lang)
    print(json.dumps(report, indent=1) if args.json else marked("\n".join(lines), sys.stdout))
    return 1 if wrong else 0


def need_seed(args):
    """Raise InputError for a --seed that is negative, or that stands beside a file's weights."""
    if args.seed is not None and args.weights is not None:
        raise InputError("--seed is of random weights, and --weights names a file's; leave one out")
    if args.seed is not None and args.seed < 0:
        raise InputError(f"--seed is {args.seed}; need at least 0")


def photo_for(path, model):
    """The photo as a model of a file takes it in `predict`; for an untrained one resized and cropped, uint8."""
    config = model.config
    if model.path:
        if path is None:
            return preprocess.apply(photo.read_sample(in_channels=config.in_channels), config)
        return preprocess.load(path, config)
    if path is None:
        return photo.sample(config.image_size, in_channels=config.in_channels)
    return photo.load(path, config.image_size, in_channels=config.in_channels)


def prediction(t, p, model):
    """The most likely class, its name where it is known; None for a model without a head, or with one of zeros."""
    if no_classes(p, model.config, model.path):
        return None
    best = int(t.probabilities[0].argmax())
    name = names_of(model.path, model.config)[0][best] if model.path else None
    found = {"class": best, "name": None if name == f"class {best}" else name}
    found["independent"] = probabilities.independent(model.config)
    return found | {"probability": float(t.probabilities[0, best])}


def random_parameters(config, seed):
    """The released initialization, with small random numbers in place of the zeros that would stop a gradient.

    Also which parts had those: "class_token", "head", and "norm_3", the last scale of a hybrid's units.
    """
    rng = np.random.default_rng(seed)
    p = models.of(config).init(rng, config)
    found = {"class_token": [p.get("class_token", {})], "head": [p["classify"].get("head", {})], "norm_3": []}
    for stage in p.get("stem", {}).get("stages", {}).values():
        found["norm_3"] += [unit["norm_3"] for unit in stage.values()]
    for part, layers in found.items():
        for layer in layers:
            for name in layer if part != "norm_3" else ("gamma",):
                layer[name] = initializers.normal(rng, layer[name].shape, 0.02, layer[name].dtype)
    return p, [part for part, layers in found.items() if any(layers)]


def the_walk(t, config):
    """The rows with their tensors and errata; for the blocks, the values of the first."""
    checked = slides.check(t, config)
    records = {record.name: record for record in t.forward}
    rows = []
    for row in slides.rows(config):
        tensors = []
        for c in checked:
            if c.row == row:
                names = {"slide_name": c.tensor.slide_name, "name": c.tensor.name, "letters": c.tensor.axes}
                shapes = {"shape": c.got, "expected": c.expected, "printed": c.printed}
                flags = {"per_head": c.tensor.lead == "BH", "misprinted": c.erratum is not None, "ok": c.ok}
                values = statistics(records[c.tensor.name.replace(".i.", ".0.")])
                tensors.append({**names, **shapes, **flags, **values})
        errata = [erratum._asdict() for erratum in slides.errata(row)]
        rows.append({**row._asdict(), "tensors": tensors, "errata": errata})
    return {"rows": rows}


def the_way_back(t, config):
    """Every gradient, in the order of the backward pass, and whether it has its tensor's shape."""
    lead = {tensor.name: tensor.lead for row in slides.rows(config) for tensor in row.tensors}
    back = []
    for record in t.backward:
        # a tensor that no row names, of a ResNet's unit, has the batch first
        start = int(lead.get(re.sub(r"^blocks\.\d+", "blocks.i", record.name), "B").startswith("B"))
        found = {"shape": record.shape[start:], "ok": record.shape == t[record.name].shape}
        back.append({"step": record.step, "name": record.name, **found, **statistics(record)})
    return back


def statistics(record):
    """A record's dtype, its size and a summary of its values."""
    values = {name: getattr(record, name) for name in ("min", "mean", "max", "norm")}
    return {"dtype": str(record.dtype), "nbytes": record.nbytes, **values}
