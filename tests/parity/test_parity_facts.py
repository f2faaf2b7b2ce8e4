"""Facts that arrays do not hold: every field of the libraries' JSON files is known here, and has their meaning."""

import dataclasses
import functools
import inspect
import json
import types

import numpy as np
import pytest
import timm
import timm.data
import timm.models.deit
import timm.models.resnetv2
import timm.models.vision_transformer
import timm.models.vision_transformer_hybrid
import torch
import torchvision
import transformers
from families import as_torch, huggingface_vit, logits, timm_vit
from PIL import Image
from safetensors.torch import save_file
from timm.models._pretrained import PretrainedCfg
from transformers.processing_utils import ImagesKwargs

from vitnp import InputError, ViTConfig, vit, weights
from vitnp.data import preprocess
from vitnp.engine import probabilities
from vitnp.errors import Assumed
from vitnp.inputs.images import Preprocessing
from vitnp.weights.vit import architectures, huggingface_json, processors, timm_json
from vitnp.weights.vit.profiles import PROFILES, TORCHVISION, own_row
from vitnp.weights.vit.said import GELU

GELUS = sorted({name for name in GELU if name in transformers.activations.ACT2FN} - {"quick_gelu"})
CONFIGS = [
    transformers.ViTConfig,
    transformers.DeiTConfig,
    transformers.ViTMAEConfig,
    transformers.ViTMSNConfig,
    transformers.Dinov2Config,
    transformers.Dinov2WithRegistersConfig,
    transformers.CLIPVisionConfig,
    transformers.SiglipVisionConfig,
    transformers.CLIPConfig,
    transformers.SiglipConfig,
]
PROCESSORS = {
    "ViT": transformers.ViTImageProcessorPil,
    "DeiT": transformers.DeiTImageProcessorPil,
    "Bit": transformers.BitImageProcessorPil,
    "CLIP": transformers.CLIPImageProcessorPil,
    "Siglip": transformers.SiglipImageProcessorPil,
}


def unknown(fields, names):
    """Those of the names that are in none of the groups."""
    return set(names) - fields.used - fields.arrays - fields.idle - fields.only.keys()


def arguments_of(module):
    """The names that the constructor of a module takes."""
    return inspect.signature(module.__init__).parameters.keys() - {"self"}


def test_every_argument_of_timms_models_is_known():
    assert not unknown(timm_json.VIT, arguments_of(timm.models.vision_transformer.VisionTransformer))
    assert not unknown(timm_json.RESNET, arguments_of(timm.models.resnetv2.ResNetV2))


def test_every_field_of_timms_pretrained_cfg_is_known():
    assert not unknown(timm_json.PRETRAINED, [field.name for field in dataclasses.fields(PretrainedCfg)])


def test_every_field_that_timm_writes_is_known(tmp_path):
    model = timm.create_model("vit_tiny_patch16_224", num_classes=3)
    timm.models.save_for_hf(model, tmp_path, {"label_names": ["a", "b", "c"]}, safe_serialization=True)
    found = timm_json.read(json.loads((tmp_path / "config.json").read_text()))
    assert not found.unknown
    assert not unknown(
        timm_json.TOP, transformers.TimmWrapperConfig(architecture="vit_tiny_patch16_224").to_dict()
    )


@pytest.mark.parametrize("Config", CONFIGS, ids=lambda Config: Config.__name__)
def test_every_field_of_transformers_configurations_is_known(Config):
    declared = [field.name for field in dataclasses.fields(Config)]
    assert not unknown(huggingface_json.FIELDS, [*declared, *Config().to_dict()])


@pytest.mark.parametrize("kind", PROCESSORS)
def test_every_field_of_transformers_processors_is_known(kind):
    written = PROCESSORS[kind]().to_dict()
    assert not unknown(processors.FIELDS, [*written, *ImagesKwargs.__annotations__])
    theirs = {name: written[name] for name in processors.DEFAULTS[kind]}
    ours = processors.DEFAULTS[kind]
    assert json.loads(json.dumps(theirs)) == ours
    assert written["do_resize"] and written["do_rescale"] and written["do_normalize"]  # as without a word
    assert bool(written.get("do_center_crop")) == bool(ours.get("do_center_crop"))
    assert kind in processors.SHORTER or getattr(PROCESSORS[kind], "default_to_square", True) is not False


