"""Copies of the working tree, one for each worker, in which one file at a time is another one."""

import itertools
import os
import shutil

COPIED = ("vitnp", "tests", "benchmarks")  # the rest is read only, and linked to
NOT_COPIED = shutil.ignore_patterns(".*")  # compiled files are: a copied file keeps its time, so they fit
MOMENTS = itertools.count(1_000_000_000)  # a file's time, so that no compiled file is taken for another's


class Tree:
    """A copy of the working tree."""

    def __init__(self, root, folder):
        self.root, self.folder = root, folder
        folder.mkdir(parents=True)
        for path in root.iterdir():
            if path.name in (".git", "__pycache__"):
                continue
            if path.name in COPIED:
                shutil.copytree(path, folder / path.name, ignore=NOT_COPIED)
            elif path.is_file():
                shutil.copy2(path, folder / path.name)
            elif not path.name.startswith("."):
                (folder / path.name).symlink_to(path)
        self.changed = None

    def change(self, file, source):
        """Write the file, and no other than it."""
        self.restore()
        path = self.folder / file
        path.write_text(source, "utf-8", newline="")
        moment = next(MOMENTS)
        os.utime(path, (moment, moment))
        self.changed = file

    def restore(self):
        """The tree as it was."""
        if self.changed:
            shutil.copy2(self.root / self.changed, self.folder / self.changed)
        self.changed = None
