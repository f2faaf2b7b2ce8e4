"""A picture from a file, or scikit-learn's photo, cropped to the model's size; which files are pictures.

Imports `errors`, `system`.
"""

import contextlib
import os
import re
import warnings

import numpy as np

from vitnp.errors import InputError
from vitnp.system.reading import need_regular

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")  # of pictures
# Pillow's readers, whatever a file is called: none starts a program, as EPS does, or opens a second file.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
ADMITTED = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
MOST_SCANS = 100  # of a JPEG, as in libtiff: a progressive one has about ten, and each goes over every pixel
MOST_RUNS = (
    2**22
)  # pixels of a BMP that is compressed in runs: Pillow fills a line byte by byte, 20 s for 89 million
MARKER, SCAN, END = re.compile(rb"\xff+([^\x00\x01\xd0-\xd8\xff])"), b"\xda", b"\xd9"  # those with a length
BAND = 256  # rows
FLAT, PER_BYTE = 2**24, 64  # pixels: a picture of more needs a byte for so many, as all but flat ones have
MOST_SIDE = 2**16  # pixels; BMP and TIFF could claim a row of millions
SAMPLE = "china.jpg"  # sky, roofs, water and trees: its patches differ
MODES = {1: "L", 3: "RGB"}  # channels → Pillow's mode


def is_picture(path):
    """Whether a file in a folder is taken for a picture: by its suffix, and not hidden, as ._1.png of macOS is."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def load(path, image_size, *, in_channels=3):
    """The picture at `path` as uint8 (Hᵢ, Wᵢ, C), 0…255, resized and cropped to image_size: see `read` and `fit`."""
    return fit(read(path, in_channels=in_channels), image_size)


def sample(image_size, *, in_channels=3):
    """scikit-learn's photo of a pagoda as uint8 (Hᵢ, Wᵢ, C), resized and cropped as `load` does."""
    return fit(read_sample(in_channels=in_channels), image_size)


def read_sample(*, in_channels=3):
    """scikit-learn's photo as `read` gives a file's."""
    import sklearn.datasets
    from PIL import Image

    return in_colors(Image.fromarray(sklearn.datasets.load_sample_image(SAMPLE)), in_channels)


def read(path, *, in_channels=3):
    """The whole picture at `path` as a Pillow image: RGB, or gray for one channel.

    It is rotated as its EXIF orientation says; transparent pixels become white. Raises InputError for a file that is
    not an image of the `FORMATS`, and for a number of channels other than 1 and 3.
    """
    with within_memory(path):
        image = decoded(path)
        if image.mode in ("I", "F"):
            raise InputError(f"{path} has 32-bit pixels, whose white is not known; save it with 8 or 16 bits")
        if image.mode == "LAB":  # Pillow cannot convert it to RGB
            raise InputError(f"{path} has the colors L*a*b*; save it as RGB")
        return in_colors(image, in_channels)


