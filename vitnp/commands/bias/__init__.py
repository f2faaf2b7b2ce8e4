"""`vitnp bias CLAIM`: what the decks say about inductive bias, measured: a table, a picture, a CSV per claim.

plan.py           what a claim is made of                shift.py           accuracy on moved pictures
trainings.py      claims that train models               data.py            accuracy with more and more images
equivariance.py   does a layer's map move along?         fixed_weights.py   does the image choose the weights?
receptive_field.py   the pixels that one place sees      dimension.py       neighbors and an MLP among noise

A claim is a module with WHAT (its help, one line), SEEDS (the default of --seeds), add_options(parser) and
plan(args) → `Plan`.
"""

import contextlib
import importlib
import sys
from pathlib import Path

from vitnp.commands import series
from vitnp.errors import InputError, need_int
from vitnp.system.output import say, unless_gone
from vitnp.system.writing import save_csv
from vitnp.training import signals
from vitnp.training.place import writable
from vitnp.training.progress import Diverged

# The modules; a - in a claim's name is a _ in its module's.
CLAIMS = ("shift", "data", "equivariance", "receptive-field", "fixed-weights", "dimension")
MOST_SEEDS = 1000


def add_options(parser):
    """The options of `vitnp bias`, those of each claim behind its name."""
    claims = parser.add_subparsers(title="claims", metavar="CLAIM", required=True)
    for name in CLAIMS:
        claim = module(name)
        of_claim = claims.add_parser(name, help=claim.WHAT)
        claim.add_options(of_claim)
        of_claim.add_argument(
            "--seeds",
            type=int,
            default=claim.SEEDS,
            metavar="N",
            help=f"seeds 0 … N − 1 (default {claim.SEEDS})",
        )
        of_claim.add_argument(
            "--out",
            default=f"bias-{name}",
            metavar="DIR",
            help=f"folder; the same command goes on with what is in it (default bias-{name})",
        )
        of_claim.add_argument(
            "--overwrite", action="store_true", help="begin anew where the claim is in DIR already"
        )
        of_claim.set_defaults(run=run, claim=name)


def module(name):
    """The module of a claim."""
    return importlib.import_module(f"vitnp.commands.bias.{name.replace('-', '_')}")


def run(args):
    """Do the steps of the claim's plan, write the CSV after each, the table and picture at the end; 130 if stopped."""
    import tqdm

    need_int("--seeds", args.seeds, at_least=1, at_most=MOST_SEEDS)
    plan = module(args.claim).plan(args)  # what does not fit is said before anything is written
    out = writable(args.out)
    path, folder = out / f"{args.claim}.json", out / args.claim
    if args.overwrite:
        series.forget(path, lambda old: [f"{args.claim}/*/seed-*"])
        with contextlib.suppress(OSError):  # it is not there, or something else is in it
            folder.rmdir()
    series.remember(path, plan.about)
    for line in plan.before(folder):
        say(line)
    rows, kept = [], plan.kept()
    with signals.heard() as wish, tqdm.tqdm(plan.steps, unit=" step", disable=None, leave=False) as bar:
        for number, step in enumerate(bar):
            bar.set_description(step.name)
            try:
                found = None if wish() else step.rows(folder, wish)
            except Diverged as problem:
                with unless_gone(sys.stderr):
                    bar.write(f"{step.name}: {problem}", file=sys.stderr)
                found = []
            if found is None:
                say(f"stopped with {number} of {len(plan.steps)} steps done; the same command goes on")
                return 130
            rows += found
            if rows:
                save_csv(path.with_suffix(".csv"), rows + [row for row in kept if row not in rows])
    if not rows:
        raise InputError("every training diverged; give a smaller --lr, and --overwrite or another --out")
    return finish(plan, rows, path)


def finish(plan, rows, path):
    """Print the table, draw the picture, and say where everything is."""
    from vitnp import show

    say(plan.table(rows))
    show.save(plan.figure(rows), path.with_suffix(".png"))
    kept = " and the trainings" if Path(path.parent, path.stem).is_dir() else ""
    say(f"{path.stem}.csv, {path.stem}.png{kept} are in {path.parent}")
    return 0
