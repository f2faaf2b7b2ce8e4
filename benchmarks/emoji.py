"""The claim of the paper's Figure 4 on a small stage: nine groups of emoji by what was learned before, and by how many.

    python benchmarks/emoji.py --weights FILE --out DIR

Google's Noto emoji, 64x64 pixels in color, from npm's emoji-datasource-google 16.0.0 (74 MB, fetched once; pictures
under Apache-2.0), in the nine groups of Unicode. For each seed 35 pictures a group are for testing and up to 50 to
learn from: a linear classifier on the frozen model's [CLS] (as `vitnp linear-eval`), all of it fine-tuned (recipe
`photos`, 60 steps, the rate chosen once by a held-out part), a small ViT from scratch (600 steps), a linear classifier
on the pixels. Goes on where it was stopped. Writes emoji.csv and emoji.png.
"""

import argparse
import hashlib
import io
import json
import statistics
import sys
import tarfile
import textwrap
from pathlib import Path

import numpy as np
from PIL import Image

from vitnp import data, show, weights
from vitnp.analysis import linear_eval
from vitnp.commands import series
from vitnp.commands.linear_eval import features
from vitnp.commands.printing import mean_and_deviation
from vitnp.inputs.images import ImageConfig
from vitnp.show import page, styling
from vitnp.show.styling import LABEL, QUIET, TITLE
from vitnp.system import cache, transfer
from vitnp.system.writing import save_csv
from vitnp.training import signals
from vitnp.training.wanted import Wanted

URL = "https://registry.npmjs.org/emoji-datasource-google/-/emoji-datasource-google-16.0.0.tgz"
SHA256 = "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438"
TEST, SHOTS, SEEDS = 35, (5, 20, 50), (0, 1, 2)
SIDE = 32  # pixels of what is learned from scratch
COLUMNS = ("method", "shots", "seed", "accuracy")
METHODS = {  # color and marker, told apart by both (Okabe & Ito, 2008)
    "linear classifier on the frozen [CLS]": ("#0072B2", "o"),
    "all of it fine-tuned": ("#009E73", "D"),
    "ViT from scratch": ("#D55E00", "s"),
    "linear classifier on pixels": ("#CC79A7", "^"),
}
LINEAR, TUNED, SCRATCH, PIXELS = METHODS


