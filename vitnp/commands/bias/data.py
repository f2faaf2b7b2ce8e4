"""The claim "a Transformer loses on small data and wins on large": accuracy against the number of training images."""

import numpy as np

from vitnp.analysis.bias import crossing, leads
from vitnp.commands import series
from vitnp.commands.bias import trainings
from vitnp.commands.bias.plan import Plan, Step
from vitnp.commands.bias.trainings import NAMES
from vitnp.commands.options import numbers_of
from vitnp.commands.printing import mean_and_deviation
from vitnp.course import paper
from vitnp.errors import InputError, counted, some_of

WHAT = "test accuracy against the number of training images: is there a crossover?"
SEEDS = 3
STEPS = {"digits": 250, "fashion": 1000}
POINTS = {"digits": (50, 150, 450), "mnist": (100, 1000, 10_000), "fashion-mnist": (100, 1000, 10_000)}
BASELINES = ("cnn", "bit")  # that the decks say a ViT overtakes


def add_options(parser):
    """The options of `vitnp bias data`."""
    trainings.add_options(parser, STEPS)
    defaults = "; ".join(f"{','.join(map(str, points))} for {name}" for name, points in POINTS.items())
    parser.add_argument(
        "--points",
        metavar="A,B,…",
        help=f"numbers of training images, each a part of the next (default {defaults}; and all there are)",
    )


def plan(args):
    """The `Plan`: every model with every seed trained on so many of the images, with as many steps each."""
    made = trainings.asked(args, STEPS)
    points = asked_points(args, made.data)
    runs = [
        (images, family, seed) for seed in range(args.seeds) for images in points for family in made.setups
    ]
    total = len(made.data.train)

    def place(folder, images, family, seed):
        return folder / f"{family}-{images}" / f"seed-{seed}"

    def step(images, family, seed):
        def rows(folder, wish):
            wanted = made.one(family, seed, labels=images / total)
            epoch = series.trained(wanted, place(folder, images, family, seed), wish)
            if epoch is None:
                return None
            measured = {name: epoch[name] for name in ("test_accuracy", "train_accuracy", "loss", "seconds")}
            return [{"model": family, "images": images, "seed": seed} | measured]

        return Step(f"{NAMES[family]}, {images:,} images, seed {seed}", rows)

    return Plan(
        about=trainings.about(made.wanted),
        steps=[step(*run) for run in runs],
        table=lambda rows: "\n".join(
            [table(rows, points, made.setups, args.seeds), "", *verdicts(rows, made.setups), *beside()]
        ),
        figure=lambda rows: figure(rows, made.setups, args.data),
        before=lambda folder: trainings.expected(made, [(run[1], place(folder, *run)) for run in runs]),
    )


def asked_points(args, dataset):
    """The numbers of training images, the smallest first. Raises InputError for one that the set cannot give."""
    labels, names = dataset.train.labels, dataset.class_names
    there = np.unique(labels)
    if missing := [names[label] for label in range(len(names)) if label not in there]:
        raise InputError(f"{args.data} has no training image of {some_of(missing)}; need some of every class")
    if len(names) < 2:
        raise InputError(
            f"{args.data} has the one class {names[0]}; there is nothing to tell apart; need two"
        )
    if args.points is None:
        return [*(n for n in POINTS[args.data] if n < len(labels)), len(labels)]
    points = numbers_of(args.points, "--points")
    least, most = len(names), len(labels)
    for images in points:
        if not least <= images <= most:
            raise InputError(
                f"--points {images:,}: {args.data} has {most:,} training images of {least} classes; choose numbers "
                f"from {least}, one image per class, to {most:,}"
            )
    return points


def accuracies(rows, family):
    """{images: {seed: test accuracy}} of a model."""
    found = {}
    for row in rows:
        if row["model"] == family:
            found.setdefault(row["images"], {})[row["seed"]] = row["test_accuracy"]
    return found


def table(rows, points, families, seeds):
    """A Markdown table: a row per model, a column per number of images, mean ± deviation over the seeds."""
    lines = [f"test accuracy, %, of models trained on so many images ({counted(seeds, 'seed')}):", ""]
    lines.append("| model | " + " | ".join(f"{images:,}" for images in points) + " |")
    lines.append("|---" * (1 + len(points)) + "|")
    for family in families:
        found = accuracies(rows, family)
        cells = []
        for images in points:
            of_seeds = list(found.get(images, {}).values())
            lost = seeds - len(of_seeds)
            cells.append(
                ", ".join([mean_and_deviation(of_seeds)] * bool(of_seeds) + [f"{lost} diverged"] * bool(lost))
            )
        lines.append(f"| {NAMES[family]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def verdicts(rows, families):
    """Yield, for each baseline, whether the ViT overtakes it in this data."""
    pairs = [family for family in BASELINES if family in families and "vit" in families]
    if not pairs:
        yield "no crossover is looked for: that takes the ViT and one of CNN and BiT among --models"
    for family in pairs:
        yield verdict(NAMES[family], leads(accuracies(rows, "vit"), accuracies(rows, family)))


def verdict(name, found):
    """One sentence: whether the ViT overtakes the model of this name."""
    how, before, after = crossing(found)
    shown = ", ".join(f"{said(lead)} with {lead.images:,}" for lead in found)
    if how == "seen":
        what = f"seen between {before.images:,} and {after.images:,} images"
    elif how == "weakly":
        what = (
            f"seen only weakly: the means cross between {before.images:,} and {after.images:,} images, but not by more "
            "than the deviation over the seeds"
        )
    elif found and all(lead.mean > 0 for lead in found):
        what = "not seen: the ViT is ahead from the fewest images on"
    else:
        what = "not seen: the ViT is not ahead with the most images"
    return f"crossover of ViT over {name}: {what} (ViT − {name} in points: {shown or 'nothing to compare'})"


def said(lead):
    """A lead in percentage points, with its deviation."""
    return f"{100 * lead.mean:+.1f}" + ("" if lead.spread is None else f" ± {100 * lead.spread:.1f}")


def beside():
    """Yield lines: what the paper and the BiT paper report of the same question."""
    yield ""
    yield "Figure 3 of the ViT paper, accuracy on ImageNet in % (ViT: Table 5; BiT: the BiT paper):"
    yield ""
    yield "| pre-trained on | images | " + " | ".join(paper.FIGURE_3) + " |"
    yield "|---" * (2 + len(paper.FIGURE_3)) + "|"
    for place, (name, images) in enumerate(paper.PRETRAINED_ON.items()):
        cells = [
            "–" if values[place] is None else f"{values[place]:.2f}" for values in paper.FIGURE_3.values()
        ]
        yield f"| {name} | {images:,.0f} | " + " | ".join(cells) + " |"
    yield ""
    subsets = ", ".join(f"{images / 1e6:.0f}M" for images in paper.JFT_SUBSETS)
    yield f"Figure 4, JFT subsets of {subsets} images, is a plot: the paper prints none of its numbers"


def figure(rows, families, name):
    """The picture of these rows; name: of the data set."""
    from vitnp import show

    found = {
        NAMES[family]: {
            images: list(of_seeds.values()) for images, of_seeds in sorted(accuracies(rows, family).items())
        }
        for family in families
    }
    return show.more_images(found, name)
