"""What a student's own code has learned: losses beside the library's, digits with predictions, where [CLS] looks."""

from matplotlib.ticker import MaxNLocator

from vitnp.errors import InputError
from vitnp.show import page, styling
from vitnp.show.styling import BLUE, LABEL, ORANGE, SMALL, TITLE

DIGITS, LOOKS = 12, 3


def result(own, library, images, labels, probabilities, A, config, *, lang=None):
    """The page that ends the workshop.

    own, library: trainings with `losses`, one a step, and `history`, of `Epoch`. images (n, Hᵢ, Wᵢ, C), labels (n,),
    probabilities (n, classes): of the model that the student's code has trained; A (n, H, N+1, N+1): its last block's.
    """
    if len(images) < DIGITS:
        raise InputError(f"{len(images)} images; the page shows {DIGITS}, so give at least as many")
    say = page.in_language(lang)
    figure = page.blank()
    above, below = figure.subfigures(2, 1, height_ratios=(1.15, 1))
    left, right = above.subplots(1, 2)
    name, other = say("your code", "내 코드"), say("the library", "라이브러리")
    steps = range(1, len(library.losses) + 1)
    left.plot(range(1, len(own.losses) + 1), own.losses, color=BLUE, linewidth=2.5, label=name)
    left.plot(steps, library.losses, ":", color=ORANGE, linewidth=2.5, label=other)
    left.set_ylim(bottom=0)
    left.set_title(say("training loss", "학습 손실"), fontsize=TITLE)
    left.set_xlabel(say("step", "스텝"), fontsize=LABEL)
    for run, color, dashes, marker, word in ((own, BLUE, "-", "o", name), (library, ORANGE, ":", "s", other)):
        epochs = [epoch.epoch for epoch in run.history]
        values = [epoch.test_accuracy for epoch in run.history]
        label = f"{word} {values[-1]:.1%}"
        right.plot(
            epochs, values, dashes, color=color, marker=marker, markersize=5, linewidth=2.5, label=label
        )
    right.set_title(say("accuracy on test images", "테스트 정확도"), fontsize=TITLE)
    right.set_xlabel(say("epoch", "에폭"), fontsize=LABEL)
    styling.percent(right.yaxis)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes, where in ((left, "upper right"), (right, "lower right")):
        axes.legend(fontsize=LABEL, loc=where, frameon=False)
        page.ticks(axes)
        styling.grid(axes)
    panels = below.subplots(2, DIGITS // 2 + LOOKS)
    for i in range(DIGITS):
        axes = panels[i % 2, i // 2]
        guess = int(probabilities[i].argmax())
        right_one = guess == int(labels[i])
        axes.imshow(page.picture(images[i]))
        title = f"{'✓' if right_one else '✗'} {guess} {float(probabilities[i, guess]):.0%}"
        axes.set_title(title, fontsize=SMALL, color=BLUE if right_one else ORANGE)
    for i in range(LOOKS):
        picture, map_ = panels[:, DIGITS // 2 + i]
        picture.imshow(page.picture(images[i]))
        weights = A[i, :, 0, 1:].mean(axis=0).reshape(config.grid)
        page.heat(map_, weights, config, least=0.0)
        picture.set_title(say("image", "이미지"), fontsize=SMALL)
        map_.set_title(say("[CLS] attention", "[CLS] 어텐션"), fontsize=SMALL)
    for axes in panels.ravel():
        axes.set(xticks=[], yticks=[])
    correct = int((probabilities[:DIGITS].argmax(axis=1) == labels[:DIGITS]).sum())
    mine, theirs = (f"{run.history[-1].test_accuracy:.1%}" for run in (own, library))
    described = say(
        f"Training loss and test accuracy of your code and of the library: {mine} and {theirs} at the end. Below, "
        f"{DIGITS} digits, {correct} of them predicted right, and where [CLS] looks in {LOOKS} of them.",
        f"내 코드와 라이브러리의 학습 손실과 테스트 정확도: 마지막에 {mine}와 {theirs}. 아래는 숫자 이미지 "
        f"{DIGITS}개(그중 {correct}개를 맞힘)와, 그중 {LOOKS}개에서 [CLS]가 보는 곳입니다.",
    )
    return page.finished(figure, described)
