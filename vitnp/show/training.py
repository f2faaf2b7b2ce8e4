"""Training curves, and the norms of gradients."""

import math

from matplotlib.ticker import MaxNLocator, PercentFormatter

from vitnp.errors import InputError
from vitnp.show import page
from vitnp.show.page import BLUE, LABEL, ORANGE, SMALL, TITLE


def curves(history, *, lang="en"):
    """The loss, and the accuracy on training and test images, per epoch; history is a list of `progress.Epoch`."""
    say = page.in_language(lang)
    if not history:
        raise InputError("the history has no epoch, so there is no curve; train for at least one")
    epochs, losses = [epoch.epoch for epoch in history], [epoch.loss for epoch in history]
    figure = page.blank()
    left, right = figure.subplots(1, 2)
    left.plot(epochs, losses, color=BLUE, linewidth=3, marker=".")
    left.set_title(say("training loss", "학습 손실"), fontsize=TITLE)
    largest = max(filter(math.isfinite, losses), default=0.0)
    # matplotlib's own margin is a part of the losses' range, which may be small
    left.set_ylim(0, 1.05 * largest or 1.0)
    lines = (
        ("train", say("train", "학습"), ORANGE, "--", "s"),
        ("test", say("test", "시험"), BLUE, "-", "o"),
    )
    for name, word, color, style, marker in lines:
        values = [getattr(epoch, f"{name}_accuracy") for epoch in history]
        label = f"{word} {values[-1]:.1%}"
        right.plot(epochs, values, style, color=color, linewidth=3, marker=marker, markersize=4, label=label)
    right.set_title(say("accuracy", "정확도"), fontsize=TITLE)
    right.yaxis.set_major_formatter(PercentFormatter(1.0))
    right.set_ylim(top=1.01)
    right.legend(fontsize=LABEL, loc="lower right")
    for axes in (left, right):
        axes.set_xlabel(say("epoch", "에폭"), fontsize=LABEL)
        axes.set_xlim(0.5, epochs[-1] + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        page.ticks(axes)
        axes.grid(alpha=0.4)
    return page.finished(figure)


def gradient_norms(norms, *, lang="en"):
    """The norm of the loss's gradient, a bar per part of the model; norms are those of `look.gradient_norms`."""
    say = page.in_language(lang)
    if not norms:
        raise InputError("there are no gradients to show; give look.gradient_norms(dp) of a backward pass")
    figure = page.blank()
    axes = figure.subplots()
    places = range(len(norms))
    inside = ["blocks." in name or "stages." in name for name in norms]
    colors = [BLUE if block else ORANGE for block in inside]
    hatches = ["" if block else "//" for block in inside]
    axes.bar(places, norms.values(), color=colors, hatch=hatches, edgecolor="white")
    axes.set_xticks(places, [_counted_from_1(name) for name in norms], rotation=90)
    page.ticks(axes)
    axes.tick_params(axis="x", labelsize=SMALL, length=0)
    axes.grid(axis="y", alpha=0.4)
    axes.set_axisbelow(True)
    axes.set_ylabel("‖∂loss/∂p‖", fontsize=LABEL)
    axes.set_title(
        say("Norm of the gradient, from the image to the classes", "기울기의 크기: 이미지에서 클래스까지"),
        fontsize=TITLE,
    )
    return page.finished(figure)


def _counted_from_1(name):
    """ "stem stage 1" of "stem.stages.0"."""
    name, _, number = name.replace("blocks.", "block ").replace("stages.", "stage ").rpartition(" ")
    words = f"{name} {int(number) + 1}" if name else number
    return words.replace(".", " ").replace("_", " ")
