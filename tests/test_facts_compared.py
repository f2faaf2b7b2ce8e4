"""What the JSON beside a file says is compared with the arrays, and what it leaves in doubt is said or refused."""

import json
import warnings

import numpy as np
import pytest
from checkpoint_files import arrays_of, path_of
from neighbor_files import CLASSES, HEADS, arrays, forward
from safetensors.numpy import save_file

import vitnp
from vitnp import InputError, preset, weights
from vitnp.errors import Assumed
from vitnp.weights.vit import huggingface_json, timm_json

RNG = np.random.default_rng(25)
WIDE = RNG.normal(size=(1, 8, 32, 3))  # 2x8 patches of 4x4, as many as of 16x16
HUB = {"architecture": "vit_tiny_patch16_224", "global_pool": "token", "num_classes": CLASSES}
SQUARE = preset("Ti/16", num_layers=1, image_size=32, num_classes=5)


def saved(folder, found, arguments=None, **config):
    """The path of a file of timm's arrays, beside a config.json of these model_args."""
    save_file({name: np.ascontiguousarray(one) for name, one in found.items()}, folder / "model.safetensors")
    if arguments is not None:
        given = HUB | config | {"model_args": {"embed_dim": 12, "num_heads": HEADS} | arguments}
        (folder / "config.json").write_text(json.dumps(given))
    return folder / "model.safetensors"


def said(path, **told):
    """{field: value} of what nobody says."""
    return dict(weights.inspect(path, **told).taken)


@pytest.mark.parametrize("where", ["model_args", "pretrained_cfg", "caller"])
def test_the_grid_that_is_told_goes_before_a_square(tmp_path, where):
    a = arrays(RNG)
    arguments = {} if where != "model_args" else {"img_size": [8, 32]}
    how = {"pretrained_cfg": {"input_size": [3, 8, 32]}} if where == "pretrained_cfg" else {}
    path = saved(tmp_path, a, arguments, **how)
    told = {"image_size": (8, 32)} if where == "caller" else {}
    with warnings.catch_warnings(action="ignore", category=Assumed):
        p, config, notes = weights.loading.load_with_notes(path, **told)
    want = forward(a, WIDE)
    assert np.abs(vitnp.vit.forward(WIDE, p, config)[0] - want).max() <= 1e-12 * np.abs(want).max()
    assert config.grid == (2, 8)
    assert not any("resized" in note for note in notes)
    assert said(path, **told).get("image_size") == ("2x8 patches in the file, as asked" if told else None)


def test_a_square_that_is_told_stays_one(tmp_path):
    """The file says 4x4, so that 8x32 pixels are another size than its own."""
    path = saved(tmp_path, arrays(RNG), {"img_size": 16})
    assert weights.inspect(path, image_size=(8, 32)).config.grid == (4, 4)
    with warnings.catch_warnings(action="ignore", category=Assumed):
        assert weights.load(path, image_size=(8, 32))[1].grid == (2, 8)


def test_googles_published_tables_are_squares(tmp_path):
    arrays_of(tmp_path, "google", SQUARE)
    assert weights.inspect(path_of(tmp_path, "google"), image_size=(16, 64)).config.image_size == (32, 32)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"depth": 3}, "num_layers 2, the config.json beside it says 3"),
        ({"patch_size": 8}, "patch_size 4, the config.json beside it says 8"),
        ({"in_chans": 1}, "in_channels 3, the config.json beside it says 1"),
        ({"embed_dim": 24}, "hidden_size 12, the config.json beside it says 24"),
        ({"mlp_ratio": 2}, "mlp_dim 20, the config.json beside it says 24"),
        ({"class_token": False}, "class_token True, the config.json beside it says False"),
        ({"reg_tokens": 4}, "reg_tokens 0, the config.json beside it says 4"),
        ({"init_values": 1e-5}, "init_values False, the config.json beside it says True"),
        ({"pre_norm": True}, "pre_norm False, the config.json beside it says True"),
        ({"qkv_bias": False}, "qkv_bias True, the config.json beside it says False"),
        ({"proj_bias": False}, "proj_bias True, the config.json beside it says False"),
        ({"fc_norm": True}, "fc_norm False, the config.json beside it says True"),
    ],
    ids=str,
)
def test_timms_arguments_are_compared_with_the_arrays(tmp_path, arguments, what):
    with pytest.raises(InputError, match=what):
        weights.load(saved(tmp_path, arrays(RNG), arguments))


