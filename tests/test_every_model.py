"""What holds for every model of images: threads, what is kept, the parts of backward, files, configurations."""

import dataclasses
import json

import numpy as np
import pytest
from generic_models import alike, generic

from vitnp import InputError, loss_and_grads, models, predict, preset, tree, weights
from vitnp.analysis import linear_eval
from vitnp.blocks import conv_stage, encoder, resnet
from vitnp.models import OF_IMAGES, config_from_dict, config_to_dict, rnn
from vitnp.tasks.classification import Classification, Head

TINY = {family: preset("tiny" if family == "vit" else f"{family}-tiny") for family in OF_IMAGES}
TINY["rnn, patches"] = preset(
    "rnn-tiny", sequence="patches", patch_size=3, image_size=(9, 6), classifier="gap"
)
TINY["vit, neighbors"] = preset("tiny", classifier="map", num_registers=2, input_norm=True, gelu="quick")
TINY["hybrid, dropout"] = preset("hybrid-tiny", dropout_rate=0.3)
# What keep="inputs" has in place of what a layer saves; an MLP's layers save little more than their inputs.
INPUTS = {
    "vit": encoder.BlockInput,
    "bit": resnet.UnitInput,
    "hybrid": resnet.UnitInput,
    "cnn": conv_stage.StageInput,
    "rnn": rnn.LayerInput,
}

every = pytest.mark.parametrize("config", TINY.values(), ids=TINY)


@every
@pytest.mark.parametrize("task", [Classification(0.1), Head(0.1)])
def test_over_threads_and_micro_batches(config, task):
    config = dataclasses.replace(config, **({"dropout_rate": 0.0} if config.drops else {}))
    images, p = generic(config)
    labels = np.array([0, 5, 2])
    value, dp = loss_and_grads(images, labels, p, config, task, workers=1)
    for how in ({"workers": 3}, {"workers": 2, "micro_batch": 2}, {"micro_batch": 1}, {"recompute": True}):
        again, grads = loss_and_grads(images, labels, p, config, task, **how)
        assert again == pytest.approx(value, rel=1e-12)
        alike(grads, dp)
    want = models.of(config).forward(images, p, config)[0]
    np.testing.assert_allclose(predict(images, p, config, workers=2), want, rtol=1e-10)


@every
def test_recomputing_gives_the_same_bits(config):
    images, p = generic(config, dtype="float32")
    runs = [
        loss_and_grads(
            images,
            np.array([0, 5, 2]),
            p,
            config,
            rng=np.random.default_rng(3),
            workers=1,
            recompute=recompute,
        )
        for recompute in (False, True)
    ]
    assert runs[0][0] == runs[1][0]
    tree.map(np.testing.assert_array_equal, runs[0][1], runs[1][1])


@every
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_kept_changes_nothing(config, whole):
    images, p = generic(config)
    model = models.of(config)
    want, saved = model.forward(images, p, config, whole=whole)
    dy = np.random.default_rng(1).standard_normal(want.shape)
    dx, dp = model.backward(dy, saved)
    y, saved = model.forward(images, p, config, keep="inputs", whole=whole)
    np.testing.assert_array_equal(y, want)
    for _ in range(2):  # and it may be gone back twice
        dx_again, dp_again = model.backward(dy, saved)
        np.testing.assert_array_equal(dx_again, dx)
        tree.map(np.testing.assert_array_equal, dp_again, dp)
    y, saved = model.forward(images, p, config, keep="nothing", whole=whole)
    np.testing.assert_array_equal(y, want)
    with pytest.raises(InputError, match=r'saved holds 0 of \d layers: forward had keep="nothing"'):
        model.backward(y, saved)


@pytest.mark.parametrize(("family", "Kept"), INPUTS.items(), ids=INPUTS)
def test_only_the_inputs_of_the_layers_are_kept(family, Kept):
    def of_layers(saved):
        """What stands in the lists of saved."""
        for item in saved if isinstance(saved, tuple) else ():
            yield from item if isinstance(item, list) else of_layers(item)

    images, p = generic(TINY[family])
    _, saved = models.of(TINY[family]).forward(images, p, TINY[family], keep="inputs")
    kept = [item[2] if family in ("bit", "hybrid") and len(item) == 3 else item for item in of_layers(saved)]
    assert kept and {type(item) for item in kept} <= {Kept, encoder.BlockInput}


@every
def test_the_parts_come_last_first_and_are_used_up(config):
    images, p = generic(config)
    model = models.of(config)
    y, saved = model.forward(images, p, config)
    found = list(model.backward_parts(y, saved))
    leaves = [name for part, dp in reversed(found) for name, _ in tree.leaves(dp, f"{part}.")]
    assert leaves == [name for name, _ in tree.leaves(p)]
    assert found[0][0] == "classify"
    with pytest.raises(InputError, match="backward_parts used it up"):
        next(model.backward_parts(y, saved))


@every
def test_the_representation_is_what_the_head_sees(config):
    images, p = generic(config)
    r = linear_eval.features(images, p, config)
    head, want = p["classify"]["head"], models.of(config).forward(images, p, config)[0]
    np.testing.assert_allclose(r @ head["W"] + head["b"], want, rtol=1e-10)


@pytest.mark.parametrize("family", OF_IMAGES)
def test_a_configuration_there_and_back(family):
    module = models.of(TINY[family])
    for name in module.PRESETS:
        config = preset(name, num_classes=3)
        given = config_to_dict(config)
        assert given["family"] == family
        assert config_from_dict(json.loads(json.dumps(given))) == config


@every
def test_a_file_there_and_back(config, tmp_path):
    _, p = generic(config)
    weights.save(tmp_path / "model.npz", p, config)
    q, found = weights.load(tmp_path / "model.npz")
    assert found == config
    tree.map(np.testing.assert_array_equal, p, q)
    q, found = weights.load(tmp_path / "model.npz", num_classes=4)
    assert type(found) is type(config) and found.num_classes == 4
    models.of(found).forward(generic(found)[0], q, found)


@pytest.mark.parametrize("family", ["mlp", "cnn", "rnn"])
def test_other_libraries_have_no_place_for_it(family, tmp_path):
    config = TINY[family]
    with pytest.raises(InputError, match=f"timm has no place for a model of the family {family}"):
        weights.save(tmp_path / "model.safetensors", generic(config)[1], config, format="timm")


@pytest.mark.parametrize(
    ("name", "field"), [("bit-tiny", "units"), ("hybrid-tiny", "stem_units"), ("cnn-tiny", "channels")]
)
def test_a_list_of_sizes_becomes_a_tuple(name, field):
    assert getattr(preset(name, **{field: [3]}), field) == (3,)


def test_what_follows_from_the_fields():
    assert preset("cnn-tiny").facts == {"last feature map": "2 x 3 x 7"}
    assert TINY["rnn"].facts == {"sequence": "9 rows of 24 values"}
    assert TINY["rnn, patches"].facts == {"sequence": "6 patches of 36 values"}
