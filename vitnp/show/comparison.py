"""Compares trainings: a point per seed, the mean and the standard deviation over the seeds."""

import statistics

from matplotlib.ticker import PercentFormatter

from vitnp.errors import InputError, one_line
from vitnp.show import page
from vitnp.show.page import BLUE, LABEL, ORANGE, TITLE

LONGEST = 40  # letters of a field's name or value


def comparison(over, accuracies, *, lang="en"):
    """Test accuracies {value of the field `over`: [one per seed]}: points, and their mean ± standard deviation.

    A value without accuracies is labeled "diverged". Raises InputError if no value has one.
    """
    say = page.in_language(lang)
    if not any(accuracies.values()):
        raise InputError("there is nothing to compare; need an accuracy of one value at least")
    figure, over = page.blank(), one_line(over, LONGEST)
    axes = figure.subplots()
    for place, values in enumerate(accuracies.values()):
        if not values:
            where = {"transform": axes.get_xaxis_transform(), "ha": "center"}
            axes.text(place, 0.5, say("diverged", "발산"), fontsize=LABEL, **where)
            continue
        axes.plot([place - 0.12] * len(values), values, "o", color=BLUE, markersize=10, alpha=0.5)
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        mean = statistics.mean(values)
        axes.errorbar(
            place + 0.12, mean, yerr=spread, fmt="s", color=ORANGE, markersize=12, capsize=10, linewidth=3
        )
        axes.annotate(
            f"{mean:.1%}", (place + 0.12, mean), xytext=(16, -6), textcoords="offset points", fontsize=LABEL
        )
    axes.set_xticks(range(len(accuracies)), [one_line(value, LONGEST) for value in accuracies])
    axes.set_xlim(-0.5, len(accuracies) - 0.3)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_ylabel(say("test accuracy", "시험 정확도"), fontsize=LABEL)
    axes.set_xlabel(over, fontsize=LABEL)
    counts = {len(values) for values in accuracies.values() if values}
    seeds = "–".join(str(n) for n in sorted({min(counts), max(counts)}))
    if seeds == "1":
        title = say(f"{over}: ● the one seed, ■ its accuracy", f"{over}: ● 시드 1개, ■ 그 정확도")
    else:
        title = say(
            f"{over}: ● each of {seeds} seeds, ■ mean ± standard deviation",
            f"{over}: ● 시드 {seeds}개, ■ 평균 ± 표준편차",
        )
    axes.set_title(title, fontsize=TITLE)
    axes.grid(axis="y", alpha=0.4)
    page.ticks(axes)
    return page.finished(figure)
