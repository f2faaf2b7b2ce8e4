"""What pre-training without labels is worth when labels are few: 1%, 5%, 20% and 100% of the digits' labels.

    python benchmarks/few_labels.py --out runs/few-labels

For every seed a model is pre-trained by masked patch prediction on all training images without their labels; then,
for every share, the preset is trained from scratch and from the pre-trained model, with the same recipe and as many
steps. Writes few_labels.csv and few_labels.png into the folder; the same command goes on with what is in it.
"""

import argparse
import dataclasses
import statistics
import sys
from pathlib import Path

from vitnp import show
from vitnp.commands import series, train
from vitnp.commands.printing import mean_and_deviation
from vitnp.errors import InputError
from vitnp.show import page, styling
from vitnp.show.styling import BLUE, LABEL, ORANGE, TITLE
from vitnp.system.writing import save_csv
from vitnp.training.signals import heard
from vitnp.training.wanted import Wanted

SHARES = ("1%", "5%", "20%", "100%")
STARTS = {  # label, color and marker, told apart by both (Okabe & Ito, 2008); a little aside, to see both bars
    "scratch": ("from scratch", ORANGE, "s", 0.96),
    "pretrained": ("pre-trained without labels", BLUE, "o", 1.04),
}


def runs(args, out):
    """Yield (share, start, seed, what is asked for, its folder) of every training; share "" is the pre-training."""
    for seed in range(args.seeds):
        both = Wanted(data=args.data, seed=seed, recipe=args.recipe)
        model, before = {"model": args.model, "set": args.set}, out / f"pretrain-{seed}"
        task = {"task": "masked-patches", "target": args.target, "mask_ratio": 0.5}
        wanted = dataclasses.replace(both, epochs=args.pretrain_epochs, **model, **task)
        yield "", "pretraining", seed, wanted, before
        for share in SHARES:
            few = dataclasses.replace(both, labels=train.fraction(share), epochs=args.epochs)
            for start, where in (("scratch", model), ("pretrained", {"init": str(before / "model.npz")})):
                yield share, start, seed, dataclasses.replace(few, **where), out / f"{start}-{share}-{seed}"


def picture(rows):
    """Test accuracy over the share of labels: mean and standard deviation over the seeds."""
    figure, ends = page.blank(), []
    axes = figure.subplots()
    for start, (label, color, marker, aside) in STARTS.items():
        values = [accuracies(rows, share, start) for share in SHARES]
        mean = [statistics.mean(v) for v in values]
        spread = [statistics.stdev(v) if len(v) > 1 else 0.0 for v in values]
        look = {"color": color, "marker": marker, "markersize": 12, "linewidth": 3, "capsize": 8}
        axes.errorbar(
            [aside * train.fraction(share) for share in SHARES], mean, yerr=spread, label=label, **look
        )
        ends.append(f"{label} {mean[0]:.1%} at {SHARES[0]}, {mean[-1]:.1%} at {SHARES[-1]}")
    axes.set_xscale("log")
    axes.set_xticks([train.fraction(share) for share in SHARES], SHARES)
    axes.minorticks_off()
    styling.percent(axes.yaxis)
    axes.set_xlabel("share of the training images whose label is known (log scale)", fontsize=LABEL)
    axes.set_ylabel("test accuracy", fontsize=LABEL)
    page.ticks(axes)
    axes.legend(fontsize=LABEL, loc="lower right", frameon=False)
    styling.grid(axes)
    axes.set_title("Few labels: does pre-training without labels help?", fontsize=TITLE)
    page.note(
        figure, "mean ± standard deviation over the seeds; where the bars overlap, no difference is seen"
    )
    return page.finished(figure, f"Test accuracy by the share of known labels: {'; '.join(ends)}.")


def accuracies(rows, share, start):
    """The test accuracies of all seeds."""
    return [row["test_accuracy"] for row in rows if (row["labels"], row["start"]) == (share, start)]


def table(rows):
    """A Markdown table: a row a share."""
    lines = [f"| labels | {' | '.join(label for label, *_ in STARTS.values())} |", "|---|---|---|"]
    for share in SHARES:
        found = [mean_and_deviation(accuracies(rows, share, start)) for start in STARTS]
        lines.append(f"| {share} | {' | '.join(found)} |")
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data", default="digits", metavar="NAME|DIR")
    parser.add_argument("--model", default="digits", metavar="NAME")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="of the model")
    parser.add_argument("--recipe", default="digits", metavar="NAME")
    parser.add_argument("--target", default="color", metavar="NAME", help="of the pre-training")
    parser.add_argument("--seeds", type=int, default=5, metavar="N")
    parser.add_argument("--pretrain-epochs", type=int, default=100, metavar="N")
    parser.add_argument("--epochs", type=int, metavar="N", help="of every training (default: the recipe's)")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    about = {name: value for name, value in vars(args).items() if name not in ("out", "seeds")}
    series.remember(args.out / "few_labels.json", about)
    rows = []
    with heard() as wish:
        for share, start, seed, wanted, folder in runs(args, args.out):
            epoch = series.trained(wanted, folder, wish)
            if epoch is None:
                print("stopped; the same command goes on")
                return 130
            print(f"seed {seed}: {share:>4} {start:11} {epoch['test_accuracy']:.2%} {epoch['seconds']:.0f} s")
            if share:
                numbers = {name: epoch[name] for name in ("test_accuracy", "seconds")}
                rows.append({"labels": share, "start": start, "seed": seed} | numbers)
    save_csv(args.out / "few_labels.csv", rows)
    show.save(picture(rows), args.out / "few_labels.png")
    print(table(rows))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as problem:
        sys.exit(f"few_labels: {problem}")
