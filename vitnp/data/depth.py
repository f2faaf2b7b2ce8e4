"""Pictures of 16 bits as such of 8: where the file says what white is, by that; else by 65,535. Imports `errors`.

Microscopes and scanners put 10, 12 or 14 bits into 16: of 12 bits white is 4,095. A picture with nothing above that
would be nearly black, so it is refused, unless its file says how many bits there are.
"""

from pathlib import Path

import numpy as np

from vitnp.data.readers import OTHERS, RAW
from vitnp.errors import InputError

WHITE, WHITE_OF_12 = 2**16 - 1, 2**12 - 1
FEWER = (8, 10, 12, 14)  # bits that are put into 16
BITS, PHOTOMETRIC, MOST_VALUE, PLANES, SUBFILE, DNG = 258, 262, 281, 284, 254, 50706  # tags of a TIFF
COLORS = {"LA": 1, "RGB": 3, "RGBA": 3, "CMYK": 4}  # of a mode: how many of its channels are no transparency


def said(path, image, file):
    """(whether values have 16 bits, which value the file says is white) of the Pillow image of an open file.

    Asked before it is decoded. Raises InputError for the preview of a raw photo.
    """
    tags = getattr(image, "tag_v2", {})
    if DNG in tags or tags.get(SUBFILE) == 1 or (tags and Path(path).suffix.lower() in OTHERS[RAW]):
        raise InputError(f"{path} holds the preview of a raw photo; develop it, and save it as JPEG or PNG")
    name_planes(image, tags)
    how = {str(tile[3]) for tile in image.tile}
    wide = any(";16" in one or str(WHITE) in one for one in how)
    return wide, said_in_png(file) if image.format == "PNG" else said_in_tiff(tags)


def of_8_bits(path, image, wide, white):
    """The decoded Pillow image, its 16 bits as 8; wide, white: see `said`. Raises InputError."""
    if image.mode == "F" or (image.mode == "I" and image.format != "PPM"):
        bits = "signed 16-bit" if wide else "32-bit"
        raise InputError(f"{path} has {bits} pixels, whose white is not known; save it with 8 bits")
    if image.mode.startswith("I"):  # of a PPM Pillow scales them by what the file says is white
        return of_gray(path, image, wide, white)
    if wide and image.mode in COLORS:
        need_colors_known(path, image, white)
        if isinstance(key := image.info.get("transparency"), tuple):  # as the colors: their upper 8 bits
            image.info["transparency"] = tuple(value >> 8 for value in key)
    return image


def name_planes(image, tags):
    """Says of the planes of a TIFF without compression that they have 16 bits: Pillow takes them for such of 8."""
    if tags.get(PLANES) == 2 and set(tags.get(BITS, ())) == {16}:
        order = "B" if tags.prefix == b"MM" else "L"
        image.tile = [
            tile._replace(args=(f"{tile.args[0]};16{order}", *tile.args[1:])) if tile[0] == "raw" else tile
            for tile in image.tile
        ]


def said_in_tiff(tags):
    """The value of white that a TIFF says: of its bits, 12 or 16, or the 2ⁿ − 1 that it names as its largest value."""
    if tags.get(BITS) == (12,):
        return WHITE_OF_12
    most = tags.get(MOST_VALUE)
    most = most[0] if isinstance(most, tuple) and most else most
    return most if isinstance(most, int) and 255 < most < WHITE and most & (most + 1) == 0 else WHITE


def said_in_png(file):
    """2ⁿ − 1 of the n bits that a PNG says its colors had, by its chunk sBIT; 65,535 where it says none."""
    place, bits = file.tell(), 16
    file.seek(8)
    while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"sBIT" and 0 < length <= 4:
            values = file.read(length)
            bits = max(values[: 3 if length > 2 else 1])
            break
        file.seek(length + 4, 1)
    file.seek(place)
    return 2**bits - 1 if 8 < bits < 16 else WHITE


def of_gray(path, image, wide, said):
    """A gray image of more than 8 bits with 8; its transparent value, where it has one, as transparency."""
    from PIL import Image

    x, key = np.asarray(image), image.info.get("transparency")
    seen = x if key is None else x[x != key]
    white = white_of(path, seen, said, png=image.format == "PNG") if wide else said
    inverse = getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == 0  # white is 0
    bits = gray(white - x if inverse else x, white)
    if key is not None:
        bits.putalpha(Image.fromarray(np.where(x == key, 0, 255).astype(np.uint8)))
    return bits


def white_of(path, x, said, *, png):
    """The value of white of gray values in 16 bits. Raises InputError where it is not known.

    A PNG's values are to be scaled to 16 bits, whatever it says their bits were; a few are not, as their lowest bits
    show.
    """
    largest = int(x.max(initial=0))
    if said < WHITE and not png:
        need_at_most(path, largest, said)
        return said
    if largest <= said < WHITE and (x % ((WHITE + 1) // (said + 1))).any():
        return said
    need_known(path, largest)
    return WHITE


def need_colors_known(path, image, said):
    """Raise InputError for colors whose 16 bits, of which Pillow gives the upper 8, are not all used."""
    high = max(high for _, high in image.getextrema()[: COLORS[image.mode]])
    largest = high << 8
    if largest <= said < WHITE:
        raise InputError(
            f"{path} has {said.bit_length()} bits in 16, and of colors only the upper 8 are read; save it with 8 bits"
        )
    if image.format == "TIFF" and said < WHITE:
        need_at_most(path, largest, said)
    # Of a PPM Pillow rounds them.
    need_known(path, max(high * 257 - 128, 1) if image.format == "PPM" else largest | 255)


def need_at_most(path, largest, said):
    """Raise InputError where a value is above the largest that the file says it has."""
    if largest > said:
        raise InputError(
            f"{path} says that its largest value is {said:,}, and has {largest:,}; save it with 8 bits"
        )


def need_known(path, largest):
    """Raise InputError for a picture of 16 bits whose largest value is above 0 and at most that of fewer bits."""
    bits = next((bits for bits in FEWER if 0 < largest < 2**bits), None)
    if bits:
        raise InputError(
            f"{path} has 16 bits, and no value is above {2**bits - 1:,}: it is nearly of one color, or has {bits} bits "
            "and its white is not known; save it with 8 bits"
        )


def gray(x, white):
    """The gray values x, 0 … white, as a Pillow image of 8 bits."""
    from PIL import Image

    return Image.fromarray((x.astype(np.uint32) * 255 // white).clip(0, 255).astype(np.uint8))
