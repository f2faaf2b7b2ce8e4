"""One look for every picture: sizes, colors, axes without a box, names at the ends of lines; light, or dark for slides.

A function draws in the light colors; `applied`, which ends every picture, exchanges them. `style("dark")` is for the
whole process, as `language.use` is.
"""

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter

from vitnp.errors import need_choice

TITLE, LABEL, SMALL = 22, 18, 15  # points at 1280x720
# Told apart by the color-blind (Okabe & Ito, 2008): blue is the accent, orange what is compared with it.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
PALE, ENCODER, QUIET, GRID = "#F9DCC4", "#E3F0F8", "#767676", "#DDDDDD"
# What each color becomes on a dark page.
DARK = {
    "white": "#15181C",
    "black": "#F2F2F2",
    BLUE: "#56B4E9",
    ORANGE: "#FF8F4A",
    GREEN: "#2EC79B",
    PALE: "#50382A",
    ENCODER: "#1E2F3A",
    QUIET: "#A8A8A8",
    GRID: "#3A3F45",
}
STYLES = ("light", "dark")
_chosen = ["light"]


def style(name):
    """From here on, pictures are "light", which they are at first, or "dark". Raises InputError for another name."""
    need_choice("style", name, STYLES)
    _chosen[:] = [name]


def is_dark():
    """Whether pictures are drawn on a dark page."""
    return _chosen[0] == "dark"


def shade(color):
    """The color as the chosen style has it, for what `applied` does not reach."""
    return DARK.get(color, color) if is_dark() else color


def halo():
    """A rim in the page's color around letters that a line may cross."""
    return [withStroke(linewidth=4, foreground=shade("white"))]


def grid(axes, axis="y"):
    """Light lines behind the data."""
    axes.grid(axis=axis, color=GRID, linewidth=1)
    axes.set_axisbelow(True)


def percent(axis):
    """Tick labels in percent with no more decimals than they need."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}%"))


def name_ends(axes, ends, *, size=LABEL, apart=0.075):
    """Names right of the axes, each at the height y where its line ends: ends are (name, y, color).

    The limits of the axes must be set. Names nearer than `apart`, a part of the axes' height, are moved apart.
    """
    order = sorted(range(len(ends)), key=lambda i: ends[i][1])
    at = [(axes.get_xlim()[1], ends[i][1]) for i in order]
    heights = axes.transLimits.transform(axes.transScale.transform(at))[:, 1] if ends else []
    for i, height in zip(order, moved_apart(heights, apart), strict=True):
        name, _, color = ends[i]
        axes.annotate(
            name,
            (1.0, height),
            xycoords="axes fraction",
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=size,
            color=color,
            annotation_clip=False,
        )


def moved_apart(heights, apart):
    """Ascending heights, moved as little as needed so that no two are nearer than `apart`."""
    heights = np.array(heights, float)
    for _ in range(200):
        short = apart - np.diff(heights)
        if not (short > 1e-9).any():
            break
        push = np.where(short > 0, short / 2, 0)
        heights[:-1] -= push
        heights[1:] += push
    return heights


def says_log(axes, axis, say):
    """The label of an axis, or of both, says that it is logarithmic."""
    word = say(" (log scale)", "(로그 눈금)")
    for one in (axes.xaxis, axes.yaxis) if axis == "both" else (getattr(axes, f"{axis}axis"),):
        one.set_label_text(one.get_label_text() + word)


def applied(figure):
    """The figure's axes without a box, and its colors those of the style that is chosen."""
    for axes in every_axes(figure):
        if axes.axison and not axes.images:
            axes.spines[["top", "right"]].set_visible(False)
            axes.spines[:].set_color(QUIET)
            axes.tick_params(which="both", color=QUIET)
    if is_dark():
        _darken(figure)
    return figure


def every_axes(figure):
    """The axes of the figure and of its parts."""
    return figure.axes  # matplotlib lists those of subfigures too


def _darken(figure):
    """Exchange the colors, save of what lies on an image."""
    on_images = set()
    for axes in every_axes(figure):
        axes.tick_params(which="both", labelcolor=DARK["black"])
        if axes.images:
            around = {axes.title, axes, *axes.spines.values(), *axes.xaxis.findobj(), *axes.yaxis.findobj()}
            on_images |= set(axes.findobj()) - around
    table = {to_hex(light): dark for light, dark in DARK.items()}
    for artist in figure.findobj():
        if artist in on_images:
            continue
        for one in (artist, getattr(artist, "arrow_patch", None)):
            if one is not None:
                _exchange(one, table)


def _exchange(artist, table):
    """The artist's colors by the table {light: dark}, its transparency as it is."""
    if getattr(artist, "get_array", lambda: None)() is not None:  # colors of values
        return
    for name in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
        get, put = getattr(artist, f"get_{name}", None), getattr(artist, f"set_{name}", None)
        if get is None or put is None:
            continue
        color = get()
        if isinstance(color, np.ndarray):
            if color.ndim != 2 or not len(color):
                continue
            color = color[0]
        if isinstance(color, str) and color in ("none", "auto"):
            continue
        if len(color) == 4 and not isinstance(color, str) and color[3] == 0:
            continue
        new = table.get(to_hex(color))
        if new is not None:
            put(new)
