"""The claim "a CNN is translation-equivariant": max |f(shift(x)) − shift(f(x))| of layers, and what theory says of it.

The images are whole numbers, and so are kernels: sums and products of them are exact in float64, so that a 0 is one.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from vitnp import data
from vitnp.analysis import bias
from vitnp.commands.bias.plan import Plan, Step, grouped
from vitnp.commands.bias.trainings import OF_SHAPE, SETS
from vitnp.errors import need_int, need_near
from vitnp.models import preset
from vitnp.ops import gru
from vitnp.steps import s5_attention

WHAT = "whether the map of a moved picture moves along: convolution, max-pool, patches, attention, dense, recurrent"
SEEDS = 3
IMAGES = 16
CHANNELS, KERNEL, POOL = 4, 3, 2
ZERO, ROUNDING, NOT = "0", "0 to rounding", "not 0"
TO_ROUNDING, APART = 1e-12, 1e-3  # at most, and at least


class Case(NamedTuple):
    """A layer and a shift."""

    layer: str
    moved: str  # by what, in words
    theory: str  # ZERO, ROUNDING or NOT
    error: Callable  # () → a share of the largest value
    maps: Callable | None = None  # () → f(shift(x)), shift(f(x)), where the picture shows them
    title: str = ""  # in the picture


def add_options(parser):
    """The options of `vitnp bias equivariance`."""
    parser.add_argument(
        "--data", default="digits", metavar="NAME", help=f"{', '.join(SETS)} (default digits)"
    )
    parser.add_argument("--test-images", type=int, metavar="N", help=f"so many (default {IMAGES})")


def plan(args):
    """The `Plan`: the same cases with other weights for every seed."""
    need_near("--data", args.data, SETS)
    test = data.opened(args.data).test
    count = min(IMAGES, len(test)) if args.test_images is None else args.test_images
    need_int("--test-images", count, at_least=1, at_most=len(test))
    images = whole(test.images(range(count)))
    config = preset(OF_SHAPE[images.shape[1:]])
    drawn = {}

    def step(seed):
        def rows(folder, wish):
            found = list(cases(images, config, np.random.default_rng(seed)))
            if not drawn:
                drawn.update({case.title: (*case.maps(), case.error()) for case in found if case.maps})
            return [
                {"layer": c.layer, "moved": c.moved, "theory": c.theory, "seed": seed, "error": c.error()}
                for c in found
            ]

        return Step(f"seed {seed}", rows)

    return Plan(
        about={"data": args.data, "test_images": count},
        steps=[step(seed) for seed in range(args.seeds)],
        table=table,
        figure=lambda rows: figure(images, drawn),
    )


def whole(images):
    """Images of a data set, −1 … 1, as whole numbers 1 … 256: so the background is not 0, as what is around is."""
    return np.round((images.astype("float64") + 1) * 127.5) + 1


def cases(x, config, rng):
    """Every `Case` for images x (B, H, W, C) of whole numbers and layers with random weights."""
    (height, width), C, P, D = x.shape[1:3], x.shape[3], config.patch_size, config.hidden_size

    def numbers(*shape):
        return rng.integers(-4, 5, shape).astype(float)

    def case(layer, f, by, theory, title="", images=x, **how):
        moved = ", ".join(
            f"{step} px {where}" for step, where in zip(by, ("down", "right"), strict=True) if step
        )
        error = partial(bias.equivariance_error, f, images, by, **how)
        maps = partial(bias.both_ways, f, images, by, stride=how.get("stride", 1)) if title else None
        return Case(layer, moved, theory, error, maps, title)

    W, one, whole_patch = numbers(KERNEL, KERNEL, C, CHANNELS), (1, 1), (P, P)
    conv, circle = bias.convolution(W), bias.convolution(W, around="circle")
    strided, pool = bias.convolution(W, stride=2, around="circle"), bias.max_pool(POOL)
    yield case("convolution, its image closed to a circle", circle, one, ZERO)
    yield case("convolution, zeros around the image: inside", conv, one, ZERO, margin=2)
    yield case("convolution, zeros around the image: all places", conv, one, NOT, "convolution, zeros around")
    yield case("convolution of stride 2", strided, (2, 2), ZERO, stride=2)
    yield case("convolution of stride 2", strided, one, NOT, stride=2)
    yield case("max-pool 2×2", pool, (2, 2), ZERO, stride=POOL)
    yield case("max-pool 2×2", pool, one, NOT, "max-pool 2×2", stride=POOL)
    yield case("convolution in a circle, then the mean: does not change", bias.mean_of(circle), one, ZERO)

    p = {"W": numbers(P * P * C, D), "b": numbers(D)}
    patches = bias.patch_projection(p, patch_size=P)
    yield case(f"projection of {P}×{P} patches", patches, whole_patch, ZERO, stride=P)
    yield case(
        f"projection of {P}×{P} patches", patches, one, NOT, f"projection of {P}×{P} patches", stride=P
    )

    small = {
        "W": rng.normal(0, 1 / P, p["W"].shape),
        "b": p["b"],
    }  # tokens of about 1 to 10, as in a trained model
    yield from of_attention(bias.patch_projection(small, patch_size=P)(x / 128), config, rng)

    W = numbers(height * width * C, height * width)
    yield case("dense layer, all pixels to all places", bias.dense(W), one, NOT, "dense layer")
    empty = (x - 1) / 128
    empty[:, -1] = 0.0  # comes in at the top
    read = bias.recurrent(gru.init(rng, inputs=width * C, width=D, dtype="float64"))
    rows = "GRU over the rows"
    yield case(f"{rows}, after an empty row: inside", read, (1, 0), ROUNDING, images=empty, margin=1)
    yield case(rows, read, (0, 1), NOT, images=empty)


def of_attention(tokens, config, rng):
    """The cases of step 5 for a map (B, h, w, D) of patch tokens."""
    D, by = tokens.shape[-1], (1, 1)
    p, how = s5_attention.init(rng, hidden_size=D, dtype="float64"), {"num_heads": config.num_heads}
    count = tokens.shape[1] * tokens.shape[2]
    E_pos, order = rng.normal(size=(count, D)), rng.permutation(count)
    sequence = tokens.reshape(len(tokens), count, D)
    for named, positions, theory in (("without", None, ROUNDING), ("with", E_pos, NOT)):
        name = f"attention {named} positions"
        f, exchanged = (
            bias.attention(p, **how, E_pos=positions),
            bias.token_attention(p, **how, E_pos=positions),
        )
        error, maps = partial(bias.equivariance_error, f, tokens, by), partial(bias.both_ways, f, tokens, by)
        yield Case(name, "1 patch down, 1 patch right", theory, error, maps, name)
        error = partial(bias.permutation_error, exchanged, sequence, order)
        yield Case(name, "patches in another order", theory, error)


def agrees(theory, error):
    """Whether the error is what theory says."""
    return error >= APART if theory == NOT else error <= {ZERO: 0.0, ROUNDING: TO_ROUNDING}[theory]


def table(rows):
    """A Markdown table with a row per case: the error that is farthest from what theory says, over the seeds."""
    lines = [
        "| layer | picture moved by | theory says | max \\|f(shift(x)) − shift(f(x))\\| ÷ max \\|f(x)\\| | |"
    ]
    lines.append("|---|---|---|---|---|")
    for (layer, moved, theory), same in grouped(rows, "layer", "moved", "theory").items():
        errors = [row["error"] for row in same]
        error = (min if theory == NOT else max)(errors)
        verdict = "✓" if all(agrees(theory, e) for e in errors) else "✗"
        lines.append(f"| {layer} | {moved} | {theory} | {written(error)} | {verdict} |")
    return "\n".join(lines)


def written(error):
    """0, 3e-16, 0.42."""
    return "0" if error == 0 else f"{error:.2f}" if error >= APART else f"{error:.0e}"


def figure(images, drawn):
    """The picture: maps of the moved picture, the moved maps, and what is between them."""
    from vitnp import show

    image = images[0, :, :, 0]
    return show.moved_maps(image, np.roll(image, (1, 1), (0, 1)), drawn)
