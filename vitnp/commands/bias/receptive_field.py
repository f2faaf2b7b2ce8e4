"""The claim "a CNN needs many layers for the whole image, a Transformer one": what one place of each layer sees."""

import math

import numpy as np

from vitnp import models, tree, weights
from vitnp.analysis import bias
from vitnp.commands.bias.plan import Plan, Step, grouped
from vitnp.commands.options import comma_separated
from vitnp.commands.weights import need_finite
from vitnp.errors import InputError, did_you_mean, known, need_int, one_line
from vitnp.weights import fetch

WHAT = "the pixels that one place sees after 1, 2, … layers, by the gradient: a CNN beside a ViT"
SEEDS = 1
MODELS = "cnn-fashion,fashion"
SHARE = 0.9  # of the squared gradient, for the effective receptive field
LONGEST = 40  # letters of a model's name


def add_options(parser):
    """The options of `vitnp bias receptive-field`."""
    parser.add_argument(
        "--models",
        default=MODELS,
        metavar="A,B,…",
        help=f"presets, with random weights, or files of trained weights (default {MODELS})",
    )
    parser.add_argument(
        "--random-images",
        type=int,
        default=8,
        metavar="N",
        help="so many, that the gradient is taken at: one may hide a pixel behind a ReLU (default 8)",
    )


def plan(args):
    """The `Plan`: every layer of every model."""
    names = comma_separated(args.models, "--models")
    need_int("--random-images", args.random_images, at_least=1, at_most=1000)
    configs, drawn = {name: config_of(name) for name in names}, {}
    for config in configs.values():
        models.ask(config, "layers", "layers to go through one by one")
    normed = [name for name, config in configs.items() if config.residual]

    def step(name, seed):
        def rows(folder, wish):
            return measured(name, seed, args.random_images, drawn if seed == 0 else None, wish)

        return Step(f"{name}, seed {seed}", rows)

    return Plan(
        about={"models": args.models, "random_images": args.random_images},
        steps=[step(name, seed) for seed in range(args.seeds) for name in names],
        table=lambda rows: table(rows, normed),
        figure=lambda rows: figure(rows, drawn),
    )


def config_of(name):
    """The configuration of a preset or a file."""
    return models.preset(name) if known(name, models.PRESETS) else from_file(name)[1]


def from_file(name):
    """(p, config) of trained weights. Raises InputError for what is neither a file nor a preset."""
    path = fetch.resolve(name)
    if not path.exists():
        hint = did_you_mean(name, models.PRESETS)
        raise InputError(
            f'--models "{one_line(name, LONGEST)}" is neither a preset nor a file; {hint}vitnp info --help lists the '
            "presets"
        )
    return weights.load(path)


def model(name, seed):
    """(p, config): of a preset with random weights."""
    if not known(name, models.PRESETS):
        return from_file(name)
    config = models.preset(name)
    p = models.of(config).init(np.random.default_rng(seed), config)
    for leaf_name, leaf in tree.leaves(p):
        if leaf_name.endswith(".gamma") and not leaf.any():  # a unit's last norm is closed before training
            leaf += 1
    return p, config


def measured(name, seed, count, drawn, wish):
    """A row per layer; None where wish stopped it. drawn gets {(model, layer): parts of the gradient}."""
    p, config = model(name, seed)
    shape = (count, *config.image_size, config.in_channels)
    images = np.random.default_rng([seed, 1]).standard_normal(shape).astype("float32")
    rows = []
    for layer, dx in bias.pixel_gradients(images, p, config):
        if wish():
            return None
        need_finite(dx, f"gradients at {layer}")
        seen, parts = bias.seen(dx), bias.parts_of_gradient(dx)
        height, width = bias.extent(seen)
        if drawn is not None:
            drawn[name, layer] = parts
        rows.append(
            {
                "model": name,
                "seed": seed,
                "layer": len(rows) + 1,
                "name": layer,
                "height": height,
                "width": width,
            }
            | {
                "pixels": int(seen.sum()),
                "effective_pixels": bias.effective_area(parts, SHARE),
                "of": parts.size,
            }
        )
    return rows


def table(rows, normed):
    """A Markdown table with a row per layer: over the seeds the largest field, the mean of the effective one.

    normed: the names of the models with GroupNorm.
    """
    lines = [
        f"| model | layer | | sees, pixels | of the image | {SHARE:.0%} of the squared gradient |",
        "|---|---|---|---|---|---|",
    ]
    first = {}
    for (name, layer, called, of), same in grouped(rows, "model", "layer", "name", "of").items():
        height, width, pixels = (max(row[what] for row in same) for what in ("height", "width", "pixels"))
        effective = sum(row["effective_pixels"] for row in same) / len(same)
        side = math.sqrt(effective)
        lines.append(
            f"| {one_line(name, LONGEST)} | {layer} | {called} | {height}×{width} | {pixels / of:.0%} | "
            f"{effective:,.0f} pixels, as {side:.1f}×{side:.1f} |"
        )
        if pixels == of:
            first.setdefault(name, layer)
    lines.append("")
    for name in dict.fromkeys(row["model"] for row in rows):
        said = f"from layer {first[name]} on" if name in first else "at no layer"
        why = ": by GroupNorm, whose mean and deviation are those of the whole map" if name in normed else ""
        lines.append(f"{one_line(name, LONGEST)}: the middle place sees the whole image {said}{why}")
    return "\n".join(lines)


def figure(rows, drawn):
    """The picture: the maps of each model's layers, with what they see."""
    from vitnp import show

    maps = {}
    for row in rows:
        if row["seed"] == 0:
            field = row["height"], row["width"], row["effective_pixels"]
            maps.setdefault(row["model"], []).append((row["name"], drawn[row["model"], row["name"]], field))
    return show.receptive_fields(maps)
