"""Stub until the catalog is there."""

from typing import NamedTuple

BY_KEY, FAMILIES = {}, {}


class Named(NamedTuple):
    mistake: str | None = None
    family: str | None = None
    also: tuple = ()


def named(step, functions):
    return Named()
