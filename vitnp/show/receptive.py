"""Which pixels one place sees, layer after layer, models below each other."""

import numpy as np
from matplotlib.colors import LogNorm

from vitnp.backend.arrays import to_host
from vitnp.errors import InputError, one_line
from vitnp.show import page
from vitnp.show.styling import LABEL, SMALL, TITLE

COLUMNS = 7  # layers of a model that are shown
MOST_MODELS = 3
SPAN = 1e6  # from the largest part of the squared gradient down to this one of it, the colors go
LONGEST = 24  # letters of a model's name


def receptive_fields(models, *, lang=None):
    """A row per model, a column per layer: how much of the middle place's squared gradient each pixel has.

    models {name: [(layer, parts (Hᵢ, Wᵢ), (height, width, pixels of the effective field)), …]}, parts as of
    `bias.parts_of_gradient`. Of many layers some are shown, the first and last among them. White: no gradient at all.
    """
    say = page.in_language(lang)
    if not models or not all(models.values()):
        raise InputError("there is nothing to draw; need a model with one layer at least")
    chosen = dict(list(models.items())[:MOST_MODELS])
    figure = page.blank()
    columns = min(COLUMNS, max(map(len, chosen.values())))
    grid = figure.subplots(len(chosen), columns, squeeze=False)
    for row, (name, layers) in zip(grid, chosen.items(), strict=True):
        numbers = np.unique(np.linspace(0, len(layers) - 1, columns).round().astype(int))
        for axes in row[len(numbers) :]:
            axes.set_axis_off()
        for axes, number in zip(row, numbers, strict=False):
            layer, parts, (height, width, effective) = layers[number]
            parts = to_host(parts)
            axes.imshow(
                np.ma.masked_equal(parts, 0),
                cmap=page.HEAT,
                norm=LogNorm(parts.max() / SPAN, parts.max(), clip=True),
                interpolation="nearest",
            )
            axes.set(xticks=[], yticks=[])
            axes.set_title(f"{number + 1}: {short(layer)}\n{height}×{width}", fontsize=SMALL)
            axes.set_xlabel(say(f"90%: {effective:,} px", f"90%: {effective:,}픽셀"), fontsize=SMALL)
        row[0].set_ylabel(one_line(name, LONGEST), fontsize=LABEL)
    figure.suptitle(
        say("What the middle place of each layer sees", "각 층의 가운데 위치가 보는 픽셀"), fontsize=TITLE
    )
    note = say(
        "squared gradient of every pixel, logarithmic; white: none; 90%: the fewest pixels with 90% of it",
        "각 픽셀의 그래디언트 제곱(로그 눈금); 흰색: 0; 90%: 그 90%를 차지하는 가장 적은 픽셀 수",
    )
    page.note(figure, note)
    told = "; ".join(
        f"{one_line(name, LONGEST)} {layers[0][2][2]:,} → {layers[-1][2][2]:,}"
        for name, layers in chosen.items()
    )
    described = say(
        f"Maps of which pixels the middle place of each layer sees, a row per model. Pixels with 90% of the squared "
        f"gradient, from the first to the last layer: {told}.",
        f"각 층의 가운데 위치가 보는 픽셀의 맵, 모델마다 한 줄. 그래디언트 제곱의 90%를 차지하는 픽셀 수, 첫 층 → "
        f"마지막 층: {told}.",
    )
    return page.finished(figure, described)


def short(layer):
    """The name of a layer in a title: "stem.0.2" of a hybrid's "stem.stages.0.2"."""
    return one_line(layer.replace("stem.stages.", "stem."), 14)
