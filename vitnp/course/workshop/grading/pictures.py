"""In the place of Matplotlib while a step is graded: it draws nothing, reads no fonts and writes no cache.

Students leave `import matplotlib.pyplot as plt` in their files, and pictures below it. Behind the fence the real one
cannot be imported, and on the teacher's computer it may not be there.

Imports nothing of vitnp.
"""

import importlib.abc
import importlib.machinery
import sys
import types

NAMES = ("matplotlib", "mpl_toolkits")


class Nothing(types.ModuleType):
    """A module, a function and a figure in one; whatever is done with it, it is itself again."""

    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_, **__):
        return self

    def __getitem__(self, _):
        return self

    def __setitem__(self, *_):
        pass  # plt.rcParams["figure.dpi"] = 100

    def __iter__(self):
        return iter((self, self))  # fig, ax = plt.subplots()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `Nothing` where Matplotlib is asked for."""

    def find_spec(self, name, path=None, target=None):
        """The spec of a module that is replaced."""
        if name.partition(".")[0] in NAMES:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        """The module."""
        return Nothing(spec.name)

    def exec_module(self, module):
        """There is nothing to execute."""


def replace():
    """From here on Matplotlib is `Nothing`."""
    sys.meta_path.insert(0, Finder())
