"""Five formats, every spelling of them, and what is read off a file: exact to the last bit."""

import dataclasses
import itertools
import json
import pathlib
import re

import numpy as np
import pytest
import safetensors.numpy
from cases import POSITIONS
from checkpoint_files import (
    GAP,
    PRE_LOGITS,
    TOKEN,
    arrays_of,
    path_of,
    random_model,
    same,
    torch_save,
)

from vitnp import InputError, ViTConfig, preset, tree, vit, weights
from vitnp.inputs import images
from vitnp.inputs.images import Preprocessing
from vitnp.weights import FORMATS, PROFILES, adapt, kinds
from vitnp.weights.families import LIBRARIES as FAMILIES
from vitnp.weights.stored import Stored
from vitnp.weights.vit import google
from vitnp.weights.vit.names import names

SIZE = {"image_size": TOKEN.image_size}  # 5x6 patches are no square's: the file does not tell


def holds(format, config):
    """Whether a format has a place for every array of the model."""
    if config.classifier == "gap":
        return format in ("vitnp", "google", "timm")
    return config.representation_size is None or format in ("vitnp", "google", "torchvision")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("config", [TOKEN, GAP, PRE_LOGITS], ids=["token", "gap", "pre-logits"])
def test_round_trip_through_every_pair_of_formats(tmp_path, config, dtype):
    p = random_model(config, dtype)
    for first, second in itertools.permutations(FORMATS, 2):
        if not (holds(first, config) and holds(second, config)):
            continue
        paths = {format: path_of(tmp_path / format, format) for format in (first, second)}
        for path in paths.values():
            path.parent.mkdir(exist_ok=True)  # a config.json is one model's
        weights.save(paths[first], p, config, format=first)
        weights.save(paths[second], weights.load(paths[first], **SIZE)[0], config, format=second)
        q, found = weights.load(paths[second], **SIZE)
        assert same(p, q), f"{first} → {second}"
        assert found.num_heads == 3
        assert (found.classifier, found.representation_size) == (
            config.classifier,
            config.representation_size,
        )


@pytest.mark.parametrize("format", FAMILIES)
@pytest.mark.parametrize("config", [TOKEN, GAP, PRE_LOGITS], ids=["token", "gap", "pre-logits"])
def test_a_model_that_a_format_cannot_hold_is_refused(tmp_path, format, config):
    if holds(format, config):
        return
    able = " or ".join(other for other in FORMATS if holds(other, config))
    with pytest.raises(InputError, match=f"^{format} (has no|does not use) .*; save the model as {able}$"):
        weights.save(path_of(tmp_path, format), random_model(config), config, format=format)
    assert list(tmp_path.iterdir()) == []


def test_every_leaf_has_a_name_in_every_family():
    config = preset("tiny")
    ours = [name for name, _ in tree.leaves(vit.init(None, config))]
    assert [name for name in names("vitnp", config.num_layers) if name in ours] == ours
    for family in FAMILIES:
        theirs = names(family, config.num_layers)
        assert list(theirs) == list(names("vitnp", config.num_layers))
        assert [name for name in ours if theirs[name] is None] == (
            ["classify.pre_logits.W", "classify.pre_logits.b"] if family == "timm" else []
        )


# Number of arrays of a B/16 with 1000 classes, as counted in the published files.
@pytest.mark.parametrize(
    ("family", "count"), [("google", 200), ("timm", 152), ("huggingface", 200), ("torchvision", 152)]
)
def test_a_b16_has_the_published_number_of_arrays(family, count):
    found, ours = names(family, 12), tree.leaves(vit.init(None, preset("B/16")))
    assert len({found[name] for name, _ in ours}) == count


