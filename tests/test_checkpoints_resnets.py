"""BiT and hybrids in every format: round trips, what is read off a file and what is asked, other sizes, other heads."""

import dataclasses
import json

import numpy as np
import pytest
import safetensors.numpy
from checkpoint_files import path_of, same, torch_save

from vitnp import InputError, gradcheck, models, preset, tree, weights
from vitnp.inputs.images import Preprocessing
from vitnp.models import bit, hybrid
from vitnp.ops import positions
from vitnp.weights import described, families, kinds, loading, saving
from vitnp.weights.stored import Stored

FORMATS = ("vitnp", "google", "timm")
BIT, HYBRID = preset("bit-tiny"), preset("hybrid-tiny")
ROOT = preset("hybrid-tiny", stem_units=(), patch_size=4, image_size=(32, 48), representation_size=None)
MODELS = pytest.mark.parametrize("config", [BIT, HYBRID, ROOT], ids=["bit", "hybrid", "root"])


def random_model(config, dtype=np.float32):
    """Random parameters, no two alike."""
    p = gradcheck.random_like(models.of(config).init(None, config), np.random.default_rng(0))
    return tree.map(lambda leaf: leaf.astype(dtype), p)


def told(config, format):
    """What a file of the format does not say."""
    heads = {"num_heads": config.num_heads} if config.family == "hybrid" and format == "timm" else {}
    return {"image_size": config.image_size, "groups": config.groups} | heads


def arrays_of(folder, format, config):
    """{name: array} of a random model in a format."""
    weights.save(path_of(folder, format), random_model(config), config, format=format)
    (folder / "config.json").unlink(missing_ok=True)
    return kinds.read(path_of(folder, format))


@MODELS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_round_trip_through_every_format(tmp_path, config, dtype):
    p = random_model(config, dtype)
    for format in FORMATS:
        path = path_of(tmp_path, format)
        weights.save(path, p, config, format=format)
        q, found = weights.load(path, **({} if format == "vitnp" else told(config, format)))
        assert same(p, q), format
        if format != "google":
            assert found == config


@MODELS
def test_timms_config_json_says_all_that_the_arrays_do_not(tmp_path, config):
    path = path_of(tmp_path, "timm")
    weights.save(path, random_model(config), config, format="timm")
    assert weights.load(path)[1] == config
    given = json.loads((tmp_path / "config.json").read_text())
    assert given["vitnp"]["groups"] == config.groups


@MODELS
@pytest.mark.parametrize("format", ["huggingface", "torchvision"])
def test_formats_without_a_place_for_it(tmp_path, config, format):
    with pytest.raises(
        InputError, match=f"^{format} has no place .*; save the model as vitnp or google or timm$"
    ):
        weights.save(path_of(tmp_path, format), random_model(config), config, format=format)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [*(name for name in bit.PRESETS), *(name for name in hybrid.PRESETS)])
@pytest.mark.parametrize("format", ["google", "timm"])
def test_every_leaf_has_a_name_of_its_own(name, format):
    config = preset(name)
    leaves = dict(tree.leaves(models.of(config).init(None, config)))
    want = loading.expected(format, config)
    assert {ours for parts, _ in want.values() for ours in parts} == leaves.keys()
    files = families.of(config)
    assert len({files.written_name(format, in_file, config) for in_file in want}) == len(want)


# As counted in timm's state dicts.
@pytest.mark.parametrize(("name", "count"), [("R50x1", 153), ("R101x3", 306), ("R152x4", 459)])
def test_a_bit_has_the_published_number_of_arrays(name, count):
    assert len(loading.expected("timm", preset(name))) == count


