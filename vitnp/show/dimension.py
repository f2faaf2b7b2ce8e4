"""Accuracy, and how far the nearest point is, against the number of noise values."""

import statistics

from matplotlib.ticker import FuncFormatter

from vitnp.errors import InputError
from vitnp.show import page
from vitnp.show.bias import last_means, legend, lines
from vitnp.show.styling import LABEL, TITLE


def dimensions(accuracies, ratios, data, *, lang=None):
    """Accuracies at the left, {model: {noise values: [one per seed]}}; at the right nearest ÷ farthest distance.

    ratios {noise values: [one per seed]}; data: the name of the set. Means over the seeds with ± the standard
    deviation. Raises InputError where nothing is measured.
    """
    say = page.in_language(lang)
    if not ratios or not any(accuracies.values()):
        raise InputError("there is nothing to draw; need a measurement of one number of values at least")
    figure = page.blank()
    left, right = figure.subplots(1, 2)
    names = sorted(ratios)  # the same distance from one to the next: each is several times the one before
    lines(left, {model: placed(values, names) for model, values in accuracies.items()})
    lines(right, {"": placed(ratios, names)})
    right.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.1f}"))
    for axes in (left, right):
        axes.set_ylim(0, 1)
        axes.set_xlim(-0.3, len(names) - 0.7)
        axes.set_xticks(range(len(names)), [f"{name:,}" for name in names], rotation=30)
        axes.set_xlabel(say("noise values beside the pixels", "픽셀에 더한 잡음 값의 수"), fontsize=LABEL)
    left.set_ylabel(say("test accuracy", "테스트 정확도"), fontsize=LABEL)
    right.set_ylabel(say("nearest ÷ farthest distance", "가장 가까운 거리 ÷ 가장 먼 거리"), fontsize=LABEL)
    legend(figure, left)
    figure.suptitle(say(f"{data}: the curse of dimensionality", f"{data}: 차원의 저주"), fontsize=TITLE)
    last, means = names[-1], [statistics.mean(ratios[name]) for name in (names[0], names[-1])]
    described = say(
        f"Left: test accuracy on {data} against the number of noise values; with {last:,} of them "
        f"{last_means(accuracies)}. Right: the nearest distance divided by the farthest goes from {means[0]:.2f} to "
        f"{means[1]:.2f}.",
        f"왼쪽: {data}에 잡음 값을 더할 때의 테스트 정확도. 잡음 값이 {last:,}개일 때 {last_means(accuracies)}. "
        f"오른쪽: 가장 가까운 거리 ÷ 가장 먼 거리: {means[0]:.2f} → {means[1]:.2f}.",
    )
    return page.finished(figure, described)


def placed(values, names):
    """{place of a number of values: [one per seed]}."""
    return {names.index(name): of_seeds for name, of_seeds in values.items()}
