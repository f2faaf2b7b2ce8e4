"""A picture from a file, or scikit-learn's photo, cropped to the model's size; which files are pictures.

Imports `errors`.
"""

import warnings

import numpy as np

from vitnp.errors import InputError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")  # of pictures
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
    import sklearn.datasets
    from PIL import Image

    image = Image.fromarray(sklearn.datasets.load_sample_image(SAMPLE))
    return fit(in_colors(image, in_channels), image_size)


def read(path, *, in_channels=3):
    """The whole picture at `path` as a Pillow image: RGB, or gray for one channel.

    It is rotated as its EXIF orientation says; transparent pixels become white. Raises InputError for a file that is
    not an image, and for a number of channels other than 1 and 3.
    """
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        # Odd metadata is harmless; the size that a malicious file claims could take all memory.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as file:
                image = ImageOps.exif_transpose(file)
        except FileNotFoundError:
            raise InputError(f"there is no file {path}; give the path of a JPEG or PNG") from None
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            limit = Image.MAX_IMAGE_PIXELS // 10**6
            raise InputError(f"{path} has more than {limit} million pixels; make it smaller first") from None
        except Image.UnidentifiedImageError:
            raise InputError(f"{path} is not an image; give a JPEG or PNG") from None
        except Exception as problem:  # for a broken file each format's reader raises errors of its own
            reason = getattr(problem, "strerror", None) or " ".join(str(problem).split())
            raise InputError(f"{path} cannot be read ({reason}); give a JPEG or PNG") from None
    if image.mode in ("I", "F"):
        raise InputError(f"{path} has 32-bit pixels, whose white is not known; save it with 8 or 16 bits")
    if image.mode == "LAB":  # Pillow cannot convert it to RGB
        raise InputError(f"{path} has the colors L*a*b*; save it as RGB")
    return in_colors(image, in_channels)


def in_colors(image, in_channels):
    """A Pillow image of any mode as RGB or, for one channel, gray."""
    from PIL import Image

    if in_channels not in MODES:
        raise InputError(f"the model takes {in_channels} channels; a photo has 3 (RGB) or 1 (gray)")
    if image.mode.startswith("I;16"):  # Pillow's own conversion would clip 16 bits at 255
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(MODES[in_channels])


def fit(image, image_size):
    """A Pillow image as uint8 (Hᵢ, Wᵢ, C): resized (bicubic) to cover (height, width), then its center crop."""
    from PIL import Image, ImageOps

    height, width = image_size
    image = ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
    return np.array(image).reshape(height, width, -1)
