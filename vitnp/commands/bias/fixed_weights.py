"""The claim "a CNN's weights are fixed after training, attention's depend on the input": two images in both."""

import functools
import statistics

from vitnp import models, trace, weights
from vitnp.analysis import bias
from vitnp.commands import series
from vitnp.commands.bias import trainings
from vitnp.commands.bias.plan import Plan, Step, grouped
from vitnp.commands.options import numbers_of
from vitnp.errors import InputError
from vitnp.models.layers import Layer
from vitnp.ops import conv
from vitnp.training.setup import prepare

WHAT = "the weights by which two images are taken: a CNN's kernels are the same, a ViT's attention differs"
SEEDS = 2
STEPS = {"digits": 400, "fashion": 400}
NAMES = ("cnn", "vit")
WHEN = ("before training", "after training")
KERNEL, ALL, ATTENTION = "kernel of a convolution", "all layers together", "attention A"


def add_options(parser):
    """The options of `vitnp bias fixed-weights`."""
    trainings.add_options(parser, STEPS, NAMES)
    parser.add_argument(
        "--pair", default="0,1", metavar="I,J", help="two test images, counted from 0 (default 0,1)"
    )


def plan(args):
    """The `Plan`: the models untrained and trained, and in each of them two images."""
    made = trainings.asked(args, STEPS, NAMES)
    chosen, drawn, seen = pair(args.pair, len(made.data.test)), {}, set()
    runs = [(family, seed) for seed in range(args.seeds) for family in made.setups]

    def step(family, seed):
        def rows(folder, wish):
            wanted, place = made.one(family, seed), folder / family / f"seed-{seed}"
            if series.trained(wanted, place, wish) is None:
                return None
            before, found = prepare(wanted), []
            test, (after, _) = before.data.test, weights.load(place / "model.npz")
            images = test.prepared(test.images(chosen), before.config)
            for when, p in zip(WHEN, (before.p, after), strict=True):
                kept = drawn if when == WHEN[1] and family not in seen else {}
                of_model = MEASURED[family](images, p, before.config, kept)
                found += [{"model": family, "seed": seed, "when": when} | row for row in of_model]
                kept.setdefault("images", images)
            seen.add(family)
            return found

        return Step(f"{family}, seed {seed}", rows)

    return Plan(
        about=trainings.about(made.wanted),
        steps=[step(*run) for run in runs],
        table=table,
        figure=lambda rows: figure(drawn),
        before=lambda folder: trainings.expected(
            made, [(name, folder / name / f"seed-{seed}") for name, seed in runs]
        ),
    )


def pair(text, count):
    """The rows of two test images."""
    found = numbers_of(text, "--pair")
    if len(found) != 2 or not 0 <= found[0] < found[1] < count:
        raise InputError(f'--pair "{text}" are not two of the {count:,} test images; write such as 0,1')
    return found


def of_cnn(images, p, config, kept):
    """A row per convolution, by its kernel alone at its own input, and one of all layers together."""
    layers, x = list(models.of(config).layers(p, config)), images
    for layer in layers:
        kernel = kernel_of(layer.name, p)
        if kernel is not None:
            found = bias.input_weights([kernel], x)
            if x is images:
                k = len(p["stages"][0][0]["W"])
                rows, columns = ((n // 2 - k // 2, n // 2 - k // 2 + k) for n in config.image_size)
                kept["convolution: kernel"] = found[:, slice(*rows), slice(*columns), 0]
            yield row(KERNEL, layer.name, found)
        x, _ = layer.forward(x)
    found = bias.input_weights(layers, images, channel=None)
    kept["all layers of the CNN: dy/dx"] = found[..., 0]
    yield row(ALL, "dy/dx", found)


def kernel_of(name, p):
    """The convolution of a layer of the CNN without its bias and ReLU, as a `Layer`; None for a max-pool."""
    _, stage, number = name.split(".")
    if number == "pool":
        return None
    W = p["stages"][int(stage)][int(number)]["W"]
    return Layer(name, functools.partial(conv.forward, W=W, padding="same"), conv.input_gradient)


def of_vit(images, p, config, kept):
    """A row per block, of the attention weights of all heads."""
    t = trace(images, p, config)
    for i in range(config.num_layers):
        A = t[f"blocks.{i}.attention.A"]
        moved = float(bias.moved_attention(A[0], A[1]).mean())
        if i in (0, config.num_layers - 1):
            kept[f"attention A, block {i + 1}, head 1"] = A[:, 0]
        yield row(ATTENTION, f"blocks.{i}", A) | {"moved": moved}


MEASURED = {"cnn": of_cnn, "vit": of_vit}


def row(what, layer, found):
    """What a row of the CSV says of the weights (2, …) of two images."""
    return {
        "weights": what,
        "layer": layer,
        "largest": float(abs(found).max()),
        "difference": bias.largest_change(found),
        "moved": None,
    }


def table(rows):
    """A Markdown table with a row per layer, before and after training: the means over the seeds."""
    lines = ["| model | weights | layer | trained | largest | largest difference of the two images | moved |"]
    lines.append("|---|---|---|---|---|---|---|")
    for key, same in grouped(rows, "model", "weights", "layer", "when").items():
        largest, difference = (
            statistics.mean(one[what] for one in same) for what in ("largest", "difference")
        )
        moved = "" if same[0]["moved"] is None else f"{statistics.mean(one['moved'] for one in same):.0%}"
        exact = all(one["difference"] == 0 for one in same)
        named = " | ".join(key).removesuffix(" training")
        lines.append(f"| {named} | {largest:.2f} | {'0' if exact else f'{difference:.2g}'} | {moved} |")
    lines.append("")
    lines.append(
        "moved: how much of its attention a token gives to other tokens for the other image, 0% to 100%"
    )
    return "\n".join(lines)


def figure(drawn):
    """The picture: the weights for one image, for the other, and their difference, after training.

    drawn: of each model those of the first seed that has not diverged, and the images.
    """
    from vitnp import show

    found = {title: weights for title, weights in drawn.items() if title != "images"}
    return show.weights_of_two_images(drawn["images"][..., 0], found)
