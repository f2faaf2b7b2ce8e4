"""`vitnp gradcheck`: compares every gradient of a model with numerical derivatives, a line per leaf.

With --at-once a line per random direction of all leaves together, which is quick for a model of any size.
"""

import numpy as np

from vitnp import models, tree
from vitnp.analysis import gradcheck
from vitnp.backend.arrays import array_module, to_device
from vitnp.backend.erf import has_complex_erf
from vitnp.commands.model import add_model_or_file, chosen
from vitnp.commands.options import add_backend, backend, need_counts
from vitnp.commands.weights import head_is_zero
from vitnp.errors import InputError, counted, printable
from vitnp.inputs.sequences import PADDING, START
from vitnp.system import language
from vitnp.system.language import translated
from vitnp.system.output import width

LARGEST = 2_000_000  # parameters: above this, two forwards a leaf in complex128 take minutes and gigabytes
OF = {"leaf": "리프", "direction": "방향"}  # what a line is of
KOREAN = ("수치 미분", "역전파", "복소 스텝", "차분")
ZEROS = "note: the head is all zeros and would stop every gradient: here it gets small random numbers"


def add_options(parser):
    """The options of `vitnp gradcheck`."""
    add_model_or_file(parser, default="tiny")
    parser.add_argument(
        "--at-once",
        action="store_true",
        help="all leaves and the images along random directions, for a model of any size",
    )
    parser.add_argument(
        "--evaluation",
        action="store_true",
        help="as in evaluation: no dropout, the running statistics (default: as in training)",
    )
    parser.add_argument(
        "--batch", type=int, default=2, metavar="B", help="images, or pairs of sequences (default 2)"
    )
    parser.add_argument(
        "--seeds", type=int, default=3, help="random directions, per leaf without --at-once (default 3)"
    )
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Print the report; 1 if a gradient is wrong."""
    need_counts(args, "batch", "seeds")
    model = chosen(args)
    config, name = model.config, printable(model.name)
    shapes = models.of(config).init(None, config)
    leaves, size = sum(1 for _ in tree.leaves(shapes)), models.count(shapes)
    if size > LARGEST and not args.at_once:
        raise InputError(
            f"{name} has {size:,} parameters, too many to check leaf by leaf, at most {LARGEST:,}; "
            "give --at-once, which checks all leaves along random directions"
        )
    xp = backend(args)
    how = {"batch_size": args.batch, "seeds": range(args.seeds), "xp": xp}
    how |= {"at_once": args.at_once, "evaluation": args.evaluation}
    if model.p is not None and head_is_zero(model.p):
        print(translated(ZEROS))
    report = check_model(config, model.p, **how)
    place = "" if xp is np else f", {xp.__name__}"
    if args.at_once:
        directions = counted(args.seeds, "direction")
        images = " and the images" if config.reads == "images" else ""
        what = f"{leaves} leaves{images} at once, {directions} of {report.leaves[0].shape[0]:,}"
        print(translated(f"{name}: {what} numbers, float64{place}"))
    else:
        seeds = counted(args.seeds, "seed")
        print(
            translated(f"{name}: {len(report.leaves)} leaves, {size:,} parameters, float64, {seeds}{place}")
        )
    if config.batch_statistics or config.drops:
        print(translated(mode(config, args.evaluation)))
    if config.reads == "sequences":
        print(translated("x is the table of the source, as ids have no gradient"))
    print(table(report))
    by_complex, by_difference = report.worst
    exact = "not taken (CuPy's erf takes no complex numbers)" if by_complex is None else f"{by_complex:.1e}"
    print(
        translated(f"largest relative error: complex step {exact}, central differences {by_difference:.1e}")
    )
    right = "the gradient is right along every direction" if args.at_once else "every gradient is right"
    print(translated(right if report.ok else "a gradient is WRONG"))
    return 0 if report.ok else 1


def mode(config, evaluation):
    """Which of two functions is checked, of a model that is not the same in training and in evaluation."""
    if config.batch_statistics:
        which = "evaluation, with the running" if evaluation else "training, with the batch's"
        return f"mode: {which} statistics"
    return f"mode: {'evaluation, without' if evaluation else 'training, with'} dropout"


def table(report):
    """The report's table, its heading and its verdicts in the language that is chosen."""
    heading, *rows = str(report).split("\n")
    if language.chosen() == "en":
        return "\n".join([heading, *rows])
    of = heading.split()[0]
    columns = [len(heading) - len(f"  {'':13}  {'':13}  complex step  differences"), 13, 13, 12, 11]
    first, *others = (OF[of], *KOREAN)
    words = [first + " " * (columns[0] - width(first))]
    words += [" " * (n - width(word)) + word for word, n in zip(others, columns[1:], strict=True)]
    return "\n".join(["  ".join(words), *(row.replace("✗ WRONG", "✗ 틀림") for row in rows)])


def check_model(config, p=None, *, batch_size=2, seeds=(0, 1, 2), xp=np, at_once=False, evaluation=False):
    """The `gradcheck.Report` of a whole model, as in training: with dropout if it has any, BatchNorm over the batch.

    p: its weights, in float64; without them random ones. Inputs and random weights are drawn on the host; the check
    runs in the memory of xp.
    """
    rng = np.random.default_rng(0)
    p = (
        gradcheck.random_like(models.of(config).init(None, config, np.float64), rng)
        if p is None
        else generic(p, rng)
    )
    point = of_sequences if config.reads == "sequences" else of_images
    forward, backward, x, p = point(config, p, batch_size, rng, no_generator if evaluation else generator)
    complex_step = getattr(config, "gelu", None) != "erf" or has_complex_erf(xp)
    check = gradcheck.check_at_once if at_once else gradcheck.check
    return check(
        forward, backward, to_device(x, xp), to_device(p, xp), seeds=seeds, complex_step=complex_step
    )


def of_images(config, p, batch_size, rng, of_call):
    """(forward, backward, x, p) of a model of images; x are random ones, of_call gives the generator of a call."""
    model = models.of(config)
    images = rng.standard_normal((batch_size, *config.image_size, config.in_channels))

    def forward(images, p):
        return model.forward(images, p, config, rng=of_call())

    return forward, model.backward, images, p


def of_sequences(config, p, batch_size, rng, of_call):
    """The same of a model of sequences: ids have no gradient, so x is the table that they are looked up in."""
    model, (name, table), *rest = models.of(config), *p.items()
    ids = random_ids(config, batch_size, rng)

    def forward(table, p):
        pair = tuple(to_device(side, array_module(table)) for side in ids)
        return model.forward(pair, {name: {"E": table}} | p, config, rng=of_call())

    def backward(dlogits, saved):
        _, dp = model.backward(dlogits, saved)
        return dp.pop(name)["E"], dp

    return forward, backward, table["E"], dict(rest)


def random_ids(config, batch_size, rng):
    """Source (B, S) and target (B, T): any ids, and every second row ends with padding."""
    pair = []
    for length in (config.source_length, config.target_length):
        ids = rng.integers(START, config.vocabulary_size, (batch_size, length))
        ids[::2, length - length // 2 :] = PADDING
        pair.append(ids)
    return pair


def generator():
    """The generator of every call in training, so that each drops the same."""
    return np.random.default_rng(1)


def no_generator():
    """None, which means evaluation."""


def generic(p, rng):
    """The weights of a file in float64, with random numbers in a head of zeros, below which every gradient is 0."""
    p = tree.map(lambda leaf: leaf.astype(np.float64), p)
    if head_is_zero(p):
        p["classify"]["head"] = gradcheck.random_like(p["classify"]["head"], rng)
    return p
