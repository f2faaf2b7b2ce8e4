"""Which model: by the family in a configuration or a file, by the name of a preset."""

import argparse
import dataclasses
import json
import types

import numpy as np
import pytest

import vitnp
from vitnp import InputError, models, preset, vit, weights
from vitnp.commands.model import chosen
from vitnp.inputs.fields import whole
from vitnp.inputs.images import ImageConfig, Preprocessing
from vitnp.training.choices import config_class
from vitnp.training.loop import Progress
from vitnp.training.recipes import LISTED
from vitnp.training.snapshots import Checkpoints
from vitnp.training.wanted import Wanted
from vitnp.weights import described, native


@dataclasses.dataclass(frozen=True, kw_only=True)
class OtherConfig(ImageConfig):
    family = "other"
    width: int = whole(8)


@pytest.fixture
def other(monkeypatch):
    """A second family of models, imported as often as it is looked at."""
    imported = []
    real = models.importlib.import_module

    def import_module(name):
        if name != "vitnp.models.other":
            return real(name)
        imported.append(name)
        return types.SimpleNamespace(Config=OtherConfig, PRESETS={"other-small": {"width": 4}})

    monkeypatch.setattr(models, "FAMILIES", ("vit", "other"))
    monkeypatch.setattr(models.importlib, "import_module", import_module)
    return imported


def test_the_module_of_a_configuration():
    assert models.of(preset("tiny")) is models.with_preset("tiny") is vit
    assert vit.Config is vitnp.ViTConfig
    for family in models.FAMILIES:
        assert models.module(family).Config.family == family


def test_no_two_models_have_a_preset_of_the_same_name():
    counts = [len(models.module(family).PRESETS) for family in models.FAMILIES]
    assert sum(counts) == len(vitnp.PRESETS)
    for name in vitnp.PRESETS:
        assert isinstance(preset(name), models.with_preset(name).Config)


def test_another_model_is_imported_only_for_what_is_not_the_first_ones(other):
    assert preset("B/16") == vitnp.ViTConfig()
    assert other == []
    assert preset("other-small", in_channels=1) == OtherConfig(width=4, in_channels=1)
    assert other != []
    assert models.of(OtherConfig()).PRESETS == {"other-small": {"width": 4}}
    assert list(models.PRESETS) == [*vit.PRESETS, "other-small"]


def test_the_near_names_are_those_of_all_models(other):
    with pytest.raises(InputError, match=r'^model "other-smal" is unknown; did you mean other-small\? the '):
        preset("other-smal")
    with pytest.raises(
        InputError, match=r"the \d+ names are in vitnp.PRESETS, and vitnp info --help lists them$"
    ):
        preset("zzz")


def test_the_fields_are_those_of_the_models_own_configuration(other):
    with pytest.raises(
        InputError, match=r'field "num_heads" is unknown; .*choose from image_size, .*, width$'
    ):
        preset("other-small", num_heads=3)
    with pytest.raises(InputError, match='field "widht" is unknown; did you mean width'):
        preset("other-small", widht=3)


def test_a_configuration_comes_back_from_json(other):
    for config in (preset("tiny", preprocessing={"mean": [0.1, 0.2, 0.3]}), OtherConfig(width=3)):
        given = models.config_to_dict(config)
        assert given["family"] == config.family
        assert json.loads(json.dumps(given)) == given
        assert models.config_from_dict(given) == config
        assert models.config_to_dict(models.config_from_dict(given)) == given


def test_a_configuration_without_a_family_is_a_vits(other):
    assert models.config_from_dict({}) == vitnp.ViTConfig()
    assert models.config_from_dict({"num_heads": 3, "image_size": [16, 32]}).num_heads == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"family": "Vit"}, 'model family "Vit" is unknown; did you mean vit? choose from vit, other'),
        ({"family": ["vit"]}, "choose from vit, other"),
        ({"family": "other", "num_heads": 3}, 'configuration field "num_heads" is unknown'),
        ({"num_haeds": 3}, 'configuration field "num_haeds" is unknown; did you mean num_heads'),
        ({"num_heads": 7}, "hidden_size 768 is not divisible by num_heads 7"),
        ([1], "a configuration is [1]; need an object of fields"),
    ],
)
def test_what_is_no_configuration(other, given, said):
    with pytest.raises(InputError) as problem:
        models.config_from_dict(given)
    assert said in str(problem.value)


def options(**given):
    """What a command line has: --model, --image-size, --set and those of `vitnp train`."""
    return argparse.Namespace(
        **{"model": None, "image_size": None, "set": [], "init": None, "known": None}
        | {"weights": None, "source_format": None}
        | given
    )


def test_set_names_the_fields_of_the_chosen_model(other):
    words = {"model": "other-small", "image_size": "8x16", "set": ["width=3"]}
    assert chosen(options(**words)).config == OtherConfig(image_size=(8, 16), width=3)
    with pytest.raises(InputError, match='configuration field "widht" is unknown; did you mean width'):
        chosen(options(model="other-small", set=["widht=3"]))
    with pytest.raises(
        InputError, match=r'configuration field "width" is unknown; .*choose from .*num_heads'
    ):
        chosen(options(model="tiny", set=["width=3"]))


