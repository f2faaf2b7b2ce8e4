"""A `Progress` made from what a file says; each field is checked for its kind. Imports `errors`."""

import numpy as np

from vitnp.engine.precision import LossScale
from vitnp.errors import InputError, need_bool, need_int, need_real, shown
from vitnp.training.progress import Epoch, Progress


def restored(trees, rest):
    """The `Progress` whose `trees` and `rest` these are. Raises InputError for fields that are not a `Progress`'s."""
    if not isinstance(rest, dict) or rest.keys() != KINDS.keys():
        odd = sorted(KINDS.keys() ^ rest.keys()) if isinstance(rest, dict) else []
        raise InputError(f"its state is not whole: {', '.join(odd[:3]) or shown(rest)}")
    return Progress(**trees, **{name: KINDS[name](name, value) for name, value in rest.items()})


def count(name, value):
    """A count of steps or images."""
    return need_int(name, value, at_least=0, at_most=2**62)


def amount(name, value):
    """A number that is at least 0 and finite."""
    return need_real(name, value, low=0.0)


def epochs(name, value):
    """A history, from a list of lists."""
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise InputError(f"{name} is {shown(value)}; need a list of epochs")
    if any(len(row) != len(Epoch._fields) for row in value):
        raise InputError(f"{name} has an epoch that has not {len(Epoch._fields)} numbers")
    return [Epoch(count("epoch", row[0]), *(amount(name, number) for number in row[1:])) for row in value]


def loss_scale(name, value):
    """The numbers of a `LossScale`."""
    if not isinstance(value, list) or len(value) != len(LossScale._fields):
        raise InputError(f"{name} is {shown(value)}; need {len(LossScale._fields)} numbers")
    return [need_real(name, value[0], low=0.0, open_at_low=True), count(name, value[1])]


def generator(name, value):
    """The state of NumPy's generator, or None."""
    try:
        if value is not None:
            np.random.default_rng().bit_generator.state = value
    except (TypeError, ValueError, KeyError, OverflowError):
        raise InputError(f"{name} is not the state of a generator of NumPy's") from None
    return value


KINDS = {  # of the fields of a `Progress` that are not trees
    "generator": generator,
    "epoch": count,
    "steps": count,
    "step": count,
    "images": count,
    "loss_sum": amount,
    "seconds": amount,
    "history": epochs,
    "scale": loss_scale,
    "finished": need_bool,
}
