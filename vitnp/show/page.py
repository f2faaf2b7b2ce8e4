"""The page of every picture: 1280x720, its colors, its fonts in two languages, and saving it."""

import functools
import math
import os

import numpy as np
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

from vitnp.backend.arrays import to_host
from vitnp.errors import InputError, need_choice
from vitnp.inputs.images import check_images
from vitnp.system.writing import beside

BLUE, ORANGE, GREEN, PALE = "#0072B2", "#D55E00", "#009E73", "#F9DCC4"
FADE = LinearSegmentedColormap.from_list("fade", [to_rgba(ORANGE, 0.0), to_rgba(ORANGE, 0.9)])
TITLE, LABEL, SMALL = 22, 18, 15  # points at 1280x720
# Fonts with Korean letters on Linux, Windows and macOS.
KOREAN = ("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "NanumBarunGothic", "Malgun Gothic")
KOREAN += ("Apple SD Gothic Neo", "AppleGothic", "UnDotum", "Baekmuk Dotum")


@functools.cache
def korean_font():
    """The name of the first font with Korean letters that matplotlib finds, or None."""
    found = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in KOREAN if name in found), None)


def in_language(lang):
    """A function say(english, korean) that gives the Korean text if `lang` is "ko" and a font has Korean letters.

    Raises InputError for another language.
    """
    need_choice("lang", lang, ("en", "ko"))
    korean = lang == "ko" and korean_font() is not None
    return lambda english, in_korean: in_korean if korean else english


def blank():
    """An empty page."""
    figure = Figure(figsize=(12.8, 7.2), dpi=100, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)  # inches
    return figure


def finished(figure):
    """The page, its texts as they are: a $ begins no formula, and a Korean font is the second one."""
    for text in figure.findobj(Text):
        text.set_parse_math(False)
        text.set_usetex(False)
        if korean_font():
            text.set_fontfamily([*text.get_fontfamily(), korean_font()])
    return figure


def panels(figure, n, columns):
    """n axes in rows of `columns`; the rest of the last row stays empty."""
    every = figure.subplots(math.ceil(n / columns), columns, squeeze=False).ravel()
    for axes in every[n:]:
        axes.set_axis_off()
    return every[:n]


def save(figure, path):
    """Write the figure at 1280x720 to `path`, in the format of its suffix, and rename when complete. Returns path.

    Raises InputError for a suffix that matplotlib does not support, and if the file cannot be written.
    """
    suffix = os.path.splitext(path)[1].removeprefix(".").lower()
    known = figure.canvas.get_supported_filetypes()
    if suffix not in known:
        raise InputError(
            f'{path} ends in "{suffix}", which is no picture; end it in one of {", ".join(known)}'
        )
    with beside(path) as part:
        figure.savefig(part, format=suffix)
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


def gray(shown):
    """A picture (Hᵢ, Wᵢ, 3) in gray, as the background of a map."""
    return np.broadcast_to(shown.mean(axis=-1, keepdims=True), shown.shape)


def overlay(axes, shown, weights, config, *, least=0.0):
    """A map (rows, cols) of weights over the gray picture: transparent at `least`, orange at the largest weight."""
    axes.imshow(gray(shown), extent=extent(config))
    range_ = {"vmin": least, "vmax": weights.max()}
    axes.imshow(weights, extent=extent(config), cmap=FADE, interpolation="nearest", **range_)
    axes.set_axis_off()


def ticks(axes):
    """Set tick labels of a readable size."""
    axes.tick_params(labelsize=SMALL)
