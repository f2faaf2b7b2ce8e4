"""The JSON files beside a Hugging Face or timm file: every setting is taken, asked about, or refused by name."""

import json
import re

import numpy as np
import pytest
from checkpoint_files import TOKEN, arrays_of, path_of, random_model
from PIL import Image

from vitnp import InputError, ViTConfig, preset, weights
from vitnp.data import preprocess
from vitnp.inputs.images import overrides
from vitnp.weights import PROFILES

SIZE = {"image_size": TOKEN.image_size}
SQUARE = preset("Ti/16", num_layers=1, image_size=32, num_classes=5)


def beside(tmp_path, format, name, given, config=TOKEN):
    """The path of a file with `given` in the JSON file of that name beside it."""
    arrays_of(tmp_path, format, config)
    (tmp_path / name).write_text(json.dumps(given))
    return path_of(tmp_path, format)


def processed(tmp_path, given, config=TOKEN):
    """The Preprocessing of a Hugging Face file with that preprocessor_config.json."""
    return weights.load(beside(tmp_path, "huggingface", "preprocessor_config.json", given, config))[
        1
    ].preprocessing


def test_without_normalization(tmp_path):
    how = processed(tmp_path, {"do_normalize": False, "image_mean": [0.5, 0.5, 0.5], "resample": None})
    assert (how.mean, how.std) == ((0.0,), (1.0,))


@pytest.mark.parametrize(
    ("given", "factor"),
    [
        ({"rescale_factor": 1 / 127.5}, 1 / 127.5),
        ({"do_rescale": False}, 1.0),
        ({"rescale_factor": 1 / 255}, 1 / 255),
    ],
)
def test_another_factor_before_the_mean(tmp_path, given, factor):
    """x·factor, minus the mean, over the deviation: as transformers computes it."""
    mean, std = [0.3, 0.4, 0.5], [0.2, 0.3, 0.4]
    how = processed(tmp_path, given | {"image_mean": mean, "image_std": std}, SQUARE)
    config = preset("Ti/16", image_size=32, preprocessing=how)
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    want = (image * factor - mean) / std
    np.testing.assert_allclose(preprocess.apply(Image.fromarray(image), config), want, rtol=1e-4, atol=1e-4)
    if factor == 1 / 255:
        assert (how.mean, how.std) == (tuple(mean), tuple(std)), "to the last bit"


@pytest.mark.parametrize("edge", [32, 36, 37, 64, 71])
def test_the_shorter_side_and_the_middle(tmp_path, edge):
    given = {
        "size": {"shortest_edge": edge},
        "do_center_crop": True,
        "crop_size": {"height": 32, "width": 32},
    }
    how = processed(tmp_path, given, SQUARE)
    assert how.keep_aspect_ratio
    config = preset("Ti/16", image_size=32, preprocessing=how)
    assert preprocess.resized((200, 100), config) == (2 * edge, edge)


def test_a_stretch_and_the_middle(tmp_path):
    how = processed(tmp_path, {"size": 256, "do_center_crop": True, "crop_size": 32}, SQUARE)
    assert (how.crop_fraction, how.keep_aspect_ratio) == (32 / 256, False)
    how = processed(tmp_path, {"size": {"height": 40, "width": 48}})
    assert (how.crop_fraction, how.keep_aspect_ratio) == (1.0, False)


CENTER, EDGE = {"do_center_crop": True}, {"size": {"shortest_edge": 64}}


@pytest.mark.parametrize(
    ("given", "fraction", "keep"),
    [
        ({"size": 32, "crop_size": 24}, 1.0, False),  # cut to only where do_center_crop says so
        ({"size": 32, "crop_size": 24, "do_center_crop": False}, 1.0, False),
        ({"size": 64} | CENTER, 0.5, False),  # without a crop_size to the model's
        ({"size": [64, 64], "crop_size": [32, 32]} | CENTER, 0.5, False),
        ({"size": 93, "crop_size": 32} | CENTER, np.nextafter(32 / 93, 0), False),  # 32/(32/93) is 92.99…
        (EDGE | CENTER, 0.5, True),
        (EDGE | CENTER | {"crop_size": 32}, 0.5, True),
    ],
    ids=str,
)
def test_every_way_to_resize(tmp_path, given, fraction, keep):
    how = processed(tmp_path, given, SQUARE)
    assert (how.crop_fraction, how.keep_aspect_ratio) == (fraction, keep)


