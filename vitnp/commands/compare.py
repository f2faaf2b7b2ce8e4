"""`vitnp compare`: trains with different values of one field, over several seeds; a table, a picture, a CSV."""

import dataclasses
import glob
import statistics
import sys

from vitnp import data, models
from vitnp.commands import series, train
from vitnp.commands.options import comma_separated, need_counts
from vitnp.commands.printing import mean_and_deviation
from vitnp.commands.train_words import chosen
from vitnp.errors import InputError, did_you_mean, need_int
from vitnp.inputs.fields import choices
from vitnp.system.output import repeating_nothing, say, unless_gone
from vitnp.system.writing import save_csv
from vitnp.training import signals
from vitnp.training.choices import config_class, recipe_of
from vitnp.training.display import duration
from vitnp.training.folder import MAY_CHANGE, outside
from vitnp.training.place import writable
from vitnp.training.progress import Diverged
from vitnp.training.recipes import Recipe
from vitnp.training.setup import prepare
from vitnp.training.wanted import Wanted

COLUMNS = ("value", "seed", "test_accuracy", "train_accuracy", "loss", "seconds")


def add_options(parser):
    """The options of `vitnp compare`."""
    parser.add_argument(
        "--over", required=True, metavar="FIELD", help="of the configuration or the recipe, or model"
    )
    parser.add_argument("--values", metavar="A,B,…", help="of the field (default: all, where it is a choice)")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds 0 … N − 1 (default 5)")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder; the same command goes on with what is in it, --overwrite begins anew (default compare-FIELD)",
    )
    train.add_training(parser)
    parser.set_defaults(run=run)


@repeating_nothing()
def run(args):
    """Train the runs that are not finished, write the CSV after each, print the table at the end; 130 if stopped."""
    import tqdm

    from vitnp import show

    if args.over == "num_classes":
        raise InputError("--over num_classes has no values to compare: the data has its number of classes")
    wanted = Wanted(**train.asked(args))
    option, field = declared(
        args.over, config_class(wanted, recipe_of(wanted, data.place(wanted.data)[0]), None)
    )
    values = values_of(args, field)
    need_int("--seeds", args.seeds, at_least=1)
    need_counts(wanted, "workers", *MAY_CHANGE)
    each = {value: with_value(wanted, option, args.over, value) for value in values}
    sizes, lines = {}, {}
    for value, one in each.items():  # what does not fit is said before the first run
        setup = prepare(one)
        sizes[value] = models.count(setup.p)
        lines |= dict.fromkeys(chosen(setup))
    for line in lines:
        say(line)
    out = f"compare-{args.over}" if args.out is None else args.out
    outside(out, wanted.place(wanted.data))
    out, rows = writable(out), []
    about = {name: value for name, value in dataclasses.asdict(wanted).items() if name not in MAY_CHANGE}
    if args.overwrite:
        series.forget(out / "compare.json", lambda old: [f"{glob.escape(str(old.get('over')))}=*/seed-*"])
    series.remember(out / "compare.json", about | {"over": args.over})
    runs = [(seed, value) for seed in range(args.seeds) for value in values]
    with signals.heard() as wish, tqdm.tqdm(runs, unit=" run", disable=None, leave=False) as bar:
        for seed, value in bar:
            bar.set_description(f"{args.over}={value}, seed {seed}")
            folder = out / f"{args.over}={value.replace('/', '-')}" / f"seed-{seed}"  # of R50+B/16 one folder
            try:
                one = dataclasses.replace(each[value], seed=seed)
                epoch = None if wish() else series.trained(one, folder, wish)
            except Diverged as problem:
                with unless_gone(sys.stderr):
                    bar.write(f"{args.over}={value}, seed {seed}: {problem}", file=sys.stderr)
                epoch = {}  # empty cells
            if epoch is None:
                say(f"stopped with {len(rows)} of {len(runs)} runs done; the same command goes on")
                return 130
            rows.append({name: epoch.get(name) for name in COLUMNS} | {"value": value, "seed": seed})
            save_csv(out / "compare.csv", rows)
    found = {value: [row for row in rows if row["value"] == value] for value in values}
    say(table(args.over, found, sizes))
    accuracies = {value: [row["test_accuracy"] for row in done(rows)] for value, rows in found.items()}
    if not any(accuracies.values()):
        raise InputError("every run diverged; give a smaller --lr, and --overwrite or another --out")
    show.save(show.comparison(args.over, accuracies), out / "compare.png")
    say(f"compare.csv, compare.png and one folder per run are in {out}")
    return 0


def declared(name, Config):
    """(the option that sets it, the declared field) of a configuration or the recipe, or the option for the model.

    Raises InputError for an unknown name, naming the near ones.
    """
    found = {f.name: ("set", f) for f in dataclasses.fields(Config) if f.name != "preprocessing"}
    found |= {f.name: ("set_recipe", f) for f in dataclasses.fields(Recipe)}
    found |= {f.name: (f.name, f) for f in dataclasses.fields(Wanted) if f.name == "model"}
    if name not in found:
        hint, can = (
            did_you_mean(name, found),
            sorted(found.keys() - {"num_classes"}),
        )  # which the data decides
        raise InputError(f'--over "{name}" is unknown; {hint}choose from {", ".join(can)}')
    return found[name]


def values_of(args, field):
    """The texts of --values, or all choices of the field."""
    if args.values is None:
        if not choices(field):
            raise InputError(f"which values of {args.over}? name them, such as --values 1,2,4")
        return list(choices(field))
    return comma_separated(args.values, "--values")


def with_value(wanted, option, field, value):
    """What is asked for with the field, or the option itself, set to this value."""
    if option == field:
        if wanted.model or wanted.init:
            given = f"--model {wanted.model}" if wanted.model else f"--init {wanted.init}"
            raise InputError(f"--over model names the models with --values; leave out {given}")
        return dataclasses.replace(wanted, **{option: value})
    return dataclasses.replace(wanted, **{option: [*getattr(wanted, option), f"{field}={value}"]})


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
            seconds = duration(statistics.mean(row["seconds"] for row in rows))
        if lost := len(all_rows) - len(rows):
            words.append(f"{lost} diverged" if rows else "diverged")
        lines.append(f"| {value} | {', '.join(words)} | {len(rows)} | {sizes[value]:,} | {seconds} |")
    return "\n".join(lines)
