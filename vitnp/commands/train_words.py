"""What `vitnp train` says of a run: what it is, what came of it."""

from vitnp import tree


def warm_up_too_long(setup):
    """A line to say where the learning rate never gets to what the recipe says, else None."""
    steps, warm_up = setup.recipe.total_steps(len(setup.data.train)), setup.recipe.warmup_steps
    if warm_up <= steps:
        return None
    return (
        f"note: the warm-up of {warm_up:,} steps is longer than the training of {steps:,}, so the learning rate never "
        f"gets to {setup.recipe.lr:g}; give --set-recipe warmup_steps={max(steps // 20, 1)}, or train longer"
    )


def title(args, setup, comm, resume):
    """What is trained on what, and from where on."""
    ranks = f"{comm.size} ranks of " if comm.size > 1 else ""
    task = f"{args.task}, {args.target} of {args.mask_ratio:.0%} of the patches: " if args.task else ""
    of_them = f" ({args.labels:.2%} of them, each the more often)" if args.labels else ""
    begin = "" if resume is None else f", going on after step {resume.step:,}"
    threads = "1 thread" if args.workers == 1 else f"{args.workers} threads"
    classes = "" if args.task else f"{len(setup.data.class_names):,} classes, "
    (height, width), patches = setup.config.image_size, setup.config.num_patches
    return (
        f"{task}{setup.name} on {args.data}: {tree.count(setup.p):,} parameters, {width}x{height} pixels in {patches} "
        f"patches, {classes}{len(setup.data.train):,} images to learn from{of_them}, {len(setup.data.test):,} to test, "
        f"seed {args.seed}, {ranks}{threads}{begin}"
    )


def summary(args, history, where):
    """What came of it, and where it is."""
    measured = "color of corrupted test patches told right" if args.task else "test accuracy"
    seconds = sum(epoch.seconds for epoch in history)
    return (
        f"{measured} {history[-1].test_accuracy:.2%} after {seconds:.1f} s of training; "
        f"model.npz, history.csv and curves.png are in {where}"
    )
