"""`vitnp gradcheck`: compares every gradient of a model with numerical derivatives, a line per leaf."""

import numpy as np

from vitnp import models, tree
from vitnp.analysis import gradcheck
from vitnp.backend.arrays import to_device
from vitnp.backend.erf import has_complex_erf
from vitnp.commands.options import add_backend, add_model, backend, model_config, need_counts
from vitnp.errors import InputError

LARGEST = 2_000_000  # parameters: above this, two forwards a leaf in complex128 take minutes and gigabytes


def add_options(parser):
    """The options of `vitnp gradcheck`."""
    add_model(parser, default="tiny")
    parser.add_argument("--batch", type=int, default=2, metavar="B", help="images (default 2)")
    parser.add_argument("--seeds", type=int, default=3, help="random directions per leaf (default 3)")
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Print the report; 1 if a gradient is wrong."""
    config = model_config(args)
    need_counts(args, "batch", "seeds")
    size = tree.count(models.of(config).init(None, config))
    if size > LARGEST:
        raise InputError(
            f"{args.model} has {size:,} parameters, too many to check in double precision; the same code is "
            f"checked with --model tiny, or make it smaller with --set, to at most {LARGEST:,}"
        )
    xp = backend(args)
    report = check_model(config, batch_size=args.batch, seeds=range(args.seeds), xp=xp)
    place = "" if xp is np else f", {xp.__name__}"
    print(
        f"{args.model}: {len(report.leaves)} leaves, {size:,} parameters, float64, {args.seeds} seeds{place}"
    )
    print(report)
    by_complex, by_difference = report.worst
    exact = "not taken (CuPy's erf takes no complex numbers)" if by_complex is None else f"{by_complex:.1e}"
    print(f"largest relative error: complex step {exact}, central differences {by_difference:.1e}")
    print("every gradient is right" if report.ok else "a gradient is WRONG")
    return 0 if report.ok else 1


def check_model(config, *, batch_size=2, seeds=(0, 1, 2), xp=np):
    """The `gradcheck.Report` of a whole model with random weights, and with dropout if the configuration has it.

    Images and weights are drawn on the host; the check runs in the memory of xp.
    """
    rng = np.random.default_rng(0)
    model = models.of(config)
    p = gradcheck.random_like(model.init(None, config, np.float64), rng)
    images = rng.standard_normal((batch_size, *config.image_size, config.in_channels))

    def forward(images, p):
        return model.forward(
            images, p, config, rng=np.random.default_rng(1)
        )  # the same dropout in every call

    images, p = to_device(images, xp), to_device(p, xp)
    complex_step = getattr(config, "gelu", None) != "erf" or has_complex_erf(xp)
    return gradcheck.check(forward, model.backward, images, p, seeds=seeds, complex_step=complex_step)
