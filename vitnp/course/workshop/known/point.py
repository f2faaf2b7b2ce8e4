"""Where a student's functions are called to recognize a mistake: always the same small arrays, in float64.

All sizes differ, so that exchanged axes show. Two inequalities let `recovered` compute the student's intermediate
arrays from the gradients alone: B·N ≤ D and N ≤ K in step 5, M ≤ D in step 7. A mistake that raises an error at such
sizes, such as a factor that is not transposed, runs at the second, square point: N = K, M = D, and so on. Sums without
`keepdims` are broadcast along a wrong axis, without an error, only at the third, the cube: B = H = N, or B = N = D.
"""

import functools
import math
from typing import NamedTuple

import numpy as np

B, N, H, K, D = 3, 5, 4, 6, 24  # of step 5; the other steps have a smaller D
EPS = 0.1  # large, so that it shows where it is forgotten

# {step: the pairs of functions that are called}; "" stands for forward and backward themselves
CALLS = dict.fromkeys(range(1, 9), ("",)) | {6: ("", "block"), 8: ("", "loss")}


class Point(NamedTuple):
    """The arguments of one pair of functions."""

    inputs: tuple  # (x,), (x, p) or (z, target)
    static: dict
    dy: np.ndarray


def generic(*shape, seed, most=1.0):
    """Values between −most and most that do not depend on NumPy's version."""
    return most * np.random.Generator(np.random.PCG64(seed)).uniform(-1.0, 1.0, shape)


def weights(shapes, seed):
    """{name: array}; matrices are small enough that no softmax is saturated."""
    most = {1: 1.0, 2: 0.6}
    return {
        name: generic(*shape, seed=seed + i, most=most[len(shape)])
        for i, (name, shape) in enumerate(shapes.items())
    }


def attention(width, seed):
    """p of step 5."""
    return weights(
        {f"{kind}_{name}": (width,) * (1 + (kind == "W")) for name in "QKVO" for kind in "Wb"}, seed
    )


def feed_forward(width, hidden, seed):
    """p of step 7."""
    return weights({"W1": (width, hidden), "b1": (hidden,), "W2": (hidden, width), "b2": (width,)}, seed)


def norm(width, seed):
    """p of step 6."""
    return weights({"gamma": (width,), "beta": (width,)}, seed)


@functools.cache
def point(step, call="", at=""):
    """The point of one pair of functions: of sizes that all differ, or at "square" or "cube"."""
    inputs, static, dy = POINTS[step, call](at)
    return Point(inputs, static, generic(*dy, seed=9, most=1.0) if dy else np.float64(1.7))


def patchify(at):
    shape, P = ((4, 9, 9, 3), 3) if at else ((6, 12, 15, 2), 3)
    grid = shape[1] // P * (shape[2] // P)
    return (generic(*shape, seed=1),), {"patch_size": P}, (shape[0], grid, P * P * shape[3])


def project(at):
    values = 6 if at else 7
    p = weights({"W": (values, 6), "b": (6,)}, 2)
    return (generic(B, N, values, seed=1), p), {}, (B, N, 6)


def class_token(at):
    return (generic(B, N, 6, seed=1), weights({"cls": (6,)}, 2)), {}, (B, N + 1, 6)


def position(at):
    return (generic(B, N, 6, seed=1), weights({"E_pos": (N, 6)}, 2)), {}, (B, N, 6)


def heads(at):
    if at == "cube":
        return (generic(3, 3, 9, seed=1), attention(9, 10)), {"num_heads": 3}, (3, 3, 9)
    tokens = K if at else N
    return (generic(B, tokens, D, seed=1), attention(D, 10)), {"num_heads": H}, (B, tokens, D)


def layer_norm(at):
    shape = (4, 4, 4) if at == "cube" else (B, N, 6)
    return (generic(*shape, seed=1, most=2.0), norm(shape[-1], 2)), {"eps": EPS}, shape


def block(at):
    p = {"norm_1": norm(8, 2), "attention": attention(8, 10)}
    p |= {"norm_2": norm(8, 4), "feed_forward": feed_forward(8, 8 if at else 6, 20)}
    return (generic(B, N, 8, seed=1), p), {"num_heads": 2, "eps": EPS}, (B, N, 8)


def gelu_layer(at):
    x = generic(B, N, 8, seed=1, most=2.0)
    x[-1] = x[0]  # the same u with another dy: shows whether du is dy's dg times a function of u
    return (x, feed_forward(8, 8 if at else 6, 20)), {}, (B, N, 8)


def classify(at):
    classes = 6 if at else 7
    p = weights({"W": (6, classes), "b": (classes,)}, 2)
    return (generic(B, N, 6, seed=1), p), {}, (B, classes)


def loss(at):
    classes = B if at else 7
    return (generic(B, classes, seed=1, most=2.0), np.eye(classes)[[1, 0, 2]]), {}, ()


POINTS = {
    (1, ""): patchify,
    (2, ""): project,
    (3, ""): class_token,
    (4, ""): position,
    (5, ""): heads,
    (6, ""): layer_norm,
    (6, "block"): block,
    (7, ""): gelu_layer,
    (8, ""): classify,
    (8, "loss"): loss,
}


def factors(step, call=""):
    """{family: the factors by which a gradient may be wrong}, at the point whose sizes all differ."""
    found = {"zero": [0.0], "sign": [-1.0], "path": [2.0, 0.5]}
    if call == "loss":
        dloss, classes = float(point(8, "loss").dy), 7
        mean = [B, classes, 1 / classes, B / classes, B * classes, 1 / B]
        return {"loss_mean": mean, "loss_gradient": [-1.0, 1 / dloss], "zero": [0.0]}
    if step != 1:
        rows = [B, N, B * N, N + 1, B * (N + 1)]
        found["sum"] = [*rows, *(1 / n for n in rows)]
    if step == 5:
        scales = [math.sqrt(K), K, math.sqrt(D), D, K**1.5, math.sqrt(D / K), math.sqrt(H * K), math.sqrt(N)]
        # divided by the root of something else, or by the slide's own numbers
        scales += [math.sqrt(K / n) for n in (N, H, B, 12, 64, 197, 768)]
        found["scale"] = [*scales, *(1 / scale for scale in scales)]
    return found
