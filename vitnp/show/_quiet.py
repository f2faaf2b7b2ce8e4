"""Imports matplotlib without its warnings about a home folder that it cannot write, as in a container, and whatever
MPLBACKEND says: it works without that folder, and a picture in a file needs no window.

Imported before any other file of the package.
"""

import contextlib
import logging
import os

_log = logging.getLogger("matplotlib")
_level = _log.level
_log.setLevel(logging.ERROR)
_backend = os.environ.pop("MPLBACKEND", None)  # for one that it does not know the import would end
import matplotlib.font_manager  # noqa: E402  it looks for its folder during the import

if _backend is not None:
    os.environ["MPLBACKEND"] = _backend
    with contextlib.suppress(ValueError):
        matplotlib.rcParams["backend"] = _backend  # as the import would do, for a notebook's own pictures
_log.setLevel(_level)
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # no message for a font without bold
