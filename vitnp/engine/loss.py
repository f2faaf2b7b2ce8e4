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
    weights: Any = None  # (B,)


def targets(labels, num_classes, dtype, *, label_smoothing=0.0):
    """The target probabilities t (B, classes), each row summing to 1.

    Labels are integers (B,), or already probabilities (B, classes). Label smoothing ε gives every class
    ε/classes and takes it from the others: t ← (1 − ε)·t + ε/classes (Szegedy et al., 2016).
    """
    xp = array_module(labels)
    t = labels if labels.ndim == 2 else labels[:, None] == xp.arange(num_classes)
    t = t.astype(dtype)
    return t if label_smoothing == 0.0 else (1.0 - label_smoothing) * t + label_smoothing / num_classes


def forward(logits, labels, *, label_smoothing=0.0, weights=None):
    """loss = −(1/B) Σ_b Σ_c t_bc·log softmax(z_b)_c: logits (B, classes), labels → a number.

    weights (B,), floats of at least 0, in place of 1/B each; 0 leaves a row out. Raises InputError for labels or
    weights that do not fit the logits.
    """
    need_array("logits", logits, " (B, classes)")
    if logits.ndim != 2 or not logits.shape[1] or logits.dtype.kind not in "fc":
        raise InputError(f"logits are {logits.dtype} of shape {logits.shape}; need floats (B, classes)")
    B, num_classes = logits.shape
    check_labels(labels, B, num_classes)
    if weights is not None:
        need_array("weights", weights, f" of shape ({B},)")
        if weights.shape != (B,) or weights.dtype.kind != "f":
            raise InputError(f"weights are {weights.dtype} of shape {weights.shape}; need floats ({B},)")
    label_smoothing = need_real("label_smoothing", label_smoothing, low=0.0, below=1.0)
    z = wide(logits)
    t = targets(labels, num_classes, z.real.dtype, label_smoothing=label_smoothing)
    t_log_p = t * softmax.log(z)
    if weights is None:
        return -t_log_p.sum() / B, Saved(logits, t)
    return -(weights * t_log_p.sum(axis=1)).sum(), Saved(logits, t, weights)


def backward(dloss, saved):
    """dlogits = dloss·(p − t)/B, or with the weights in place of 1/B, p = softmax(logits): (B, classes)."""
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
    logits, t, weights = saved
    p, _ = softmax.forward(wide(logits))
    share = dloss / t.shape[0] if weights is None else (dloss * weights)[:, None]
    return ((p - t) * share).astype(logits.dtype, copy=False)
