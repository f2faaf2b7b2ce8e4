"""Files that PyTorch, timm and transformers write themselves: the same logits, or what they are in one line."""

import argparse
import collections
import copy
import datetime
import enum
import functools
import pathlib

import numpy as np
import pytest
import timm
import torch
import torchvision.models.vision_transformer
import transformers

import vitnp
from vitnp import InputError

# torch.compile imports what is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SIZES = {"img_size": 16, "patch_size": 8, "depth": 2}


class Kind(enum.Enum):
    A = 1


class Lightning(torch.nn.Module):
    """A backbone and a head, as courses write it."""

    def __init__(self, backbone, width=192):
        super().__init__()
        self.backbone = backbone
        self.head = torch.nn.Linear(width, 3)
        self.criterion = torch.nn.CrossEntropyLoss(weight=torch.ones(3))

    def forward(self, x):
        return self.head(self.backbone(x))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return timm.create_model("vit_tiny_patch16_224", num_classes=5, **SIZES).eval()


@pytest.fixture(scope="module")
def x():
    return torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def optimizer(model):
    """An AdamW that has made a step, and two schedulers."""
    model = copy.deepcopy(model)
    found = torch.optim.AdamW(model.parameters())
    model(torch.zeros(1, 3, 16, 16)).sum().backward()
    found.step()
    return {
        "optimizer": found.state_dict(),
        "lr": torch.optim.lr_scheduler.LambdaLR(found, lambda epoch: 1.0).state_dict(),
        "one": torch.optim.lr_scheduler.OneCycleLR(found, 0.1, total_steps=5).state_dict(),
        "scaler": torch.amp.GradScaler("cpu").state_dict(),
    }


def extras():
    return {
        "args": argparse.Namespace(lr=1e-3, kind=Kind.A, where=pathlib.Path("x")),
        "when": datetime.datetime(2026, 1, 1),
        "rng": [torch.get_rng_state(), np.random.default_rng(0).bit_generator.state],
        "accuracy": np.float32(3),
        "matrix": np.ones((3, 3)),
        "counter": collections.Counter("aab"),
        "default": collections.defaultdict(list, {1: [2]}),
        "queue": collections.deque([1]),
        "size": [torch.Size([1, 2]), torch.float16, torch.device("cpu"), Kind.A, {1, 2}],
        "partial": functools.partial(max, 1),
    }


def behind(before, state):
    return {before + name: value for name, value in state.items()}


WRAPPED = {
    "DataParallel": lambda m: torch.nn.DataParallel(m).state_dict(),
    "torch.compile": lambda m: torch.compile(m).state_dict(),
    "both": lambda m: {"model": torch.nn.DataParallel(torch.compile(m)).state_dict()} | optimizer(m),
    "ModelEmaV2": lambda m: timm.utils.ModelEmaV2(m).state_dict(),
    "AveragedModel": lambda m: torch.optim.swa_utils.AveragedModel(m).state_dict(),
    "all that a training saves": lambda m: {"state_dict": m.state_dict()} | optimizer(m) | extras(),
    "buffers": lambda m: {name: torch.nn.Buffer(value) for name, value in m.state_dict().items()},
    "parameters": lambda m: {name: torch.nn.Parameter(value) for name, value in m.state_dict().items()},
    "float64": lambda m: copy.deepcopy(m).double().state_dict(),
    "in a list's place": lambda m: {"a": {"b": {"c": m.state_dict()}}},
}  # fmt: skip


@pytest.mark.parametrize("how", WRAPPED)
def test_the_same_logits(tmp_path, model, x, how):
    torch.save(WRAPPED[how](copy.deepcopy(model)), tmp_path / "x.pth")
    close(tmp_path / "x.pth", x, model(x))


def close(path, x, want, **how):
    p, config = vitnp.weights.load(path, **how)
    got, want = vitnp.predict(x.permute(0, 2, 3, 1).numpy(), p, config), want.detach().numpy()
    assert np.abs(got - want).max() <= 2e-5 * np.abs(want).max()


