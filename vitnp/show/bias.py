"""Models compared on moved pictures, and with more and more training images: a line per model."""

import statistics

from matplotlib.ticker import NullLocator, PercentFormatter

from vitnp.course import paper
from vitnp.errors import InputError, one_line
from vitnp.show import page
from vitnp.show.page import BLUE, GREEN, LABEL, ORANGE, SMALL, TITLE

LONGEST = 40  # letters of a model's name
STYLES = (  # a color, a marker and a line each (Okabe & Ito, 2008)
    (BLUE, "o", "-"),
    ("#E69F00", "s", "--"),
    (ORANGE, "^", "-."),
    (GREEN, "D", "-"),
    ("#CC79A7", "v", "--"),
    ("#000000", "P", ":"),
)


def lines(axes, models):
    """{model: {x: [a value per seed]}}: a line through the means, a bar of ± the standard deviation at each."""
    for place, (model, values) in enumerate(models.items()):
        color, marker, style = STYLES[place % len(STYLES)]
        spreads = [statistics.stdev(v) if len(v) > 1 else 0.0 for v in values.values()]
        axes.errorbar(
            list(values),
            [statistics.mean(v) for v in values.values()],
            yerr=spreads,
            label=one_line(model, LONGEST),
            color=color,
            marker=marker,
            linestyle=style,
            linewidth=2.5,
            markersize=9,
            capsize=4,
        )
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(alpha=0.4)
    page.ticks(axes)


def moved_pictures(panels, data, *, lang="en"):
    """Accuracy above, consistency below; shifts at the left, rotations at the right.

    panels: {("accuracy" or "consistency", "shift" or "rotation"): {model: {amount: [a value per seed]}}}. Raises
    InputError where nothing is measured.
    """
    say = page.in_language(lang)
    if not any(values for models in panels.values() for values in models.values()):
        raise InputError("there is nothing to draw; need a measurement of one model at least")
    figure = page.blank()
    words = {
        "accuracy": say("test accuracy", "테스트 정확도"),
        "consistency": say("same prediction\nas unmoved", "원본과 예측이\n같은 비율"),
        "shift": say("pixels moved", "이동한 픽셀"),
        "rotation": say("degrees rotated", "회전 각도"),
    }
    kinds = [kind for kind in ("shift", "rotation") if any(panels["accuracy", kind].values())]
    grid = figure.subplots(2, len(kinds), squeeze=False, sharey="row", sharex="col")
    for row, measure in zip(grid, ("accuracy", "consistency"), strict=True):
        row[0].set_ylabel(words[measure], fontsize=LABEL)
        for axes, kind in zip(row, kinds, strict=True):
            lines(axes, panels[measure, kind])
            axes.set_xticks(
                sorted({amount for values in panels[measure, kind].values() for amount in values})
            )
    for axes, kind in zip(grid[1], kinds, strict=True):
        axes.set_xlabel(words[kind], fontsize=LABEL)
    legend(figure, grid[0][0])
    page.note(
        figure,
        say(
            "mean ± deviation over seeds; a shift is the mean of 8 directions, a rotation of both ways",
            "시드 평균 ± 표준편차. 이동은 8방향, 회전은 양방향의 평균",
        ),
    )
    figure.suptitle(
        say(
            f"{data}: models that saw no moved picture in training",
            f"{data}: 이동한 이미지를 학습하지 않은 모델",
        ),
        fontsize=TITLE,
    )
    return page.finished(figure)


def legend(figure, axes):
    """The models' names, once for all panels, at the right."""
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right center", fontsize=SMALL)


def more_images(models, data, *, lang="en"):
    """Accuracy against the number of training images: measured here at the left, the paper's Figure 3 at the right.

    models: {model: {images: [a test accuracy per seed]}}. Raises InputError where nothing is measured.
    """
    say = page.in_language(lang)
    if not any(models.values()):
        raise InputError("there is nothing to draw; need an accuracy of one model at least")
    figure = page.blank()
    here, there = figure.subplots(1, 2, width_ratios=(3, 2))
    lines(here, models)
    here.set_title(say(f"here: {data}", f"여기: {data}"), fontsize=LABEL)
    here.set_ylabel(say("test accuracy", "테스트 정확도"), fontsize=LABEL)
    here.set_xlabel(say("training images", "학습 이미지 수"), fontsize=LABEL)
    of_images(here, sorted({images for values in models.values() for images in values}))
    *vits, bit = paper.FIGURE_3
    names = [vits[0], bit, *vits[1:]]  # so that BiT has the color that it has at the left
    reported = {
        name: {
            n: [value / 100] for n, value in zip(paper.PRETRAINED_ON.values(), values, strict=True) if value
        }
        for name, values in ((name, paper.FIGURE_3[name]) for name in names)
    }
    lines(there, reported)
    there.set_title(say("ViT paper, Figure 3: ImageNet", "ViT 논문 Figure 3: ImageNet"), fontsize=LABEL)
    there.set_xlabel(say("images of the pre-training", "사전학습 이미지 수"), fontsize=LABEL)
    of_images(there, list(paper.PRETRAINED_ON.values()))
    for axes in (here, there):
        axes.legend(fontsize=SMALL)
    figure.suptitle(
        say("More training images: does the ViT overtake?", "학습 이미지가 늘면 ViT가 앞서는가?"),
        fontsize=TITLE,
    )
    return page.finished(figure)


def of_images(axes, counts):
    """A logarithmic axis with these numbers of images as its ticks."""
    axes.set_xscale("log")
    axes.set_xticks(counts, [f"{n / 1e6:.3g}M" if n >= 1e6 else f"{n:,}" for n in counts])
    axes.xaxis.set_minor_locator(NullLocator())
