"""The claim "the more dimensions, the harder to predict": k-NN and an MLP with noise values beside the pixels."""

import contextlib
import csv
import dataclasses
import io
import math
import statistics

import numpy as np

from vitnp import models
from vitnp.analysis import bias
from vitnp.commands.bias import trainings
from vitnp.commands.bias.plan import Plan, Step, grouped
from vitnp.commands.options import numbers_of
from vitnp.commands.printing import mean_and_deviation
from vitnp.data import ArraySource, DataSet
from vitnp.data.few import Rows, balanced
from vitnp.errors import InputError, counted, need_int
from vitnp.training.loop import How, Watch, train
from vitnp.training.progress import Stopped
from vitnp.training.setup import prepare

WHAT = "k-NN and MLP accuracy with more and more noise values beside the pixels"
SEEDS = 3
STEPS = {"digits": 400, "fashion": 400}
NOISE = "0,64,256,1024,4096"
MOST_NOISE = 2**16
MOST_VALUES = 2**27  # of all training images: 1 GiB in float64
IMAGES, TEST_IMAGES = 1437, 1000  # at most; digits has 1,437 training images
K = 5
MEASURES = ("knn", "mlp", "nearest_to_farthest")


def add_options(parser):
    """The options of `vitnp bias dimension`."""
    trainings.add_options(parser, STEPS, ("mlp",))
    parser.add_argument(
        "--noise", default=NOISE, metavar="A,B,…", help=f"numbers of noise values (default {NOISE})"
    )
    parser.add_argument("--train-images", type=int, metavar="N", help=f"so many (default {IMAGES:,})")
    parser.add_argument("--k", type=int, default=K, metavar="K", help=f"neighbors of k-NN (default {K})")


def plan(args):
    """The `Plan`: for every seed and number of values, k-NN and an MLP with the same images and noise."""
    made = trainings.asked(args, STEPS, ("mlp",))
    counts = numbers_of(args.noise, "--noise")
    for count in counts:
        need_int("--noise", count, at_least=0, at_most=MOST_NOISE)
    classes = len(made.data.class_names)
    there = len(made.data.train)
    images = min(IMAGES, there) if args.train_images is None else args.train_images
    need_int("--train-images", images, at_least=classes, at_most=there)
    need_int("--k", args.k, at_least=1, at_most=images)
    pixels = math.prod(made.data.train.shape)
    if (values := images * (pixels + counts[-1])) > MOST_VALUES:
        raise InputError(
            f"{images:,} images with {pixels:,} pixels and {counts[-1]:,} noise values each are {values:,} values; "
            f"need at most {MOST_VALUES:,}; give a smaller --noise or --train-images"
        )
    runs, kept = [(count, seed) for seed in range(args.seeds) for count in counts], {}

    def step(count, seed):
        def rows(folder, wish):
            if (count, seed) in kept:
                return [kept[count, seed]]
            setup = with_noise(prepare(made.one("mlp", seed)), count, seed, images)
            return measured(setup, count, seed, args.k, wish)

        return Step(f"{counted(count, 'noise value')}, seed {seed}", rows)

    def before(folder):
        kept.update(finished(folder.with_suffix(".csv"), pixels))
        left = [count for count, seed in runs if (count, seed) not in kept]
        if not left:
            yield f"all {counted(len(runs), 'training')} are finished; nothing is trained again"
            return
        seconds = {
            count: trainings.seconds_of(with_noise(made.setups["mlp"], count, 0, images))
            for count in sorted(set(left))
        }
        total = sum(seconds[count] for count in left)
        yield (
            f"{counted(len(left), 'training')} of {made.wanted.steps:,} steps on {images:,} images of "
            f"{args.data}: about {trainings.in_words(total)}, by a step of each measured now"
        )

    return Plan(
        about=trainings.about(made.wanted) | {"train_images": images, "k": args.k},
        steps=[step(*run) for run in runs],
        table=lambda rows: table(rows, args.k),
        figure=lambda rows: figure(rows, args.k, args.data),
        before=before,
        kept=kept.values,
    )


