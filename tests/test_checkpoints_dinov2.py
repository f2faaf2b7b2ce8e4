"""DINOv2 and DeiT-III in every spelling, broken, and as they are not read: one line that names what is wrong."""

import json
import pathlib
import re

import numpy as np
import pytest
import safetensors.numpy
from checkpoint_files import same, torch_save

from vitnp import InputError, tree, weights
from vitnp.inputs.images import Preprocessing
from vitnp.weights import PROFILES, kinds

GOLDEN = pathlib.Path(__file__).parent / "golden"
HUGGINGFACE = (
    GOLDEN / "dinov2_huggingface/model.safetensors"
)  # 28x28 in patches of 4, its processor makes 16x16
TIMM = GOLDEN / "dinov2_timm/model.safetensors"  # the same, 28x28
DEIT3 = GOLDEN / "deit3_timm/model.safetensors"  # 24x24 in patches of 4, no row for the class token


def changed(tmp_path, source, change, *, json_too=True):
    """The path of a file like `source`, its arrays through `change`, the JSON files beside it the same."""
    safetensors.numpy.save_file(change(kinds.read(source)), tmp_path / "model.safetensors")
    for file in source.parent.glob("*.json"):
        if json_too:
            (tmp_path / file.name).write_text(file.read_text())
    return tmp_path / "model.safetensors"


def with_json(tmp_path, source, name, change):
    """The path of a copy of `source` with that JSON file's entries changed."""
    path = changed(tmp_path, source, dict)
    given = json.loads((tmp_path / name).read_text()) if (tmp_path / name).exists() else {}
    (tmp_path / name).write_text(json.dumps(given | change))
    return path


def renamed(*pairs):
    """A change: patterns in the names replaced."""

    def change(arrays):
        for pattern, new in pairs:
            arrays = {re.sub(pattern, new, name): array for name, array in arrays.items()}
        return arrays

    return change


# ---- the same model in other spellings ----

SPELLINGS = {
    "with the prefix": (HUGGINGFACE, renamed((r"^", "dinov2."))),
    "transformers in memory": (
        HUGGINGFACE,
        renamed(
            (r"attention\.attention\.(\w)\w*\.", r"attention.\1_proj."),
            (r"attention\.output\.dense", "attention.o_proj"),
            (r"_proj", "_proj"),
        ),
    ),
    "without the mask token": (HUGGINGFACE, lambda a: {n: v for n, v in a.items() if "mask" not in n}),
    "timm, blocks in chunks": (TIMM, renamed((r"^blocks\.(\d)", r"blocks.0.\1"))),
}


@pytest.mark.parametrize(("source", "change"), SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_is_the_same_model(tmp_path, source, change):
    p, config = weights.load(changed(tmp_path, source, change))
    want, same_config = weights.load(source)
    assert same(p, want)
    assert config == same_config


def test_a_checkpoint_of_a_training_has_the_teacher(tmp_path):
    """Its names begin with backbone., and the heads of the training are left out."""
    teacher = {
        f"backbone.{name}": array for name, array in kinds.read(GOLDEN / "dinov2_own/dinov2.pth").items()
    }
    teacher |= {
        "dino_head.mlp.0.weight": np.ones((3, 12), "f4"),
        "ibot_head.last_layer.bias": np.ones(3, "f4"),
    }
    torch_save(tmp_path / "teacher.pth", teacher)
    p, config = weights.load(tmp_path / "teacher.pth", num_heads=3)
    want, same_config = weights.load(GOLDEN / "dinov2_own/dinov2.pth", num_heads=3)
    assert same(p, want)
    assert config == same_config
    notes = weights.inspect(tmp_path / "teacher.pth", num_heads=3).notes
    for name in ("mask_token", "dino_head.mlp.0.weight", "ibot_head.last_layer.bias"):
        assert any(
            note.startswith("left out, as it is for pre-training alone") and name in note for note in notes
        )


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_precisions_are_taken_in_once_too(tmp_path, dtype):
    path = changed(tmp_path, TIMM, lambda arrays: {name: a.astype(dtype) for name, a in arrays.items()})
    p, _ = weights.load(path)
    arrays = kinds.read(path)
    W, gamma = (arrays[f"blocks.1.{name}"].astype(np.float64) for name in ("mlp.fc2.weight", "ls2.gamma"))
    want = (gamma[:, None] * W).T.astype(np.float32 if dtype == np.float16 else dtype)
    assert np.array_equal(tree.get(p, "blocks.1.feed_forward.W2"), want)
    assert tree.get(p, "norm.gamma").dtype == want.dtype


def test_a_file_is_read_the_same_every_time():
    """What takes λ in changes nothing that it was given."""
    assert same(weights.load(TIMM)[0], weights.load(TIMM)[0])


# ---- broken ----


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda a: {n: v for n, v in a.items() if n != "blocks.1.ls1.gamma"},
            ["blocks.1.ls1.gamma is missing"],
        ),
        (lambda a: a | {"blocks.0.ls2.gamma": np.ones(5, "f4")}, ["blocks.0.ls2.gamma is (5,), need (12,)"]),
        (lambda a: a | {"blocks.0.ls2.gamma": np.ones((1, 12), "f4")}, ["is (1, 12), need (12,)"]),
        (lambda a: a | {"blocks.0.ls2.gamma": np.ones(12, "i4")}, ["int32, need floats"]),
        (lambda a: a | {"blocks.7.ls2.gamma": np.ones(12, "f4")}, ["blocks.2.norm1.weight is missing"]),
        (
            lambda a: a | {"blocks.0.ls1.gamma": np.full(12, np.nan, "f4")},
            ["blocks.0.ls1.gamma holds 12 values"],
        ),
        (
            lambda a: a | {"blocks.0.ls1.gamma": np.full(12, np.inf, "f4")},
            ["blocks.0.ls1.gamma holds 12 values"],
        ),
        (
            lambda a: {n: v for n, v in a.items() if "proj.bias" not in n or "0.attn" not in n},
            ["attn.proj.bias is miss"],
        ),
        (lambda a: a | {"blocks.0.gamma_1": np.ones(12, "f4")}, ["holds two models", "are the same array"]),
    ],
)
def test_what_is_broken_is_named(tmp_path, change, words):
    path = changed(tmp_path, TIMM, change)
    with np.errstate(all="ignore"), pytest.raises(InputError) as caught:
        weights.load(path)
    for word in words:
        assert word in str(caught.value)


