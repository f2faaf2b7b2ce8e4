"""What other libraries' ViTs have beside the slides': fields that fit, files, another image size, `look`."""

import numpy as np
import pytest
from cases import NEIGHBORS, model_point

import vitnp
from vitnp import InputError, models, predict, preset, tree, vit, weights
from vitnp.analysis import look
from vitnp.models.vit import masked

every = pytest.mark.parametrize("fields", NEIGHBORS.values(), ids=NEIGHBORS)


@every
def test_a_file_gives_the_model_back(fields, tmp_path):
    config = preset("tiny", **fields)
    images, p = model_point(config)
    weights.save(tmp_path / "m.npz", p, config)
    again, found = weights.load(tmp_path / "m.npz")
    assert found == config
    assert tree.names(again) == tree.names(p)
    np.testing.assert_array_equal(predict(images, again, found), predict(images, p, config))


def test_a_configuration_without_them_is_written_as_before():
    """So an older vitnp reads the file."""
    given = models.config_to_dict(preset("tiny"))
    assert not {"num_registers", "input_norm", "pooled_norm", "pool_mlp_dim"} & given.keys()
    given = models.config_to_dict(preset("tiny", num_registers=2))
    assert given["num_registers"] == 2
    assert models.config_from_dict(given) == preset("tiny", num_registers=2)


@every
def test_another_image_size(fields):
    config = preset("tiny", **fields)
    _, p = model_point(config)
    p, new = vit.resized(p, config, (32, 56))
    assert new.num_tokens == config.num_prefix + 28
    assert predict(np.zeros((1, 32, 56, 3)), p, new).shape == (1, 13)


def test_a_class_token_that_nobody_reads_is_a_register():
    """[CLS] with its position, and the mean of the patches: the same tokens, the same bits."""
    config = preset("tiny")
    images, p = model_point(config)
    tokens = vitnp.tokens(images, p, config)
    E_pos = p["position"]["E_pos"]
    reg = {"reg": (p["class_token"]["cls"] + E_pos[0])[None]}
    q = p | {"registers": reg, "position": {"E_pos": E_pos[1:]}}
    del q["class_token"]
    as_register = preset("tiny", classifier="gap", num_registers=1)
    np.testing.assert_array_equal(vitnp.tokens(images, q, as_register), tokens)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"num_registers": 1, "position_embedding": "relative"}, "registers have no position"),
        ({"num_registers": 1, "position_at": "every-layer"}, "registers have no position"),
        ({"pooled_norm": True}, 'pooled_norm is of the mean of "gap"'),
        ({"pool_mlp_dim": 9}, "pool_mlp_dim is of attention pooling"),
        ({"num_registers": -1}, "num_registers is -1"),
    ],
)
def test_fields_that_do_not_fit(fields, message):
    with pytest.raises(InputError, match=message):
        preset("tiny", **fields)


@pytest.mark.parametrize("fields", [{"classifier": "map"}, {"classifier": "gap", "pooled_norm": True}])
def test_masked_patches_are_of_tokens(fields):
    config = preset("tiny", num_classes=0, representation_size=None, **fields)
    with pytest.raises(InputError, match="masked patches are predicted from tokens"):
        masked.check_tree({}, config)


def test_attention_of_a_model_with_registers():
    """[CLS], two registers, four patches: the registers are no place of the image."""
    A = np.zeros((1, 7, 7))
    A[0, :, 4] = 0.75  # the second patch
    A[0, :, 1] = 0.25  # a register
    how = {"grid": (2, 2), "registers": 2}
    np.testing.assert_array_equal(look.attention_from_class_token(A, **how), [[[0, 0.75], [0, 0]]])
    patch, share = look.sinks(A, **how)
    assert (patch[0], share[0]) == (1, 0.75)
    # from the four patches to the second: 1, 0, √2 and 1 patches of 3 pixels
    want = 3 * (2 + np.sqrt(2)) / 4
    np.testing.assert_allclose(look.attention_distance(A, patch_size=3, **how), [want])
    with pytest.raises(InputError, match="a grid of 2x2 patches has 4 tokens"):
        look.attention_distance(A, grid=(2, 2), patch_size=3)