@pytest.mark.parametrize(
    ("format", "name", "shape"),
    [
        ("google", "embedding/kernel", (8, 8, 3, 192)),
        ("google", "Transformer/encoderblock_1/MultiHeadDotProductAttention_1/query/kernel", (192, 3, 64)),
        ("google", "Transformer/encoderblock_1/MultiHeadDotProductAttention_1/query/bias", (3, 64)),
        ("google", "Transformer/encoderblock_1/MultiHeadDotProductAttention_1/out/kernel", (3, 64, 192)),
        ("google", "Transformer/posembed_input/pos_embedding", (1, 31, 192)),
        ("google", "cls", (1, 1, 192)),
        ("timm", "patch_embed.proj.weight", (192, 3, 8, 8)),
        ("timm", "blocks.1.attn.qkv.weight", (576, 192)),
        ("timm", "blocks.1.mlp.fc1.weight", (20, 192)),
        ("huggingface", "vit.encoder.layer.1.attention.attention.key.weight", (192, 192)),
        ("huggingface", "vit.encoder.layer.1.output.dense.weight", (192, 20)),
        ("torchvision", "encoder.layers.encoder_layer_1.self_attention.in_proj_bias", (576,)),
        ("torchvision", "heads.head.weight", (13, 192)),
    ],
)
def test_names_and_shapes_are_the_librarys(tmp_path, format, name, shape):
    assert arrays_of(tmp_path, format, TOKEN)[name].shape == shape


# ---- other spellings of the same files ----


def rename(arrays, *changes):
    """{name: array} with every regular expression replaced."""
    found = {}
    for name, array in arrays.items():
        for pattern, replacement in changes:
            name = re.sub(pattern, replacement, name)
        found[name] = array
    return found


LINEN = (("Attention_1", "Attention_0"), ("MlpBlock_3", "MlpBlock_0"), ("LayerNorm_2", "LayerNorm_1"))
TRANSFORMERS_5 = (
    (r"encoder\.layer\.", "layers."),
    (r"attention\.attention\.(.)\w+", r"attention.\1_proj"),
    (r"attention\.output\.dense", "attention.o_proj"),
    (r"intermediate\.dense", "mlp.fc1"),
    (r"output\.dense", "mlp.fc2"),
)


@pytest.mark.parametrize(
    ("format", "changes"),
    [
        ("google", LINEN),
        ("google", (("^", "params/"), *LINEN)),
        ("google", (("^", "opt/target/"),)),
        ("google", (("^", "params/img/"), *LINEN)),
        ("huggingface", TRANSFORMERS_5),
        ("torchvision", ((r"mlp\.0", "mlp.linear_1"), (r"mlp\.3", "mlp.linear_2"))),
    ],
)
def test_other_spellings(tmp_path, format, changes):
    arrays = rename(arrays_of(tmp_path, format, TOKEN), *changes)
    (tmp_path / "config.json").unlink(missing_ok=True)
    path = path_of(tmp_path, "other")
    if format == "google":
        path = tmp_path / "other.npz"
        np.savez(path, **arrays)
    else:
        safetensors.numpy.save_file(arrays, path)
    p, _ = weights.load(path, **SIZE)
    assert same(p, random_model(TOKEN))


def test_big_vision_adds_positions_before_the_class_token(tmp_path):
    arrays = rename(arrays_of(tmp_path, "google", TOKEN), *LINEN, ("^", "params/"))
    positions = arrays.pop("params/Transformer/posembed_input/pos_embedding")
    arrays["params/pos_embedding"] = positions[:, 1:]
    np.savez(tmp_path / "big_vision.npz", **arrays)
    p, config = weights.load(tmp_path / "big_vision.npz", **SIZE)
    want = random_model(TOKEN)
    want["position"]["E_pos"][0] = 0.0
    assert same(p, want)
    assert config.classifier == "token"
    (note,) = weights.inspect(tmp_path / "big_vision.npz", **SIZE).notes
    assert "no row for the class token" in note


def test_big_vision_stacks_the_blocks(tmp_path):
    arrays = rename(arrays_of(tmp_path, "google", TOKEN), *LINEN)
    blocks = [name for name in arrays if "encoderblock_0" in name]
    for name in blocks:
        pair = [arrays.pop(name.replace("_0/", f"_{i}/", 1)) for i in range(2)]
        arrays[name.replace("encoderblock_0", "encoderblock")] = np.stack(pair)
    np.savez(tmp_path / "scan.npz", **arrays)
    p, _ = weights.load(tmp_path / "scan.npz", **SIZE)
    assert same(p, random_model(TOKEN))


