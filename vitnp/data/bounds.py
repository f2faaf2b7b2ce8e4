"""How large a picture may be: what would take all memory, or minutes, is refused before it is decoded.

Imports `errors`.
"""

import os
import re

from vitnp.errors import InputError, shown

VARIABLE = "VITNP_MAX_PIXELS"  # of the environment: every command and every call reads pictures with it
MOST_SCANS = 100  # of a JPEG, as in libtiff: a progressive one has about ten, and each goes over every pixel
MOST_RUNS = (
    2**22
)  # pixels of a BMP that is compressed in runs: Pillow fills a line byte by byte, 20 s for 89 million
MARKER, SCAN, END = re.compile(rb"\xff+([^\x00\x01\xd0-\xd8\xff])"), b"\xda", b"\xd9"  # those with a length
FLAT, PER_BYTE = 2**24, 64  # pixels: a picture of more needs a byte for so many, as all but flat ones have
WIDTH, HEIGHT = 256, 257  # tags of a TIFF, before it is turned
MOST_SIDE = 2**16  # pixels; BMP and TIFF could claim a row of millions


def allowed():
    """How many pixels VITNP_MAX_PIXELS allows a picture; None where it is not set."""
    if given := os.environ.get(VARIABLE):
        if not (given.isdecimal() and 0 < int(given) <= MOST_SIDE**2):
            raise InputError(
                f"{VARIABLE} is {shown(given)}; need a whole number of pixels from 1 to {MOST_SIDE**2:,}"
            )
        return int(given)
    return None


def need_bounded(path, file, opened):
    """Raise InputError for a picture whose pixels would take all memory, or minutes; Pillow has begun to read it."""
    from PIL import Image

    pixels, most = file.width * file.height, allowed()
    usual = MOST_SIDE**2 if Image.MAX_IMAGE_PIXELS is None else Image.MAX_IMAGE_PIXELS
    if pixels > (most or usual):
        raise InputError(
            f"{path} is {file.width}x{file.height}, more than {(most or usual) // 10**6} million pixels; make it "
            f"smaller first, or set {VARIABLE}={pixels} to read it all the same"
        )
    place = opened.tell()
    size = opened.seek(0, os.SEEK_END)
    opened.seek(place)
    of_a_page = file.mode == "1"  # a scan, white but for its letters
    if most is None and not of_a_page and pixels > max(FLAT, PER_BYTE * size):
        raise InputError(
            f"{path} is {file.width}x{file.height} in {size:,} bytes, nearly all of one color; make it smaller first, "
            f"or set {VARIABLE}={pixels} to read it all the same"
        )
    if max(file.size) > MOST_SIDE:
        raise InputError(
            f"{path} is {file.width}x{file.height}; a side may have {MOST_SIDE:,} pixels: crop it first"
        )
    if file.format in ("BMP", "DIB") and file.info.get("compression") and pixels > MOST_RUNS:
        raise InputError(f"{path} is a compressed BMP of more than {MOST_RUNS:,} pixels; save it as a PNG")
    if file.format in ("JPEG", "MPO"):
        opened.seek(0)
        count = scans(opened.read())
        opened.seek(place)
        if count > MOST_SCANS:
            raise InputError(
                f"{path} is a JPEG of {count:,} scans, more than {MOST_SCANS}; save it again, or as a PNG"
            )


def make_room(image):
    """Give a TIFF that is allowed its memory: Pillow's reader refuses twice its own limit when it makes it itself."""
    from PIL import Image

    if image.format == "TIFF" and allowed():
        image.im = Image.new(image.mode, (image.tag_v2[WIDTH], image.tag_v2[HEIGHT])).im


def scans(data):
    """How many scans a JPEG's bytes hold up to its end; what follows, such as a phone's film, is not looked at."""
    place = count = 0
    while (marker := MARKER.search(data, place)) and marker[1] != END:
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        place, count = marker.end() + length, count + (marker[1] == SCAN)
    return count
