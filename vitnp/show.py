"""Every picture, one function each: arrays in, a matplotlib `Figure` out, sized and lettered for a projector.

Figures are made as objects, never through pyplot, so they need no display and may be made in any thread.
Nothing is told by color alone, and the colors can be told apart by color-blind eyes (Okabe & Ito, 2008).
Imports matplotlib, `backend`, `checks`, `errors`, `writing` and `steps.s1_patchify`; nobody imports it at the door.
"""

import math
import os

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from vitnp.backend import to_host
from vitnp.checks import check_images
from vitnp.errors import InputError
from vitnp.steps import s1_patchify
from vitnp.writing import beside

BLUE, ORANGE, PALE = "#0072B2", "#D55E00", "#F9DCC4"
FADE = LinearSegmentedColormap.from_list("fade", [to_rgba(ORANGE, 0.0), to_rgba(ORANGE, 0.9)])
TITLE, LABEL, SMALL = 22, 18, 15  # points at 1280x720
MOST_TILES = 7  # rows and columns of position tiles; the paper shows 7x7
MOST_PREDICTIONS = 12


def save(figure, path):
    """Write the figure at 1280x720 to `path`, in the format of its suffix: beside it, then renamed. Returns path.

    Raises InputError for a suffix matplotlib does not know, and where the file cannot be written.
    """
    suffix = os.path.splitext(path)[1].removeprefix(".").lower()
    known = figure.canvas.get_supported_filetypes()
    if suffix not in known:
        raise InputError(
            f'{path} ends in "{suffix}", which is no picture; end it in one of {", ".join(known)}'
        )
    with beside(path) as part:
        figure.savefig(part, format=suffix)
    return path


