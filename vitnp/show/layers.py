"""Attention in all layers: how far each head looks, rollout, and the heads that send everything to one patch."""

import textwrap

import numpy as np

from vitnp.analysis import look
from vitnp.backend.arrays import to_host
from vitnp.errors import InputError, counted
from vitnp.show import page, styling
from vitnp.show.styling import BLUE, LABEL, ORANGE, SMALL, TITLE

MOST_TICKS = 16  # layers whose number fits below the axis
IN_A_ROW, NARROW = 4, 22  # pictures, and letters above one of four
MOST_CELLS = 200  # heads whose share fits into its cell
MOST_COLUMNS = 20  # layers whose shares fit beside one another; of more they are written upward


def attention_distance(distances, config, *, lang=None):
    """The mean attention distance of every head in every layer, in pixels (ViT Fig. 7, right); distances (L, H)."""
    say = page.in_language(lang)
    L, H = config.num_layers, config.num_heads
    if distances.shape != (L, H):
        raise InputError(f"distances are {distances.shape}; need {(L, H)}: a row a layer, a column a head")
    distances = to_host(distances)
    uniform = float(look.uniform_distance(config.grid, patch_size=config.patch_pixels, like=distances))
    layers = range(1, L + 1)
    figure = page.blank()
    axes = figure.subplots()
    for head in range(H):
        name = say("a head", "헤드") if head == 0 else None
        axes.plot(layers, distances[:, head], "o", color=BLUE, markersize=10, alpha=0.6, label=name)
    mean = distances.mean(axis=1)  # NaN, a gap in the line, if a head attends to [CLS] alone
    axes.plot(layers, mean, "-s", color=ORANGE, linewidth=3, label=say(f"mean of {H}", f"{H}개 평균"))
    axes.axhline(
        uniform,
        color="black",
        linestyle="--",
        linewidth=2,
        label=say(f"uniform attention: {uniform:.3g} px", f"균등한 어텐션: {uniform:.3g} px"),
    )
    axes.set_ylim(0, 1.15 * np.nanmax([*distances.ravel(), uniform]))
    axes.set_xticks(layers[:: -(-L // MOST_TICKS)])
    axes.set_xlabel(say("layer", "층"), fontsize=LABEL)
    axes.set_ylabel(say("mean attention distance (px)", "평균 어텐션 거리(px)"), fontsize=LABEL)
    axes.set_title(say("How far each head looks", "각 헤드가 보는 거리"), fontsize=TITLE)
    axes.legend(fontsize=SMALL, loc="best", frameon=False)
    styling.grid(axes)
    page.ticks(axes)
    described = say(
        f"A dot for each of {H} heads in {L} layers: mean attention distance, {np.nanmin(distances):.3g} to "
        f"{np.nanmax(distances):.3g} pixels. The mean of the heads goes from {mean[0]:.3g} in layer 1 to "
        f"{mean[-1]:.3g} in layer {L}; uniform attention would give {uniform:.3g}.",
        f"층 {L}개의 헤드 {H}개마다 점 하나: 평균 어텐션 거리 "
        f"{np.nanmin(distances):.3g}~{np.nanmax(distances):.3g}픽셀. 헤드의 평균은 1층에서 {mean[0]:.3g}, {L}층에서 "
        f"{mean[-1]:.3g}픽셀입니다. 균등한 어텐션이면 {uniform:.3g}픽셀입니다.",
    )
    return page.finished(figure, described)


def rollout(image, maps, config, *, lang=None):
    """The image, and each map {title: (rows, cols)} beside it, colored from its smallest value."""
    say = page.in_language(lang)
    for title, weights in maps.items():
        if weights.shape != config.grid:
            raise InputError(f'the map "{title}" is {weights.shape}; need {config.grid}: a value a patch')
    count, narrow = 1 + len(maps), len(maps) > 2  # titles then need two lines
    figure = page.blank(page.height_of_row(count, config, words=2.0) if count <= IN_A_ROW else 7.2)
    first, *others = page.panels(figure, count, min(count, IN_A_ROW))
    page.photo(first, page.of_model(image, config), config)
    first.set_title(say("image", "이미지"), fontsize=LABEL)
    for axes, (title, weights) in zip(others, maps.items(), strict=True):
        weights = to_host(weights)
        page.heat(axes, weights, config)
        title = "\n".join(textwrap.wrap(title, NARROW)) if narrow else title
        title += f"\n{weights.min():.2g} … {weights.max():.2g}"
        axes.set_title(title, fontsize=SMALL if narrow else LABEL)
    figure.suptitle(
        say("Which patches reach [CLS] through the layers", "층을 거쳐 [CLS]까지 전달되는 패치"),
        fontsize=TITLE,
    )
    page.note(figure, page.clipped(config.num_patches, say))
    strongest = "; ".join(f"{name}: {_place(to_host(map_), say)}" for name, map_ in maps.items())
    described = say(
        f"An image, and {counted(len(maps), 'map')} of which patches reach [CLS]. The strongest patch of each: "
        f"{strongest}.",
        f"이미지와, 어느 패치가 [CLS]까지 전달되는지 보이는 맵 {len(maps)}개. 맵마다 가장 강한 패치: {strongest}.",
    )
    return page.finished(figure, described)


def _place(map_, say):
    """Where a map is largest, in words."""
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    return say(f"row {row + 1}, column {column + 1}", f"{row + 1}행 {column + 1}열")


def sinks(image, weights, config, *, lang=None):
    """How much of a head's attention goes to one patch: a cell a head, and the patch of the strongest on the image.

    weights: the A (H, T, T) of every block, in order. Raises InputError for others.
    """
    say = page.in_language(lang)
    L, H = config.num_layers, config.num_heads
    found = [
        [to_host(a) for a in look.sinks(A, grid=config.grid, registers=config.num_registers)] for A in weights
    ]
    patches, shares = (np.array(a) for a in zip(*found, strict=True)) if found else (np.zeros(0),) * 2
    if shares.shape != (L, H):
        raise InputError(
            f"the weights give shares {shares.shape}; need {(L, H)}: the A (H, T, T) of every block"
        )
    block, head = np.unravel_index(shares.argmax(), shares.shape)
    patch = np.unravel_index(patches[block, head], config.grid)

    figure = page.blank()
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.2))
    page.photo(left, page.of_model(image, config), config)
    page.mark(left, patch, config, color=ORANGE)
    where = say(f"row {patch[0] + 1}, column {patch[1] + 1}", f"{patch[0] + 1}행 {patch[1] + 1}열")
    of_all = f"{shares[block, head]:.0%}"
    left.set_title(
        say(
            f"head {head + 1} of block {block + 1}: {of_all}\nto the patch in {where}",
            f"{block + 1}번째 블록의 헤드 {head + 1}: {of_all}가\n{where} 패치로",
        ),
        fontsize=LABEL,
    )
    right.imshow(shares.T, vmin=0, vmax=1, cmap=page.HEAT, aspect="auto")
    style = {"fontsize": 12} if L <= MOST_COLUMNS else {"fontsize": 10, "rotation": 90}
    for (i, h), share in np.ndenumerate(shares):
        if L * H <= MOST_CELLS or share >= 0.5:
            color = "black" if share > 0.45 else "white"
            text = f"{share:.0%}" if share >= 0.005 else "<1%"
            right.text(i, h, text, ha="center", va="center", color=color, **style)
    right.set_xticks(np.arange(L)[:: -(-L // MOST_TICKS)], np.arange(1, L + 1)[:: -(-L // MOST_TICKS)])
    right.set_yticks(np.arange(H), np.arange(1, H + 1))
    right.set_xlabel(say("block", "블록"), fontsize=LABEL)
    right.set_ylabel(say("head", "헤드"), fontsize=LABEL)
    right.set_title(say("share of the strongest patch", "가장 많이 받는 패치의 비율"), fontsize=LABEL)
    page.ticks(right)
    figure.suptitle(
        say("Does a head send everything to one patch?", "패치 하나에 어텐션을 몰아주는 헤드가 있는가?"),
        fontsize=TITLE,
    )
    uniform = f"{100 / config.num_tokens:.2g}%"
    page.note(
        figure,
        say(
            f"mean over all patches that look; uniform attention gives {uniform}",
            f"모든 쿼리 패치의 평균; 균등한 어텐션이면 {uniform}",
        ),
    )
    half = int((shares >= 0.5).sum())
    described = say(
        f"A table of {H} heads by {L} blocks: the share of a head's attention that goes to one patch. The largest is "
        f"{of_all}, head {head + 1} of block {block + 1}, to the patch in {where}; {half} of {L * H} heads send half "
        f"or more to one patch.",
        f"헤드 {H}개 × 블록 {L}개의 표: 헤드의 어텐션 중 패치 하나로 가는 비율. 가장 큰 값은 {block + 1}번째 블록 "
        f"헤드 {head + 1}의 {of_all}({where} 패치)이고, 헤드 {L * H}개 중 {half}개가 절반 이상을 패치 하나에 "
        f"보냅니다.",
    )
    return page.finished(figure, described)
