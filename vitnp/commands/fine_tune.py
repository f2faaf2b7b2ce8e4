"""`vitnp fine-tune`: trained weights on other data as the ViT paper does it (App. B.1.1).

For each image size the base learning rate is chosen from a grid by a held-out part of the training images; then all of
them are learned at that rate, over several seeds, and the test images are looked at for the first time.
"""

import dataclasses
import statistics
import sys

from vitnp import data, models
from vitnp.commands import series, train
from vitnp.commands.options import comma_separated, need_counts
from vitnp.commands.printing import mean_and_deviation
from vitnp.commands.train_words import chosen
from vitnp.data.fitting import by
from vitnp.errors import InputError, need_int, need_real
from vitnp.system.output import repeating_nothing, say, unless_gone
from vitnp.system.writing import save_csv
from vitnp.training import signals
from vitnp.training.choices import recipe_of
from vitnp.training.display import duration
from vitnp.training.folder import MAY_CHANGE, outside
from vitnp.training.place import writable
from vitnp.training.progress import Diverged
from vitnp.training.setup import prepare
from vitnp.training.wanted import Wanted

HELD_OUT, TEST = "held out", "test"
COLUMNS = ("image_size", "part", "lr", "seed", "accuracy", "train_accuracy", "loss", "seconds")


