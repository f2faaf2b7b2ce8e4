"""The families of models whose files other libraries have: the one place of `weights` that chooses among them.

The folders vit/, bit/, hybrid/ and efficientnet/ have each a files.py with these names; format is the library:

    shows(format, names)              the first of the names that only such a model has, or None
    spell(format, name)               a name in the spelling of the tables
    names(format, config)             {our name: name in the tables, or None}, in p's order
    written_name(format, name, config)     a name of the tables as the library writes it for this model
    to_file(format, name, array, config), to_ours(format, name, array, shape)   the library's layout, and back
    describe(path, format, stored, *, image_size, guess, **overrides)           the `Described`
    obstacle(format, config)          why the format cannot hold the model, a clause; "" where it can
    texts(path, format, config, class_names)   [(name, text)] of the JSON files beside the weights

Imports `errors`, `recognized`, `stored`.
"""

import importlib
from typing import Any, NamedTuple

from vitnp.errors import InputError, known, quoted
from vitnp.weights import recognized
from vitnp.weights.stored import called

LIBRARIES = ("google", "timm", "huggingface", "torchvision")
FORMATS = ("vitnp", *LIBRARIES)
# In the order in which a file is asked: a hybrid has all that a ViT has.
FAMILIES = ("hybrid", "vit", "bit", "efficientnet")


class Described(NamedTuple):
    """A file's model, and where its arrays are."""

    family: str  # "vitnp", "google", "timm", "huggingface", "torchvision" or "onnx"
    config: Any
    stored: dict  # {name in the file: Stored}
    spelled: dict  # {name in the tables: name in the file}
    notes: list  # of sentences
    questions: list  # of sentences: settings that the file does not say
    image_size: tuple | None  # see `loading.Inspection`
    scales: dict  # LayerScale's arrays, as `loading.expected` says it of the others
    taken: tuple = ()  # see `loading.Inspection`


def files(family):
    """The files.py of a family of models; None for one that no other library has."""
    return importlib.import_module(f"vitnp.weights.{family}.files") if family in FAMILIES else None


def of(config):
    """The files.py of the configuration's family. Raises InputError for one that no other library has."""
    found = files(config.family)
    if found is None:
        raise InputError(
            f"no other library has a place for a model of the family {config.family}; use vitnp's format"
        )
    return found


def check_format(name):
    """Raise InputError unless the name is one of FORMATS."""
    if name == "onnx":
        raise InputError(
            f"ONNX files are recognized by themselves and not written; choose {', '.join(FORMATS)}"
        )
    if not known(name, FORMATS):
        raise InputError(f"format {quoted(name)} is unknown; choose {', '.join(FORMATS)}")


def family_in(format, file_names):
    """(family of the model that a library's file of these names holds, the name that shows it); (None, None)."""
    for family in FAMILIES:
        if name := files(family).shows(format, file_names):
            return family, name
    return None, None


def need_family(path, format, file_names):
    """The family of the library's model in the file. Raises InputError where there is only one of another library."""
    family, _ = family_in(format, file_names)
    others = [other for other in LIBRARIES if family_in(other, file_names)[0]]
    if family is None and others:
        raise InputError(
            f"{path} is a file of {' and '.join(others)}, not of {format}; leave format= and --from out"
        )
    return family or "vit"  # what is not there is said as of a ViT


def detect(path, file_names):
    """(library, family) of the model that shows itself by the names; InputError for none, and for several."""
    found = {format: family_in(format, file_names) for format in LIBRARIES}
    found = {format: (family, name) for format, (family, name) in found.items() if family}
    if len(found) > 1:
        several = " and ".join(f"{called(name)} ({format})" for format, (_, name) in found.items())
        raise InputError(f"{path} holds more than one model: {several}; say which with format= or --from")
    if not found:
        what, name = recognized.model(file_names)
        if what:
            raise InputError(f"{path} holds {what} ({name}), no model that is read here; name another file")
        some = ", ".join(called(name) for name in list(file_names)[:3]) or "nothing"
        raise InputError(
            f"{path} holds {some} … and no patch projection of a ViT, no known stem; "
            f"name a file of vitnp, {', '.join(LIBRARIES)}"
        )
    ((format, (family, _)),) = found.items()
    return format, family
