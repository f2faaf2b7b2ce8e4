"""Attention maps of the class token and of a patch, mean attention distances, and rollout."""

import math

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from vitnp.analysis import look
from vitnp.backend.arrays import to_host
from vitnp.errors import InputError, need_int
from vitnp.show import page
from vitnp.show.page import BLUE, LABEL, ORANGE, SMALL, TITLE

MOST_HEADS = 3  # in the picture of one patch's attention, to the right of the image


def attention_from_class_token(image, A, config, *, block=None, lang="en"):
    """The class token's attention to every patch, drawn over the image: the mean of the heads, and each head.

    image (Hᵢ, Wᵢ, C); A (H, N+1, N+1) the attention weights of one block, `saved.blocks[i].attention.A[b]`; `block` is
    that i, for the title. Raises InputError for a model without a class token, and for other shapes.
    """
    say = page.in_language(lang)
    if config.classifier != "token":
        raise InputError(
            f'a model with classifier "{config.classifier}" has no class token; use one with "token"'
        )
    _check(A, config, "attention weights")
    H = config.num_heads
    shown = page.of_model(image, config)
    maps = to_host(look.attention_from_class_token(A, grid=config.grid))  # (H, rows, cols)

    figure = page.blank()
    left, right = figure.subfigures(1, 2, width_ratios=(1, 2))
    top, bottom = left.subplots(2, 1)
    small = page.panels(right, H, math.ceil(math.sqrt(H)))
    for axes in (top, *small):
        axes.set_axis_off()
    top.imshow(shown)
    top.set_title(say("image", "이미지"), fontsize=LABEL)
    names = [say(f"mean of {H} heads", f"헤드 {H}개의 평균")]
    names += [say(f"head {head}", f"헤드 {head}") for head in range(1, H + 1)]
    for axes, name, weights in zip((bottom, *small), names, (maps.mean(axis=0), *maps), strict=True):
        page.overlay(axes, shown, weights, config)
        axes.set_title(f"{name}: {weights.max():.0%}", fontsize=LABEL)
    figure.suptitle(
        say("Attention from [CLS]", "[CLS]의 어텐션")
        + _of_block(block, config, say)
        + say(", and the share of the strongest patch", ", 가장 큰 패치의 비율"),
        fontsize=TITLE,
    )
    return page.finished(figure)


def attention_of_patch(image, S, A, config, *, patch, heads=None, block=None, lang="en"):
    """The scores and attention weights of one patch: its row of S = Q·Kᵀ/√d_k above, of A = softmax(S) below.

    image (Hᵢ, Wᵢ, C); S and A (H, T, T) the scores and weights of one block, `t["blocks.i.attention.S"][b]`; patch
    (row, column) and at most 3 heads, counted from 0; by default the first three heads. Raises InputError for a patch
    or head that does not exist, and for other shapes.
    """
    say = page.in_language(lang)
    for values, what in ((S, "scores"), (A, "attention weights")):
        _check(values, config, what)
    (rows, cols), P, H = config.grid, config.patch_size, config.num_heads
    row = need_int("the patch's row", patch[0], at_least=0, at_most=rows - 1)
    column = need_int("the patch's column", patch[1], at_least=0, at_most=cols - 1)
    heads = list(range(min(H, MOST_HEADS))) if heads is None else list(heads)
    if not 1 <= len(heads) <= MOST_HEADS:
        raise InputError(f"{len(heads)} heads were given; need 1 to {MOST_HEADS}")
    for head in heads:
        need_int("a head", head, at_least=0, at_most=H - 1)
    first = config.num_tokens - config.num_patches
    query = first + row * cols + column
    scores, weights = (to_host(values[:, query, first:]).reshape(H, rows, cols) for values in (S, A))
    shown = page.of_model(image, config)

    figure = page.blank()
    above, below = figure.subplots(2, 1 + len(heads), squeeze=False)
    above[0].imshow(shown, extent=page.extent(config))
    above[0].set_title(say("the query", "쿼리 패치"), fontsize=SMALL)
    page.overlay(below[0], shown, weights.mean(axis=0), config)
    below[0].set_title(
        say(f"A, mean of {H}", f"A, {H}개 평균") + f": {weights.mean(axis=0).max():.1%}", fontsize=SMALL
    )
    for up, down, head in zip(above[1:], below[1:], heads, strict=True):
        up.imshow(scores[head], extent=page.extent(config), cmap="cividis", interpolation="nearest")
        low, high = scores[head].min(), scores[head].max()
        name = say(f"head {head + 1}", f"헤드 {head + 1}")
        up.set_title(f"S, {name}: {low:.1f} … {high:.1f}".replace("-", "−"), fontsize=SMALL)
        page.overlay(down, shown, weights[head], config)
        down.set_title(f"A, {name}: {weights[head].max():.1%}", fontsize=SMALL)
    for axes in (*above, *below):
        axes.set_axis_off()
        axes.add_patch(Rectangle((column * P, row * P), P, P, fill=False, edgecolor="white", linewidth=6))
        axes.add_patch(Rectangle((column * P, row * P), P, P, fill=False, edgecolor=BLUE, linewidth=3))
    figure.suptitle(
        say("One patch's scores S = Q·Kᵀ/√dₖ and weights A", "한 패치의 S = Q·Kᵀ/√dₖ와 A = softmax(S)")
        + _of_block(block, config, say),
        fontsize=TITLE,
    )
    return page.finished(figure)


