"""The probabilities that a classifier's logits mean."""

from vitnp.backend.arrays import array_module
from vitnp.backend.half import wide
from vitnp.errors import InputError
from vitnp.ops import softmax


def independent(config):
    """Whether each class is a question of its own, answered by yes or no: a multi-label head, or a single class."""
    return config.multi_label or config.num_classes == 1


def of(logits, config):
    """softmax(z) over the classes, or where they are `independent` σ(z) = 1/(1 + exp(−z)) of each: (…, classes)."""
    if not independent(config):
        return softmax.forward(logits)[0]
    z = wide(logits)
    xp = array_module(z)
    return xp.exp(-xp.logaddexp(0.0, -z)).astype(logits.dtype, copy=False)  # exp(−z) alone may overflow


def need_one_of(config):
    """Raise InputError where the cross-entropy of one class among several is not the loss of the head."""
    if independent(config):
        kind = "multi_label" if config.multi_label else "a single class"
        raise InputError(
            f"each class of the head stands alone ({kind}), and only heads that choose one class of several have a "
            "loss here; give it a new head: num_classes= in load, or train --new-head"
        )
