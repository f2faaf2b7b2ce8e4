"""Reads pickles without running them. Imports `errors`.

A pickle is a program that can name any function and call it. This reader imports nothing that a pickle names: the
admitted names are listed, and each is replaced by an object of vitnp.
"""

import io
import pickle
import pickletools

from vitnp.errors import shown

MOST = 1000  # objects in a tuple, those of the tuples in it included; a tensor needs about 20
MOST_STEPS = 2**20  # of the program; a tensor takes about 55, CIFAR-100 a fifth of these
# Opcodes that hash: every how many of the objects they take is a key.
HASHED = {"SETITEM": 2, "SETITEMS": 2, "DICT": 2, "ADDITEMS": 1, "FROZENSET": 1}
MARK = pickletools.markobject
# What the reader of a damaged pickle raises.
DAMAGE = (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, LookupError, OverflowError)


def making(*kinds):
    """The names of the opcodes that make such objects."""
    return {opcode.name for opcode in pickletools.opcodes if set(opcode.stack_after) & set(kinds)}


TEXTS = making(pickletools.pyunicode, pickletools.pystring, pickletools.pybytes_or_str, pickletools.pybytes)
DICTS, OTHERS_WITHOUT_HASH = making(pickletools.pydict), making(pickletools.pylist, pickletools.pyset)
CHANGES = {"APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD"}
WITH_MARK = {opcode.name for opcode in pickletools.opcodes if MARK in opcode.stack_before}
PUTS, GETS = {"PUT", "BINPUT", "LONG_BINPUT"}, {"GET", "BINGET", "LONG_BINGET"}


class Refused(Exception):
    """The pickle names something that is not admitted; the message says what."""


class Damaged(Exception):
    """The pickle is cut off or inconsistent; the message says how."""


class Call:
    """A function that a pickle may call: an object without attributes, so it can be called and nothing else."""

    __slots__ = ()

    def __call__(self, *args):
        try:
            return self.function(*args)
        except (TypeError, ValueError):
            raise ValueError(
                f"{'.'.join(self.stands_for)} is called with something else than it takes"
            ) from None


class Unpickler(pickle.Unpickler):
    """Reads containers, numbers and texts; a name that is not admitted is never imported."""

    def __init__(self, data, admitted, persistent, unknown, **options):
        super().__init__(io.BytesIO(data), **options)
        self.admitted, self.persistent_load, self.unknown = admitted, persistent, unknown

    def find_class(self, module, name):
        """The object that replaces module.name."""
        if (module, name) in self.admitted:
            return self.admitted[module, name]
        return self.unknown(module, name)


def nothing(pid):
    """The default for objects that a pickle keeps outside itself: none is admitted."""
    raise Refused("something outside the pickle")


def none(module, name):
    """The default for names that are not admitted."""
    raise Refused(repr(f"{module}.{name}"[:80]))


class Text(int):
    """The number of a text, which may become a key, for `check`."""

    text = None


class Keyed(int):
    """The number of what may be a dict, for `check`: it has the texts that are keys."""

    texts = None


def check(data):
    """Refuse a small pickle that would take all memory or time, before any object is made.

    A dict hashes its keys, and the hash of a tuple visits every object in it. Two hundred bytes can describe a tuple
    that holds the same tuple twice, which holds the same tuple twice, and so on: its hash takes years. So the pickle
    is read once with a number in place of each object: how many objects its hash would visit. The number is 1 for a
    list, a dict or a set, which have no hash. Many keys with one hash take years too; only large numbers and tuples
    can be chosen to have the same. A name twice in a dict is damage: the dict would keep the last without a word.
    """
    stack, marks, memo, chosen = [], [], {}, 0
    for step, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        name, taken = opcode.name, opcode.stack_before
        if step > MOST_STEPS:
            raise Refused(f"more than {MOST_STEPS:,} steps")
        if name in PUTS and argument > step:  # the reader would allocate that many places at once
            raise ValueError(f"{name} {argument}")
        chosen += isinstance(argument, int) and abs(argument) >= 2**64
        if name in PUTS or name == "MEMOIZE":
            memo[len(memo) if argument is None else argument] = stack[-1]
        elif name in GETS:
            stack.append(memo[argument])
        elif name == "MARK":
            marks.append(len(stack))
        elif name == "POP" and marks[-1:] == [len(stack)]:
            marks.pop()
        else:
            start = marks.pop() - taken.index(MARK) if name in WITH_MARK else len(stack) - len(taken)
            inside = stack[start:]
            thing = 1 + sum(inside)
            if name in TEXTS:
                thing = Text(1)
                thing.text = argument
            elif name in CHANGES:  # the object stays what it is
                thing, *inside = inside
            elif name in DICTS:
                thing = Keyed(1)
            elif name in OTHERS_WITHOUT_HASH:
                thing = 1
            elif name == "REDUCE":
                thing = Keyed(thing)
            if name in HASHED:
                chosen += _add(thing, inside[:: HASHED[name]])
            if thing > MOST:
                raise Refused(f"a tuple of more than {MOST:,} things")
            stack[start:] = [thing] * len(opcode.stack_after)
        if chosen > MOST:
            raise Refused(f"more than {MOST:,} keys that are tuples or large numbers")


def _add(thing, keys):
    """Add the keys that are texts to those of the dict; how many keys are tuples."""
    if isinstance(thing, Keyed):
        thing.texts = thing.texts or set()
        for text in (key.text for key in keys if isinstance(key, Text)):
            if text in thing.texts:
                raise ValueError(f"{shown(text)} is twice in a dict")
            thing.texts.add(text)
    return sum(key > 1 for key in keys)


def load(data, admitted, *, persistent=nothing, unknown=none, **options):
    """The object that the pickle describes. Raises Refused or Damaged.

    admitted is {(module, name): the object that replaces it}; unknown(module, name) replaces the others; persistent(id)
    gives the objects that the pickle keeps outside itself; options are those of `pickle.Unpickler`.
    """
    try:
        check(data)
        return Unpickler(data, admitted, persistent, unknown, **options).load()
    except DAMAGE as problem:
        what = " ".join(str(problem).split())
        raise Damaged(f"{type(problem).__name__}: {what}") from None
