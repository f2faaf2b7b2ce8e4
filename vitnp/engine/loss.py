"""Softmax cross-entropy: how far the logits are from the labels."""

from typing import Any, NamedTuple

from vitnp.backend.arrays import array_module, is_array, need_array
from vitnp.backend.half import wide
from vitnp.errors import InputError, need_real
from vitnp.inputs.checks import check_labels
from vitnp.ops import softmax

LARGEST = 1e300  # as a loss is scaled


class Saved(NamedTuple):
    """What backward needs."""

    logits: Any  # (B, classes)
    t: Any  # (B, classes), the targets


def targets(labels, num_classes, dtype, *, label_smoothing=0.0):
    """The target probabilities t (B, classes), each row summing to 1.

    Labels are integers (B,), or already probabilities (B, classes). Label smoothing ε gives every class
    ε/classes and takes it from the others: t ← (1 − ε)·t + ε/classes (Szegedy et al., 2016).
    """
    xp = array_module(labels)
    t = labels if labels.ndim == 2 else labels[:, None] == xp.arange(num_classes)
    t = t.astype(dtype)
    return t if label_smoothing == 0.0 else (1.0 - label_smoothing) * t + label_smoothing / num_classes


def forward(logits, labels, *, label_smoothing=0.0):
    """loss = −(1/B) Σ_b Σ_c t_bc·log softmax(z_b)_c: logits (B, classes), labels → a number.

    Computed from log softmax(z) = z − max − log Σ exp(z − max), which overflows nowhere and never takes log(0).
    Raises InputError for labels that do not fit the logits.
    """
    need_array("logits", logits, " (B, classes)")
    if logits.ndim != 2 or not logits.shape[1] or logits.dtype.kind not in "fc":
        raise InputError(f"logits are {logits.dtype} of shape {logits.shape}; need floats (B, classes)")
    xp = array_module(logits)
    B, num_classes = logits.shape
    check_labels(labels, B, num_classes)
    label_smoothing = need_real("label_smoothing", label_smoothing, low=0.0, below=1.0)
    z = wide(logits)
    t = targets(labels, num_classes, z.real.dtype, label_smoothing=label_smoothing)
    z = z - z.real.max(axis=-1, keepdims=True)
    log_p = z - xp.log(xp.exp(z).sum(axis=-1, keepdims=True))
    return -(t * log_p).sum() / B, Saved(logits, t)


def backward(dloss, saved):
    """dlogits = dloss·(p − t)/B, with p = softmax(logits): (B, classes)."""
    if not isinstance(saved, Saved):
        raise InputError(
            f"saved is a {type(saved).__name__}; need what loss.forward returned beside the loss"
        )
    if not is_array(dloss):
        need_real("dloss", dloss, low=-LARGEST, at_most=LARGEST)
    elif dloss.shape or dloss.dtype.kind not in "fc":
        raise InputError(
            f"dloss is {dloss.dtype} of shape {dloss.shape}; need a number, 1.0 for the loss itself"
        )
    logits, t = saved
    p, _ = softmax.forward(wide(logits))
    return ((p - t) * (dloss / t.shape[0])).astype(logits.dtype, copy=False)
