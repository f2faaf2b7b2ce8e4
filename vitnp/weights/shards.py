"""Models in several files, as Hugging Face saves large ones, and in a folder. Imports `errors`, `system`, `stored`.

model.safetensors.index.json    {"weight_map": {name of an array: file beside it}}
model-00001-of-00003.safetensors, …
"""

import contextlib
import os
import re

from vitnp.errors import InputError, quoted, shown, some_of
from vitnp.system import reading
from vitnp.weights.stored import MOST, called

INDEX = ".index.json"
SHARD = re.compile(r"(.+)-([0-9]{5})-of-([0-9]{5})(\.safetensors|\.bin)")
MOST_SHARDS = 1000
ENDINGS = (".safetensors", ".npz", ".pth", ".pt", ".bin", ".ckpt", ".onnx", ".pth.tar")
# What transformers' Trainer, accelerate and DeepSpeed save beside the weights.
BESIDE = re.compile(
    r"training_args\.bin|(optimizer|scheduler|scaler|rng_state|sampler|dl_state_dict)[._].*|.*optim_states\.pt|\..*|.*\.sha256"
)
# Files and folders that show another program's checkpoint.
OTHERS = {
    "_METADATA": "an Orbax checkpoint of JAX",
    "_CHECKPOINT_METADATA": "an Orbax checkpoint of JAX",
    "manifest.ocdbt": "an Orbax checkpoint of JAX",
    "saved_model.pb": "a SavedModel of TensorFlow",
    "checkpoint": "a checkpoint of TensorFlow or Flax",
    "tf_model.h5": "a model of TensorFlow's transformers",
    "flax_model.msgpack": "a model of Flax's transformers",
}


def meant(path):
    """The path of the file that is meant: in a folder the weights, else the path itself.

    Raises InputError for a folder with none, or with several.
    """
    folder = reading.name_of(path)
    if not os.path.isdir(folder):
        return path
    with reading.named(folder, advice="name a file of weights"):
        names = sorted(os.listdir(folder))
    files = [name for name in names if name.endswith((*ENDINGS, INDEX)) and not BESIDE.fullmatch(name)]
    indexes = [name for name in files if name.endswith(INDEX)]
    shards = [name for name in files if SHARD.fullmatch(name)]
    sets = {_index_of(name): name for name in reversed(shards)}
    named = set().union(*(_named(os.path.join(folder, index)) for index in indexes))
    alone = [name for name in files if name not in {*indexes, *shards, *named}]
    found = indexes + [first for index, first in sets.items() if index not in indexes] + alone
    if len(found) > 1:
        raise InputError(
            f"{folder} holds several files of weights: {some_of([called(name) for name in found])}; name one of them"
        )
    if not found:
        other = next((f"; it is {what}" for name, what in OTHERS.items() if name in names), "")
        raise InputError(f"{folder} is a folder without a file of weights{other}; name a file of weights")
    return os.path.join(folder, found[0])


def parts(path):
    """{path of a shard: its names, None where no index says them} of an index or a shard; {} for another file.

    Raises InputError for an index that is none, that leaves its folder, and for a shard that is missing.
    """
    folder, name = os.path.split(path)
    if name.endswith(INDEX):
        return _in_index(path)
    match = SHARD.fullmatch(name)
    if not match:
        return {}
    index = os.path.join(folder, _index_of(name))
    if os.path.exists(index):
        found = _in_index(index)
        if path not in found:
            raise InputError(f"{index} does not name {called(name)}; download both again")
        return found
    count = int(match[3])
    if not 0 < int(match[2]) <= count <= MOST_SHARDS:
        raise InputError(f"{path} is shard {int(match[2])} of {count}, which is no number of shards")
    others = [f"{match[1]}-{i:05}-of-{match[3]}{match[4]}" for i in range(1, count + 1)]
    missing = [other for other in others if not os.path.exists(os.path.join(folder, other))]
    if missing:
        raise InputError(
            f"{path} is shard {int(match[2])} of {count}, without {some_of([called(one) for one in missing])}; "
            "download all shards into one folder"
        )
    return dict.fromkeys(os.path.join(folder, other) for other in others)


def note(path):
    """What is said of a path that is a shard; [] of another."""
    match = SHARD.fullmatch(os.path.basename(os.fspath(path)))
    return [f"the file is shard {int(match[2])} of {int(match[3])}: all of them are read"] if match else []


def check(path, part, names, found):
    """Raise InputError where a shard has not the arrays that the index, `path`, says."""
    if names is not None and (other := names ^ found.keys()):
        raise InputError(
            f"{path} does not fit {part}: {called(min(other))} is in one of them alone; download both again"
        )


def _index_of(shard):
    """The name of the index to which a shard belongs."""
    match = SHARD.fullmatch(shard)
    return f"{match[1]}{match[4]}{INDEX}"


def _named(path):
    """The names of the files that an index names; none where it is no index, which `parts` says."""
    with contextlib.suppress(InputError):
        return set(_weight_map(path))
    return set()


def _in_index(path):
    """{path of a shard: its names} of an index."""
    return {_beside(path, file): names for file, names in _weight_map(path).items()}


def _weight_map(path):
    """{name of a file: names of its arrays} of an index, wherever the file is."""
    text = reading.text(path, "download it again")
    with reading.named(path, " is no index of shards", "download it again"):
        weight_map = reading.from_json(text)["weight_map"]
        if not isinstance(weight_map, dict) or not weight_map:
            raise ValueError(f"its weight_map is {shown(weight_map)}")
        if len(weight_map) > MOST:
            raise ValueError(f"it names {len(weight_map):,} arrays, more than {MOST:,}")
        found = {}
        for name, file in weight_map.items():
            if not isinstance(file, str):
                raise ValueError(f"it has {shown(file)} in place of a file")
            found.setdefault(file, set()).add(name)
        if len(found) > MOST_SHARDS:
            raise ValueError(f"it names {len(found):,} files, more than {MOST_SHARDS:,}")
    return found


def _beside(index, name):
    """The path of a file beside an index. Raises InputError for one that is missing, or elsewhere, also by a link."""
    plain = name.isprintable() and name not in ("", ".", "..") and not set(name) & set("/\\:")
    path = os.path.join(os.path.dirname(index), name)
    # The cache of the Hugging Face hub has links, to files that are beside one another in their turn.
    homes = {os.path.realpath(os.path.dirname(index)), os.path.dirname(os.path.realpath(index))}
    if not plain or os.path.dirname(os.path.realpath(path)) not in homes:
        raise InputError(f"{index} names {quoted(name)}, which is not in its folder; download it again")
    if not os.path.exists(path):
        raise InputError(f"{index} needs {called(name)}, which is not beside it; download it, too")
    return path
