"""The ViT that a graph computes: its configuration, and its parameters by our names. Imports its neighbors."""

from typing import NamedTuple

import numpy as np

from vitnp.weights.onnx import functions
from vitnp.weights.onnx.arrange import taken
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.onnx.stem import NONE, affine, stem, zeros
from vitnp.weights.onnx.streams import row_of
from vitnp.weights.onnx.tensors import (
    Linear,
    Norm,
    Pooled,
    Probabilities,
    Residual,
    Tensor,
    depth,
)

OF_LOGITS = ("LogSoftmax", "Sigmoid", "ArgMax", "TopK")  # what an export may end in; the logits are before it


class Found(NamedTuple):
    """What was read of a graph."""

    fields: dict  # of ViTConfig, but for preprocessing
    arrays: dict  # {our name: Constant}
    original: tuple | None  # ((rows, columns), Constant) of the positions before the graph resized them
    ends: list  # the last norm, and the head if there is one: what is after them is left out
    notes: list


def read(walk):
    """The Found of a graph. Raises Unlike, saying what it meets instead of a ViT."""
    stream = walk.stream
    norm = _last_norm(norm for norm in walk.norms if norm.x.base is stream)
    if norm is None and depth(stream):
        why = walk.refused.get(stream)
        raise Unlike(f"no LayerNorm after the last block{f' ({why})' if why else ''}")
    if stream in walk.broken:
        raise Unlike(walk.broken[stream])
    if not depth(stream):
        raise Unlike(walk.reason or "no block that adds to tokens what it makes of them")
    L = depth(stream) // 2
    branches, first = [], stream
    while isinstance(first, Residual):
        branches.insert(0, first.branch)
        first = first.stream.base
    if [type(branch).__name__ for branch in branches] != ["Attention", "FeedForward"] * L:
        raise Unlike("blocks that are not attention and a feed-forward network in turn")
    eps = same("ε of LayerNorm", [branch.norm.eps for branch in branches] + [norm.eps])
    gelu = same("forms of GELU", [branch.gelu for branch in branches[1::2]])
    H, K = same("numbers of heads", [branch.attended.v_columns.shape for branch in branches[::2]])
    arrays, notes = {}, []
    patches, positions, original = stem(first, arrays)
    D = patches.W.shape[3]
    if H * K != D:
        raise Unlike(f"{H} heads of width {K} beside tokens of width {D}; need heads of width D/H")
    for i in range(L):
        _block(f"blocks.{i}.", *branches[2 * i : 2 * i + 2], arrays)
    _norm("norm.", norm, D, arrays)
    token = "class_token.cls" in arrays
    head, widths = _head(walk, norm, token, arrays)
    if missing := [name for name, constant in arrays.items() if constant.label == NONE]:
        notes.append(
            f"{len(missing)} vectors that the graph leaves out are 0, or 1 in a norm, {missing[0]} the first"
        )
    fields = {
        "image_size": patches.image.size,
        "patch_size": patches.W.shape[0],
        "in_channels": patches.W.shape[2],
        "hidden_size": D,
        "num_layers": L,
        "num_heads": H,
        "mlp_dim": branches[1].first.W.shape[1],
        **widths,
        "classifier": "token" if token else "gap",
        "gelu": gelu,
        "layer_norm_eps": eps,
        **positions,
    }
    return Found(fields, arrays, original, [norm, *head], notes)


def _last_norm(norms):
    """Of the norms of one stream, without and with its vectors, the first that has them all; None for none."""
    found = None
    for norm in norms:
        grows = found is None or (found.gamma in (None, norm.gamma) and found.beta is None)
        found = norm if grows else found
    return found


def same(what, values):
    """The one value that all have; Unlike for several."""
    if len(several := dict.fromkeys(values)) > 1:
        raise Unlike(f"different {what}: {', '.join(map(str, several))}")
    return values[0]


def _block(name, attention, feed_forward, arrays):
    attended, D = attention.attended, attention.output.W.shape[1]
    _norm(f"{name}norm_1.", attention.norm, D, arrays)
    scores = attended.scores
    for letter, linear, columns in (
        ("Q", scores.q, scores.q_columns),
        ("K", scores.k, scores.k_columns),
        ("V", attended.v, attended.v_columns),
    ):
        columns = columns.ravel()
        size = linear.W.shape[1]
        W, b = affine(linear.W, linear.after, size)
        whole = len(columns) == size and np.array_equal(columns, np.arange(size))
        arrays[f"{name}attention.W_{letter}"] = taken(W, None if whole else columns, 1)
        arrays[f"{name}attention.b_{letter}"] = taken(b, None if whole else columns, 0)
    _layer(f"{name}attention.W_O", f"{name}attention.b_O", attention.output, arrays)
    _norm(f"{name}norm_2.", feed_forward.norm, D, arrays)
    for number, linear in (("1", feed_forward.first), ("2", feed_forward.second)):
        _layer(f"{name}feed_forward.W{number}", f"{name}feed_forward.b{number}", linear, arrays)


def _layer(W, b, linear, arrays):
    arrays[W], arrays[b] = affine(linear.W, linear.after, linear.W.shape[1])


def _norm(name, norm, D, arrays):
    dtype = norm.gamma.dtype if norm.gamma else np.dtype("f4")
    arrays[f"{name}gamma"] = norm.gamma or zeros(D, dtype, 1.0)
    arrays[f"{name}beta"] = norm.beta or zeros(D, dtype)


def _head(walk, norm, token, arrays):
    """([the layers of the head], {field: width}); the arrays are added. None where the outputs show no such head."""
    for output in walk.model.graph.output:
        y = walk.values.get(_logits(walk, output.name))
        if isinstance(y, Tensor) and isinstance(y.base, Probabilities):
            y = y.base.x
        if not isinstance(y, Tensor) or not isinstance(y.base, Linear) or y.offsets:
            continue
        head, inside = y.base, y.base.x
        name = functions.name_of(y.values)
        if name == "tanh alone" and _pooled(inside, norm, token):  # a pooler, and no head
            _layer("classify.pre_logits.W", "classify.pre_logits.b", head, arrays)
            return [head], {"representation_size": head.W.shape[1], "num_classes": 0}
        if y.values is not functions.SAMPLES:
            continue
        pre = inside.base
        if _pooled(inside, norm, token):
            _layer("classify.head.W", "classify.head.b", head, arrays)
            return [head], {"representation_size": None, "num_classes": head.W.shape[1]}
        if (
            isinstance(pre, Linear)
            and functions.name_of(inside.values) == "tanh alone"
            and _pooled(pre.x, norm, token)
        ):
            _layer("classify.pre_logits.W", "classify.pre_logits.b", pre, arrays)
            _layer("classify.head.W", "classify.head.b", head, arrays)
            return [head], {"representation_size": pre.W.shape[1], "num_classes": head.W.shape[1]}
    return [], {"representation_size": None, "num_classes": 0}


def _logits(walk, name):
    """The name of what an output is a choice or a probability of, its own where it is none."""
    while name in walk.makers and walk.makers[name].op_type in OF_LOGITS:
        name = walk.makers[name].input[0]
    return name


def _pooled(x, norm, token):
    """Whether x is what step 8 reads: the class token after the last norm, or the mean of all tokens."""
    if x.values is not functions.SAMPLES:
        return False
    if isinstance(x.base, Norm):
        row = row_of(x) if norm.x.plain else row_of(norm.x)
        return token and x.base is norm and row == 0
    return not token and isinstance(x.base, Pooled) and x.base.x.base is norm
