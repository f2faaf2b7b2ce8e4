"""The fields of convolutional networks: residual ones, whole or as the stem of a hybrid, and plain ones."""

import math
from typing import NamedTuple

from vitnp.errors import InputError, need_int, shown
from vitnp.inputs.fields import declared

MOST_UNITS, MOST_STAGES = 1000, 8


class Residual(NamedTuple):
    """The residual network in a model, whole or as its stem: `ImageConfig.residual`."""

    prefix: str  # of the names of its parameters and tensors
    width: int  # channels of the root
    units: tuple  # of each stage
    pre: bool  # pre-activation units


def counts(*default, what="units", such_as=(3, 4, 6, 3), at_least=0, at_most=MOST_UNITS):
    """A field for the number of `what` in each stage; from at_least to `MOST_STAGES` stages, each up to at_most."""

    def check(name, value):
        if not isinstance(value, tuple | list) or not at_least <= len(value) <= MOST_STAGES:
            raise InputError(
                f"{name} is {shown(value)}; need the number of {what} of each stage, such as {such_as}"
            )
        return tuple(need_int(name, count, at_least=1, at_most=at_most) for count in value)

    return declared(check, default, read=read_counts, kind="numbers with commas")


def read_counts(text):
    """(3, 4, 6, 3) of "3,4,6,3" or "(3, 4, 6, 3)"."""
    return tuple(int(part) for part in text.strip("()[] ").split(",") if part.strip())


def check_groups(width, groups):
    """Raise InputError where the groups do not divide the channels; every layer has a multiple of the root's."""
    if width % groups:
        raise InputError(
            f"a width of {width} channels is not divisible by {groups} groups; "
            f"use a width of {math.ceil(width / groups) * groups}, or groups {math.gcd(width, groups)}"
        )
