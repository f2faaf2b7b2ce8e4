"""The rows of the slides that a model goes through, and the check of its shapes against them.

Imports `deck`, `beside`, `letters`, `resnet`.
"""

from types import MappingProxyType
from typing import NamedTuple

from vitnp.course import beside, resnet
from vitnp.course.deck import ERRATA, ROWS, Erratum, Row, Tensor
from vitnp.course.letters import every, letters
from vitnp.engine.probabilities import independent


class Checked(NamedTuple):
    """A tensor of a pass beside the slide's; `got` and `expected` are for one image."""

    row: Row
    tensor: Tensor
    got: tuple | None  # None: there is no such tensor; of several blocks the first that is wrong
    expected: tuple
    printed: tuple | None  # by the slide, for B/16 whatever the model
    ok: bool
    erratum: Erratum | None  # where the slide prints a wrong shape


def rows(config):
    """The rows that a model of this configuration goes through, in order, its sizes in their titles."""
    size, headless = letters(config), not config.num_classes
    absent = {"logits": headless, "probabilities": headless}
    before = [_row(row) for row in resnet.body(config)] if config.residual else []
    if not config.attends:
        last = [*resnet.head(config), beside.LOGITS]
        probabilities = _row(beside.ON_THEIR_OWN) if independent(config) else ROWS[-1]
        present = [*before, *map(_row, last), probabilities]
        return [_of_model(row, size) for row in present if not absent.get(row.key)]
    no_token = config.classifier != "token"
    absent["class_token"] = no_token
    fewer = {"N+1": "N", "2N+1": "2N-1"} if no_token else {}
    (instead, after), present = beside.of(config), [_of_model(row, size, fewer) for row in before]
    for row in (row for row in ROWS if not absent.get(row.key)):
        these = [_row(instead[row.key]) if row.key in instead else row]
        these += [_row(also) for also in after.get(row.key, ())]
        present += [_of_model(this, size, fewer) for this in these]
        if row.key == "position" and config.num_registers:
            fewer = {"N+1": "T"}  # from here on with the registers
    return present


def _row(row):
    """A row of `beside`, of which nothing is printed."""
    *texts, tensors = row
    return Row(*texts, tuple(Tensor(slide, name, None, true, lead) for slide, name, true, lead in tensors))


def _of_model(row, size, fewer=MappingProxyType({})):
    """The row with the model's sizes; fewer: {letters: those that stand there in this model}."""
    tensors = [
        t._replace(
            slide_name=t.slide_name.format_map(size),
            true=tuple(fewer.get(letter, letter) for letter in t.true),
        )
        for t in row.tensors
    ]
    ko, en = (title.format_map(size) for title in (row.title_ko, row.title_en))
    return row._replace(title_ko=ko, title_en=en, tensors=tuple(tensors))


def errata(row):
    """The entries of ERRATA that belong to a row."""
    return [erratum for erratum in ERRATA if erratum.row == row.key]


def check(shapes, config):
    """Every tensor of every row against the truth: a list of `Checked`.

    shapes is a `Trace`, or {name: shape} with the names of the trace and the batch axis; every block is checked.
    """
    shapes = getattr(shapes, "shapes", shapes)
    size = letters(config, batch=shapes.get("image", (1,))[0])
    found = []
    for row in rows(config):
        for tensor in row.tensors:
            true = tuple(size[letter] for letter in (*tensor.lead, *tensor.true))
            all_got = [shapes.get(name) for name in every(tensor.name, config)]
            got = next((shape for shape in all_got if shape != true), true)
            first = int(tensor.lead.startswith("B"))  # past the batch axis, where the slide leaves it out
            erratum = next((e for e in ERRATA if e.tensor == tensor.name and tensor.printed), None)
            found.append(
                Checked(row, tensor, got and got[first:], true[first:], tensor.printed, got == true, erratum)
            )
    return found


def by(shape, sign="x"):
    """A shape in the slides' notation: 197x768."""
    return sign.join(str(n) for n in shape)
