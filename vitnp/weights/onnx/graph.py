"""The ViT of an ONNX graph as if it were in a file of ours: its configuration and {name: Stored}.

Imports `models`, `stored`, `profiles`, `sidecar`, its neighbors.
"""

import dataclasses
import os

import numpy as np

from vitnp.errors import InputError
from vitnp.inputs.images import Preprocessing
from vitnp.models.vit.config import ViTConfig
from vitnp.system import reading
from vitnp.weights import native
from vitnp.weights.onnx import file, reader
from vitnp.weights.stored import Stored
from vitnp.weights.vit import assumed, sidecar
from vitnp.weights.vit.profiles import PROFILES
from vitnp.weights.vit.said import NOTHING


def opened(path, stored, *, image_size=None, **overrides):
    """(config, {name in the file: Stored}, {our name: name in the file}, notes) of an opened ONNX file.

    image_size: where it is not the graph's own, the positions are those that the graph resizes, if it does.
    overrides: fields of ViTConfig that go before the graph's. Raises InputError for a graph that is no ViT.
    """
    found = reader.read(path, stored[file.GRAPH].read(), image_size)
    fields, arrays, notes = dict(found.fields), dict(found.arrays), list(found.notes)
    graphs_own = image_size in (None, fields["image_size"])
    if found.original:
        grid, E_pos = found.original
        size = tuple(side * fields["patch_size"] for side in grid)
        notes.append(
            f"the graph resizes its positions, made for {size[0]}x{size[1]} pixels, as position_interpolation "
            f'"{fields["position_interpolation"]}" does'
        )
        if not graphs_own:
            fields["image_size"], arrays["position.E_pos"] = size, E_pos
    elif not graphs_own and "position_interpolation" not in overrides:
        notes.append(
            "an ONNX file does not say how positions are resized: taken to be "
            f"{fields.get('position_interpolation')}; another way is --set position_interpolation=…"
        )
    fields["preprocessing"], note, beside = preprocessing(path, fields)
    if "preprocessing" not in overrides:
        notes.append(note)
    try:
        config = ViTConfig(**fields)
    except InputError as problem:
        raise InputError(f"{path}: {problem}") from problem
    config = native.with_overrides(path, config, overrides)
    spelled, named = {}, {}
    for ours, constant in arrays.items():
        name = constant.label if constant.label not in named else f"{constant.label} ({ours})"
        spelled[ours] = name = name or ours
        named[name] = Stored(constant.shape, constant.dtype, _reader(path, constant))
    return config, named, spelled, notes, assumed.of("onnx", config, overrides, beside)


def _reader(path, constant):
    """() → the array, written out and writable; what fails on the way names the file."""

    def read():
        with reading.named(path):
            return np.array(constant.read(), order="C")

    return read


def preprocessing(path, fields):
    """(Preprocessing, a sentence, the `Beside`): the processor's beside the file, else the library's."""
    # transformers gives its ViTs this ε, and mean and deviation 0.5; DINOv2, DeiT, torchvision have ImageNet's
    family = "huggingface" if fields["layer_norm_eps"] < 1e-9 else "timm-imagenet"
    default = PROFILES[family]["preprocessing"]
    name = "preprocessor_config.json"
    beside = os.path.join(os.path.dirname(reading.name_of(path)), name)
    if os.path.exists(beside):
        found = sidecar.of_processor(path, default)
        if found.preprocessing:
            how = dataclasses.replace(default, **found.preprocessing)
            but = "".join(f", but {what}, which vitnp has not" for what, _ in found.unlike)
            return how, f"preprocessing is that of the {name} beside the file{but}", found
    if len(default.mean) not in (1, fields["in_channels"]):
        default = Preprocessing()
    mean, std = ((round(value, 3) for value in values) for values in (default.mean, default.std))
    note = (
        f"an ONNX file does not say how a picture becomes its input: taken to be mean {(*mean,)}, std {(*std,)}, "
        f"crop_fraction {default.crop_fraction}; say preprocessing= or --set preprocessing.FIELD=VALUE, or put a "
        f"{name} beside it"
    )
    return default, note, NOTHING