@pytest.mark.parametrize("Config", CONFIGS[:8], ids=lambda Config: Config.__name__)
def test_the_defaults_are_those_of_transformers(Config):
    """What config.json does not say."""
    theirs = Config()
    found = huggingface_json.read({"model_type": theirs.model_type}).fields
    eps, gelu = theirs.layer_norm_eps, GELU[theirs.hidden_act]
    assert (found["num_heads"], found["layer_norm_eps"], found["gelu"]) == (
        theirs.num_attention_heads,
        eps,
        gelu,
    )
    for outer, inner in huggingface_json.NESTED.items():
        nested = huggingface_json.read({"model_type": outer, "vision_config": {}}).fields
        assert nested == huggingface_json.read({"model_type": inner}).fields


@functools.cache
def timms_arguments():
    """{architecture: what timm's function of that name passes on}, of the three files of ViTs."""
    found, files = {}, ("vision_transformer", "deit", "vision_transformer_hybrid")

    def keep(variant, *_, **arguments):
        found[variant] = arguments

    with pytest.MonkeyPatch.context() as patch:
        for file, name in zip(
            files,
            ("_create_vision_transformer", "_create_deit", "_create_vision_transformer_hybrid"),
            strict=True,
        ):
            module = getattr(timm.models, file)
            patch.setattr(module, name, keep)
            for architecture in timm.list_models(module=file):
                getattr(module, architecture)()
    return found


def test_what_the_name_of_an_architecture_says():
    """Of every ViT of timm's: the width, the heads, ε, GELU and the rows of positions, or a refusal."""
    refused, acts = set(), {None: "erf", "gelu_tanh": "tanh", "quick_gelu": "quick"}
    for name, theirs in timms_arguments().items():
        try:
            ours = architectures.facts(name)
        except ValueError:
            refused.add(name)
            continue
        norm = theirs.get("norm_layer")
        assert ours == {
            "hidden_size": theirs.get("embed_dim", 768),
            "num_heads": theirs.get("num_heads", 12),
            "gelu": acts[theirs.get("act_layer")],
            "layer_norm_eps": 1e-6 if norm is None else norm.keywords["eps"],
            "classifier": timm_json.POOLS[theirs.get("global_pool", "token")],
            "no_class_row": theirs.get("no_embed_class", False),
        }, name
        others = {"qk_norm", "scale_attn_norm", "scale_mlp_norm", "block_fn", "mlp_layer", "attn_layer"}
        others |= {"final_norm", "pool_include_prefix", "embed_norm_layer", "proj_bias"}
        assert not others & theirs.keys(), f"{name} must be refused"
    assert len(timms_arguments()) - len(refused) > 140


def test_names_of_other_models_are_no_vits():
    """But for those that are refused by a part of the name."""
    vits = timms_arguments().keys()
    for name in timm.list_models():
        if name not in vits and not any(part in name for part in architectures.REFUSED):
            assert architectures.facts(name) is None, name


def saved_of_timm(folder, model, arguments, **more):
    """The path of timm's model in a folder, with a config.json that has these model_args."""
    save_file(
        {name: array.contiguous() for name, array in model.state_dict().items()}, folder / "model.safetensors"
    )
    config = {"architecture": "vit_tiny_patch16_224", "num_classes": 5, "model_args": arguments} | more
    (folder / "config.json").write_text(json.dumps(config))
    return folder / "model.safetensors"


def randomized(model):
    """The model in evaluation, every parameter random."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(0.2 * torch.randn(p.shape, generator=generator) + (p.ndim == 1) * 0.5)
    return model.eval()


def agrees(path, model, *, most=2e-5):
    """Whether the file's logits are the model's."""
    p, config = weights.load(path)
    images = np.random.default_rng(1).standard_normal((2, *config.image_size, 3)).astype(np.float32)
    theirs = logits(model, as_torch(images, torch.float32)).detach().numpy()
    return np.abs(vit.forward(images, p, config)[0] - theirs).max() <= most * np.abs(theirs).max()


SMALL = {"img_size": 16, "patch_size": 8}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"num_heads": 4},
        {"act_layer": "gelu_tanh"},
        {"act_layer": "quick_gelu"},
        {"norm_layer": "layernorm"},
        {"no_embed_class": True, "init_values": 0.1},
        {"global_pool": "avg", "class_token": False, "fc_norm": False},
        {"drop_rate": 0.3, "proj_drop_rate": 0.3, "attn_drop_rate": 0.3, "drop_path_rate": 0.3},
        {"pos_drop_rate": 0.3, "patch_drop_rate": 0.3, "weight_init": "jax", "fix_init": True},
        {"dynamic_img_size": True, "dynamic_img_pad": True},
    ],
    ids=str,
)
def test_timms_model_args(tmp_path, arguments):
    """timm's own model built with the value gives the numbers of its file here, whether the value matters or not."""
    sizes = {"embed_dim": 24, "depth": 2, "num_heads": 3, "mlp_ratio": 2.0, "num_classes": 5}
    given = sizes | SMALL | arguments
    model = randomized(timm_vit(**given)())
    assert agrees(saved_of_timm(tmp_path, model, given), model)