def test_student_and_teacher(tmp_path, model, x):
    other = timm.create_model("vit_tiny_patch16_224", num_classes=5, **SIZES).eval()
    both = {"student": behind("module.backbone.", model.state_dict())}
    both |= {"teacher": behind("backbone.", other.state_dict())} | optimizer(model)
    torch.save(both, tmp_path / "x.pth")
    with pytest.raises(InputError, match="more than one model: student; teacher"):
        vitnp.weights.load(tmp_path / "x.pth")
    close(tmp_path / "x.pth", x, model(x), format="student")
    close(tmp_path / "x.pth", x, other(x), format="teacher")


def test_a_head_beside_timms_backbone(tmp_path, x):
    torch.manual_seed(2)
    whole = Lightning(timm.create_model("vit_tiny_patch16_224", num_classes=0, **SIZES)).eval()
    torch.save({"state_dict": whole.state_dict()}, tmp_path / "x.ckpt")
    close(tmp_path / "x.ckpt", x, whole(x))


def test_a_head_beside_torchvisions(tmp_path, x):
    torch.manual_seed(3)
    backbone = torchvision.models.vision_transformer.VisionTransformer(16, 8, 2, 3, 192, 64)
    backbone.heads = torch.nn.Identity()
    whole = Lightning(backbone).eval()
    torch.save({"state_dict": torch.nn.DataParallel(whole).state_dict()}, tmp_path / "x.ckpt")
    close(tmp_path / "x.ckpt", x, whole(x))


@pytest.mark.parametrize("most", ["200KB", "1GB"])
def test_save_pretrained(tmp_path, x, most):
    torch.manual_seed(4)
    sizes = {"hidden_size": 192, "num_attention_heads": 3, "num_hidden_layers": 2, "intermediate_size": 64}
    config = transformers.ViTConfig(**sizes, image_size=16, patch_size=8, num_labels=3)
    whole = transformers.ViTForImageClassification(config).eval()
    whole.save_pretrained(tmp_path / "folder", max_shard_size=most)
    want = whole(x).logits
    for path in [tmp_path / "folder", *(tmp_path / "folder").glob("*.safetensors*")]:
        close(path, x, want)
    torch.save({"state_dict": behind("model.net.", whole.state_dict())}, tmp_path / "x.ckpt")
    close(tmp_path / "x.ckpt", x, want, layer_norm_eps=1e-12)


def sparse(model):
    return {
        name: value.to_sparse() if value.ndim == 2 else value for name, value in model.state_dict().items()
    }


REFUSED = {
    "timm.models.vision_transformer.VisionTransformer": lambda m: m,
    "timm.models.vision_transformer.VisionTransformer, under model": lambda m: {"epoch": 3, "model": m},
    "the state of an optimizer": lambda m: optimizer(m)["optimizer"],
    "quantized": lambda m: torch.ao.quantization.quantize_dynamic(m, {torch.nn.Linear}).state_dict(),
    "sparse": sparse,
    "on the device meta": lambda m: {name: value.to("meta") for name, value in m.state_dict().items()},
    "of 8-bit floats": lambda m: {
        name: value.to(torch.float8_e4m3fn) for name, value in m.state_dict().items()
    },
    "a NumPy array": lambda m: {name: value.numpy() for name, value in m.state_dict().items()},
    "holds a list": lambda m: [m.state_dict(), 3],
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_named(tmp_path, model, what):
    torch.save(REFUSED[what](copy.deepcopy(model)), tmp_path / "x.pth")
    with pytest.raises(InputError) as caught:
        vitnp.weights.load(tmp_path / "x.pth")
    assert what in str(caught.value) and len(str(caught.value)) <= 300


@pytest.mark.filterwarnings("ignore")
def test_other_archives_of_torch(tmp_path, model, x):
    torch.jit.save(torch.jit.trace(model, x), tmp_path / "jit.pt")
    torch.save(model.state_dict(), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    for name, what in (("jit.pt", "TorchScript"), ("old.pth", "before PyTorch 1.6")):
        with pytest.raises(InputError, match=what):
            vitnp.weights.load(tmp_path / name)
