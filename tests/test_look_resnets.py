"""`vitnp look` on BiT and on hybrids: root filters, feature maps, and maps of a stem's patches over the photo."""

from pathlib import Path

import command_line
import numpy as np
import pytest
from generic_models import generic
from matplotlib.figure import Figure
from PIL import Image

from vitnp import InputError, preset, show, trace, tree, weights
from vitnp.analysis import look
from vitnp.commands.look.seen import patch_at
from vitnp.data import preprocess
from vitnp.show import page

BIT = ["kernels", "maps", "gradients"]
HYBRID = (
    "model kernels maps positions attention query distance rollout sinks mirror gradients components".split()
)


@pytest.fixture
def files(tmp_path):
    """make(preset, **fields) → the paths of a small random model and of a picture of 58x92."""

    def make(name, **fields):
        config = preset(name, **fields)
        _, p = generic(config, dtype="float32")
        weights.save(tmp_path / "model.npz", p, config)
        pixels = np.random.default_rng(1).integers(0, 256, (58, 92, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "picture.png")
        return tmp_path / "model.npz", tmp_path / "picture.png"

    return make


@pytest.fixture
def nothing_drawn(monkeypatch):
    """The pictures are laid out, and their files are empty."""

    def save(figure, path, **_):
        figure.draw_without_rendering()
        Path(path).touch()

    monkeypatch.setattr(Figure, "savefig", save)


def run(capsys, *words):
    return command_line.run(capsys, "look", *words)


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(("name", "pictures"), [("bit-tiny", BIT), ("hybrid-tiny", HYBRID)])
def test_every_picture_and_what_is_left_out(capsys, files, tmp_path, name, pictures, lang):
    model, picture = files(name)
    out = tmp_path / "out"
    status, said, _ = run(capsys, "--weights", model, picture, "--out", out, "--lang", lang)
    assert status == 0
    first, *lines = said.splitlines()
    assert [line.partition("  ")[0] for line in lines] == [str(out / f"{name}.png") for name in pictures]
    if lang == "ko":
        assert first.startswith("이 모델은 ") and "patches.png" in first and first.endswith("그리지 않습니다")
        return
    if name == "bit-tiny":
        assert first.startswith(
            "the model is a ResNet, without patches and attention: model.png, patches.png, "
        )
        assert first.endswith("mirror.png and components.png are left out")
    else:
        assert first == (
            "the model cuts a feature map into patches, not the image: patches.png, sequence.png and filters.png "
            "are left out"
        )
        assert "mirror image: feature map " in said


def test_the_maps_are_the_outputs_of_the_stages(capsys, files, tmp_path, monkeypatch):
    received, real = [], show.feature_maps
    monkeypatch.setattr(
        show, "feature_maps", lambda *given, **how: received.append(given) or real(*given, **how)
    )
    for name, names in {
        "bit-tiny": ("root.pool", "stages.0.1.output", "stages.1.0.output"),
        "hybrid-tiny": ("stem.root.pool", "stem.stages.0.0.output", "stem.stages.1.1.output"),
    }.items():
        model, picture = files(name)
        status, said, _ = run(
            capsys, "--weights", model, picture, "--out", tmp_path / "out", "--only", "maps"
        )
        assert status == 0
        p, config = weights.load(model)
        t = trace(preprocess.load(picture, config), p, config)
        _, maps, _ = received.pop()
        assert list(maps) == ["root", "stage 1", "stage 2"]
        for value, full in zip(maps.values(), names, strict=True):
            np.testing.assert_allclose(value, t[full][0], rtol=1e-5, atol=1e-6)
        x = t[names[-1]][0]
        row, column = np.argwhere((x**2).sum(-1) == (x**2).sum(-1).max())[0] + 1
        channel = x.reshape(-1, x.shape[-1]).std(0).argmax() + 1
        size = f"{x.shape[0]}x{x.shape[1]} places and {x.shape[2]} channels"
        assert (
            f"3 feature maps, the last of {size}: the strongest place is in row {row}, column {column}"
            in said
        )
        assert f", channel {channel} varies most" in said


def test_the_numbers_of_a_feature_map():
    x = np.zeros((3, 4, 5))
    x[..., 4] = 7.0  # large everywhere
    x[1, 2] = [3.0, 0.0, -4.0, 1.0, 7.0]
    np.testing.assert_allclose(look.strength(x)[1, 2], np.sqrt((9 + 16 + 1 + 49) / 5))
    np.testing.assert_allclose(look.strength(x)[0, 0], np.sqrt(49 / 5))
    assert list(look.strongest_channels(x, n=3)) == [2, 0, 3]
    assert len(look.strongest_channels(x, n=9)) == 5
    np.testing.assert_allclose(look.strength(x * 1e-200), look.strength(x) * 1e-200)
    for bad in (x[0], x.astype(int), np.full_like(x, np.nan)):
        with pytest.raises(InputError):
            look.strength(bad)
    with pytest.raises(InputError, match=r"need \(h, w, C\), of one image"):
        look.strongest_channels(x[None])


def test_the_norms_of_the_gradient_by_stage():
    for name, parts in {
        "bit-tiny": ["root", "stages.0", "stages.1", "norm", "classify"],
        "hybrid-tiny": ["stem.root", "stem.stages.0", "stem.stages.1", "project", "class_token", "position"],
    }.items():
        _, p = generic(preset(name))
        norms = look.gradient_norms(p)
        assert list(norms)[: len(parts)] == parts
        whole = sum(float((leaf**2).sum()) for _, leaf in tree.leaves(p))
        assert sum(norm**2 for norm in norms.values()) == pytest.approx(whole)
    ticks = show.gradient_norms(norms).axes[0].get_xticklabels()
    assert [tick.get_text() for tick in ticks][:4] == ["stem root", "stem stage 1", "stem stage 2", "project"]
    assert "block 2" in [tick.get_text() for tick in ticks]


def test_a_patch_of_the_feature_map_lies_over_its_pixels():
    """A hybrid's patch of 29x46 pixels is 8x8; the last ones reach beyond the image and are cut off."""
    config = preset("hybrid-tiny")
    assert (config.patch_pixels, config.grid, preset("R+Ti/16").patch_pixels) == (8, (4, 6), 32)
    assert preset("B/16").patch_pixels == 16
    axes = page.blank().subplots()
    page.heat(axes, np.arange(24.0).reshape(4, 6), config)
    assert axes.images[0].get_extent() == [0, 48, 32, 0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 46), (29, 0))
    page.mark(axes, (2, 3), config)
    assert axes.patches[0].get_bbox().bounds == (24, 16, 8, 8)


