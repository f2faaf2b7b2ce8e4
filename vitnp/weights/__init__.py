"""Reading and writing parameters under the names of five libraries: vitnp, Google, timm, Hugging Face, torchvision.

names.py    what each calls the parameters          profiles.py  what each computes beside the shapes
layouts.py  how each lays them out                  sidecar.py   the config.json beside a file
files.py, unpickle.py    the kinds of file          native.py    the configuration in vitnp's own
google.py, infer.py      what the arrays show       adapt.py     another image size, another head
loading.py, saving.py    the two directions

Imports `config`, `tree`, `ops.interpolate`, and `vit` for the shapes.
"""

from vitnp.weights.loading import Inspection, inspect, load
from vitnp.weights.saving import save
from vitnp.weights.vit.names import FORMATS
from vitnp.weights.vit.profiles import PROFILES
from vitnp.weights.vit.sidecar import class_names

__all__ = ["FORMATS", "PROFILES", "Inspection", "class_names", "inspect", "load", "save"]
