"""`vitnp translate`: train a Transformer on pairs of sentences, or let a trained one translate."""

from vitnp.commands import train, translate_answers, translate_words
from vitnp.commands.options import add_backend
from vitnp.commands.train_options import add_keeping, add_recipe
from vitnp.data.sentences import TASKS
from vitnp.errors import InputError
from vitnp.inputs.sequences import SPLITS
from vitnp.models import PRESETS, with_preset
from vitnp.training.sentences import RECIPE
from vitnp.training.wanted import WantedSentences

NAMES = ", ".join(name for name in PRESETS if with_preset(name).Config.reads == WantedSentences.reads)
TRAINING = (*train.names_of(WantedSentences), "overwrite")  # options


def add_options(parser):
    """The options of `vitnp translate`."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="DIR", help="train: folder of a new run")
    where.add_argument("--resume", metavar="DIR", help="go on with the run in this folder, bit for bit")
    where.add_argument("--weights", metavar="FILE", help="translate: the model.npz of a run")
    translate_answers.add_options(parser)
    data = parser.add_argument_group("training: the sentences and the model")
    tasks = ", ".join(TASKS)
    data.add_argument(
        "--task",
        metavar="NAME|FILE.tsv",
        help=f"{tasks}, or a file with a source, a tab and its target per line",
    )
    data.add_argument(
        "--split",
        metavar="HOW",
        help=f"how a file's texts are cut: {', '.join(SPLITS)} (default {SPLITS[0]})",
    )
    data.add_argument("--model", metavar="NAME", help=f"{NAMES} (default: the recipe's)")
    data.add_argument(
        "--set",
        action="append",
        metavar="FIELD=VALUE",
        help="any field of the model's configuration, such as num_layers=3 or norm=post; may be repeated",
    )
    data.add_argument("--dropout", type=float, metavar="RATE", help="(default: the recipe's)")
    data.add_argument("--seed", type=int, help="test sentences, weights, order, new sentences (default 0)")
    data.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as pay)")
    add_recipe(parser, "sentences", RECIPE)
    add_keeping(parser)
    add_backend(parser)
    parser.set_defaults(run=run, own={}, ranks_may_differ=False, **dict.fromkeys(TRAINING))


def run(args):
    """Train, or answer. Raises InputError for options of both."""
    if args.weights is not None:
        given = [name for name in TRAINING if getattr(args, name) is not None and name != "backend"]
        refuse(given, "of training", "--weights answers")
        return translate_answers.run(args)
    place = "--out" if args.resume is None else "--resume"
    given = [name for name in translate_answers.OPTIONS if getattr(args, name)]
    refuse(given, "of a trained model with --weights FILE", f"{place} trains")
    return train.run(args, WantedSentences, translate_words)


def refuse(given, what, other):
    """Raise InputError where options were given that are not of what is done."""
    if given:
        option = "a TEXT" if given[0] == "texts" else f"--{given[0].replace('_', '-')}"
        raise InputError(f"{option} is {what}, and {other}; leave out one of them")
