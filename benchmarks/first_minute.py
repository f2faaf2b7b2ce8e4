"""The picture at the top of the README: a photo in patches, where a trained ViT looks, the curve of a training.

    vitnp demo && python benchmarks/first_minute.py demo

draws docs/pictures/first-minute.png and docs/pictures/ko/first-minute.png from what the demo left, and from the trained
model that `vitnp.weights.to_look_at()` names; --block and --model choose another.
"""

import argparse
import csv
from pathlib import Path

import few_colors
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from vitnp import vit, weights
from vitnp.data import photo, preprocess
from vitnp.show import page
from vitnp.system.language import Text

COLORS = 255
OUT = {"en": Path("docs/pictures/first-minute.png"), "ko": Path("docs/pictures/ko/first-minute.png")}
PATCHES = Text("사진 한 장 → 패치 196개", "One photo → 196 patches")
ATTENTION = Text("학습된 ViT의 [CLS]가 보는 곳", "Where a trained ViT looks")
CURVE = Text("직접 학습한 ViT: 테스트 정확도", "A ViT you train: test accuracy")
EPOCH = Text("에폭", "epoch")


def draw(history, model, block, lang):
    """The three panels beside each other."""
    figure = Figure(figsize=(16, 6.4), dpi=100, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.15, wspace=0.04)
    left, middle, right = figure.subplots(1, 3)
    axes_of_patches(left)
    axes_of_attention(middle, model, block)
    accuracy = [100 * float(row["test_accuracy"]) for row in history]
    right.plot(range(1, len(accuracy) + 1), accuracy, color=page.BLUE, linewidth=3.5)
    right.annotate(
        f"{accuracy[-1]:.1f}%", (len(accuracy), accuracy[-1]), (-4, -34), textcoords="offset points",
        ha="right", fontsize=24, color=page.BLUE, fontweight="bold",
    )  # fmt: skip
    right.set(ylim=(0, 104), xlim=(1, len(accuracy)))
    right.set_xlabel(EPOCH.in_(lang), fontsize=page.LABEL)
    right.yaxis.set_major_formatter("{x:.0f}%")
    right.spines[["top", "right"]].set_visible(False)
    right.tick_params(labelsize=page.SMALL)
    right.set_box_aspect(1)
    for axes, title in ((left, PATCHES), (middle, ATTENTION), (right, CURVE)):
        axes.set_title(title.in_(lang), fontsize=page.TITLE, pad=14)
    return page.finished(figure)


def axes_of_patches(axes, side=224, patch=16):
    """The photo, its patches a little apart."""
    pixels, gap = photo.sample((side, side)), 3
    n = side // patch
    apart = np.full((n * (patch + gap) - gap,) * 2 + (3,), 255, np.uint8)
    for row in range(n):
        for column in range(n):
            top, left = row * (patch + gap), column * (patch + gap)
            cut = pixels[row * patch : (row + 1) * patch, column * patch : (column + 1) * patch]
            apart[top : top + patch, left : left + patch] = cut
    axes.imshow(apart, interpolation="nearest")
    axes.set_axis_off()


def axes_of_attention(axes, model, block):
    """The attention of [CLS], the mean over the heads, as light on the gray photo."""
    p, config = weights.load(model)
    image = preprocess.apply(photo.read_sample(), config)
    _, saved = vit.forward(image[None], p, config)
    found = saved.blocks[block].attention.A[0, :, 0, 1:].mean(axis=0).reshape(config.grid)
    gray = page.of_model(image, config).mean(axis=-1)
    axes.imshow(gray, cmap="gray", extent=page.extent(config))
    high = np.quantile(found, page.CLIP)
    axes.imshow(
        found, cmap="inferno", alpha=np.clip(0.25 + 0.6 * found / high, 0, 0.85), extent=page.extent(config),
        vmin=0, vmax=high, interpolation="bicubic",
    )  # fmt: skip
    axes.set_axis_off()


def main():
    """Draw the picture in both languages."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("demo", metavar="DEMO", help="the folder that vitnp demo left")
    parser.add_argument("--model", default=weights.to_look_at(), help="a name or a file of weights")
    parser.add_argument("--block", type=int, default=-1, help="of the attention (default: the last)")
    args = parser.parse_args()
    with open(Path(args.demo) / "history.csv", encoding="utf-8", newline="") as file:
        history = list(csv.DictReader(file))
    for lang, path in OUT.items():
        path.parent.mkdir(exist_ok=True)
        draw(history, args.model, args.block, lang).savefig(path)
        with Image.open(path) as picture:
            size = few_colors.save(picture, path, COLORS, spread=True)
        print(f"{path}  {size:,} bytes")


if __name__ == "__main__":
    main()
