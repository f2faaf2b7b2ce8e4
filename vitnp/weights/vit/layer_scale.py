"""LayerScale (Touvron et al., 2021) taken into the layer before it. Imports nothing of vitnp.

    λ·(x·W + b) = x·(W·diag λ) + λ·b

so a block with LayerScale after W_O and after W2 is one of ours with other W_O, b_O, W2 and b2, and nothing is lost but
one rounding. Going back to a layout with LayerScale, λ is 1.
"""

import numpy as np


def folded(array, scale, axis):
    """W or b with its outputs, which lie along `axis`, times λ (D,): in float64, rounded once to the array's dtype."""
    shape = [1] * array.ndim
    shape[axis] = -1
    return (array.astype(np.float64) * scale.astype(np.float64).reshape(shape)).astype(array.dtype)
