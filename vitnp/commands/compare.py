"""`vitnp compare`: trains with different values of one field, over several seeds; a table, a picture, a CSV."""

import argparse
import dataclasses
import statistics
import sys
from pathlib import Path

from vitnp import tree
from vitnp.commands import series, train
from vitnp.commands.printing import mean_and_deviation
from vitnp.commands.train_setup import prepare
from vitnp.errors import InputError, did_you_mean, need_int
from vitnp.models.vit.config import POSITION_EMBEDDINGS, ViTConfig
from vitnp.ops.interpolate import INTERPOLATIONS
from vitnp.system.writing import save_csv
from vitnp.training import optim, schedules, signals
from vitnp.training.progress import Diverged
from vitnp.training.recipes import Recipe
from vitnp.training.run import writable

CHOICES = {  # what a field can be, where that is a few words
    "classifier": ("token", "gap"),
    "gelu": ("tanh", "erf"),
    "position_embedding": POSITION_EMBEDDINGS,
    "position_at": ("stem", "every-layer", "every-layer-shared"),
    "position_interpolation": INTERPOLATIONS,
    "optimizer": tuple(optim.MOMENTS),
    "schedule": tuple(schedules.SCHEDULES),
}
COLUMNS = ("value", "seed", "test_accuracy", "train_accuracy", "loss", "seconds")
OWN = ("over", "values", "seeds", "out", "run")


def add_options(parser):
    """The options of `vitnp compare`."""
    parser.add_argument("--over", required=True, metavar="FIELD", help="of the configuration or the recipe")
    parser.add_argument("--values", metavar="A,B,…", help="of the field (default: all, where it is a choice)")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds 0 … N − 1 (default 5)")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder; the same command goes on with what is in it (default compare-FIELD)",
    )
    train.add_training(parser)
    parser.set_defaults(run=run)


def run(args):
    """Train the runs that are not finished, write the CSV after each, print the table at the end; 130 if stopped."""
    import tqdm

    from vitnp import show

    kind, values = field(args.over), values_of(args)
    args.out = args.out or f"compare-{args.over}"
    need_int("--seeds", args.seeds, at_least=1)
    sizes = {value: tree.count(prepare(one(args, kind, value, 0)).p) for value in values}
    train.outside(args.out, args.data)
    out, rows = writable(args.out), []
    about = {"over": args.over} | {
        name: value for name, value in vars(args).items() if name not in OWN + train.MAY_CHANGE
    }
    series.remember(out / "compare.json", about)
    runs = [(seed, value) for seed in range(args.seeds) for value in values]
    with signals.heard() as wish, tqdm.tqdm(runs, unit=" run", disable=None, leave=False) as bar:
        for seed, value in bar:
            bar.set_description(f"{args.over}={value}, seed {seed}")
            try:
                epoch = None if wish() else series.trained(one(args, kind, value, seed), wish)
            except Diverged as problem:
                bar.write(f"{args.over}={value}, seed {seed}: {problem}", file=sys.stderr)
                epoch = {}  # empty cells
            if epoch is None:
                print(f"stopped with {len(rows)} of {len(runs)} runs done; the same command goes on")
                return 130
            rows.append({name: epoch.get(name) for name in COLUMNS} | {"value": value, "seed": seed})
            save_csv(out / "compare.csv", rows)
    found = {value: [row for row in rows if row["value"] == value] for value in values}
    print(table(args.over, found, sizes))
    accuracies = {value: [row["test_accuracy"] for row in done(rows)] for value, rows in found.items()}
    show.save(show.comparison(args.over, accuracies), out / "compare.png")
    print(f"compare.csv, compare.png and a folder a run are in {out}")
    return 0


def field(name):
    """ "set" for a field of the configuration, "set_recipe" for one of the recipe; InputError, with near ones, else."""
    fields = {f.name: "set" for f in dataclasses.fields(ViTConfig) if f.name != "preprocessing"}
    fields |= {f.name: "set_recipe" for f in dataclasses.fields(Recipe)}
    if name not in fields:
        hint = did_you_mean(name, fields)
        raise InputError(f'--over "{name}" is unknown; {hint}choose from {", ".join(sorted(fields))}')
    return fields[name]


def values_of(args):
    """The texts of --values; by default all choices of the field."""
    if args.values is None:
        if args.over not in CHOICES:
            raise InputError(f"which values of {args.over}? name them, such as --values 1,2,4")
        return list(CHOICES[args.over])
    values = [value.strip() for value in args.values.split(",")]
    if not all(values) or len(set(values)) < len(values):
        raise InputError(f'--values "{args.values}" has an empty value or one twice; write A,B,…')
    return values


def one(args, kind, value, seed):
    """The options of one run, in the form of `vitnp train`."""
    own = series.options(
        train, ["--out", Path(args.out) / f"{args.over}={value}" / f"seed-{seed}", "--seed", seed]
    )
    given = {name: given for name, given in vars(args).items() if name not in OWN}
    given[kind] = [*given[kind], f"{args.over}={value}"]
    return argparse.Namespace(**(vars(own) | given))


def done(rows):
    """The rows of the runs that did not diverge."""
    return [row for row in rows if row["test_accuracy"] is not None]


def table(over, found, sizes):
    """A Markdown table with a row per value; its numbers are from the runs that did not diverge.

    found: {value: rows of its seeds}; sizes: {value: number of parameters}.
    """
    lines = [f"| {over} | test accuracy, % | seeds | parameters | seconds a run |", "|---|---|---|---|---|"]
    for value, all_rows in found.items():
        rows, words, seconds = done(all_rows), [], "–"
        if rows:
            words.append(mean_and_deviation([row["test_accuracy"] for row in rows]))
            seconds = f"{statistics.mean(row['seconds'] for row in rows):.1f}"
        if lost := len(all_rows) - len(rows):
            words.append(f"{lost} diverged" if rows else "diverged")
        lines.append(f"| {value} | {', '.join(words)} | {len(rows)} | {sizes[value]:,} | {seconds} |")
    return "\n".join(lines)
