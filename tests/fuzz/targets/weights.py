"""Files of weights in many forms, altered: what is loaded has the numbers that another reader finds in the file."""

import functools
import json
import tempfile
from pathlib import Path

import checkpoint_files
import numpy as np
from hypothesis import strategies as st

from fuzz import alter, commands, readers
from fuzz.cases import Case
from fuzz.judge import Wrong
from vitnp import gradcheck, models, preset, tree, weights
from vitnp.weights import saving
from vitnp.weights.efficientnet.names import COUNTER

SIZES = {"hidden_size": 12, "num_heads": 4, "num_layers": 1, "mlp_dim": 5, "representation_size": None}
VIT = preset("tiny", image_size=6, patch_size=2, num_classes=4, **SIZES)
MLP = models.module("mlp").Config(image_size=(4, 6), in_channels=1, num_classes=4, hidden_size=7)
BIT = preset("bit-tiny", image_size=9, units=(1,), num_classes=4)
HYBRID = preset("hybrid-tiny", image_size=(9, 6), stem_units=(1,), num_layers=1, num_heads=4, num_classes=4)
EFFICIENTNET = preset("efficientnet-tiny", in_channels=3, image_size=9, units=(1, 1), num_classes=4)
CNN = preset("cnn-tiny", image_size=5, channels=(3,), num_classes=4)
RNN = preset("rnn-tiny", image_size=(4, 3), num_layers=1, num_classes=8)
CONFIGS = {
    "mlp": MLP,
    "cnn": CNN,
    "rnn": RNN,
    "google bit": BIT,
    "timm bit": BIT,
    "google hybrid": HYBRID,
    "timm hybrid": HYBRID,
    "timm efficientnet": EFFICIENTNET,
}
OWN = ("vitnp", "mlp", "cnn", "rnn")  # whose files have the configuration
# What the arrays of other libraries do not say of so small a model.
SAID = {"num_heads": 4}
SAID_OF = {BIT: {"groups": 2}, HYBRID: {"groups": 3, "num_heads": 4, "image_size": HYBRID.image_size}}
SAID_OF[EFFICIENTNET] = {"strides": EFFICIENTNET.strides, "image_size": EFFICIENTNET.image_size}
ENDINGS = dict.fromkeys((*OWN, "google", "google bit", "google hybrid"), "npz") | {
    "torch": "pth"
}  # the others: .safetensors
FORMS = (*ENDINGS, "timm", "huggingface", "torchvision", "timm bit", "timm hybrid", "timm efficientnet")
# Opcodes to put into a program: calls of the system, tuples in tuples, nesting, lengths without end, a dict of itself.
OPCODES = (
    b"cos\nsystem\n(X\x02\x00\x00\x00idtR", b"cbuiltins\neval\n", b"(" * 5000, b"]" * 5000, b"}q\x00h\x00s", b"0", b".",
    b"\x8a\xff" + b"\x7f" * 255, b"r\xff\xff\xff\x7f", b"K\x01" + b"\x86" * 10, b"\x81", b"Qb",
    b"I" + b"9" * 5000 + b"\n",
    b"(K\x01q\x00" + b"h\x00h\x00\x86q\x00" * 40, b"\x8d" + b"\xff" * 7 + b"\x7f", b"\x95" + b"\xff" * 7 + b"\x7f",
)  # fmt: skip


def cases():
    """One of the forms, altered; it is loaded, inspected by the command or asked for its class of models."""
    return altered()


@st.composite
def altered(draw):
    form = alter.one_of(draw, FORMS)
    files = dict(originals(form))
    name = alter.one_of(draw, sorted(files))
    if name.endswith(".json"):
        files[name] = alter.some_json(draw, json.loads(files[name])).encode()
    elif name.endswith(".safetensors"):
        files[name] = some_safetensors(draw, files[name])
    else:
        most = "vitnp.config.npy" if form in OWN else "archive/data.pkl" if form == "torch" else None
        change = some_pickle if form == "torch" else some_member
        files[name] = alter.some_zip(draw, files[name], change, most)
    return Case((form, alter.one_of(draw, ("load", "load", "load", "inspect"))), files)


