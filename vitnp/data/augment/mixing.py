"""mixup: two images, and their labels, in one."""

import numpy as np


def mixup(images, labels, rng, *, alpha, num_classes):
    """Each image and its label mixed with another of the batch: x ← λ·x + (1 − λ)·x′, λ ~ Beta(α, α), one per batch.

    images (B, Hᵢ, Wᵢ, C); integer labels (B,) → probabilities (B, num_classes), float32, mixed the same way
    (Zhang et al., 2018; the partners are a permutation of the batch, as in BiT's released code).
    """
    lam = np.float32(rng.beta(alpha, alpha))  # λ
    partner = rng.permutation(len(images))
    t = (labels[:, None] == np.arange(num_classes)).astype(np.float32)
    return tuple(lam * x + (np.float32(1.0) - lam) * x[partner] for x in (images, t))