ROW, SCAN = "no row for the class token", "stacked in one array each"


@pytest.mark.parametrize("prefix", ["", "params/img/"])
@pytest.mark.parametrize("scan", [False, True], ids=["", "stacked"])
@pytest.mark.parametrize("own", [False, True], ids=["published positions", "own positions"])
@pytest.mark.parametrize("config", [TOKEN, GAP], ids=["token", "gap"])
def test_every_variety_of_big_vision(tmp_path, config, own, scan, prefix):
    """With and without a class token, its positions' name and place, the scan, the prefix: each alone and with all."""
    arrays, want = rename(arrays_of(tmp_path, "google", config), *LINEN), random_model(config)
    if own:  # of the patches alone
        positions = arrays.pop("Transformer/posembed_input/pos_embedding")
        arrays["pos_embedding"] = positions[:, config.num_tokens - config.num_patches :]
        if config is TOKEN:
            want["position"]["E_pos"][0] = 0.0
    for name in [name for name in arrays if scan and "encoderblock_0" in name]:
        pair = [arrays.pop(name.replace("_0/", f"_{i}/", 1)) for i in range(2)]
        arrays[name.replace("encoderblock_0", "encoderblock")] = np.stack(pair)
    np.savez(tmp_path / "file.npz", **{f"{prefix}{name}": array for name, array in arrays.items()})
    p, found = weights.load(tmp_path / "file.npz", **SIZE)
    assert same(p, want)
    assert (found.classifier, found.num_layers) == (config.classifier, 2)
    notes = " ".join(weights.inspect(tmp_path / "file.npz", **SIZE).notes)
    assert (ROW in notes, SCAN in notes) == (own and config is TOKEN, scan)


@pytest.mark.parametrize(
    "arrays",
    [
        {"cls": np.ones((1, 1, 4))},  # no positions
        {"pos_embedding": np.ones((1, 6, 4))},  # no class token
        {"cls": np.ones((1, 1, 4)), "pos_embedding": np.ones((6, 4))},  # positions of two axes
        {"cls": np.ones((1, 1, 4)), "a/posembed_input/pos_embedding": np.ones((1, 7, 4))},
        {
            "Transformer/encoderblock/x": np.float32(1.0)
        },  # stacked, they say, but without an axis of the blocks
        {"Transformer/encoderblock/x": np.ones(2)},
        {"Transformer/encoderblock/x": np.ones((0, 3))},
    ],
    ids=str,
)
def test_what_is_none_of_big_visions_own_is_left_as_it_is(arrays):
    stored = {name: Stored(np.shape(a), np.result_type(a), None) for name, a in arrays.items()}
    found, notes = google.plain("file", stored)
    assert found == stored
    assert notes == []


def test_a_hugging_face_model_without_a_head(tmp_path):
    config = ViTConfig(**(vars(PRE_LOGITS) | {"num_classes": 0}))
    arrays = arrays_of(tmp_path, "huggingface", config)
    assert "pooler.dense.weight" in arrays
    assert not any(name.startswith("vit.") for name in arrays)
    p, found = weights.load(tmp_path / "huggingface.safetensors")
    assert same(p, random_model(config))
    assert (found.num_classes, found.representation_size, found.image_size) == (0, 17, (40, 48))
    assert json.loads((tmp_path / "config.json").read_text())["architectures"] == ["ViTModel"]


@pytest.mark.parametrize(
    ("format", "prefix"), [("timm", "pre_logits.fc"), ("huggingface", "vit.pooler.dense")]
)
def test_what_the_library_no_longer_reads_is_left_out_and_noted(tmp_path, format, prefix):
    arrays = arrays_of(tmp_path, format, TOKEN) | {f"{prefix}.weight": np.ones((192, 192), "f4")}
    safetensors.numpy.save_file(arrays, path_of(tmp_path, format))
    p, config = weights.load(path_of(tmp_path, format), **SIZE)
    assert same(p, random_model(TOKEN))
    assert config.representation_size is None
    notes = weights.inspect(path_of(tmp_path, format), **SIZE).notes
    assert f"left out, as {format} does: {prefix}.weight" in notes


