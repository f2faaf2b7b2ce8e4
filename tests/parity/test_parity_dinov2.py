"""DINOv2 and DeiT-III against timm and Hugging Face: several sizes, full-size names, pictures, and written again."""

import numpy as np
import pytest
import safetensors.torch
import timm
import timm.data
import torch
import torchvision.transforms as T
import transformers
from families import Case, as_torch, logits, timm_vit, write
from make_golden_dinov2 import resized
from test_parity_models import TOLERANCE, assert_near
from test_parity_preprocess import SIZES, picture

from vitnp import ViTConfig, preset, vit, weights
from vitnp.analysis.trace import trace
from vitnp.data import preprocess
from vitnp.errors import InputError
from vitnp.inputs.images import Preprocessing
from vitnp.models.vit.config import SIZES as PUBLISHED
from vitnp.weights import loading
from vitnp.weights.stored import Stored
from vitnp.weights.vit.profiles import IMAGENET, PROFILES

DTYPES = pytest.mark.parametrize("dtype", TOLERANCE, ids=["float32", "float64"])
LARGE = {"init_values": 0.7, "mlp_ratio": 2}
HEADS = {"num_heads": 3}
TIMM = {
    "timm, dinov2": LARGE | {"img_size": 35, "patch_size": 7, "num_classes": 0},
    "timm, deit3": LARGE | {"img_size": 24, "patch_size": 8, "no_embed_class": True},
    "timm, gap": LARGE
    | {"img_size": 24, "patch_size": 8, "class_token": False, "global_pool": "avg", "fc_norm": False},
}


def dinov2(**options):
    """Hugging Face's, D 24, 2 layers, 3 heads."""
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "mlp_ratio": 2}
    return lambda: transformers.Dinov2Model(transformers.Dinov2Config(**sizes | options))


def tokens(images, p, config):
    """All tokens after the last norm."""
    return trace(images, p, config)["norm"]


def images_of(size, dtype):
    """Random images (2, H, W, 3)."""
    values = np.random.default_rng(0).standard_normal((2, *size, 3))
    return values.astype(torch.zeros(1, dtype=dtype).numpy().dtype)


@DTYPES
@pytest.mark.parametrize("size", [(28, 28), (14, 14), (21, 42), (42, 42)])
def test_hugging_faces_tokens_at_several_sizes(tmp_path, dtype, size):
    case = Case("dinov2", "huggingface", dinov2(image_size=28, patch_size=7), {})
    model = case.model(dtype)
    write(case, model, tmp_path / "model.safetensors")
    p, config = weights.load(tmp_path / "model.safetensors", image_size=size)
    images = images_of(size, dtype)
    with torch.no_grad():
        theirs = model(as_torch(images, dtype)).last_hidden_state
    if dtype == torch.float64 and size != (28, 28):  # it resizes in float32 whatever the model is
        np.testing.assert_allclose(tokens(images, p, config), theirs, rtol=0, atol=1e-5 * theirs.abs().max())
    else:
        assert_near(tokens(images, p, config), theirs, "tokens with LayerScale")


@DTYPES
@pytest.mark.parametrize("name", TIMM)
def test_timms_tokens_and_logits(tmp_path, dtype, name):
    case = Case(name, "timm", timm_vit(**TIMM[name]), HEADS)
    model = case.model(dtype)
    write(case, model, tmp_path / "weights.safetensors")
    p, config = weights.load(tmp_path / "weights.safetensors", **HEADS)
    images = images_of(config.image_size, dtype)
    with torch.no_grad():
        assert_near(
            tokens(images, p, config),
            model.forward_features(as_torch(images, dtype)),
            "tokens with LayerScale",
        )
        assert_near(vit.forward(images, p, config)[0], logits(model, as_torch(images, dtype)), "logits")


@pytest.mark.parametrize("name", TIMM)
def test_timms_tokens_at_another_size(tmp_path, name):
    options = TIMM[name]
    size = (5 * options["patch_size"], 2 * options["patch_size"])
    case = Case(name, "timm", timm_vit(**options), HEADS)
    model = case.model(torch.float32)
    write(case, model, tmp_path / "weights.safetensors")
    p, config = weights.load(tmp_path / "weights.safetensors", **HEADS, image_size=size)
    images = images_of(size, torch.float32)
    others = {key: value for key, value in options.items() if key != "img_size"}
    with torch.no_grad():
        theirs = resized(model, size, **others).forward_features(as_torch(images, torch.float32))
    assert_near(tokens(images, p, config), theirs, "tokens with LayerScale")


