"""Pictures of 16 bits as such of 8: where the file says what white is, by that; else by 65,535. Imports `errors`.

Microscopes and scanners put 12 bits into 16, whose white is 4,095. A picture with nothing above that would be nearly
black, so it is refused, unless its file says how many bits there are.
"""

import numpy as np

from vitnp.errors import InputError

WHITE, WHITE_OF_12 = 2**16 - 1, 2**12 - 1
BITS, PHOTOMETRIC, MOST_VALUE, SUBFILE, DNG = 258, 262, 281, 254, 50706  # tags of a TIFF


def of_8_bits(path, image):
    """The Pillow image decoded, its 16 bits as 8. Raises InputError, see `need_16_bits`, and for a raw photo."""
    tags = getattr(image, "tag_v2", {})
    if DNG in tags or tags.get(SUBFILE) == 1:
        raise InputError(f"{path} holds the preview of a raw photo; develop it, and save it as JPEG or PNG")
    wide = any(";16" in str(tile[3]) for tile in image.tile)  # as colors Pillow gives the upper 8 bits
    white = white_of(image, tags)
    image.load()
    if image.format == "PPM" and image.mode == "I":  # Pillow scales by what the file says is white
        return gray(np.asarray(image), WHITE)
    if image.mode.startswith("I;16"):
        x = np.asarray(image)
        if white == WHITE:
            need_16_bits(path, int(x.max()), WHITE_OF_12)
        return gray(WHITE - x if tags.get(PHOTOMETRIC) == 0 else x, white)
    if wide and image.mode in ("RGB", "RGBA"):
        need_16_bits(path, max(high for _, high in image.getextrema()[:3]), WHITE_OF_12 >> 8)
    return image


def white_of(image, tags):
    """The value of white: of a TIFF's bits, 12 or 16, or of the 2ⁿ − 1 that it names as its largest value."""
    if tags.get(BITS) == (12,):
        return WHITE_OF_12
    most = tags.get(MOST_VALUE)
    most = most[0] if isinstance(most, tuple) and most else most
    if isinstance(most, int) and 255 < most < WHITE and most & (most + 1) == 0:
        return most
    return WHITE


def need_16_bits(path, largest, most):
    """Raise InputError for a picture of 16 bits whose largest value is above 0 and at most that of 12 bits."""
    if 0 < largest <= most:
        raise InputError(
            f"{path} has 16 bits, and no pixel is above {WHITE_OF_12:,}: it is nearly black, or has 12 bits and does "
            "not say so; save it with 8 bits"
        )


def gray(x, white):
    """The gray values x, 0 … white, as a Pillow image of 8 bits."""
    from PIL import Image

    return Image.fromarray((x.astype(np.uint32) * 255 // white).clip(0, 255).astype(np.uint8))
