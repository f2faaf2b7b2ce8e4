"""The trained model in the package: small, by its name everywhere, and it shows what docs/mini.md says."""

import command_line
import numpy as np
import pytest
from PIL import Image

from vitnp import tree, vit, weights
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.data import photo, preprocess
from vitnp.errors import InputError
from vitnp.weights import fetch
from vitnp.weights.published import BOX

MOST = 3_000_000  # bytes


@pytest.fixture(scope="module")
def mini():
    """(p, config)."""
    return weights.load("mini/14")


@pytest.fixture(scope="module")
def pagoda(mini):
    """The trace of scikit-learn's photo of a pagoda, which the model did not learn from."""
    p, config = mini
    return trace(preprocess.apply(photo.read_sample(), config), p, config)


def test_the_file(mini):
    p, config = mini
    assert BOX["mini/14"].stat().st_size <= MOST
    found = weights.inspect("mini/14")
    assert {dtype for *_, dtype in found.arrays} == {"float16"}
    assert not found.wrong
    assert (config.grid, config.patch_size, config.num_classes) == ((16, 16), 14, 0)
    assert all(np.isfinite(leaf).all() for _, leaf in tree.leaves(p))


def test_it_is_found_by_its_name_without_a_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    assert fetch.resolve("mini/14") == fetch.fetch("mini/14") == BOX["mini/14"]
    assert fetch.is_here("mini/14")
    assert weights.to_look_at() == "mini/14"
    with pytest.raises(InputError, match="SHA-256"):
        fetch.fetch("mini/14", sha256="0" * 64)
    with pytest.raises(InputError, match="dinov2-s/14 is not here yet; fetch it first"):
        weights.load("dinov2-s/14")


def test_dinov2_comes_first_where_it_was_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path))
    path = fetch._place("hf:facebook/dinov2-small") / "model.safetensors"
    path.parent.mkdir(parents=True)
    path.touch()
    assert weights.to_look_at() == "dinov2-s/14"


def test_near_positions_are_alike(mini):
    p, config = mini
    cosine = look.position_similarity(p["position"]["E_pos"], grid=config.grid)
    rows, cols = np.mgrid[:16, :8]
    along = [float(cosine[rows, cols, rows, cols + n].mean()) for n in (1, 2, 4, 8)]
    assert along[0] > 0.6
    assert along == sorted(along, reverse=True)


def test_the_class_token_looks_at_the_pagoda(mini, pagoda):
    """It stands on the left; an untrained model looks at both halves alike."""
    config = mini[1]
    untrained = vit.init(np.random.default_rng(0), config)
    share = {}
    for name, t in {"trained": pagoda, "untrained": trace(pagoda["image"][0], untrained, config)}.items():
        attention = t["blocks.5.attention.A"][0, :, 0, 1:].mean(axis=0).reshape(16, 16)
        share[name] = attention[:, :8].sum() / attention.sum()
    assert share["trained"] > 0.55
    assert abs(share["untrained"] - 0.5) < 0.05


def test_more_patches_are_found_in_the_mirror_image_than_by_their_pixels(mini, pagoda):
    p, config = mini
    image = pagoda["image"][0]
    mirrored = trace(np.ascontiguousarray(image[:, ::-1]), p, config)
    found = {
        name: look.mirror_matches(pagoda[name][0, -256:], mirrored[name][0, -256:], grid=config.grid)
        for name in ("patches", "norm")
    }
    assert found["norm"] > found["patches"] + 0.1


def test_messages_have_its_name_not_a_path(capsys, tmp_path):
    """Its file lies inside the installed package, where nobody looks for it."""
    assert fetch.called(BOX["mini/14"]) == "mini/14" and fetch.called(tmp_path / "a.npz") == str(
        tmp_path / "a.npz"
    )
    photo = tmp_path / "photo.png"
    Image.new("RGB", (8, 8)).save(photo)
    said = command_line.run(capsys, "predict", photo, "--weights", "mini/14")
    drawn = command_line.run(
        capsys, "predict", photo, "--weights", "mini/14", "--attention", tmp_path / "a.png"
    )
    walked = command_line.run(capsys, "walk", photo, "--weights", "mini/14", "--brief")
    inspected = command_line.run(capsys, "weights", "inspect", "mini/14")
    assert said[2].startswith("vitnp: mini/14 has no head")
    assert drawn[1].startswith("mini/14: 224x224 pixels") and inspected[1].startswith("mini/14: ")
    assert f"\nmini/14 · {photo}: 27 tensors" in walked[1]
