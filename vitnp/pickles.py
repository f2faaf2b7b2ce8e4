"""Pickles read without running anything. Imports nothing of vitnp.

A pickle is a program that may ask for any function by its name and call it. This reader looks no name up: what a
file may ask for is listed, and what stands for it is ours.
"""

import io
import pickle
import pickletools


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


def load(data, admitted, *, persistent=nothing, **options):
    """What the pickle makes. Raises Refused or Damaged.

    admitted is {(module, name): what stands for it}; persistent(id) gives what the pickle keeps outside itself;
    options are those of `pickle.Unpickler`.
    """
    try:
        for opcode, argument, _ in pickletools.genops(data):
            # The reader makes room for so many objects at once, so a small file could ask for all the memory.
            if "PUT" in opcode.name and argument > len(data):
                raise ValueError(f"{opcode.name} {argument}")
        return Unpickler(data, admitted, persistent, **options).load()
    except Refused:
        raise
    except Exception as problem:  # a damaged pickle fails in any way, with any type
        what = " ".join(str(problem).split())
        raise Damaged(f"{type(problem).__name__}: {what}") from None
