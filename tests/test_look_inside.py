"""The experiments of docs/look.md: on tokens whose answer is known, and on a tiny model for the form. No weights."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from checkpoint_files import random_model
from PIL import Image

from vitnp import preset, weights
from vitnp.analysis.trace import trace
from vitnp.commands.look.seen import layers

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import look_inside

GRID = (16, 16)
N = 256
TOKENS = np.random.default_rng(0).standard_normal((N, 12))
CONFIG = preset(
    "Ti/16", image_size=(128, 160), num_layers=2, hidden_size=24, num_heads=2, mlp_dim=24, num_classes=0
)


def box(inside):
    """The rows and columns of the patches that are inside, as ranges."""
    rows, cols = np.nonzero(inside.reshape(GRID))
    return (rows.min(), rows.max() + 1), (cols.min(), cols.max() + 1)


def photos(folder):
    """A folder with a picture of noise for every photo."""
    for file in look_inside.PHOTOS.values():
        noise = np.random.default_rng(len(file)).integers(0, 256, (50, 60, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / file)
    return folder


def test_places_are_shares_of_what_the_model_sees():
    assert box(look_inside.inside(look_inside.FACE, GRID)) == ((2, 5), (5, 8))
    assert box(look_inside.inside(look_inside.EYES[1], GRID)) == ((5, 9), (12, 15))
    assert look_inside.inside(look_inside.FACE, (32, 32)).sum() == 4 * 9
    assert look_inside.patch_at(look_inside.EYE, GRID) == 5 * 16 + 5  # row 6, column 6
    assert look_inside.patch_at((0.99, 0), (4, 6)) == 18


def test_scores_that_are_highest_on_the_eyes():
    scores = np.zeros(N)
    scores[[5 * 16 + 3, 6 * 16 + 4, 7 * 16 + 13]] = 3, 2, 1
    scores[:9] = 0.5  # the first row: fur
    assert look_inside.on_eyes(scores, GRID) == [pytest.approx(2 / 12), pytest.approx(1 / 12)]


def test_a_face_that_is_found_elsewhere():
    face, hopper = (look_inside.inside(part, GRID) for part in (look_inside.FACE, look_inside.HOPPER))
    b = TOKENS.copy()
    b[np.flatnonzero(hopper & ~face)[:9]] = 2 * TOKENS[face]  # the same direction
    b[face] = -TOKENS[face]
    assert look_inside.in_face(TOKENS, b, GRID) == (1.0, pytest.approx(1.0))
    assert look_inside.in_face(TOKENS, TOKENS, GRID) == (0.0, pytest.approx(1.0))  # each finds its own place


def test_a_stereo_pair_is_a_shift_of_columns():
    grid = TOKENS.reshape(*GRID, -1)
    shifted = np.roll(grid, 3, axis=1).reshape(N, -1)
    assert look_inside.stereo(TOKENS, shifted, GRID) == (1.0, 1.0, 1.0)
    below = np.roll(grid, 2, axis=0).reshape(N, -1)
    assert look_inside.stereo(TOKENS, below, GRID) == (0.0, 1.0, 0.0)
    alone = np.repeat(TOKENS[:1], N, axis=0)  # all patches find the first one: rows 1 and 2 are near it
    assert look_inside.stereo(alone, TOKENS, GRID) == (2 / 16, 1 / N, 1.0)


def test_a_planted_sink_is_found():
    A = np.full((2, 3, N + 1, N + 1), 1 / (N + 1))
    A[1, 2] = 0.1 / N
    A[1, 2, :, 1 + 16 * 7 + 3] = 0.9
    assert look_inside.strongest_sink(A, GRID) == ((2, 3, 8, 4), pytest.approx(0.9))


def test_positions_by_distance():
    """A position is its column alone, as an angle of 15 degrees a column; in a column all are the same."""
    angle = np.deg2rad(15 * np.arange(6))
    E_pos = np.stack([np.cos(angle), np.sin(angle)], axis=1)[None].repeat(4, axis=0).reshape(24, 2)
    found = look_inside.position_cosine(E_pos, (4, 6), 1)
    assert found == pytest.approx((4 * 5 * np.cos(np.deg2rad(15)) + 3 * 6) / (20 + 18))
    assert look_inside.position_cosine(E_pos, (4, 6), 4) == pytest.approx(0.5)  # 60 degrees; no 4 rows apart


def test_layers_are_the_patch_tokens_of_each():
    image = np.random.default_rng(1).standard_normal((128, 160, 3)).astype(np.float32)
    t = trace(image, random_model(CONFIG), CONFIG)
    found = layers(t, CONFIG)
    assert list(found) == ["pixels", "z0", "1", "2", "norm"]
    np.testing.assert_array_equal(found["pixels"], t["patches"][0])
    names = ("z0", "blocks.0.residual_2", "blocks.1.residual_2", "norm")
    for layer, name in zip(("z0", "1", "2", "norm"), names, strict=True):
        np.testing.assert_array_equal(found[layer], t[name][0, 1:])


def rows_of_a_photo(image, mirrored=None):
    p = random_model(CONFIG)
    pair = [trace(x, p, CONFIG) for x in (image, image[:, ::-1].copy() if mirrored is None else mirrored)]
    return {row[:3]: row[3] for row in look_inside.of_photo("cat", *pair, CONFIG)}


def test_what_is_measured_of_a_photo():
    image = np.random.default_rng(1).standard_normal((128, 160, 3)).astype(np.float32)
    found = rows_of_a_photo(image)
    layers = ["pixels", "z0", "1", "2", "norm"]
    assert [where for experiment, _, where in found if experiment == "mirror"] == layers
    assert [where for experiment, _, where in found if experiment == "distance"] == ["1", "2"]
    assert {experiment for experiment, *_ in found} == {"mirror", "distance", "sinks", "norms", "eye"}
    assert found["norms", "cat", "÷ median"] >= 1
    # the mirror image is the photo itself: what is in a patch finds its own place, which is not the mirrored one
    assert rows_of_a_photo(image, mirrored=image)["mirror", "cat", "pixels"] == 0


def test_pixels_that_are_alike_when_mirrored_find_themselves():
    """Every patch is of one color, so mirroring changes nothing but its place."""
    color = np.random.default_rng(2).standard_normal((8, 10, 3)).astype(np.float32)
    image = color.repeat(16, axis=0).repeat(16, axis=1)
    assert rows_of_a_photo(image)["mirror", "cat", "pixels"] == 1


def test_tables_have_a_line_a_photo_and_model():
    rows = [
        {"weights": model, "experiment": "mirror", "of": "cat", "where": where, "value": value}
        for model, values in (("trained", (0.1, 0.714)), ("random", (0.1, 0.18)))
        for where, value in zip(("pixels", "9"), values, strict=True)
    ]
    lines = list(look_inside.tables(rows))
    start = next(i for i, line in enumerate(lines) if line.startswith("**mirror**"))
    assert lines[start + 2 : start + 6] == [
        "| | weights | pixels | 9 |",
        "|---|---|---|---|",
        "| cat | trained | 10 | 71 |",
        "| cat | random | 10 | 18 |",
    ]
    assert len([line for line in lines if line.startswith("**")]) == 1  # of nothing no table


@pytest.mark.parametrize(
    ("value", "form", "text"), [(0.714, "%", "71"), (-0.25, ".2f", "−0.25"), (-0.001, ".2f", "0.00")]
)
def test_values_of_the_tables(value, form, text):
    assert look_inside.written(value, form) == text


def test_the_whole_command_on_a_tiny_model(tmp_path, capsys):
    path = tmp_path / "model.npz"
    weights.save(path, random_model(CONFIG), CONFIG)
    look_inside.main(
        ["--weights", str(path), "--photos", str(photos(tmp_path)), "--out", str(tmp_path / "out")]
    )
    said = capsys.readouterr().out
    with open(tmp_path / "out" / "look_inside.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["experiment"] for row in rows} == set(look_inside.EXPERIMENTS)
    assert all(f"**{experiment}**" in said for experiment in look_inside.EXPERIMENTS)
    models = [[row for row in rows if row["weights"] == model] for model in ("trained", "random")]
    assert len(models[0]) == len(models[1]) > 0
    pixels = [[row["value"] for row in part if row["where"] == "pixels"] for part in models]
    assert pixels[0] == pixels[1]  # no model has touched them


def test_a_model_of_too_few_patches(tmp_path):
    config = preset("tiny", in_channels=3)
    weights.save(tmp_path / "model.npz", random_model(config), config)
    with pytest.raises(
        SystemExit, match=r"model.npz has 30 patches, too few for a face; name a larger model"
    ):
        look_inside.main(["--weights", str(tmp_path / "model.npz"), "--photos", str(photos(tmp_path))])


def test_photos_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr("photos.PLACES", {})
    with pytest.raises(SystemExit, match=r'no chelsea.png in the packages .*"vitnp\[photos\]".* --photos'):
        look_inside.main(["--weights", "x", "--out", str(tmp_path)])
