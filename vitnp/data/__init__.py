"""The room of data: real images and their labels, and the small random changes that augment them.

Wherever it was read from, a data set is a `DataSet` of two `Source`s and the classes' names (`sources.py` says what
they promise); `load` finds one by its name, `batches` reads it ahead of the model. Imports `config`, `system`,
`errors`; nothing of the model. scikit-learn and Pillow are loaded only when
needed.

| name | images (train + test) | shape | classes |
|---|---|---|---|
| digits | 1,437 + 360, split by seed | 8x8x1 | 10 |
| mnist, fashion-mnist | 60,000 + 10,000 | 28x28x1 | 10 |
| cifar10, cifar100 | 50,000 + 10,000 | 32x32x3 | 10, 100 |
| folder | what is there | image_size x 3 | one a folder |

Values are −1 … 1: x/127.5 − 1 of bytes, or what the model's `config.preprocessing` says for pictures of a folder.
"""

from pathlib import Path

from vitnp.data.few import few
from vitnp.data.loader import batches
from vitnp.data.sources import ArraySource, DataSet, Source
from vitnp.errors import InputError, did_you_mean, need_int

__all__ = ["NAMES", "ArraySource", "DataSet", "Source", "batches", "few", "load"]

NAMES = ("digits", "mnist", "fashion-mnist", "cifar10", "cifar100", "folder")


def load(name, *, seed=0, folder=None, image_size=None, **pictures):
    """The `DataSet` called `name`.

    folder is where the files lie; without it they come from the cache, or the network. "folder" is one's own pictures:
    it needs folder and image_size, and takes what `folder.load` takes. seed splits what has no split of its own.
    Raises InputError for an unknown name, a size or seed that is none, and files that are missing, cut short or of
    another kind.
    """
    if name not in NAMES:
        hint = did_you_mean(name, NAMES)
        raise InputError(f'data set "{name}" is unknown; {hint}choose from {", ".join(NAMES)}')
    need_int("seed", seed, at_least=0, at_most=2**32 - 1)
    if name == "folder":
        if folder is None:
            raise InputError(
                "which folder? give the path of one that holds a folder of pictures for each class"
            )
        from vitnp.data import folder as pictures_of

        return pictures_of.load(folder, image_size=image_size, seed=seed, **pictures)
    if name == "digits":
        from vitnp.data import digits

        return digits.load(seed)
    if name.startswith("cifar"):
        from vitnp.data import cifar

        return cifar.load(name, folder)
    from vitnp.data import idx

    return idx.load(name, folder)


def place(given):
    """(name of the data set, its folder) that --data says: a name, or a folder of pictures."""
    if given not in NAMES and Path(given).is_dir():  # a set's name goes before a folder called so
        return "folder", given
    if given not in NAMES and Path(given).name != given:
        sets = ", ".join(name for name in NAMES if name != "folder")
        raise InputError(f"there is no folder {given}; give a folder of pictures, or one of {sets}")
    return given, None