@pytest.mark.parametrize(
    ("format", "config", "name", "shape"),
    [
        ("google", BIT, "resnet/root_block/standardized_conv2d/kernel", (7, 7, 3, 6)),
        ("google", BIT, "resnet/block1/unit02/b/standardized_conv2d/kernel", (3, 3, 6, 6)),
        ("google", BIT, "resnet/block2/unit01/a/proj/standardized_conv2d/kernel", (1, 1, 24, 48)),
        ("google", BIT, "resnet/block2/unit01/c/group_norm/gamma", (12,)),
        ("google", BIT, "resnet/head/conv2d/kernel", (1, 1, 48, 7)),
        ("timm", BIT, "stem.conv.weight", (6, 3, 7, 7)),
        ("timm", BIT, "stages.1.blocks.0.downsample.conv.weight", (48, 24, 1, 1)),
        ("timm", BIT, "head.fc.weight", (7, 48, 1, 1)),
        ("google", HYBRID, "conv_root/kernel", (7, 7, 3, 6)),
        ("google", HYBRID, "block2/unit1/gn_proj/scale", (1, 1, 1, 48)),
        ("google", HYBRID, "embedding/kernel", (1, 1, 48, 20)),
        ("timm", HYBRID, "patch_embed.backbone.stem.norm.weight", (6,)),
        ("timm", HYBRID, "patch_embed.backbone.stages.1.blocks.0.downsample.norm.bias", (48,)),
        ("timm", HYBRID, "patch_embed.proj.weight", (20, 48, 1, 1)),
        ("timm", ROOT, "patch_embed.backbone.conv.weight", (6, 3, 7, 7)),
        ("timm", ROOT, "patch_embed.backbone.norm.bias", (6,)),
        ("timm", ROOT, "patch_embed.proj.weight", (20, 6, 4, 4)),
    ],
)
def test_names_and_shapes_are_the_librarys(tmp_path, format, config, name, shape):
    assert arrays_of(tmp_path, format, config)[name].shape == shape


def test_a_convolution_is_the_same_in_both_orders(tmp_path):
    """HWIO at Google, OIHW in timm."""
    google = arrays_of(tmp_path, "google", BIT)["resnet/block1/unit01/b/standardized_conv2d/kernel"]
    timm = arrays_of(tmp_path, "timm", BIT)["stages.0.blocks.0.conv2.weight"]
    np.testing.assert_array_equal(timm, google.transpose(3, 2, 0, 1))


def test_the_norms_of_a_stem_with_and_without_axes(tmp_path):
    arrays = arrays_of(tmp_path, "google", HYBRID)
    flat = {name: a.reshape(-1) if a.shape[:3] == (1, 1, 1) else a for name, a in arrays.items()}
    assert sum(a.ndim for a in flat.values()) < sum(a.ndim for a in arrays.values())
    np.savez(tmp_path / "flat.npz", **flat)
    assert same(weights.load(tmp_path / "flat.npz", **told(HYBRID, "google"))[0], random_model(HYBRID))
    (note,) = weights.inspect(tmp_path / "flat.npz", **told(HYBRID, "google")).notes
    assert note == "24 arrays of the stem's norms are (C,), read as the published (1, 1, 1, C)"


@MODELS
def test_a_pth_is_the_same_model(tmp_path, config):
    torch_save(tmp_path / "model.pth", arrays_of(tmp_path, "timm", config))
    assert same(weights.load(tmp_path / "model.pth", **told(config, "timm"))[0], random_model(config))


# ---- what a file does not say ----


def test_groups_that_a_file_does_not_say_are_asked(tmp_path):
    for config in (BIT, HYBRID):
        weights.save(tmp_path / "model.npz", random_model(config), config, format="google")
        answers = told(config, "google")
        del answers["groups"]
        with pytest.raises(
            InputError, match=r"6 channels are not divisible by the usual 32; say it with groups="
        ):
            weights.load(tmp_path / "model.npz", **answers)
        (question,) = weights.inspect(tmp_path / "model.npz", **answers).questions
        assert "how many groups" in question


@pytest.mark.parametrize(
    ("format", "classes", "width", "size", "fraction", "keep"),
    [
        ("google", 1000, 32, 480, 1.0, False),
        ("google", 21843, 32, 480, 1.0, False),
        ("timm", 1000, 32, 448, 1.0, True),
        ("timm", 21843, 32, 224, 0.875, True),
        ("timm", 1000, 256, 480, 1.0, True),
    ],
)
def test_a_bits_size_and_pictures_are_the_librarys(format, classes, width, size, fraction, keep):
    config = preset("bit-tiny", width=width, units=(1,), groups=32, num_classes=classes)
    found = described_of(format, config)
    assert found.config.image_size == (size, size)
    how = {
        "resize_filter": "bilinear",
        "antialias": True,
        "crop_fraction": fraction,
        "keep_aspect_ratio": keep,
    }
    assert found.config.preprocessing == Preprocessing(**how)
    (note,) = found.notes
    assert f"any size, and the file names none: taken to be {size}x{size}" in note
    assert described_of(format, config, image_size=(64, 64)).notes == []