# ---- dtypes ----


def test_float16_is_widened(tmp_path):
    arrays = {name: array.astype("f2") for name, array in arrays_of(tmp_path, "timm", TOKEN).items()}
    safetensors.numpy.save_file(arrays, tmp_path / "half.safetensors")
    p, _ = weights.load(tmp_path / "half.safetensors", **SIZE)
    want = tree.map(lambda a: a.astype("f2").astype("f4"), random_model(TOKEN))
    assert same(p, want)
    notes = weights.inspect(tmp_path / "half.safetensors", **SIZE).notes
    assert any("32 arrays of 16 bits are widened to float32" in note for note in notes)


def test_bfloat16_as_raw_bytes_in_an_npz(tmp_path):
    def cut(array):
        """The upper half of every float32: what bfloat16 is."""
        return (np.ascontiguousarray(array).view("<u4") >> 16).astype("<u2")

    arrays = {name: cut(array).view("V2") for name, array in arrays_of(tmp_path, "google", TOKEN).items()}
    np.savez(tmp_path / "bfloat16.npz", **arrays)
    p, _ = weights.load(tmp_path / "bfloat16.npz", **SIZE)
    want = tree.map(lambda a: (cut(a).astype("<u4") << 16).view("<f4"), random_model(TOKEN))
    assert same(p, want)
    rows = weights.inspect(tmp_path / "bfloat16.npz", **SIZE).arrays
    assert ("cls", "class_token.cls", (1, 1, 192), "bfloat16") in rows


def test_every_kind_of_tensor_that_torch_saves():
    arrays = kinds.read(pathlib.Path(__file__).parent / "golden" / "torch_save.pth")
    x = np.arange(12, dtype="f4").reshape(3, 4) / 8
    bits = (x.view("<u4") >> 16).astype("<u2")
    want = {
        "float32": x,
        "transposed, same storage": x.T,
        "rows 1 and 2, same storage": x[1:],
        "float64": x.astype("f8"),
        "float16": x.astype("f2"),
        "bfloat16": bits.view("V2"),
        "int64": x.astype("i8"),
        "parameter": x + 1,
        "expanded": np.stack([x[0], x[0]]),
        "number": np.array(2.5, "f4"),
        "empty": np.zeros((0, 3), "f4"),
    }
    assert all(name.startswith("state_dict.") for name in arrays), "the key under which the file has them"
    arrays = {name.removeprefix("state_dict."): array for name, array in arrays.items()}
    assert list(arrays) == list(want)
    for name, array in want.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert arrays[name].tobytes() == array.tobytes()
        assert arrays[name].flags.writeable
    arrays["expanded"][0, 0] = 9.0  # one number in the file, but two in the tensor
    assert arrays["expanded"][1, 0] == 0.0


@pytest.mark.parametrize("format", ["timm", "torchvision", "huggingface"])
def test_a_pth_is_the_same_model(tmp_path, format):
    arrays = arrays_of(tmp_path, format, TOKEN)
    torch_save(tmp_path / "model.pth", arrays)
    p, _ = weights.load(tmp_path / "model.pth", **SIZE)
    assert same(p, random_model(TOKEN))


# ---- what a file does not say ----


def test_heads_are_the_published_sizes(tmp_path):
    config = preset("H/14", num_layers=1, image_size=14, mlp_dim=4, num_classes=2)
    weights.save(tmp_path / "h.safetensors", random_model(config), config, format="timm")
    (tmp_path / "config.json").unlink()
    assert weights.load(tmp_path / "h.safetensors")[1].num_heads == 16  # not 1280/64
    assert weights.load(tmp_path / "h.safetensors", num_heads=20)[1].num_heads == 20
    notes = weights.inspect(tmp_path / "h.safetensors").notes
    assert any("how many heads: taken to be 16" in note for note in notes)


