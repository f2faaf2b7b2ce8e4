"""A student's functions in the form of the library's steps, blocks and loss.

What they do not write, dropout of a step's output, is done here around their function. What they cannot do, attention
dropout or another activation, is an InputError. Imports `engine`, `ops`, `tree`.
"""

from typing import Any, NamedTuple

import numpy as np

from vitnp import tree
from vitnp.backend.arrays import array_module
from vitnp.engine import loss
from vitnp.errors import InputError
from vitnp.ops import dropout


class Saved(NamedTuple):
    """What a student's forward saved, and what is needed to hand their gradients on."""

    theirs: Any
    x: Any  # what came in, for its shape and dtype
    p: Any  # the names of the parameters, in order
    dropout: Any  # what the dropout of the output saved


def in_dtype(a, dtype):
    """The array in the dtype that came in: a student's np.sqrt(64) makes float64 of float32."""
    return array_module(a).asarray(a, dtype=dtype)


def like_x(dx, saved):
    """dx in the dtype of x. Raises InputError for another shape."""
    need_shape("dx", np.shape(dx), saved.x.shape)
    return in_dtype(dx, saved.x.dtype)


def need_shape(name, got, expected):
    """Raise InputError for a shape with which the library cannot go on."""
    if got != expected:
        raise InputError(
            f"{name} of a student's step has the shape {got}, and needs {expected}; vitnp workshop check says where"
        )


def two(name, result, need):
    """The two values that a student's function returns. Raises InputError for anything else."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise InputError(
            f"{name} of a student's step returns a {type(result).__name__}, and needs {need}; "
            "vitnp workshop check says where"
        )
    return result


def saved_by(functions, x, p, *, shape=None, rate=0.0, rng=None, name="forward", **static):
    """(y, `Saved`) of a student's forward; shape: that of y, where it is not that of x."""
    y, theirs = two(name, functions[name](x, p, **static), "y, saved")
    need_shape("y", np.shape(y), x.shape if shape is None else shape)
    y, dropped = dropout.forward(in_dtype(y, x.dtype), rate=rate, rng=rng)
    return y, Saved(theirs, x, p, dropped)


def plain_backward(functions, name="backward"):
    """A backward that hands on dx, and dp in the order of p."""

    def backward(dy, saved):
        dx, dp = two(name, functions[name](dropout.backward(dy, saved.dropout), saved.theirs), "dx, dp")
        return like_x(dx, saved), in_order(dp, saved)

    return backward


def in_order(dp, saved):
    """dp as the library's: the tree of p, in its order and dtype."""
    if not isinstance(dp, dict):
        raise InputError(
            f"dp of a student's step is a {type(dp).__name__}, and needs to be a dict with p's names"
        )
    got = dict(tree.leaves(dp))

    def leaf_of(name, leaf):
        need_shape(f"d{name}", np.shape(got.get(name)), leaf.shape)
        return in_dtype(got[name], leaf.dtype)

    return tree.map(leaf_of, tree.names(saved.p), saved.p)


def patchify_forward(functions):
    """Step 1, which has no parameters."""

    def forward(images, *, patch_size):
        y, theirs = two("forward", functions["forward"](images, patch_size=patch_size), "x_p, saved")
        return in_dtype(y, images.dtype), Saved(theirs, images, None, None)

    return forward


def patchify_backward(functions):
    """Step 1, whose backward gives dimages alone."""

    def backward(dy, saved):
        return like_x(functions["backward"](dy, saved.theirs), saved)

    return backward


def project_forward(functions):
    """Step 2."""
    return lambda x, p: saved_by(functions, x, p, shape=(*x.shape[:2], p["W"].shape[1]))


def class_token_forward(functions):
    """Step 3."""
    return lambda x, p: saved_by(functions, x, p, shape=(x.shape[0], x.shape[1] + 1, x.shape[2]))


def position_forward(functions):
    """Step 4 with a learned table of one dimension."""

    def forward(x, p, *, kind="1d", grid=(1, 1), dropout_rate=0.0, rng=None):
        if kind != "1d":
            raise InputError(
                f"a student's step 4 adds a table of its own, and this model has {kind} positions"
            )
        return saved_by(functions, x, p, rate=dropout_rate, rng=rng)

    return forward


def attention_forward(functions):
    """Step 5, all tokens looking at all."""

    def forward(x, p, *, num_heads, dropout_rate=0.0, attention_dropout_rate=0.0, rng=None):
        if (rng is not None and attention_dropout_rate) or "E_rel" in p:
            raise InputError("a student's step 5 has neither attention dropout nor relative positions")
        return saved_by(functions, x, p, rate=dropout_rate, rng=rng, num_heads=num_heads)

    return forward


def norm_forward(functions):
    """Step 6's LayerNorm."""
    return lambda x, p, *, eps: saved_by(functions, x, p, eps=eps)


def feed_forward_forward(functions):
    """Step 7 with the tanh GELU."""

    def forward(
        x, p, *, activation="gelu", gelu_form="tanh", dropout_rate=0.0, inner_dropout_rate=None, rng=None
    ):
        inner = dropout_rate if inner_dropout_rate is None else inner_dropout_rate
        if (activation, gelu_form) != ("gelu", "tanh") or (rng is not None and inner):
            raise InputError("a student's step 7 has the tanh GELU and no dropout inside; train such a model")
        return saved_by(functions, x, p, rate=dropout_rate, rng=rng)

    return forward


def classify_forward(functions):
    """Step 8: the class token's row, one head."""

    def forward(x, p, *, classifier="token"):
        if classifier != "token" or "pre_logits" in p or "head" not in p:
            raise InputError("a student's step 8 reads the [CLS] token with one head; train such a model")
        return saved_by(functions, x, p["head"], shape=(len(x), p["head"]["W"].shape[1]))

    return forward


def classify_backward(functions):
    """Step 8, whose parameters are the library's under "head"."""
    back = plain_backward(functions)

    def backward(dy, saved):
        dx, dp = back(dy, saved)
        return dx, {"head": dp}

    return backward


def block_forward(functions):
    """Step 6's block, which has no dropout of its own, and no stochastic depth."""

    def forward(x, p, *, config, rng=None, read=None, depth_rate=0.0):
        if rng is not None and config.drops:
            raise InputError(
                "a student's block has no dropout and no stochastic depth; train a model without"
            )
        static = {"num_heads": config.num_heads, "eps": config.layer_norm_eps}
        return saved_by(functions, x, p, name="block_forward", **static)

    return forward


def loss_forward(functions):
    """Step 8's loss, of targets that the library makes of the labels."""

    def forward(logits, labels, *, label_smoothing=0.0, weights=None):
        if weights is not None:
            raise InputError("a student's loss is the mean over the batch, without weights")
        target = loss.targets(labels, logits.shape[1], logits.dtype, label_smoothing=label_smoothing)
        value, theirs = two("loss_forward", functions["loss_forward"](logits, target), "loss, saved")
        return in_dtype(value, logits.dtype)[()], Saved(theirs, logits, None, None)

    return forward


def loss_backward(functions):
    """dlogits of it."""
    return lambda dloss, saved: like_x(functions["loss_backward"](dloss, saved.theirs), saved)


FORWARDS = {
    1: patchify_forward,
    2: project_forward,
    3: class_token_forward,
    4: position_forward,
    5: attention_forward,
    6: norm_forward,
    7: feed_forward_forward,
    8: classify_forward,
}
BACKWARDS = dict.fromkeys(range(2, 8), plain_backward) | {1: patchify_backward, 8: classify_backward}