def test_timms_config_json_of_a_published_bit(tmp_path):
    config = preset("bit-tiny", width=32, groups=32, num_classes=5)
    arrays_of(tmp_path, "timm", config)
    given = {"input_size": [3, 96, 64], "crop_pct": 0.9, "interpolation": "bicubic", "crop_mode": "center"}
    (tmp_path / "config.json").write_text(
        json.dumps({"architecture": "resnetv2_50x1_bit", "num_classes": 5, "pretrained_cfg": given})
    )
    _, found = weights.load(path_of(tmp_path, "timm"))
    assert found.image_size == (96, 64)
    how = Preprocessing(resize_filter="bicubic", antialias=True, crop_fraction=0.9, keep_aspect_ratio=True)
    assert found.preprocessing == how


def described_of(format, config, **told):
    """What a file of a random model says of itself, without the file."""
    arrays = saving.to_file(format, random_model(config), config)
    stored = {name: Stored(a.shape, a.dtype, None) for name, a in arrays.items()}
    return described.describe("no file", stored, format=format, **told)


@pytest.mark.parametrize(
    ("units", "patch", "size"),
    [((3, 4, 9), 1, 16), ((2, 2, 2, 2), 1, 32), ((), 8, 32), ((), 1, 4), ((1,), 1, 4)],
)
def test_the_image_size_of_a_square_hybrid_is_read_off_its_positions(units, patch, size):
    config = preset("hybrid-tiny", stem_units=units, patch_size=patch, image_size=3 * size)
    found = described_of("google", config, groups=3).config
    assert found.image_size == (3 * size, 3 * size)
    assert found.stem_units == config.stem_units


def test_a_size_that_gives_the_same_map_is_taken():
    """The stem rounds up: 33x35 pixels make 5x5 places, and so do 40x40."""
    config = preset("hybrid-tiny", image_size=(33, 35))
    assert described_of("google", config, groups=3).config.image_size == (40, 40)
    assert described_of("google", config, groups=3, image_size=(33, 35)).config.image_size == (33, 35)


# ---- another size, another head ----


def test_a_bit_takes_any_size():
    p = random_model(BIT)
    q, config = bit.resized(p, BIT, (20, 31))
    assert q is p
    assert config == preset("bit-tiny", image_size=(20, 31))


def test_a_hybrid_is_resized_as_a_vit():
    p = random_model(HYBRID)
    q, config = hybrid.resized(p, HYBRID, (48, 64))
    assert (config.image_size, config.grid) == ((48, 64), (6, 8))
    how = {"grid": HYBRID.grid, "new_grid": (6, 8), "method": HYBRID.position_interpolation}
    want = positions.resized(p["position"], **how)["E_pos"]
    np.testing.assert_array_equal(q["position"]["E_pos"], want)
    assert same(q["stem"], p["stem"])
    assert same(q["blocks"], p["blocks"])


@pytest.mark.parametrize("format", FORMATS)
def test_a_hybrid_at_another_size_has_its_positions_interpolated(tmp_path, format):
    config = dataclasses.replace(HYBRID, image_size=(40, 40))
    p, path = random_model(config), path_of(tmp_path, format)
    weights.save(path, p, config, format=format)
    (tmp_path / "config.json").unlink(missing_ok=True)
    more = {"num_heads": 5} if format == "timm" else {}
    q, found = weights.load(path, image_size=(48, 64), **({} if format == "vitnp" else more | {"groups": 3}))
    how = {"grid": (5, 5), "new_grid": (6, 8), "method": found.position_interpolation}
    np.testing.assert_array_equal(q["position"]["E_pos"], positions.resized(p["position"], **how)["E_pos"])
    assert found.position_interpolation == ("bicubic-antialias" if format == "timm" else "bilinear-aligned")


@MODELS
@pytest.mark.parametrize("format", FORMATS)
def test_a_new_head_is_of_zeros(tmp_path, config, format):
    path = path_of(tmp_path, format)
    weights.save(path, random_model(config), config, format=format)
    p, found = weights.load(path, num_classes=4, **told(config, format))
    assert found.num_classes == 4
    assert p["classify"]["head"]["W"].shape[1] == 4
    assert not p["classify"]["head"]["W"].any()


