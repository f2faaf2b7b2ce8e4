"""Attention: scores, softmax, and weights times values, for each head. Imports its neighbors."""

import math
from dataclasses import replace

import numpy as np

from vitnp.weights.onnx import functions, layout
from vitnp.weights.onnx.arrange import masks_nothing
from vitnp.weights.onnx.constants import Constant
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.onnx.products import linear
from vitnp.weights.onnx.tensors import Attended, IsNaN, Linear, Probabilities, Scores, Tensor, Weights

SAME = 2e-3  # float16 rounds 1/√K by half of this


def matmul(a, b):
    """a·b."""
    if isinstance(a, Tensor) and isinstance(b, Constant):
        return linear(a, b)
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)):
        raise Unlike("a matrix times tokens: tokens are mixed without attention, as in an MLP-Mixer")
    if isinstance(a.base, Linear) and isinstance(b.base, Linear):
        return scores(a, b)
    if isinstance(a.base, Weights) and isinstance(b.base, Linear):
        return attended(a, b)
    raise Unlike("a product of tokens and tokens that is not attention")


def scores(q, k):
    """Q·Kᵀ for each head."""
    if len(q.axes) != len(k.axes) or len(q.axes) < 3:
        raise Unlike(f"a product of tokens {q.shape} and {k.shape} that is not attention")
    slopes = functions.slope(q.values), functions.slope(k.values)
    if None in slopes:
        raise Unlike("queries and keys that are no linear functions of the tokens")
    tokens = _tokens(q.axes[-2], k.axes[-1])
    pairs = _heads(q.axes[:-2], k.axes[:-2])
    heads = layout.Root(math.prod(a.size for a, _ in pairs), "heads")
    keys = layout.Root(tokens.size, "keys")
    columns = [
        _columns(x, [pair[i] for pair in pairs], axis)
        for i, (x, axis) in enumerate(((q, q.axes[-1]), (k, k.axes[-2])))
    ]
    if columns[0].shape != columns[1].shape:
        raise Unlike(f"queries {q.shape} and keys {k.shape} of other widths")
    base = Scores(q.base, k.base, *columns, slopes[0] * slopes[1], tokens, keys, heads)
    return Tensor(base, (*_batch(q.axes[:-2], heads), q.axes[-2], layout.whole(keys)))


def _tokens(queries, keys):
    """The root of all tokens, which both axes run through."""
    root = queries[0].root if queries else None
    if root is None or root.kind != "tokens" or queries != layout.whole(root) or keys != queries:
        raise Unlike("attention among a part of the tokens, such as a window, or between other tokens")
    return root


def _heads(ours, theirs):
    """[(atom of the one, atom of the other)] of the heads, from the axes that two factors have in common."""
    pairs = []
    for axis, other in zip(ours, theirs, strict=True):
        if [atom.size for atom in axis] != [atom.size for atom in other]:
            raise Unlike("attention among heads of other numbers")
        for a, b in zip(axis, other, strict=True):
            if a.root.kind in ("features", "heads") and b.root.kind == "features":
                pairs.append((a, b))
            elif a != b or a.root.kind != "images":
                raise Unlike("attention among a part of the tokens, such as a window")
    return pairs


def _batch(axes, heads):
    """The axes before the last two, with the heads' root for what it counts."""
    stride, found = heads.size, []
    for axis in axes:
        atoms = []
        for atom in axis:
            if atom.root.kind == "images":
                atoms.append(atom)
            else:
                stride //= atom.size
                atoms.append(layout.Atom(heads, atom.size, stride))
        found.append(layout.merged(atoms))
    return tuple(found)


def _columns(x, heads, axis):
    """(H, K): which features of x each head has."""
    root = x.base.features
    if any(atom.root is not root for atom in (*heads, *axis)) or set(x.offsets) - {root}:
        raise Unlike("heads that are made of something else than features")
    first = layout.indices(tuple(heads), x.offsets.get(root, 0))
    return first[:, None] + layout.indices(axis)


