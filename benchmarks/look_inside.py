"""What a trained ViT knows of photos, in numbers: the experiments of docs/look.md, beside the model before it learned.

    python benchmarks/look_inside.py --weights dinov2-s/14 --out DIR

The photos are scikit-image's (extra `photos`), scikit-learn's and matplotlib's, read where the packages lie. The same
model with random weights (seed 0) shows what is learned. Prints a table an experiment, writes look_inside.csv.
`vitnp look` draws the same things. Places are given in shares of what the model sees of a photo.
"""

import argparse
import sys

import library
import numpy as np
from photos import found

from vitnp import models, vit, weights
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.commands.look.of_model import first_table
from vitnp.commands.look.seen import layers, patch_tokens
from vitnp.data import preprocess
from vitnp.errors import InputError
from vitnp.system.writing import save_csv
from vitnp.training.place import writable
from vitnp.weights import fetch

PHOTOS = {
    "cat": "chelsea.png",
    "astronaut": "astronaut.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "hubble": "hubble_deep_field.jpg",
    "retina": "retina.jpg",
    "motorcycle": "motorcycle_left.png",
    "motorcycle, right": "motorcycle_right.png",
    "text": "text.png",
    "china": "china.jpg",
    "flower": "flower.jpg",
    "hopper": "grace_hopper.jpg",
}
SEVERAL = [["cat"], ["coffee"], ["cat", "coffee", "rocket"], [*PHOTOS]]
EYE = (5.5 / 16, 5.5 / 16)  # of the cat: from the top, from the left; row 6, column 6 of 16
EYES = [(4 / 16, 2 / 16, 8 / 16, 7 / 16), (5 / 16, 12 / 16, 9 / 16, 15 / 16)]  # top, left, bottom, right
FACE, HOPPER = (2 / 16, 5 / 16, 5 / 16, 8 / 16), (2 / 16, 5 / 16, 9 / 16, 12 / 16)
HIGHEST = 12  # patches
EXPERIMENTS = {  # what the table says, and how its values are written
    "eye": (f"of the {HIGHEST} patches with the highest scores of one on an eye, those on an eye, %", "%"),
    "mirror": ("patches that find themselves in the mirror image, %", "%"),
    "components": ("variance of the patch tokens after the last norm in principal components, %", "%"),
    "face": ("patches of the astronaut's face whose best match is elsewhere on Hopper's face, %", "%"),
    "face, cosine": ("the mean cosine of these best matches", ".2f"),
    "stereo": ("patches of the left motorcycle, matched with those of the right one, %", "%"),
    "sinks": ("attention of the head that sends most to one patch, %", "%"),
    "norms": ("norm of the largest patch token ÷ the median, after the last block", ".2f"),
    "distance": ("mean attention distance of the heads, pixels", ".0f"),
    "positions": ("cosine of positions in one row or column, by their distance in the grid", ".2f"),
    "filters": ("variance of the filters in so many principal components, %", "%"),
}


def inside(box, grid):
    """Whether the center of each patch is in the box: (N,)."""
    (rows, cols), (top, left, bottom, right) = grid, box
    y, x = (np.arange(rows) + 0.5) / rows, (np.arange(cols) + 0.5) / cols
    return (((top < y) & (y < bottom))[:, None] & (left < x) & (x < right)).ravel()


def patch_at(place, grid):
    """The number of the patch at a place."""
    row, column = (int(share * side) for share, side in zip(place, grid, strict=True))
    return row * grid[1] + column


def on_eyes(scores, grid):
    """The share of the HIGHEST scores (N,) whose patches lie on one of the cat's eyes; on each."""
    highest = np.argsort(-scores, kind="stable")[:HIGHEST]
    return [float(inside(eye, grid)[highest].mean()) for eye in EYES]


def in_face(a, b, grid):
    """The share of the patches on the astronaut's face whose best match is on Hopper's, and their mean cosine.

    The two faces overlap: a patch that finds its own place again is not counted.
    """
    face = np.flatnonzero(inside(FACE, grid))
    cosine = look.similarity(a, b)[face]
    best = cosine.argmax(axis=1)
    return float((inside(HOPPER, grid)[best] & (best != face)).mean()), float(cosine.max(axis=1).mean())