@pytest.mark.parametrize(
    ("name", "width", "heads", "guess"), [("tiny", 28, 4, 1), ("digits", 64, 4, 1), ("digits", 128, 4, 2)]
)
def test_heads_of_an_unpublished_width_are_asked_for(tmp_path, name, width, heads, guess):
    """Width 64 in timm's names may be 1, 2 or 4 heads: a guess would load, and answer wrong; `inspect` guesses."""
    config = preset(name, representation_size=None, hidden_size=width)
    told = {"image_size": config.image_size}
    weights.save(tmp_path / "t.safetensors", random_model(config), config, format="timm")
    (tmp_path / "config.json").unlink()
    with pytest.raises(
        InputError,
        match=rf"t\.safetensors: it does not say how many heads share hidden_size {width}; .*--set num_heads=N",
    ):
        weights.load(tmp_path / "t.safetensors", **told)
    assert weights.load(tmp_path / "t.safetensors", **told, num_heads=heads)[1].num_heads == heads
    assert weights.inspect(tmp_path / "t.safetensors", **told).config.num_heads == guess


def test_positions_that_are_no_squares_are_asked_for(tmp_path):
    weights.save(tmp_path / "m.npz", random_model(TOKEN), TOKEN, format="google")
    with pytest.raises(InputError, match=r"m\.npz: it has positions for 30 patches of 8x8.*image_size="):
        weights.load(tmp_path / "m.npz")
    with pytest.raises(InputError, match="positions for 30 patches"):
        weights.load(tmp_path / "m.npz", image_size=(16, 16))
    found = weights.inspect(tmp_path / "m.npz")
    assert found.config.grid == (5, 6)
    (question,) = found.questions
    assert "positions for 30 patches of 8x8, which is no square" in question
    row = dataclasses.replace(TOKEN, image_size=(8, 56))  # seven patches are one row
    weights.save(tmp_path / "row.npz", random_model(row), row, format="google")
    assert weights.inspect(tmp_path / "row.npz").config.grid == (1, 7)


@pytest.mark.parametrize("format", FAMILIES)
def test_the_profile_follows_the_format_and_gives_way(tmp_path, format):
    weights.save(path_of(tmp_path, format), random_model(TOKEN), TOKEN, format=format)
    for file in tmp_path.glob("*.json"):
        file.unlink()
    _, config = weights.load(path_of(tmp_path, format), **SIZE)
    assert {field: getattr(config, field) for field in PROFILES[format]} == PROFILES[format]
    _, config = weights.load(path_of(tmp_path, format), **SIZE, **PROFILES["timm-imagenet"])
    assert config.preprocessing.mean == (0.485, 0.456, 0.406)
    _, config = weights.load(path_of(tmp_path, format), **SIZE, gelu="erf", layer_norm_eps=1e-3)
    assert (config.gelu, config.layer_norm_eps) == ("erf", 1e-3)


def test_what_the_caller_says_goes_before_the_file(tmp_path):
    told = {"num_heads": 4, "gelu": "tanh", "layer_norm_eps": 1e-3, "dropout_rate": 0.1}
    for format in ("vitnp", "huggingface"):
        weights.save(path_of(tmp_path, format), random_model(TOKEN), TOKEN, format=format)
        _, config = weights.load(path_of(tmp_path, format), **told)
        assert {field: getattr(config, field) for field in told} == told


