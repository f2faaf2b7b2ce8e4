"""`vitnp linear-eval`: few-shot linear evaluation, a linear classifier on a frozen model's representations."""

import math

import numpy as np

from vitnp import data, models, weights
from vitnp.analysis import linear_eval
from vitnp.backend.arrays import to_device
from vitnp.commands.options import add_backend, backend, need_counts
from vitnp.commands.printing import mean_and_deviation
from vitnp.commands.weights import add_source, need_finite, source
from vitnp.errors import counted, need_real, one_line
from vitnp.system.language import translated
from vitnp.weights import fetch


def add_options(parser):
    """The options of `vitnp linear-eval`."""
    parser.add_argument(
        "--weights",
        required=True,
        metavar="FILE",
        help="a checkpoint, or a name that weights fetch has fetched",
    )
    parser.add_argument(
        "--data",
        default="digits",
        metavar="NAME|DIR",
        help=f"{', '.join(data.SETS)}, or a folder of pictures (default digits)",
    )
    parser.add_argument(
        "--shots", type=int, default=5, metavar="K", help="training images per class (default 5)"
    )
    parser.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="random choices of these images (default 5)"
    )
    parser.add_argument(
        "--l2", type=float, default=linear_eval.L2, metavar="X", help="penalty (default 1024)"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: one per core)")
    add_source(parser)
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Print the accuracy of each seed, their mean and standard deviation."""
    import tqdm

    need_counts(args, "shots", "seeds", "workers")
    need_real("--l2", args.l2, low=0, below=math.inf, open_at_low=True)
    xp = backend(args)
    path, told = source(args, args.weights)
    p, config = weights.load(path, **told)
    models.need_images(config, "linear-eval is for pictures")
    p = to_device(p, xp)
    dataset = data.fitted(data.opened(args.data), config)
    classes = len(dataset.class_names)
    draws = [
        linear_eval.shots_of(dataset.train.labels, args.shots, classes, np.random.default_rng(seed))
        for seed in range(args.seeds)
    ]
    wanted = np.unique(np.concatenate(draws))  # of a large data set only these images go through the model
    what = f"{counted(args.shots, 'image')} of each of {classes} classes, {len(dataset.test):,} to test"
    print(one_line(f"{fetch.called(path)} on {args.data}: {what}"))
    for note in dataset.notes:
        print(one_line(translated(note)))
    with tqdm.tqdm(total=len(wanted) + len(dataset.test), unit=" images", disable=None, leave=False) as bar:
        x_train = features(dataset.train, wanted, p, config, args.workers, bar)
        x_test = features(dataset.test, np.arange(len(dataset.test)), p, config, args.workers, bar)
    found = []
    for seed, rows in enumerate(draws):
        x = x_train[np.searchsorted(wanted, rows)]
        linear = linear_eval.fit(x, dataset.train.labels[rows], classes, l2=args.l2)
        found.append(linear_eval.accuracy(x_test, dataset.test.labels, linear))
        print(f"  seed {seed}  {found[-1]:7.2%}")
    print(f"accuracy {mean_and_deviation(found)}%")
    return 0


def features(source, rows, p, config, workers=None, bar=None):
    """The representations (n, D) of these rows of a source, shown by a bar. Raises InputError for NaN or infinity."""
    parts = []
    for first in range(0, len(rows), 64):
        images = source.prepared(source.images(rows[first : first + 64]), config)
        parts.append(linear_eval.features(images, p, config, workers=workers))
        if bar is not None:
            bar.update(len(images))
    x = np.concatenate(parts)
    need_finite(x, "representations")
    return x
