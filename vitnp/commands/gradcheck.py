"""`vitnp gradcheck`: every gradient of a model against numbers, a line a leaf."""

import numpy as np

from vitnp import gradcheck, tree, vit
from vitnp.commands.options import add_model, model_config
from vitnp.errors import InputError

LARGEST = 2_000_000  # parameters: above this, two forwards a leaf in complex128 take minutes and gigabytes


def add_parser(commands):
    """The options of `vitnp gradcheck`."""
    parser = commands.add_parser(
        "gradcheck", help="check every gradient of a model against the complex step and central differences"
    )
    add_model(parser, default="tiny")
    parser.add_argument("--batch", type=int, default=2, metavar="B", help="images (default 2)")
    parser.add_argument("--seeds", type=int, default=3, help="random directions a leaf (default 3)")
    parser.set_defaults(run=run)


def run(args):
    """Print the report; 1 if a gradient is wrong."""
    config = model_config(args)
    for option in ("batch", "seeds"):
        if getattr(args, option) < 1:
            raise InputError(f"--{option} is {getattr(args, option)}; need at least 1")
    size = tree.count(vit.init(None, config))
    if size > LARGEST:
        raise InputError(
            f"{args.model} has {size:,} parameters, too many to check in double precision; the same code is "
            f"checked with --model tiny, or make it smaller with --set, to at most {LARGEST:,}"
        )
    report = check_model(config, batch_size=args.batch, seeds=range(args.seeds))
    print(f"{args.model}: {len(report.leaves)} leaves, {size:,} parameters, float64, {args.seeds} seeds")
    print(report)
    by_complex, by_difference = report.worst
    print(f"largest relative error: complex step {by_complex:.1e}, central differences {by_difference:.1e}")
    print("every gradient is right" if report.ok else "a gradient is WRONG")
    return 0 if report.ok else 1


def check_model(config, *, batch_size=2, seeds=(0, 1, 2)):
    """The `gradcheck.Report` of a whole model at random weights, dropout on where the configuration has it."""
    rng = np.random.default_rng(0)
    p = gradcheck.random_like(vit.init(None, config, np.float64), rng)
    images = rng.standard_normal((batch_size, *config.image_size, config.in_channels))

    def forward(images, p):
        return vit.forward(images, p, config, rng=np.random.default_rng(1))  # the same dropout in every call

    return gradcheck.check(forward, vit.backward, images, p, seeds=seeds)
