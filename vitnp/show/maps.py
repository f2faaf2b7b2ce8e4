"""A ResNet's root filters and feature maps."""

import math

import numpy as np

from vitnp.analysis import look
from vitnp.backend.arrays import to_host
from vitnp.errors import InputError
from vitnp.show import page
from vitnp.show.styling import LABEL, SMALL, TITLE

MOST_FILTERS = 64  # an R50x1 has so many
CHANNELS = 2  # of each feature map


def root_filters(W, *, lang=None):
    """The filters of a ResNet's first convolution, in color: W (k, k, C, O) of p, at most 64 of the O.

    As the network uses them, with their mean taken off; each is scaled separately: gray is zero, white or a full color
    is the largest value.
    """
    say = page.in_language(lang)
    W = to_host(W)
    if W.ndim != 4:
        raise InputError(
            f"W is {W.shape}; need (k, k, C, O): the kernel of a root, such as p['root']['conv']['W']"
        )
    k, _, C, outputs = W.shape
    W = W - W.mean(axis=(0, 1, 2))
    W = W / np.maximum(abs(W).max(axis=(0, 1, 2)), np.finfo(W.dtype).tiny)
    m = min(outputs, MOST_FILTERS)
    figure = page.blank()
    for axes, kernel in zip(
        page.panels(figure, m, math.ceil(math.sqrt(m * 16 / 9))), np.moveaxis(W, -1, 0), strict=False
    ):
        axes.set(xticks=[], yticks=[])  # the frame stays: white is a value
        axes.imshow(page.picture(kernel), interpolation="nearest")
    drawn = say(f" ({m} of {outputs})", f"({outputs}개 중 {m}개)") if m < outputs else ""
    figure.suptitle(
        say(f"Root filters: {outputs} of {k}×{k}×{C}", f"첫 합성곱의 필터: {k}×{k}×{C} 필터 {outputs}개")
        + drawn,
        fontsize=TITLE,
    )
    note = say(
        "mean taken off, each scaled separately; gray: 0", "평균을 빼고 필터마다 따로 눈금을 맞춤; 회색: 0"
    )
    page.note(figure, note)
    described = say(
        f"{m} of {outputs} filters of {k}×{k} pixels of the first convolution, in color, each on its own scale.",
        f"첫 합성곱의 {k}×{k} 필터 {outputs}개 중 {m}개를 필터마다 따로 눈금을 맞춘 색으로 그린 그림.",
    )
    return page.finished(figure, described)


def feature_maps(image, maps, config, *, lang=None):
    """The feature maps of one image, a column each: how strong every place is, and below the strongest channels.

    image (Hᵢ, Wᵢ, C); maps {title: (h, w, channels)}, such as {"stage 1": t["stages.0.2.output"][0]}; see
    `look.strength` and `look.strongest_channels`. Each map is colored from its own smallest value.
    """
    say = page.in_language(lang)
    if not maps:
        raise InputError("there are no feature maps to show; give {title: (h, w, channels)}, at least one")
    maps = {title: to_host(x) for title, x in maps.items()}
    figure = page.blank()
    left, right = figure.subfigures(1, 2, width_ratios=(1, max(len(maps), 2)))
    photo = left.subplots()
    photo.imshow(page.of_model(image, config), extent=page.extent(config))
    photo.set_axis_off()
    photo.set_title(say("image", "이미지"), fontsize=LABEL)
    columns = right.subplots(1 + CHANNELS, len(maps), squeeze=False).T
    for column, (title, x) in zip(columns, maps.items(), strict=True):
        strength, chosen = look.strength(x), look.strongest_channels(x, n=CHANNELS)
        side = side_of(x.shape, config)
        rows, cols, channels = x.shape
        names = [f"{title}\n{rows}×{cols}×{channels}"] + [
            say(f"channel {c + 1}", f"채널 {c + 1}") for c in chosen
        ]
        for axes in column[1 + len(chosen) :]:
            axes.set_axis_off()
        values = [strength, *(x[:, :, c] for c in chosen)]
        for axes, name, map_ in zip(column, names, values, strict=False):
            page.heat(axes, map_, config, side=side)
            axes.set_title(name, fontsize=SMALL)
    figure.suptitle(say("Feature maps, stage by stage", "스테이지별 특징 맵"), fontsize=TITLE)
    note = say(
        "above: √mean of squares over the channels; below: the channels that vary most",
        "맨 위: 채널 제곱평균의 제곱근; 아래: 위치에 따라 가장 크게 변하는 채널",
    )
    page.note(figure, f"{note} · {say('yellow: the largest values', '노란색: 가장 큰 값들')}")
    sizes = ", ".join(f"{title} {'×'.join(map(str, x.shape))}" for title, x in maps.items())
    described = say(
        f"An image and its feature maps, a column each: {sizes}. Above, how strong every place is; below, the "
        f"{CHANNELS} channels that vary most.",
        f"이미지와 특징 맵, 열마다 하나: {sizes}. 위는 위치마다의 세기, 아래는 가장 크게 변하는 채널 "
        f"{CHANNELS}개입니다.",
    )
    return page.finished(figure, described)


def side_of(shape, config):
    """How many pixels of the image high and wide a place of a feature map is: every halving rounds up."""
    side = 1
    while tuple(-(-n // side) for n in config.image_size) != shape[:2]:
        side *= 2
        if side > max(config.image_size):
            height, width = config.image_size
            raise InputError(f"a feature map is {shape}; an image of {height}x{width} has none of that size")
    return side
