"""Sets of labeled images, and their augmentation.

A data set is a `DataSet`: a training and a test `Source`, and the names of the classes (`sources.py` documents both).
`load` finds a data set by its name, `fitted` makes its pictures what a model takes, `batches` reads batches before the
model needs them. scikit-learn and Pillow are imported only when they are needed. Imports `inputs`, `system`, `errors`.

| name | images (training + test) | shape | classes |
|---|---|---|---|
| digits | 1,437 + 360, split by seed | 8x8x1 | 10 |
| mnist, fashion-mnist | 60,000 + 10,000 | 28x28x1 | 10 |
| cifar10, cifar100 | 50,000 + 10,000 | 32x32x3 | 10, 100 |
| folder | the pictures in it | image_size x 3 | one per folder |

Values are −1 … 1: x/127.5 − 1 for pixels 0 … 255. For pictures of a folder, `preprocessing` can ask for other values.
The shapes are the pictures' own; `fitted` has any set in the size of any model. Pairs of sentences are in `sentences/`.
"""

import os

from vitnp.data.few import distinct, few, held_out, part, repeated
from vitnp.data.fitting import fitted
from vitnp.data.loader import batches
from vitnp.data.sources import ArraySource, DataSet, ImageSource, Source
from vitnp.data.typical import picture_size
from vitnp.errors import InputError, did_you_mean, known, need_int, quoted
from vitnp.inputs.images import ImageConfig

__all__ = [
    "NAMES",
    "SETS",
    "ArraySource",
    "DataSet",
    "ImageSource",
    "Source",
    "batches",
    "distinct",
    "few",
    "fitted",
    "held_out",
    "load",
    "opened",
    "part",
    "picture_size",
    "repeated",
]

SETS = (
    "digits",
    "mnist",
    "fashion-mnist",
    "cifar10",
    "cifar100",
)  # that --data takes, beside the path of a folder
NAMES = (*SETS, "folder")


def load(name, *, seed=0, folder=None, image_size=None, **pictures):
    """The `DataSet` called `name`.

    folder holds its files; without a folder they come from the cache, or are downloaded. The name "folder" stands for
    the user's own pictures: it needs folder and image_size, and takes the options of `folder.load`. image_size of any
    other set: its pictures stretched to that size. seed splits a set that has no split of its own. Raises InputError
    for an unknown name, an invalid size or seed, and files that are missing, incomplete or of another kind.
    """
    if not known(name, NAMES):
        hint = did_you_mean(name, NAMES)
        raise InputError(f"data set {quoted(name)} is unknown; {hint}choose from {', '.join(NAMES)}")
    need_int("seed", seed, at_least=0, at_most=2**32 - 1)
    if name == "folder":
        if folder is None:
            raise InputError(
                "which folder? give the path of one that holds a folder of pictures for each class"
            )
        from vitnp.data import folder as pictures_of

        return pictures_of.load(folder, image_size=image_size, seed=seed, **pictures)
    if pictures:
        raise InputError(
            f"{name} takes no {', '.join(pictures)}, which are of folders of pictures; leave it out"
        )
    found = own_set(name, seed, folder)
    if image_size is None:
        return found
    return fitted(found, ImageConfig(image_size=image_size, in_channels=found.train.shape[2]))


def own_set(name, seed, folder):
    """The set as it was published."""
    if name == "digits":
        from vitnp.data import digits

        return digits.load(seed)
    if name.startswith("cifar"):
        from vitnp.data import cifar

        return cifar.load(name, folder)
    from vitnp.data import idx

    return idx.load(name, folder)


def opened(given, *, seed=0):
    """The `DataSet` that --data says, a name or a folder, before a model is chosen; `fitted` goes on from it."""
    name, folder = place(given)
    if folder is None:
        return load(name, seed=seed)
    from vitnp.data import folder as pictures_of

    return pictures_of.unread(folder, seed)


def place(given):
    """(name of the data set, its folder) that --data says: a name, or a folder of pictures."""
    if given in SETS:  # a set's name goes before a folder called so
        return given, None
    if os.path.isdir(given):
        return "folder", given
    sets = ", ".join(SETS)
    if os.path.basename(given) != given:
        raise InputError(f"there is no folder {given}; give a folder of pictures, or one of {sets}")
    raise InputError(
        f"data set {quoted(given)} is unknown; {did_you_mean(given, SETS)}choose from {sets}, or give the path of a "
        "folder of pictures"
    )
