"""The thin object: a configuration and its parameters together. It holds no mathematics."""

import numpy as np

from vitnp import backend as backends
from vitnp import checkpoints, parallel, tree, vit
from vitnp.config import preset


class ViT:
    """`ViT("B/16")` or `ViT(config, p)`: call it for logits; for people used to PyTorch.

    Without p, the initial parameters are drawn from `seed`, on the host: the same numbers on every backend.
    backend "cupy" or "auto" (see `backend.get`) puts the parameters on the GPU; then all is done there. None
    leaves p where it is.
    """

    def __init__(self, config, p=None, *, seed=0, dtype=np.float32, backend=None):
        self.config = preset(config) if isinstance(config, str) else config
        self.p = vit.init(np.random.default_rng(seed), self.config, dtype) if p is None else p
        if backend is not None:
            self.p = backends.to_device(self.p, backends.get(backend))

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
    def load(cls, path, *, backend=None, **options):
        """Read a checkpoint of any format, see `checkpoints.load`."""
        p, config = checkpoints.load(path, **options)
        return cls(config, p, backend=backend)

    def __repr__(self):
        return f"ViT({self.config}, {tree.count(self.p):,} parameters)"
