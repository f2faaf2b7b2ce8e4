"""Facts that the arrays of a file do not hold: said by its JSON, or taken and then said in one line."""

import json
import warnings

import command_line
import numpy as np
import pytest
from checkpoint_files import GAP, TOKEN, arrays_of, path_of, random_model
from PIL import Image

from vitnp import InputError, ViTConfig, preset, weights
from vitnp.errors import LONGEST, Assumed
from vitnp.weights import kinds
from vitnp.weights.vit import assumed, huggingface_json, timm_json
from vitnp.weights.vit.profiles import PROFILES, TORCHVISION, own_row

SQUARE = preset("Ti/16", num_layers=1, image_size=32, num_classes=5)
ALL = ["num_heads", "gelu", "layer_norm_eps", "preprocessing"]


def saved(folder, format, config=SQUARE, *, keep_json=False):
    """The path of a random model, without the JSON files that `save` writes."""
    arrays_of(folder, format, config)
    for file in () if keep_json else folder.glob("*.json"):
        file.unlink()
    return path_of(folder, format)


def said_of(path, **told):
    """The one line that `load` says of a file."""
    with pytest.warns(Assumed) as found:
        weights.load(path, **told)
    assert len(found) == 1
    assert found[0].filename == __file__, "the caller's line"
    return str(found[0].message)


@pytest.mark.parametrize(
    ("format", "open_"),
    [("timm", ALL), ("huggingface", ALL), ("torchvision", ["num_heads", "preprocessing"])],
)
def test_what_nobody_says_is_said_in_one_line(tmp_path, format, open_):
    path = saved(tmp_path, format)
    assert [name for name, _ in weights.inspect(path).taken if name != "classifier"] == open_
    line = said_of(path)
    assert len(line) <= LONGEST
    assert "num_heads (3)" in line
    assert "--set num_heads=VALUE" in line
    assert "mean " in line


@pytest.mark.parametrize("field", ["num_heads", "gelu", "layer_norm_eps"])
def test_what_the_caller_says_is_not_in_it(tmp_path, field):
    path = saved(tmp_path, "timm")
    value = getattr(weights.inspect(path).config, field)
    assert f"{field} (" not in said_of(path, **{field: value})


def test_one_field_of_the_preprocessing_is_told(tmp_path):
    line = said_of(saved(tmp_path, "timm"), **{"preprocessing.mean": 0.25, "preprocessing.std": 0.25})
    assert "preprocessing (filter bicubic, crop 0.9)" in line


def test_nothing_is_said_where_all_is_told(tmp_path):
    path = saved(tmp_path, "timm")
    found = weights.inspect(path)
    told = {name: getattr(found.config, name) for name, _ in found.taken}
    with warnings.catch_warnings(action="error"):
        weights.load(path, **told)


@pytest.mark.parametrize("format", ["vitnp", "google", "timm", "huggingface"])
def test_nothing_is_said_where_the_file_says_it(tmp_path, format):
    path = saved(tmp_path, format, keep_json=True)
    with warnings.catch_warnings(action="error"):
        weights.load(path)


def test_a_file_of_big_vision_does_not_say_how_it_is_resized(tmp_path):
    arrays = arrays_of(tmp_path, "google", GAP)
    name = "Transformer/posembed_input/pos_embedding"
    kinds.write_npz(tmp_path / "b.npz", {("pos_embedding" if n == name else n): a for n, a in arrays.items()})
    told = {"image_size": GAP.image_size}
    assert "taken: preprocessing (mean 0.5, std 0.5" in said_of(tmp_path / "b.npz", **told)
    with warnings.catch_warnings(action="error"):
        weights.load(path_of(tmp_path, "google"), **told)


def test_a_command_says_it_once_and_in_korean(capsys, tmp_path):
    path = saved(tmp_path, "timm")
    Image.new("RGB", (40, 32)).save(tmp_path / "a.png")
    words = ("predict", tmp_path / "a.png", "--weights", path)
    status, out, err = command_line.run(capsys, *words, unsaid=True)
    assert status == 0
    assert err.startswith("note: ")  # with the path, or where that is too long its name
    assert f"{path.name} does not say these, and the usual values are taken: " in err
    assert "num_heads (3), gelu (erf), " in err
    assert err.count("\n") == 1
    assert "note" not in out
    _, _, err = command_line.run(capsys, *words, "--lang", "ko", unsaid=True)
    assert "흔한 값으로 정한 것: " in err
    assert "num_heads (3), gelu (erf)" in err
    _, _, err = command_line.run(capsys, *words, "--set", "num_heads=6", unsaid=True)
    assert "num_heads" not in err
    _, out, err = command_line.run(capsys, "weights", "inspect", path, unsaid=True)
    assert err == ""
    assert "not said by the file: num_heads 3\n" in out


