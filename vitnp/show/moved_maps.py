"""The maps of a moved picture beside the moved maps of the picture: translation equivariance, seen."""

import textwrap

import numpy as np

from vitnp.backend.arrays import to_host
from vitnp.errors import InputError
from vitnp.show import page
from vitnp.show.styling import LABEL, SMALL, TITLE

NAME = 14  # letters of a title's line


def moved_maps(image, moved, maps, *, lang=None):
    """A column per layer: f(shift(x)), shift(f(x)) and the size of their difference, of one image and one channel.

    image and moved (Hᵢ, Wᵢ); maps {title: (f(shift(x)), shift(f(x)) as (B, h, w, D), error)}, see `bias.both_ways`.
    The first two rows of a column have one scale; so has the third, from 0: no difference is the darkest color.
    """
    say = page.in_language(lang)
    if not maps:
        raise InputError(
            "there are no maps to show; give {title: (f(shift(x)), shift(f(x)), error)}, at least one"
        )
    figure = page.blank()
    grid = figure.subplots(3, 1 + len(maps), squeeze=False)
    pictures = (("x", to_host(image)), ("shift(x)", to_host(moved)))
    for axes, (name, values) in zip(grid[:, 0], pictures, strict=False):
        axes.imshow(values, cmap="gray", interpolation="nearest")
        axes.set_title(name, fontsize=SMALL)
    for axes in grid.ravel():
        axes.set(xticks=[], yticks=[])
    grid[2, 0].set_axis_off()
    for column, (title, (of_moved, then_moved, error)) in zip(grid.T[1:], maps.items(), strict=True):
        one, other = (to_host(values)[0, :, :, 0] for values in (of_moved, then_moved))
        low, high = min(one.min(), other.min()), max(one.max(), other.max())
        for axes, values in zip(column, (one, other), strict=False):
            axes.imshow(values, cmap=page.HEAT, vmin=low, vmax=high, interpolation="nearest")
        apart = {"vmin": 0, "vmax": max(high - low, np.finfo(float).tiny)}
        column[2].imshow(abs(one - other), cmap=page.HEAT, interpolation="nearest", **apart)
        column[0].set_title(textwrap.fill(title, NAME), fontsize=SMALL)
        column[2].set_xlabel(f"max {error:.0%}" if error > 1e-3 else f"max {error:.0e}", fontsize=SMALL)
    for axes, name in zip(grid[:, 1], ("f(shift(x))", "shift(f(x))", say("difference", "차이")), strict=True):
        axes.set_ylabel(name, fontsize=LABEL)
    figure.suptitle(
        say("Does the map of a moved picture move along?", "이미지를 이동하면 맵도 함께 이동하는가?"),
        fontsize=TITLE,
    )
    note = say(
        "moved by 1 px down and right, attention by 1 patch; max: the largest difference ÷ the largest value",
        "아래로 1픽셀, 오른쪽으로 1픽셀 이동(어텐션은 1패치); max: 가장 큰 차이 ÷ 가장 큰 값",
    )
    page.note(figure, note)
    errors = ", ".join(f"{title} {error:.2g}" for title, (_, _, error) in maps.items())
    described = say(
        f"An image and the moved image; for {len(maps)} layers the map of the moved image, the moved map, and their "
        f"difference. The largest difference ÷ the largest value: {errors}.",
        f"이미지와 이동한 이미지, 층 {len(maps)}개마다 이동한 이미지의 맵, 이동한 맵, 둘의 차이. 가장 큰 차이 ÷ 가장 "
        f"큰 값: {errors}.",
    )
    return page.finished(figure, described)
