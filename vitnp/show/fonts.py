"""Fonts with Korean letters, also those that were installed after matplotlib wrote its list of fonts."""

import contextlib

from matplotlib import font_manager

# On Linux, Windows and macOS.
KOREAN = ("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "NanumBarunGothic", "Malgun Gothic")
KOREAN += ("Apple SD Gothic Neo", "AppleGothic", "UnDotum", "Baekmuk Dotum")


def korean():
    """The name of the first font with Korean letters that is installed, or None."""
    return first_known() or (add_new() and first_known()) or None


def first_known():
    """The first of the fonts that matplotlib knows, or None."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in KOREAN if name in known), None)


def add_new():
    """Tell matplotlib of the font files that its list has not; returns how many.

    It reads the list from a file of its cache folder, which it writes once and does not compare with what is installed.
    """
    manager = font_manager.fontManager
    known = {font.fname for font in manager.ttflist}
    folders = [*font_manager.X11FontDirectories, *font_manager.OSXFontDirectories]
    new = sorted(set(font_manager.findSystemFonts(folders)) - known)
    for path in new:
        with contextlib.suppress(OSError, RuntimeError):  # what cannot be read is no font for us
            manager.addfont(path)
    return len(new)
