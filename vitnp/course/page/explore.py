"""The explore page: a trace of one image, the slides, the formulas and the code, as one file.

Imports its neighbors, `errors`, `models`.
"""

import math
from typing import NamedTuple

import numpy as np

from vitnp import models
from vitnp.course.page import html, tour
from vitnp.course.page.collected import collected
from vitnp.course.page.words import WORDS
from vitnp.errors import InputError
from vitnp.models import vit

MOST = 5_500_000  # bytes of the page
WEIGHTS = 7_000_000  # attention weights, L·H·T², that may fit in it
BINS = (64, 48, 32, 24, 16)  # of a token's columns: fewer where the page would be too large
SCRIPTS = (
    "data.js", "attention.js", "state.js", "map.js", "photo.js", "rows.js", "heat.js", "numbers.js", "tensor.js",
    "tour.js", "main.js",
)  # fmt: skip
STYLES = ("page.css",)


class About(NamedTuple):
    """What the page says of the model and the picture, besides the numbers."""

    model: str
    image: str
    parameters: int
    seed: int | None = None  # of random weights
    filled: tuple = ()  # the parts of them that are zero when released
    no_loss: str | None = None  # why there is no gradient: "no_head", "zero_head", "each_on_its_own"
    names: tuple = ()  # of the classes
    label: int | None = None  # the class of the loss
    note: dict | None = None  # {"ko", "en"}: a line of whoever made the page


def page(t, config, photo, about, lang):
    """The text of the file. t: a trace of one image, with labels unless about.no_loss; photo: (Hᵢ, Wᵢ, 3), uint8.

    Raises InputError if it would be larger than MOST bytes.
    """
    around = said(t, config, about)
    for bins in BINS:
        described, binary = collected(t, config, photo, bins=bins)
        described |= around | {"lang": lang, "bins": bins}
        text = html.page(
            f"{about.model} · {about.image}",
            lang,
            html.read("explore/page.html"),
            styles=[f"explore/{name}" for name in STYLES],
            scripts=[f"explore/{name}" for name in SCRIPTS],
            blob=html.packed(described, binary.joined()),
        )
        size = len(text.encode("utf-8"))
        if size <= MOST:
            return text
    raise InputError(
        f"the page would have {size / 1e6:.1f} MB, and {MOST / 1e6} is the most; give an --image-size below "
        f"{'x'.join(map(str, config.image_size))}, or a model with fewer blocks"
    )


def need_fitting(config):
    """Raise InputError for a model whose attention weights cannot fit in the page, before anything is computed."""
    if weights_of(config) > WEIGHTS:
        raise InputError(
            f"the model has {weights_of(config) / 1e6:.1f} million attention weights (blocks·heads·tokens²), and a "
            f"page of {MOST / 1e6} MB holds {WEIGHTS / 1e6:.0f} million; {smaller(config)}"
        )


def weights_of(config):
    """How many attention weights a pass has: L·H·T²."""
    return config.num_layers * config.num_heads * config.num_tokens**2


def smaller(config):
    """What to do about a model that is too large: the largest preset that fits, the largest image that does."""
    every = {name: weights_of(models.preset(name)) for name in vit.PRESETS}
    fitting = {name: count for name, count in every.items() if count <= WEIGHTS}
    largest = max(fitting, key=fitting.get)
    tokens = math.isqrt(WEIGHTS // (config.num_layers * config.num_heads))
    side = math.isqrt(max(tokens - (config.num_tokens - config.num_patches), 0)) * config.patch_size
    if not side:
        return f"the largest preset that fits is {largest}"
    return f"give --image-size {side}, or take {largest}, the largest preset that fits"


def said(t, config, about):
    """The part of the page's JSON that is not of the arrays."""
    best = tour.best(t, config)
    described = {
        "model": about.model,
        "image": about.image,
        "parameters": about.parameters,
        "random": about.seed is not None,
        "seed": about.seed,
        "filled": list(about.filled),
        "note": about.note,
        "no_loss": about.no_loss,
        "loss": t.loss,
        "label": None,
        "top": None,
        "words": {key: text._asdict() for key, text in WORDS.items()},
        "tour": tour.stops(config, trained=about.seed is None, best=best, loss=about.no_loss is None),
    }
    if about.no_loss is None:
        p = np.asarray(t.probabilities[0], np.float64)
        top = np.argsort(-p, kind="stable")[:8]  # as many bars as the page draws
        described["top"] = [{"index": int(i), "name": _name(about, i), "p": float(p[i])} for i in top]
        described["label"] = {"index": about.label, "name": _name(about, about.label)}
    return described


def _name(about, i):
    """The name of class i; None where it is not known."""
    name = about.names[i] if len(about.names) else None
    return None if name == f"class {i}" else name