def add_options(parser):
    """The options of `vitnp fine-tune`."""
    parser.add_argument(
        "--image-sizes", metavar="A,B,…", help="such as 224,384 (default: --image-size, or the file's own)"
    )
    parser.add_argument(
        "--rates", metavar="A,B,…", help="learning rates to choose from (default: the recipe's)"
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds 0 … N − 1 (default 3)")
    parser.add_argument(
        "--out",
        default="fine-tuned",
        metavar="DIR",
        help="folder; the same command goes on with what is in it, --overwrite begins anew (default fine-tuned)",
    )
    train.add_part(parser)
    train.add_training(parser)
    parser.description = (
        "The options are those of train, but: --init FILE is needed, the recipe is photos unless another is named, the "
        "head is a new one, the learning rate is chosen from --rates by the part that --hold-out says (default: the "
        "recipe's, 10%)."
    )
    parser.set_defaults(run=run)


@repeating_nothing()
def run(args):
    """Train the runs that are not finished, write the CSV after each, print the table at the end; 130 if stopped."""
    import tqdm

    from vitnp import show

    wanted, rates, sizes = asked(args)
    each = {}
    for size in sizes:  # what does not fit is said before the first run
        one = dataclasses.replace(wanted, image_size=size)
        if len(rates) > 1:
            prepare(one)
        setup = prepare(dataclasses.replace(one, hold_out=None))  # what is learned at last
        lr = " or ".join(f"{rate:g}" for rate in rates)
        lines = [f"{by(setup.config.image_size)}: {setup.config.seen}", *chosen(setup, lr)]
        each[by(setup.config.image_size)] = one, lines, models.count(setup.p)
    outside(args.out, wanted.place(wanted.data))
    out = writable(args.out)
    of_all = ("image_size", *MAY_CHANGE)
    about = {name: value for name, value in dataclasses.asdict(wanted).items() if name not in of_all}
    if args.overwrite:
        series.forget(out / "fine-tune.json", lambda old: ["*x*/lr=*/held-out", "*x*/lr=*/seed-*"])
    series.remember(out / "fine-tune.json", about)
    rows, tried = [], rates if len(rates) > 1 else ()
    total = len(each) * (len(tried) + args.seeds)
    with signals.heard() as wish, tqdm.tqdm(total=total, unit=" run", disable=None, leave=False) as bar:
        for size, (one, lines, _) in each.items():
            for line in lines:
                say(line)
            for number in range(len(tried) + args.seeds):
                row = dict.fromkeys(COLUMNS) | {"image_size": size}
                if number < len(tried):
                    row |= {"part": HELD_OUT, "lr": tried[number], "seed": 0}
                else:
                    row |= {"part": TEST, "lr": best(rows, size, rates), "seed": number - len(tried)}
                if not done_now(one, row, out, bar, wish):
                    say(f"stopped with {len(rows)} of {total} runs done; the same command goes on")
                    return 130
                rows.append(row)
                save_csv(out / "fine-tune.csv", rows)
                with unless_gone(sys.stdout):
                    bar.write(told(row), file=sys.stdout)
    say("\n".join(table(rows, {size: count for size, (_, _, count) in each.items()}, rates)))
    tested = {size: [row["accuracy"] for row in measured(rows, size, TEST)] for size in each}
    if not any(tested.values()):
        raise InputError("every run at the chosen rate diverged; name smaller ones with --rates")
    show.save(show.comparison("image size", tested), out / "fine-tune.png")
    say(f"fine-tune.csv, fine-tune.png and one folder per run are in {out}")
    return 0


def asked(args):
    """(what each run is asked for, the rates to choose from, the texts of the image sizes)."""
    wanted = Wanted(**{"recipe": "photos", "new_head": True} | train.asked(args))
    if wanted.init is None:
        raise InputError("what is fine-tuned? name the file of trained weights with --init FILE")
    if wanted.lr is not None:
        raise InputError(
            f"--lr is {wanted.lr:g}, and fine-tune chooses it; name what to choose from with --rates"
        )
    if args.image_sizes is not None and wanted.image_size is not None:
        raise InputError(f"--image-size is {wanted.image_size}; leave it out beside --image-sizes")
    need_int("--seeds", args.seeds, at_least=1)
    need_counts(wanted, "workers", *MAY_CHANGE)
    listed = recipe_of(wanted, data.place(wanted.data)[0])
    if wanted.hold_out is None:
        wanted = dataclasses.replace(wanted, hold_out=listed.hold_out)
    sizes = (
        [wanted.image_size]
        if args.image_sizes is None
        else comma_separated(args.image_sizes, "--image-sizes")
    )
    return wanted, rates_of(args.rates, listed), sizes


def rates_of(text, listed):
    """The learning rates to choose from: those of --rates, or the recipe's."""
    if text is None and not listed.rates:
        raise InputError(
            f"the recipe {listed.name} has one rate; name what to choose from with --rates A,B,…"
        )
    if text is None:
        return listed.rates
    texts = comma_separated(text, "--rates")
    try:
        rates = [float(part) for part in texts]
    except ValueError:
        raise InputError(
            f'--rates "{text}" is not a list of numbers; write A,B,…, such as 0.001,0.01'
        ) from None
    if len(set(rates)) < len(rates):
        raise InputError(f'--rates "{text}" has a number twice; write A,B,…')
    return [need_real("--rates", rate, low=0, open_at_low=True) for rate in rates]


def done_now(wanted, row, out, bar, wish):
    """Whether the run of a row is done, and then its numbers are in it: none where it diverged."""
    size, part, lr, seed = (row[name] for name in ("image_size", "part", "lr", "seed"))
    bar.set_description(f"{size}, lr {lr:g}, {part}, seed {seed}")
    hold_out = wanted.hold_out if part == HELD_OUT else None
    # of its rate, since another one may be the best when --rates has more of them
    folder = out / size / f"lr={lr}" / ("held-out" if part == HELD_OUT else f"seed-{seed}")
    try:
        wanted = dataclasses.replace(wanted, lr=lr, seed=seed, hold_out=hold_out)
        epoch = None if wish() else series.trained(wanted, folder, wish)
    except Diverged as problem:
        with unless_gone(sys.stderr):
            what = str(problem).partition(";")[0]  # the rest is advice on options of train
            bar.write(f"{size}, lr {lr:g}, {part}, seed {seed}: {what}", file=sys.stderr)
        epoch = {}
    if epoch is None:
        return False
    row |= {name: epoch.get(name) for name in ("train_accuracy", "loss", "seconds")}
    row["accuracy"] = epoch.get("test_accuracy")
    bar.update()
    return True


def told(row):
    """A finished run in a line."""
    accuracy = "diverged" if row["accuracy"] is None else f"{row['accuracy']:.2%}"
    return f"  lr {row['lr']:g}, {row['part']}, seed {row['seed']}: {accuracy}"


def measured(rows, size, part):
    """The rows of an image size and a part whose runs did not diverge."""
    return [
        row
        for row in rows
        if (row["image_size"], row["part"]) == (size, part) and row["accuracy"] is not None
    ]


def best(rows, size, rates):
    """The rate of the best held-out accuracy at an image size, of equal ones the smallest; of one rate that."""
    if len(rates) == 1:
        return rates[0]
    found = measured(rows, size, HELD_OUT)
    if not found:
        raise InputError(f"at {size} every rate diverged, {min(rates):g} too; name smaller ones with --rates")
    return min(found, key=lambda row: (-row["accuracy"], row["lr"]))["lr"]


def table(rows, parameters, rates):
    """Yield the lines of a Markdown table, a row an image size; parameters: {size: how many}."""
    yield "| image size | held-out accuracy, % | lr | test accuracy, % | seeds | parameters | seconds a run |"
    yield "|---|---|---|---|---|---|---|"
    for size, count in parameters.items():
        held = [f"{100 * row['accuracy']:.1f} at {row['lr']:g}" for row in measured(rows, size, HELD_OUT)]
        tested = measured(rows, size, TEST)
        accuracy, seconds = "diverged", "–"
        if tested:
            accuracy = mean_and_deviation([row["accuracy"] for row in tested])
            seconds = duration(statistics.mean(row["seconds"] for row in tested))
        cells = (size, ", ".join(held) or "–", f"{best(rows, size, rates):g}", accuracy, len(tested))
        yield "| " + " | ".join(map(str, (*cells, f"{count:,}", seconds))) + " |"