def decoded(path):
    """The picture at `path`, upright, in the mode that its file has. Raises InputError, see `read`."""
    from PIL import Image, ImageOps

    need_regular(path, f"give a {ADMITTED}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is harmless, and what is claimed is checked here
        with contextlib.ExitStack() as stack:
            with pillows_errors(path):
                # Opened here: of a path Pillow may map a TIFF into memory, and then loses how it is to be turned.
                opened = stack.enter_context(open(path, "rb"))
                file = Image.open(opened, formats=FORMATS)
            need_bounded(path, file, opened)
            with pillows_errors(path):
                ImageOps.exif_transpose(file, in_place=True)  # a copy would take the memory twice
                # A palette's transparency is looked at only when it is used.
                return file.convert("RGBA") if file.mode == "P" and file.has_transparency_data else file


@contextlib.contextmanager
def pillows_errors(path):
    """Turns what Pillow raises in the block, which holds nothing else, into an InputError that names the picture."""
    from PIL import Image

    try:
        yield
    except (MemoryError, InputError):
        raise  # see `within_memory`, `in_colors`
    except FileNotFoundError:
        raise InputError(f"there is no file {path}; give the path of a {ADMITTED}") from None
    except Image.DecompressionBombError:
        raise too_large(path) from None
    except Image.UnidentifiedImageError:
        raise InputError(f"{path} is not an image that is read here; give a {ADMITTED}") from None
    except Exception as problem:  # for a broken file each format's reader raises errors of its own
        reason = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
        raise InputError(f"{path} cannot be read ({reason}); give a {ADMITTED}") from None


@contextlib.contextmanager
def within_memory(path):
    """Turns a MemoryError in the block into an InputError that names the picture."""
    try:
        yield
    except MemoryError:
        raise InputError(f"{path} needs more memory than there is; make the picture smaller first") from None


def need_bounded(path, file, opened):
    """Raise InputError for a picture whose pixels would take all memory, or minutes; Pillow has begun to read it."""
    from PIL import Image

    if file.width * file.height > Image.MAX_IMAGE_PIXELS:
        raise too_large(path)
    size = os.fstat(opened.fileno()).st_size
    if file.width * file.height > max(FLAT, PER_BYTE * size):
        raise InputError(
            f"{path} is {file.width}x{file.height} in {size:,} bytes, nearly all of one color; make it smaller first"
        )
    if max(file.size) > MOST_SIDE:
        raise InputError(
            f"{path} is {file.width}x{file.height}; a side may have {MOST_SIDE:,} pixels: crop it first"
        )
    if file.format == "BMP" and file.info["compression"] and file.width * file.height > MOST_RUNS:
        raise InputError(f"{path} is a compressed BMP of more than {MOST_RUNS:,} pixels; save it as a PNG")
    if file.format in ("JPEG", "MPO"):
        place = opened.tell()
        opened.seek(0)
        count = scans(opened.read())
        opened.seek(place)
        if count > MOST_SCANS:
            raise InputError(
                f"{path} is a JPEG of {count:,} scans, more than {MOST_SCANS}; save it again, or as a PNG"
            )


def scans(data):
    """How many scans a JPEG's bytes hold up to its end; what follows, such as a phone's film, is not looked at."""
    place = count = 0
    while (marker := MARKER.search(data, place)) and marker[1] != END:
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        place, count = marker.end() + length, count + (marker[1] == SCAN)
    return count


def too_large(path):
    """The InputError for a picture of more pixels than Pillow takes without a warning."""
    from PIL import Image

    return InputError(
        f"{path} has more than {Image.MAX_IMAGE_PIXELS // 10**6} million pixels; make it smaller first"
    )


def of_pixels(pixels):
    """uint8 pixels (Hᵢ, Wᵢ, C), gray or RGB, as a Pillow image."""
    from PIL import Image

    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def need_colors(in_channels):
    """Raise InputError where no photo has as many channels."""
    if in_channels not in MODES:
        raise InputError(
            f"the model takes {in_channels} channels; a photo has 3 (RGB) or 1 (gray); name another model"
        )


def in_colors(image, in_channels):
    """A Pillow image of any mode as RGB or, for one channel, gray."""
    from PIL import Image

    need_colors(in_channels)
    if image.mode.startswith("I;16"):  # Pillow's own conversion would clip 16 bits at 255
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    if image.has_transparency_data:
        image = on_white(image.convert("RGBA"))
    mode = MODES[in_channels]
    return image if image.mode == mode else image.convert(mode)


def on_white(image):
    """The RGBA image on white, done in bands of rows: as a whole it would be in memory three times."""
    from PIL import Image

    for top in range(0, image.height, BAND):
        box = (0, top, image.width, min(top + BAND, image.height))
        band = image.crop(box)
        image.paste(Image.alpha_composite(Image.new("RGBA", band.size, "white"), band), box)
    return image


def fit(image, image_size):
    """A Pillow image as uint8 (Hᵢ, Wᵢ, C): resized (bicubic) to cover (height, width), then its center crop."""
    from PIL import Image, ImageOps

    height, width = image_size
    image = ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
    return np.array(image).reshape(height, width, -1)
