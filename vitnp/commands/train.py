"""`vitnp train`: learn a data set, and leave the model, its history and the curves in a folder."""

import csv
import dataclasses
import sys
import warnings
from pathlib import Path

import numpy as np

from vitnp import checkpoints, data, tree
from vitnp.commands.options import add_model, model_config
from vitnp.errors import InputError
from vitnp.writing import beside


def add_parser(commands):
    """The options of `vitnp train`."""
    parser = commands.add_parser("train", help="train a model and save it, its history and its curves")
    names = ", ".join(data.NAMES)
    parser.add_argument("--data", default="digits", metavar="NAME", help=f"{names} (default digits)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for what is saved")
    parser.add_argument("--seed", type=int, default=0, help="split, weights, order, augmentation (default 0)")
    add_model(parser, default="digits")
    parser.add_argument(
        "--dropout", type=float, metavar="RATE", help="after dense layers (default: the model's)"
    )
    recipe = parser.add_argument_group("recipe", "what the data set's own recipe says, unless given here")
    recipe.add_argument("--epochs", type=int, metavar="N")
    recipe.add_argument("--batch-size", type=int, metavar="B", help="images a step")
    recipe.add_argument("--lr", type=float, help="learning rate after the warm-up; a cosine takes it to 0")
    recipe.add_argument("--weight-decay", type=float, metavar="X", help="of weight matrices")
    recipe.add_argument("--no-augment", action="store_true", help="the images as they are")
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as pay)")
    parser.set_defaults(run=run)


def run(args):
    """Train, print a line an epoch, save."""
    from tqdm import tqdm

    from vitnp import show
    from vitnp.recipes import RECIPES
    from vitnp.train import check_fit, choose_workers, initial_parameters, train

    if not 0 <= args.seed < 2**32:
        raise InputError(f"--seed is {args.seed}; need a whole number from 0 to {2**32 - 1}")
    dataset = data.load(args.data, args.seed)
    overrides = {} if args.dropout is None else {"dropout_rate": args.dropout}
    config = model_config(args, **overrides)
    check_fit(dataset, config)
    recipe = dataclasses.replace(RECIPES[args.data], **changes(args))
    if args.workers is not None and args.workers < 1:
        raise InputError(f"--workers is {args.workers}; need at least 1")
    workers = choose_workers(recipe.batch_size, config) if args.workers is None else args.workers
    out = writable_folder(args.out)

    rng = np.random.default_rng(args.seed)
    p = initial_parameters(rng, config, recipe)
    print(
        f"{args.model} on {args.data}: {tree.count(p):,} parameters, {len(dataset.train_labels):,} images to learn "
        f"from, {len(dataset.test_labels):,} to test, seed {args.seed}, {workers} threads"
    )
    steps = recipe.epochs * recipe.steps_per_epoch(len(dataset.train_labels))
    # disable=None: no bar where nobody watches a terminal.
    with tqdm(total=steps, unit="step", disable=None, leave=False) as bar, warnings.catch_warnings():
        # A number out of range is reported by `train`, with the leaf it was found in.
        warnings.simplefilter("ignore", RuntimeWarning)

        def on_step(step, loss):
            bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
            bar.update()

        def on_epoch(epoch):
            bar.write(line(epoch, recipe.epochs), file=sys.stdout)
            sys.stdout.flush()

        history = train(
            p, config, dataset, recipe, rng=rng, workers=workers, on_step=on_step, on_epoch=on_epoch
        )
    checkpoints.save(out / "model.npz", p, config)
    save_history(out / "history.csv", history)
    show.save(show.curves(history), out / "curves.png")
    seconds = sum(epoch.seconds for epoch in history)
    print(
        f"test accuracy {history[-1].test_accuracy:.2%} after {seconds:.1f} s of training; "
        f"model.npz, history.csv and curves.png are in {out}"
    )
    return 0


def changes(args):
    """{field: value} of the recipe's fields that the options replace."""
    given = {name: getattr(args, name) for name in ("epochs", "batch_size", "lr", "weight_decay")}
    fields = {name: value for name, value in given.items() if value is not None}
    return fields | ({"augment": ()} if args.no_augment else {})


def line(epoch, epochs):
    """An epoch as a line for the terminal."""
    return (
        f"epoch {epoch.epoch:{len(str(epochs))}}/{epochs}  loss {epoch.loss:.4f}  train {epoch.train_accuracy:7.2%}  "
        f"test {epoch.test_accuracy:7.2%}  lr {epoch.lr:.2e}  {epoch.images_per_second:,.0f} images/s"
    )


def writable_folder(path):
    """The folder, made if need be. Raises InputError where it cannot be written to."""
    folder = Path(path)
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise InputError(
            f"cannot write into {path} ({problem.strerror}); name another folder with --out"
        ) from None
    return folder


def save_history(path, history):
    """Write the history as CSV, a row an epoch: beside `path` first, then renamed."""
    with beside(path) as part, open(part, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(history[0]._fields)
        rows.writerows(history)