@pytest.mark.parametrize(
    "arguments",
    [
        {"qk_norm": True},
        {"scale_attn_norm": True},
        {"scale_mlp_norm": True},
        {"final_norm": False},
        {"pool_include_prefix": True, "global_pool": "avg", "fc_norm": False},
        {"embed_norm_layer": "layernorm"},
        {"norm_layer": "rmsnorm"},
        {"act_layer": "silu"},
        {"global_pool": "max", "fc_norm": False},
        {"global_pool": "avgmax", "fc_norm": False},
        {"attn_layer": "diff"},
    ],
    ids=str,
)
def test_timms_model_args_that_are_not_built_here(tmp_path, arguments):
    model = timm_vit(**SMALL | arguments)()  # timm has it
    path = saved_of_timm(tmp_path, model, SMALL | {"num_heads": 3} | arguments)
    with pytest.raises(InputError, match=r"not built here|vitnp has"):
        weights.load(path)


@pytest.mark.parametrize(
    "name", ["vit_base_patch16_gap_224", "vit_small_patch16_224", "deit_small_patch16_224"]
)
def test_the_heads_are_the_architectures(tmp_path, name):
    """As on the hub: a config.json without model_args."""
    model = randomized(timm.create_model(name, depth=1, img_size=32, patch_size=16, num_classes=5))
    more = {"architecture": name, "global_pool": model.global_pool}
    path = saved_of_timm(tmp_path, model, {}, **more)
    assert agrees(path, model)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_attention_heads": 4},
        {"layer_norm_eps": 0.1},
        {"hidden_act": "quick_gelu"},
        *({"hidden_act": name} for name in GELUS),
        {"hidden_dropout_prob": 0.5, "attention_probs_dropout_prob": 0.5},
        {"initializer_range": 0.5, "encoder_stride": 4, "pooler_act": "relu", "pooler_output_size": 7},
    ],
    ids=str,
)
def test_transformers_configurations(tmp_path, options):
    model = randomized(huggingface_vit(image_size=16, patch_size=8, **options)())
    model.save_pretrained(tmp_path)
    assert agrees(tmp_path / "model.safetensors", model)


def test_transformers_model_without_a_word_of_heads(tmp_path):
    """A config.json need not name what is the class's default."""
    sizes = {"hidden_size": 24, "num_attention_heads": 12, "num_hidden_layers": 2, "intermediate_size": 40}
    model = randomized(huggingface_vit(image_size=16, patch_size=8, **sizes)())
    model.save_pretrained(tmp_path)
    given = json.loads((tmp_path / "config.json").read_text())
    kept = {name: given[name] for name in ("model_type", "image_size", "patch_size", "hidden_size")}
    (tmp_path / "config.json").write_text(json.dumps(kept))
    with pytest.warns(Assumed, match="preprocessing") as said:
        assert agrees(tmp_path / "model.safetensors", model)
    assert "num_heads" not in str(said[0].message)


def test_a_pooler_that_is_not_built_here(tmp_path):
    model = huggingface_vit("ViTModel", pooler=True, image_size=16, patch_size=8, pooler_act="relu")()
    model.save_pretrained(tmp_path)
    with pytest.raises(InputError, match="pooler_act is 'relu'"):
        weights.load(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("labels", "problem"),
    [(4, "multi_label_classification"), (1, None), (4, "single_label_classification"), (4, None)],
)
def test_probabilities_are_those_of_transformers_pipeline(tmp_path, labels, problem):
    model = randomized(
        huggingface_vit(image_size=16, patch_size=8, num_labels=labels, problem_type=problem)()
    )
    model.save_pretrained(tmp_path)
    config = weights.load(tmp_path / "model.safetensors")[1]
    z = np.random.default_rng(0).standard_normal((1, labels))
    pipeline = transformers.ImageClassificationPipeline
    out = {"logits": torch.from_numpy(z)}
    theirs = pipeline.postprocess(types.SimpleNamespace(model=model), out, top_k=labels)
    ours = probabilities.of(z, config)[0]
    for guess in theirs:
        assert guess["score"] == pytest.approx(ours[model.config.label2id[guess["label"]]], rel=1e-6)