def doubled(arrays):
    """timm's SwiGLUPacked: the first matrix makes twice what the second takes."""
    for i in (0, 1):
        for name in ("weight", "bias"):
            fc1 = arrays[f"blocks.{i}.mlp.fc1.{name}"]
            arrays[f"blocks.{i}.mlp.fc1.{name}"] = np.concatenate([fc1, fc1])
    return arrays


@pytest.mark.parametrize(
    ("source", "change", "words"),
    [
        (
            TIMM,
            doubled,
            "SwiGLU feed-forward network, which is not built here (blocks.0.mlp.fc1.bias has 48 outputs, blocks.",
        ),
        (TIMM, renamed((r"mlp\.fc1", "mlp.fc1_g")), "SwiGLU feed-forward network, which is not built here"),
        (
            TIMM,
            renamed((r"mlp\.fc1", "mlp.w12"), (r"mlp\.fc2", "mlp.w3")),
            "SwiGLU feed-forward network, which is not built here",
        ),
        (
            HUGGINGFACE,
            renamed((r"mlp\.fc1", "mlp.weights_in")),
            "SwiGLU feed-forward network, which is not built here",
        ),
        (
            HUGGINGFACE,
            renamed((r"mlp\.fc1", "mlp.gate_proj")),
            "SwiGLU feed-forward network, which is not built here",
        ),
        (
            HUGGINGFACE,
            lambda a: a | {"classifier.weight": np.ones((7, 24), "f4"), "classifier.bias": np.ones(7, "f4")},
            "classifier.weight is (7, 24), twice hidden_size 12: a head on the class token beside the mean",
        ),
    ],
)
def test_what_is_not_built_here_is_refused_by_name(tmp_path, source, change, words):
    path = changed(tmp_path, source, change, json_too=False)
    with pytest.raises(InputError, match=re.escape(words)):
        weights.load(path, num_heads=3)
    with pytest.raises(InputError, match=re.escape(words)):
        weights.inspect(path)


# ---- what the JSON files say ----

PROCESSOR = "preprocessor_config.json"
CROP = {"crop_size": {"height": 24, "width": 24}}


@pytest.mark.parametrize(
    ("change", "size", "fraction", "keep"),
    [
        (CROP, (24, 24), None, True),
        ({"size": {"height": 24, "width": 24}, "do_center_crop": False}, (24, 24), 1.0, False),
        ({"size": {"shortest_edge": 40}, "crop_size": {"height": 28, "width": 28}}, (28, 28), 0.7, True),
        ({"size": {"shortest_edge": 50}, "crop_size": 40}, (40, 40), 0.8, True),
        ({"size": {"height": 12, "width": 32}, "do_center_crop": False}, (12, 32), 1.0, False),
    ],
)
def test_hugging_faces_processor_decides_the_size(tmp_path, change, size, fraction, keep):
    path = with_json(tmp_path, HUGGINGFACE, PROCESSOR, change)
    if fraction is None:  # a crop beyond the picture
        with pytest.raises(InputError, match="crop_fraction"):
            weights.load(path)
        return
    p, config = weights.load(path)
    assert (config.image_size, config.preprocessing.keep_aspect_ratio) == (size, keep)
    assert config.preprocessing.crop_fraction == pytest.approx(fraction)
    want, _ = weights.load(HUGGINGFACE, image_size=size)
    assert same(p, want)


