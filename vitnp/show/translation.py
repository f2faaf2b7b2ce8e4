"""An encoder–decoder at work: cross-attention, the masks, and the sine–cosine positions."""

import math

import numpy as np

from vitnp.backend.arrays import to_host
from vitnp.errors import InputError, counted, quoted
from vitnp.show import page, symbols
from vitnp.show.styling import LABEL, SMALL, TITLE

MOST_HEADS = 16  # that are drawn, beside the mean of all
ROOM = 340  # points for the labels beside a map of the page's height or half of its width
FINE = 10  # points of a label, at least: where there are too many symbols, only every second, third, … is written
MOST_CELLS = 24  # a side of a mask, or fewer: a cell has a sign, so that colors alone say nothing


def cross_attention(A, source, target, *, block=None, lang=None):
    """What the decoder looks at as it writes each symbol: target symbols down, source symbols across.

    A (T, S), one map, or (H, T, S), the mean of the heads beside the first 16: cross-attention weights, each row
    summing to 1. source: S symbols, target: the T symbols that were written, the end among them; any alphabet.
    `block` is the decoder block, counted from 0, for the title. Raises InputError for other shapes and for values
    that are no weights.
    """
    say = page.in_language(lang)
    A = np.asarray(to_host(A))
    _check_weights(A, source, target)
    figure = page.blank()
    high = A.max()
    if A.ndim == 2:
        _map(figure.subplots(), A, source, target, high, 1, say)
    else:
        left, right = figure.subfigures(1, 2, width_ratios=(1.3, 1))
        axes = left.subplots()
        _map(axes, A.mean(axis=0), source, target, high, 2, say)
        axes.set_title(say(f"mean of {len(A)} heads", f"헤드 {len(A)}개 평균"), fontsize=LABEL)
        heads = min(len(A), MOST_HEADS)
        for head, axes in enumerate(page.panels(right, heads, math.ceil(math.sqrt(heads)))):
            _cells(axes, A[head], vmin=0, vmax=high)
            axes.set(xticks=[], yticks=[])
            axes.set_title(say(f"head {head + 1}", f"헤드 {head + 1}"), fontsize=SMALL)
    title = say("Cross-attention: what is read for each symbol", "교차 어텐션: 기호를 쓸 때마다 읽는 곳")
    if block is not None:
        title += say(f", decoder block {block + 1}", f", 디코더 블록 {block + 1}")
    figure.suptitle(title, fontsize=TITLE)
    note = say(
        f"a row sums to 100% · dark: 0%, yellow: {high:.0%}",
        f"한 행의 합은 100% · 어두운색: 0%, 노란색: {high:.0%}",
    )
    if symbols.not_drawn([*source, *target]):
        note += say(" · U+…: install a font that has it", " · U+…: 글꼴을 설치하면 글자로 보임")
    page.note(figure, note)
    mean = A if A.ndim == 2 else A.mean(axis=0)
    reads = ", ".join(f"{t} ← {source[row.argmax()]}" for t, row in zip(target, mean, strict=True))
    described = say(
        f"A map of cross-attention, {len(target)} written symbols by {len(source)} read ones. Each reads most: "
        f"{reads}.",
        f"교차 어텐션 맵, 쓴 기호 {len(target)}개 × 읽은 기호 {len(source)}개. 기호마다 가장 많이 읽는 곳: {reads}.",
    )
    return _finished(figure, described, source, target)


def mask(masks, queries, keys, *, lang=None):
    """Masks side by side: {title: booleans (N, M), or (1, M) for all N queries}, True where a query may look.

    queries: the N symbols that look, keys: the M that are looked at. Raises InputError for other shapes and dtypes.
    """
    say = page.in_language(lang)
    if not masks:
        raise InputError("masks is empty; give {title: booleans}, one mask or more")
    size = (len(queries), len(keys))
    figure = page.blank()
    every = page.panels(figure, len(masks), len(masks))
    for axes, (title, given) in zip(every, masks.items(), strict=True):
        allowed = _full_mask(title, given, size)
        axes.imshow(allowed, cmap=page.HEAT, vmin=-0.4, vmax=1, interpolation="nearest")
        if max(size) <= MOST_CELLS:
            for row, column in np.argwhere(~allowed):
                axes.text(column, row, "×", color="white", ha="center", va="center", fontsize=SMALL)
        _lines(axes, size)
        _name(axes, queries, keys, len(masks))
        axes.set_title(title, fontsize=LABEL)
        axes.set_xlabel(say("key", "키"), fontsize=LABEL)
    every[0].set_ylabel(say("query", "쿼리"), fontsize=LABEL)
    figure.suptitle(
        say("Masks: which query may look at which key", "마스크: 어느 쿼리가 어느 키를 볼 수 있나"),
        fontsize=TITLE,
    )
    page.note(figure, say("yellow: may look · dark, ×: hidden", "노란색: 볼 수 있음 · 어두운색, ×: 가려짐"))
    hidden = ", ".join(
        f"{title} {size[0] * size[1] - int(_full_mask(title, given, size).sum())}"
        for title, given in masks.items()
    )
    described = say(
        f"{counted(len(masks), 'mask')} of {size[0]} queries by {size[1]} keys. Hidden places: {hidden}.",
        f"쿼리 {size[0]}개 × 키 {size[1]}개의 마스크 {len(masks)}개. 가려진 칸의 수: {hidden}.",
    )
    return _finished(figure, described, queries, keys)