@functools.cache
def originals(form):
    """{name: bytes} of a model's files in one form."""
    config = CONFIGS.get(form, VIT)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model.{ENDINGS.get(form, 'safetensors')}"
        p = gradcheck.random_like(models.of(config).init(None, config), np.random.default_rng(0))
        p = tree.map(np.float32, p)
        if form == "torch":
            checkpoint_files.torch_save(path, saving.to_file("timm", p, config))
        else:
            weights.save(path, p, config, format="vitnp" if form in OWN else form.partition(" ")[0])
        return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def some_member(draw, name, data):
    """A member of an .npz, altered: its configuration as JSON, any other as an array."""
    if name == "vitnp.config.npy" and alter.one_of(draw, (True, True, False)):
        text = alter.some_json(draw, json.loads(str(np.load(alter.io.BytesIO(data)))))
        return alter.npy(np.array(text))
    return alter.some_npy(draw, data)


def some_pickle(draw, name, data):
    """A member of a .pth, altered: its program or a storage's bytes."""
    if name.endswith(".pkl") and draw(st.booleans()):
        place = draw(st.integers(2, len(data)))
        return data[:place] + alter.one_of(draw, OPCODES) + data[place:]
    return alter.some_bytes(draw, data)


def some_safetensors(draw, data):
    """A .safetensors with an altered header, or altered bytes."""
    if not draw(st.booleans()):
        return alter.some_bytes(draw, data)
    size = int.from_bytes(data[:8], "little")
    header = alter.some_json(draw, json.loads(data[8 : 8 + size])).encode()
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def run(case, folder):
    """Load or inspect the file."""
    form, how = case.words
    name = next(name for name in case.files if name.startswith("model."))
    if how == "inspect":
        said = {} if form in OWN else said_of(form)
        size = said.pop("image_size", None)
        fields = ["--image-size", f"{size[0]}x{size[1]}"] if size else []
        fields += [word for name, value in said.items() for word in ("--set", f"{name}={value}")]
        commands.vitnp("weights", "inspect", str(folder / name), *fields)
    else:
        p, config = weights.load(folder / name, **({} if form in OWN else said_of(form)))
        check(form, p, config, readers.arrays(case.files[name]))


def said_of(form):
    """What `load` is told of a form's model."""
    return dict(SAID_OF.get(CONFIGS.get(form), SAID))


def check(form, p, config, found):
    """Raise Wrong unless p has the numbers that were found, and the configuration what it says."""
    if form in OWN:
        check_config(config, json.loads(str(found.pop("vitnp.config"))))
    family = "vitnp" if form in OWN else "timm" if form == "torch" else form.partition(" ")[0]
    for _, leaf in tree.leaves(p):
        if leaf.dtype.kind != "f" or not np.isfinite(leaf).all():
            raise Wrong(f"{form}: parameters of dtype {leaf.dtype} or not finite are accepted")
    for name, array in saving.to_file(family, p, config).items():
        there = found.get(name, array) if name != "vitnp.config" else array
        if form == "google hybrid" and array.shape == (1, 1, 1, *there.shape):
            there = there.reshape(array.shape)  # a norm of the stem may be (C,)
        if "pos_embed" in name and there.size != array.size:
            continue  # a config.json may ask for another size, for which positions are resized
        if name.endswith(COUNTER):
            continue  # which is not read
        if there.shape != array.shape or not np.array_equal(there.astype(array.dtype), array):
            raise Wrong(f"{form}: other numbers than the file has")


def check_config(config, said):
    """Raise Wrong unless the configuration has every value that the file says."""
    for name, value in said.items():
        if not same(models.config_to_dict(config)[name], value):
            raise Wrong(f"the configuration's {name} is another than the file says")


def same(ours, said):
    """Whether a value is what the file says: one number may stand for several, and a dict leaves out the usual ones."""
    if isinstance(ours, bool) or isinstance(said, bool):
        return ours is said
    if isinstance(said, dict):
        return all(same(ours[name], value) for name, value in said.items())
    return bool(np.all(np.asarray(ours) == np.asarray(said)))
