"""What the tests of all models share: a generic point, and products counted where they happen."""

import numpy as np

from vitnp import gradcheck, models, tree
from vitnp.ops import group_norm


def generic(config, *, batch=3, dtype="float64", seed=0):
    """Random images and parameters."""
    rng = np.random.default_rng(seed)
    p = gradcheck.random_like(models.of(config).init(None, config, "float64"), rng)
    images = rng.standard_normal((batch, *config.image_size, config.in_channels))
    return images.astype(dtype), tree.map(lambda leaf: leaf.astype(dtype), p)


def counting():
    """(a list, an array type whose @ adds the multiply–adds of each product to the list)."""
    done = []

    class Counting(np.ndarray):
        def __matmul__(self, other):
            product = np.asarray(self) @ np.asarray(other)
            if np.ndim(other) > 1:  # a product with a vector of ones is only a sum
                done.append(product.size * self.shape[-1])
            return product.view(Counting)

        def __rmatmul__(self, other):
            return other.view(Counting) @ self

    return done, Counting


def products_of_a_run(config, monkeypatch, **how):
    """Multiply–adds of one forward pass of one image."""
    done, Counting = counting()
    monkeypatch.setattr(
        group_norm, "place_mean", lambda x: x.mean(axis=(1, 2))
    )  # written as a product, but a sum
    images, p = generic(config, batch=1, dtype="float32")
    models.of(config).forward(images, tree.map(lambda leaf: leaf.view(Counting), p), config, **how)
    return sum(done)


def alike(got, want, rtol=1e-10):
    """The same tree, to the rounding of sums in another order, relative to the largest number of all."""
    largest = max(abs(leaf).max() for _, leaf in tree.leaves(want))
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * largest), got, want)
