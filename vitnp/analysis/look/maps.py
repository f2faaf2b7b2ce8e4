"""Feature maps of a ResNet: how strong each place is, and which channels differ most from place to place."""

from vitnp.analysis.look.checks import need_finite, scaled
from vitnp.backend.arrays import array_module
from vitnp.errors import InputError, need_int


def strength(x):
    """How strong a feature map is at each place: (…, h, w, C) → (…, h, w), √(mean of the squares of the channels)."""
    _check(x)
    xp, (a, s) = array_module(x), scaled(x)
    return xp.sqrt((a * a).mean(axis=-1)) * s


def strongest_channels(x, *, n=3):
    """The channels of one feature map (h, w, C) that vary most over the places, the strongest first: min(n, C) numbers.

    By the standard deviation: a channel that is large everywhere says nothing of where something is.
    """
    _check(x)
    need_int("n", n, at_least=1)
    if x.ndim != 3:
        raise InputError(f"a feature map is {x.shape}; need (h, w, C), of one image")
    a, _ = scaled(x)
    spread = a.std(axis=(0, 1))
    return (-spread).argsort(kind="stable")[:n]


def _check(x):
    need_finite("a feature map", x)
    if x.ndim < 3:
        raise InputError(
            f'a feature map is {x.shape}; need (…, h, w, C): t["feature_map"] of a BiT or a hybrid'
        )
