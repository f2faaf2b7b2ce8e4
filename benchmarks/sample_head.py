"""A head for DINOv2's ViT-S/14, which was trained without labels: what the sample pages need for a loss and gradients.

[CLS] of random squares of the left halves of eight photos → multinomial logistic regression; measured on squares of the
right halves. The head is linear, so with it the model is an ordinary classifier of eight classes.
"""

import dataclasses

import numpy as np
from photos import found
from PIL import Image
from sklearn.linear_model import LogisticRegression

from vitnp.analysis import linear_eval
from vitnp.data import preprocess

CLASSES = {
    "cat": "chelsea.png",
    "astronaut": "astronaut.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "motorcycle": "motorcycle_left.png",
    "Grace Hopper": "grace_hopper.jpg",
    "pagoda": "china.jpg",
    "flower": "flower.jpg",
}
CROPS = 24  # of each half of each photo
SIDE = (0.7, 1.0)  # of a square: its side ÷ the shorter side of the half
C = 0.01  # scikit-learn's inverse of the penalty's strength: small, so that a probability is not simply 1


def squares(image, half, count, rng):
    """Random squares of the left (0) or right (1) half of a picture, as pictures of their own size."""
    width, height = image.width // 2, image.height
    for _ in range(count):
        side = round(min(width, height) * rng.uniform(*SIDE))
        left, top = rng.integers(width - side + 1), rng.integers(height - side + 1)
        left += half * width
        yield image.crop((left, top, left + side, top + side))


def crops(half, config, folder=None):
    """(images (n, Hᵢ, Wᵢ, 3) ready for the model, labels (n,)) of one half of every photo; the same every time."""
    images, labels = [], []
    for label, photo in enumerate(CLASSES.values()):
        rng = np.random.default_rng([half, label])
        with Image.open(found(photo, folder)) as image:
            for square in squares(image.convert("RGB"), half, CROPS, rng):
                images.append(preprocess.apply(square, config))
                labels.append(label)
    return np.stack(images), np.array(labels)


def with_head(p, config, folder=None):
    """(p, config) with a head, and its accuracy on the squares of the right halves that it has not seen."""
    images, labels = crops(0, config, folder)
    fitted = LogisticRegression(C=C, max_iter=2000, tol=1e-8).fit(
        linear_eval.features(images, p, config), labels
    )
    images, truth = crops(1, config, folder)
    accuracy = fitted.score(linear_eval.features(images, p, config), truth)
    head = {"W": fitted.coef_.T.astype(np.float32), "b": fitted.intercept_.astype(np.float32)}
    config = dataclasses.replace(config, num_classes=len(CLASSES))
    return p | {"classify": p["classify"] | {"head": head}}, config, accuracy
