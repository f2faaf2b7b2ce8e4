"""An array of "another library", so that code for CuPy can be tried where there is no GPU. Imports nothing of vitnp.

Only its own module, methods and operators give such an array again. What was mixed with an array of NumPy's is one of
NumPy's: CuPy would raise there, but the student's function shall come to its end and be told what is wrong.
"""

import operator

import numpy as np

OPERATORS = "add sub mul truediv pow matmul".split()


class Elsewhere:
    """Around an array of NumPy's."""

    __array_ufunc__ = None  # NumPy's operators leave the work to those below

    def __init__(self, a):
        self.a = a

    def __array__(self, *_, **__):
        return self.a

    def __array_namespace__(self, *_, **__):
        return Module()

    def __getattr__(self, name):
        return _attribute(self.a, name)

    def __getitem__(self, key):
        return _around(self.a[key])

    def __len__(self):
        return len(self.a)

    def __neg__(self):
        return Elsewhere(-self.a)


class Module:
    """NumPy's functions; of no array, or of `Elsewhere` alone, they make `Elsewhere`."""

    def __getattr__(self, name):
        return _attribute(np, name)


def _attribute(owner, name):
    """An attribute; of a function or method, one that takes and gives `Elsewhere`."""
    found = getattr(owner, name)
    if callable(found) and not isinstance(found, type):
        return lambda *given, **how: _apply(found, *given, **how)
    return _around(found)


def _apply(function, *given, **how):
    """The result, in the other library unless an array of NumPy's took part."""
    result = function(*map(_inside, given), **how)
    return result if any(isinstance(a, np.ndarray) for a in given) else _around(result)


def _inside(a):
    return a.a if isinstance(a, Elsewhere) else a


def _around(a):
    return Elsewhere(a) if isinstance(a, np.ndarray) else a


def _define(name):
    """An operator, and the same from the right."""
    function = getattr(operator, name)
    setattr(Elsewhere, f"__{name}__", lambda a, b: _apply(function, a, b))
    setattr(Elsewhere, f"__r{name}__", lambda a, b: _apply(function, b, a))


for name in OPERATORS:
    _define(name)
