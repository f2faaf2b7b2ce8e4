"""The thin object: a configuration and its parameters together. It holds no mathematics."""

import numpy as np

from vitnp import checkpoints, parallel, tree, vit
from vitnp.config import preset


class ViT:
    """`ViT("B/16")` or `ViT(config, p)`: call it for logits; for people used to PyTorch.

    Without p, the initial parameters are drawn from `seed`.
    """

    def __init__(self, config, p=None, *, seed=0, dtype=np.float32):
        self.config = preset(config) if isinstance(config, str) else config
        self.p = vit.init(np.random.default_rng(seed), self.config, dtype) if p is None else p

    def __call__(self, images, *, workers=None):
        """Images (B, Hᵢ, Wᵢ, C) → logits (B, classes)."""
        return parallel.predict(images, self.p, self.config, workers=workers)

    def loss_and_grads(self, images, labels, **options):
        """See `vitnp.loss_and_grads`."""
        return parallel.loss_and_grads(images, labels, self.p, self.config, **options)

    def save(self, path, **options):
        """Write the parameters and the configuration, see `checkpoints.save`."""
        checkpoints.save(path, self.p, self.config, **options)

    @classmethod
    def load(cls, path, **options):
        """Read a checkpoint of any format, see `checkpoints.load`."""
        p, config = checkpoints.load(path, **options)
        return cls(config, p)

    def __repr__(self):
        return f"ViT({self.config}, {tree.count(self.p):,} parameters)"
