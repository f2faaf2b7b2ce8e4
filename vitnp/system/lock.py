"""A folder that only one process at a time may use. Imports `errors`.

The folder itself is locked, so that no file is left behind; on Windows, where a folder cannot be, a file in it is. The
operating system holds the lock as long as the process lives, however it ends.
"""

import os
from pathlib import Path

from vitnp.errors import InputError

FILE = ".lock"  # on Windows


class Locked:
    """A folder that is there, locked until `close`. Raises InputError where another process holds the lock."""

    def __init__(self, folder, *, what):
        self.folder = Path(folder)
        try:
            self.handle = opened(self.folder)
        except OSError as problem:
            raise InputError(f"cannot use {folder} ({problem.strerror}); name another folder") from None
        try:
            lock(self.handle)
        except (BlockingIOError, PermissionError):
            os.close(self.handle)
            raise InputError(
                f"{what} is in {folder} at this moment; wait until it ends, or name another folder"
            ) from None
        except OSError:  # a file system that has no locks, as some on a network
            pass

    def is_there(self):
        """Whether the path still leads to the folder that was locked."""
        return same(self.folder, self.handle)

    def moved_to(self):
        """Where the folder is now, if it was moved and the operating system tells; else None."""
        try:
            path = Path(os.readlink(f"/proc/self/fd/{self.handle}"))  # Linux
        except OSError:
            return None
        return path if same(path, self.handle) else None

    def close(self):
        """Unlock it."""
        os.close(self.handle)


def opened(folder):
    """The number of the open folder, or of a file in it."""
    if os.name == "nt":
        return os.open(folder / FILE, os.O_RDWR | os.O_CREAT)
    return os.open(folder, os.O_RDONLY)


def lock(handle):
    """Lock what is open, or raise an OSError at once."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def same(path, handle):
    """Whether the path leads to what is open."""
    try:
        there, held = os.stat(path / FILE if os.name == "nt" else path), os.fstat(handle)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)