def test_uint8_images_are_scaled_as_the_profile_says():
    image = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    x = images.scaled(image, PROFILES["google"]["preprocessing"])
    assert np.array_equal(x, image.astype(np.float32) / 127.5 - 1.0)
    rgb = image.repeat(3, axis=-1)
    x = images.scaled(rgb, PROFILES["torchvision"]["preprocessing"])
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(x, (rgb / 255.0 - mean) / std, atol=1e-6)
    assert x.dtype == np.float32


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mean": ()}, "preprocessing mean"),
        ({"mean": (0.5, float("nan"))}, "preprocessing mean"),
        ({"mean": (0.5, "0.5")}, "preprocessing mean"),
        ({"std": ()}, "preprocessing std"),
        ({"std": float("inf")}, "preprocessing std"),
        ({"std": (0.5, 0.0, 0.5)}, "need a number from 1e-06"),
        ({"std": -0.5}, "need a number from 1e-06"),
        ({"antialias": 1}, "antialias is 1; need True or False"),
        ({"keep_aspect_ratio": None}, "keep_aspect_ratio is None; need True or False"),
        ({"resize_filter": "lanczos"}, "choose bilinear or bicubic"),
        ({"crop_fraction": 0}, "crop_fraction"),
        ({"crop_fraction": 1.01}, "crop_fraction"),
        ({"crop_fraction": float("nan")}, "crop_fraction"),
        ({"crop_fraction": "all"}, "crop_fraction"),
    ],
)
def test_preprocessing_checks_itself(fields, words):
    with pytest.raises(InputError, match=words):
        Preprocessing(**fields)


def test_equal_ways_are_equal():
    """A number for all channels is as many equal ones, and only those are."""
    assert Preprocessing(mean=[0.5, 0.5, 0.5], std=0.5) == Preprocessing()
    assert Preprocessing(mean=(0.4, 0.5, 0.5)).mean == (0.4, 0.5, 0.5)
    assert Preprocessing(mean=-1, crop_fraction=1).mean == (-1,)


def test_the_configuration_checks_what_is_done_to_images_and_positions():
    with pytest.raises(InputError, match="mean has 2 numbers; need 1, or one for each of the 3 channels"):
        ViTConfig(preprocessing=Preprocessing(mean=(0.4, 0.5)))
    with pytest.raises(InputError, match="std has 3 numbers; need 1, or one for each of the 1 channels"):
        ViTConfig(preprocessing=Preprocessing(std=(0.4, 0.5, 0.6)), in_channels=1)
    with pytest.raises(InputError, match="position_interpolation is"):
        ViTConfig(position_interpolation="nearest")
    with pytest.raises(InputError, match="preprocessing is 3"):
        ViTConfig(preprocessing=3)
    assert ViTConfig(preprocessing={"mean": [0.4, 0.5, 0.6]}).preprocessing.mean == (0.4, 0.5, 0.6)


def test_timm_models_for_384_pixels_are_not_cropped(tmp_path):
    for side, crop in ((224, 0.9), (384, 1.0)):
        config = preset("Ti/16", num_layers=1, image_size=side)
        path = path_of(tmp_path, "timm")
        weights.save(path, random_model(config), config, format="timm")
        (tmp_path / "config.json").unlink()
        assert weights.load(path)[1].preprocessing.crop_fraction == crop


def test_preprocessing_of_three_channels_is_asked_for_where_there_is_one(tmp_path):
    config = preset("digits")
    p = vit.init(np.random.default_rng(0), config)
    before = PROFILES["torchvision"]["preprocessing"]
    weights.save(tmp_path / "a.safetensors", p, config, format="torchvision")
    with pytest.raises(InputError, match=r"is for 3 channels, the file has 1; say .*std=0\.5$"):
        weights.load(tmp_path / "a.safetensors", num_heads=4)
    told = {"preprocessing.mean": 0.5, "preprocessing.std": 0.5}  # as the line says
    how = weights.load(tmp_path / "a.safetensors", num_heads=4, **told)[1].preprocessing
    assert how == dataclasses.replace(before, mean=0.5, std=0.5)
    told = {"num_heads": 4, "preprocessing": {"mean": [0.5], "std": [0.5]}}
    assert weights.load(tmp_path / "a.safetensors", **told)[1].preprocessing.mean == (0.5,)
    assert weights.inspect(tmp_path / "a.safetensors", num_heads=4).config.preprocessing == how
    assert PROFILES["torchvision"]["preprocessing"] == before


# ---- the config.json beside the file ----