def test_arguments_that_agree(tmp_path):
    agree = {"depth": 2, "patch_size": [4, 4], "in_chans": 3, "mlp_ratio": 20 / 12 + 1e-9, "fc_norm": None}
    agree |= {"class_token": True, "reg_tokens": 2, "init_values": None, "qkv_bias": False}
    path = saved(tmp_path, arrays(RNG, rows=19, registers=2, qkv_bias=False), agree)
    assert list(said(path)) == ["preprocessing"]


@pytest.mark.parametrize("read", [timm_json.read, huggingface_json.read])
def test_patches_that_are_no_squares(read):
    given = {"patch_size": [16, 8]}
    with pytest.raises(ValueError, match=r"patch_size is \[16, 8\], no square, which is not built here"):
        read(given | {"model_args": given} if read is timm_json.read else given)


def test_the_mean_is_said_where_another_pooling_is_possible(tmp_path):
    a = arrays(RNG, rows=16, token=False)
    assert said(saved(tmp_path, a), num_heads=HEADS)["classifier"] == "gap"
    with pytest.warns(Assumed, match=r"classifier \(gap\), gelu"):
        weights.load(tmp_path / "model.safetensors", num_heads=HEADS)
    assert "classifier" not in said(tmp_path / "model.safetensors", num_heads=HEADS, classifier="gap")
    after = {name.replace("norm.", "fc_norm.") if name.startswith("norm.") else name: a[name] for name in a}
    assert "classifier" not in said(saved(tmp_path, after), num_heads=HEADS)
    assert "classifier" not in said(saved(tmp_path, a, {"class_token": False}, global_pool="avg"))


@pytest.mark.parametrize(
    ("name", "pool"),
    [
        ("vit_tiny_patch16_224", "token"),
        ("vit_base_patch16_siglip_224", "map"),
        ("vit_base_patch16_siglip_gap_224", "gap"),
        ("vit_so150m_patch16_reg4_map_256", "map"),
        ("eva_large_patch14_196", "gap"),
    ],
)
def test_the_architecture_says_the_pooling(tmp_path, name, pool):
    assert timm_json.read({"architecture": name}).usual == {"classifier": pool}
    if pool == "token":  # as transformers' TimmWrapper writes it, and a model without a head
        path = saved(tmp_path, arrays(RNG, classes=0), {}, global_pool="", num_classes=0)
        assert list(said(path)) == ["preprocessing"]


def test_a_head_on_every_token_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"global_pool is '', a head on every token.*; name another file"):
        weights.load(saved(tmp_path, arrays(RNG), {}, global_pool=""))


def test_pre_logits_of_old_files_are_said(tmp_path):
    a = arrays(RNG) | {"pre_logits.fc.weight": np.eye(12), "pre_logits.fc.bias": np.zeros(12)}
    assert said(saved(tmp_path, a, {}))["pre_logits"] == "left out"
    with pytest.warns(Assumed, match=r"taken: pre_logits \(left out\)$"):
        weights.load(tmp_path / "model.safetensors", **{"preprocessing.crop_fraction": 1.0} | PICTURE)


PICTURE = {
    "preprocessing.mean": 0.5,
    "preprocessing.std": 0.5,
    "preprocessing.resize_filter": "bicubic",
}


@pytest.mark.parametrize(
    ("architectures", "doubt"),
    [(None, True), (["CourseModel"], True), (["ViTForImageClassification"], False)],
)
def test_a_pooler_beside_a_head_is_said(tmp_path, architectures, doubt):
    """ViTForImageClassification builds none: the file is other code's, whose head may have been on the pooler."""
    found = arrays_of(tmp_path, "huggingface", SQUARE)
    found |= {"vit.pooler.dense.weight": np.eye(192), "vit.pooler.dense.bias": np.zeros(192)}
    save_file(found, path_of(tmp_path, "huggingface"))
    given = json.loads((tmp_path / "config.json").read_text()) | {"architectures": architectures}
    (tmp_path / "config.json").write_text(json.dumps(given))
    doubts = [("head", "on the class token, the pooler left out")] if doubt else []
    assert weights.inspect(path_of(tmp_path, "huggingface")).taken == doubts


