"""Arithmetic of tensors that depend on the image, number by number. Imports its neighbors."""

from dataclasses import replace

import numpy as np

from vitnp.weights.onnx import functions
from vitnp.weights.onnx.arrange import arranged, masks_nothing, scalar, varies, vector
from vitnp.weights.onnx.constants import Constant
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.onnx.streams import normalized, residual, words
from vitnp.weights.onnx.tensors import (
    STREAMS,
    Centered,
    Linear,
    Mean,
    Norm,
    Patches,
    Positioned,
    Scores,
    Tensor,
    Tokens,
    Variance,
)


def elementwise(x, function):
    """f of the tensor, whatever the tensor is."""
    with np.errstate(all="ignore"):
        values = function(x.values)
    same = np.allclose(values, functions.SAMPLES, rtol=1e-12, atol=0)
    return replace(x, values=functions.SAMPLES if same else values)


def binary(op, a, b):
    """a op b, of which at least one is a Tensor."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return _of_two(op, a, b)
    x, constant = (a, b) if isinstance(a, Tensor) else (b, a)
    if not isinstance(constant, Constant):
        raise Unlike(f"{op} of what is no tensor")
    if constant.size == 1 and len(constant.shape) <= len(x.axes):
        c = constant.number()
        if (op, c) in (("Add", 0.0), ("Sub", 0.0), ("Mul", 1.0), ("Div", 1.0)) and x is a:
            return x
        function = functions.BINARY[op]
        return elementwise(x, (lambda u: function(u, c)) if x is a else (lambda u: function(c, u)))
    if op in ("Sub", "Div") and x is a:
        invert = np.negative if op == "Sub" else np.reciprocal
        inverse = constant.made(constant.shape, lambda array: invert(array.astype(np.float64)))
        return _with(x, {"Sub": "Add", "Div": "Mul"}[op], inverse)
    if op in ("Add", "Mul"):
        return _with(x, op, constant)
    raise Unlike(f"{op} of tokens and an array {constant.shape}")


def _with(x, op, constant):
    """x + constant or x·constant."""
    kinds = varies(constant, x)
    if isinstance(x.base, Scores):
        if op == "Add" and masks_nothing(constant):
            return x
        raise Unlike("a mask, or relative positions, in attention")
    if x.values is not functions.SAMPLES:
        x = _scaled(x)
    if not x.offsets and isinstance(x.base, Patches | Tokens) and op == "Add" and "tokens" in kinds:
        return replace(x, base=Positioned(x, arranged(constant, x, x.root("tokens"), x.root("features"))))
    if isinstance(x.base, Linear) and "tokens" in kinds:
        raise Unlike("rotary positions, or other arrays beside the tokens inside a block")
    if isinstance(x.base, Linear | Patches) and not x.offsets:
        return replace(x, base=replace(x.base, after=(*x.base.after, (op, vector(constant, x)))))
    if isinstance(x.base, Norm) and not x.offsets:
        gamma, beta = x.base.gamma, x.base.beta
        if op == "Mul" and gamma is None and beta is None:
            return replace(x, base=replace(x.base, gamma=vector(constant, x)))
        if op == "Add" and beta is None:
            return replace(x, base=replace(x.base, beta=vector(constant, x)))
    raise Unlike(f"an array {constant.shape} {'added to' if op == 'Add' else 'times'} {words(x.base)}")


def _scaled(x):
    """c·base as a base of its own, for a Linear."""
    c = functions.slope(x.values)
    if c is None or not isinstance(x.base, Linear):
        raise Unlike(f"an array beside a function of {words(x.base)}")
    return replace(
        x, base=replace(x.base, after=(*x.base.after, ("Mul", scalar(c)))), values=functions.SAMPLES
    )


def _of_two(op, a, b):
    if a.base is b.base and a.axes == b.axes and a.offsets == b.offsets:
        with np.errstate(all="ignore"):
            return replace(a, values=functions.BINARY[op](a.values, b.values))
    same = isinstance(b.base, Mean) and b.plain and b.base.x.base is a.base
    if op == "Sub" and same and a.values is functions.SAMPLES and a.offsets == b.base.x.offsets:
        return replace(a, base=Centered(a), offsets={})
    for x, v in ((a, b), (b, a)):
        if isinstance(x.base, Centered) and isinstance(v.base, Variance) and v.base.x.base is x.base.x.base:
            return normalized(op, x, v, x is a)
    if op == "Add":
        for x, y in ((a, b), (b, a)):
            if isinstance(x.base, STREAMS) and not isinstance(y.base, STREAMS):
                return residual(x, y if functions.slope(y.values) in (None, 1.0) else _scaled(y))
        if any(isinstance(x.base, Norm) for x in (a, b)):
            raise Unlike(
                "tokens added to what a LayerNorm gave: post-norm, as BERT has it, or a norm before the blocks"
            )
    if op == "Mul" and any(isinstance(x.base, Linear) for x in (a, b)):
        raise Unlike("two layers multiplied: a gated feed-forward network (SwiGLU)")
    raise Unlike(f"{op} of {words(a.base)} and {words(b.base)}")
