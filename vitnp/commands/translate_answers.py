"""What `vitnp translate --weights FILE TEXT …` does: a trained model translates texts."""

import sys
from pathlib import Path

import numpy as np

from vitnp import models, weights
from vitnp.backend.arrays import array_module, to_device, to_host
from vitnp.commands.options import backend
from vitnp.commands.printing import as_json
from vitnp.engine import decoding
from vitnp.errors import InputError, need_int, need_real, printable
from vitnp.inputs.checks import parameter_of
from vitnp.inputs.sequences import END, PADDING, SPECIALS, START
from vitnp.inputs.text import to_ids, to_texts
from vitnp.weights import fetch

OPTIONS = ("texts", "beam", "length_penalty", "json", "attention")
BEAM, LENGTH_PENALTY = 4, 0.6  # the paper's (Vaswani et al., 2017, §6.1)
BATCH = 64  # texts at a time


def add_options(parser):
    """The options of translating."""
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="with --weights: what to translate")
    parser.may_be_empty = ("texts",)  # which `record` refuses alone
    answers = parser.add_argument_group("translating, with --weights")
    answers.add_argument(
        "--beam", type=int, metavar="N", help=f"translations kept while searching; 1: greedy (default {BEAM})"
    )
    answers.add_argument(
        "--length-penalty", type=float, metavar="X", help=f"0: none (default {LENGTH_PENALTY})"
    )
    answers.add_argument("--json", action="store_true", help="print JSON, for programs")
    answers.add_argument(
        "--attention", metavar="OUT.png", help="draw the cross-attention of the last decoder block"
    )


def run(args):
    """Print the translation of each text; 2 if a text cannot be read (the others are still translated)."""
    if not args.texts:
        raise InputError(f"what is to be translated? type vitnp translate --weights {args.weights} TEXT")
    xp = np if args.backend is None else backend(args)
    path = fetch.resolve(args.weights)
    p, config = weights.load(path)
    p = to_device(p, xp)
    need_sequences(path, config)
    beam = need_int(
        "--beam", BEAM if args.beam is None else args.beam, at_least=1, at_most=config.vocabulary_size
    )
    penalty = LENGTH_PENALTY if args.length_penalty is None else args.length_penalty
    penalty = need_real("--length-penalty", penalty, low=0.0, at_most=decoding.LARGEST_PENALTY)
    records = [record(text, config) for text in args.texts]
    good = [(number, one) for number, one in enumerate(records, start=1) if "error" not in one]
    for first in range(0, len(good), BATCH):
        some = good[first : first + BATCH]
        source = to_ids([one["text"] for _, one in some], config)
        with np.errstate(over="ignore", invalid="ignore"):  # decoding says so
            ids, log_p = decoding.beam(source, p, config, width=beam, length_penalty=penalty)
        for (number, one), row, answer, value in zip(some, ids, to_texts(ids, config), log_p, strict=True):
            one |= {"translation": answer, "log_probability": float(value)}
            if args.attention is not None:
                picture = named(args.attention, None if len(records) == 1 else number)
                one["attention"] = str(draw_attention(one, row, p, config, picture))
    for one in records:
        if "error" in one:
            print(f"vitnp: {one['error']}", file=sys.stderr)
        elif not args.json:
            print("\n".join(lines(one)))
    if args.json:
        about = {"weights": str(path), "beam": beam, "length_penalty": penalty}
        print(as_json(about | {"texts": records}))
    return 2 if len(good) < len(records) else 0


def need_sequences(path, config):
    """Raise InputError unless the file's model reads text."""
    if config.reads != "sequences":
        raise InputError(
            f"{path} is a model of the family {config.family}, which reads {config.reads}; name the model.npz of a "
            "run of vitnp translate"
        )
    if not config.symbols:
        raise InputError(
            f"{path} knows no symbols, so it reads no text; name the model.npz of a run of vitnp translate"
        )


def record(text, config):
    """{"text": the text}, with "error" where the model cannot read it."""
    try:
        to_ids([text], config)
    except InputError as problem:
        return {"text": text, "error": str(problem)}
    return {"text": text}


def named(out, number):
    """The path of a picture; number: of the text, where there are several."""
    out = Path(out)
    return out if number is None else out.with_name(f"{out.stem}-{number}{out.suffix}")


def draw_attention(one, row, p, config, path):
    """Draw where the last decoder block looks while it writes a translation, ids `row`. Returns the path."""
    from vitnp import show

    written, source = row[row != PADDING], to_ids([one["text"]], config)
    target = np.concatenate([[START], written[:-1]])[None]
    pair = tuple(to_device(ids, array_module(parameter_of(p))) for ids in (source, target))
    _, saved = models.of(config).forward(pair, p, config)
    A = to_host(saved.decoder[-1].cross.A[0])  # (H, T, S)
    source, target = ([symbol(i, config) for i in ids] for ids in (source[0], written))
    figure = show.cross_attention(A, source, target, block=config.num_layers - 1)
    return show.save(figure, path)


def symbol(i, config):
    """What an id is in a picture."""
    return "END" if i == END else config.symbols[i - SPECIALS]


def lines(one):
    """Yield the lines of a text that is translated."""
    yield printable(f"{one['text']} → {one['translation']}")
    if "attention" in one:
        yield printable(f"  attention: {one['attention']}")
