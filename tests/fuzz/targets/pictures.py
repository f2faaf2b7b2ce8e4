"""Pictures of every format that Pillow writes, altered: what is read has the pixels that Pillow finds in that format.

Some of the formats are none of photographs: one of them is a program. Nothing may be started to read a picture.
"""

import functools
import io

import numpy as np
from hypothesis import strategies as st
from PIL import Image, ImageOps

from fuzz import alter
from fuzz.cases import Case
from fuzz.judge import Wrong
from vitnp import preset
from vitnp.data import photo, preprocess

MEMORY = 256 << 20  # a picture may be large, however small its file
PHOTOS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
OTHERS = ("EPS", "PDF", "ICO", "TGA", "PCX", "SGI", "MSP", "XBM", "JPEG2000", "DDS", "ICNS")
MODES = ("RGB", "L", "P", "RGBA", "LA", "1", "CMYK", "I;16", "I", "F", "LAB", "YCbCr")
SUFFIXES = ("png", "jpg", "gif", "tif", "webp", "ppm", "eps", "txt")
PROGRAM = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n"
# Names of chunks and segments, and marks, of the formats; one is put in place of another.
MARKS = (
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT",
    b"tRNS", b"RIFF", b"WEBP", b"VP8 ", b"VP8L", b"VP8X", b"ANMF", b"\xff\xd8", b"\xff\xd9", b"\xff\xda", b"\xff\xc0",
    b"\xff\xc2", b"\xff\xc4", b"\xff\xdb", b"\xff\xe1", b"GIF89a", b"\x21\xf9", b"\x2c", b"II*\0", b"MM\0*", b"II+\0",
    b"P1", b"P2", b"P5", b"P6", b"P7", b"Pf", b"BM", b"\x89PNG", b"%!PS",
)  # fmt: skip
CONFIGS = {channels: preset("tiny", image_size=8, in_channels=channels) for channels in (1, 3)}


@st.composite
def cases(draw):
    """A picture, altered or of a format that is none of photographs; its channels; and its name."""
    format = alter.one_of(draw, (*PHOTOS, *OTHERS, "a program"))
    data = written(format, alter.one_of(draw, MODES), alter.one_of(draw, (False, True)))
    if draw(st.booleans()):
        data = alter.some_bytes(draw, data)
    if draw(st.booleans()):
        old, new = alter.one_of(draw, MARKS), alter.one_of(draw, MARKS)
        data = data.replace(old, new, 1)
    return Case((alter.one_of(draw, (3, 1)),), {f"a.{alter.one_of(draw, SUFFIXES)}": data})


@functools.cache
def written(format, mode, turned):
    """A small picture; of a format that has no such mode, in RGB."""
    if format == "a program":
        return PROGRAM
    pixels = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
    image, out, options = Image.fromarray(pixels), io.BytesIO(), {}
    if turned and format in ("JPEG", "PNG", "TIFF", "WEBP"):
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = 6
    try:
        changed = image.convert("L").convert("I").convert(mode) if mode == "I;16" else image.convert(mode)
        changed.save(out, format, **options)
    except (OSError, ValueError, KeyError):
        out = io.BytesIO()
        try:
            image.save(out, format)
        except (OSError, ValueError, KeyError):
            image.convert("1").save(out, format)
    return out.getvalue()


def run(case, folder):
    """Read the picture for a model."""
    (channels,), (name,) = case.words, case.files
    x = preprocess.load(folder / name, CONFIGS[channels])
    if x.shape != (8, 8, channels) or x.dtype != np.float32 or not (np.abs(x) <= 1).all():
        raise Wrong("a picture becomes other than float32 of the model's shape, -1 to 1")
    pixels = np.asarray(photo.read(folder / name, in_channels=channels))
    wanted = read_again(case.files[name], channels)
    if wanted is not None and not np.array_equal(pixels, wanted):
        raise Wrong("a picture has other pixels than Pillow finds")


def read_again(data, channels):
    """The pixels that Pillow finds; None for a mode that it does not convert as vitnp does."""
    try:
        with Image.open(io.BytesIO(data), formats=PHOTOS) as file:
            image = ImageOps.exif_transpose(file)
    except Image.UnidentifiedImageError:
        raise Wrong("a picture of another format than photographs have is read") from None
    if image.has_transparency_data or image.mode not in ("RGB", "L", "1"):
        return None
    return np.asarray(image.convert("L" if channels == 1 else "RGB"))
