"""The folder of what was fetched. Imports nothing of vitnp."""

import os
import sys
from pathlib import Path


def folder():
    """VITNP_CACHE, or this platform's folder for caches."""
    if os.environ.get("VITNP_CACHE"):
        return Path(os.environ["VITNP_CACHE"])
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/vitnp"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "vitnp/Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitnp"
