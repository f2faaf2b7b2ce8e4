"""The weights by which two images are taken: a kernel is the same for both, attention is not."""

import textwrap

import numpy as np

from vitnp.backend.arrays import to_host
from vitnp.errors import InputError
from vitnp.show import page
from vitnp.show.styling import LABEL, SMALL, TITLE

NAME = 16  # letters of a title's line


def weights_of_two_images(images, weights, *, lang=None):
    """A row per image and one of the difference; a column per kind of weights.

    images (2, Hᵢ, Wᵢ); weights {title: (2, rows, columns)}. A column has one scale for the two; so has its difference,
    from 0: no difference is the darkest color.
    """
    say = page.in_language(lang)
    if not weights or len(images) != 2 or any(len(two) != 2 for two in weights.values()):
        raise InputError("need two images, and {title: (2, rows, columns)} of weights, one for each image")
    figure = page.blank()
    grid = figure.subplots(3, 1 + len(weights), squeeze=False)
    for axes in grid.ravel():
        axes.set(xticks=[], yticks=[])
    for axes, image, number in zip(grid[:, 0], to_host(images), (1, 2), strict=False):
        axes.imshow(image, cmap="gray", interpolation="nearest")
        axes.set_ylabel(say(f"image {number}", f"이미지 {number}"), fontsize=LABEL)
    grid[2, 0].set_axis_off()
    for column, (title, both) in zip(grid.T[1:], weights.items(), strict=True):
        one, other = to_host(both)
        low, high = min(one.min(), other.min()), max(one.max(), other.max())
        for axes, values in zip(column, (one, other), strict=False):
            axes.imshow(values, cmap=page.HEAT, vmin=low, vmax=high, interpolation="nearest")
        apart = abs(one - other)
        scale = {"vmin": 0, "vmax": max(high - low, np.finfo("float32").tiny)}
        column[2].imshow(apart, cmap=page.HEAT, interpolation="nearest", **scale)
        column[0].set_title(textwrap.fill(title, NAME), fontsize=SMALL)
        column[2].set_xlabel(f"max {apart.max():.2g}", fontsize=SMALL)
    grid[2, 1].set_ylabel(say("difference", "차이"), fontsize=LABEL)
    figure.suptitle(
        say(
            "Weights after training: fixed, or chosen by the image?",
            "학습 후의 가중치: 고정인가, 이미지에 따라 달라지는가?",
        ),
        fontsize=TITLE,
    )
    note = say(
        "each column has one scale; A: a row per token that looks, a column per token that is looked at",
        "열마다 같은 눈금; A: 행은 보는 토큰, 열은 보이는 토큰",
    )
    page.note(figure, note)
    told = ", ".join(
        f"{title} {abs(one - other).max():.2g}"
        for title, (one, other) in ((title, to_host(both)) for title, both in weights.items())
    )
    described = say(
        f"The weights by which two images are taken, {len(weights)} kinds, and their difference. The largest "
        f"difference: {told}.",
        f"두 이미지에 쓰이는 가중치 {len(weights)}종류와 그 차이. 가장 큰 차이: {told}.",
    )
    return page.finished(figure, described)
