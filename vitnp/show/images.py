"""An image and its patches, the embedding filters, and a model's predictions."""

import math

import numpy as np
from matplotlib.colors import to_rgb

from vitnp.backend.arrays import to_host
from vitnp.errors import InputError, one_line
from vitnp.show import page, styling
from vitnp.show.styling import BLUE, LABEL, ORANGE, PALE, SMALL, TITLE
from vitnp.steps import s1_patchify

MOST_PREDICTIONS = 12
LONGEST_NAME = 14  # letters of a class that fit over a picture


def patch_grid(image, config, *, lang=None):
    """An image (Hᵢ, Wᵢ, C) with the grid of its patches, and the patches with gaps between them (deck 003, step 1)."""
    say = page.in_language(lang)
    _need_patches(config)
    (height, width), P, (rows, cols) = config.image_size, config.patch_size, config.grid
    shown = page.of_model(image, config)

    figure = page.blank()
    left, right = figure.subplots(1, 2)
    left.imshow(shown, extent=page.extent(config))
    left.vlines(np.arange(0, width + 1, P), 0, height, color=ORANGE, linewidth=2)
    left.hlines(np.arange(0, height + 1, P), 0, width, color=ORANGE, linewidth=2)
    size = f"{height}×{width}×{config.in_channels}"
    left.set_title(say(f"{size}, cut {rows}×{cols}", f"{size}, {rows}×{cols}로 분할"), fontsize=TITLE)
    patches = s1_patchify.to_grid(shown[None], patch_size=P)[0]
    right.imshow(apart(patches))
    N, values = config.num_patches, config.patch_dim
    right.set_title(
        say(f"N = {N} patches of {values} values", f"값 {values}개인 패치 N = {N}개"), fontsize=TITLE
    )
    for axes in (left, right):
        axes.set_axis_off()
    described = say(
        f"Left: an image of {size} pixels with the grid of {rows}×{cols} patches. Right: its {N} patches of {P}×{P} "
        f"pixels, apart from each other; each has {values} values.",
        f"왼쪽: {rows}×{cols} 패치 격자를 그린 {size} 이미지. 오른쪽: 서로 떨어뜨려 놓은 {P}×{P} 패치 {N}개. "
        f"패치마다 값이 {values}개입니다.",
    )
    return page.finished(figure, described)


def patch_sequence(image, config, *, lang=None):
    """The patches as the sequence x¹ to xᴺ that the Transformer reads, line by line like text."""
    say = page.in_language(lang)
    _need_patches(config)
    N = config.num_patches
    patches = s1_patchify.to_grid(page.of_model(image, config)[None], patch_size=config.patch_size)
    patches = patches.reshape(N, *patches.shape[3:])
    columns = min(math.ceil(math.sqrt(2 * N)), N)  # twice as wide as high
    lines = math.ceil(N / columns)
    P = config.patch_size
    cells = np.full(
        (lines * columns, P, P, 3), to_rgb(styling.shade(PALE))
    )  # not white: a white patch needs an edge too
    cells[:N] = patches
    canvas = apart(cells.reshape(lines, columns, P, P, 3))
    pitch = P + _gap(P)

    figure = page.blank()
    axes = figure.subplots()
    axes.imshow(canvas, interpolation="nearest")
    firsts = np.arange(lines) * columns + 1
    axes.set_yticks(np.arange(lines) * pitch + (P - 1) / 2, firsts)
    axes.set_xticks([])
    axes.set_ylabel(say("number of the line's first patch", "줄의 첫 패치 번호"), fontsize=LABEL)
    axes.tick_params(length=0, labelsize=LABEL)
    axes.spines[:].set_visible(False)
    axes.set_title(
        say(
            f"The image as a sequence: {N} patches of {P}×{P}×{config.in_channels}",
            f"시퀀스가 된 이미지: {P}×{P}×{config.in_channels} 패치 {N}개",
        ),
        fontsize=TITLE,
    )
    described = say(
        f"The {N} patches of an image in reading order, {columns} per line, {lines} lines.",
        f"이미지의 패치 {N}개를 읽는 순서로 늘어놓은 그림, 한 줄에 {columns}개씩 {lines}줄.",
    )
    return page.finished(figure, described)


