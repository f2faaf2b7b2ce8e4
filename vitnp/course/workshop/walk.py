"""The slides' table made by a student's code: each tensor of a photo's way through B/16, beside the library's.

Imports `seen`, `swap`, `slides`, `analysis`.
"""

import contextlib
from typing import Any, NamedTuple

import numpy as np

from vitnp.analysis.trace import trace
from vitnp.course import slides
from vitnp.course.workshop import seen
from vitnp.course.workshop.swap import swapped
from vitnp.course.workshop.tried import quiet
from vitnp.models import vit

CLOSE = 1e-3  # of the largest value: twelve blocks in float32


class Line(NamedTuple):
    """A tensor of the slides."""

    row: Any  # of `course.deck`
    tensor: Any
    shape: tuple  # of one image
    theirs: bool  # made by the student's code; else by the library's, or not seen
    ok: bool  # shape and values are the library's
    misprinted: bool  # by the slide


def walked(image, p, config, steps):
    """[Line] of an image's (Hᵢ, Wᵢ, C) way through a ViT with these steps, {step: {name: function}}."""
    right = trace(image, p, config)
    with contextlib.ExitStack() as stack:
        values = {}
        for step, functions in steps.items():
            stack.enter_context(seen.watching(step, functions, values))
        stack.enter_context(swapped(steps))
        with quiet():
            logits, _ = vit.forward(image[None], p, config, keep="nothing")
            if "probabilities" in steps.get(8, {}):
                values["p"] = steps[8]["probabilities"](logits)
    lines = []
    for c in slides.check(right, config):
        name = c.tensor.name.replace(".i.", ".0.")
        value, expected = values.get(name), np.asarray(right[name])
        made_by = c.row.step or 6  # the norm after the last block has no number, and is step 6's
        made = isinstance(value, np.ndarray) and name != "image"
        theirs = made and made_by in steps  # not what a later step was given
        ok = not theirs or same(value, expected)
        first = int(c.tensor.lead.startswith("B"))
        shape = (value if theirs else expected).shape[first:]
        lines.append(Line(c.row, c.tensor, shape, theirs, ok, c.erratum is not None))
    return lines


def same(value, expected):
    """Whether shape and values are the library's, up to the rounding of float32."""
    close = CLOSE * max(float(np.abs(expected).max()), 1e-30)
    return value.shape == expected.shape and bool((np.abs(value - expected) <= close).all())
