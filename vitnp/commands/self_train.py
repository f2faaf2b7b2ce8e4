"""`vitnp self-train`: Noisy Student, a teacher from few labels and students from its predictions on all images."""

import contextlib
import re
import sys
from pathlib import Path

from vitnp.commands import self_train_words as words
from vitnp.commands import series, train
from vitnp.commands.self_train_plan import BASELINES, TEACHER, asked
from vitnp.commands.self_train_runs import PSEUDO, of_seed
from vitnp.commands.train_words import chosen
from vitnp.system.language import translated
from vitnp.system.output import repeating_nothing, say, unless_gone
from vitnp.system.writing import save_csv
from vitnp.tasks.self_training import THRESHOLD
from vitnp.training import signals
from vitnp.training.folder import outside
from vitnp.training.place import reserved
from vitnp.training.progress import Diverged

ENDINGS = ("json", "csv")  # of the series' own files
NAME = "self-train.json"
RUN = re.compile(rf"{TEACHER}|round-\d+|{'|'.join(BASELINES)}")
FILE = re.compile(rf"{PSEUDO}-(\d+|{'|'.join(BASELINES)})\.(npz|csv)")
COLUMNS = ("seed", "training", "test_accuracy", "train_accuracy", "loss", "seconds")


class Stopping(Exception):
    """It was asked to stop."""


def add_options(parser):
    """The options of `vitnp self-train`."""
    own = parser.add_argument_group(
        "self-training", "a teacher from few labels, and students from its predictions"
    )
    own.add_argument(
        "--labeled",
        type=int,
        required=True,
        metavar="N",
        help="training images whose labels are used, all classes alike",
    )
    own.add_argument(
        "--rounds", type=int, default=2, metavar="N", help="students, one after the other (default 2)"
    )
    own.add_argument(
        "--ratio",
        dest="unlabeled",
        type=int,
        default=3,
        metavar="N",
        help="unlabeled images per labeled one in a step, and the weight of their loss (default 3)",
    )
    own.add_argument(
        "--threshold",
        type=float,
        default=THRESHOLD,
        metavar="X",
        help=f"the least probability of a predicted class (default {THRESHOLD})",
    )
    own.add_argument(
        "--per-class",
        type=int,
        metavar="N",
        help="images of each predicted class (default: unlabeled images / classes)",
    )
    own.add_argument("--student-model", metavar="NAME", help="the students' model (default: the teacher's)")
    own.add_argument(
        "--student-set",
        action="append",
        metavar="FIELD=VALUE",
        help="a field of the model that --student-model names; may be repeated",
    )
    own.add_argument(
        "--baselines",
        action="store_true",
        help="also train on the labels alone, without noise, with hard labels, and with all labels",
    )
    own.add_argument("--seeds", type=int, default=1, metavar="N", help="seeds 0 … N − 1 (default 1)")
    parser.add_argument(
        "--out",
        default="self-train",
        metavar="DIR",
        help="folder; the same command goes on with what is in it, --overwrite begins anew (default self-train)",
    )
    train.add_training(parser, init=False)
    parser.description = (
        "The options are those of train, without --init. Every training has as many steps of as many images. "
        "Unless --set-recipe augment= and --set stochastic_depth_rate= say otherwise, each has randaugment after the "
        "recipe's own augmentation, and stochastic depth 0.2 where the model has it."
    )
    parser.set_defaults(run=run)


@repeating_nothing()
def run(args):
    """Train what is not finished, write the CSV after each, print the table at the end; 130 if stopped."""
    plan, setup, student = asked(args)
    outside(args.out, plan.teacher.place(plan.teacher.data))
    with reserved(args.out, new=False):  # a second command of this folder is refused and removes nothing
        out = Path(args.out)
        if args.overwrite:
            forget(out)
        series.remember(out / NAME, plan.about, ENDINGS)
        for line in (*words.title(plan, setup, student), *chosen(setup)):
            say(translated(line))
        return all_trained(args, plan, out)


def all_trained(args, plan, out):
    """Train what is not finished: the exit status."""
    import tqdm

    rows = []
    total = args.seeds * len(plan.names)
    with signals.heard() as wish, tqdm.tqdm(total=total, unit=" run", disable=None, leave=False) as bar:

        def between(n=0):
            if wish():
                raise Stopping

        try:
            for seed in range(args.seeds):
                for row in trained(plan, seed, out / f"seed-{seed}", wish, bar, between):
                    rows.append(row)
                    save_csv(out / "self-train.csv", rows)
                    bar.update()
                    with unless_gone(sys.stdout):
                        bar.write(words.told(row), file=sys.stdout)
        except Stopping:
            say(translated(f"stopped with {len(rows)} of {total} runs done; the same command goes on"))
            return 130
    for line in words.table(plan, rows):
        say(line)
    say(translated(f"self-train.csv, the pseudo-labels and one folder per run are in {out}"))
    return 0


def trained(plan, seed, folder, wish, bar, between):
    """Yield the row of every training of a seed as soon as it is finished. Raises `Stopping` where it is wished."""
    for name, wanted in of_seed(plan, seed, folder, between):
        bar.set_description(f"{name}, seed {seed}")
        between()
        try:
            epoch = series.trained(wanted, folder / name, wish)
        except Diverged as problem:
            what = str(problem).partition(";")[0]  # the rest is advice on options of train
            raise Diverged(f"{name}, seed {seed}: {what}; give a smaller --lr, and --overwrite") from None
        if epoch is None:
            raise Stopping
        yield {column: epoch.get(column) for column in COLUMNS} | {"seed": seed, "training": name}


def forget(out):
    """Remove what an earlier series left in the folder, by its names, and nothing else.

    Raises InputError, with nothing removed, where one of its runs is trained at this moment.
    """
    if not (out / NAME).exists():
        return
    seeds = [path for path in out.glob("seed-*") if re.fullmatch(r"seed-\d+", path.name)]
    inside = [path for seed in seeds for path in seed.iterdir()]
    runs = [path.relative_to(out).as_posix() for path in inside if RUN.fullmatch(path.name)]
    series.forget(out / NAME, lambda old: runs, ENDINGS)
    for file in inside:
        if FILE.fullmatch(file.name):
            file.unlink()
    for seed in seeds:
        with contextlib.suppress(OSError):  # something else is in it, or it is gone
            seed.rmdir()
