"""Attention in one block: of the class token, and of one patch."""

import math

import numpy as np

from vitnp.analysis import look
from vitnp.backend.arrays import to_host
from vitnp.errors import InputError, need_int
from vitnp.show import page
from vitnp.show.styling import LABEL, SMALL, TITLE

MOST_HEADS = 3  # in the picture of one patch's attention, beside their mean


def attention_from_class_token(image, A, config, *, block=None, lang=None):
    """The class token's attention to every patch, beside the image: the mean of the heads, and each head.

    image (Hᵢ, Wᵢ, C); A (H, N+1, N+1) the attention weights of one block, `t["blocks.i.attention.A"][b]`; `block` is
    that i, for the title. Raises InputError for a model without a class token, and for other shapes.
    """
    say = page.in_language(lang)
    if config.classifier != "token":
        raise InputError(
            f'a model with classifier "{config.classifier}" has no class token; use one with "token"'
        )
    _check(A, config, "attention weights")
    H, T = config.num_heads, config.num_tokens
    A = to_host(A)
    how = {"grid": config.grid, "registers": config.num_registers}
    maps, itself = look.attention_from_class_token(A, **how), A[:, 0, 0]

    figure = page.blank()
    left, right = figure.subfigures(1, 2, width_ratios=(1, 2))
    top, bottom = left.subplots(2, 1)
    page.photo(top, page.of_model(image, config), config)
    top.set_title(say("image", "이미지"), fontsize=LABEL)
    small = page.panels(right, H, math.ceil(math.sqrt(H)))
    names = [say(f"mean of {H}", f"{H}개 평균")]
    names += [say(f"head {head}", f"헤드 {head}") for head in range(1, H + 1)]
    every = zip((bottom, *small), names, (maps.mean(axis=0), *maps), (itself.mean(), *itself), strict=True)
    for axes, name, weights, own in every:
        page.heat(axes, weights, config, least=0)
        title = f"{name}\n{page.times_uniform(weights.max(), T)} · [CLS] {own:.0%}"
        axes.set_title(title, fontsize=SMALL)
    figure.suptitle(
        say("Where [CLS] looks", "[CLS]가 보는 곳") + _of_block(block, config, say), fontsize=TITLE
    )
    own = say("[CLS]: share to itself", "[CLS]: 자기 자신을 보는 비율")
    page.note(figure, f"{_times(T, say)} · {own} · {page.clipped(config.num_patches, say)}")
    mean = maps.mean(axis=0)
    (row, column), most = np.unravel_index(mean.argmax(), mean.shape), page.times_uniform(mean.max(), T)
    described = say(
        f"An image, and where the class token looks{_of_block(block, config, say)}: the mean of {H} heads and each "
        f"head. In the mean the strongest patch, row {row + 1}, column {column + 1}, gets {most[:-1]} times uniform "
        f"attention; the class token gives itself {itself.mean():.0%}.",
        f"이미지와 [CLS] 토큰이 보는 곳{_of_block(block, config, say)}: 헤드 {H}개의 평균과 헤드 하나하나. 평균에서 "
        f"가장 강한 패치는 {row + 1}행 {column + 1}열이고 균등한 어텐션의 {most[:-1]}배입니다. [CLS]가 자기 자신을 "
        f"보는 비율은 {itself.mean():.0%}입니다.",
    )
    return page.finished(figure, described)


def attention_of_patch(image, S, A, config, *, patch, heads=None, block=None, lang=None):
    """The scores and attention weights of one patch: its row of S = Q·Kᵀ/√d_k above, of A = softmax(S) below.

    image (Hᵢ, Wᵢ, C); S and A (H, T, T) the scores and weights of one block, `t["blocks.i.attention.S"][b]`; patch
    (row, column) and at most 3 heads, counted from 0, beside the mean of all; by default the first three. Raises
    InputError for a patch or head that does not exist, and for other shapes.
    """
    say = page.in_language(lang)
    for values, what in ((S, "scores"), (A, "attention weights")):
        _check(values, config, what)
    (rows, cols), H, T = config.grid, config.num_heads, config.num_tokens
    row = need_int("the patch's row", patch[0], at_least=0, at_most=rows - 1)
    column = need_int("the patch's column", patch[1], at_least=0, at_most=cols - 1)
    heads = list(range(min(H, MOST_HEADS))) if heads is None else list(heads)
    if not 1 <= len(heads) <= MOST_HEADS:
        raise InputError(f"{len(heads)} heads were given; need 1 to {MOST_HEADS}")
    for head in heads:
        need_int("a head", head, at_least=0, at_most=H - 1)
    first = T - config.num_patches
    query = first + row * cols + column
    scores, weights = (to_host(values[:, query, first:]).reshape(H, rows, cols) for values in (S, A))

    figure = page.blank()
    left, right = figure.subfigures(1, 2, width_ratios=(1.2, min(0.4 + 0.5 * (1 + len(heads)), 2.4)))
    axes = left.subplots()
    page.photo(axes, page.of_model(image, config), config)
    page.mark(axes, (row, column), config)
    where = say(f"row {row + 1}, column {column + 1}", f"{row + 1}행 {column + 1}열")
    axes.set_title(say(f"the query: {where}", f"쿼리 패치: {where}"), fontsize=LABEL)
    names = [say(f"mean of {H}", f"{H}개 평균")] + [say(f"head {h + 1}", f"헤드 {h + 1}") for h in heads]
    above, below = right.subplots(2, len(names), squeeze=False)
    for name, up, down, s, a in zip(
        names, above, below, _rows(scores, heads), _rows(weights, heads), strict=True
    ):
        page.heat(up, s, config)
        up.set_title(f"S, {name}\n{s.min():.1f} … {s.max():.1f}".replace("-", "−"), fontsize=SMALL)
        page.heat(down, a, config, least=0)
        down.set_title(f"A, {name}\n{page.times_uniform(a.max(), T)}", fontsize=SMALL)
        for map_ in (up, down):
            page.mark(map_, (row, column), config)
    figure.suptitle(
        say("Scores S = Q·Kᵀ/√dₖ and weights A of one patch", "한 패치의 S = Q·Kᵀ/√dₖ와 A = softmax(S)")
        + _of_block(block, config, say),
        fontsize=TITLE,
    )
    page.note(figure, f"{_times(T, say)} · {page.clipped(config.num_patches, say)}")
    mean = weights.mean(axis=0)
    (r, c), most = np.unravel_index(mean.argmax(), mean.shape), page.times_uniform(mean.max(), T)
    described = say(
        f"An image with the query patch framed in {where}, and maps of its scores S and weights A"
        f"{_of_block(block, config, say)}: the mean of {H} heads and {len(heads)} of them. In the mean it looks most "
        f"at row {r + 1}, column {c + 1}: {most[:-1]} times uniform attention.",
        f"쿼리 패치({where})에 테두리를 그린 이미지와, 그 패치의 S와 A의 맵{_of_block(block, config, say)}: 헤드 "
        f"{H}개의 평균과 헤드 {len(heads)}개. 평균에서 가장 많이 보는 패치는 {r + 1}행 {c + 1}열이고 균등한 어텐션의 "
        f"{most[:-1]}배입니다.",
    )
    return page.finished(figure, described)


def _rows(values, heads):
    """The mean of all heads, then the heads asked for."""
    return [values.mean(axis=0), *values[heads]]


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


def _times(T, say):
    """What × means below a map of T tokens."""
    return say(f"×: strongest patch ÷ uniform attention, 1/{T}", f"×: 최댓값 ÷ 균등한 어텐션(1/{T})")
