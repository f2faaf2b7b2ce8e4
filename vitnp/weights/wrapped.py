"""The model in a file whose names stand behind others, as training scripts save it.

Imports `beside`, `errors`, `families`, `stored`.

    module.    _orig_mod.    state_dict.    teacher.backbone.    model.encoder.    …

What stands before the names is taken off where only what remains is a known model. Where there are several, which one
is asked.
"""

import re
from typing import NamedTuple

from vitnp.errors import InputError, known, quoted, some_of
from vitnp.weights import beside as around
from vitnp.weights import families
from vitnp.weights.beside import parts
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

# The ends of the names that show a model, without which a name is not looked at: a file may have thousands.
SIEVE = re.compile(
    r"(patch_embed\.proj|patch_embeddings?(\.projection)?|conv_proj|visual\.conv1|stages\.0\.blocks\.0\.norm1|conv_stem)\.weight$"
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
    stored = around.without_optimizer(around.unwrapped(stored))
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
        return Chosen(around.without_counters(stored), format, [])
    (before,), others = found, tuple(other for other in everything if other not in found)
    inner = tuple(other for other in others if other.startswith(before))
    model = _behind(
        before, {name: one for name, one in stored.items() if not (inner and name.startswith(inner))}
    )
    beside = {name: one for name, one in stored.items() if not name.startswith((before, *others))}
    beside, reasons = around.sorted_out(before, others, beside)
    notes = [] if set(parts(before)) <= PLAIN else [f"the model's arrays are those that are called {before}*"]
    notes += [f"left out, another model: {called(other)}*" for other in others]
    notes += [f"left out, {why}: {some_of([called(name) for name in names])}" for why, names in reasons]
    head, says = around.head(model, beside), ""
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
    found = {}
    for name in candidates:
        ends = [match.end() for match in re.finditer("[./]", name)][-LONGEST:]
        if end := next((end for end in ends if _shows(name[end:])), None):
            found[name[:end]] = True
        elif _shows(name):
            return [""]
    # A library's own spelling has a prefix, too, as params/: it is the library's where there is no other model.
    whole = len(found) < 2 and any(_shows(name) for name in candidates)
    return [""] if whole else list(found)


def _shows(name):
    """Whether the name is one that shows a model of a library."""
    return not name.startswith(ALWAYS) and any(families.family_in(format, [name])[0] for format in LIBRARIES)


def _behind(before, stored):
    """{name without `before`: Stored} of the names that begin with it."""
    return {name[len(before) :]: one for name, one in stored.items() if name.startswith(before)}


def _called(key, found):
    """The prefixes that a key means. Raises InputError for a key of none."""
    exact = [before for before in found if before[:-1] == key]
    fitting = exact or [before for before in found if known(key, parts(before))]
    if not fitting or found == [""]:
        keys = [called(_key(before, found)) for before in found if before]
        also = f", or a model of this file: {some_of(keys)}" if keys else ""
        raise InputError(f"format {quoted(key)} is unknown; choose {', '.join(FORMATS)}{also}")
    return fitting


def _key(before, found):
    """The shortest word that means one of the prefixes alone."""
    others = set().union(*(parts(other) for other in found if other != before))
    own = [part for part in parts(before) if part not in others]
    return own[0] if own else before[:-1]