@MODELS
@pytest.mark.parametrize("format", FORMATS)
def test_without_a_head(tmp_path, config, format):
    p, config = models.below_head(random_model(config), config)
    path = path_of(tmp_path, format)
    weights.save(path, p, config, format=format)
    q, found = weights.load(path, **told(config, format))
    assert same(p, q)
    assert found.num_classes == 0


# ---- what is not such a file ----


def rewritten(folder, format, config, change):
    """The path of a random model's file with its arrays changed."""
    arrays, path = change(arrays_of(folder, format, config)), path_of(folder, format)
    if format == "google":
        np.savez(path, **arrays)
    else:
        safetensors.numpy.save_file(arrays, path)
    return path


def without(*names):
    return lambda arrays: {name: a for name, a in arrays.items() if name not in names}


def renamed(old, new):
    return lambda arrays: {name.replace(old, new): a for name, a in arrays.items()}


UNIT = "resnet/block1/unit02/b/standardized_conv2d/kernel"


@pytest.mark.parametrize(
    ("format", "config", "change", "said"),
    [
        ("google", BIT, without(UNIT), f"{UNIT} is missing"),
        ("timm", BIT, without("norm.weight"), r"norm\.weight is missing"),
        (
            "timm",
            BIT,
            without("stem.conv.weight"),
            r"stem\.conv\.weight is missing; it tells the sizes of a BiT",
        ),
        ("google", BIT, renamed("unit02", "unit03"), "unit02.* is missing"),
        ("google", BIT, lambda a: a | {"resnet/extra": np.ones(2, "f4")}, "resnet/extra is unexpected"),
        ("google", BIT, renamed("head/conv2d", "conv_head"), "the head that the JAX code makes anew"),
        ("google", BIT, renamed("head/conv2d", "head/dense"), "the head that the TF2 code makes anew"),
        ("google", BIT, renamed("resnet/group_norm", "norm-pre-head"), "under the names of the JAX code"),
        (
            "timm",
            BIT,
            lambda a: a | {"norm.running_mean": np.ones(48, "f4")},
            "a BatchNorm, which BiT has not",
        ),
        (
            "google",
            BIT,
            lambda a: a | {"resnet/root_block/standardized_conv2d/kernel": np.ones((3, 3, 3, 6), "f4")},
            r"root_block/standardized_conv2d/kernel is \(3, 3, 3, 6\), need \(7, 7, 3, 6\)",
        ),
        (
            "google",
            HYBRID,
            lambda a: a | {"conv_root/kernel": np.ones((7, 7, 6), "f4")},
            "conv_root/kernel is .* axes",
        ),
        ("google", HYBRID, without("block2/unit1/gn3/scale"), "block2/unit1/gn3/scale is missing"),
        (
            "google",
            HYBRID,
            without("conv_root/kernel"),
            "conv_root/kernel is missing; it tells .* a hybrid's stem",
        ),
        ("google", HYBRID, renamed("block2/", "block7/"), "block2/unit1/conv1/kernel is missing"),
        (
            "timm",
            ROOT,
            without("patch_embed.backbone.norm.bias"),
            r"backbone\.(stem\.)?norm\.bias is missing",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, format, config, change, said):
    path = rewritten(tmp_path, format, config, change)
    with pytest.raises(InputError, match=said):
        weights.load(path, **told(config, format))


@pytest.mark.parametrize("format", ["google", "timm"])
def test_a_file_is_what_its_names_say(tmp_path, format):
    """Whatever it was taken for: a field of a ViT is none of a BiT's, one of a BiT none of a ViT's."""
    weights.save(path_of(tmp_path, format), random_model(BIT), BIT, format=format)
    with pytest.raises(
        InputError, match=r'configuration field "num_heads" is unknown; .*choose from .*width'
    ):
        weights.load(path_of(tmp_path, format), num_heads=3, groups=2)
    assert weights.inspect(path_of(tmp_path, format), format=format).config.family == "bit"


def test_a_hybrid_with_another_stem_is_named(tmp_path):
    """timm's vit_*_resnet50d_*."""
    arrays = arrays_of(tmp_path, "timm", HYBRID) | {"patch_embed.backbone.bn1.running_mean": np.ones(6, "f4")}
    safetensors.numpy.save_file(arrays, tmp_path / "model.safetensors")
    with pytest.raises(
        InputError,
        match=r"is a model with a BatchNorm, which is not built here \(patch_embed\.backbone\.bn1\.running_mean",
    ):
        weights.load(tmp_path / "model.safetensors")


def test_a_hybrid_of_hugging_face_is_named(tmp_path):
    name = "vit.embeddings.patch_embeddings.backbone.bit.embedder.convolution.weight"
    arrays = {name: np.ones((6, 3, 7, 7), "f4")}
    arrays["vit.embeddings.patch_embeddings.projection.weight"] = np.ones((20, 48, 1, 1), "f4")
    safetensors.numpy.save_file(arrays, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="a hybrid of Hugging Face's, whose names are not read"):
        weights.load(tmp_path / "model.safetensors")


def test_an_hdf5_is_named(tmp_path):
    (tmp_path / "BiT-M-R50x1.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(InputError, match=r"an HDF5 file, .*; take the \.npz of the same model"):
        weights.load(tmp_path / "BiT-M-R50x1.h5")


def test_more_units_than_arrays(tmp_path):
    p = random_model(BIT)
    weights.save(tmp_path / "model.npz", p, BIT)
    with pytest.raises(InputError, match=r"has .* arrays in all, too few for the 8,000 blocks"):
        weights.load(tmp_path / "model.npz", units=(1000,) * 8, width=2)


def test_units_of_more_stages_than_there_can_be(tmp_path):
    arrays = arrays_of(tmp_path, "google", HYBRID)
    arrays |= {f"block{i}/unit1/conv1/kernel": np.ones((1, 1, 2, 2), "f4") for i in range(3, 10_000)}
    np.savez(tmp_path / "model.npz", **arrays)
    with pytest.raises(InputError, match="has units of 9,999 stages; a residual network has at most 8"):
        weights.load(tmp_path / "model.npz", **told(HYBRID, "google"))


def test_a_format_that_the_file_is_not_of(tmp_path):
    arrays_of(tmp_path, "google", BIT)
    with pytest.raises(InputError, match="is a file of google, not of timm; leave format= and --from out"):
        weights.load(path_of(tmp_path, "google"), format="timm")


def test_timms_config_json_asks_for_another_size_of_a_hybrid(tmp_path):
    """The positions are those of 40x40 pixels: 5x5 places; 50x36 pixels make 7x5."""
    config = preset("hybrid-tiny", image_size=(40, 40))
    arrays_of(tmp_path, "timm", config)
    given = {"architecture": "vit_base_r50_s16_224", "pretrained_cfg": {"input_size": [3, 50, 36]}}
    (tmp_path / "config.json").write_text(json.dumps(given))
    path, answers = path_of(tmp_path, "timm"), {"groups": 3, "num_heads": 5}
    p, found = weights.load(path, **answers)
    assert (found.image_size, found.grid, len(p["position"]["E_pos"])) == ((50, 36), (7, 5), 36)
    (note,) = weights.inspect(path, **answers).notes
    assert "positions are resized from 5x5 patches to 7x5; --image-size 40x40 keeps them" in note


def test_a_hybrid_without_a_class_token(tmp_path):
    config = preset("hybrid-tiny", classifier="gap", image_size=(40, 40))
    for format in FORMATS:
        path = path_of(tmp_path, format)
        weights.save(path, random_model(config), config, format=format)
        q, found = weights.load(path, **({} if format == "vitnp" else {"groups": 3, "num_heads": 5}))
        assert same(random_model(config), q)
        assert (found.classifier, found.image_size) == ("gap", (40, 40))


@MODELS
def test_the_names_of_the_classes_are_kept_by_timm(tmp_path, config):
    names = [f"class {i} of many" for i in range(config.num_classes)]
    path = path_of(tmp_path, "timm")
    weights.save(path, random_model(config), config, format="timm", class_names=names)
    assert weights.class_names(path) == names


def test_a_size_that_only_vitnp_wrote(tmp_path):
    """Under "vitnp" in config.json, where timm's own entries are gone."""
    arrays_of(tmp_path, "timm", BIT)
    (tmp_path / "config.json").write_text(
        '{"architecture": "x", "vitnp": {"groups": 2, "image_size": [21, 22]}}'
    )
    found = weights.inspect(path_of(tmp_path, "timm"))
    assert (found.config.image_size, found.config.groups) == ((21, 22), 2)
    assert (found.notes, found.questions) == ([], [])
