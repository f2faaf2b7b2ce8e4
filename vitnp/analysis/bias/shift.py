"""How often a model is right about moved pictures, and how often it predicts the same as for the unmoved picture."""

import numbers
from typing import Any, NamedTuple

from vitnp.analysis.bias.moved import moved
from vitnp.analysis.bias.turned import rotated
from vitnp.errors import InputError


class Shifted(NamedTuple):
    """What one shift, or one rotation, did."""

    by: Any  # (rows, columns), or degrees
    accuracy: float  # the share of the moved pictures that are predicted right
    consistency: float  # the share whose prediction is that of the unmoved picture
    predictions: Any  # (n,), the class of each moved picture


def shifted(images, labels, predict, shifts, *, fill):
    """Yield a `Shifted` for every shift: (rows, columns), or degrees of a rotation about the center.

    images (n, H, W, C), labels (n,), predict(images) → logits. fill is what the pixels get that come in at the edge:
    the picture's background. The shift (0, 0) is the usual accuracy. Raises InputError for no images.
    """
    if not len(images) or len(images) != len(labels):
        raise InputError(
            f"there are {len(images)} images and {len(labels)} labels; need as many of both, and some"
        )
    still = predict(images).argmax(axis=1)
    for by in shifts:
        change = rotated if isinstance(by, numbers.Real) else moved
        predictions = predict(change(images, by, fill=fill)).argmax(axis=1)
        right, same = (float((predictions == them).mean()) for them in (labels, still))
        yield Shifted(tuple(by) if change is moved else by, right, same, predictions)