@pytest.mark.parametrize(
    ("change", "words", "advice"),
    [
        ({"do_center_crop": False}, "resizes to {'shortest_edge': 20}", {"preprocessing.crop_fraction": 1}),
        (
            {"size": {"shortest_edge": 20, "longest_edge": 40}},
            "resizes to {'longest_edge': 40, 'shortest_edge': 20}",
            {"preprocessing.crop_fraction": 1},
        ),
        ({"do_resize": False}, "has do_resize false", {"preprocessing.crop_fraction": 1}),
        ({"resample": 0}, "has resample 0", {"preprocessing.resize_filter": "bicubic"}),
        (
            {"size": {"shortest_edge": 30}, "crop_size": 25},
            "makes images of 25x25, which are no whole patches of 4x4",
            {"image_size": (24, 24)},
        ),
    ],
)
def test_what_the_processor_asks_for_and_vitnp_has_not(tmp_path, change, words, advice):
    """The line says what to say, and then the file is loaded."""
    path = with_json(tmp_path, HUGGINGFACE, PROCESSOR, change)
    with pytest.raises(InputError) as caught:
        weights.load(path)
    assert words in str(caught.value)
    (name, value) = next(iter(advice.items()))
    said = "--image-size 24x24" if name == "image_size" else f"--set {name}={value}"
    assert str(caught.value).endswith(said)
    assert weights.inspect(path).questions
    config = weights.load(path, **advice)[1]
    assert config.preprocessing.mean == (0.485, 0.456, 0.406), "the rest is the file's own"
    assert weights.inspect(path, **advice).questions == []


def test_timms_config_json_decides_the_size(tmp_path):
    arguments = {"img_size": [20, 20], "num_heads": 3}
    path = with_json(tmp_path, TIMM, "config.json", {"model_args": arguments})
    p, config = weights.load(path)
    assert config.image_size == (20, 20)
    assert same(p, weights.load(TIMM, image_size=20)[0])
    assert any("used at 20x20" in note for note in weights.inspect(path).notes)
    assert weights.inspect(path).config.image_size == (28, 28)
    assert weights.load(path, image_size=28)[1].image_size == (28, 28)


def test_a_mlp_ratio_of_another_model(tmp_path):
    path = with_json(tmp_path, HUGGINGFACE, "config.json", {"mlp_ratio": 4})
    with pytest.raises(InputError, match=r"have mlp_dim 24, the config.json beside it says 48"):
        weights.load(path)


def test_a_backbone(tmp_path):
    path = with_json(tmp_path, HUGGINGFACE, "config.json", {"architectures": ["Dinov2Backbone"]})
    assert same(weights.load(path)[0], weights.load(HUGGINGFACE)[0])
    assert any("not its feature maps" in note for note in weights.inspect(path).notes)
    change = {"architectures": ["Dinov2Backbone"], "apply_layernorm": False}
    path = with_json(tmp_path, HUGGINGFACE, "config.json", change)
    with pytest.raises(InputError, match=r"apply_layernorm is False, a backbone without the last LayerNorm"):
        weights.load(path)


@pytest.mark.parametrize("source", [HUGGINGFACE, TIMM], ids=["huggingface", "timm"])
@pytest.mark.parametrize(
    "ours",
    [
        5,
        {"preprocessing": 5},
        {"preprocessing": {"maen": 1}},
        {"preprocessing": {"crop_fraction": 2}},
        {"image_size": "x"},
        {"image_size": [28, 10**400]},
        {"gelu": "relu"},
        {"gleu": "erf"},
        {"hidden_size": 99},
        {"num_heads": 7},
        {"position_interpolation": ["bicubic"]},
    ],
    ids=str,
)
def test_what_is_wrong_under_vitnp_in_config_json(tmp_path, source, ours):
    path = with_json(tmp_path, source, "config.json", {"vitnp": ours})
    with pytest.raises(InputError, match=r"config\.json"):
        weights.load(path)


