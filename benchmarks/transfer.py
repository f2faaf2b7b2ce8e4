"""Transfer as the paper does it, small enough for a laptop: Fashion-MNIST first, then digits at twice the size.

    python benchmarks/transfer.py --out DIR

The model `digits` for 14x14 gray pictures learns Fashion-MNIST's 60,000 (`mnist-small`, 5 epochs). Then `vitnp
fine-tune` takes it to scikit-learn's digits at its own size and at twice its size, positions interpolated, a head of
zeros, the rate chosen by a held-out part; from scratch the same model learns them by the recipe `digits`, in as many
steps. Of the 1,437 labels 5% are known; three seeds. Every command is printed, and goes on where it was stopped.
"""

import argparse
import csv
import shlex
import sys
from pathlib import Path

from vitnp.commands import cli
from vitnp.commands.printing import mean_and_deviation

SIZE, SEEDS, LABELS = 14, range(3), ("5%",)
RATES = "0.003,0.01,0.03,0.1"


def command(line):
    """Run a command line of vitnp, printed as one would type it."""
    print(f"$ vitnp {line}", flush=True)
    status = cli.main(shlex.split(line))
    if status:
        sys.exit(status)


def last(folder):
    """The test accuracy at the end of a run."""
    with open(folder / "history.csv", encoding="utf-8", newline="") as file:
        return float([*csv.DictReader(file)][-1]["test_accuracy"])


def tuned(folder):
    """{image size: test accuracies} of a fine-tuning."""
    with open(folder / "fine-tune.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == "test"]
    sizes = dict.fromkeys(row["image_size"] for row in rows)
    return {size: [float(row["accuracy"]) for row in rows if row["image_size"] == size] for size in sizes}


def main():
    """All runs and the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", default="runs/transfer", metavar="DIR")
    out = Path(parser.parse_args().out)
    before = out / "fashion"
    if not (before / "model.npz").exists():
        command(
            f"train --data fashion-mnist --recipe mnist-small --image-size {SIZE} --set patch_size=2 --epochs 5 "
            f"--out {before}"
        )
    table = [
        "| labels | image size | from scratch, % | pre-trained on Fashion-MNIST, % |",
        "|---|---|---|---|",
    ]
    for labels in LABELS:
        after = out / f"fine-tuned-{labels}"
        command(
            f"fine-tune --init {before}/model.npz --data digits --labels {labels} --image-sizes {SIZE},{2 * SIZE} "
            f"--rates {RATES} --hold-out 20% --set-recipe augment=affine --out {after}"
        )
        for size, accuracies in tuned(after).items():
            scratch = []
            for seed in SEEDS:
                run = out / f"scratch-{labels}-{size}-{seed}"
                if not (run / "model.npz").exists():
                    few = f"--data digits --labels {labels} --image-size {size} --epochs 20"
                    command(f"train {few} --seed {seed} --out {run}")
                scratch.append(last(run))
            table.append(
                f"| {labels} | {size} | {mean_and_deviation(scratch)} | {mean_and_deviation(accuracies)} |"
            )
    print("\n".join(table))


if __name__ == "__main__":
    main()
