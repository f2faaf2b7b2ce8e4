"""The neighbors of the ViT in the files of Hugging Face, big_vision and torchvision."""

import numpy as np
import pytest
from neighbor_files import HEADS, D, arrays, forward, norm, pooling
from neighbor_names import flax, huggingface, renamed, sincos, towers
from test_neighbors import IMAGES, RNG, agrees, saved

import vitnp
from vitnp import weights
from vitnp.errors import InputError

TEXT = {
    "text_model.final_layer_norm.bias": np.ones(4),
    "logit_scale": np.ones(1),
    "text_projection.weight": np.ones(4),
}


@pytest.mark.parametrize("prefix", ["", "vit."])
def test_an_mae(tmp_path, prefix):
    """Hugging Face's ViTMAEModel, and ViTMAEForPreTraining with its decoder."""
    a = arrays(RNG, classes=0)
    block = {f"decoder.decoder_layers.{i}.layernorm_after.bias": np.ones(4) for i in range(8)}
    decoder = block | {"decoder.mask_token": np.ones((1, 1, 4))} if prefix else {}
    path = saved(tmp_path, huggingface(a, prefix) | decoder)
    _, config, notes = agrees(path, forward(a, IMAGES, eps=1e-12))
    assert config.num_classes == 0
    assert ("the decoder of an MAE" in notes) == bool(prefix)
    assert "and 6 more" in notes or not prefix


def test_the_second_token_of_a_deit_is_a_register(tmp_path):
    a = arrays(RNG, rows=18, registers=1)
    found = renamed(huggingface(a, "deit."), ("register_tokens", "distillation_token"))
    assert agrees(saved(tmp_path, found), forward(a, IMAGES, eps=1e-12))[1].num_registers == 1


def test_an_i_jepa_has_no_class_token(tmp_path):
    a = arrays(RNG, rows=16, token=False)
    agrees(saved(tmp_path, huggingface(a, "ijepa.")), forward(a, IMAGES, eps=1e-12, pool="gap"))


@pytest.mark.parametrize("prefix", ["", "dinov2_with_registers."])
def test_dinov2_with_registers(tmp_path, prefix):
    """Their positions are of the class token and the patches. λ is 1 here; others are in `test_golden_dinov2`."""
    a = arrays(RNG, registers=4, classes=0)
    scale = {f"{prefix}encoder.layer.{i}.layer_scale{n}.lambda1": np.ones(D) for i in (0, 1) for n in (1, 2)}
    path = saved(tmp_path, huggingface(a, prefix) | scale)
    _, config, notes = agrees(path, forward(a, IMAGES))
    assert config.position_interpolation == "bicubic-antialias"
    assert "taken to be Hugging Face's DINOv2 with registers" in notes


@pytest.mark.parametrize("prefix", ["", "vision_model."])
def test_a_clip(tmp_path, prefix):
    """The pooled output, what visual_projection then projects; transformers 5 has a tower alone without a prefix."""
    a = arrays(RNG, classes=0) | norm(RNG, "norm_pre")
    del a["patch_embed.proj.bias"]
    whole = TEXT | {
        "visual_projection.weight": np.ones((3, D)),
        f"{prefix}embeddings.position_ids": np.ones((1, 17)),
    }
    path = saved(tmp_path, towers(a, prefix) | (whole if prefix else {}))
    _, _, notes = agrees(path, forward(a, IMAGES, gelu="quick", eps=1e-5), gelu="quick")
    assert ("the text tower" in notes and "the projection to an embedding" in notes) == bool(prefix)
    with pytest.raises(InputError, match="which GELU"):
        weights.load(path, num_heads=HEADS)


def test_a_clip_with_classes_is_refused(tmp_path):
    a = towers(arrays(RNG) | norm(RNG, "norm_pre"))
    with pytest.raises(
        InputError, match="is CLIPForImageClassification: the mean of patches without the last"
    ):
        weights.load(saved(tmp_path, a), num_heads=HEADS)


@pytest.mark.parametrize("prefix", ["", "vision_model."])
def test_a_siglip(tmp_path, prefix):
    a = arrays(RNG, rows=16, token=False, classes=0) | pooling(RNG)
    path = saved(tmp_path, towers(a, prefix) | (TEXT if prefix else {}))
    agrees(path, forward(a, IMAGES, gelu="tanh", pool="map"))


def test_a_siglip_with_classes_does_not_use_its_pooling(tmp_path):
    a = arrays(RNG, rows=16, token=False) | pooling(RNG)
    want = forward(a, IMAGES, gelu="tanh", pool="gap")
    assert agrees(saved(tmp_path, towers(a)), want)[1].classifier == "gap"


