"""The model in a file whose names stand behind others, as training scripts save it.

Imports `errors`, `families`, `stored`.

    module.    _orig_mod.    state_dict.    teacher.backbone.    model.encoder.    …

What stands before the names is taken off where only what remains is a known model. Where there are several, which one
is asked.
"""

import re
from typing import NamedTuple

from vitnp.errors import InputError, known, quoted, some_of
from vitnp.weights import families
from vitnp.weights.families import FORMATS, LIBRARIES
from vitnp.weights.stored import called

# Of which nothing needs to be said: PyTorch's own, and what everybody calls a model.
PLAIN = {
    "state_dict",
    "model_state_dict",
    "model",
    "module",
    "_orig_mod",
    "net",
    "network",
    "weights",
    "params",
}
# Wrappers that a library's spelling has too: what lies beside them is not the library's.
ALWAYS = ("backbone.",)
PRETRAINING = {"dino_head", "ibot_head"}
# Of a training, and without influence on what a model computes: counters, losses, measures of quality.
TRAINING = {"n_averaged", "num_updates", "global_step", "step", "epoch", "criterion", "metric", "metrics"}
MEASURES = ("loss", "_acc", "accuracy", "auroc", "f1", "loss_fn")
HEADS = {"head", "heads", "fc", "classifier", "linear", "cls_head", "classification_head"}


# The ends of the names that show a model, without which a name is not looked at: a file may have thousands.
SIEVE = re.compile(
    r"(patch_embed\.proj|patch_embeddings?(\.projection)?|conv_proj|visual\.conv1|stages\.0\.blocks\.0\.norm1)\.weight$"
    r"|embedding/kernel$|root_block/[a-z0-9_]{1,40}/kernel$"
)
MOST, LONGEST = 64, 8  # of such names, and of the parts of one


class Chosen(NamedTuple):
    """The model of a file."""

    stored: dict  # {name without what stands before it: Stored}
    format: str | None  # that was asked for
    notes: list  # of sentences
    head: str = ""  # the arrays beside the model that are taken to be its head
    left: list = ()  # names of the arrays beside it that are left out and may matter


def chosen(path, stored, asked=None):
    """The `Chosen` of a file's {name: Stored}; asked: a format, a key of the file, or None.

    Raises InputError for several models where `asked` does not say which, and for a key that is none.
    """
    everything = found = prefixes(stored)
    format = asked if asked is None or known(asked, FORMATS) else None
    if format is None and asked is not None:
        found = _called(asked, found)
    if len(found) > 1 and format in LIBRARIES:
        found = [
            before for before in found if families.family_in(format, _behind(before, stored))[0]
        ] or found
    if len(found) > 1:
        keys = [_key(before, found) for before in found]
        raise InputError(
            f"{path} holds more than one model: {some_of([called(key) for key in keys])}; say which with format= or "
            f"--from, as --from {called(keys[0])}"
        )
    if found in ([], [""]):
        return Chosen(stored, format, [])
    (before,), others = found, tuple(other for other in everything if other not in found)
    inner = tuple(other for other in others if other.startswith(before))
    model = _behind(
        before, {name: one for name, one in stored.items() if not (inner and name.startswith(inner))}
    )
    beside = {name: one for name, one in stored.items() if not name.startswith((before, *others))}
    notes = [] if _parts(before) <= PLAIN else [f"the model's arrays are those that are called {before}*"]
    notes += [f"left out, another model: {called(other)}*" for other in others]
    pretraining = [name for name in beside if _parts(name) & PRETRAINING]
    if pretraining:
        notes.append(
            f"left out, as it is for pre-training alone: {some_of([called(name) for name in pretraining])}"
        )
    beside = {name: one for name, one in beside.items() if name not in pretraining and not _of_training(name)}
    head, says = _head(model, beside), ""
    if head:
        says = f"{' and '.join(called(name) for name, _ in head.values())} beside {called(before)}*"
        notes.append(f"taken to be the head: {says}")
        model |= {name: one for name, (_, one) in head.items()}
        beside = {}
    elif beside:
        names = some_of([called(name) for name in beside])
        notes.append(f"left out, beside the model that is called {called(before)}*: {names}")
    return Chosen(model, format, notes, says, list(beside))


def prefixes(stored):
    """What stands before the names of each known model in the file, in its order; [""] where nothing does."""
    # A hybrid of timm's has names of a BiT in its stem.
    candidates = [name for name in stored if SIEVE.search(name) and "patch_embed.backbone." not in name][
        :MOST
    ]
    if any(_shows(name) for name in candidates):
        return [""]
    found = {}
    for name in candidates:
        ends = [match.end() for match in re.finditer("[./]", name)][-LONGEST:]
        if end := next((end for end in ends if _shows(name[end:])), None):
            found[name[:end]] = True
    return list(found)


def _shows(name):
    """Whether the name is one that shows a model of a library."""
    return not name.startswith(ALWAYS) and any(families.family_in(format, [name])[0] for format in LIBRARIES)


def _of_training(name):
    """Whether it is the name of a counter, a loss, a measure of quality."""
    return any(part in TRAINING or part.endswith(MEASURES) for part in re.split("[./]", name))


def _behind(before, stored):
    """{name without `before`: Stored} of the names that begin with it."""
    return {name[len(before) :]: one for name, one in stored.items() if name.startswith(before)}


def _parts(before):
    return {part for part in re.split("[./]", before) if part}


def _called(key, found):
    """The prefixes that a key means. Raises InputError for a key of none."""
    exact = [before for before in found if before[:-1] == key]
    fitting = exact or [before for before in found if known(key, _parts(before))]
    if not fitting or found == [""]:
        keys = [called(_key(before, found)) for before in found if before]
        also = f", or a model of this file: {some_of(keys)}" if keys else ""
        raise InputError(f"format {quoted(key)} is unknown; choose {', '.join(FORMATS)}{also}")
    return fitting


def _key(before, found):
    """The shortest word that means one of the prefixes alone."""
    others = set().union(*(_parts(other) for other in found if other != before))
    own = [part for part in re.split("[./]", before) if part and part not in others]
    return own[0] if own else before[:-1]


def _head(model, beside):
    """{name in timm's or torchvision's file: (name in this one, Stored)} of the dense layer beside a model.

    So a training script has a backbone and, beside it, the head that reads what the backbone gives. {} for a model of
    another library, whose output a script can take from several places; for another size, more layers, two heads.
    """
    formats = [format for format in ("timm", "torchvision") if families.family_in(format, model)[0]]
    if len(formats) != 1 or any(name.startswith("head") for name in model):
        return {}
    family, shown = families.family_in(formats[0], model)
    weights = [name for name in beside if name.endswith(".weight")]
    if family != "vit" or len(weights) != 1 or len(beside) > 2:
        return {}
    stem, weight = weights[0].removesuffix("weight"), beside[weights[0]].shape
    width = model[shown].shape[:1]
    bias = beside.get(f"{stem}bias")
    fits = len(weight) == 2 and weight[1:] == width and (bias is None or bias.shape == weight[:1])
    last = [part for part in re.split("[./]", stem) if part and not part.isdigit()][-1:]
    if not fits or last[0:] == [] or last[0] not in HEADS or len(beside) != 1 + (bias is not None):
        return {}
    theirs = "head." if formats[0] == "timm" else "heads.head."
    return {theirs + name.removeprefix(stem): (name, one) for name, one in beside.items()}