def filters(components, shares, *, lang=None):
    """The principal components of the embedding filters, and each one's fraction of the variance (ViT Fig. 7, left).

    components (m, P, P, C) and shares (m,) of `look.filter_components`. Each component is scaled separately: gray is
    zero, white or a full color is the largest value.
    """
    say = page.in_language(lang)
    components, shares = to_host(components), to_host(shares)
    m = len(components)
    figure = page.blank()
    for axes, component, share in zip(page.panels(figure, m, min(m, 7)), components, shares, strict=True):
        axes.set(xticks=[], yticks=[])  # the frame stays: white is a value
        scaled = component / max(abs(component).max(), np.finfo(component.dtype).tiny)
        axes.imshow(page.picture(scaled), interpolation="nearest")
        axes.set_title(f"{share:.1%}", fontsize=LABEL)
    total = f"{shares.sum():.0%}"
    figure.suptitle(
        say(
            f"Embedding filters: {m} principal components, {total} of the variance",
            f"임베딩 필터의 주성분 {m}개, 분산의 {total}",
        ),
        fontsize=TITLE,
    )
    described = say(
        f"{m} small pictures: the principal components of the embedding filters, from {shares.max():.1%} down to "
        f"{shares.min():.1%} of the variance, together {total}.",
        f"작은 그림 {m}개: 임베딩 필터의 주성분. 분산의 {shares.max():.1%}부터 {shares.min():.1%}까지, 모두 "
        f"{total}입니다.",
    )
    return page.finished(figure, described)


def predictions(images, labels, probabilities, class_names, *, lang=None):
    """The first 12 images with the predicted class, its probability and the true class.

    images (n, Hᵢ, Wᵢ, C), labels (n,) or None if the true classes are not known, probabilities (n, classes).
    """
    say = page.in_language(lang)
    n = len(images)
    known = labels is not None
    if n == 0 or (known and len(labels) != n) or probabilities.shape != (n, len(class_names)):
        raise InputError(
            f"{n} images, {len(labels) if known else 'no'} labels, probabilities {probabilities.shape}, "
            f"{len(class_names)} class names do not belong together; "
            "give one label and one row of probabilities an image, and at least one image"
        )
    images, probabilities = to_host(images), to_host(probabilities)
    labels = to_host(labels) if known else None
    n = min(n, MOST_PREDICTIONS)
    figure, right = page.blank(), 0
    for i, axes in enumerate(page.panels(figure, n, min(n, 6))):
        guess = int(probabilities[i].argmax())
        title = f"{_short(class_names[guess])}: {float(probabilities[i, guess]):.0%}"
        color, style = BLUE, "-"
        if known:
            is_right = guess == int(labels[i])
            right += is_right
            mark, color, style = ("✓", BLUE, "-") if is_right else ("✗", ORANGE, "--")
            truth = _short(class_names[int(labels[i])])
            title = f"{mark} {title}\n{say('true', '정답')}: {truth}"
        axes.imshow(page.picture(images[i]))
        axes.set_title(title, fontsize=LABEL if len(title) < 24 else SMALL, color=color)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(edgecolor=color, linestyle=style, linewidth=4)
    what = say("the prediction and its probability", "예측과 그 확률")
    if known:
        what = say(f"{right} of {n} right: {what}", f"{n}개 중 {right}개 맞음: {what}")
    figure.suptitle(what, fontsize=TITLE)
    guesses = [(_short(class_names[int(row.argmax())]), float(row.max())) for row in probabilities[:n]]
    told = ", ".join(f"{name} {share:.0%}" for name, share in guesses)
    of = say(f", {right} of them right", f", 그중 {right}개가 맞음") if known else ""
    described = say(f"{n} images with their predictions{of}: {told}.", f"이미지 {n}개와 예측{of}: {told}.")
    return page.finished(figure, described)


def _need_patches(config):
    """Raise InputError unless the model cuts the image itself into patches."""
    if getattr(config, "map_scale", None) != 1:
        raise InputError(
            f"a model of the family {config.family} does not cut the image into patches; name a ViT, "
            "or draw show.feature_maps"
        )


def _short(name):
    name = one_line(name)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _gap(P):
    return max(P // 4, 1)


def apart(patches):
    """Patches (rows, cols, P, P, 3) as one picture with gaps between them."""
    rows, cols, P = patches.shape[:3]
    pitch = P + _gap(P)
    spread = np.full((1, rows, cols, pitch, pitch, 3), to_rgb(styling.shade(PALE)))
    spread[0, :, :, :P, :P] = patches
    spread = spread.reshape(1, rows * cols, -1)
    return s1_patchify.unpatchify(spread, grid=(rows, cols), patch_size=pitch)[0, : P - pitch, : P - pitch]
