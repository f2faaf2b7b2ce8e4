"""Imports matplotlib without its warnings about a home folder that it cannot write, as in a container.

It works without that folder. Imported before any other file of the package.
"""

import logging

_log = logging.getLogger("matplotlib")
_level = _log.level
_log.setLevel(logging.ERROR)
import matplotlib.font_manager  # noqa: E402, F401  it looks for its folder during the import

_log.setLevel(_level)
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # no message for a font without bold