def test_whose_fields_a_training_may_set(tmp_path, other):
    """Those of --model or the recipe's model, of the file to begin with, or of the run that goes on."""
    np.savez(tmp_path / "other.npz", **{"vitnp.config": native.config_array(OtherConfig())})
    file, listed = str(tmp_path / "other.npz"), LISTED["digits"]
    assert config_class(Wanted(), listed) is vitnp.ViTConfig
    assert config_class(Wanted(), listed._replace(model="other-small")) is OtherConfig
    assert config_class(Wanted(), listed._replace(model="a model that is not here")) is vitnp.ViTConfig
    assert config_class(Wanted(model="other-small"), listed) is OtherConfig
    assert config_class(Wanted(init=file), listed) is OtherConfig
    assert config_class(Wanted(init="gone"), listed, {"family": "other"}) is OtherConfig


# ---- files ----

# As version 0.1.0 wrote it before there was a second family: no "family", and the fields in another order.
OLD = (
    '{"image_size": [12, 8], "patch_size": 4, "in_channels": 3, "hidden_size": 12, "num_layers": 2, "num_heads": 3, '
    '"mlp_dim": 20, "num_classes": 5, "representation_size": 7, "classifier": "token", "gelu": "erf", '
    '"layer_norm_eps": 1e-06, "dropout_rate": 0.0, "attention_dropout_rate": 0.0, "position_embedding": "1d", '
    '"position_at": "stem", "position_interpolation": "bilinear-aligned", "preprocessing": {"mean": [0.5], '
    '"std": [0.5], "resize_filter": "bilinear", "antialias": false, "crop_fraction": 1.0, '
    '"keep_aspect_ratio": false}}'
)
EXPECTED = vitnp.ViTConfig(
    image_size=(12, 8),
    patch_size=4,
    hidden_size=12,
    num_layers=2,
    num_heads=3,
    mlp_dim=20,
    num_classes=5,
    representation_size=7,
    gelu="erf",
)


def test_a_file_from_before_there_were_families(tmp_path):
    p = vit.init(np.random.default_rng(0), EXPECTED)
    arrays = dict(vitnp.tree.leaves(p)) | {"vitnp.config": np.array(OLD)}
    np.savez(tmp_path / "old.npz", **arrays)
    q, config = weights.load(tmp_path / "old.npz")
    assert config == EXPECTED
    weights.save(tmp_path / "new.npz", q, config)
    again, config = weights.load(tmp_path / "new.npz")
    assert config == EXPECTED
    for name, leaf in vitnp.tree.leaves(p):
        np.testing.assert_array_equal(vitnp.tree.get(again, name), leaf)
    with np.load(tmp_path / "new.npz") as file:
        assert json.loads(str(file["vitnp.config"])) == {"family": "vit"} | json.loads(OLD)


def test_a_field_that_came_later_is_written_where_it_is_not_the_default(tmp_path):
    """So that an older version, which does not know it, reads nearly all files."""
    config = dataclasses.replace(EXPECTED, preprocessing=Preprocessing(crop_rounding="down"))
    weights.save(tmp_path / "new.npz", vit.init(np.random.default_rng(0), config), config)
    assert weights.load(tmp_path / "new.npz")[1] == config
    assert vitnp.models.config_to_dict(config)["preprocessing"]["crop_rounding"] == "down"
    assert "crop_rounding" not in vitnp.models.config_to_dict(EXPECTED)["preprocessing"]
    deep = dataclasses.replace(EXPECTED, stochastic_depth_rate=0.1)
    assert models.config_from_dict(models.config_to_dict(deep)) == deep
    assert "stochastic_depth_rate" not in models.config_to_dict(EXPECTED)


def test_whose_fields_a_file_has(tmp_path, other):
    """Known without reading the arrays; what is no file of vitnp's is a ViT's, as is what is not there."""
    for name, config in (("vit", preset("tiny")), ("other", OtherConfig())):
        np.savez(tmp_path / name, **{"vitnp.config": native.config_array(config), "x": np.ones(3)})
        assert described.config_class(tmp_path / f"{name}.npz") is type(config)
        run = {"model": models.config_to_dict(config)}
        path = Checkpoints(tmp_path / f"of-{name}", run).save(Progress({"W": np.ones(3)}, {"step": 4}))
        assert described.config_class(path) is type(config)
    np.savez(tmp_path / "theirs.npz", x=np.ones(3))
    (tmp_path / "text").write_text("text")
    for name in ("theirs.npz", "text", "nothing"):
        assert described.config_class(tmp_path / name) is vitnp.ViTConfig


@pytest.mark.parametrize("text", ["{", "[]", '{"family": "swin"}', "[" * 100_000])
def test_a_file_whose_configuration_is_none_is_named(tmp_path, text):
    np.savez(tmp_path / "model.npz", **{"vitnp.config": np.array(text)})
    with pytest.raises(InputError, match=r"model\.npz: vitnp\.config is no configuration \("):
        described.config_class(tmp_path / "model.npz")
