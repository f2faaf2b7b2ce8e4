"""Fields declared beside their constraint, for configurations that check themselves. Imports `errors`.

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Config(Checked):
        num_heads: int = whole(12)
        dropout_rate: float = real(0.0, below=1)
        gelu: str = choice("tanh", "erf")

        def fits(self):  # what two fields must have in common
            ...

A field whose default is None may be None; a field without a default must be given. A field may have fields of its own
(`of`): "preprocessing.antialias" is one of them, in `assigned` and `merged`.
"""

import ast
import dataclasses
import json
import math
import re
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

# What a command line may say, and is no Python literal.
WORDS = {"none": None, "inf": math.inf, "true": True, "false": False}


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
    """The value of one of the `WORDS`, of a Python literal or of JSON. Raises ValueError, SyntaxError and others."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except ValueError:
        if text.startswith(("{", "[")):
            return json.loads(text)  # whose true and null are no literals
        raise


def declared(check, default=dataclasses.MISSING, *, read=literal, choices=(), kind="a number", of=None):
    """A field with a constraint of its own: check(name, value) returns the value to keep, or raises InputError.

    read turns the text of FIELD=VALUE into a value, kind says in words what it is; choices: all values that there are,
    where they are a few words; of: the dataclass of the value, whose fields can be set one by one.
    """

    def or_none(name, value):
        return None if value is None else check(name, value)

    check_given = or_none if default is None else check
    metadata = {"check": check_given, "read": read, "choices": choices, "kind": kind, "of": of}
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

    return declared(check, default, kind="true or false")


def names(*default, example):
    """A field for a tuple of names, on the command line with commas; example: a name, for the refusal.

    A comma between brackets is a part of its name: flip,randaugment(2,9) are two.
    """

    def check(name, value):
        if not isinstance(value, tuple | list) or not all(isinstance(word, str) for word in value):
            raise InputError(f'{name} is {shown(value)}; need a tuple of names, such as ("{example}",)')
        return tuple(value)

    return declared(check, default, read=lambda text: tuple(re.findall(r"(?:[^,(]|\([^)]*\)?)+", text)))


def check_fields(given, of):
    """Raise InputError, naming the near ones, for a name that is no field of the dataclass."""
    check_names(given, [field.name for field in dataclasses.fields(of)], f"{of.called} field")


def check_changes(given, of):
    """As `check_fields`, for names that may also be fields of a field: "preprocessing.mean"."""
    for name in given:
        outer, inner = parts(name, of)
        check_fields([outer] if inner is None else [inner], of if inner is None else inner_class(of, outer))


def parts(name, of):
    """("preprocessing", "mean") of "preprocessing.mean", where that field of the dataclass has fields; (name, None)."""
    outer, dot, inner = name.partition(".") if isinstance(name, str) else (name, "", "")
    return (outer, inner) if dot and inner_class(of, outer) else (name, None)


def inner_class(of, name):
    """The dataclass of the values of a field; None where they have no fields, or there is no such field."""
    return next((field.metadata["of"] for field in dataclasses.fields(of) if field.name == name), None)


def merged(of, fields, changes):
    """{field: value} of the dataclass `of`: the fields with the changes before them.

    A change of "preprocessing.mean" is made to the value of preprocessing, so that its other fields stay.
    Raises InputError for an unknown name, and for an inner value outside its constraint.
    """
    check_changes(changes, of)
    named = [(*parts(name, of), value) for name, value in changes.items()]
    found = fields | {name: value for name, inner, value in named if inner is None}
    for field in dataclasses.fields(of):
        inner = {inner: value for name, inner, value in named if name == field.name and inner is not None}
        if inner:
            before = field.metadata["check"](field.name, found.get(field.name, field.default))
            found[field.name] = dataclasses.replace(before, **inner)
    return found


def check_names(given, names, what):
    """Raise InputError, naming the near ones, for a name that is none of these."""
    for name in given:
        if not known(name, names):
            hint = did_you_mean(name, names)
            raise InputError(f"{what} {quoted(name)} is unknown; {hint}choose from {', '.join(names)}")


def value(field, text, option="--set", name=None):
    """The text of FIELD=VALUE as the field's kind of value; the constraint is checked when an instance is made.

    name: what the field is called there, where that is not its own name. Raises InputError for a text that is no value.
    """
    try:
        return field.metadata["read"](text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        called = field.name if name is None else name
        of = field.metadata["of"]
        hint = f"; it has fields, such as {called}.{dataclasses.fields(of)[0].name}" if of else ""
        raise InputError(
            f'{option} {called}={text}: "{text}" is not {field.metadata["kind"]}{hint}'
        ) from None


def assigned(assignments, of, *, option, example):
    """{field: value} of the texts FIELD=VALUE that an option gave for a dataclass, for `merged`.

    Raises InputError for an unknown field, naming the near ones, and for a text without a value.
    """
    found = {}
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        check_changes([name], of)
        if not text:
            raise InputError(
                f"{option} {quoted(assignment)} has no value; write FIELD=VALUE, such as {example}"
            )
        outer, inner = parts(name, of)
        whose, its = (of, outer) if inner is None else (inner_class(of, outer), inner)
        field = next(field for field in dataclasses.fields(whose) if field.name == its)
        found[name] = value(field, text, option, name)
    return found


def choices(field):
    """All values that a field can have, where they are a few words; else ()."""
    return field.metadata["choices"]
