"""The room of data: real images and their labels as arrays, and the small random changes that augment them.

Wherever a data set was read from, it is a `DataSet`, and `load` finds one by its name. Imports `errors`; nothing of
the model. scikit-learn and Pillow are loaded only when something is read with them.
"""

from typing import Any, NamedTuple

from vitnp.errors import InputError

NAMES = ("digits",)


class DataSet(NamedTuple):
    """Images to learn from and images to test with: (n, Hᵢ, Wᵢ, C) float32 in [−1, 1], labels (n,) integers."""

    train_images: Any
    train_labels: Any
    test_images: Any
    test_labels: Any
    class_names: tuple  # class_names[label] is what people call it


def load(name, seed=0):
    """The `DataSet` called `name`, split by seed. Raises InputError for an unknown name."""
    if name not in NAMES:
        raise InputError(f'data set "{name}" is unknown; choose from {", ".join(NAMES)}')
    from vitnp.data import digits

    return digits.load(seed)
