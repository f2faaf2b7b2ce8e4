"""Which files of a folder are pictures, and one line on what is left out of it. Imports its neighbors.

By the ending; training, predicting and everything else ask here. What is hidden, and what a system or a cloud leaves
in every folder, is left out without a word.
"""

import os
import unicodedata
from collections import Counter
from pathlib import Path

from vitnp.data import readers
from vitnp.errors import counted, one_line

ENDINGS = {  # of a format; no other ending is taken for a picture
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo"),
    "PNG": (".png", ".apng"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "AVIF": (".avif",),
    "HEIC": (".heic", ".heif", ".hif"),
}
OF_SYSTEMS = (
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"),
    *("__macosx", "icon\r", "@eadir", "lost+found", "__pycache__"),
)
LINK, TWICE = "link to nothing", "link to a folder that is read already or holds it"
DEVICE, CLOSED = "pipe or device", "folder that cannot be read"
BESIDE, PART = "picture beside the folders of classes", "folder beside the two parts"
KINDS = (LINK, TWICE, DEVICE, CLOSED, BESIDE, PART)  # of what is left out, for another reason than its ending
FOLDER, PICTURE, NO_ENDING = "folder", "picture", "without an ending"
SHOWN, WIDTH, LINE = (
    5,
    200,
    300,
)  # of what is left out: kinds in a line, their letters, the letters of the line
LONGEST = 8  # letters of an ending


def suffixes():
    """The endings of what is read on this machine."""
    return tuple(one for name, own in ENDINGS.items() if readers.is_read(name) for one in own)


def is_hidden(name):
    """Whether a file or folder is left out everywhere: hidden, as ._1.png of macOS is, or a system's own."""
    return name.startswith(".") or name.lower() in OF_SYSTEMS


def pictures(folder, left=None, seen=None, links=None):
    """The paths of the pictures in a folder and its subfolders, sorted by their names in one Unicode form.

    left, a Counter, counts what is left out, by its ending or by what it is. Linked folders are read, each folder
    once: seen, a set, has the `place` of those that were, or are not to be. links, a list, gets the linked pictures.
    """
    left, seen = Counter() if left is None else left, set() if seen is None else seen
    links = [] if links is None else links
    above = {
        place(parent) for parent in Path(folder).resolve().parents
    }  # a link back to one would have no end
    endings, found, waiting, linked = suffixes(), [], [Path(folder)], []
    while waiting or linked:
        top = (waiting or linked).pop(0)
        if (where := place(top)) in seen | above:
            left[TWICE] += 1
            continue
        seen.add(where)
        try:
            entries = sorted(os.scandir(top), key=lambda entry: entry.name)
        except OSError:
            left[CLOSED] += 1
            continue
        for entry in entries:
            what = kind(entry, endings)
            if what == FOLDER:
                (linked if entry.is_symlink() else waiting).append(top / entry.name)
            elif what == PICTURE:
                found.append(top / entry.name)
                links.extend(found[-1:] if entry.is_symlink() else [])
            elif what:
                left[what] += 1
    return in_order(found)


def in_order(paths):
    """The paths sorted by their names in one Unicode form."""
    return sorted(paths, key=lambda path: [composed(part) for part in path.parts])


def kind(entry, endings):
    """What an entry of a folder is: FOLDER, PICTURE, "" for what is hidden, else its ending or one of the KINDS."""
    if is_hidden(entry.name):
        return ""
    follow = os.path if entry.is_symlink() else None  # an entry's own answer raises for a link to itself
    if follow.isdir(entry.path) if follow else entry.is_dir():
        return FOLDER
    if not (follow.isfile(entry.path) if follow else entry.is_file()):
        return LINK if follow and not follow.exists(entry.path) else DEVICE
    ending = Path(entry.name).suffix.lower()
    return PICTURE if ending in endings else ending or NO_ENDING


def place(folder):
    """What tells a folder from every other: its device and its number there, whatever links lead to it."""
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def composed(name):
    """A name in the Unicode form NFC: macOS may have taken its letters apart."""
    return unicodedata.normalize("NFC", name)


def said(left, folder):
    """One line on what was left out of the folder, such as "3 files left out of FOLDER: 1 .heic (…); 2 .txt"; or ""."""
    if not left:
        return ""
    before, after = f"{counted(left.total(), 'file')} left out of ", f": {kinds(left)}"
    place, most = str(folder), LINE - len(before) - len(after)
    return f"{before}{place if len(place) <= most else f'…{place[1 - most :]}'}{after}"


def kinds(left):
    """What was left out, by kinds: first those that have advice, then the most frequent; at most WIDTH letters."""
    found = Counter()
    for what, count in left.items():
        found[what if what in KINDS or len(what) <= LONGEST else NO_ENDING] += count
    order = sorted(found, key=lambda what: (not advice(what), -found[what], what))
    for number in range(SHOWN, 0, -1):
        shown = [f"{found[what]:,} {one_line(what)}{advice(what)}" for what in order[:number]]
        more = [f"and {len(order) - number:,} more kinds"] if len(order) > number else []
        if len(line := "; ".join([*shown, *more])) <= WIDTH:
            break
    return line


def advice(ending):
    """What to do about pictures of an ending, in parentheses; "" where they are none."""
    name = next((name for name, own in (ENDINGS | readers.OTHERS).items() if ending in own), None)
    return f" ({readers.NEEDS[name]})" if name in readers.NEEDS else ""
