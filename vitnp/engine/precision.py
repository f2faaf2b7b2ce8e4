"""float16: what of a model is in half the bytes, and how to train so. Imports `tree`, `errors`.

Weights and activations are float16; statistics, softmax and loss are computed in float32 (`backend.tiles`), and matrix
products add up in float32. For inference that is all: `predict(images, cast(p, "float16"), config)`.

Training keeps the parameters themselves in float32, because one update is often smaller than their last bit in
float16, and scales the loss, because most gradients of a ViT are smaller than float16's smallest number:

    half = cast(p, float16)                          forward and backward with these
    g    = ∂(s·loss)/∂half, in float32, divided by s
    ‖g‖ finite:  the update is made; after 2000 such steps in a row s is doubled
    else:        the step is left out, s is halved

(Micikevicius et al., 2018, "Mixed precision training", §3; the numbers are PyTorch's GradScaler's, except for its
backoff, which is the same ½.) A step looks like this, and the one number it waits for is the norm:

    loss, dp = loss_and_grads(images, labels, precision.cast(p, "float16"), config, loss_scale=scale.value)
    dp       = precision.unscaled(dp, scale)
    norm     = float(optim.clip(dp, max_norm))
    scale    = scale.after(norm)
    if math.isfinite(norm):
        optim.update(p, dp, state, lr=lr)
"""

import math
from typing import NamedTuple

from vitnp import tree
from vitnp.errors import InputError

DTYPES = ("float32", "float16")
GOOD_STEPS = 2000  # in a row, before the scale is doubled
LARGEST = 2.0**24  # beyond it the smallest float16 already stands for a gradient of 2⁻⁴⁸


class LossScale(NamedTuple):
    """What the loss is multiplied by before the backward pass; two numbers, to be kept with the optimizer's state."""

    value: float = 2.0**16
    good_steps: int = 0  # since the scale last changed

    def after(self, norm):
        """The scale for the next step, from the norm of this step's gradients, or any number not finite if they are.

        Raises InputError where even the scale 1 gives gradients that are not finite: no scale can help then.
        """
        if not math.isfinite(norm):
            if self.value <= 1.0:
                raise InputError(
                    "the gradients are not finite in float16 even without a loss scale; begin anew with a smaller lr, "
                    "or with --dtype float32"
                )
            return LossScale(self.value / 2.0)
        if self.good_steps + 1 < GOOD_STEPS:
            return LossScale(self.value, self.good_steps + 1)
        return LossScale(min(2.0 * self.value, LARGEST))


def cast(p, dtype):
    """The same tree in another dtype; leaves that have it already are not copied."""
    return tree.map(lambda leaf: leaf.astype(dtype, copy=False), p)


def unscaled(dp, scale):
    """The gradients of the loss in float32, from those of scale.value·loss."""
    return tree.map(lambda g: g.astype("float32") * (1.0 / scale.value), dp)
