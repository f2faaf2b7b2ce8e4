"""A picture from a file, or scikit-learn's photo, cropped to the model's size.

Imports its neighbors, `errors`, `system`.
"""

import contextlib

import numpy as np

from vitnp.data import bounds, depth, metadata, readers
from vitnp.errors import InputError
from vitnp.system import quiet
from vitnp.system.reading import need_regular

BAND = 256  # rows
SAMPLE = "china.jpg"  # sky, roofs, water and trees: its patches differ
ORIENTATION = 0x0112  # of EXIF
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # Pillow's `Transpose` that undoes it
MODES = {1: "L", 3: "RGB"}  # channels → Pillow's mode


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

    It is rotated as its EXIF orientation says; transparent pixels become white; of several pictures in a file it is the
    first. Raises InputError for a file that is not an image of `readers.FORMATS`, and for a number of channels other
    than 1 and 3.
    """
    with within_memory(path):
        image = decoded(path)
        if image.mode == "LAB":  # Pillow cannot convert it to RGB
            raise InputError(f"{path} has the colors L*a*b*; save it as RGB")
        return in_colors(image, in_channels)


def decoded(path):
    """The picture at `path`, upright, in the mode that its file has, 16 bits as 8. Raises InputError, see `read`."""
    need_regular(path, f"give a {readers.ADMITTED}")
    first = None
    with quiet.warnings_of(readers.PACKAGES), contextlib.ExitStack() as stack:
        with pillows_errors(path):
            # Opened here: of a path Pillow may map a TIFF into memory, and then loses how it is to be turned.
            file = stack.enter_context(open(path, "rb"))
        for one in metadata.variants(file):
            try:
                with pillows_errors(path):
                    image = readers.opened(path, one)
                bounds.need_bounded(path, image, one)
                bounds.make_room(image)
                if not isinstance(image.info.get("xmp", b""), bytes):  # Pillow fails when it looks into it
                    del image.info["xmp"]
                with pillows_errors(path):
                    said = depth.said(path, image, one)
                    image.load()
            except InputError as problem:  # of the file as it is, unless it is right without its metadata
                first = first or problem
                continue
            with pillows_errors(path):
                return upright(depth.of_8_bits(path, image, *said), orientation(image))
        raise first


def orientation(image):
    """The EXIF orientation of a Pillow image that is loaded; None where its metadata say none, or are odd."""
    try:
        return image.getexif().get(ORIENTATION)
    except MemoryError:
        raise
    except Exception:  # odd metadata raises what it likes
        return None


def upright(image, turned):
    """The Pillow image turned as its EXIF orientation says; one that is not known says nothing."""
    if turned in TURNS:
        image = image.transpose(TURNS[turned])
    # A palette's transparency is looked at only when it is used.
    return image.convert("RGBA") if image.mode == "P" and image.has_transparency_data else image


@contextlib.contextmanager
def pillows_errors(path):
    """Turns what Pillow raises in the block, which holds nothing else, into an InputError that names the picture."""
    from PIL import Image

    try:
        yield
    except (MemoryError, InputError):
        raise  # see `within_memory`, `in_colors`
    except FileNotFoundError:
        raise InputError(f"there is no file {path}; give the path of a {readers.ADMITTED}") from None
    except Image.DecompressionBombError:  # a reader has a limit of its own
        raise InputError(f"{path} has more pixels than Pillow reads of such a file; save it as PNG") from None
    except Exception as problem:  # for a broken file each format's reader raises errors of its own
        reason = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
        raise InputError(f"{path} cannot be read ({reason}); give a {readers.ADMITTED}") from None


@contextlib.contextmanager
def within_memory(path):
    """Turns a MemoryError in the block into an InputError that names the picture."""
    try:
        yield
    except MemoryError:
        raise InputError(f"{path} needs more memory than there is; make the picture smaller first") from None


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
    need_colors(in_channels)
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
