"""Pictures in files as a source. Imports its neighbors, `system`, `errors`.

Only paths are kept; a picture is decoded when it is read, so memory does not grow with the folder. Gray, palette, CMYK,
transparent and 16-bit pictures are converted to the model's channels, see `photo.read`.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vitnp.data import photo, preprocess
from vitnp.data.listing import composed
from vitnp.data.sources import ImageSource
from vitnp.errors import InputError
from vitnp.system import cores, threads


class Unreadable(InputError):
    """A picture cannot be read: a training may leave such pictures out."""


class FolderSource(ImageSource):
    """Pictures in files, decoded when they are read.

    crop, a name of `augment.BOXES`, cuts a random part of each picture when it is read with a generator, as for
    training; without one a picture is prepared by `config.preprocessing`, as `vitnp predict` does. With config None
    it is not known yet what the pictures are to become, so none can be read.
    """

    def __init__(self, paths, labels, config=None, *, crop=None):
        self.paths, self.labels = list(paths), np.asarray(labels, np.intp)
        self.config, self.does = config, (crop,) if crop else ()
        self.shape = config and (*config.image_size, config.in_channels)

    def __len__(self):
        return len(self.paths)

    @property
    def files(self):
        """The names of the files, in NFC."""
        return [composed(path.name) for path in self.paths]

    def images(self, rows, rng=None):
        """float32 (len(rows), Hᵢ, Wᵢ, C), by default −1 … 1. Raises InputError naming a picture that cannot be read."""
        x = np.empty((len(rows), *self.shape), np.float32)
        for i, row in enumerate(rows):
            x[i] = self.image(self.paths[row], rng if self.does else None)
        return x

    def image(self, path, rng=None):
        """One picture, (Hᵢ, Wᵢ, C)."""
        try:
            picture = photo.read(path, in_channels=self.config.in_channels)
        except InputError as problem:
            raise Unreadable(problem) from None
        if rng is None:
            return preprocess.apply(picture, self.config, name=path)
        return preprocess.random_part(picture, self.config, rng, *self.does)


def readable(train, test, config, say):
    """The pairs whose pictures can be read; the others are named."""
    probe = FolderSource([], [], config)

    def problem(pair):
        try:
            probe.image(pair[0])
        except InputError as problem:
            return str(problem)
        return None

    if threads.can_start():
        with ThreadPoolExecutor(min(8, len(cores.own()))) as pool:
            problems = list(pool.map(problem, [*train, *test]))
    else:
        problems = [problem(pair) for pair in [*train, *test]]
    bad = sorted(text for text in problems if text)  # whatever the seed of the split is
    kept, before = iter(problems), len({label for _, label in train})
    train, test = ([pair for pair in part if not next(kept)] for part in (train, test))
    if bad and say:
        total = len(problems)
        say(
            f"{len(bad):,} of {total:,} pictures left out: {'; '.join(bad[:5])}{' …' if len(bad) > 5 else ''}"
        )
    if len({label for _, label in train}) < before or not test:
        raise InputError(
            f"{len(bad):,} of {len(problems):,} pictures cannot be read; too few are left. {bad[0]}"
        )
    return train, test
