"""The pictures of a trained ViT that are kept with the code, for a notebook: nothing is computed, nothing fetched.

`benchmarks/look_pictures.py` makes them with `vitnp look`; docs/pictures/README.md says of which weights and photos.
"""

from vitnp.errors import need_near
from vitnp.system import shipped

FOLDERS = (shipped.folder("docs") / "pictures",)


class Kept:
    """A PNG that is there, shown by a notebook as it shows a figure."""

    def __init__(self, path):
        self.path = path

    def __repr__(self):
        return self.path.name

    def _repr_png_(self):
        return self.path.read_bytes()


def trained(name):
    """The picture look-NAME.png of a trained ViT, such as `trained("query")`. Raises InputError for another name."""
    there = {
        path.stem.removeprefix("look-"): path for folder in FOLDERS for path in folder.glob("look-*.png")
    }
    need_near("picture", name, sorted(there))
    return Kept(there[name])
