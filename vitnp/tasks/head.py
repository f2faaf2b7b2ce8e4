"""Training the head alone, the backbone frozen: no backward below the head. Imports `parallel`, `loss`, `ops.linear`.

The frozen part runs as in evaluation, without dropout.
"""

import dataclasses

from vitnp import tree
from vitnp.engine import loss
from vitnp.engine.batch import predict
from vitnp.ops import linear


def learned(p):
    """The leaves that learn, as a tree of its own that shares p's arrays."""
    return {"classify": {"head": p["classify"]["head"]}}


def loss_and_grads(images, labels, p, config, *, workers=None, label_smoothing=0.0, part=None):
    """The mean cross-entropy over the batch, and its gradient for the head: a number, a tree like `learned(p)`.

        z = r·W + b,   r the representation that the frozen part gives

    images (B, Hᵢ, Wᵢ, C); labels and part as for `parallel.loss_and_grads`.
    """
    if part and not len(images):
        return 0.0, tree.map(lambda leaf: leaf * 0.0, learned(p))
    weight = len(images) / part[1] if part else 1.0
    below = {name: layer for name, layer in p["classify"].items() if name != "head"}
    body = dataclasses.replace(config, num_classes=0)
    r = predict(images, p | {"classify": below}, body, workers=workers)  # (B, D)
    logits, saved = linear.forward(r, p["classify"]["head"])
    value, saved_loss = loss.forward(logits, labels, label_smoothing=label_smoothing)
    _, dp = linear.backward(loss.backward(weight, saved_loss), saved)
    return value * weight, {"classify": {"head": dp}}
