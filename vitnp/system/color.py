"""Colors for a person at a terminal: ✓ green, ✗ red, ≠ yellow. Imports nothing of vitnp."""

import os
import re

COLORS = {"✓": 32, "✗": 31, "≠": 33}  # the numbers of ANSI, which every terminal paints in its own shade


def marked(text, stream):
    """The text with its marks in color if the stream is a terminal; NO_COLOR and TERM=dumb turn colors off."""
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return re.sub("[✓✗≠]", lambda mark: f"\033[{COLORS[mark[0]]}m{mark[0]}\033[0m", text)