def test_the_line_names_the_file_alone_where_its_path_is_long():
    path = "/".join(["folder" * 5] * 8 + ["model.safetensors"])
    line = assumed.line(path, [("num_heads", "6")], LONGEST)
    assert line.startswith("model.safetensors does not say")


@pytest.mark.parametrize("file", TORCHVISION)
def test_a_published_file_of_torchvision_is_known_by_its_name(tmp_path, file):
    path = saved(tmp_path, "torchvision").rename(tmp_path / f"{file}.pth.safetensors")
    with warnings.catch_warnings(action="error"):
        config = weights.load(path)[1]
    assert config.preprocessing == PROFILES[TORCHVISION[file]]["preprocessing"]


@pytest.mark.parametrize(
    ("sizes", "row"),
    [
        ((224, 768, 16), "torchvision"),
        ((224, 768, 32), "torchvision"),
        ((224, 1024, 32), "torchvision"),
        ((224, 1024, 16), "torchvision-242"),
        ((384, 768, 16), "torchvision-swag"),
        ((512, 1024, 16), "torchvision-swag"),
        ((518, 1280, 14), "torchvision-swag"),
        ((224, 1280, 14), "torchvision-swag"),
    ],
)
def test_torchvisions_weights_by_their_sizes(sizes, row):
    image_size, hidden_size, patch_size = sizes
    fields = {"image_size": (image_size,) * 2, "hidden_size": hidden_size, "patch_size": patch_size}
    assert own_row("torchvision", "model.pth", fields) == row
    assert own_row("timm", "vit_l_16-852ce7e3.pth", fields) == "timm"


def beside(folder, format, changes, name="config.json"):
    """The path of a file whose JSON file has these changes; None removes a field."""
    path = saved(folder, format, keep_json=True)
    given = json.loads((folder / name).read_text()) | changes
    (folder / name).write_text(json.dumps({key: value for key, value in given.items() if value is not None}))
    return path


@pytest.mark.parametrize(
    ("format", "changes", "name", "what"),
    [
        ("timm", {"stride": 3}, "config.json", "stride"),
        ("timm", {"architecture": "vit_of_a_course"}, "config.json", "architecture 'vit_of_a_course'"),
        ("huggingface", {"stride": 3, "sinks": 1}, "config.json", "stride; sinks"),
        ("huggingface", {"gamma": 2.2}, "preprocessor_config.json", "preprocessor_config.json's gamma"),
    ],
)
def test_a_field_that_nobody_knows_is_said(tmp_path, format, changes, name, what):
    line = said_of(beside(tmp_path, format, changes, name))
    assert f"fields that are not known here are left out: {what}" in line


@pytest.mark.parametrize(
    ("format", "changes", "message"),
    [
        (
            "timm",
            {"global_pool": "max", "model_args": None},
            "global_pool is 'max'; vitnp has token, avg, map",
        ),
        ("timm", {"model_args": {"qk_norm": True}}, "qk_norm is True, which is not built here"),
        ("timm", {"model_args": {"norm_layer": "rmsnorm"}}, "norm_layer is 'rmsnorm'"),
        ("timm", {"pretrained_cfg": {"label_offset": 1}}, "label_offset is 1"),
        ("timm", {"architecture": "vit_base_patch16_rpn_224"}, "LayerNorms after attention"),
        ("huggingface", {"model_type": "swin"}, "model_type is 'swin'; vitnp has vit, deit"),
        ("huggingface", {"problem_type": "ranking"}, "problem_type is 'ranking'"),
        ("huggingface", {"pruned_heads": {"0": [1]}}, "pruned_heads is"),
        ("huggingface", {"hidden_act": "relu"}, "hidden_act is 'relu'"),
    ],
)
def test_a_value_that_is_not_built_here_is_refused_by_name(tmp_path, format, changes, message):
    with pytest.raises(InputError, match=message) as raised:
        weights.load(beside(tmp_path, format, changes))
    assert "config.json" in str(raised.value)
    assert len(str(raised.value)) <= LONGEST