def picture():
    """Noise over a slope, wider than high."""
    values = np.random.default_rng(0).integers(0, 156, (300, 420, 3))
    return Image.fromarray((values + np.linspace(0, 99, 420)[:, None]).astype(np.uint8))


@pytest.mark.parametrize("file", TORCHVISION)
def test_each_of_torchvisions_weights_has_its_own_resize(file):
    every = [
        entry
        for size in ("B_16", "B_32", "L_16", "L_32", "H_14")
        for entry in torchvision.models.get_model_weights(f"vit_{size.lower()}")
    ]
    assert len(every) == len(TORCHVISION)
    entry = next(one for one in every if one.url.rpartition("/")[2].startswith(f"{file}."))
    transform = entry.transforms()
    size = transform.crop_size[0]
    row = PROFILES[own_row("torchvision", f"{file}.pth", {})]
    ours = preprocess.apply(
        picture(), ViTConfig(image_size=size, patch_size=size, preprocessing=row["preprocessing"])
    )
    np.testing.assert_allclose(ours.transpose(2, 0, 1), transform(picture()).numpy(), atol=1e-6)
    by_size = {
        "image_size": (size, size),
        "patch_size": int(file[6:8]),
        "hidden_size": {"b": 768, "l": 1024, "h": 1280}[file[4]],
    }
    unnamed = own_row("torchvision", "course.pth", by_size)
    linear = "lc_swag" in file and file[4] != "h"  # of the sizes of the first ones
    assert (PROFILES[unnamed] == row) != linear


@pytest.mark.parametrize(
    "given",
    [
        {"crop_pct": 0.95, "interpolation": "bicubic", "mean": [0.48, 0.45, 0.4], "std": [0.26, 0.27, 0.28]},
        {"crop_pct": 1.0, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3},
        {
            "crop_pct": 0.9,
            "crop_mode": "squash",
            "interpolation": "bicubic",
            "mean": [0.5] * 3,
            "std": [0.5] * 3,
        },
    ],
    ids=str,
)
def test_timms_preprocessing(given):
    config = {"pretrained_cfg": {"input_size": [3, 64, 64]} | given}
    told = timm.data.resolve_data_config(pretrained_cfg=config["pretrained_cfg"])
    theirs = timm.data.create_transform(**told, is_training=False)(picture()).numpy()
    found = timm_json.read(config)
    how = Preprocessing(**{"antialias": True, "keep_aspect_ratio": True} | found.preprocessing)
    ours = preprocess.apply(picture(), ViTConfig(image_size=64, preprocessing=how)).transpose(2, 0, 1)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (
            "CLIP",
            {
                "size": 64,
                "crop_size": 64,
                "do_center_crop": True,
                "feature_extractor_type": "CLIPFeatureExtractor",
            },
        ),
        (
            "CLIP",
            {
                "image_processor_type": "CLIPImageProcessor",
                "size": {"shortest_edge": 64},
                "crop_size": {"height": 64, "width": 64},
            },
        ),
        ("ViT", {"size": 64, "feature_extractor_type": "ViTFeatureExtractor", "resample": 3}),
        ("ViT", {"size": {"height": 64, "width": 64}, "image_processor_type": "ViTImageProcessorFast"}),
        ("Siglip", {"size": {"height": 64, "width": 64}, "image_processor_type": "SiglipImageProcessor"}),
        ("DeiT", {"size": 80, "crop_size": 64, "image_processor_type": "DeiTImageProcessor"}),
        ("ViT", {"size": 64, "image_processor_type": "ViTImageProcessor", "do_rescale": False}),
        ("ViT", {"size": 64, "image_processor_type": "ViTImageProcessor", "do_normalize": False}),
    ],
    ids=str,
)
def test_transformers_processors_with_little_said(kind, given):
    options = {name: value for name, value in given.items() if not name.endswith("_type")}
    theirs = PROCESSORS[kind](**options)(picture(), return_tensors="np")["pixel_values"][0]
    base = Preprocessing(antialias=True)
    changes, unlike, _ = processors.of_huggingface(given, (64, 64), base)
    assert not unlike
    how = dataclasses.replace(base, **changes)
    ours = preprocess.apply(picture(), ViTConfig(image_size=64, preprocessing=how)).transpose(2, 0, 1)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
