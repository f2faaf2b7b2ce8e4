"""Pickles read without running anything. Imports nothing of vitnp.

A pickle is a program that may ask for any function by its name and call it. This reader looks no name up: what a
file may ask for is listed, and what stands for it is ours.
"""

import io
import pickle
import pickletools

MOST = 1000  # things in a tuple, and in the tuples in it …; for a tensor there are some 20
MARK = pickletools.markobject
UNHASHABLE = (pickletools.pylist, pickletools.pydict, pickletools.pyset)


class Refused(Exception):
    """The pickle asks for something that is not admitted; the message says what."""


class Damaged(Exception):
    """The pickle breaks off or does not fit together; the message says how."""


class Call:
    """A function that a pickle may call, as an object without attributes: it can be called and nothing else."""

    __slots__ = ()

    def __call__(self, *args):
        try:
            return self.function(*args)
        except (TypeError, ValueError):
            raise ValueError(
                f"{'.'.join(self.stands_for)} is called with something else than it takes"
            ) from None


class Unpickler(pickle.Unpickler):
    """Containers, numbers and texts; any name that is not admitted raises Refused before it is looked up."""

    def __init__(self, data, admitted, persistent, **options):
        super().__init__(io.BytesIO(data), **options)
        self.admitted, self.persistent_load = admitted, persistent

    def find_class(self, module, name):
        """What stands for module.name."""
        if (module, name) not in self.admitted:
            raise Refused(repr(f"{module}.{name}"[:80]))
        return self.admitted[module, name]


def nothing(pid):
    """What a pickle may keep outside itself: nothing."""
    raise Refused("something outside the pickle")


def check(data):
    """Refuse a pickle that is small and would take all the memory, or all the time, before anything is made.

    A key is hashed, and the hash of a tuple visits all that is in it: two hundred bytes can ask for a tuple of twice
    the tuple of twice the tuple …, whose hash takes years. So the pickle is gone through with a number in place of
    each object: how many a hash would visit. Of a list, a dict or a set it is 1, as they have no hash.
    """
    stack, marks, memo = [], [], {}
    for opcode, argument, _ in pickletools.genops(data):
        name, taken, made = opcode.name, opcode.stack_before, opcode.stack_after
        if "PUT" in name and argument > len(data):  # the reader makes room for so many objects at once
            raise ValueError(f"{name} {argument}")
        if "PUT" in name or name == "MEMOIZE":
            memo[len(memo) if argument is None else argument] = stack[-1]
        elif "GET" in name:
            stack.append(memo[argument])
        elif name == "MARK":
            marks.append(len(stack))
        elif name == "POP" and marks[-1:] == [len(stack)]:
            marks.pop()
        else:
            start = marks.pop() - taken.index(MARK) if MARK in taken else len(stack) - len(taken)
            inside = 1 + sum(stack[start:])
            if made and made[0] in UNHASHABLE:  # one that is added to stays what it is
                inside = stack[start] if taken and taken[0] in UNHASHABLE else 1
            if inside > MOST:
                raise Refused(f"a tuple of more than {MOST:,} things")
            stack[start:] = [inside] * len(made)


def load(data, admitted, *, persistent=nothing, **options):
    """What the pickle makes. Raises Refused or Damaged.

    admitted is {(module, name): what stands for it}; persistent(id) gives what the pickle keeps outside itself;
    options are those of `pickle.Unpickler`.
    """
    try:
        check(data)
        return Unpickler(data, admitted, persistent, **options).load()
    except Refused:
        raise
    except Exception as problem:  # a damaged pickle fails in any way, with any type
        what = " ".join(str(problem).split())
        raise Damaged(f"{type(problem).__name__}: {what}") from None
