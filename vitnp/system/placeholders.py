"""What stands for anything that a pickle names and its reader does not need: it has a name, and does nothing.

Training scripts save their options, counters and schedulers beside the weights. Nothing of that is imported: an unknown
name becomes an empty class made here. Whatever the pickle does with it is taken and thrown away.
"""

from vitnp.system.pickles import Refused

MOST = 1000  # names in a pickle
# Nobody's training state has these, a program that wants to harm does.
PROGRAMS = {
    *("os", "posix", "nt", "subprocess", "sys", "pty", "socket", "shutil", "runpy", "importlib", "ctypes"),
    *("codeop", "webbrowser", "marshal", "timeit", "pdb", "bdb", "pip"),
}
BUILTINS = {"eval", "exec", "execfile", "compile", "open", "input", "breakpoint", "globals", "vars", "apply"}


class Placeholder:
    """An object of a class that is not known: it takes every argument, state and item, and keeps none."""

    __slots__ = ()
    stands_for = ""

    def __new__(cls, *args, **options):
        return object.__new__(cls)

    def __call__(self, *args, **options):
        return self

    @staticmethod
    def nothing(*args):
        """What every change of a placeholder does."""

    __setstate__ = __setitem__ = append = extend = add = nothing


class Placeholders:
    """A function (module, name) → the class that stands for it, the same for the same name."""

    def __init__(self):
        self.known = {}

    def __call__(self, module, name):
        """Raises Refused for a function that runs programs, and for more names than a training script has."""
        top, full = module.partition(".")[0], f"{module}.{name}"
        builtin = top in ("builtins", "__builtin__") and (name in BUILTINS or name.startswith("__"))
        if builtin or top in PROGRAMS or any(part.startswith("__") for part in name.split(".")):
            raise Refused(repr(full[:80]))
        if len(self.known) >= MOST and full not in self.known:
            raise Refused(f"more than {MOST:,} names")
        if full not in self.known:
            self.known[full] = type("Unknown", (Placeholder,), {"__slots__": (), "stands_for": full[:200]})
        return self.known[full]