# ---- full-size names ----

ARCHITECTURES = [f"vit_{size}_patch14_dinov2" for size in ("small", "base", "large")]
ARCHITECTURES += [f"deit3_{size}_patch16_224" for size in ("small", "base", "large")]
ARCHITECTURES += ["deit3_huge_patch14_224"]
SIZE_OF = {"small": "S", "base": "B", "large": "L", "huge": "H"}


def without_numbers(state):
    """{name: Stored} of tensors that have a shape alone."""
    return {name: Stored(tuple(value.shape), np.dtype("<f4"), None) for name, value in state.items()}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_array_of_the_published_models_has_its_place(name):
    with torch.device("meta"):
        state = timm.create_model(name).state_dict()
    found, _ = loading.examine("/nowhere/model.safetensors", without_numbers(state))
    assert (found.wrong, found.questions) == ([], [])
    sizes = PUBLISHED[SIZE_OF[name.split("_")[1]]]
    assert {field: getattr(found.config, field) for field in sizes} == sizes
    assert found.config.image_size == ((518, 518) if "dinov2" in name else (224, 224))
    given = timm.get_pretrained_cfg(name).to_dict()
    how = found.config.preprocessing
    assert (how.mean, how.std, how.resize_filter) == (given["mean"], given["std"], given["interpolation"])
    assert how.crop_fraction == given["crop_pct"]


@pytest.mark.parametrize(("name", "size"), [("S", (384, 12, 6)), ("B", (768, 12, 12)), ("L", (1024, 24, 16))])
def test_every_array_of_hugging_faces_dinov2_has_its_place(name, size):
    D, layers, heads = size
    sizes = {"hidden_size": D, "num_hidden_layers": layers, "num_attention_heads": heads, "image_size": 518}
    with torch.device("meta"):
        state = transformers.Dinov2Model(transformers.Dinov2Config(**sizes)).state_dict()
    found, _ = loading.examine("/nowhere/model.safetensors", without_numbers(state))
    assert (found.wrong, found.questions) == ([], [])
    want = preset(f"{name}/14", image_size=518, num_classes=0, **PROFILES["huggingface-dinov2"])
    assert found.config == want


def test_what_is_not_built_here():
    with torch.device("meta"):
        state = timm.create_model("vit_giant_patch14_dinov2").state_dict()
    with pytest.raises(InputError, match="SwiGLU"):
        loading.examine("/nowhere/model.safetensors", without_numbers(state))


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda c: transformers.Dinov2Model(c(use_swiglu_ffn=True)), "SwiGLU"),
        (
            lambda c: transformers.Dinov2ForImageClassification(c(num_labels=5)),
            "a head on the class token beside",
        ),
    ],
)
def test_hugging_faces_other_models_are_refused_by_name(tmp_path, build, words):
    def config(**options):
        return transformers.Dinov2Config(
            hidden_size=24, num_hidden_layers=2, num_attention_heads=3, image_size=28, patch_size=7, **options
        )

    model = build(config)
    model.save_pretrained(tmp_path)
    torch.save(model.state_dict(), tmp_path / "memory.pth")
    for file in ("model.safetensors", "memory.pth"):
        with pytest.raises(InputError, match=words):
            weights.load(tmp_path / file)


# ---- preprocessing ----


def ours(image, kind, size=(224, 224)):
    config = ViTConfig(image_size=size, patch_size=14, preprocessing=PROFILES[kind]["preprocessing"])
    return preprocess.apply(image, config).transpose(2, 0, 1)


@pytest.mark.parametrize("size", [*SIZES, (300, 451)])
def test_the_pictures_of_each_dinov2(size):
    image = picture(*size)
    how = {"image_mean": IMAGENET["mean"], "image_std": IMAGENET["std"], "size": {"shortest_edge": 256}}
    processor = transformers.BitImageProcessorPil(**how, crop_size={"height": 224, "width": 224})
    theirs = processor(image, return_tensors="np")["pixel_values"][0]
    np.testing.assert_allclose(ours(image, "huggingface-dinov2"), theirs, atol=1e-6)
    # dinov2/data/transforms.py, make_classification_eval_transform
    steps = [T.Resize(256, interpolation=T.InterpolationMode.BICUBIC), T.CenterCrop(224), T.ToTensor()]
    theirs = T.Compose([*steps, T.Normalize(**IMAGENET)])(image)
    np.testing.assert_allclose(ours(image, "dinov2"), theirs.numpy(), atol=1e-6)
    given = timm.get_pretrained_cfg("vit_small_patch14_dinov2").to_dict()
    theirs = timm.data.create_transform(
        **{name: given[name] for name in ("input_size", "interpolation", "mean", "std", "crop_pct")}
    )(image)
    np.testing.assert_allclose(ours(image, "timm-dinov2", (518, 518)), theirs.numpy(), atol=1e-6)