@pytest.mark.parametrize(
    ("place", "patch"),
    [((0, 0), (0, 0)), ((15, 15), (0, 0)), ((16, 16), (1, 1)), ((57, 91), (3, 5)), ((40, 81), (2, 5))],
)
def test_the_patch_at_a_pixel(place, patch):
    """Of a picture of 58x92, twice the model's image, two pixels are one of the model's, sixteen a patch."""
    config = preset(
        "hybrid-tiny", **{"preprocessing.crop_fraction": 1.0, "preprocessing.keep_aspect_ratio": False}
    )
    assert patch_at(place, (58, 92), config) == patch


@pytest.mark.usefixtures("nothing_drawn")
def test_the_patch_and_its_map_are_drawn(capsys, files, tmp_path):
    model, picture = files("hybrid-tiny")
    words = ["--patch", "16px,16px", "--only", "query,distance", "--block", 1]
    status, said, _ = run(capsys, "--weights", model, picture, "--out", tmp_path / "out", *words)
    assert status == 0
    assert "attention of the patch in row 2, column 2, in block 1:" in said
    p, config = weights.load(model)
    A = trace(preprocess.load(picture, config), p, config)["blocks.0.attention.A"]
    pixels = look.attention_distance(A, grid=(4, 6), patch_size=8).mean()
    assert f"mean attention distance {pixels:.1f} px in layer 1" in said


def test_the_side_of_a_place():
    config = preset("bit-tiny", image_size=(13, 18))
    for shape, side in {(4, 5, 6): 4, (2, 3, 6): 8, (7, 9, 6): 2}.items():
        assert show.maps.side_of(shape, config) == side
    with pytest.raises(
        InputError, match=r"a feature map is \(5, 5, 6\); an image of 13x18 has none of that size"
    ):
        show.maps.side_of((5, 5, 6), config)


def test_the_root_filters():
    """With the mean taken off; gray where it is 0, and a full color at the largest."""
    W = np.zeros((7, 7, 3, 70)) + 5.0
    W[0, 0, 0] += 1.0
    figure = show.root_filters(W)
    drawn = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert len(drawn) == 64 and "64 of 70" in figure.get_suptitle()
    np.testing.assert_allclose(drawn[0][0, 0], [1.0, 0.5 - 0.5 / 146, 0.5 - 0.5 / 146], atol=1e-9)
    np.testing.assert_allclose(drawn[0][3, 3], 0.5 - 0.5 / 146, atol=1e-9)
    with pytest.raises(InputError, match=r"need \(k, k, C, O\)"):
        show.root_filters(W[0])


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("bit-tiny", "--only query", "is a ResNet, without patches and attention, which --only query needs"),
        ("bit-tiny", "--only maps,model", "which --only model needs; leave model out, or name another model"),
        (
            "bit-tiny",
            "--block 1",
            "--block is of a model with patches and attention, and this is a model of the",
        ),
        ("bit-tiny", "--patch 3px,4px", "--patch is of a model with patches and attention"),
        ("bit-tiny", "--layers 1-2", "--layers is of a model with patches"),
        ("bit-tiny", "--heads 1", "--heads is of a model with patches"),
        ("bit-tiny", "--class 7", "--class is 7; need a whole number of at least 0 and at most 6"),
        (
            "hybrid-tiny",
            "--only filters",
            "cuts a feature map into patches, not the image, which --only filters",
        ),
        ("hybrid-tiny", "--patch 5,1", "--patch 5,1 is outside the 4x6 patches"),
        ("tiny", "--only maps", "the model has no convolutions, which --only maps needs"),
        ("mlp-tiny", "--only maps", "a model of the family mlp; name a ViT or a hybrid or a BiT"),
    ],
)
def test_what_is_refused(capsys, files, tmp_path, name, words, message):
    model, picture = files(name)
    status, said, problem = run(
        capsys, "--weights", model, picture, "--out", tmp_path / "out", *words.split()
    )
    assert (status, said, problem.count("\n")) == (2, "", 1)
    assert message in problem
    assert not (tmp_path / "out").exists()


def test_pictures_of_another_kind_of_model_are_refused():
    image = np.zeros((29, 46, 3), np.float32)
    for picture in (show.patch_grid, show.patch_sequence):
        with pytest.raises(
            InputError, match="a model of the family hybrid does not cut the image into patches"
        ):
            picture(image, preset("hybrid-tiny"))
    with pytest.raises(InputError, match="a model of the family bit has no Transformer to draw"):
        show.diagram(preset("bit-tiny"))
    words = [text.get_text() for text in show.diagram(preset("hybrid-tiny")).axes[0].texts]
    assert "ResNet: feature map" in words and "4×6×48" in words