@pytest.mark.parametrize("crop", [{}, {"crop_size": 32}])
def test_a_resize_without_the_models_size(tmp_path, crop):
    """There preprocessor_config.json alone decides what is cut out."""
    path = beside(tmp_path, "huggingface", "preprocessor_config.json", {"size": 32, **CENTER, **crop}, SQUARE)
    (tmp_path / "config.json").unlink()
    config = weights.load(path)[1]
    assert config.image_size == (32, 32)
    assert config.preprocessing.crop_fraction == 1.0


@pytest.mark.parametrize(
    ("given", "config"),
    [
        ({"size": 24}, SQUARE),  # another size than the model's
        ({"size": {"height": 32, "width": 24}}, SQUARE),
        ({"size": 64, "crop_size": 48} | CENTER, SQUARE),
        ({"size": {"height": 64, "width": 40}} | CENTER, SQUARE),  # stretched in two ways
        ({"size": {"height": 40, "width": 64}} | CENTER, SQUARE),
        ({"size": {"shortest_edge": 32}}, SQUARE),  # nothing says what is left of the longer side
        (EDGE | CENTER | {"crop_size": 48}, SQUARE),
        ({"size": {"shortest_edge": 16}} | CENTER, TOKEN),  # 40x48: which side is the shorter one?
    ],
    ids=str,
)
def test_a_resize_that_vitnp_has_not(tmp_path, given, config):
    path = beside(tmp_path, "huggingface", "preprocessor_config.json", given, config)
    (question,) = weights.inspect(path).questions
    height, width = config.image_size
    assert question.startswith(
        f"preprocessor_config.json resizes to {given['size']} for {height}x{width} pixels"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"resample": 0}, "preprocessor_config.json has resample 0"),
        ({"resample": "\x1b[2J"}, "preprocessor_config.json has resample"),
        ({"do_resize": False}, "do_resize false"),
        ({"size": {"shortest_edge": 32}}, "resizes to {'shortest_edge': 32} for 40x48 pixels"),
        ({"size": {"height": 16, "width": 16}}, "resizes to {'height': 16, 'width': 16} for 40x48 pixels"),
    ],
)
def test_what_vitnp_has_not_is_asked_about(tmp_path, given, words):
    path = beside(tmp_path, "huggingface", "preprocessor_config.json", given)
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        weights.load(path)
    assert str(caught.value).isprintable()
    assert words in weights.inspect(path).questions[0]
    advice = re.findall(r"--set (preprocessing\.\w+=\w+)", str(caught.value))
    assert advice, "the line says what to add, and then the file is loaded"
    assert weights.load(path, **overrides(None, advice, ViTConfig))[1].image_size == TOKEN.image_size
    how = PROFILES["huggingface"]["preprocessing"]
    assert weights.load(path, preprocessing=how)[1].preprocessing == how
    assert weights.load(path, preprocessing={"antialias": True})[1].preprocessing == how


@pytest.mark.parametrize(
    "given",
    [
        {"image_mean": 5},
        {"image_mean": [1, 2]},
        {"image_std": [0, 0, 0]},
        {"image_mean": ["a", 1, 1]},
        {"resample": []},
        {"rescale_factor": 0},
        {"rescale_factor": "x"},
        {"size": {"width": 3}},
        {"size": 0, "do_center_crop": True},
        {"size": [1, 2, 3]},
    ],
)
def test_a_preprocessor_config_that_is_none_is_named(tmp_path, given):
    path = beside(tmp_path, "huggingface", "preprocessor_config.json", given)
    with pytest.raises(InputError, match=r"preprocessor_config\.json"):
        weights.load(path)


BAD_JSON = {
    "nothing after it": '{"a": 1} x',
    "nested": '{"a": ' * 10**5,
    "a name twice": '{"layer_norm_eps": 1e-6, "layer_norm_eps": 1e-12}',
    "a name twice, deep inside": '{"a": [{"b": {"c": 1, "c": 2}}]}',
    "a number beyond float64": '{"layer_norm_eps": 1e400}',
    "no number": '{"layer_norm_eps": NaN}',
    "thousands of digits": f'{{"layer_norm_eps": {"9" * 5000}}}',
    "a list": "[1]",
    "no UTF-8": b'"\xff"',
}


@pytest.mark.parametrize("content", BAD_JSON.values(), ids=BAD_JSON)
@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json"])
def test_json_that_cannot_be_believed(tmp_path, name, content):
    arrays_of(tmp_path, "huggingface", TOKEN)
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=re.escape(name)) as caught:
        weights.load(path_of(tmp_path, "huggingface"))
    assert str(caught.value).endswith("repair it, or move it away")


