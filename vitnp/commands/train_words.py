"""What `vitnp train` says of a run: what it is, what came of it."""

from vitnp import tree
from vitnp.errors import counted
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
    if setup.data.note:
        yield setup.data.note
    if representations_stay(setup.task, recipe):
        yield "the representations of the frozen model are computed once, since no image is changed"


def title(setup, comm, resume):
    """What is trained on what, and from where on."""
    wanted, train = setup.wanted, setup.data.train
    ranks = f"{comm.size} ranks of " if comm.size > 1 else ""
    task = (
        f"{wanted.task}, {wanted.target} of {wanted.mask_ratio:.0%} of the patches: " if wanted.task else ""
    )
    of_them = f" ({wanted.labels:.2%} of them, each repeated)" if wanted.labels else ""
    begin = "" if resume is None else f", resumed after step {resume.step:,}"
    threads = counted(wanted.workers, "thread")
    train_images, images = counted(len(train), "training image"), f"{measured_on(wanted)} image"
    name = f"{'weights' if wanted.init else 'model'} {setup.name}"
    classes = f"{counted(len(setup.data.class_names), 'class')}, " if setup.task.uses_labels else ""
    return (
        f"{task}{name} on {wanted.data}: {tree.count(setup.p):,} parameters, {setup.config.seen}, {classes}"
        f"{train_images}{of_them}, {counted(len(setup.data.test), images)}, "
        f"seed {wanted.seed}, {ranks}{threads}{begin}"
    )


def measured_on(wanted):
    """What kind of images the accuracy is measured on."""
    return "test" if wanted.hold_out is None else "held-out"


def summary(result, where):
    """What came of it, and where it is."""
    labels = result.setup.task.uses_labels
    on = measured_on(result.setup.wanted)
    measured = f"{on} accuracy" if labels else f"color of corrupted {on} patches predicted right:"
    seconds = sum(epoch.seconds for epoch in result.history)
    return (
        f"{measured} {result.history[-1].test_accuracy:.2%} after {duration(seconds)} s of training; "
        f"model.npz, history.csv and curves.png are in {where}"
    )
