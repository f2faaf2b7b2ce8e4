"""The page of every picture: 1280x720, its language and fonts, its alternative text, and saving it."""

import functools
import math
import os

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from vitnp.backend.arrays import to_host
from vitnp.errors import InputError
from vitnp.inputs.images import check_images
from vitnp.show import fonts, styling
from vitnp.show.styling import BLUE, ORANGE, SMALL
from vitnp.system import language
from vitnp.system.writing import beside

HEAT, CLIP = "cividis", 0.99  # the colors of a map: told apart by the color-blind too, and in gray
FEW = 8  # patches a side, or fewer: lines on the photo show where they are


@functools.cache
def korean_font():
    """The name of a font with Korean letters, or None."""
    return fonts.korean()


def in_language(lang):
    """A function say(english, korean) that gives the Korean text if a font has Korean letters, else the English one.

    lang: "ko" or "en"; None: the reader's, `language.chosen`. Raises InputError for another language.
    """
    korean = language.chosen(lang) == "ko" and korean_font() is not None
    return lambda english, in_korean: in_korean if korean else english


def blank(height=7.2):
    """An empty page of 12.8 inches' width."""
    figure = Figure(figsize=(12.8, height), dpi=100, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)  # inches
    return figure


def height_of_row(n, config, *, words):
    """The height of a page with n pictures of the model's image in a row, and so many inches of words."""
    height, width = config.image_size
    return min(7.2, max(4.2, 12.6 / n * height / width + words))


def finished(figure, described):
    """The page in its style, its texts as they are: a $ begins no formula, and a Korean font is the second one.

    described: what is to be seen, with its numbers, for readers who do not see it; it becomes the figure's label.
    """
    styling.applied(figure)
    figure.set_label(" ".join(described.split()))
    for text in figure.findobj(Text):
        text.set_parse_math(False)
        text.set_usetex(False)
        if korean_font():
            text.set_fontfamily([*text.get_fontfamily(), korean_font()])
    return figure


def alt(figure):
    """The alternative text of a matplotlib figure: its label, else its titles and the labels of its axes."""
    if figure.get_label():
        return figure.get_label()
    words = [figure.get_suptitle()]
    for axes in figure.axes:
        words += [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
    return "; ".join(" ".join(word.split()) for word in dict.fromkeys(words) if word.strip())


def panels(figure, n, columns):
    """n axes in rows of `columns`; the rest of the last row stays empty."""
    every = figure.subplots(math.ceil(n / columns), columns, squeeze=False).ravel()
    for axes in every[n:]:
        axes.set_axis_off()
    return every[:n]


def save(figure, path):
    """Write the figure, 1280 pixels wide, in the format of its suffix, and rename when complete. Returns path.

    Raises InputError for a suffix that matplotlib does not support, and if the file cannot be written.
    """
    suffix = os.path.splitext(path)[1].removeprefix(".").lower()
    known = figure.canvas.get_supported_filetypes()
    if suffix not in known:
        raise InputError(
            f'{path} ends in "{suffix}", which is no picture; end it in one of {", ".join(known)}'
        )
    fast = (
        {"pil_kwargs": {"compress_level": 1}} if suffix == "png" else {}
    )  # half the time, a tenth more bytes
    with beside(path) as part:
        figure.savefig(part, format=suffix, **fast)
    return path


def of_model(image, config):
    """A model's input image as `picture` gives it. Raises InputError if it does not fit the configuration."""
    image = check_images(np.asarray(to_host(image))[None], config, "float32")[0]
    return picture(image, config.preprocessing.mean, config.preprocessing.std)


def picture(image, mean=0.5, std=0.5):
    """An image (Hᵢ, Wᵢ, C), uint8 or scaled to (x − mean)/std, for matplotlib: (Hᵢ, Wᵢ, 3), values 0…1."""
    if image.shape[-1] not in (1, 3):
        raise InputError(f"an image of {image.shape[-1]} channels has no colors to show; give one of 1 or 3")
    scaled = image / 255.0 if image.dtype == np.uint8 else image * np.asarray(std) + np.asarray(mean)
    return np.clip(np.broadcast_to(scaled, (*image.shape[:2], 3)), 0.0, 1.0)


def extent(config):
    """The edges of the image in pixels, for matplotlib's imshow; the first row is at the top."""
    height, width = config.image_size
    return (0, width, height, 0)


def heat(axes, values, config, *, least=None, side=None):
    """A map (rows, cols), one color a patch: dark blue at `least`, or the smallest value, yellow from `clip` up.

    It lies in the image as `lay` says. A few extreme patches so do not hide the others; a map of which nearly all is
    one value goes up to its largest.
    """
    low = values.min() if least is None else least
    high = np.quantile(values, clip(values.size))
    high = high if high > low else max(values.max(), low + np.finfo(values.dtype).tiny)
    range_ = {"vmin": low, "vmax": high}
    lay(axes, values, config, side=side, cmap=HEAT, **range_)
    axes.set_axis_off()


def lay(axes, values, config, *, side=None, **style):
    """A value or a color per patch where the patch lies in the image; side: of one in pixels, if it is no patch.

    A feature map may reach beyond the image by a part of a place, which is cut off.
    """
    (rows, cols), (height, width) = values.shape[:2], config.image_size
    side = config.patch_pixels if side is None else side
    axes.imshow(values, extent=(0, cols * side, rows * side, 0), interpolation="nearest", **style)
    axes.set(xlim=(0, width), ylim=(height, 0))


def clip(count):
    """The quantile from which a map of so many values is yellow: CLIP, or 1 where less than a value is above that."""
    return CLIP if (1 - CLIP) * count >= 1 else 1.0


def photo(axes, shown, config):
    """A picture of `of_model`, in pixels of the model's image; a few large patches have lines between them."""
    axes.imshow(shown, extent=extent(config))
    if max(config.grid) <= FEW:
        (height, width), P = config.image_size, config.patch_pixels
        axes.hlines(np.arange(P, height, P), 0, width, color=ORANGE, linewidth=1)
        axes.vlines(np.arange(P, width, P), 0, height, color=ORANGE, linewidth=1)
    axes.set_axis_off()


def mark(axes, patch, config, *, color=BLUE):
    """A frame around the patch (row, column), that is seen on every photo and on every map."""
    (row, column), P = patch, config.patch_pixels
    for edge, width in (("white", 6), (color, 3)):
        axes.add_patch(Rectangle((column * P, row * P), P, P, fill=False, edgecolor=edge, linewidth=width))


def note(figure, text):
    """A line below the pictures that says how they are to be read."""
    figure.supxlabel(text, fontsize=SMALL)


def clipped(count, say):
    """The words for a note that say what `heat` does with a map of so many values."""
    if clip(count) == 1:
        return say("yellow: the largest value", "노란색: 가장 큰 값")
    return say(f"yellow: the {CLIP:.0%} quantile and above", f"노란색: {CLIP:.0%} 분위수 이상")


def times_uniform(share, tokens):
    """A share of attention as a multiple of uniform attention, 1/tokens: "3.6×"."""
    times = float(share) * tokens
    return f"{times:.0f}×" if times >= 9.95 else f"{times:.1f}×"


def ticks(axes):
    """Set tick labels of a readable size."""
    axes.tick_params(labelsize=SMALL)