def test_one_field_belongs_to_one_group():
    for fields in (
        timm_json.VIT,
        timm_json.RESNET,
        timm_json.PRETRAINED,
        timm_json.TOP,
        huggingface_json.FIELDS,
    ):
        groups = [fields.used, fields.arrays, fields.idle, frozenset(fields.only)]
        assert sum(map(len, groups)) == len(frozenset().union(*groups))


def test_the_architecture_says_what_model_args_does_not(tmp_path):
    """As on the hub."""
    config = preset("S/16", num_layers=1, image_size=32, num_classes=5, mlp_dim=8)
    path = saved(tmp_path, "timm", config)
    hub = {"architecture": "deit_small_patch16_224", "global_pool": "token"}
    (tmp_path / "config.json").write_text(json.dumps(hub))
    assert [name for name, _ in weights.inspect(path).taken] == ["preprocessing"]
    hub["architecture"] = "deit_base_patch16_224"  # of another width
    (tmp_path / "config.json").write_text(json.dumps(hub))
    line = said_of(path)
    assert "num_heads (6)" in line
    assert "architecture of hidden_size 768" in line


def test_an_architecture_whose_epsilon_and_gelu_are_its_own():
    def fields(name, **arguments):
        return timm_json.read({"architecture": name, "model_args": arguments}).fields

    clip = fields("vit_base_patch32_clip_quickgelu_224")
    assert (clip["layer_norm_eps"], clip["gelu"]) == (1e-5, "quick")
    assert fields("vit_base_patch16_clip_224", act_layer="gelu_tanh")["gelu"] == "tanh"
    assert fields("vit_large_patch16_siglip_512")["gelu"] == "tanh"
    assert fields("vit_large_patch16_siglip_384")["gelu"] == "erf"
    assert fields("vit_base_patch16_gap_224", embed_dim=768)["num_heads"] == 16
    assert timm_json.read({"architecture": "deit3_small_patch16_224"}).no_class_row


def test_the_vision_tower_in_a_configuration_of_two():
    found = huggingface_json.read(
        {
            "model_type": "clip",
            "projection_dim": 64,
            "text_config": {"num_attention_heads": 2},
            "vision_config": {
                "hidden_size": 24,
                "num_attention_heads": 3,
                "dropout": 0.0,
                "temperature": 1.0,
            },
        }
    )
    assert not found.unknown
    assert found.fields == {"hidden_size": 24, "num_heads": 3, "layer_norm_eps": 1e-5, "gelu": "quick"}
    siglip = huggingface_json.read({"model_type": "siglip_vision_model"}).fields
    assert siglip["gelu"] == "tanh"
    assert "classifier" not in siglip, "the arrays show its pooling"


def test_notes_of_timm_on_the_weights_are_kept(tmp_path):
    path = saved(tmp_path, "timm", keep_json=True)
    given = json.loads((tmp_path / "config.json").read_text())
    given["pretrained_cfg"]["notes"] = ["natively QuickGELU"]
    (tmp_path / "config.json").write_text(json.dumps(given))
    assert any("natively QuickGELU" in note for note in weights.inspect(path).notes)


def test_one_number_of_a_clip_processor_is_the_shorter_side(tmp_path):
    given = {
        "feature_extractor_type": "CLIPFeatureExtractor",
        "size": 32,
        "crop_size": 32,
        "do_center_crop": True,
    }
    path = saved(tmp_path, "huggingface", keep_json=True)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(given))
    how = weights.load(path)[1].preprocessing
    assert how.keep_aspect_ratio
    assert how.resize_filter == "bicubic"
    assert how.mean == (0.48145466, 0.4578275, 0.40821073)


def test_pictures_of_a_processor_that_crops_by_a_part(tmp_path):
    path = beside(tmp_path, "huggingface", {"crop_pct": 0.875}, "preprocessor_config.json")
    with pytest.raises(InputError, match=r"crop_pct 0.875.*--set preprocessing.crop_fraction=1"):
        weights.load(path)


def test_hidden_heads_of_a_file_change_its_numbers(tmp_path):
    """Why it is said: the same arrays with another number of heads are another model."""
    path = saved(tmp_path, "timm", TOKEN)
    told = {"image_size": TOKEN.image_size}
    p, three = weights.load(path, **told)
    six = weights.load(path, num_heads=6, **told)[1]
    from vitnp import predict

    images = np.random.default_rng(0).standard_normal((1, *TOKEN.image_size, 3)).astype(np.float32)
    assert np.abs(predict(images, p, three) - predict(images, p, six)).max() > 1e-3
    assert isinstance(three, ViTConfig)
    assert random_model(TOKEN).keys() == p.keys()