def softmax(x, axis, opset, default):
    """Softmax over the keys; anything else is what stands after a ViT."""
    axis = (default if axis is None else axis) % len(x.axes)
    last = axis == len(x.axes) - 1
    if not isinstance(x.base, Scores):
        if last and isinstance(x.base, Linear):
            return Tensor(Probabilities(x), x.axes, x.offsets)
        raise Unlike("a softmax of something else than scores")
    if (not last and opset >= 13) or x.axes[-1] != layout.whole(x.base.keys):
        raise Unlike("a softmax that is not over the keys")
    K = x.base.q_columns.shape[1]
    c = functions.slope(x.values)
    factor = None if c is None else c * x.base.factor
    if factor is None or abs(factor * math.sqrt(K) - 1) > SAME:
        raise Unlike(f"scores times {'a function' if factor is None else f'{factor:.4g}'}; need 1/√{K}")
    return Tensor(Weights(x.base), x.axes)


def attended(a, v):
    """Attention weights times values, for each head."""
    found = a.base.scores
    if len(a.axes) != len(v.axes) or not a.plain or v.values is not functions.SAMPLES:
        raise Unlike("attention weights that are changed before they are used")
    if _tokens(a.axes[-2], v.axes[-2]) is not found.tokens or a.axes[-1] != layout.whole(found.keys):
        raise Unlike("attention weights times other tokens")
    pairs = _heads(a.axes[:-2], v.axes[:-2])
    if any(head.root is not found.heads for head, _ in pairs):
        raise Unlike("attention weights times other heads")
    columns = _columns(v, [atom for _, atom in pairs], v.axes[-1])
    H, K = columns.shape
    order = layout.indices(tuple(head for head, _ in pairs))
    features = layout.Root(H * K, "features")
    axes = [
        tuple(
            atom if atom.root.kind == "images" else layout.Atom(features, atom.size, atom.stride * K)
            for atom in axis
        )
        for axis in a.axes[:-2]
    ]
    width = (layout.Atom(features, K, 1),) if K > 1 else ()
    base = Attended(found, v.base, columns[np.argsort(order)], features)
    return Tensor(base, (*axes, a.axes[-2], width))


def attention(inputs, attributes):
    """The operator Attention of opset 23."""
    q, k, v, *more = inputs
    mask, *earlier = [*more, None, None]
    if any(one is not None for one in earlier) or (mask is not None and not masks_nothing(mask)):
        raise Unlike("a mask, or earlier keys, in attention")
    if attributes.get("is_causal") or attributes.get("softcap"):
        raise Unlike("attention that is causal, or whose scores are capped")
    if not all(isinstance(one, Tensor) for one in (q, k, v)):
        raise Unlike("attention to what does not depend on the picture")
    joined = len(q.axes) == 3
    if joined:
        H = attributes.get("q_num_heads")
        if not H or attributes.get("kv_num_heads", H) != H or q.shape[2] % H:
            raise Unlike("attention with other numbers of heads for queries and keys")
        q, k, v = (
            one.moved(layout.reshaped(one.axes, (*one.shape[:2], H, one.shape[2] // H))) for one in (q, k, v)
        )
        q, k, v = (one.moved(one.axes[i] for i in (0, 2, 1, 3)) for one in (q, k, v))
    S = scores(q, k.moved(k.axes[i] for i in (0, 1, 3, 2)))
    scale = attributes.get("scale", 1 / math.sqrt(q.shape[3]))
    A = softmax(replace(S, values=S.values * scale), -1, 23, -1)
    y = attended(A, v)
    if not joined:
        return y
    y = y.moved(y.axes[i] for i in (0, 2, 1, 3))
    return y.moved(layout.reshaped(y.axes, (*y.shape[:2], y.shape[2] * y.shape[3])))


def unmasked(op, inputs):
    """Attention weights with 0 in place of NaN, which is never there; scores behind a mask that masks nothing."""
    first = inputs[0]
    if op == "IsNaN" and isinstance(first.base, Weights):
        return Tensor(IsNaN(first), first.axes)
    if op == "Where" and isinstance(first, Tensor) and isinstance(first.base, IsNaN):
        weights = inputs[2]
        if isinstance(weights, Tensor) and first.base.x.base is weights.base:
            return weights
    if (
        op == "Where"
        and isinstance(inputs[1], Tensor)
        and isinstance(inputs[1].base, Scores)
        and masks_nothing(first)
    ):
        return inputs[1]
    raise Unlike("a mask" if op == "Where" else f"the operator {op}")