def sine_positions(E, *, lang=None):
    """The position table E (T, D) itself, and the cosine of every two of its rows.

    Of sine–cosine positions the cosine depends on the distance alone. Raises InputError for another shape.
    """
    say = page.in_language(lang)
    E = np.asarray(to_host(E))
    lengths = np.linalg.norm(E, axis=-1) if E.ndim == 2 else None
    if lengths is None or min(E.shape) < 2 or not np.isfinite(E).all() or not lengths.all():
        raise InputError(f"E is {E.shape}; need finite (T, D), two positions or more, no row of zeros")
    figure = page.blank()
    table, likeness = figure.subplots(1, 2, width_ratios=(1.25, 1))
    cosine = (E @ E.T) / np.outer(lengths, lengths)
    for axes, values, aspect in ((table, E, "auto"), (likeness, cosine, "equal")):
        drawn = axes.imshow(values, cmap=page.HEAT, vmin=-1, vmax=1, aspect=aspect, interpolation="nearest")
        axes.set_ylabel(say("position", "위치"), fontsize=LABEL)
        page.ticks(axes)
    bar = figure.colorbar(drawn, ax=likeness, shrink=0.7)
    page.ticks(bar.ax)
    table.set_xlabel(say("dimension", "차원"), fontsize=LABEL)
    likeness.set_xlabel(say("position", "위치"), fontsize=LABEL)
    table.set_title(say("the table", "표"), fontsize=LABEL)
    likeness.set_title(say("cosine of two rows", "두 행의 코사인"), fontsize=LABEL)
    T, D = E.shape
    figure.suptitle(
        say(
            f"Sine–cosine positions: {T} positions, {D} dimensions", f"사인·코사인 위치: {T}개 위치, {D}차원"
        ),
        fontsize=TITLE,
    )
    next_ = np.diagonal(cosine, 1).mean()
    described = say(
        f"Left: the position table, {T} positions by {D} dimensions, in values from −1 to 1. Right: the cosine of "
        f"every two rows; neighbors have {next_:.2f} on average, the first and the last {cosine[0, -1]:.2f}.",
        f"왼쪽: 위치 {T}개 × {D}차원의 표, 값은 −1에서 1. 오른쪽: 두 행의 코사인. 이웃은 평균 {next_:.2f}, 처음과 "
        f"마지막은 {cosine[0, -1]:.2f}입니다.",
    )
    return page.finished(figure, described)


def _check_weights(A, source, target):
    size = (len(target), len(source))
    if 0 in size or A.ndim not in (2, 3) or A.shape[-2:] != size or not len(A):
        raise InputError(
            f"attention weights are {A.shape}; need (T, S) or (H, T, S) with T = {size[0]} target symbols "
            f"and S = {size[1]} source symbols, one or more of each"
        )
    if A.dtype.kind != "f" or not np.isfinite(A).all() or A.min() < 0 or A.max() > 1.001:
        raise InputError("attention weights must be finite floats from 0 to 1; give A, not the scores")


def _map(axes, weights, source, target, high, maps, say):
    """One map of weights with the symbols at its sides."""
    _cells(axes, weights, vmin=0, vmax=high)
    _lines(axes, weights.shape)
    _name(axes, target, source, maps)
    axes.set_xlabel(say("source, read", "입력(읽는 쪽)"), fontsize=LABEL)
    axes.set_ylabel(say("target, written", "출력(쓰는 쪽)"), fontsize=LABEL)


def _cells(axes, values, **range_):
    """A map that fills its axes, a cell a value."""
    return axes.imshow(values, cmap=page.HEAT, aspect="auto", interpolation="nearest", **range_)


def _full_mask(title, given, size):
    """The mask as booleans of the given size."""
    given = np.asarray(to_host(given))
    if given.dtype != bool:
        raise InputError(
            f"the mask {quoted(title)} is {given.dtype}; need booleans, True where a query may look"
        )
    try:
        return np.broadcast_to(given, size)
    except ValueError:
        raise InputError(
            f"the mask {quoted(title)} is {given.shape}; need (N, M), or (1, M) for all queries: "
            f"N = {size[0]} queries, M = {size[1]} keys"
        ) from None


def _lines(axes, size):
    """Thin lines between the cells, where there are few of them."""
    if max(size) <= MOST_CELLS:
        rows, columns = size
        axes.hlines(np.arange(rows - 1) + 0.5, -0.5, columns - 0.5, color="white", linewidth=1)
        axes.vlines(np.arange(columns - 1) + 0.5, -0.5, rows - 0.5, color="white", linewidth=1)


def _name(axes, down, across, maps):
    """The symbols beside the rows and below the columns of one of so many maps on the page."""
    for axis, names, room in ((axes.yaxis, down, ROOM), (axes.xaxis, across, 2 * ROOM / maps)):
        every = math.ceil(len(names) * FINE / room)
        written = [text for text, _ in symbols.labels(names[::every])]
        size = min(LABEL, room / len(written))
        axis.set_ticks(range(0, len(names), every), written, fontsize=size)
    for label in axes.get_xticklabels():
        if len(label.get_text()) * size > room / len(written):  # a wide one would touch the next
            label.set_rotation(90)


def _finished(figure, described, *sentences):
    """The page, its labels in fonts that have their characters."""
    page.finished(figure, described)
    fonts = dict(pair for sentence in sentences for pair in symbols.labels(sentence))
    for axes in figure.axes:
        for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
            label.set_fontfamily([*label.get_fontfamily(), *fonts.get(label.get_text(), ())])
    return figure
