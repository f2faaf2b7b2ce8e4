"""Training curves, and the norms of gradients."""

import math

from matplotlib.ticker import FuncFormatter, MaxNLocator

from vitnp.errors import InputError
from vitnp.show import page, styling
from vitnp.show.styling import BLUE, LABEL, ORANGE, SMALL, TITLE


def curves(history, *, lang=None):
    """The loss, and the accuracy on training and test images, per epoch; history is a list of `progress.Epoch`.

    A ring marks the first epoch of the best test accuracy.
    """
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
    left.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    lines = (
        ("train", say("train", "학습"), ORANGE, "--", "s"),
        ("test", say("test", "테스트"), BLUE, "-", "o"),
    )
    for name, _, color, line, marker in lines:
        values = [getattr(epoch, f"{name}_accuracy") for epoch in history]
        right.plot(epochs, values, line, color=color, linewidth=3, marker=marker, markersize=4)
    right.set_title(say("accuracy", "정확도"), fontsize=TITLE)
    right.set_ylim(top=1.01)
    styling.percent(right.yaxis)
    for axes in (left, right):
        axes.set_xlabel(say("epoch", "에폭"), fontsize=LABEL)
        axes.set_xlim(0.5, epochs[-1] + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        page.ticks(axes)
        styling.grid(axes)
    last, best = history[-1], max(history, key=lambda epoch: epoch.test_accuracy)
    ends = [
        (f"{word} {getattr(last, f'{name}_accuracy'):.1%}", name, color) for name, word, color, *_ in lines
    ]
    styling.name_ends(right, [(text, getattr(last, f"{name}_accuracy"), color) for text, name, color in ends])
    right.scatter(
        best.epoch, best.test_accuracy, s=260, facecolor="none", edgecolor=BLUE, linewidth=2.5, clip_on=False
    )
    found = f"{best.test_accuracy:.1%}"
    note = say(
        f"○ best test accuracy: {found}, epoch {best.epoch}",
        f"○ 최고 테스트 정확도: {best.epoch}에폭의 {found}",
    )
    page.note(figure, note)
    first, n = losses[0], epochs[-1]
    ended = (f"{last.train_accuracy:.1%}", f"{last.test_accuracy:.1%}")
    described = say(
        f"Two curves over {n} epochs. The training loss goes from {first:.3g} to {losses[-1]:.3g}. Accuracy ends at "
        f"{ended[0]} on training images and {ended[1]} on test images; the best test accuracy is {found}, at epoch "
        f"{best.epoch}.",
        f"{n}에폭 동안의 곡선 두 개. 학습 손실: {first:.3g} → {losses[-1]:.3g}. 마지막 정확도는 학습 "
        f"이미지 {ended[0]}, 테스트 이미지 {ended[1]}이고, 최고 테스트 정확도는 {best.epoch}에폭의 {found}입니다.",
    )
    return page.finished(figure, described)


def gradient_norms(norms, *, lang=None):
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
    styling.grid(axes)
    axes.set_ylabel("‖∂loss/∂p‖", fontsize=LABEL)
    axes.set_title(
        say(
            "Norm of the gradient, from the image to the classes",
            "그래디언트의 크기: 이미지에서 클래스까지",
        ),
        fontsize=TITLE,
    )
    low, high = min(norms, key=norms.get), max(norms, key=norms.get)
    least, most = ((_counted_from_1(name), f"{norms[name]:.3g}") for name in (low, high))
    described = say(
        f"{len(norms)} bars: the norm of the loss's gradient for each part of the model. The largest is {most[1]} "
        f"({most[0]}), the smallest {least[1]} ({least[0]}).",
        f"막대 {len(norms)}개: 모델의 부분별 손실 그래디언트의 크기. 가장 큰 값은 {most[1]}({most[0]}), 가장 작은 "
        f"값은 {least[1]}({least[0]})입니다.",
    )
    return page.finished(figure, described)


def _counted_from_1(name):
    """ "stem stage 1" of "stem.stages.0"."""
    name, _, number = name.replace("blocks.", "block ").replace("stages.", "stage ").rpartition(" ")
    words = f"{name} {int(number) + 1}" if name else number
    return words.replace(".", " ").replace("_", " ")
