"""The stream of tokens: the class token, norms, residuals, means. Imports its neighbors."""

from dataclasses import replace

import numpy as np

from vitnp.weights.onnx import functions, layout, parts
from vitnp.weights.onnx.arrange import arranged
from vitnp.weights.onnx.asked import axis_of
from vitnp.weights.onnx.constants import Constant
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.onnx.tensors import (
    STREAMS,
    Centered,
    Linear,
    Mean,
    Norm,
    Pooled,
    Residual,
    Tensor,
    Tokens,
    Variance,
    depth,
)


def normalized(op, x, v, first):
    with np.errstate(all="ignore"):
        values = v.values if op == "Mul" else 1 / v.values if op == "Div" and first else None
    eps = None if values is None or not x.plain else functions.epsilon(values)
    if eps is None:
        raise Unlike("a norm that is not LayerNorm")
    return replace(x, base=norm_of(x.base.x, eps))


def norm_of(x, eps, gamma=None, beta=None):
    """LayerNorm of a tensor, over its features. Raises Unlike where a ViT has none."""
    if isinstance(x.base, STREAMS) and x.values is functions.SAMPLES and (x.plain or row_of(x) == 0):
        x.axis("features")
        return Norm(x, eps, gamma, beta)
    if isinstance(x.base, Norm):
        raise Unlike("a LayerNorm before the blocks, as CLIP has it, or after another")
    if isinstance(x.base, Linear):
        raise Unlike(INSIDE)
    raise Unlike(f"a LayerNorm of {'a part of ' if x.offsets else ''}{words(x.base)}")


INSIDE = "a norm inside a block, of queries and keys or in the feed-forward network"


def row_of(x):
    """The number of the one token that was selected; None for any other tensor."""
    (root, row), *more = x.offsets.items() if x.offsets else [(None, None)]
    alone = root is not None and not more and root.kind == "tokens" and x.root("tokens") is None
    return row if alone else None


def residual(x, y):
    """Stream x plus branch y."""
    if (
        not x.plain
        or x.shape != y.shape
        or [_seen(axis) for axis in x.axes] != [_seen(axis) for axis in y.axes]
    ):
        raise Unlike("tokens are added to tokens in another order")
    return replace(x, base=Residual(x, parts.branch(y, x), depth(x.base) + 1))


def _seen(axis):
    """An axis, of whatever root of features."""
    return [("features" if atom.root.kind == "features" else atom.root, atom[1:]) for atom in axis]


def mean(x, axes, keepdims):
    """ReduceMean."""
    rank = len(x.axes)
    gone = {axis_of(i, rank) for i in (range(rank) if axes is None else axes)}
    kinds = {atom.root.kind for i in gone for atom in x.axes[i]}
    left = [axis if i not in gone else () for i, axis in enumerate(x.axes) if keepdims or i not in gone]
    if kinds == {"features"} and len(gone) == 1 and (not x.offsets or row_of(x) is not None):
        x.axis("features")
        if isinstance(x.base, Centered):
            if not np.allclose(x.values, functions.SAMPLES**2, rtol=1e-6, atol=1e-9):
                raise Unlike("a norm that is not LayerNorm")
            return Tensor(Variance(x.base.x), tuple(left))
        if x.values is functions.SAMPLES:
            return Tensor(Mean(x), tuple(left))
    if kinds == {"tokens"} and x.plain:
        pooled = tuple(atom for i in sorted(gone) for atom in x.axes[i])
        if layout.order(layout.merged(pooled), x.root("tokens")) is None:
            return Tensor(Pooled(x), tuple(left))
    if kinds == {"features"} and isinstance(x.base, Linear):
        raise Unlike(INSIDE)
    raise Unlike(f"a mean over a part of the {' and '.join(sorted(kinds)) or 'tensor'} of {words(x.base)}")


def concatenated(inputs, axis):
    """Concat: the class token before the patches."""
    x = next(one for one in inputs if isinstance(one, Tensor))
    axis = axis_of(axis, len(x.axes))
    if not isinstance(x.base, STREAMS) or not x.plain or axis != x.axis("tokens"):
        raise Unlike(f"{words(x.base)} joined with something else")
    others = [one for one in inputs if one is not x]
    if isinstance(x.base, Tokens | Residual) or not all(isinstance(one, Constant) for one in others):
        raise Unlike(
            "more tokens beside the class token and the patches (registers, or a distillation token)"
        )
    cls, rows = others[0], sum(one.shape[axis] for one in others)
    if rows != 1:
        raise Unlike(
            f"{rows} tokens beside the patches (registers, or a distillation token); need the class token"
        )
    if inputs[0] is not cls:
        raise Unlike("a class token after the patches")
    features, tokens = x.root("features"), layout.Root(x.root("tokens").size + 1, "tokens")
    one = replace(x, axes=tuple(() if i == axis else a for i, a in enumerate(x.axes)))
    axes = tuple(layout.whole(tokens) if i == axis else a for i, a in enumerate(x.axes))
    return replace(x, base=Tokens(x, arranged(cls, one, features)), axes=axes)


def words(base):
    """What a tensor is, in a message."""
    return {
        "Image": "the picture",
        "Patches": "the patches",
        "Linear": "what a matrix gives",
        "Norm": "what a LayerNorm gives",
        "Scores": "attention scores",
        "Weights": "attention weights",
        "Attended": "what attention gives",
        "Pooled": "the mean of the tokens",
        "Probabilities": "probabilities",
    }.get(type(base).__name__, "the tokens")
