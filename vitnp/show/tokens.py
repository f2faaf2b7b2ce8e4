"""Patch tokens: as colors, matched between two photos, and with the mirror image."""

import numpy as np
from matplotlib import colormaps

from vitnp.analysis import look
from vitnp.backend.arrays import to_host
from vitnp.errors import InputError, counted, need_int
from vitnp.show import page, styling
from vitnp.show.styling import BLUE, LABEL, ORANGE, SMALL, TITLE

MOST_PHOTOS = 10  # in the picture of tokens as colors; the basis is that of all
MOST_LINES = 40  # between two photos
FINE = 10  # points, of the numbers of many layers


def token_colors(images, tokens, config, *, block=None, lang=None):
    """Every patch in the color of its token: red, green and blue are the three principal components of all tokens.

    images (B, Hᵢ, Wᵢ, C) and their patch tokens (B, N, D) without [CLS], `t["norm"][:, 1:]`. One basis for all
    photos: a color means the same in each. At most 10 photos are drawn. `block` is the one that the tokens come from,
    for the note; None: the last norm. Raises InputError for other shapes.
    """
    say = page.in_language(lang)
    tokens = to_host(tokens)
    _check(images, tokens, config)
    components, shares = look.token_components(tokens)
    colors = look.colors(np.pad(components, [(0, 0), (0, 0), (0, 3 - len(shares))]))  # two patches have two
    count = min(len(images), MOST_PHOTOS)
    figure = page.blank()
    lines = 1 if count == 1 else 2 * -(-count // 5)
    columns = 2 if count == 1 else min(count, 5)
    axes = figure.subplots(lines, columns, squeeze=False)
    for every in axes.flat:
        every.set_axis_off()
    for i in range(count):
        line, column = 2 * (i // 5), i % 5
        above, below = axes[0] if count == 1 else (axes[line, column], axes[line + 1, column])
        page.photo(above, page.of_model(images[i], config), config)
        page.lay(below, colors[i].reshape(*config.grid, 3), config)
    total, n = f"{shares.sum():.0%}", len(shares)
    figure.suptitle(
        say(
            f"Patch tokens as colors: {counted(n, 'principal component')}, {total} of the variance",
            f"색으로 본 패치 토큰: 주성분 {n}개, 분산의 {total}",
        )
        + (f" ({count}/{len(images)})" if count < len(images) else ""),
        fontsize=TITLE,
    )
    page.note(
        figure,
        say(
            "red, green, blue: components 1 to 3 (1% to 99% quantile); similar colors: similar tokens",
            "빨강, 초록, 파랑: 성분 1, 2, 3(1~99% 분위수); 색이 비슷하면 토큰이 비슷함",
        )
        + _after(block, say),
    )
    described = say(
        f"{counted(count, 'photo')}, and each patch in the color of its token: {counted(n, 'principal component')} "
        f"as red, green and blue, {total} of the variance. Similar tokens have similar colors.",
        f"사진 {count}장과, 패치마다 그 토큰의 색으로 칠한 그림: 주성분 {n}개를 빨강·초록·파랑으로 그렸고 분산의 "
        f"{total}입니다. 비슷한 토큰은 색이 비슷합니다.",
    )
    return page.finished(figure, described)


def patch_match(images, tokens, config, *, patch, block=None, lang=None):
    """One patch of a photo looked for in another: its cosine with every patch there, and the best match.

    images: two (Hᵢ, Wᵢ, C); tokens: their patch tokens, two (N, D); patch (row, column) of the first, from 0.
    """
    say = page.in_language(lang)
    rows, cols = config.grid
    row = need_int("the patch's row", patch[0], at_least=0, at_most=rows - 1)
    column = need_int("the patch's column", patch[1], at_least=0, at_most=cols - 1)
    a, b = _pair(images, tokens, config)
    cosine = look.similarity(a, b)[row * cols + column].reshape(rows, cols)
    best = np.unravel_index(cosine.argmax(), cosine.shape)
    figure = page.blank(page.height_of_row(3, config, words=1.9))
    left, right, map_ = figure.subplots(1, 3)
    page.photo(left, page.of_model(images[0], config), config)
    page.photo(right, page.of_model(images[1], config), config)
    page.heat(map_, cosine, config)
    page.mark(left, (row, column), config)
    for axes in (right, map_):
        page.mark(axes, best, config, color=ORANGE)
    at = [say(f"row {r + 1}, column {c + 1}", f"{r + 1}행 {c + 1}열") for r, c in ((row, column), best)]
    left.set_title(say(f"this patch\n{at[0]}", f"이 패치\n{at[0]}"), fontsize=LABEL)
    right.set_title(say(f"its best match\n{at[1]}", f"가장 비슷한 패치\n{at[1]}"), fontsize=LABEL)
    low, high = (f"{value:.2f}".replace("-", "−") for value in (cosine.min(), cosine.max()))
    map_.set_title(
        say(f"cosine of the tokens\n{low} … {high}", f"토큰의 코사인\n{low} … {high}"), fontsize=LABEL
    )
    figure.suptitle(say("One patch, found in another photo", "다른 사진에서 찾은 패치"), fontsize=TITLE)
    page.note(figure, page.clipped(config.num_patches, say) + _after(block, say))
    described = say(
        f"Two photos and a map. The patch in {at[0]} of the first matches the patch in {at[1]} of the second best: "
        f"cosine {high}; the least is {low}.",
        f"사진 두 장과 맵 하나. 첫 사진의 {at[0]} 패치와 가장 비슷한 패치는 둘째 사진의 {at[1]}입니다: 코사인 "
        f"{high}, 최솟값 {low}.",
    )
    return page.finished(figure, described)


def patch_matches(images, tokens, config, *, block=None, lang=None):
    """The patches of two photos that are each other's best match, joined by lines: at most 40, of largest cosine.

    images: two (Hᵢ, Wᵢ, C); tokens: their patch tokens, two (N, D).
    """
    say = page.in_language(lang)
    (height, width), (rows, cols), P = config.image_size, config.grid, config.patch_pixels
    a, b = _pair(images, tokens, config)
    cosine = look.similarity(a, b)
    best, mutual = look.matches(cosine)
    strength = np.where(mutual, cosine.max(axis=1), -np.inf)
    chosen = np.argsort(-strength, kind="stable")[: min(int(mutual.sum()), MOST_LINES)]
    gap = width // 4
    figure = page.blank()
    axes = figure.subplots()
    for image, left in zip(images, (0, width + gap), strict=True):
        axes.imshow(page.of_model(image, config), extent=(left, left + width, height, 0))
    (y, x), (v, u) = (np.divmod(i, cols) for i in (chosen, best[chosen]))
    ends = np.stack([x * P + P / 2, u * P + P / 2 + width + gap]), np.stack([y, v]) * P + P / 2
    axes.plot(*ends, color="white", linewidth=4)
    for x_, y_, color in zip(ends[0].T, ends[1].T, colormaps["viridis"](x / cols), strict=True):
        axes.plot(x_, y_, color=color, linewidth=2)
        axes.plot(x_, y_, "o", color=color, markersize=10, markeredgecolor="white", zorder=3)
    axes.set(xlim=(0, 2 * width + gap), ylim=(height, 0))
    axes.set_axis_off()
    count, all_ = int(mutual.sum()), rows * cols
    figure.suptitle(
        say(
            f"{count} of {all_} patches are each other's best match",
            f"패치 {all_}개 중 {count}개가 서로를 가장 비슷한 패치로 고른다",
        ),
        fontsize=TITLE,
    )
    drawn = say(
        f"drawn: the {len(chosen)} of largest cosine; both ends of a line have one color",
        f"코사인이 가장 큰 {len(chosen)}쌍을 그림; 선의 양 끝은 같은 색",
    )
    page.note(figure, drawn + _after(block, say))
    described = say(
        f"Two photos side by side with {len(chosen)} lines between patches; {count} of {all_} patches are each "
        f"other's best match.",
        f"나란히 놓은 사진 두 장과 패치를 잇는 선 {len(chosen)}개. 패치 {all_}개 중 {count}개가 서로를 가장 비슷한 "
        f"패치로 고릅니다.",
    )
    return page.finished(figure, described)


def mirror(image, shares, config, *, lang=None):
    """How many patches find themselves in the mirror image, layer by layer: {name of the layer: share, 0…1}.

    shares: `look.mirror_matches` of the tokens of each layer, in order.
    """
    say = page.in_language(lang)
    if not shares or not all(0 <= share <= 1 for share in shares.values()):
        raise InputError(f"shares are {dict(shares)}; need {{name of a layer: share, 0 to 1}}, at least one")
    figure = page.blank()
    left, right = figure.subfigures(1, 2, width_ratios=(1, 2.6))
    for axes, flip in zip(left.subplots(2, 1), (1, -1), strict=True):
        page.photo(axes, page.of_model(image, config)[:, ::flip], config)
    axes = right.subplots()
    values = 100 * np.array(list(shares.values()))
    places, few = range(len(values)), len(values) <= 16
    axes.plot(places, values, "-o", color=BLUE, linewidth=3, markersize=9)
    for i, value in enumerate(values):
        axes.annotate(
            f"{value:.0f}",
            (i, value),
            (0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL if few else FINE,
            path_effects=styling.halo(),  # the line may cross it
        )
    chance = 100 / config.num_patches
    axes.axhline(chance, color="black", linestyle="--", linewidth=2, label=say("chance", "우연히 맞을 확률"))
    axes.set_ylim(0, 109)  # of every photo, so that two can be compared
    axes.set_xticks(places, list(shares), rotation=0 if few else 90)
    axes.set_xlabel(say("tokens after block …", "토큰을 꺼낸 곳(블록 번호)"), fontsize=LABEL)
    axes.set_ylabel(say("patches that find themselves (%)", "자기 자신을 찾은 패치(%)"), fontsize=LABEL)
    axes.legend(fontsize=LABEL, loc="best", frameon=False)
    styling.grid(axes)
    page.ticks(axes)
    if not few:
        axes.tick_params(axis="x", labelsize=FINE)
    figure.suptitle(
        say(
            "How many patches find themselves in the mirror image?",
            "거울상에서 자기 자신을 찾는 패치는 얼마나 되는가?",
        ),
        fontsize=TITLE,
    )
    ends = f"{values[0]:.0f}%", f"{values[-1]:.0f}%"
    described = say(
        f"An image, its mirror image, and a line over {len(values)} layers: the share of patches that find "
        f"themselves in the mirror image goes from {ends[0]} to {ends[1]}; by chance it is {chance:.2g}%.",
        f"이미지와 거울상, 그리고 층 {len(values)}개에 걸친 선: 거울상에서 자기 자신을 찾는 패치의 비율이 "
        f"{ends[0]}에서 {ends[1]}로 바뀝니다. 우연히 맞을 확률은 {chance:.2g}%입니다.",
    )
    return page.finished(figure, described)


def _pair(images, tokens, config):
    """The tokens of two photos, checked."""
    if len(images) != 2 or len(tokens) != 2:
        raise InputError(
            f"{len(images)} images and {len(tokens)} arrays of tokens were given; need two of each"
        )
    a, b = (to_host(z) for z in tokens)
    for z in (a, b):
        _check(images[:1], z[None], config)
    return a, b


def _after(block, say):
    """The words of a note that say where the tokens were taken from."""
    if block is None:
        return say(" · tokens after the last norm", " · 마지막 norm 다음의 토큰")
    return say(f" · tokens after block {block + 1}", f" · {block + 1}번째 블록 다음의 토큰")


def _check(images, tokens, config):
    want = (len(images), config.num_patches, config.hidden_size)
    if tokens.shape != want or not len(images):
        raise InputError(
            f"tokens are {tokens.shape}; need {want}: an image a row, without [CLS], the D of the model"
        )
