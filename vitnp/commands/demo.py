"""`vitnp demo`: the main job. The whole ViT on a real photo, every gradient checked, a small one trained on real
handwritten digits, and the pictures."""

import dataclasses
import time

from vitnp import weights
from vitnp.commands.options import add_backend
from vitnp.errors import InputError, printable, some_of
from vitnp.models import preset, vit
from vitnp.ops import softmax
from vitnp.system.writing import beside
from vitnp.training.place import own, recall, writable
from vitnp.training.wanted import Wanted

PICTURES = ("patches.png", "digit.png", "positions.png", "attention.png", "predictions.png")
ANY = {"seed": 0, "model": None, "workers": None, "backend": "numpy"}  # what demos differ in


def add_options(parser):
    """The options of `vitnp demo`."""
    parser.add_argument("--out", default="demo", metavar="DIR", help="folder for the pictures (default demo)")
    parser.add_argument("--lang", choices=("en", "ko", "both"), default="both", help="titles of the slides")
    parser.add_argument("--seed", type=int, default=0, help="split, weights, order, augmentation (default 0)")
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Run three commands as one would type them, then draw; 1 if a shape or a gradient is wrong."""
    from vitnp.commands.cli import main

    started = time.perf_counter()
    out = writable(args.out)
    need_own(out)
    commands = (
        f"walk --model B/16 --backward --lang {args.lang}",
        "gradcheck --model tiny",
        f"train --data digits --seed {args.seed} --overwrite --out",
    )
    worst = 0
    elsewhere = [] if args.backend == "numpy" else ["--backend", args.backend]
    for command in commands:
        words = command.split() + ([str(out)] if command.endswith("--out") else []) + elsewhere
        print(f"\n$ vitnp {printable(' '.join(words))}", flush=True)
        status = main(words)
        if status > 1:
            return status
        worst = max(worst, status)
    print("\npictures")
    for path, what in draw(out, args.seed):
        print(f"  {printable(path)}  {what}")
    print(f"\neverything took {time.perf_counter() - started:.0f} s")
    return worst


def need_own(out):
    """Raise InputError where the folder holds what the demo would replace, and it is not an earlier demo's."""
    there = [*own(out), *(name for name in PICTURES if (out / name).exists())]
    try:
        same = not there or dataclasses.replace(Wanted(**recall(out)["options"]), **ANY) == Wanted(**ANY)
    except InputError:
        same = False
    if not same:
        raise InputError(f"{out} holds {some_of(there)}, not of a demo; name another folder with --out")


def draw(out, seed):
    """Draw the pictures of the photo and of the trained digits model; yield (path, what it shows)."""
    from PIL import Image

    from vitnp import show
    from vitnp.data import digits, photo

    base = preset("B/16")
    yield (
        show.save(show.patch_grid(photo.sample(base.image_size), base), out / "patches.png"),
        "the photo in 196 patches",
    )

    p, config = weights.load(out / "model.npz")
    data = digits.load(seed)
    images, labels = data.test.images(range(12)), data.test.labels[:12]
    logits, saved = vit.forward(images, p, config)
    probabilities, _ = softmax.forward(logits)
    pixels = ((images[0, ..., 0] + 1.0) * 127.5).round().astype("uint8")
    with beside(out / "digit.png") as part:
        Image.fromarray(pixels).save(part, format="PNG")
    yield out / "digit.png", "one of the test digits, as a file for vitnp predict and look"
    yield (
        show.save(show.position_similarity(p["position"]["E_pos"], config), out / "positions.png"),
        "how alike the learned position embeddings are",
    )
    yield (
        show.save(
            show.attention_from_class_token(
                images[0], saved.blocks[-1].attention.A[0], config, block=config.num_layers - 1
            ),
            out / "attention.png",
        ),
        "where [CLS] looks in the last block",
    )
    yield (
        show.save(show.predictions(images, labels, probabilities, data.class_names), out / "predictions.png"),
        "test digits with the model's answers",
    )
    yield out / "curves.png", "loss and accuracy of the training"
