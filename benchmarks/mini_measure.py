"""What mini/14 shows, in the figures of docs/mini.md, beside the same model untrained, and its teacher.

    python benchmarks/mini_measure.py

Needs the teacher (`vitnp weights fetch dinov2-s/14`) and the photos (`pip install -e ".[photos]"`). Prints a Markdown
table. "new" photos are those that mini/14 did not learn from, "known" ones those that it did.
"""

import argparse

import numpy as np
from look_inside import EYE, on_eyes, patch_at, position_cosine, written
from mini_crops import HELD_OUT
from photos import found

from vitnp import vit, weights
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.commands.look.seen import layers
from vitnp.data import preprocess

PHOTOS = {
    "new": HELD_OUT,
    "known": ("astronaut.png", "chelsea.png", "coffee.png", "flower.jpg", "rocket.jpg"),
}
CAT = "chelsea.png"


def of_photo(image, p, config):
    """What one photo gives: a map (N,), a value for each block or depth, a number."""
    t, grid = trace(image, p, config), config.grid
    tokens = layers(t, config)
    of_mirror = layers(trace(np.ascontiguousarray(image[:, ::-1]), p, config), config)
    A = [t[f"blocks.{i}.attention.A"][0] for i in range(config.num_layers)]
    distances = look.attention_distance(np.stack(A), grid=grid, patch_size=config.patch_size)
    eye = 1 + patch_at(EYE, grid)
    scores = [t[f"blocks.{i}.attention.S"][0, :, eye, 1:].mean(axis=0) for i in range(config.num_layers)]
    return {
        "attention": A[-1][:, 0, 1:].mean(axis=0),
        "distance": distances.mean(axis=1),
        "nearest": distances.min(axis=1),
        "mirror": np.array(
            [look.mirror_matches(z, of_mirror[name], grid=grid) for name, z in tokens.items()]
        ),
        "components": look.token_components(tokens["norm"])[1].sum(),
        "eyes": np.array([on_eyes(S, grid) for S in scores]),
    }


def values(seen, like, p, config):
    """{row of the table: (value, its form)} of one model; seen, like: {photo: `of_photo`} of it and of its teacher."""
    rows = {}
    for n in (1, 2, 4, 8):
        cosine = position_cosine(p["position"]["E_pos"], config.grid, n)
        rows[f"cosine of two positions in a row or column, {n} apart"] = cosine, ".2f"
    shares = look.filter_components(p["project"]["W"], patch_size=config.patch_size)[1]
    rows["variance of the filters in 28 components, %"] = shares[:28].sum(), "%"

    def mean(what, names):
        return np.mean([seen[name][what] for name in names], axis=0)

    distance, nearest = (mean(what, PHOTOS["new"]) for what in ("distance", "nearest"))
    for called, i in (("first", 0), ("second", 1), ("middle", config.num_layers // 2), ("last", -1)):
        rows[f"attention distance in the {called} block, pixels, new"] = distance[i], ".0f"
    rows["attention distance of the nearest head of all, pixels, new"] = nearest.min(), ".0f"
    for kind, names in PHOTOS.items():
        r = [np.corrcoef(seen[name]["attention"], like[name]["attention"])[0, 1] for name in names]
        rows[f"attention of [CLS], correlation with the teacher's, {kind}"] = np.mean(r), ".2f"
        rows[f"patches found in the mirror image, at the best depth, %, {kind}"] = (
            mean("mirror", names).max(),
            "%",
        )
        rows[f"variance of the last tokens in three components, %, {kind}"] = mean("components", names), "%"
    eyes = seen[CAT]["eyes"]
    for side, share in zip(("its own eye", "the other eye"), eyes[eyes.sum(axis=1).argmax()], strict=True):
        rows[f"cat: the 12 highest scores of a patch on an eye, on {side}, at the best block, %"] = share, "%"
    return rows


def main():
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", default="mini/14", metavar="FILE", help="default mini/14")
    parser.add_argument(
        "--photos", metavar="DIR", help="a folder that has photos, where scikit-image is not installed"
    )
    args = parser.parse_args()
    p, config = weights.load(args.weights)
    untrained = vit.init(np.random.default_rng(0), config)
    models = {
        "mini/14": (p, config),
        "untrained": (untrained, config),
        "dinov2-s/14": weights.load("dinov2-s/14"),
    }
    images = {
        name: preprocess.load(found(name, args.photos), config) for names in PHOTOS.values() for name in names
    }
    seen = {
        called: {name: of_photo(image, *model) for name, image in images.items()}
        for called, model in models.items()
    }
    tables = {called: values(of, seen["dinov2-s/14"], *models[called]) for called, of in seen.items()}
    print("| | " + " | ".join(tables) + " |\n|---|" + "---|" * len(tables))
    for row in tables["mini/14"]:
        print(f"| {row} | " + " | ".join(written(*table[row]) for table in tables.values()) + " |")


if __name__ == "__main__":
    main()
