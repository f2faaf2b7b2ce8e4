"""The folder of downloaded files. Imports `errors`."""

import os
import sys
from pathlib import Path

from vitnp.errors import InputError

ADVICE = "make room, or set VITNP_CACHE to another folder"  # where the cache cannot be written


def folder():
    """The folder that VITNP_CACHE names, or this platform's folder for caches."""
    if os.environ.get("VITNP_CACHE"):
        return Path(os.environ["VITNP_CACHE"])
    if sys.platform == "darwin":
        return home() / "Library/Caches/vitnp"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home() / "AppData/Local") / "vitnp/Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or home() / ".cache") / "vitnp"


def home():
    """The user's folder. Raises InputError where the system knows none, as for a user without a name."""
    try:
        return Path.home()
    except RuntimeError:
        raise InputError("this user has no home folder; set VITNP_CACHE to a folder for downloads") from None
