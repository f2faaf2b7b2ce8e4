"""The claim "a DNN's accuracy falls when the image is moved": test images moved and rotated, for every model."""

import itertools
import statistics

from vitnp import data, weights
from vitnp.analysis.bias import shifted
from vitnp.commands import series
from vitnp.commands.bias import trainings
from vitnp.commands.bias.plan import Plan, Step, grouped
from vitnp.commands.bias.trainings import NAMES
from vitnp.commands.options import numbers_of
from vitnp.commands.printing import mean_and_deviation
from vitnp.data.few import Rows, balanced
from vitnp.engine import batch
from vitnp.errors import InputError, need_int, need_real

WHAT = "test accuracy and consistency with the pictures moved and rotated, trained without augmentation"
SEEDS = 5
STEPS = {"digits": 400, "fashion": 1000}
BACKGROUND = -1.0  # black: paper of the digits, nothing of Fashion-MNIST
LEAST_DEGREES = 0.01
UNITS = {"shift": " px", "rotation": "°"}
MEASURES = {
    "accuracy": "test accuracy, %",
    "consistency": "consistency, % of the predictions as for the unmoved picture",
}


def add_options(parser):
    """The options of `vitnp bias shift`."""
    trainings.add_options(parser, STEPS)
    parser.add_argument("--pixels", default="0,1,2,3", metavar="A,B,…", help="shifts (default 0,1,2,3)")
    parser.add_argument(
        "--degrees", default="0,5,10,20,30", metavar="A,B,…", help="rotations (default 0,5,10,20,30)"
    )
    parser.add_argument(
        "--test-images",
        type=int,
        default=2000,
        metavar="N",
        help="at most so many test images, all classes alike (default 2,000)",
    )


def plan(args):
    """The `Plan`: every model with every seed trained, then measured on moved pictures."""
    made = trainings.asked(args, STEPS)
    changes = asked_changes(args, made.data.test.shape)
    need_int("--test-images", args.test_images, at_least=1)
    runs = [(family, seed) for seed in range(args.seeds) for family in made.setups]

    def step(family, seed):
        def rows(folder, wish):
            wanted, place = made.one(family, seed), folder / family / f"seed-{seed}"
            if series.trained(wanted, place, wish) is None:
                return None
            about = {"model": family, "seed": seed}
            return [about | row for row in measured(place, wanted, changes, args.test_images)]

        return Step(f"{NAMES[family]}, seed {seed}", rows)

    return Plan(
        about=trainings.about(made.wanted),
        steps=[step(*run) for run in runs],
        table=lambda rows: table(rows, made.setups),
        figure=lambda rows: figure(rows, made.setups, args.data),
        before=lambda folder: trainings.expected(
            made, [(name, folder / name / f"seed-{seed}") for name, seed in runs]
        ),
    )


def asked_changes(args, shape):
    """[(kind, amount)] of --pixels and --degrees, the smallest first. Raises InputError for what cannot be."""
    pixels, degrees = numbers_of(args.pixels, "--pixels"), numbers_of(args.degrees, "--degrees", float)
    for amount in pixels:
        need_int("--pixels", amount, at_least=0, at_most=min(shape[:2]) - 1)
    for amount in degrees:
        need_real("--degrees", amount, low=0, at_most=180)
        if 0 < amount < LEAST_DEGREES:
            raise InputError(f"--degrees is {amount:g}; need 0, or {LEAST_DEGREES} and more")
    return [("shift", amount) for amount in pixels] + [("rotation", amount) for amount in degrees]


def measured(folder, wanted, changes, count):
    """A row per change: means of accuracy and consistency over its directions, of the model in the folder."""
    p, config = weights.load(folder / "model.npz")
    test = data.opened(wanted.data, seed=wanted.seed).test
    some = Rows(test, balanced(test.labels, 0)[:count])
    images = some.prepared(some.images(range(len(some))), config)

    def predict(x):
        return batch.predict(x, p, config, workers=wanted.workers)

    ways = {change: directions(*change) for change in changes}
    every = list(dict.fromkeys(itertools.chain.from_iterable(ways.values())))
    found = dict(zip(every, shifted(images, some.labels, predict, every, fill=BACKGROUND), strict=True))
    return [
        {"change": kind, "amount": amount}
        | {
            name: statistics.mean(getattr(found[way], name) for way in ways[kind, amount])
            for name in ("accuracy", "consistency")
        }
        for kind, amount in changes
    ]


def directions(kind, amount):
    """The eight directions of a shift, so many pixels along each axis; the two of a rotation."""
    if kind == "rotation":
        return [float(amount), -float(amount)]
    ways = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c]
    return list(dict.fromkeys((r * amount, c * amount) for r, c in ways))


def table(rows, families):
    """Two Markdown tables, accuracy and consistency: a row per model, a column per change, mean ± deviation."""
    changes = list(dict.fromkeys((row["change"], row["amount"]) for row in rows))
    heads = [f"{kind} {amount:g}{UNITS[kind]}" for kind, amount in changes]
    lines = []
    for measure, what in MEASURES.items():
        lines += ["", f"{what}:", "", "| model | seeds | " + " | ".join(heads) + " |"]
        lines.append("|---" * (2 + len(heads)) + "|")
        for family in families:
            of_model = by_change(rows, family, measure)
            cells = [mean_and_deviation(of_model[change]) if of_model else "diverged" for change in changes]
            seeds = len({row["seed"] for row in rows if row["model"] == family})
            lines.append(f"| {NAMES[family]} | {seeds} | " + " | ".join(cells) + " |")
    return "\n".join(lines[1:])


def by_change(rows, family, measure):
    """{(kind, amount): [the measure with each seed]} of a model."""
    of_model = [row for row in rows if row["model"] == family]
    found = grouped(of_model, "change", "amount")
    return {change: [row[measure] for row in same] for change, same in found.items()}


def figure(rows, families, name):
    """The picture of these rows; name: of the data set."""
    from vitnp import show

    panels = {
        (measure, kind): {
            NAMES[family]: {
                amount: values
                for (of_kind, amount), values in by_change(rows, family, measure).items()
                if of_kind == kind
            }
            for family in families
        }
        for measure in MEASURES
        for kind in UNITS
    }
    return show.moved_pictures(panels, name)
