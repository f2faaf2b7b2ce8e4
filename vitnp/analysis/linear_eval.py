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
from vitnp.inputs.checks import check_generator, check_labels, check_parameters, listed

# As the released code: with features of variance 1 the constant 100 leaves the bias almost free of the penalty.
CONSTANT = 100.0
L2 = 1024.0
EPS = 1e-5
FLOATS = tuple(map(np.dtype, ("float32", "float64")))  # of which NumPy solves systems


class Linear(NamedTuple):
    """A fitted classifier of representations."""

    mean: Any  # (D,)
    std: Any  # (D,)
    W: Any  # (D + 1, classes); the last row times CONSTANT is the bias


def features(images, p, config, *, workers=None, batch_size=64):
    """The frozen model's representations (n, D) of images (n, Hᵢ, Wᵢ, C), in float64 on the host.

    What step 8 hands to the head: the class token or the mean, and the pre-logits layer where the model has one.
    """
    check_parameters(p, models.of(config).init, config)  # with its head, which is left out below
    r = batch.predict(images, *models.below_head(p, config), workers=workers, batch_size=batch_size)
    return arrays.to_host({"r": r})["r"].astype(np.float64)


def fit(x, labels, num_classes, *, l2=L2):
    """The `Linear` of representations x (n, D) and labels (n,) that makes the regularized squares least.

        W = argmin ‖X·W − Y‖² + l2·‖W‖² = (XᵀX + l2·1)⁻¹·XᵀY = Xᵀ·(XXᵀ + l2·1)⁻¹·Y

    X: x less its mean, over its standard deviation + 10⁻⁵, and a last column of 100; Y (n, classes): 1 for the class,
    −1 for the others. Of the two forms the smaller system is solved. As the released code (ViT §4.1).
    Raises InputError for representations, labels or an l2 that nothing can be fitted to.
    """
    l2 = need_real("l2", l2, low=0, below=np.inf, open_at_low=True)
    need_int("num_classes", num_classes, at_least=1)
    check_features(x, "there are no images to fit to; give at least one of each class")
    labels = classes_of(labels, len(x), num_classes)
    with np.errstate(all="ignore"):  # what is not finite is refused
        mean, std = x.mean(0), x.std(0) + EPS
        X = standardized(x, mean, std)
        Y = np.where(np.arange(num_classes) == labels[:, None], 1.0, -1.0)
        W = solution(X, Y, l2)
    if not (np.isfinite(W).all() and np.isfinite(std).all()):
        raise InputError("the system has no finite solution: x is too large, or l2 too small for it")
    return Linear(mean, std, W)


def solution(X, Y, l2):
    """The W of `fit`, from the smaller of the two systems; NaN where it is singular."""
    n, D = X.shape
    try:
        if n < D:
            return X.T @ np.linalg.solve(X @ X.T + l2 * np.eye(n), Y)
        return np.linalg.solve(X.T @ X + l2 * np.eye(D), X.T @ Y)
    except np.linalg.LinAlgError:
        return np.full((D, Y.shape[1]), np.nan)


def check_features(x, empty, linear=None):
    """Raise InputError unless x is representations (n, D), of those that linear is for; empty: the line for n = 0."""
    arrays.need_array("x", x, " of representations (n, D)")
    if x.ndim != 2 or x.dtype not in FLOATS or not x.shape[1] or not arrays.on_host(x):
        raise InputError(
            f"x is {x.dtype} of shape {x.shape}; need float32 or float64 (n, D) on the host, as `features` gives"
        )
    if not len(x):
        raise InputError(empty)
    if linear is not None and x.shape[1:] != linear.mean.shape:
        raise InputError(f"x has {x.shape[1]} numbers per image; the fit was to {len(linear.mean)}")
    if not np.isfinite(x).all():
        raise InputError("x holds values that are NaN or infinite; every value must be finite")


def need_linear(linear):
    """Raise InputError unless it is a `Linear`."""
    if not isinstance(linear, Linear):
        raise InputError(f"linear is a {type(linear).__name__}; need what linear_eval.fit returned")


def classes_of(labels, n, num_classes):
    """The labels (n,), which may be a list, as an array; n None: any number. Raises InputError for other ones."""
    labels = listed("labels", labels)
    n = labels.size if n is None else n
    check_labels(labels, n, num_classes)
    if labels.ndim != 1:
        raise InputError(f"labels have shape {labels.shape}; need ({n},), the classes themselves")
    return labels


def scores(x, linear):
    """The scores (n, classes) of representations x (n, D); the largest is the class."""
    need_linear(linear)
    check_features(x, "there are no images to score; give at least one", linear)
    return standardized(x, linear.mean, linear.std) @ linear.W


def standardized(x, mean, std):
    """(x − mean)/std with a last column of `CONSTANT`: (n, D) → (n, D + 1)."""
    return np.concatenate([(x - mean) / std, np.full((len(x), 1), CONSTANT)], axis=1)


def shots_of(labels, shots, num_classes, rng):
    """The rows of `shots` images of each class, drawn without putting back: (classes·shots,), class by class.

    Raises InputError for a class with fewer.
    """
    need_int("shots", shots, at_least=1)
    need_int("num_classes", num_classes, at_least=1)
    check_generator(rng, needed=True)
    labels = classes_of(labels, None, num_classes)
    rows = []
    for label in range(num_classes):
        own = np.flatnonzero(labels == label)
        if len(own) < shots:
            raise InputError(
                f"class {label} has {len(own)} training images; need {shots}: ask for fewer shots"
            )
        rows.append(rng.choice(own, shots, replace=False))
    return np.concatenate(rows)


def accuracy(x, labels, linear):
    """The share of representations whose largest score is the label's, 0…1."""
    need_linear(linear)
    check_features(x, "there are no images to test; give at least one", linear)
    labels = classes_of(labels, len(x), linear.W.shape[1])
    return float((scores(x, linear).argmax(-1) == labels).mean())
