"""A stand-in for CuPy where there is no GPU: an array of "another library" on which only its own operators, methods
and module work, and that keeps a list of what went between host and device.

It refuses NumPy's functions, NumPy arrays as operands, implicit conversion, and every name and keyword not written
down here; `test_names.py` holds these to what CuPy has.
"""

import operator
import types

import numpy as np

from vitnp.backend import erf

TRAFFIC = []  # what was sent to the "device" or read back from it, in order: "to device", "float", …


class Strict:
    """An array of another library, around a NumPy array that nobody sees."""

    __array_ufunc__ = None  # NumPy's operators give way

    def __init__(self, a):
        self.a = a

    def __array__(self, *_, **__):
        raise TypeError("implicit conversion to NumPy")

    def __array_function__(self, function, *_):
        raise TypeError(f"np.{function.__name__} on an array of another library")

    def __array_namespace__(self):
        return STRICT

    def __getitem__(self, key):
        return wrap(self.a[index(key)])

    def __setitem__(self, key, value):
        self.a[index(key)] = unwrap(value)

    def __len__(self):
        return len(self.a)

    def __getattr__(self, name):
        if name in ATTRIBUTES:
            return wrap(getattr(self.a, name))
        if name not in METHODS:
            raise AttributeError(f"{name} is not among the methods every backend has")
        method = getattr(self.a, name)

        def call(*args, **options):
            unknown = options.keys() - KEYWORDS
            if unknown:
                raise TypeError(f"{name} has no {', '.join(unknown)} in CuPy")
            return wrap(method(*map(unwrap, args), **options))

        return call


ATTRIBUTES = "T dtype imag nbytes ndim real shape size strides".split()
METHODS = "all any argmax astype copy max mean min reshape sum swapaxes".split()
KEYWORDS = {"axis", "copy", "dtype", "keepdims"}
OPERATORS = "add sub mul truediv floordiv mod pow matmul neg abs invert and or ge gt le lt eq ne".split()
FUNCTIONS = (
    "arange ascontiguousarray broadcast_to concatenate cos cumsum einsum empty exp eye flatnonzero".split()
)
FUNCTIONS += "floor full isfinite log maximum minimum ones quantile roll sign sin sort sqrt stack".split()
FUNCTIONS += "take_along_axis tanh uint8 where zeros".split()


def wrap(value):
    """A NumPy array or number as a Strict; anything else as it is."""
    return Strict(value) if isinstance(value, np.ndarray | np.generic) else value


def index(key):
    """A key with the arrays inside the Strict ones of it."""
    return tuple(map(unwrap, key)) if isinstance(key, tuple) else unwrap(key)


def unwrap(value):
    """The NumPy array inside a Strict; a NumPy array among the arguments is a mistake."""
    if isinstance(value, np.ndarray | np.generic):
        raise TypeError("a NumPy array among arrays of another library")
    return value.a if isinstance(value, Strict) else value


def define(name):
    """The operator, from the right and in place where there is such a thing."""
    function = getattr(operator, f"__{name}__")
    setattr(Strict, f"__{name}__", lambda *xs: wrap(function(*map(unwrap, xs))))
    if name in ("add", "sub", "mul", "truediv"):
        setattr(Strict, f"__r{name}__", lambda x, other: wrap(function(unwrap(other), x.a)))
        in_place = getattr(operator, f"i{name}")

        def assign(x, other):
            x.a = in_place(x.a, unwrap(other))
            return x

        setattr(Strict, f"__i{name}__", assign)


def define_read_back(kind):
    """bool(x), float(x), int(x), written down: each waits for the device."""

    def read(x):
        TRAFFIC.append(kind.__name__)
        return kind(x.a)

    setattr(Strict, f"__{kind.__name__}__", read)


for name in OPERATORS:
    define(name)
for kind in (bool, float, int):
    define_read_back(kind)


def strict_function(name):
    """np.NAME for Strict arrays alone."""
    function = getattr(np, name)

    def call(*args, **options):
        args = [[unwrap(x) for x in arg] if isinstance(arg, list) else unwrap(arg) for arg in args]
        options = {key: unwrap(value) for key, value in options.items()}
        return wrap(function(*args, **options))

    return call


def erf_sqrt2(x, x2):
    """`erf.erf_sqrt2`, which looks for a device's own, for either kind of array."""
    if isinstance(x, Strict):
        return wrap(erf.erf_sqrt2(x.a, x2.a))
    return erf.erf_sqrt2(x, x2)


def asarray(x, dtype=None):
    """To the device; what is there already stays."""
    if isinstance(x, Strict):
        return x if dtype is None else x.astype(dtype, copy=False)
    TRAFFIC.append("to device")
    return wrap(np.array(x, dtype))


def asnumpy(x):
    """Back to the host."""
    TRAFFIC.append("to host")
    return x.a.copy() if isinstance(x.a, np.ndarray) else np.asarray(x.a)


def as_strided(x, shape, strides):
    """A view with other strides, of the same memory."""
    return wrap(np.lib.stride_tricks.as_strided(x.a, shape, strides))


class Generator:
    """A generator on the device: no `bytes`, no `normal`, as CuPy's."""

    def __init__(self, bit_generator):
        self.generator = np.random.Generator(bit_generator)

    def random(self, size, dtype):
        return wrap(self.generator.random(size, dtype))


class Module(types.SimpleNamespace):
    """The stand-in's module: like every module it can be a key."""

    __hash__ = object.__hash__


STRICT = Module(
    __name__="strict",
    asarray=asarray,
    asnumpy=asnumpy,
    finfo=np.finfo,
    frexp=lambda a: tuple(map(wrap, np.frexp(a.a))),
    lib=types.SimpleNamespace(stride_tricks=types.SimpleNamespace(as_strided=as_strided)),
    linalg=types.SimpleNamespace(
        svd=lambda a, full_matrices: tuple(map(wrap, np.linalg.svd(a.a, full_matrices)))
    ),
    random=types.SimpleNamespace(Generator=Generator, Philox4x3210=np.random.Philox),
    **{name: strict_function(name) for name in FUNCTIONS},
)
