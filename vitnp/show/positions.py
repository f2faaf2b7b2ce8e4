"""The similarity of position embeddings."""

import numpy as np

from vitnp.analysis import look
from vitnp.backend.arrays import to_host
from vitnp.errors import InputError
from vitnp.show import page
from vitnp.show.styling import LABEL, SMALL, TITLE

MOST_TILES, PAPER = 8, 7  # rows and columns of tiles that are all drawn; of more the paper shows 7x7


def position_similarity(E_pos, config, *, lang=None):
    """The similarity of position embeddings: a tile per patch, its cosine with every patch (ViT Fig. 7, center).

    E_pos (N+1, D), or (N, D) without a class token. Of more than 8 rows or columns of tiles 7 are drawn, with their
    numbers.
    """
    say = page.in_language(lang)
    want = (config.num_positions, config.hidden_size)
    if E_pos.shape != want:
        raise InputError(f"E_pos is {E_pos.shape}, the model's is {want}; give the p and config of one model")
    rows, cols = config.grid
    cosine = to_host(look.position_similarity(E_pos, grid=config.grid))
    some_rows, some_cols = (
        np.linspace(0, n - 1, n if n <= MOST_TILES else PAPER).round().astype(int) for n in (rows, cols)
    )
    gap = max(max(rows, cols) // 6, 1)
    tiles = cosine[np.ix_(some_rows, some_cols)].swapaxes(1, 2)  # tile row, row, tile column, column
    tiles = np.pad(tiles, ((0, 0), (0, gap), (0, 0), (0, gap)), constant_values=np.nan)
    canvas = tiles.reshape(len(some_rows) * (rows + gap), len(some_cols) * (cols + gap))[:-gap, :-gap]

    figure = page.blank()
    figure.set_layout_engine("compressed", w_pad=0.12, h_pad=0.12)
    axes = figure.subplots()
    shown = axes.imshow(canvas, vmin=-1, vmax=1, cmap="viridis", interpolation="nearest")
    axes.set_xticks(np.arange(len(some_cols)) * (cols + gap) + (cols - 1) / 2, some_cols + 1)
    axes.set_yticks(np.arange(len(some_rows)) * (rows + gap) + (rows - 1) / 2, some_rows + 1)
    axes.set_xlabel(say("patch column", "패치의 열"), fontsize=LABEL)
    axes.set_ylabel(say("patch row", "패치의 행"), fontsize=LABEL)
    axes.tick_params(length=0, labelsize=SMALL)
    axes.spines[:].set_visible(False)
    axes.set_title(
        say(
            "Position embeddings: each tile is one patch against all",
            "포지셔널 임베딩: 패치 하나와 모든 패치",
        ),
        fontsize=TITLE,
    )
    bar = figure.colorbar(shown, ax=axes, shrink=0.9)
    bar.set_label(say("cosine similarity", "코사인 유사도"), fontsize=LABEL)
    page.ticks(bar.ax)
    axes.set_anchor("C")
    beside = np.concatenate(
        [
            np.einsum("rcrc->rc", cosine[:, :-1, :, 1:]).ravel(),
            np.einsum("rcrc->rc", cosine[:-1, :, 1:]).ravel(),
        ]
    )
    near = f"{beside.mean():.2f}" if len(beside) else "–"
    far = f"{cosine[0, 0, -1, -1]:.2f}"
    described = say(
        f"A tile per patch for {len(some_rows)}×{len(some_cols)} of {rows}×{cols} patches: the cosine of its "
        f"position embedding with those of all patches. Neighbors have {near} on average, opposite corners {far}.",
        f"패치 {rows}×{cols}개 중 {len(some_rows)}×{len(some_cols)}개마다 타일 하나: 포지셔널 임베딩과 모든 패치의 "
        f"포지셔널 임베딩의 코사인. 이웃한 패치는 평균 {near}, 마주 보는 모서리는 {far}입니다.",
    )
    return page.finished(figure, described)
