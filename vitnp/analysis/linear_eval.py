"""Few-shot linear evaluation: how good a frozen model's representation is, by a classifier in closed form.

k images a class are shown; a linear map from their representations to targets of ±1 is fitted by regularized least
squares (ViT §4.1), in one solution of a linear system and no training.
"""

from typing import Any, NamedTuple

import numpy as np

from vitnp import models
from vitnp.backend import arrays
from vitnp.engine import batch
from vitnp.errors import InputError, need_int, need_real

# As the released code: with features of variance 1 the constant 100 leaves the bias almost free of the penalty.
CONSTANT = 100.0
L2 = 1024.0
EPS = 1e-5


class Linear(NamedTuple):
    """A fitted classifier of representations."""

    mean: Any  # (D,)
    std: Any  # (D,)
    W: Any  # (D + 1, classes); the last row times CONSTANT is the bias


def features(images, p, config, *, workers=None, batch_size=64):
    """The frozen model's representations (n, D) of images (n, Hᵢ, Wᵢ, C), in float64 on the host.

    What step 8 hands to the head: the class token or the mean, and the pre-logits layer where the model has one.
    """
    r = batch.predict(images, *models.below_head(p, config), workers=workers, batch_size=batch_size)
    return arrays.to_host({"r": r})["r"].astype(np.float64)


def fit(x, labels, num_classes, *, l2=L2):
    """The `Linear` of representations x (n, D) and labels (n,) that makes the regularized squares least.

        W = argmin ‖X·W − Y‖² + l2·‖W‖² = (XᵀX + l2·1)⁻¹·XᵀY = Xᵀ·(XXᵀ + l2·1)⁻¹·Y

    X: x less its mean, over its standard deviation + 10⁻⁵, and a last column of 100; Y (n, classes): 1 for the class,
    −1 for the others. Of the two forms the smaller system is solved. As the released code (ViT §4.1).
    """
    need_real("l2", l2, low=0, below=np.inf, open_at_low=True)
    if not len(x):
        raise InputError("there are no images to fit to; give at least one of each class")
    mean, std = x.mean(0), x.std(0) + EPS
    X = standardized(x, mean, std)
    Y = np.where(np.arange(num_classes) == np.asarray(labels)[:, None], 1.0, -1.0)
    n, D = X.shape
    if n < D:
        W = X.T @ np.linalg.solve(X @ X.T + l2 * np.eye(n), Y)
    else:
        W = np.linalg.solve(X.T @ X + l2 * np.eye(D), X.T @ Y)
    return Linear(mean, std, W)


def scores(x, linear):
    """The scores (n, classes) of representations x (n, D); the largest is the class."""
    return standardized(x, linear.mean, linear.std) @ linear.W


def standardized(x, mean, std):
    """(x − mean)/std with a last column of `CONSTANT`: (n, D) → (n, D + 1)."""
    return np.concatenate([(x - mean) / std, np.full((len(x), 1), CONSTANT)], axis=1)


def shots_of(labels, shots, num_classes, rng):
    """The rows of `shots` images of each class, drawn without putting back: (classes·shots,), class by class.

    Raises InputError for a class with fewer.
    """
    need_int("shots", shots, at_least=1)
    rows = []
    for label in range(num_classes):
        own = np.flatnonzero(np.asarray(labels) == label)
        if len(own) < shots:
            raise InputError(
                f"class {label} has {len(own)} training images; need {shots}: ask for fewer shots"
            )
        rows.append(rng.choice(own, shots, replace=False))
    return np.concatenate(rows)


def accuracy(x, labels, linear):
    """The share of representations whose largest score is the label's, 0…1."""
    if not len(x):
        raise InputError("there are no images to test; give at least one")
    return float((scores(x, linear).argmax(-1) == np.asarray(labels)).mean())
