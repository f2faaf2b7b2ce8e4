"""What JSON files beside a file of weights say, and the fields of such files. Imports `errors`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from vitnp.errors import known, shown

# What is the form of GELU: transformers/activations.py, timm/layers/create_act.py
GELU = {
    "gelu": "erf",
    "gelu_python": "erf",
    "gelu_new": "tanh",
    "gelu_fast": "tanh",
    "gelu_accurate": "tanh",
    "gelu_pytorch_tanh": "tanh",
    "gelu_python_tanh": "tanh",
    "gelu_tanh": "tanh",
    "quick_gelu": "quick",
}


class NotBuilt(ValueError):
    """What a JSON file says of its model is well said, and such a model is not built here."""


class Beside(NamedTuple):
    """What the JSON files beside a file of weights say."""

    fields: dict  # of the configuration, without preprocessing
    preprocessing: dict  # fields of it
    unlike: list  # of (what they ask for and vitnp cannot do, the --set of what it does in its place)
    image_size: (
        tuple | None
    )  # (height, width) that the model is used at, which may be another than its table's
    no_class_row: bool | None  # whether the position table has no row for the class token, where they say it
    notes: list  # of sentences
    unknown: tuple | list = ()  # of names: what is said there and has no meaning here
    heads_of: Mapping = MappingProxyType({})  # {hidden_size: num_heads} of the architecture that is named
    usual: Mapping = MappingProxyType(
        {}
    )  # {field: value} of that architecture, where the arrays leave it open
    arguments: Mapping = MappingProxyType({})  # {argument: value} that are compared with the arrays
    architectures: tuple | list = ()  # the classes of transformers that are named


NOTHING = Beside({}, {}, [], None, None, [])


class Fields(NamedTuple):
    """The fields of a JSON object, each in one of four groups; tests/parity compares them with the libraries."""

    used: frozenset  # the reader takes the value
    arrays: frozenset  # the shapes and the names of the arrays show the value
    idle: frozenset  # whatever the value is, a prediction is the same
    only: dict  # {name: the values that can be computed here}

    def unknown_in(self, given, where):
        """The names, after `where`, of fields in none of the groups. Raises NotBuilt for a value not in `only`."""
        for name, values in self.only.items():
            if name in given and not any(given[name] is v or given[name] == v for v in values):
                raise NotBuilt(f"{where}{name} is {shown(given[name])}, which is not built here")
        there = self.used | self.arrays | self.idle | self.only.keys()
        return [f"{where}{name}" for name in given if name not in there]


def words(text):
    """The names in a text."""
    return frozenset(text.split())


def chosen(what, value, choices):
    """choices[value]; NotBuilt where there is none."""
    if not known(value, choices):
        raise NotBuilt(f"{what} is {shown(value)}; vitnp has {', '.join(choices)}")
    return choices[value]


def side_of(what, value):
    """A whole number that may be written as a pair of the same. Raises NotBuilt for a pair of two numbers."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return value
    if value[0] != value[1]:
        raise NotBuilt(f"{what} is {shown(value)}, no square, which is not built here")
    return value[0]