def test_hugging_face_json_comes_back(tmp_path):
    how = PROFILES["timm-imagenet"]["preprocessing"]
    config = ViTConfig(**(vars(TOKEN) | {"num_heads": 4, "layer_norm_eps": 1e-5, "gelu": "tanh"}))
    config = ViTConfig(**(vars(config) | {"position_interpolation": "bicubic", "preprocessing": how}))
    path = tmp_path / "model.safetensors"
    weights.save(path, random_model(config), config, format="huggingface")
    found = weights.load(path)[1]
    assert found.preprocessing.mean == how.mean
    assert found.preprocessing.resize_filter == "bicubic"
    assert ViTConfig(**(vars(found) | {"preprocessing": how})) == config
    given = json.loads((tmp_path / "config.json").read_text())
    assert given["architectures"] == ["ViTForImageClassification"]
    assert given["label2id"] == {f"LABEL_{i}": i for i in range(13)}


def test_timm_json(tmp_path):
    path = path_of(tmp_path, "timm")
    weights.save(path, random_model(TOKEN), TOKEN, format="timm")
    given = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.2, 0.2], "interpolation": "bilinear", "crop_pct": 0.95}
    (tmp_path / "config.json").write_text(json.dumps({"architecture": "vit", "pretrained_cfg": given}))
    how = weights.load(path, **SIZE)[1].preprocessing
    assert (how.mean, how.std) == ((0.4, 0.5, 0.6), (0.2,))
    assert (how.resize_filter, how.crop_fraction, how.keep_aspect_ratio) == ("bilinear", 0.95, True)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"id2label": ["cat", "dog"]}, ["cat", "dog"]),
        ({"id2label": {"1": "dog", "0": "cat"}}, ["cat", "dog"]),
        ({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}, None),
        ({"label_names": ["n1", "n2"], "label_descriptions": {"n1": "tench"}}, ["tench", "n2"]),
        ({}, None),
    ],
)
def test_class_names(tmp_path, given, names):
    (tmp_path / "config.json").write_text(json.dumps(given))
    assert weights.class_names(tmp_path / "model.safetensors") == names


def test_no_class_names_without_a_config(tmp_path):
    assert weights.class_names(tmp_path / "model.npz") is None


# ---- a new head, a look inside ----


def test_a_new_head_is_zero_and_drops_pre_logits(tmp_path):
    weights.save(tmp_path / "m.npz", random_model(PRE_LOGITS), PRE_LOGITS)
    p, config = weights.load(tmp_path / "m.npz", num_classes=9)
    assert (config.num_classes, config.representation_size) == (9, None)
    assert p["classify"].keys() == {"head"}
    assert p["classify"]["head"]["W"].shape == (192, 9)
    assert not p["classify"]["head"]["W"].any()
    assert not p["classify"]["head"]["b"].any()
    assert p["classify"]["head"]["W"].dtype == np.float32
    assert same(p["blocks"], random_model(PRE_LOGITS)["blocks"])
    logits, _ = vit.forward(np.zeros((2, *config.image_size, 3), np.float32), p, config)
    assert np.array_equal(logits, np.zeros((2, 9)))


def test_the_same_number_of_classes_is_a_new_head_too(tmp_path):
    weights.save(tmp_path / "m.npz", random_model(PRE_LOGITS), PRE_LOGITS)
    p, config = weights.load(tmp_path / "m.npz", num_classes=13)
    assert (config.num_classes, config.representation_size) == (13, None)
    assert p["classify"].keys() == {"head"}
    assert not p["classify"]["head"]["W"].any()
    p, config = weights.load(tmp_path / "m.npz")
    assert config == PRE_LOGITS
    assert same(p, random_model(PRE_LOGITS))
    p, config = weights.load(tmp_path / "m.npz", num_classes=0)
    assert p["classify"] == {}
    assert (config.num_classes, config.representation_size) == (0, None)


def test_a_new_head_leaves_its_argument_alone():
    p = random_model(PRE_LOGITS)
    adapt.new_head(p, PRE_LOGITS, 9)
    assert same(p, random_model(PRE_LOGITS))


