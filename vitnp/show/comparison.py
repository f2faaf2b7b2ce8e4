"""Compares trainings: a point per seed, the mean and the standard deviation over the seeds."""

import itertools
import statistics

from vitnp.errors import InputError, one_line
from vitnp.show import page, styling
from vitnp.show.styling import BLUE, LABEL, ORANGE, QUIET, TITLE

LONGEST = 40  # letters of a field's name or value
APART = 0.6  # a gap that is more than this part of the range is left out of the axis


def comparison(over, accuracies, *, lang=None):
    """Test accuracies {value of the field `over`: [one per seed]}: points, and their mean ± standard deviation.

    A value without accuracies is labeled "diverged". Where one value is far below or above all others, the axis is
    broken, so that the others can be told apart. Raises InputError if no value has an accuracy.
    """
    say = page.in_language(lang)
    if not any(accuracies.values()):
        raise InputError("there is nothing to compare; need an accuracy of one value at least")
    figure, over = page.blank(), one_line(over, LONGEST)
    parts = _parts([values for values in accuracies.values() if values])
    panels = figure.subplots(len(parts), 1, sharex=True, squeeze=False, height_ratios=(2, 1)[: len(parts)])[
        :, 0
    ]
    for axes in panels:
        for place, values in enumerate(accuracies.values()):
            _draw(axes, place, values)
        styling.percent(axes.yaxis)
        styling.grid(axes)
        page.ticks(axes)
    for place, values in enumerate(accuracies.values()):
        if not values:
            where = {"transform": panels[0].get_xaxis_transform(), "ha": "center"}
            panels[0].text(place, 0.5, say("diverged", "발산"), fontsize=LABEL, **where)
    if len(parts) > 1:
        _break(*panels, parts)
    panels[-1].set_xticks(range(len(accuracies)), [one_line(value, LONGEST) for value in accuracies])
    panels[-1].set_xlim(-0.5, len(accuracies) - 0.3)
    panels[0].set_ylabel(say("test accuracy", "테스트 정확도"), fontsize=LABEL)
    panels[-1].set_xlabel(over, fontsize=LABEL)
    panels[0].set_title(say(f"Test accuracy by {over}", f"{over}에 따른 테스트 정확도"), fontsize=TITLE)
    page.note(
        figure, _note(accuracies, say) + (say(" · axis broken", " · 축 일부 생략") if len(parts) > 1 else "")
    )
    means = ", ".join(
        f"{one_line(value, LONGEST)} {statistics.mean(values):.1%}"
        for value, values in accuracies.items()
        if values
    )
    described = say(
        f"Test accuracy for {len(accuracies)} values of {over}, a point per seed. The means: {means}.",
        f"{over}의 값 {len(accuracies)}개에 대한 테스트 정확도, 시드마다 점 하나. 평균: {means}.",
    )
    return page.finished(figure, described)


def _draw(axes, place, values):
    """The points of one value at the left, at the right their mean ± standard deviation."""
    if not values:
        return
    axes.plot([place - 0.12] * len(values), values, "o", color=BLUE, markersize=10, alpha=0.5)
    mean, spread = statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0
    axes.errorbar(
        place + 0.12, mean, yerr=spread, fmt="s", color=ORANGE, markersize=12, capsize=10, linewidth=3
    )
    axes.annotate(
        f"{mean:.1%}",
        (place + 0.12, mean),
        xytext=(16, -6),
        textcoords="offset points",
        fontsize=LABEL,
        annotation_clip=True,
    )


def _parts(groups):
    """The ranges (low, high) of the axis, from above: two where a large gap lies between three or more groups."""
    every = sorted(value for values in groups for value in values)
    gaps = [(high - low, low, high) for low, high in itertools.pairwise(every)]
    gap, low, high = max(gaps, default=(0.0, 0.0, 0.0))
    whole = any(min(values) <= low and max(values) >= high for values in groups)
    if len(groups) < 3 or whole or gap <= APART * (every[-1] - every[0]):
        return [(every[0], every[-1])]
    return [(high, every[-1]), (every[0], low)]


def _break(above, below, parts):
    """The two panels as one axis with a part left out."""
    for axes, (low, high) in zip((above, below), parts, strict=True):
        margin = 0.25 * (high - low) + 0.005
        axes.set_ylim(low - margin, high + margin)
    above.spines["bottom"].set_visible(False)
    above.tick_params(axis="x", length=0)
    slash = {
        "marker": [(-1, -0.6), (1, 0.6)],
        "markersize": 14,
        "linestyle": "none",
        "color": QUIET,
        "clip_on": False,
    }
    above.plot([0], [0], transform=above.transAxes, **slash)
    below.plot([0], [1], transform=below.transAxes, **slash)


def _note(accuracies, say):
    """What the two signs are."""
    counts = {len(values) for values in accuracies.values() if values}
    seeds = "–".join(str(n) for n in sorted({min(counts), max(counts)}))
    if seeds == "1":
        return say("● the one seed, ■ its accuracy", "● 시드 1개, ■ 그 정확도")
    return say(
        f"● each of {seeds} seeds, ■ mean ± standard deviation", f"● 시드 {seeds}개, ■ 평균 ± 표준편차"
    )