def fetched():
    """The package's path in the cache, fetched if it is not there, checked by its SHA-256."""
    path = cache.folder() / "data" / "emoji" / URL.rpartition("/")[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        transfer.download(URL, path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise SystemExit(f"{path} has the SHA-256 {found}, need {SHA256}; remove it")
    return path


def groups(path):
    """{group: its pictures on white, in the order of the package's list}."""
    found = {}
    with tarfile.open(path) as archive:
        listed = json.load(archive.extractfile("package/emoji.json"))
        for one in listed:
            if one["category"] != "Component" and one["has_img_google"]:
                found.setdefault(one["category"], []).append(one["image"])
        for group, names in found.items():
            found[group] = [
                Image.open(io.BytesIO(archive.extractfile(f"package/img/google/64/{name}").read()))
                for name in names
            ]
    return found


def written(found, folder, seed):
    """The folder with train/GROUP and val/GROUP; of one seed always the same pictures."""
    for group, pictures in found.items():
        order = np.random.default_rng(seed).permutation(len(pictures))
        for part, rows in (("val", order[:TEST]), ("train", order[TEST : TEST + max(SHOTS)])):
            place = folder / part / group.replace(" & ", "-and-")
            place.mkdir(parents=True, exist_ok=True)
            for row in rows:
                pictures[row].save(place / f"{row:04}.png")


def main():
    """All runs, the table, the picture."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", required=True, metavar="FILE")
    parser.add_argument("--image-size", default="70", metavar="PIXELS", help="of the pretrained model")
    parser.add_argument("--out", default="runs/emoji", metavar="DIR")
    args = parser.parse_args()
    out, rows = Path(args.out), []
    found = groups(fetched())
    print({group: len(pictures) for group, pictures in found.items()})
    for seed in SEEDS:
        if not (out / f"pictures-{seed}").exists():
            written(found, out / f"pictures-{seed}", seed)
    with signals.heard() as wish:
        for seed in SEEDS:
            for method in (LINEAR, PIXELS):
                rows += linear(method, args, out, seed)
        lr = chosen_rate(args, out, wish)
        for seed in SEEDS:
            for shots in SHOTS:
                for method in (SCRATCH, TUNED):
                    epoch = series.trained(
                        asked(method, args, out, (seed, shots), lr), out / f"{method}-{shots}-{seed}", wish
                    )
                    if epoch is None:
                        sys.exit("stopped; the same command goes on")
                    rows.append(row(method, shots, seed, epoch["test_accuracy"]))
                    save_csv(out / "emoji.csv", rows)
    print("\n".join(table(rows)))
    show.save(picture(rows), out / "emoji.png")


def row(method, shots, seed, accuracy):
    """A row of the table, which is also printed."""
    print(f"seed {seed}, {shots:2} a group, {method}: {accuracy:.1%}", flush=True)
    return {"method": method, "shots": shots, "seed": seed, "accuracy": accuracy}


def linear(method, args, out, seed):
    """The rows of a linear classifier, fitted to representations or to pixels."""
    opened = data.opened(str(out / f"pictures-{seed}"))
    if method == LINEAR:
        p, config = weights.load(args.weights, image_size=int(args.image_size))
        parts = data.fitted(opened, config)[:2]
        x = [features(part, np.arange(len(part)), p, config, None) for part in parts]
    else:
        parts = data.fitted(opened, ImageConfig(image_size=SIDE))[:2]
        x = [part.images(range(len(part))).reshape(len(part), -1).astype(np.float64) for part in parts]
    rows, (train, test) = [], (part.labels for part in parts)
    for shots in SHOTS:
        some = data.part(parts[0], shots / max(SHOTS), seed).rows
        fit = linear_eval.fit(x[0][some], train[some], len(opened.class_names))
        rows.append(row(method, shots, seed, linear_eval.accuracy(x[1], test, fit)))
    return rows


def asked(method, args, out, which, lr, **more):
    """What a training is asked for: all of the pretrained model, or a small one from scratch."""
    seed, shots = which
    both = {
        "data": str((out / f"pictures-{seed}").resolve()),
        "seed": seed,
        "labels": shots / max(SHOTS),
    } | more
    if method == TUNED:
        start = {"init": args.weights, "image_size": args.image_size, "recipe": "photos", "new_head": True}
        return Wanted(**both, **start, steps=60, lr=lr)
    sizes = {"in_channels": 3, "patch_size": 4, "hidden_size": 128, "num_layers": 6, "mlp_dim": 256}
    start = {"model": "digits", "recipe": "cifar10-small", "image_size": str(SIDE)}
    sizes = [f"{name}={value}" for name, value in sizes.items()]
    return Wanted(**both, **start, set=sizes, steps=600, batch_size=32, set_recipe=["warmup_steps=60"])


def chosen_rate(args, out, wish):
    """The learning rate that is best on a fifth of the pictures to learn from, held out."""
    accuracies = {}
    for lr in (0.003, 0.01):
        wanted = asked(TUNED, args, out, (0, max(SHOTS)), lr, hold_out=0.2)
        epoch = series.trained(wanted, out / f"rate-{lr}", wish)
        if epoch is None:
            sys.exit("stopped; the same command goes on")
        accuracies[lr] = epoch["test_accuracy"]
    print("held-out accuracy by rate:", accuracies, flush=True)
    return max(accuracies, key=accuracies.get)


def accuracies(rows, method, shots):
    """Those of all seeds."""
    return [row["accuracy"] for row in rows if (row["method"], row["shots"]) == (method, shots)]


def table(rows):
    """Yield the lines of a Markdown table, a row a method."""
    yield "| pictures a group | " + " | ".join(map(str, SHOTS)) + " |"
    yield "|---" * (len(SHOTS) + 1) + "|"
    for method in METHODS:
        cells = [mean_and_deviation(accuracies(rows, method, shots)) for shots in SHOTS]
        yield f"| {method} | " + " | ".join(cells) + " |"


def picture(rows):
    """Test accuracy over the pictures of each group: mean and standard deviation over the seeds."""
    figure, ends = page.blank(), []
    axes = figure.subplots()
    for method, (color, marker) in METHODS.items():
        values = [accuracies(rows, method, shots) for shots in SHOTS]
        look = {"color": color, "marker": marker, "markersize": 12, "linewidth": 3, "capsize": 8}
        spread = [statistics.stdev(v) for v in values]
        means = [statistics.mean(v) for v in values]
        axes.errorbar(SHOTS, means, yerr=spread, **look)
        ends.append((method, means[-1], color))
    axes.axhline(1 / 9, color=QUIET, linestyle=":", linewidth=2)
    axes.set_xscale("log")
    axes.set_xticks(SHOTS, map(str, SHOTS))
    axes.minorticks_off()
    styling.percent(axes.yaxis)
    axes.set_xlabel("training images per group, nine groups (log scale)", fontsize=LABEL)
    axes.set_ylabel("test accuracy", fontsize=LABEL)
    page.ticks(axes)
    styling.grid(axes)
    styling.name_ends(
        axes,
        [*((textwrap.fill(name, 18), y, c) for name, y, c in ends), ("chance", 1 / 9, QUIET)],
        apart=0.13,
    )
    axes.set_title("Emoji: four ways to learn nine groups", fontsize=TITLE)
    told = "; ".join(f"{name} {mean:.1%}" for name, mean, _ in ends)
    return page.finished(
        figure, f"Test accuracy by the number of training images per group; with {SHOTS[-1]}: {told}."
    )


if __name__ == "__main__":
    main()
