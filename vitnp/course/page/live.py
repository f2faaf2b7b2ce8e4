"""A small ViT and the test digits as the data of the live page, where the model runs in JavaScript.

Imports its neighbors, `data`, `inputs`, `models`, `tree`, `errors`.
"""

import numpy as np

from vitnp import models, tree
from vitnp.course.page import html, live_words
from vitnp.course.page.encode import Binary
from vitnp.data import digits
from vitnp.errors import InputError
from vitnp.inputs.images import normalized

WEIGHTS = "digits/2"
MOST = 500_000  # parameters
INK = 16  # the pixels of the page: 0 (paper) … 16 (ink), as scikit-learn's
FIELDS = (
    *("image_size", "in_channels", "patch_size", "hidden_size", "num_layers", "num_heads", "mlp_dim"),
    *("num_classes", "gelu", "layer_norm_eps"),
)
NEEDED = {  # fields of the configuration that the page and vit.js take for granted
    "image_size": (8, 8),
    "in_channels": 1,
    "num_classes": 10,
    "multi_label": False,
    "classifier": "token",
    "num_registers": 0,
    "input_norm": False,
    "position_embedding": "1d",
    "position_at": "stem",
}
MODEL = ("arrays.js", "products.js", "ops.js", "gelu.js", "steps.js", "attention.js", "vit.js", "learn.js")
SCRIPTS = (  # after MODEL, which computes: what is seen; main.js starts the page
    *("state.js", "parts.js", "plots.js", "now.js", "pad.js", "digits.js", "pixel.js"),
    *("inside.js", "rows.js", "positions.js", "heads.js", "scale.js", "widths.js"),
    *("learning.js", "gradient_check.js", "main.js"),
)
STYLES = ("live.css",)
ADVICE = "leave --weights out, or train one: vitnp train --data digits"


def live_page(p, config, lang):
    """The text of the file. Raises InputError for a model that the page cannot run: see `need_runnable`."""
    described, binary = live_data(p, config, lang)
    return html.page(
        live_words.WORDS["title"].in_(lang),
        lang,
        html.read("live/live.html"),
        styles=[f"live/{name}" for name in STYLES],
        scripts=[f"live/{name}" for name in (*MODEL, *SCRIPTS)],
        blob=html.packed(described, binary),
    )


def live_data(p, config, lang):
    """({the page's JSON}, bytes): parameters in float16, the test digits, and how many the rounded model classifies.

    Raises InputError for a model that the page cannot run.
    """
    need_runnable(p, config)
    p, binary = in_float16(p), Binary()
    pixels, labels = test_digits()
    return {
        "lang": lang,
        "config": settings(config),
        "words": {key: text._asdict() for key, text in live_words.WORDS.items()},
        "rows": live_words.rows(config),
        "parameters": [
            {"name": name, "shape": leaf.shape, "at": binary.add(leaf)} for name, leaf in tree.leaves(p)
        ],
        "digits": {
            "at": binary.add(pixels),
            "count": len(pixels),
            "size": pixels[0].size,
            "labels": labels.tolist(),
        },
        "accuracy": accuracy(p, config, pixels, labels),
        "dtype": {"stored": "float16", "computed": "float64"},
    }, binary.joined()


def settings(config):
    """What vit.js reads of the configuration, and how pixels are scaled: (pixel/pixel_max − mean)/std."""
    how = config.preprocessing
    scaling = {"pixel_max": INK, "mean": how.mean[0], "std": how.std[0]}
    return {name: getattr(config, name) for name in FIELDS} | scaling


def test_digits():
    """scikit-learn's 360 test digits, (360, 8, 8), uint8 of 0 … INK, and their labels (360,).

    They are those of the split of seed 0, which `vitnp train --data digits` uses by default.
    """
    test = digits.load().test
    images = test.images(np.arange(len(test)))[..., 0]
    return np.rint((images + 1) * (INK / 2)).astype(np.uint8), test.labels


def accuracy(p, config, pixels, labels):
    """The fraction of these images that the model classifies correctly, computed in float64 as the page computes."""
    p = tree.map(lambda leaf: leaf.astype(np.float64), p)
    images = normalized(pixels[..., None] / INK, config.preprocessing)
    logits, _ = models.of(config).forward(images, p, config, keep="nothing")
    return float((logits.argmax(axis=1) == labels).mean())


def in_float16(p):
    """p as the page stores it. Raises InputError for a number that float16 cannot hold."""
    with np.errstate(over="ignore"):
        rounded = tree.map(lambda leaf: leaf.astype(np.float16), p)
    for name, leaf in tree.leaves(rounded):
        if not np.isfinite(leaf).all():
            raise InputError(
                f"{name} of the model has a number that float16, up to 65,504, cannot hold; {ADVICE}"
            )
    return rounded


def need_runnable(p, config):
    """Raise InputError unless it is a small plain ViT of gray digits, all that vit.js can compute."""
    models.need_family(config, {"vit": "a ViT"}, "the live page runs a ViT")
    count = tree.count(p)
    if count > MOST:
        raise InputError(
            f"the live page runs models of at most {MOST:,} parameters, and this one has {count:,}; {ADVICE}"
        )
    for name, needed in NEEDED.items():
        has = getattr(config, name)
        if has != needed:
            raise InputError(f"the live page needs {name} {needed}, and the model has {has}; {ADVICE}")