def stereo(a, b, grid):
    """Shares of two photos taken side by side: in the same row ±1; mutual; of the mutual, in the same row ±1."""
    best, mutual = look.matches(look.similarity(a, b))
    same_row = abs(best // grid[1] - np.arange(len(best)) // grid[1]) <= 1
    of_mutual = float(same_row[mutual].mean()) if mutual.any() else 0.0
    return float(same_row.mean()), float(mutual.mean()), of_mutual


def strongest_sink(A, grid):
    """(block, head, row, column), from 1, and the share of the head that sends most to one patch; A (L, H, T, T)."""
    patches, shares = look.sinks(A, grid=grid)
    where = np.unravel_index(shares.argmax(), shares.shape)
    place = np.unravel_index(patches[where], grid)
    return tuple(int(i) + 1 for i in (*where, *place)), float(shares[where])


def position_cosine(E_pos, grid, distance):
    """The mean cosine of patches so many patches apart, in a row or in a column."""
    cosine = look.position_similarity(E_pos, grid=grid)
    (rows, cols), found = grid, []
    for down, across in ((distance, 0), (0, distance)):
        r, c = np.mgrid[: max(rows - down, 0), : max(cols - across, 0)]
        found += [*cosine[r, c, r + down, c + across].ravel()]
    return float(np.mean(found))


def of_photo(name, t, mirrored, config):
    """Yield (experiment, of what, where, value) of one photo and its mirror image."""
    tokens, of_mirror, grid = layers(t, config), layers(mirrored, config), config.grid
    for layer, z in tokens.items():
        yield "mirror", name, layer, float(look.mirror_matches(z, of_mirror[layer], grid=grid))
    A = np.stack([t[f"blocks.{i}.attention.A"][0] for i in range(config.num_layers)])
    for i, distance in enumerate(look.attention_distance(A, grid=grid, patch_size=config.patch_size)):
        yield "distance", name, f"{i + 1}", float(distance.mean())
    where, share = strongest_sink(A, grid)
    yield "sinks", "{}: block {}, head {}, to row {}, column {}".format(name, *where), "share", share
    norms = np.linalg.norm(patch_tokens(t, config, block=config.num_layers - 1), axis=-1)
    yield "norms", name, "÷ median", float(norms.max() / np.median(norms))
    if name == "cat":
        first, eye = config.num_tokens - config.num_patches, patch_at(EYE, grid)
        for i in range(config.num_layers):
            S = t[f"blocks.{i}.attention.S"][0][:, first + eye, first:].mean(axis=0)
            for side, share in zip(("its own", "the other"), on_eyes(S, grid), strict=True):
                yield "eye", side, f"{i + 1}", share


def of_several(tokens, grid):
    """Yield the same of more than one photo; tokens: {photo: {layer: (N, D)}}."""
    for names in SEVERAL:
        shares = look.token_components(np.stack([tokens[name]["norm"] for name in names]))[1]
        of = ", ".join(names) if len(names) < len(PHOTOS) else f"all {len(names)}"
        for where, share in zip("123", shares, strict=True):
            yield "components", of, where, float(share)
        yield "components", of, "all three", float(shares.sum())
    for layer, left in tokens["motorcycle"].items():
        values = stereo(left, tokens["motorcycle, right"][layer], grid)
        for of, value in zip(("same row ±1", "mutual", "of the mutual, same row ±1"), values, strict=True):
            yield "stereo", of, layer, value
        share, cosine = in_face(tokens["astronaut"][layer], tokens["hopper"][layer], grid)
        yield "face", "astronaut → hopper", layer, share
        yield "face, cosine", "astronaut → hopper", layer, cosine


def of_model(p, config):
    """Yield the same of the model alone."""
    table, grid = first_table(p, config), config.grid
    for distance in (1, 2, 4, 8):
        if distance < max(grid):
            yield "positions", "patches", f"{distance}", position_cosine(table, grid, distance)
    _, shares = look.filter_components(p["project"]["W"], patch_size=config.patch_size)
    for n in (1, 4, 28):
        yield "filters", "filters", f"{n}", float(shares[:n].sum())


def measured(p, config, images):
    """Every value of one model, as rows without its name; images: {photo: (Hᵢ, Wᵢ, C)}."""
    found, tokens = [], {}
    for name, image in images.items():
        t = trace(image, p, config)
        found += of_photo(name, t, trace(image[:, ::-1].copy(), p, config), config)
        tokens[name] = {layer: z.copy() for layer, z in layers(t, config).items()}  # not the whole trace
    found += [*of_several(tokens, config.grid), *of_model(p, config)]
    return [dict(zip(("experiment", "of", "where", "value"), row, strict=True)) for row in found]


def tables(rows):
    """Yield the lines of a Markdown table an experiment: a row a photo and model, a column a layer."""
    for experiment, (title, form) in EXPERIMENTS.items():
        chosen = [row for row in rows if row["experiment"] == experiment]
        if not chosen:
            continue
        yield from ("", f"**{experiment}**: {title}", "")
        columns = list(dict.fromkeys(row["where"] for row in chosen))
        yield "| | weights | " + " | ".join(columns) + " |"
        yield "|---" * (len(columns) + 2) + "|"
        for of, model in dict.fromkeys((row["of"], row["weights"]) for row in chosen):
            values = [row["value"] for row in chosen if (row["of"], row["weights"]) == (of, model)]
            cells = [written(value, form) for value in values]
            yield f"| {of} | {model} | " + " | ".join(cells) + " |"


def written(value, form):
    """A value for a table; % without its sign."""
    return f"{100 * value:.0f}" if form == "%" else f"{value:z{form}}".replace("-", "−")  # z: no −0.00


def main(argv=None):
    """Both models, the tables, the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", required=True, metavar="FILE", help="a checkpoint, or a fetched name")
    parser.add_argument(
        "--photos", metavar="DIR", help="a folder that has photos, where scikit-image is not installed"
    )
    parser.add_argument("--out", default="runs/look-inside", metavar="DIR")
    args = parser.parse_args(argv)
    try:
        run(args)
    except InputError as problem:
        sys.exit(f"{parser.prog}: {problem}")


def run(args):
    """What was asked for."""
    paths = {name: found(file, args.photos) for name, file in PHOTOS.items()}
    p, config = weights.load(fetch.resolve(args.weights))
    models.need_vit(config, "the experiments are about the attention of a ViT")
    if min(config.grid) < 8:
        raise InputError(
            f"{args.weights} has {config.num_patches} patches, too few for a face; name a larger model"
        )
    out = writable(args.out)
    images = {name: preprocess.load(path, config) for name, path in paths.items()}
    rows = []
    for model, leaves in (("trained", p), ("random", vit.init(np.random.default_rng(0), config))):
        rows += [{"weights": model} | row for row in measured(leaves, config, images)]
    save_csv(out / "look_inside.csv", rows)
    print(library.numpy())
    print("\n".join(tables(rows)))


if __name__ == "__main__":
    main()
