"""Reading and writing parameters under the names of five libraries: vitnp, Google, timm, Hugging Face, torchvision.

ViTs in ONNX files are read too.

loading.py, saving.py    files to (p, config), and back     adapt.py    another image size, another head
kinds.py, npz.py, unpickle.py   the kinds of file           native.py   the configuration in vitnp's own files
stored.py, described.py   an array that is still in its file; what a file says of itself
fetch.py, hub.py, wheel.py       downloads                   published.py  the published files by a short name

onnx/   the ViT that a graph computes
vit/    names.py     each library's parameter names     profiles.py  its settings that no shape shows
        layouts.py   its array layouts                  sidecar.py, written.py  the config.json next to a file
        processors.py  how a picture becomes the input, in the words of Hugging Face and timm
        google.py, infer.py      the configuration that the arrays show
        layer_scale.py, class_row.py   what DINOv2 and DeiT-III have
        foreign.py  what is left out, and what is refused by name

Imports `models`, `inputs`, `ops`, `backend`, `system`, `tree`, `errors`.
"""

from vitnp.weights.bit import profiles as bit
from vitnp.weights.families import FORMATS
from vitnp.weights.loading import Inspection, inspect, load
from vitnp.weights.saving import save
from vitnp.weights.vit import profiles as vit
from vitnp.weights.vit.sidecar import class_names

PROFILES = vit.PROFILES | bit.PROFILES

__all__ = ["FORMATS", "PROFILES", "Inspection", "class_names", "inspect", "load", "save"]
