"""The published files of a data set: found in a folder or in the cache, or downloaded. Imports `system`, `errors`."""

from pathlib import Path
from typing import NamedTuple

from vitnp.errors import InputError
from vitnp.system import cache, transfer
from vitnp.system.writing import beside

SYSTEM = Path(
    "/usr/share/datasets"
)  # where Debian's packages of data sets are, such as dataset-fashion-mnist


class File(NamedTuple):
    """One file of a data set, with the MD5 that its publisher gives."""

    url: str
    md5: str

    @property
    def name(self):
        """The file's name: the last step of its URL."""
        return self.url.rpartition("/")[2]


def find(dataset, files, folder=None):
    """The paths of the files, in order: in `folder`, packed or unpacked; without a folder in the cache, or downloaded.

    Raises InputError for a missing file that cannot be downloaded; it says where to put the file.
    """
    return [_in(Path(folder), file) if folder else _fetched(dataset, file) for file in files]


def _in(folder, file):
    """The file in the user's folder, with .gz or, if it was unpacked, without."""
    for name in (file.name, file.name.removesuffix(".gz")):
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"{folder} has no {file.name}; put the file of {file.url} there, or leave the folder out to have it fetched"
    )


def _fetched(dataset, file):
    """The file of a system's package or in the cache; else downloaded, and then its MD5 must be the published one."""
    packaged = SYSTEM / dataset / file.name
    path = packaged if packaged.is_file() else cache.folder() / "data" / dataset / file.name
    if path.exists():
        return path
    with beside(path, resume=True, advice=cache.ADVICE) as part:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            transfer.download(file.url, part)
        except InputError as problem:
            raise InputError(f"{dataset} is not here yet: {problem}; its place is {path}") from None
        found = transfer.md5(part)
        if found != file.md5:
            part.unlink()
            raise InputError(
                f"{file.url} is not the file it was (MD5 {found}, published {file.md5}), and was removed; run the "
                f"command again, or put the file at {path} yourself"
            )
    return path