# ---- what vitnp writes ----


def model_of(**fields):
    """(p, config) of a small random model with a picture's way that is no default."""
    how = Preprocessing(
        **IMAGENET, resize_filter="bicubic", antialias=True, crop_fraction=0.875, keep_aspect_ratio=True
    )
    config = preset("tiny", **{"image_size": 56, "representation_size": None, "preprocessing": how} | fields)
    p = vit.init(np.random.default_rng(0), config)
    p["classify"]["head"]["W"] += np.random.default_rng(1).standard_normal((28, 13)).astype(np.float32)
    return p, config


@pytest.mark.parametrize(
    "fields",
    [{"gelu": "erf"}, {"gelu": "tanh", "image_size": (40, 48)}, {"gelu": "erf", "classifier": "gap"}],
    ids=str,
)
def test_timm_makes_the_model_of_our_folder(tmp_path, fields):
    p, config = model_of(**fields)
    weights.save(tmp_path / "model.safetensors", p, config, format="timm")
    model = timm.create_model(f"local-dir:{tmp_path}", pretrained=True).eval()
    images = images_of(config.image_size, torch.float32)
    with torch.no_grad():
        theirs = model(as_torch(images, torch.float32))
    assert_near(vit.forward(images, p, config)[0], theirs, "logits of a folder in timm")
    transform = timm.data.create_transform(**timm.data.resolve_data_config({}, model=model))
    image = picture(90, 131)
    np.testing.assert_allclose(
        preprocess.apply(image, config).transpose(2, 0, 1), transform(image).numpy(), atol=1e-6
    )


@pytest.mark.parametrize(
    "how", [{}, {"keep_aspect_ratio": False}, {"crop_fraction": 1.0, "keep_aspect_ratio": False}], ids=str
)
def test_hugging_face_makes_the_pictures_of_our_folder(tmp_path, how):
    p, config = model_of(gelu="erf")
    fields = vars(config.preprocessing) | how | {"crop_rounding": "down"}
    config = ViTConfig(**vars(config) | {"preprocessing": fields})
    weights.save(tmp_path / "model.safetensors", p, config, format="huggingface")
    assert weights.load(tmp_path / "model.safetensors")[1].preprocessing == config.preprocessing
    given = transformers.AutoImageProcessor.from_pretrained(tmp_path, backend="pil")
    image = picture(90, 131)
    theirs = given(image, return_tensors="np")["pixel_values"][0]
    np.testing.assert_allclose(preprocess.apply(image, config).transpose(2, 0, 1), theirs, atol=1e-6)
    model = transformers.ViTForImageClassification.from_pretrained(tmp_path).eval()
    images = images_of(config.image_size, torch.float32)
    with torch.no_grad():
        assert_near(
            vit.forward(images, p, config)[0],
            model(as_torch(images, torch.float32)).logits,
            "logits of a folder",
        )


def test_safetensors_of_a_training_with_layer_scale_are_loaded_without_it(tmp_path):
    """λ is 1 in what vitnp writes: timm reads it into a model without LayerScale, and computes the same."""
    case = Case("dinov2", "timm", timm_vit(**TIMM["timm, dinov2"]), HEADS)
    model = case.model(torch.float32)
    write(case, model, tmp_path / "weights.safetensors")
    p, config = weights.load(tmp_path / "weights.safetensors", **HEADS)
    (tmp_path / "new").mkdir()
    weights.save(tmp_path / "new/model.safetensors", p, config, format="timm")
    options = {key: value for key, value in TIMM["timm, dinov2"].items() if key != "init_values"}
    plain = timm_vit(**options)().eval()
    plain.load_state_dict(safetensors.torch.load_file(tmp_path / "new/model.safetensors"), strict=True)
    x = as_torch(images_of((35, 35), torch.float32), torch.float32)
    with torch.no_grad():
        assert_near(plain.forward_features(x).numpy(), model.forward_features(x), "tokens with LayerScale")
