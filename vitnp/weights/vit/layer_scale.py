"""LayerScale (Touvron et al., 2021) taken into the layer before it. Imports `stored`, `names`.

    λ·(x·W + b) = x·(W·diag λ) + λ·b

so a block with LayerScale after W_O and after W2 is one of ours with other W_O, b_O, W2 and b2, and nothing is lost but
one rounding. Going back to a layout with LayerScale, λ is 1.
"""

import numpy as np

from vitnp.weights.stored import widened
from vitnp.weights.vit.names import names

NOTE = "LayerScale is taken into W_O, b_O, W2 and b2 of every block, rounded once"
# The name of λ after each layer, and the two parameters of that layer.
LAYERS = (
    ("attention.W_O", "attention.b_O"),
    ("feed_forward.W2", "feed_forward.b2"),
)
SCALES = {
    "timm": ("blocks.{i}.ls1.gamma", "blocks.{i}.ls2.gamma"),
    "huggingface": (
        "vit.encoder.layer.{i}.layer_scale1.lambda1",
        "vit.encoder.layer.{i}.layer_scale2.lambda1",
    ),
}


def folded(array, scale, axis):
    """W or b with its outputs, which lie along `axis`, times λ (D,): in float64, rounded once to the array's dtype."""
    shape = [1] * array.ndim
    shape[axis] = -1
    return (array.astype(np.float64) * scale.astype(np.float64).reshape(shape)).astype(array.dtype)


def is_in(family, found):
    """Whether a name among these, in the spelling of `names.TABLES`, is that of a λ."""
    endings = tuple(name.partition("{i}")[2] for name in SCALES.get(family, ()))
    return bool(endings) and any(name.endswith(endings) for name in found)


def expected(family, config):
    """{λ's name: ({our parameter that takes it in: its shape}, λ's shape)} of every block, as `loading.expected`."""
    D, M = config.hidden_size, config.mlp_dim
    shapes = {"W_O": (D, D), "b_O": (D,), "W2": (M, D), "b2": (D,)}
    return {
        scale.format(i=i): ({f"blocks.{i}.{leaf}": shapes[leaf.rpartition(".")[2]] for leaf in leaves}, (D,))
        for i in range(config.num_layers)
        for scale, leaves in zip(SCALES[family], LAYERS, strict=True)
    }


def taken_in(family, config, fitting):
    """The same arrays, {name: (name in the file, our names, Stored)}, each W and b of a λ as it is with it taken in."""
    theirs, found = names(family, config.num_layers), dict(fitting)
    for scale, (ours, _) in expected(family, config).items():
        for name in (theirs[leaf] for leaf in ours):
            if scale in fitting and name in fitting:
                in_file, leaves, stored = fitting[name]
                found[name] = in_file, leaves, _with(stored, fitting[scale][2])
    return found


def _with(stored, scale):
    """A Stored W (out, in) or b (out,) of PyTorch's layout, times λ."""
    return stored._replace(read=lambda: folded(widened(stored.read()), widened(scale.read()), axis=0))
