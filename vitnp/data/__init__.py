"""The room of data: real images and their labels, and the small random changes that augment them.

Wherever it was read from, a data set is a `DataSet` of two `Source`s and the classes' names (`sources.py` says what
they promise); `load` finds one by its name, `batches` reads it ahead of the model. Imports `errors`; nothing of the
model. scikit-learn and Pillow are loaded only when something is read with them.
"""

from vitnp.data.loader import batches
from vitnp.data.sources import ArraySource, DataSet, Source
from vitnp.errors import InputError

__all__ = ["NAMES", "ArraySource", "DataSet", "Source", "batches", "load"]

NAMES = ("digits",)


def load(name, *, seed=0):
    """The `DataSet` called `name`, split by seed. Raises InputError for an unknown name."""
    if name not in NAMES:
        raise InputError(f'data set "{name}" is unknown; choose from {", ".join(NAMES)}')
    from vitnp.data import digits

    return digits.load(seed)