def attention_distance(distances, config, *, lang="en"):
    """The mean attention distance of every head in every layer, in pixels (ViT Fig. 7, right); distances (L, H)."""
    say = page.in_language(lang)
    L, H = config.num_layers, config.num_heads
    if distances.shape != (L, H):
        raise InputError(f"distances are {distances.shape}; need {(L, H)}: a row a layer, a column a head")
    distances = to_host(distances)
    everywhere = float(look.uniform_distance(config.grid, patch_size=config.patch_size, like=distances))
    layers = range(1, L + 1)
    figure = page.blank()
    axes = figure.subplots()
    for head in range(H):
        name = say("a head", "헤드") if head == 0 else None
        axes.plot(layers, distances[:, head], "o", color=BLUE, markersize=10, alpha=0.6, label=name)
    mean = distances.mean(axis=1)  # NaN, a gap in the line, if a head attends to [CLS] alone
    axes.plot(layers, mean, "-s", color=ORANGE, linewidth=3, label=say(f"mean of {H}", f"{H}개 평균"))
    axes.axhline(
        everywhere,
        color="black",
        linestyle="--",
        linewidth=2,
        label=say(f"everywhere alike: {everywhere:.3g} px", f"모든 곳을 똑같이: {everywhere:.3g} px"),
    )
    axes.set_ylim(0, 1.15 * np.nanmax([*distances.ravel(), everywhere]))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(say("layer", "층"), fontsize=LABEL)
    axes.set_ylabel(say("mean attention distance (px)", "평균 어텐션 거리(px)"), fontsize=LABEL)
    axes.set_title(say("How far each head looks", "각 헤드가 보는 거리"), fontsize=TITLE)
    axes.legend(fontsize=LABEL, loc="best")
    axes.grid(alpha=0.4)
    page.ticks(axes)
    return page.finished(figure)


def rollout(image, maps, config, *, lang="en"):
    """The image, and each map {title: (rows, cols)} drawn over it, colored from its smallest to its largest value."""
    say = page.in_language(lang)
    shown = page.of_model(image, config)
    for title, weights in maps.items():
        if weights.shape != config.grid:
            raise InputError(f'the map "{title}" is {weights.shape}; need {config.grid}: a value a patch')
    figure = page.blank()
    first, *others = figure.subplots(1, 1 + len(maps), squeeze=False)[0]
    first.imshow(shown)
    first.set_axis_off()
    first.set_title(say("image", "이미지"), fontsize=LABEL)
    for axes, (title, weights) in zip(others, maps.items(), strict=True):
        weights = to_host(weights)
        page.overlay(axes, shown, weights, config, least=weights.min())
        axes.set_title(f"{title}\n{weights.min():.2g} … {weights.max():.2g}", fontsize=LABEL)
    figure.suptitle(
        say("Which patches reach [CLS] through the layers", "층을 거쳐 [CLS]에 이르는 패치"),
        fontsize=TITLE,
    )
    return page.finished(figure)


def _check(values, config, what):
    H, tokens = config.num_heads, config.num_tokens
    if values.shape != (H, tokens, tokens):
        raise InputError(f"{what} are {values.shape}, need {(H, tokens, tokens)}: one image, one block")


def _of_block(block, config, say):
    """The words of a title that name the block."""
    L = config.num_layers
    if block is None:
        return ""
    if block == L - 1:
        return say(", last block", ", 마지막 블록")
    return say(f", block {block + 1} of {L}", f", {L}개 중 {block + 1}번째 블록")
