"""The files that others publish a data set as: found in a folder or in the cache, or downloaded. Imports `system`."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from vitnp.errors import InputError
from vitnp.system import cache, transfer


class File(NamedTuple):
    """One file of a data set, with the MD5 that its publisher gives."""

    url: str
    md5: str

    @property
    def name(self):
        """What it is called."""
        return self.url.rpartition("/")[2]


def find(dataset, files, folder=None):
    """The paths of the files, in their order: in `folder`, packed or unpacked, else in the cache, else downloaded.

    Raises InputError, naming the file and where to put it, if one is not there and cannot be fetched.
    """
    return [_in(Path(folder), file) if folder else _fetched(dataset, file) for file in files]


def _in(folder, file):
    """The file as the user has it; .gz may be gone, as when it was unpacked."""
    for name in (file.name, file.name.removesuffix(".gz")):
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"{folder} has no {file.name}; put the file of {file.url} there, or leave the folder out to have it fetched"
    )


def _fetched(dataset, file):
    """The file in the cache, downloaded if need be, its MD5 as published."""
    path = cache.folder() / "data" / dataset / file.name
    if path.exists():
        return path
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        transfer.download(file.url, part)
        with part.open("rb") as stream:
            found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if found == file.md5:
            part.replace(path)
            return path
        part.unlink()
    except OSError as problem:
        raise InputError(
            f"cannot write {path} ({problem.strerror or problem}); make room, or set VITNP_CACHE to another folder"
        ) from None
    except InputError as problem:
        raise InputError(f"{dataset} is not here yet: {problem}; its place is {path}") from None
    raise InputError(
        f"{file.url} is not the file it was (MD5 {found}, published {file.md5}), and was removed; run the command "
        f"again, or put the file at {path} yourself"
    )
