"""Augmentation: small random changes to an image that leave its class what it is. Imports nothing of vitnp."""

import numpy as np
import scipy.ndimage

SHIFT = 0.5  # pixels: an image of 8x8 has few to lose
DEGREES = 11.0
SCALE = 0.1


def affine(images, rng, *, shift=SHIFT, degrees=DEGREES, scale=SCALE):
    """Every image shifted, turned and scaled by a little of its own: (n, Hᵢ, Wᵢ, C) → the same shape and dtype.

    Uniform in ±shift pixels both ways, ±degrees about the center, and a size of 1 ± scale. Between the pixels
    the image is a cubic spline, because a linear one would blur; beyond its edge the edge goes on. All draws
    are made before the first image is moved: rng gives the same images again.
    """
    n, height, width, C = images.shape
    shifts = rng.uniform(-shift, shift, (n, 2))
    angle = np.deg2rad(rng.uniform(-degrees, degrees, n))
    size = rng.uniform(1.0 - scale, 1.0 + scale, n)
    cos, sin = np.cos(angle) / size, np.sin(angle) / size
    center = np.array([(height - 1) / 2, (width - 1) / 2])
    moved = np.empty_like(images)
    for i in range(n):
        # SciPy asks the other way round: where a pixel of the result comes from.
        back = np.array([[cos[i], -sin[i]], [sin[i], cos[i]]])
        offset = center - back @ (center + shifts[i])
        for c in range(C):
            scipy.ndimage.affine_transform(
                images[i, :, :, c], back, offset, output=moved[i, :, :, c], order=3, mode="nearest"
            )
    return moved


def mixup(images, labels, rng, *, alpha, num_classes):
    """Every image and its label blended with another of the batch: x ← λ·x + (1 − λ)·x′, λ of Beta(α, α) once a batch.

    images (B, Hᵢ, Wᵢ, C); integer labels (B,) → probabilities (B, num_classes), float32, blended the same way
    (Zhang et al., 2018; the partner is drawn by a permutation, as BiT's released code does).
    """
    share = np.float32(rng.beta(alpha, alpha))
    partner = rng.permutation(len(images))
    t = (labels[:, None] == np.arange(num_classes)).astype(np.float32)
    return tuple(share * x + (np.float32(1.0) - share) * x[partner] for x in (images, t))