@pytest.mark.parametrize("classifier", ["token", "gap"])
@pytest.mark.parametrize("fields", [{}, *POSITIONS.values()], ids=str)
def test_a_fresh_model_gives_no_note_but_of_its_head(tmp_path, fields, classifier):
    """Biases and the class token begin at zero too."""
    config = preset("tiny", **fields, classifier=classifier, representation_size=None)
    for format in FORMATS if not fields else ("vitnp",):
        if format != "vitnp" and not holds(format, config):
            continue
        for p, notes in ((vit.init(np.random.default_rng(0), config), 1), (random_model(config), 0)):
            path = path_of(tmp_path / format, format)
            path.parent.mkdir(exist_ok=True)
            weights.save(path, p, config, format=format)
            found = weights.inspect(path, image_size=config.image_size, num_heads=4)
            assert found.wrong == found.questions == []
            assert ["is all zeros: a head to be trained" in note for note in found.notes] == [True] * notes


def test_a_head_of_no_numbers_is_not_all_zeros(tmp_path):
    arrays = arrays_of(tmp_path, "vitnp", TOKEN) | {"classify.head.W": np.zeros((0, 13), "f4")}
    np.savez(tmp_path / "m.npz", **arrays)
    found = weights.inspect(tmp_path / "m.npz")
    assert (found.notes, found.misshapen) == ([], ["classify.head.W is (0, 13), need (192, 13)"])


def test_inspect_lists_what_the_file_holds_and_notes_a_head_of_zeros(tmp_path):
    p = random_model(TOKEN)
    p["classify"]["head"]["W"] *= 0.0
    weights.save(tmp_path / "m.safetensors", p, TOKEN, format="timm")
    found = weights.inspect(tmp_path / "m.safetensors", **SIZE)
    assert found.format == "timm"
    assert found.config.num_classes == 13
    ours = "blocks.0.attention.W_Q blocks.0.attention.W_K blocks.0.attention.W_V"
    assert ("blocks.0.attn.qkv.weight", ours, (576, 192), "float32") in found.arrays
    assert found.wrong == []
    assert any(note.startswith("head.weight is all zeros") for note in found.notes)
    assert not weights.load(tmp_path / "m.safetensors", **SIZE)[0]["classify"]["head"]["W"].any()


@pytest.mark.parametrize(
    ("profile", "mean", "crop"),
    [
        ("timm", (0.5,), (0.9, "bicubic", True)),
        ("timm-384", (0.5,), (1.0, "bicubic", True)),
        ("timm-imagenet", (0.485, 0.456, 0.406), (0.9, "bicubic", True)),
        ("torchvision", (0.485, 0.456, 0.406), (224 / 256, "bilinear", True)),
    ],
)
def test_what_the_sources_of_the_libraries_say(profile, mean, crop):
    """Typed from timm's vision_transformer.py and deit.py, and torchvision's vision_transformer.py."""
    how = PROFILES[profile]["preprocessing"]
    assert (how.mean, (how.crop_fraction, how.resize_filter, how.antialias)) == (mean, crop)
    assert how.keep_aspect_ratio


def test_bfloat16_in_safetensors(tmp_path):
    """The upper half of every float32, under the name that the format has for it."""
    weights.save(path_of(tmp_path, "timm"), random_model(TOKEN), TOKEN, format="timm")
    arrays, header, data = safetensors.numpy.load_file(path_of(tmp_path, "timm")), {}, b""
    for name, array in arrays.items():
        half = (np.ascontiguousarray(array).view("<u4") >> 16).astype("<u2").tobytes()
        header[name] = {
            "dtype": "BF16",
            "shape": array.shape,
            "data_offsets": [len(data), len(data) + len(half)],
        }
        data += half
    text = json.dumps(header).encode()
    (tmp_path / "half.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    p, _ = weights.load(tmp_path / "half.safetensors", **SIZE)
    whole, _ = weights.load(path_of(tmp_path, "timm"), **SIZE)
    for name, leaf in tree.leaves(whole):
        np.testing.assert_allclose(tree.get(p, name), leaf, rtol=2**-7, err_msg=name)
