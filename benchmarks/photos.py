"""The photos of a trained ViT's pictures and experiments, found in the packages that bring them."""

import importlib.util
from pathlib import Path

from vitnp.errors import InputError, install

PLACES = {"skimage": "data", "sklearn": "datasets/images", "matplotlib": "mpl-data/sample_data"}


def found(photo, folder=None):
    """The path of a photo: in the folder, if one is given and has it; else in a package that is installed."""
    folders = [*([Path(folder)] if folder else []), *in_packages()]
    path = next((place / photo for place in folders if (place / photo).exists()), None)
    if path is None:
        where = f"in {folder} or " if folder else ""
        raise InputError(
            f"there is no {photo} {where}in the packages that are installed; {install('photos')}, or name the folder "
            "with --photos"
        )
    return path


def in_packages():
    """The folders of photos in the packages that are installed."""
    for package, place in PLACES.items():
        if spec := importlib.util.find_spec(package):
            yield Path(spec.origin).parent / place