def finished(path, pixels):
    """{(noise, seed): row} of a CSV that an earlier command has left; {} where there is none.

    Lines that are damaged are left out, and the last one if it was cut; so their trainings are done again.
    """
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    kinds = {"noise": int, "dimensions": int, "seed": int} | dict.fromkeys(MEASURES, float)
    found = {}
    with contextlib.suppress(csv.Error):
        for line in csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1])):
            try:
                row = {name: kind(line[name]) for name, kind in kinds.items()}
            except (KeyError, TypeError, ValueError):
                continue
            shares = all(0 <= row[measure] <= 1 for measure in MEASURES)
            if shares and row["dimensions"] == pixels + row["noise"]:
                found[row["noise"], row["seed"]] = row
    return found


def with_noise(setup, count, seed, images):
    """The `Setup` of an MLP for points: the pixels in a row and `count` noise values; an image of one row."""
    rng, found = np.random.default_rng([seed, count]), []
    for source, most in ((setup.data.train, images), (setup.data.test, TEST_IMAGES)):
        some = Rows(source, balanced(source.labels, seed)[:most])
        x = some.images(range(len(some))).reshape(len(some), -1)
        x = bias.with_noise(x, count, rng)
        found.append(ArraySource(x[:, None, :, None], some.labels))
    dataset = DataSet(*found, setup.data.class_names)
    config = dataclasses.replace(setup.config, image_size=(1, dataset.train.shape[1]), in_channels=1)
    p = models.of(config).init(np.random.default_rng(seed), config)
    return setup._replace(data=dataset, config=config, p=p)


def measured(setup, count, seed, k, wish):
    """The row of one setup; None where wish stopped it."""
    (train_x, train_labels), (test_x, test_labels) = map(points, setup.data[:2])
    found = bias.neighbors(train_x, train_labels, test_x, k=k)
    how, watch = How(task=setup.task, workers=setup.wanted.workers), Watch(stop=wish)
    try:
        with np.errstate(
            all="ignore"
        ):  # before a training diverges its numbers overflow; that is said by `Diverged`
            history = train(
                setup.p, setup.config, setup.data, setup.recipe, rng=setup.rng, how=how, watch=watch
            )
    except Stopped:
        return None
    return [
        {
            "noise": count,
            "dimensions": train_x.shape[1],
            "seed": seed,
            "knn": float((found.predictions == test_labels).mean()),
            "mlp": history[-1].test_accuracy,
            "nearest_to_farthest": found.nearest_to_farthest,
        }
    ]


def points(source):
    """The images of a source as points (n, d), and their labels."""
    return source.images(range(len(source))).reshape(len(source), -1), source.labels


def by_noise(rows, measure):
    """{noise values: the measure with each seed}, the fewest first."""
    found = grouped(sorted(rows, key=lambda row: row["noise"]), "noise")
    return {noise: [row[measure] for row in same] for (noise,), same in found.items()}


def table(rows, k):
    """A Markdown table with a row per number of values, mean ± deviation over the seeds."""
    lines = [
        f"| noise values | dimensions | {k}-NN accuracy, % | MLP accuracy, % | nearest ÷ farthest | seeds |",
        "|---|---|---|---|---|---|",
    ]
    sizes = {row["noise"]: row["dimensions"] for row in rows}
    found = {measure: by_noise(rows, measure) for measure in MEASURES}
    for noise, of_knn in found["knn"].items():
        ratio = statistics.mean(found["nearest_to_farthest"][noise])
        lines.append(
            f"| {noise:,} | {sizes[noise]:,} | {mean_and_deviation(of_knn)} | "
            f"{mean_and_deviation(found['mlp'][noise])} | {ratio:.2f} | {len(of_knn)} |"
        )
    return "\n".join(lines)


def figure(rows, k, name):
    """The picture of these rows; name: of the data set."""
    from vitnp import show

    accuracies = {f"{k}-NN": by_noise(rows, "knn"), "MLP": by_noise(rows, "mlp")}
    return show.dimensions(accuracies, by_noise(rows, "nearest_to_farthest"), name)
