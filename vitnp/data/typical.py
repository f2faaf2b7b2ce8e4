"""How large the pictures of a source are, before a model is chosen. Imports its neighbors, `errors`."""

import contextlib

from vitnp.data import photo
from vitnp.errors import InputError

LOOKED_AT = 9  # pictures of a folder, spread over it


def picture_size(source):
    """(height, width) of its pictures; of files, that of a picture of middle area among those looked at.

    Raises InputError where none of these can be read.
    """
    if source.shape is not None:
        return source.shape[:2]
    count = min(LOOKED_AT, len(source))
    paths = [source.paths[i * len(source) // count] for i in range(count)]
    sizes = []
    for path in paths:
        with contextlib.suppress(InputError):  # `on_corrupt` says what becomes of one that cannot be read
            sizes.append(photo.decoded(path).size[::-1])
    if not sizes:
        photo.decoded(paths[0])
    return sorted(sizes, key=lambda size: size[0] * size[1])[len(sizes) // 2]