@pytest.mark.parametrize("architectures", [["ViTModel"], ["ViTForImageClassification"], None])
def test_the_pooler_is_of_tanh(tmp_path, architectures):
    for width in (192, None):
        config = preset("Ti/16", num_layers=1, image_size=32, num_classes=0, representation_size=width)
        arrays_of(tmp_path, "huggingface", config)
        given = json.loads((tmp_path / "config.json").read_text())
        given |= {"pooler_act": "relu", "architectures": architectures}
        (tmp_path / "config.json").write_text(json.dumps(given))
        if width:
            with pytest.raises(
                InputError, match=r"pooler_act is 'relu'; vitnp has tanh\); name another file$"
            ):
                weights.load(path_of(tmp_path, "huggingface"))
    assert weights.load(path_of(tmp_path, "huggingface"))[1].num_classes == 0


def test_clips_older_vision_config_dict_goes_first():
    older = {"hidden_size": 24, "num_attention_heads": 3, "patch_size": [8, 8]}
    given = {"model_type": "clip", "vision_config_dict": older, "vision_config": {"num_attention_heads": 6}}
    found = huggingface_json.read(given | {"vision_config": {"hidden_act": "gelu", "layer_norm_eps": 0.5}})
    sizes = {"hidden_size": 24, "patch_size": 8}
    assert found.fields == {"num_heads": 3, "layer_norm_eps": 1e-5, "gelu": "quick"} | sizes
    assert huggingface_json.read(given | {"vision_config_dict": None}).fields["num_heads"] == 6
    none = huggingface_json.read({"model_type": "clip", "vision_config": None})
    assert none.fields == {"num_heads": 12, "layer_norm_eps": 1e-5, "gelu": "quick"}
    assert huggingface_json.read(given | {"vision_config_dict": older | {"stride": 1}}).unknown == [
        "vision_config_dict.stride"
    ]


@pytest.mark.parametrize(
    ("format", "changes"),
    [
        ("timm", {"model_args": {"act_layer": "silu"}}),
        ("timm", {"architecture": "vit_base_patch16_rpn_224"}),
        ("timm", {"model_args": {"pool_include_prefix": True}}),
        ("huggingface", {"hidden_act": "relu"}),
        ("huggingface", {"architectures": ["Dinov2Backbone"], "apply_layernorm": False}),
    ],
    ids=str,
)
def test_a_model_that_is_not_built_is_not_to_be_repaired(tmp_path, format, changes):
    """Without its JSON the file would load, and be another model."""
    arrays_of(tmp_path, format, SQUARE)
    given = json.loads((tmp_path / "config.json").read_text()) | changes
    (tmp_path / "config.json").write_text(json.dumps(given))
    with pytest.raises(InputError, match=r"config\.json cannot be used .*; name another file$"):
        weights.load(path_of(tmp_path, format))


@pytest.mark.parametrize(("format", "other"), [("timm", "huggingface"), ("huggingface", "timm")])
def test_the_json_of_the_other_library_is_refused(tmp_path, format, other):
    (tmp_path / "other").mkdir()
    arrays_of(tmp_path / "other", other, SQUARE)
    arrays_of(tmp_path, format, SQUARE)
    (tmp_path / "other" / "config.json").replace(tmp_path / "config.json")
    with pytest.raises(
        InputError, match=rf"config\.json is of {other}, the arrays of .* names of {format}; move"
    ):
        weights.load(path_of(tmp_path, format))


def test_registers_of_none(tmp_path):
    """num_register_tokens=0 leaves an array of (1, 0, D)."""
    a = arrays(RNG)
    path = saved(tmp_path, a | {"reg_token": np.zeros((1, 0, 12))}, {"reg_tokens": 0})
    with warnings.catch_warnings(action="ignore", category=Assumed):
        p, config = weights.load(path)
    images = RNG.normal(size=(1, 16, 16, 3))
    assert config.num_registers == 0
    np.testing.assert_allclose(vitnp.vit.forward(images, p, config)[0], forward(a, images), rtol=1e-10)


@pytest.mark.parametrize("whole", [True, False])
def test_an_unknown_processor_matters_where_it_leaves_something_open(tmp_path, whole):
    arrays_of(tmp_path, "huggingface", SQUARE)
    given = {"image_processor_type": "CourseImageProcessor", "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    given |= {"size": {"height": 32, "width": 32}, "resample": 3} if whole else {}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(given))
    taken = said(path_of(tmp_path, "huggingface"))
    assert taken.get("image_processor_type 'CourseImageProcessor'") == (None if whole else "unknown")
