"""`vitnp explore`: an interactive page in one HTML file: a photo in a ViT, or with --live a small ViT that runs."""

import os
from pathlib import Path

import numpy as np

from vitnp import models, tree
from vitnp.analysis.trace import trace
from vitnp.backend.arrays import to_device, to_host
from vitnp.commands.model import add_model_or_file, chosen
from vitnp.commands.options import add_backend, backend
from vitnp.commands.walk import need_seed, photo_for, random_parameters
from vitnp.commands.weights import names_of, need_finite, no_classes
from vitnp.commands.working import working
from vitnp.course.page import explore, live
from vitnp.data import photo
from vitnp.engine import probabilities
from vitnp.engine.batch import predict
from vitnp.errors import InputError, printable
from vitnp.system import language
from vitnp.system.language import LANGUAGES, Text
from vitnp.system.output import say
from vitnp.system.writing import beside
from vitnp.training.place import same_file

FAMILIES = {"vit": "a ViT"}
COMPUTING = Text("순전파, 역전파 …", "forward, backward …")
WRITING = Text("페이지 작성 …", "writing the page …")
DONE = Text("{path}: {size:.2f} MB, 브라우저로 여세요", "{path}: {size:.2f} MB; open it in a browser")
ADVICE = "name a file that can be written with --out"


def add_options(parser):
    """The options of `vitnp explore`."""
    parser.add_argument("image", nargs="?", metavar="IMAGE", help="a photo (default: one of scikit-learn's)")
    add_model_or_file(parser, default="B/16")
    parser.add_argument(
        "--live",
        action="store_true",
        help=f"in place of a photo: a small ViT that runs in the page (default {live.WEIGHTS})",
    )
    parser.add_argument(
        "--label", type=int, metavar="N", help="the class of the loss (default the predicted one)"
    )
    parser.add_argument("--seed", type=int, help="of the random weights (default 0)")
    parser.add_argument(
        "--note", metavar="TEXT", help="a line of your own on the page, such as whose photo it is"
    )
    parser.add_argument(
        "--out", default="explore.html", metavar="FILE", help="the page (default explore.html)"
    )
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Write the page."""
    lang = language.chosen(args.lang)
    need_page(args)
    text = live_text(args, lang) if args.live else explore_text(args, lang)
    with beside(args.out, advice=ADVICE) as part:
        Path(part).write_text(text, encoding="utf-8")
    size = len(text.encode("utf-8")) / 1e6
    say(DONE.in_(lang).format(path=printable(args.out), size=size))
    return 0


def need_page(args):
    """Raise InputError for a name that is not a page's, so that no other file is written over."""
    if Path(args.out).suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {args.out} is no name of a page; end it in .html")
    for name in (args.image, args.weights):
        if name is not None and os.path.exists(name) and same_file(args.out, name):
            raise InputError(f"--out {args.out} is what the page is made of; give another name")
    folder = os.path.dirname(os.path.abspath(args.out))
    if not os.path.isdir(folder):
        raise InputError(f"--out {args.out} is in a folder that is not there; make the folder {folder} first")


def explore_text(args, lang):
    """The page of one photo in one model."""
    model = asked(args)
    config = model.config
    image = photo_for(args.image, model)
    xp = backend(args)
    with working() as at_work:
        at_work(COMPUTING.in_(lang))
        p, filled, seed = model.p, (), None
        if p is None:
            seed = args.seed or 0
            p, filled = random_parameters(config, seed)
        no_loss = why_no_loss(p, config, model.path)
        if no_loss and args.label is not None:
            raise InputError("--label is the class of a loss, and this model has none; leave it out")
        x, p = to_device(image, xp), to_device(p, xp)
        label = None if no_loss else the_label(args.label, x, p, config)
        t = trace(x, p, config, labels=label)
        need_finite(t.logits, "logits")
        about = explore.About(
            model=called(args),
            image=printable(os.path.basename(args.image or photo.SAMPLE)),
            parameters=tree.count(models.of(config).init(None, config)),
            seed=seed,
            filled=tuple(filled),
            no_loss=no_loss,
            names=() if no_loss or not model.path else names_of(model.path, config)[0],
            label=label,
            note=args.note and dict.fromkeys(LANGUAGES, printable(args.note)),
        )
        at_work(WRITING.in_(lang))
        return explore.page(t, config, seen(image, config), about, lang)


def asked(args):
    """The model, if a page can show it. Raises InputError for options that do not go together."""
    need_seed(args)
    model = chosen(args)
    models.need_family(model.config, FAMILIES, "explore follows the slides of the ViT")
    explore.need_fitting(model.config)
    return model


def called(args):
    """The name of the model on the page: as typed, of a file without its folder; and what was set besides."""
    name = args.weights or args.model or args.default
    if args.weights is not None and os.path.exists(name):
        name = os.path.basename(name)
    size = [] if args.image_size is None else [f"image_size={args.image_size}"]
    return printable(" + ".join([name, *size, *args.set]))


def the_label(asked, x, p, config):
    """The class of the loss: the one asked for, else the predicted one."""
    if asked is None:
        return int(to_host(predict(x[None], p, config))[0].argmax())
    if not 0 <= asked < config.num_classes:
        raise InputError(f"--label is {asked}; need a class from 0 to {config.num_classes - 1}")
    return asked


def why_no_loss(p, config, path):
    """Why no loss goes back through the model, as the page's texts name it; None where one does."""
    if not config.num_classes:
        return "no_head"
    if no_classes(p, config, path):
        return "zero_head"
    return "each_on_its_own" if probabilities.independent(config) else None


def seen(image, config):
    """The picture as the model sees it, (Hᵢ, Wᵢ, 3), uint8."""
    how = config.preprocessing
    if image.dtype != np.uint8:
        image = (
            np.rint(255 * (image * np.asarray(how.std) + np.asarray(how.mean))).clip(0, 255).astype(np.uint8)
        )
    return np.broadcast_to(image if image.shape[-1] in (1, 3) else image[..., :1], (*image.shape[:2], 3))


def live_text(args, lang):
    """The page of a small ViT that runs in it."""
    needless = {"IMAGE": args.image, "--model": args.model, "--label": args.label, "--seed": args.seed}
    needless |= {"--note": args.note, "--image-size": args.image_size, "--set": args.set or None}
    needless["--backend"] = None if args.backend == "numpy" else args.backend
    for option, given in needless.items():
        if given is not None:
            raise InputError(f"--live shows digits that are drawn in the page; leave out {option}")
    args.weights = args.weights or live.WEIGHTS
    model = chosen(args)
    return live.live_page(model.p, model.config, lang)