def patch_grid(image, config):
    """An image (Hᵢ, Wᵢ, C) under the grid that cuts it, and beside it the patches pulled apart (deck 003, step 1)."""
    (height, width), P, (rows, cols) = config.image_size, config.patch_size, config.grid
    picture = _of_model(image, config)
    gap = max(P // 4, 1)
    grid = s1_patchify.to_grid(picture[None], patch_size=P)  # (1, rows, cols, P, P, 3)
    spread = np.full((1, rows, cols, P + gap, P + gap, 3), to_rgb(PALE))
    spread[:, :, :, :P, :P] = grid
    spread = spread.reshape(1, rows * cols, -1)
    apart = s1_patchify.unpatchify(spread, grid=(rows, cols), patch_size=P + gap)[0, :-gap, :-gap]

    figure = _blank()
    left, right = figure.subplots(1, 2)
    left.imshow(picture, extent=(0, width, height, 0))
    left.vlines(np.arange(0, width + 1, P), 0, height, color=ORANGE, linewidth=2)
    left.hlines(np.arange(0, height + 1, P), 0, width, color=ORANGE, linewidth=2)
    left.set_title(f"{height}×{width}×{config.in_channels}, cut {rows}×{cols}", fontsize=TITLE)
    right.imshow(apart)
    right.set_title(f"N = {config.num_patches} patches of {config.patch_dim} values", fontsize=TITLE)
    for axes in (left, right):
        axes.set_axis_off()
    return figure


def position_similarity(E_pos, config):
    """How alike the position embeddings are: a tile a patch, its cosine with every patch (ViT Fig. 7, center).

    E_pos (N+1, D), or (N, D) without a class token. Of a grid with more than 7 rows or columns, 7 are shown.
    """
    E_pos = to_host(E_pos)
    want = (config.num_tokens, config.hidden_size)
    if E_pos.shape != want:
        raise InputError(f"E_pos is {E_pos.shape}, the model's is {want}; give the p and config of one model")
    rows, cols = config.grid
    unit = E_pos[-rows * cols :]  # without the class token
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    cosine = (unit @ unit.T).reshape(rows, cols, rows, cols)
    some_rows, some_cols = (
        np.linspace(0, n - 1, min(n, MOST_TILES)).round().astype(int) for n in (rows, cols)
    )
    gap = max(max(rows, cols) // 6, 1)
    tiles = cosine[np.ix_(some_rows, some_cols)].swapaxes(1, 2)  # tile row, row, tile column, column
    tiles = np.pad(tiles, ((0, 0), (0, gap), (0, 0), (0, gap)), constant_values=np.nan)
    canvas = tiles.reshape(len(some_rows) * (rows + gap), len(some_cols) * (cols + gap))[:-gap, :-gap]

    figure = _blank()
    axes = figure.subplots()
    shown = axes.imshow(canvas, vmin=-1, vmax=1, cmap="viridis", interpolation="nearest")
    axes.set_xticks(np.arange(len(some_cols)) * (cols + gap) + (cols - 1) / 2, some_cols + 1)
    axes.set_yticks(np.arange(len(some_rows)) * (rows + gap) + (rows - 1) / 2, some_rows + 1)
    axes.set_xlabel("patch column", fontsize=LABEL)
    axes.set_ylabel("patch row", fontsize=LABEL)
    axes.tick_params(length=0, labelsize=SMALL)
    axes.spines[:].set_visible(False)
    axes.set_title("Position embeddings: each tile is one patch against all", fontsize=TITLE)
    bar = figure.colorbar(shown, ax=axes, shrink=0.9)
    bar.set_label("cosine similarity", fontsize=LABEL)
    bar.ax.tick_params(labelsize=SMALL)
    axes.set_anchor("C")
    return figure


def attention_from_class_token(image, A, config):
    """Where the class token looks: its attention to every patch over the image, the heads' mean and each head.

    image (Hᵢ, Wᵢ, C); A (H, N+1, N+1) the weights of one block, as `saved.blocks[i].attention.A[b]` has them.
    Raises InputError for a model without a class token, and for weights of another shape.
    """
    if config.classifier != "token":
        raise InputError(
            f'a model with classifier "{config.classifier}" has no class token; use one with "token"'
        )
    A = to_host(A)
    H, tokens = config.num_heads, config.num_tokens
    if A.shape != (H, tokens, tokens):
        raise InputError(f"attention weights are {A.shape}, need {(H, tokens, tokens)}: one image, one block")
    picture = _of_model(image, config)
    maps = A[:, 0, 1:].reshape(H, *config.grid)  # row 0 is the class token's; column 0 its own share

    figure = _blank()
    left, right = figure.subfigures(1, 2, width_ratios=(1, 2))
    top, bottom = left.subplots(2, 1)
    columns = math.ceil(math.sqrt(H))
    small = right.subplots(math.ceil(H / columns), columns, squeeze=False).ravel()
    extent = (0, config.image_size[1], config.image_size[0], 0)
    for axes in (top, bottom, *small):
        axes.set_axis_off()
    top.imshow(picture)
    top.set_title("image", fontsize=LABEL)
    gray = np.broadcast_to(picture.mean(axis=-1, keepdims=True), picture.shape)
    names = [f"mean of {H} heads", *(f"head {head}" for head in range(1, H + 1))]
    for axes, name, weights in zip((bottom, *small), names, (maps.mean(axis=0), *maps), strict=False):
        axes.imshow(gray, extent=extent)
        axes.imshow(weights, extent=extent, cmap=FADE, vmin=0, vmax=weights.max(), interpolation="nearest")
        axes.set_title(f"{name}: {weights.max():.0%}", fontsize=LABEL)
    figure.suptitle("Attention from [CLS], and the share of the strongest patch", fontsize=TITLE)
    return figure


def curves(history):
    """Loss, and accuracy on training and test images, epoch by epoch; history is a list of `train.Epoch`."""
    if not history:
        raise InputError("the history has no epoch, so there is no curve; train for at least one")
    epochs = [epoch.epoch for epoch in history]
    figure = _blank()
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [epoch.loss for epoch in history], color=BLUE, linewidth=3, marker=".")
    left.set_title("training loss", fontsize=TITLE)
    left.set_ylim(bottom=0)
    for name, color, style, marker in (("train", ORANGE, "--", "s"), ("test", BLUE, "-", "o")):
        values = [getattr(epoch, f"{name}_accuracy") for epoch in history]
        label = f"{name} {values[-1]:.1%}"
        right.plot(epochs, values, style, color=color, linewidth=3, marker=marker, markersize=4, label=label)
    right.set_title("accuracy", fontsize=TITLE)
    right.yaxis.set_major_formatter(PercentFormatter(1.0))
    right.legend(fontsize=LABEL, loc="lower right")
    for axes in (left, right):
        axes.set_xlabel("epoch", fontsize=LABEL)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(labelsize=SMALL)
        axes.grid(alpha=0.4)
    return figure


def predictions(images, labels, probabilities, class_names):
    """The first 12 images with what the model says, how sure it is, and the truth where it errs.

    images (n, Hᵢ, Wᵢ, C), labels (n,), probabilities (n, classes).
    """
    n = len(images)
    if n == 0 or len(labels) != n or probabilities.shape != (n, len(class_names)):
        raise InputError(
            f"{n} images, {len(labels)} labels, probabilities {probabilities.shape}, {len(class_names)} class names "
            "do not belong together; give one label and one row of probabilities an image, and at least one image"
        )
    n = min(n, MOST_PREDICTIONS)
    columns = min(n, 6)
    figure = _blank()
    every = figure.subplots(math.ceil(n / columns), columns, squeeze=False).ravel()
    for axes in every[n:]:
        axes.set_axis_off()
    right = 0
    for axes, image, label, p in zip(every, images, labels, probabilities, strict=False):
        guess = int(p.argmax())
        is_right = guess == int(label)
        right += is_right
        mark, color, style = ("✓", BLUE, "-") if is_right else ("✗", ORANGE, "--")
        truth = "" if is_right else f" (is {class_names[int(label)]})"
        axes.imshow(_picture(image))
        axes.set_title(
            f"{mark} {class_names[guess]}{truth}\n{float(p[guess]):.0%}", fontsize=LABEL, color=color
        )
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(edgecolor=color, linestyle=style, linewidth=4)
    figure.suptitle(f"{right} of {n} right: the prediction and its probability", fontsize=TITLE)
    return figure


def _blank():
    figure = Figure(figsize=(12.8, 7.2), dpi=100, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)  # inches
    return figure


def _of_model(image, config):
    """The image a model was given, as `_picture`. Raises InputError if it does not fit the configuration."""
    image = check_images(to_host(image)[None], config, "float32")[0]
    return _picture(image, config.preprocessing.mean, config.preprocessing.std)


def _picture(image, mean=0.5, std=0.5):
    """An image (Hᵢ, Wᵢ, C), uint8 or scaled to (x − mean)/std, as matplotlib takes it: (Hᵢ, Wᵢ, 3) in 0…1."""
    if image.shape[-1] not in (1, 3):
        raise InputError(f"an image of {image.shape[-1]} channels has no colors to show; give one of 1 or 3")
    picture = image / 255.0 if image.dtype == np.uint8 else image * np.asarray(std) + np.asarray(mean)
    return np.clip(np.broadcast_to(picture, (*image.shape[:2], 3)), 0.0, 1.0)
