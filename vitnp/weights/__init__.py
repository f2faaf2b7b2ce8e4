"""Reading and writing parameters under the names of five libraries: vitnp, Google, timm, Hugging Face, torchvision.

ViTs in ONNX files are read too. BiT and the hybrids are read and written as Google and timm have them, EfficientNets
as timm has them.

loading.py, saving.py    files to (p, config), and back     adapt.py    another image size, another head
kinds.py, npz.py, unpickle.py   the kinds of file           native.py   the configuration in vitnp's own files
rebuilt.py, saved.py     what torch.save's pickle makes     wrapped.py  the model behind prefixes and keys
beside.py                what lies beside it             shards.py   a model in several files, a folder of weights
other_kinds.py, recognized.py   what a file is that is not read: its kind, its model
stored.py, described.py   an array that is still in its file; what a file says of itself
families.py, tables.py, settings.py   which family a file is of; its names; what no array shows
fetch.py, hub.py, wheel.py       downloads                   published.py  the files by a short name
mini-14.npz, digits-2.npz   two small trained ViTs that are always there

onnx/   the ViT that a graph computes
vit/    names.py     each library's parameter names     profiles.py  its settings that no shape shows
        layouts.py   its array layouts                  sidecar.py, written.py  the config.json next to a file
        said.py, timm_json.py, huggingface_json.py   its fields    architectures.py  what timm's names say
        processors.py  how a picture becomes the input, in the words of Hugging Face and timm
        assumed.py   what nobody says, in one line
        google.py, infer.py, grids.py, neighbors.py   the configuration that the arrays show
        layer_scale.py, prefix.py, biases.py, heads.py   LayerScale, registers, absent biases, another head
        foreign.py  what is left out, and what is refused by name
efficientnet/   the same for EfficientNet: names.py, infer.py, profiles.py, said.py, foreign.py
bit/, hybrid/   the same for BiT and the hybrid: names.py, files.py; residual.py is what they share

Imports `models`, `inputs`, `ops`, `backend`, `system`, `tree`, `errors`.
"""

import functools

from vitnp.weights import fetch, loading, shards
from vitnp.weights.bit.profiles import PROFILES as OF_BIT
from vitnp.weights.efficientnet.profiles import PROFILES as OF_EFFICIENTNET
from vitnp.weights.families import FORMATS
from vitnp.weights.fetch import to_look_at
from vitnp.weights.loading import Inspection
from vitnp.weights.saving import save
from vitnp.weights.vit import sidecar
from vitnp.weights.vit.profiles import PROFILES as OF_VIT

PROFILES = OF_VIT | OF_BIT | OF_EFFICIENTNET


@functools.wraps(loading.load)
def load(path, **how):  # and of a name of `fetch`, such as "mini/14"
    return loading.load(_file(path), **how)


@functools.wraps(loading.inspect)
def inspect(path, **how):
    return loading.inspect(_file(path), **how)


@functools.wraps(sidecar.class_names)
def class_names(path):
    return sidecar.class_names(_file(path))


@functools.wraps(sidecar.unclassed)
def unclassed(path):
    return sidecar.unclassed(_file(path))


@functools.wraps(sidecar.problem_type)
def problem_type(path):
    return sidecar.problem_type(_file(path))


def _file(path):
    """The path of the file that is meant by a name, a folder, a file."""
    return fetch.resolve(path) if fetch.is_name(path) else shards.meant(path)


__all__ = [
    "FORMATS",
    "PROFILES",
    "Inspection",
    "class_names",
    "inspect",
    "load",
    "problem_type",
    "save",
    "to_look_at",
    "unclassed",
]
