"""Neighbors of the ViT in timm's files: the numbers of a plain float64 model, or one line that names them.

`neighbor_files` has the reference; tests/parity asks the libraries themselves.
"""

import numpy as np
import pytest
from neighbor_files import CLASSES, HEADS, D, arrays, dense, forward, norm, pooling
from neighbor_names import renamed
from safetensors.numpy import save_file

import vitnp
from vitnp import weights
from vitnp.errors import InputError

RNG = np.random.default_rng(24)
IMAGES = RNG.normal(size=(2, 16, 16, 3))


def saved(tmp_path, found):
    """The path of a file of these arrays."""
    path = tmp_path / "model.safetensors"
    save_file({name: np.ascontiguousarray(array) for name, array in found.items()}, path)
    return path


def agrees(path, want, **told):
    """Loads the file, compares its logits with those wanted, and gives (p, config, notes)."""
    p, config, notes = weights.loading.load_with_notes(path, num_heads=HEADS, **told)
    got = vitnp.vit.forward(IMAGES, p, config)[0]
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= 1e-12 * np.abs(want).max()
    return p, config, " ".join(notes)


@pytest.mark.parametrize(
    "how", [{"qkv_bias": False}, {"proj_bias": False}, {"qkv_bias": False, "proj_bias": False}]
)
def test_layers_without_a_bias(tmp_path, how):
    a = arrays(RNG, **how)
    _, _, notes = agrees(saved(tmp_path, a), forward(a, IMAGES))
    assert "without a bias, as if it were zeros" in notes


def test_a_head_and_a_projection_without_a_bias(tmp_path):
    a = arrays(RNG)
    del a["head.bias"], a["patch_embed.proj.bias"]
    assert "patch_embed.proj.bias" in agrees(saved(tmp_path, a), forward(a, IMAGES))[2]


@pytest.mark.parametrize("lost", ["blocks.1.attn.qkv.bias", "blocks.0.norm1.bias", "norm.bias"])
def test_one_bias_of_many_is_missing(tmp_path, lost):
    a = arrays(RNG)
    del a[lost]
    with pytest.raises(InputError, match=f"{lost} is missing"):
        weights.load(saved(tmp_path, a), num_heads=HEADS)


@pytest.mark.parametrize(
    ("rows", "token", "registers"),
    [
        (17, True, 0),
        (16, True, 0),
        (21, True, 4),
        (16, True, 4),
        (20, False, 4),
        (16, False, 4),
        (18, True, 1),
    ],
)
def test_registers_and_rows_of_the_table(tmp_path, rows, token, registers):
    """timm: positions of every token, or of the patches alone (no_embed_class)."""
    a, pool = arrays(RNG, rows=rows, token=token, registers=registers), "token" if token else "gap"
    _, config, _ = agrees(saved(tmp_path, a), forward(a, IMAGES, pool=pool))
    assert (config.num_registers, config.classifier, config.grid) == (registers, pool, (4, 4))


def test_dinov2s_registers_have_no_rows(tmp_path):
    a = arrays(RNG, rows=17, registers=4)
    own = renamed(a, ("reg_token", "register_tokens")) | {"mask_token": np.zeros((1, D))}
    agrees(saved(tmp_path, own), forward(a, IMAGES))


def test_rows_that_fit_two_grids_are_asked(tmp_path):
    """9 rows of a class token and 4 registers: 3x3 patches, or 2x2 and all tokens."""
    a = arrays(RNG, rows=9, registers=4)
    path = saved(tmp_path, a)
    with pytest.raises(InputError, match=r"4 patches, if 5 tokens .* or 9 patches, if 0 tokens .*image_size"):
        weights.load(path, num_heads=HEADS)
    assert weights.load(path, num_heads=HEADS, image_size=12)[1].grid == (3, 3)
    assert weights.load(path, num_heads=HEADS, image_size=8)[1].grid == (2, 2)


@pytest.mark.parametrize("rows", [16, 17])
def test_a_class_token_that_no_head_reads_is_a_register(tmp_path, rows):
    a = arrays(RNG, rows=rows)
    want = forward(a, IMAGES, pool="gap")
    p, config, notes = agrees(saved(tmp_path, a), want, classifier="gap")
    assert (config.num_registers, p["registers"]["reg"].shape) == (1, (1, D))
    assert "tokens that no head reads: cls_token" in notes


@pytest.mark.parametrize("token", [True, False])
def test_a_norm_after_the_mean(tmp_path, token):
    """A fine-tuned MAE: fc_norm in place of norm; a class token is then not read."""
    a = renamed(arrays(RNG, rows=16 + token, token=token), ("norm.", "norm."))
    a = {name.replace("norm.", "fc_norm.") if name.startswith("norm.") else name: x for name, x in a.items()}
    _, config, _ = agrees(saved(tmp_path, a), forward(a, IMAGES, pool="gap"))
    assert (config.classifier, config.pooled_norm, config.num_registers) == ("gap", True, int(token))
    if token:  # with the class token the norm before and after the choice of it are the same
        _, config, _ = agrees(saved(tmp_path, a), forward(a, IMAGES), classifier="token")
        assert not config.pooled_norm


@pytest.mark.parametrize(("width", "pool_mlp_dim"), [(20, None), (32, 32)])
@pytest.mark.parametrize("gelu", ["erf", "tanh"])
def test_attention_pooling(tmp_path, width, pool_mlp_dim, gelu):
    a = arrays(RNG, rows=16, token=False) | pooling(RNG, width)
    path = saved(tmp_path, a)
    _, config, _ = agrees(path, forward(a, IMAGES, pool="map", gelu=gelu), gelu=gelu)
    assert (config.classifier, config.pool_mlp_dim) == ("map", pool_mlp_dim)
    with pytest.raises(InputError, match="which GELU"):
        weights.load(path, num_heads=HEADS)


