"""Fields declared beside their constraint, for configurations that check themselves. Imports `errors`.

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Config(Checked):
        num_heads: int = whole(12)
        dropout_rate: float = real(0.0, below=1)
        gelu: str = choice("tanh", "erf")

        def fits(self):  # what two fields must have in common
            ...

A field whose default is None may be None; a field without a default must be given.
"""

import ast
import dataclasses
import math
from typing import ClassVar

from vitnp.errors import (
    MOST,
    InputError,
    did_you_mean,
    known,
    need_bool,
    need_choice,
    need_int,
    need_near,
    need_real,
    quoted,
    shown,
)

WORDS = {"none": None, "inf": math.inf}  # what a command line may say, and is no Python literal


class Checked:
    """Base class of a frozen dataclass with declared fields: checks them when an instance is made.

    A checked value is kept as Python's own type, so NumPy's integers and floats become int and float.
    Raises InputError for an unknown field, for a value outside its field's constraint, and for values that do not fit
    together.
    """

    called: ClassVar[str] = "configuration"  # in messages: configuration field "…" is unknown
    prefix: ClassVar[str] = ""  # of the fields' names in messages

    def __new__(cls, *_, **given):
        check_fields(given, cls)  # a mistyped field: __init__, which dataclass writes, would raise TypeError
        return super().__new__(cls)

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = field.metadata["check"](self.prefix + field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)
        self.fits()

    def fits(self):
        """Raise InputError where two fields do not fit together."""


def literal(text):
    """The value of a Python literal, of "none" or of "inf". Raises ValueError, SyntaxError and others."""
    return WORDS[text.lower()] if text.lower() in WORDS else ast.literal_eval(text)


def declared(check, default=dataclasses.MISSING, *, read=literal, choices=()):
    """A field with a constraint of its own: check(name, value) returns the value to keep, or raises InputError.

    read turns the text of FIELD=VALUE into a value; choices: all values that there are, where they are a few words.
    """

    def or_none(name, value):
        return None if value is None else check(name, value)

    metadata = {"check": or_none if default is None else check, "read": read, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


def whole(default=dataclasses.MISSING, *, at_least=1, at_most=MOST):
    """A field for a whole number."""
    return declared(lambda name, value: need_int(name, value, at_least=at_least, at_most=at_most), default)


def real(default=dataclasses.MISSING, *, low=0.0, **bounds):
    """A field for a number, kept as a float; the bounds are those of `errors.need_real`."""
    return declared(lambda name, value: need_real(name, value, low=low, **bounds), default)


def choice(*values, default=None, near=False):
    """A field for one of these words, by default the first; near: a refusal names the nearest ones."""

    def check(name, value):
        (need_near if near else need_choice)(name, value, values)
        return value

    return declared(check, values[0] if default is None else default, read=str, choices=values)


def boolean(default):
    """A field for True or False."""

    def check(name, value):
        return need_bool(name, value)

    return declared(check, default)


def names(*default, example):
    """A field for a tuple of names, on the command line with commas; example: a name, for the refusal."""

    def check(name, value):
        if not isinstance(value, tuple | list) or not all(isinstance(word, str) for word in value):
            raise InputError(f'{name} is {shown(value)}; need a tuple of names, such as ("{example}",)')
        return tuple(value)

    return declared(check, default, read=lambda text: tuple(word for word in text.split(",") if word))


def check_fields(given, of):
    """Raise InputError, naming the near ones, for a name that is no field of the dataclass."""
    check_names(given, [field.name for field in dataclasses.fields(of)], f"{of.called} field")


def check_names(given, names, what):
    """Raise InputError, naming the near ones, for a name that is none of these."""
    for name in given:
        if not known(name, names):
            hint = did_you_mean(name, names)
            raise InputError(f"{what} {quoted(name)} is unknown; {hint}choose from {', '.join(names)}")


def value(field, text, option="--set"):
    """The text of FIELD=VALUE as the field's kind of value; the constraint is checked when an instance is made.

    Raises InputError for a text that is no value at all.
    """
    try:
        return field.metadata["read"](text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise InputError(f'{option} {field.name}={text}: "{text}" is not a number') from None


def assigned(assignments, of, *, option, example):
    """{field: value} of the texts FIELD=VALUE that an option gave for a dataclass.

    Raises InputError for an unknown field, naming the near ones, and for a text without a value.
    """
    fields, found = {field.name: field for field in dataclasses.fields(of)}, {}
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        check_fields([name], of)
        if not text:
            raise InputError(
                f"{option} {quoted(assignment)} has no value; write FIELD=VALUE, such as {example}"
            )
        found[name] = value(fields[name], text, option)
    return found


def choices(field):
    """All values that a field can have, where they are a few words; else ()."""
    return field.metadata["choices"]
