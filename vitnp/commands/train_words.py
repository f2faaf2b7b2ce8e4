"""What `vitnp train` says of a run: what it is, what came of it."""

from vitnp import models
from vitnp.errors import counted
from vitnp.system.language import translated
from vitnp.training.display import duration
from vitnp.training.loop import representations_stay
from vitnp.training.recipes import find

SEEN, FORGOTTEN = 0.05, 0.01  # shares of an average: this one is said, that one is good


def too_short(setup):
    """Yield a line for each number of the recipe that the training is too short for."""
    recipe, steps = setup.recipe, setup.recipe.total_steps(len(setup.data.train))
    if recipe.warmup_steps > steps:
        yield (
            f"note: the warm-up of {counted(recipe.warmup_steps, 'step')} is longer than the training of {steps:,}, so "
            f"the learning rate never gets to {recipe.lr:g}; give --set-recipe warmup_steps={max(steps // 20, 1)}, or "
            "train longer"
        )
    # What is saved is the average, and what it began with, random numbers, has this share of it at the end.
    if (share := recipe.average**steps) > SEEN:
        yield (
            f"note: {share:.0%} of the averaged parameters is what the training of {counted(steps, 'step')} "
            f"began with; give --set-recipe average={FORGOTTEN ** (1 / steps):.2g}, or train longer"
        )


def chosen(setup, lr=None):
    """Yield a line for what the command chose: the numbers of a recipe that goes by the count, a set's pictures.

    lr: in words, where it is not the recipe's.
    """
    recipe, wanted = setup.recipe, setup.wanted
    if wanted.recipe and find(wanted.recipe).by_count:
        count = len(setup.data.train)
        steps = counted(recipe.total_steps(count), "step")
        yield (
            f"{wanted.recipe}, for {count:,} images: {steps} of {recipe.batch_size}, "
            f"{recipe.warmup_steps:,} of warm-up, {recipe.optimizer}, lr {lr or format(recipe.lr, 'g')}"
            + (f", {', '.join(recipe.augment)}" if find(wanted.recipe).by_size else "")
            + (f", mixup {recipe.mixup:g}" if recipe.mixup else "")
        )
    yield from setup.data.notes
    if representations_stay(setup.task, recipe):
        yield "the representations of the frozen model are computed once, since no image is changed"


def title(setup, comm, resume):
    """What is trained on what, and from where on: a line each of the model, the data and the run."""
    wanted, train = setup.wanted, setup.data.train
    name = f"{'weights' if wanted.init else 'model'} {setup.name}"
    classes = f", {counted(len(setup.data.class_names), 'class')}" if setup.task.uses_labels else ""
    of_them = f" ({wanted.labels:.2%} of them, each repeated)" if wanted.labels else ""
    images = counted(len(setup.data.test), f"{measured_on(wanted)} image")
    threads = counted(wanted.workers, "thread")
    if comm.size > 1:
        threads = f"{comm.size} ranks of {threads}"
    lines = [
        f"{name}: {models.count(setup.p):,} parameters, {setup.config.seen}{classes}",
        f"data {wanted.data}: {counted(len(train), 'training image')}{of_them}, {images}",
        f"seed {wanted.seed}, {threads}",
    ]
    if wanted.task:
        lines.insert(0, f"{wanted.task}, {wanted.target} of {wanted.mask_ratio:.0%} of the patches")
    if resume is not None:
        lines.append(f"resumed after step {resume.step:,}")
    return "\n".join(map(translated, lines))


def measured_on(wanted):
    """What kind of images the accuracy is measured on."""
    return "test" if wanted.hold_out is None else "held-out"


def summary(result, where):
    """What came of it, in which epoch it was best, and where it is."""
    last, best = result.history[-1], max(result.history, key=lambda epoch: epoch.test_accuracy)
    on = measured_on(result.setup.wanted)
    labels = result.setup.task.uses_labels
    measured = f"{on} accuracy" if labels else f"color of corrupted {on} patches predicted right:"
    seconds = duration(sum(epoch.seconds for epoch in result.history))
    lines = [
        f"{measured} {last.test_accuracy:.2%} after {seconds} s of training",
        f"best epoch: {best.epoch} with {best.test_accuracy:.2%}; the model is that of the last, {last.epoch}",
        f"model.npz, history.csv and curves.png are in {where}",
    ]
    return "\n".join(map(translated, lines))
