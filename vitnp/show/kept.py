"""The pictures of a trained ViT that are kept with the code, for a notebook: nothing is computed, nothing fetched.

`benchmarks/look_pictures.py` makes them with `vitnp look`; docs/pictures/README.md says of which weights and photos.
"""

from vitnp.errors import need_near
from vitnp.system import language, shipped

FOLDER = shipped.folder("docs") / "pictures"


class Kept:
    """A PNG that is there, shown by a notebook as it shows a figure."""

    def __init__(self, path):
        self.path = path

    def __repr__(self):
        return self.path.name

    def _repr_png_(self):
        return self.path.read_bytes()


def trained(name):
    """The picture look-NAME.png of a trained ViT, such as `trained("query")`, in the reader's language.

    Raises InputError for another name.
    """
    there = _in(FOLDER)
    if language.chosen() == "ko":
        there |= _in(FOLDER / "ko")
    need_near("picture", name, sorted(there))
    return Kept(there[name])


def _in(folder):
    """{name: path} of the pictures in a folder."""
    return {path.stem.removeprefix("look-"): path for path in folder.glob("look-*.png")}
