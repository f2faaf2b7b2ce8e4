"""Loads matplotlib where no home can be written, as in a container: it then says so at length, and works all the same.

Imported before any other file of the package.
"""

import logging

_log = logging.getLogger("matplotlib")
_level = _log.level
_log.setLevel(logging.ERROR)
import matplotlib.font_manager  # noqa: E402, F401  it looks for its folder while it is imported

_log.setLevel(_level)
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # a font without bold is no news
