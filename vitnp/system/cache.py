"""The folder of downloaded files. Imports nothing of vitnp."""

import os
import sys
from pathlib import Path

ADVICE = "make room, or set VITNP_CACHE to another folder"  # where the cache cannot be written


def folder():
    """The folder that VITNP_CACHE names, or this platform's folder for caches."""
    if os.environ.get("VITNP_CACHE"):
        return Path(os.environ["VITNP_CACHE"])
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/vitnp"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "vitnp/Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitnp"