def test_siglip_2_with_any_number_of_patches_is_refused(tmp_path):
    a = towers(arrays(RNG, rows=16, token=False, classes=0))
    kernel = "vision_model.embeddings.patch_embedding.weight"
    a[kernel] = a[kernel].reshape(D, -1)
    with pytest.raises(InputError, match="is SigLIP 2"):
        weights.load(saved(tmp_path, a), num_heads=HEADS)


def of_flax(tmp_path, found):
    """The path of an .npz of these arrays."""
    np.savez(tmp_path / "model.npz", **found)
    return tmp_path / "model.npz"


@pytest.mark.parametrize("pool", ["token", "gap", "map"])
def test_big_vision(tmp_path, pool):
    """Its positions never have a row for the class token; SigLIP's file has two towers."""
    a = arrays(RNG, rows=16, token=pool == "token") | (pooling(RNG, 48) if pool == "map" else {})
    text = (
        {"params/txt/head/bias": np.ones(4), "params/t": np.ones(1), "params/b": np.ones(1)}
        if pool == "map"
        else {}
    )
    found = renamed(flax(a), ("params/", "params/img/" if text else "params/"))
    path = of_flax(tmp_path, found | text)
    _, _, notes = agrees(path, forward(a, IMAGES, gelu="tanh", pool=pool))
    assert ("the text tower" in notes) == bool(text)


@pytest.mark.parametrize("told", [{}, {"position_embedding": "sincos"}])
def test_big_vision_keeps_no_fixed_positions(tmp_path, told):
    a = arrays(RNG, rows=0, token=False)
    path = of_flax(tmp_path, flax(a))
    with pytest.raises(InputError, match=r"no table of positions.*image_size="):
        weights.load(path, **told)
    want = forward(a | {"pos_embed": sincos(4, 4)}, IMAGES, gelu="tanh", pool="gap")
    assert agrees(path, want, image_size=16, **told)[1].position_embedding == "sincos"
    with pytest.raises(InputError, match="relative"):
        weights.load(path, image_size=16, position_embedding="relative")


def test_a_published_file_without_its_positions_is_damaged(tmp_path):
    pairs = (("params/", ""), ("MultiHeadDotProductAttention_0", "MultiHeadDotProductAttention_1"))
    found = renamed(flax(arrays(RNG, rows=0, token=False)), *pairs)
    with pytest.raises(InputError, match="pos_embedding is missing"):
        weights.load(of_flax(tmp_path, found), image_size=16)


@pytest.mark.parametrize("name", ["heads", "heads.1", "heads.head.0", "heads.fc"])
def test_a_head_in_place_of_torchvisions(tmp_path, name):
    config = vitnp.ViTConfig(
        image_size=16,
        patch_size=4,
        hidden_size=D,
        num_heads=HEADS,
        mlp_dim=8,
        num_layers=1,
        num_classes=3,
        gelu="erf",
    )
    p = vitnp.vit.init(RNG, config, "float64")
    p["classify"]["head"]["W"][:] = RNG.normal(size=(D, 3))
    weights.save(tmp_path / "own.safetensors", p, config, format="torchvision")
    found = renamed(weights.kinds.read(tmp_path / "own.safetensors"), ("heads.head", name))
    agrees(saved(tmp_path, found), vitnp.vit.forward(IMAGES, p, config)[0])


@pytest.mark.parametrize("format", ["google", "timm", "huggingface", "torchvision"])
@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"num_registers": 2}, "registers"),
        ({"classifier": "map"}, "attention pooling"),
        ({"input_norm": True}, "a LayerNorm before the first block"),
        ({"classifier": "gap", "pooled_norm": True}, "a LayerNorm after the mean"),
    ],
)
def test_a_format_without_a_place_for_it(tmp_path, format, fields, what):
    config = vitnp.ViTConfig(
        image_size=8,
        patch_size=4,
        hidden_size=D,
        num_heads=3,
        mlp_dim=8,
        num_layers=1,
        num_classes=3,
        **fields,
    )
    p = vitnp.vit.init(np.random.default_rng(0), config)
    path = tmp_path / ("m.npz" if format == "google" else "m.safetensors")
    with pytest.raises(InputError, match=f"{format} .*{what}.*; save the model as vitnp$"):
        weights.save(path, p, config, format=format)
    weights.save(tmp_path / "own.npz", p, config)
    assert weights.load(tmp_path / "own.npz")[1] == config
