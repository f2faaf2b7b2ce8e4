"""Models compared on moved pictures, and with more and more training images: a line per model."""

import statistics

from matplotlib.ticker import NullLocator

from vitnp.course import paper
from vitnp.errors import InputError, one_line
from vitnp.show import page, styling
from vitnp.show.styling import BLUE, GREEN, LABEL, ORANGE, SMALL, TITLE

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
        color, marker, dashes = STYLES[place % len(STYLES)]
        spreads = [statistics.stdev(v) if len(v) > 1 else 0.0 for v in values.values()]
        axes.errorbar(
            list(values),
            [statistics.mean(v) for v in values.values()],
            yerr=spreads,
            label=one_line(model, LONGEST),
            color=color,
            marker=marker,
            linestyle=dashes,
            linewidth=2.5,
            markersize=9,
            capsize=4,
        )
    styling.percent(axes.yaxis)
    styling.grid(axes)
    page.ticks(axes)


def names_of_lines(axes, models):
    """The models' names at the right of their lines, at the height of the last mean."""
    ends = []
    for place, (model, values) in enumerate(models.items()):
        if values:
            ends.append(
                (
                    one_line(model, LONGEST),
                    statistics.mean(values[max(values)]),
                    STYLES[place % len(STYLES)][0],
                )
            )
    styling.name_ends(axes, ends, size=SMALL, apart=0.055)


def last_means(models):
    """The means at the end of each line, in words: "CNN 99.1%, ViT 98.0%"."""
    ends = {model: statistics.mean(values[max(values)]) for model, values in models.items() if values}
    return ", ".join(f"{one_line(model, LONGEST)} {mean:.1%}" for model, mean in ends.items())


def moved_pictures(panels, data, *, lang=None):
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
    farthest = {kind: max(a for v in panels["accuracy", kind].values() for a in v) for kind in kinds}
    told = "; ".join(
        f"{words[kind]} {farthest[kind]:g}: {last_means(panels['accuracy', kind])}" for kind in kinds
    )
    described = say(
        f"Lines of test accuracy on {data} (above) and of equal predictions (below), a line per model, against how "
        f"far the image is moved. Accuracy at the end: {told}.",
        f"{data}에서 이미지를 이동한 정도에 따른 테스트 정확도(위)와 예측이 같은 비율(아래), 모델마다 선 하나. "
        f"끝에서의 정확도: {told}.",
    )
    return page.finished(figure, described)


def legend(figure, axes):
    """The models' names, once for all panels, at the right."""
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right center", fontsize=SMALL, frameon=False)


def more_images(models, data, *, lang=None):
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
    of_images(here, sorted({images for values in models.values() for images in values}), say)
    names_of_lines(here, models)
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
    of_images(there, list(paper.PRETRAINED_ON.values()), say)
    names_of_lines(there, reported)
    figure.suptitle(
        say("More training images: does the ViT overtake?", "학습 이미지가 늘면 ViT가 앞서는가?"),
        fontsize=TITLE,
    )
    described = say(
        f"Test accuracy against the number of training images. Left, {data}, with all images: {last_means(models)}. "
        f"Right, Figure 3 of the ViT paper, pre-trained on the largest set: {last_means(reported)}.",
        f"학습 이미지 수에 따른 테스트 정확도. 왼쪽은 {data}, 모든 이미지를 쓸 때: {last_means(models)}. 오른쪽은 "
        f"ViT 논문 Figure 3, 가장 큰 데이터셋으로 사전학습했을 때: {last_means(reported)}.",
    )
    return page.finished(figure, described)


def of_images(axes, counts, say):
    """A logarithmic axis, which says so, with these numbers of images as its ticks."""
    axes.set_xscale("log")
    styling.says_log(axes, "x", say)
    axes.set_xticks(counts, [f"{n / 1e6:.3g}M" if n >= 1e6 else f"{n:,}" for n in counts])
    axes.xaxis.set_minor_locator(NullLocator())
