"""Where a step is checked: generic inputs and parameters, small with sizes that all differ, or of B/16.

Imports nothing of vitnp.
"""

from typing import Any, NamedTuple

import numpy as np

EPS = 1e-6


class Sizes(NamedTuple):
    """The letters of the slides. N is the number of tokens, [CLS] among them; the image is rows·P x cols·P."""

    B: int = 2
    N: int = 5
    D: int = 12
    H: int = 3
    M: int = 14
    P: int = 3
    C: int = 6
    rows: int = 4
    cols: int = 5
    classes: int = 7
    eps: float = EPS


SMALL = Sizes()
# no letter as in SMALL, nor as where a step is graded
OTHER = Sizes(B=4, N=7, D=18, H=2, M=13, P=5, C=4, rows=3, cols=6, classes=11, eps=0.1)
SLIDE = Sizes(B=1, N=197, D=768, H=12, M=3072, P=16, C=3, rows=14, cols=14, classes=1000)  # B/16


class Pair(NamedTuple):
    """A forward with its backward, and what they are given."""

    forward: str
    backward: str
    draw: Any  # (rng, sizes) → (x, p, static); p is None for a function without parameters


def _numbers(rng, *shape):
    """Standard normal, and smaller in a weight of many inputs, so that what comes out is of the size of 1."""
    scale = 1.0 if len(shape) != 2 else min(0.5, (2 / shape[0]) ** 0.5)
    return scale * rng.standard_normal(shape)


def _image(rng, s):
    return _numbers(rng, s.B, s.rows * s.P, s.cols * s.P, s.C), None, {"patch_size": s.P}


def _project(rng, s):
    width = s.P * s.P * s.C
    return _numbers(rng, s.B, s.N - 1, width), {"W": _numbers(rng, width, s.D), "b": _numbers(rng, s.D)}, {}


def _class_token(rng, s):
    return _numbers(rng, s.B, s.N - 1, s.D), {"cls": _numbers(rng, s.D)}, {}


def _position(rng, s):
    return _numbers(rng, s.B, s.N, s.D), {"E_pos": rng.standard_normal((s.N, s.D))}, {}


def _attention(rng, s):
    p = {}
    for name in "QKVO":
        p[f"W_{name}"], p[f"b_{name}"] = _numbers(rng, s.D, s.D), _numbers(rng, s.D)
    return _numbers(rng, s.B, s.N, s.D), p, {"num_heads": s.H}


def _norm(rng, s):
    return (
        _numbers(rng, s.B, s.N, s.D),
        {"gamma": 1 + _numbers(rng, s.D), "beta": _numbers(rng, s.D)},
        {"eps": s.eps},
    )


def _feed_forward(rng, s):
    p = {"W1": _numbers(rng, s.D, s.M), "b1": _numbers(rng, s.M), "W2": _numbers(rng, s.M, s.D)}
    return _numbers(rng, s.B, s.N, s.D), p | {"b2": _numbers(rng, s.D)}, {}


def _block(rng, s):
    x, attention, _ = _attention(rng, s)
    parts = {"norm_1": _norm(rng, s)[1], "attention": attention, "norm_2": _norm(rng, s)[1]}
    return x, parts | {"feed_forward": _feed_forward(rng, s)[1]}, {"num_heads": s.H, "eps": s.eps}


def _classify(rng, s):
    p = {"W": _numbers(rng, s.D, s.classes), "b": _numbers(rng, s.classes)}
    return _numbers(rng, s.B, s.N, s.D), p, {}


def _loss(rng, s):
    target = np.eye(s.classes)[rng.integers(0, s.classes, s.B)]
    return rng.standard_normal((s.B, s.classes)), None, {"target": target}


PAIRS = {
    1: (Pair("forward", "backward", _image),),
    2: (Pair("forward", "backward", _project),),
    3: (Pair("forward", "backward", _class_token),),
    4: (Pair("forward", "backward", _position),),
    5: (Pair("forward", "backward", _attention),),
    6: (Pair("forward", "backward", _norm), Pair("block_forward", "block_backward", _block)),
    7: (Pair("forward", "backward", _feed_forward),),
    8: (Pair("forward", "backward", _classify), Pair("loss_forward", "loss_backward", _loss)),
}