@pytest.mark.parametrize(
    ("source", "change"),
    [
        (HUGGINGFACE, {"architectures": None}),
        (TIMM, {"architecture": None}),
        (TIMM, {"model_args": {"img_size": None, "num_heads": 3}}),
        (TIMM, {"model_args": None, "vitnp": {"num_heads": 3}}),
    ],
)
def test_entries_that_say_nothing(tmp_path, source, change):
    path = with_json(tmp_path, source, "config.json", change)
    assert same(weights.load(path)[0], weights.load(source)[0])


@pytest.mark.parametrize(
    ("source", "name", "change"),
    [
        (TIMM, "config.json", {"model_args": {"img_size": "big"}}),
        (TIMM, "config.json", {"model_args": {}, "pretrained_cfg": {"input_size": 5}}),
        (TIMM, "config.json", {"model_args": {}, "pretrained_cfg": {"input_size": [3, 10**9, 10**9]}}),
        (HUGGINGFACE, "config.json", {"architectures": 5}),
        (HUGGINGFACE, "config.json", {"mlp_ratio": "x"}),
        (HUGGINGFACE, "config.json", {"mlp_ratio": 10**400}),
        (HUGGINGFACE, PROCESSOR, {"size": {"shortest_edge": "x"}}),
        (HUGGINGFACE, PROCESSOR, {"crop_size": {"height": 10**9, "width": 10**9}}),
        (HUGGINGFACE, PROCESSOR, {"size": {"height": [1], "width": 1}}),
    ],
)
def test_entries_that_cannot_be(tmp_path, source, name, change):
    path = with_json(tmp_path, source, name, change)
    with pytest.raises(InputError, match=re.escape(name)):
        weights.load(path)


# ---- a position table without a row for the class token ----


def test_its_position_is_zero():
    p, config = weights.load(DEIT3, num_heads=5)
    assert config.grid == (6, 6)
    assert not p["position"]["E_pos"][0].any()
    assert np.array_equal(p["position"]["E_pos"][1:], kinds.read(DEIT3)["pos_embed"][0])


def grid_of(tmp_path, source, rows, token=True, **told):
    """The grid and whether the class token got a row of zeros, of a file with so many rows of positions."""
    change = {"pos_embed": np.ones((1, rows, kinds.read(source)["cls_token"].shape[-1]), "f4")}
    path = changed(tmp_path, source, lambda arrays: arrays | change, json_too=False)
    p, config = weights.load(path, num_heads=3, **told)
    return config.grid, not p["position"]["E_pos"][0].any()


@pytest.mark.parametrize(
    ("rows", "told", "grid", "zeros"),
    [
        (17, {}, (4, 4), False),
        (16, {}, (4, 4), True),
        (16, {"image_size": (12, 20)}, (3, 5), False),  # DINOv2 made for a wide image
        (16, {"image_size": (8, 32)}, (2, 8), True),
        (18, {"image_size": (12, 24)}, (3, 6), True),
        (19, {"image_size": (12, 24)}, (3, 6), False),
    ],
)
def test_whether_a_row_is_missing_follows_from_the_grid(tmp_path, rows, told, grid, zeros):
    assert grid_of(tmp_path, TIMM, rows, **told) == (grid, zeros)


def test_without_layer_scale_the_grid_shows_the_row_too(tmp_path):
    """16 rows are 4x4 patches without a row for the class token, 18 rows no square with it or without."""

    def rows(count):
        def plain(arrays):
            kept = {name: array for name, array in arrays.items() if "gamma" not in name}
            return kept | {"pos_embed": np.ones((1, count, 12), "f4")}

        return plain

    with pytest.raises(InputError, match=r"positions for 17 patches of 4x4, which is no square"):
        weights.load(changed(tmp_path, TIMM, rows(18), json_too=False), num_heads=3)
    path = changed(tmp_path, TIMM, rows(16), json_too=False)
    for given in (
        None,
        {"model_args": {"no_embed_class": True}},
        {"architecture": "deit3_small_patch16_224"},
    ):
        if given:
            (tmp_path / "config.json").write_text(json.dumps(given))
        p, config = weights.load(path, num_heads=3)
        assert config.grid == (4, 4)
        assert not p["position"]["E_pos"][0].any()
        assert config.preprocessing == PROFILES["timm"]["preprocessing"]


@pytest.mark.parametrize(("side", "crop"), [(24, 0.9), (384, 1.0)])
def test_the_profile_of_timms_deit3(tmp_path, side, crop):
    rows = {"pos_embed": np.ones((1, (side // 4) ** 2, 15), "f4")}
    path = changed(tmp_path, DEIT3, lambda arrays: arrays | rows)
    how = weights.load(path, num_heads=5)[1].preprocessing
    assert how == Preprocessing(
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        resize_filter="bicubic",
        antialias=True,
        crop_fraction=crop,
        keep_aspect_ratio=True,
    )