def test_json_of_gigabytes_is_not_read(tmp_path):
    arrays_of(tmp_path, "huggingface", TOKEN)
    with open(tmp_path / "config.json", "wb") as file:
        file.truncate(2**33)
    for ask in (weights.load, weights.class_names):
        with pytest.raises(InputError, match=r"config\.json has more than 16,777,216 bytes; repair it"):
            ask(path_of(tmp_path, "huggingface"))


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e308, [10**400]], ids=lambda value: f"{value!r:.9}")
@pytest.mark.parametrize(
    "field", ["rescale_factor", "image_mean", "image_std", "size", "resample", "crop_size"]
)
def test_numbers_beyond_every_bound(tmp_path, field, value):
    given = {"size": 64, "do_center_crop": True, field: value}
    if field in ("image_mean", "image_std") and not isinstance(value, list):
        given[field] = [value]
    path = beside(tmp_path, "huggingface", "preprocessor_config.json", given)
    with pytest.raises(InputError, match=r"preprocessor_config\.json"):
        weights.load(path)


# ---- timm ----


def test_timms_squash(tmp_path):
    given = {"pretrained_cfg": {"crop_mode": "squash", "crop_pct": 1.0, "interpolation": "bicubic"}}
    how = weights.load(beside(tmp_path, "timm", "config.json", given), **SIZE)[1].preprocessing
    assert (how.keep_aspect_ratio, how.crop_fraction) == (False, 1.0)


def test_timms_arguments(tmp_path):
    given = {"model_args": {"num_heads": 6, "act_layer": "gelu_tanh"}, "num_classes": 13}
    path = beside(tmp_path, "timm", "config.json", given)
    config = weights.load(path, **SIZE)[1]
    assert (config.num_heads, config.gelu) == (6, "tanh")
    assert weights.load(path, **SIZE, num_heads=3)[1].num_heads == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"pretrained_cfg": {"interpolation": "lanczos"}}, "config.json has interpolation 'lanczos'"),
        ({"pretrained_cfg": {"crop_mode": "border"}}, "config.json has crop_mode 'border'"),
        ({"num_classes": 9}, "num_classes 13, the config.json beside it says 9"),
        ({"model_args": {"act_layer": "relu"}}, "config.json cannot be used (act_layer is 'relu'"),
        ({"pretrained_cfg": 5}, "config.json cannot be used"),
        ({"pretrained_cfg": {"mean": 5}}, "config.json cannot be used"),
        ({"pretrained_cfg": {"crop_pct": "x"}}, "config.json cannot be used"),
    ],
)
def test_timms_settings_that_cannot_be_taken(tmp_path, given, words):
    with pytest.raises(InputError, match=re.escape(words)):
        weights.load(beside(tmp_path, "timm", "config.json", given), **SIZE)


# ---- class names ----


@pytest.mark.parametrize(
    "given",
    [
        {"id2label": {"0": None, "1": "b"}},
        {"id2label": 5},
        {"id2label": "abc"},
        {"label_names": 5},
        {"label_names": "abc"},
        {"label_names": ["a"], "label_descriptions": 5},
        {"label_names": [["a"], "b"]},
    ],
)
def test_class_names_that_are_none(tmp_path, given):
    (tmp_path / "config.json").write_text(json.dumps(given))
    with pytest.raises(InputError, match=r"config\.json cannot be used"):
        weights.class_names(tmp_path / "model.safetensors")


def test_class_names_are_saved(tmp_path):
    path, names = path_of(tmp_path, "huggingface"), ["ant", "bee", "ant", "\u00e9", "\x1b", *"abcdefgh"]
    weights.save(path, random_model(TOKEN), TOKEN, format="huggingface", class_names=names)
    assert weights.class_names(path) == names
    assert weights.load(path)[1].num_classes == 13
    with pytest.raises(InputError, match="class_names has 12 names; need 13"):
        weights.save(path, random_model(TOKEN), TOKEN, format="huggingface", class_names=names[1:])


@pytest.mark.parametrize("format", ["vitnp", "google", "torchvision"])
def test_the_json_of_another_library_is_not_read(tmp_path, format):
    arrays_of(tmp_path, format, TOKEN)
    told = {"hidden_act": "relu", "layer_norm_eps": 0.5, "num_classes": 7, "model_args": {"num_heads": 6}}
    (tmp_path / "config.json").write_text(json.dumps(told))
    (tmp_path / "preprocessor_config.json").write_text('{"image_mean": [0.1, 0.2, 0.3]}')
    config = weights.load(path_of(tmp_path, format), **SIZE)[1]
    how = TOKEN.preprocessing if format == "vitnp" else PROFILES[format]["preprocessing"]
    assert (config.num_heads, config.layer_norm_eps, config.preprocessing) == (3, 1e-6, how)