@pytest.mark.parametrize(("token", "registers"), [(True, 0), (False, 4), (True, 3)])
def test_attention_pooling_is_of_the_patches_alone(tmp_path, token, registers):
    a = arrays(RNG, rows=16 + token + registers, token=token, registers=registers) | pooling(RNG)
    _, config, _ = agrees(saved(tmp_path, a), forward(a, IMAGES, pool="map"), gelu="erf")
    assert (config.classifier, config.num_registers) == ("map", token + registers)


@pytest.mark.parametrize("gelu", ["quick", "erf"])
def test_clip_in_timms_and_in_openais_names(tmp_path, gelu):
    a = arrays(RNG, classes=0) | norm(RNG, "norm_pre")
    del a["patch_embed.proj.bias"]
    want = forward(a, IMAGES, gelu=gelu, eps=1e-5)
    assert agrees(saved(tmp_path, a), want, gelu=gelu)[1].input_norm
    path = saved(tmp_path, openai(a))
    _, _, notes = agrees(path, want, gelu=gelu)
    assert "the text tower" in notes
    assert "the projection to an embedding" in notes
    with pytest.raises(InputError, match="which GELU"):
        weights.load(path, num_heads=HEADS)


def openai(a):
    """The arrays under the names of OpenAI's CLIP, and some of its text tower."""
    found = renamed(
        a,
        *(
            (old, f"visual.{new}")
            for old, new in (("norm_pre.", "ln_pre."), ("pos_embed", "positional_embedding"))
        ),
        *(
            (old, f"visual.{new}")
            for old, new in (("cls_token", "class_embedding"), ("patch_embed.proj", "conv1"))
        ),
        ("blocks.", "visual.transformer.resblocks."),
        *((f".norm{i}.", f".ln_{i}.") for i in (1, 2)),
        *((".attn.qkv.", ".attn.in_proj_"), (".attn.proj.", ".attn.out_proj.")),
        *((".mlp.fc1.", ".mlp.c_fc."), (".mlp.fc2.", ".mlp.c_proj.")),
    )
    found = {
        name.replace("norm.", "visual.ln_post.") if name[:5] == "norm." else name: x
        for name, x in found.items()
    }
    for name in ("visual.class_embedding", "visual.positional_embedding"):
        found[name] = found[name].reshape(-1, D).squeeze()
    text = (
        "positional_embedding",
        "token_embedding.weight",
        "ln_final.bias",
        "text_projection",
        "logit_scale",
    )
    block = "transformer.resblocks.0.attn.in_proj_weight"
    return found | dict.fromkeys((*text, block, "visual.proj"), np.ones((2, 3)))


def test_a_model_without_positions(tmp_path):
    """timm's pos_embed="none": the grid is in no array, so the size of the images is asked."""
    a = arrays(RNG, rows=0)
    path = saved(tmp_path, a)
    with pytest.raises(InputError, match=r"no table of positions.*image_size= or --image-size HxW"):
        weights.load(path, num_heads=HEADS)
    assert agrees(path, forward(a, IMAGES), image_size=16)[1].position_embedding == "none"


def test_the_encoder_of_an_mae(tmp_path):
    a = arrays(RNG, classes=0)
    decoder = {"mask_token": np.ones((1, 1, 8)), "decoder_pos_embed": np.ones((1, 17, 8))}
    decoder |= dense(RNG, "decoder_embed", 8, D) | dense(RNG, "decoder_blocks.0.mlp.fc1", 8, 8)
    _, _, notes = agrees(saved(tmp_path, a | decoder), forward(a, IMAGES))
    assert "the decoder of an MAE, of which this is the encoder: decoder_" in notes


@pytest.mark.parametrize("name", ["head.1", "head.fc"])
def test_a_head_in_place_of_timms(tmp_path, name):
    a = arrays(RNG)
    _, config, _ = agrees(saved(tmp_path, renamed(a, ("head", name))), forward(a, IMAGES))
    assert config.num_classes == CLASSES


def test_a_head_of_several_layers_is_refused(tmp_path):
    a = arrays(RNG) | dense(RNG, "head.0", 8, D) | dense(RNG, "head.2", CLASSES, 8)
    with pytest.raises(InputError, match=r"a head of 3 layers .*one dense layer"):
        weights.load(saved(tmp_path, a), num_heads=HEADS)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"blocks.0.gamma_1": np.ones(D)}, "DINOv3 or EVA"),
        (
            {"norm_pre.weight": np.ones(D), "attn_pool.pos_embed": np.ones((16, D))},
            "attention pooling has positions",
        ),
    ],
)
def test_other_models_are_named(tmp_path, more, words):
    a = {name: array for name, array in arrays(RNG).items() if name != "pos_embed"} | more
    with pytest.raises(InputError, match=words) as caught:
        weights.load(saved(tmp_path, a), num_heads=HEADS)
    assert len(str(caught.value)) <= 300


@pytest.mark.parametrize(
    ("name", "shape"),
    [("cls_token", (D,)), ("cls_token", (1, 1, 7)), ("reg_token", (4, D)), ("pos_embed", (1, 21, 7))],
)
def test_misshapen_tokens(tmp_path, name, shape):
    a = arrays(RNG, rows=21, registers=4) | {name: np.ones(shape)}
    if (name, shape) != ("cls_token", (D,)):  # CLIP's is so
        with pytest.raises(InputError, match=f"{name} is"):
            weights.load(saved(tmp_path, a), num_heads=HEADS)
