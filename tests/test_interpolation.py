"""The position table on another grid: SciPy's and PyTorch's numbers, and the exact backward."""

import itertools
import math
import pathlib

import numpy as np
import pytest
import scipy.ndimage

from vitnp import InputError, gradcheck, preset, vit, weights
from vitnp.ops import interpolate
from vitnp.ops.interpolate import INTERPOLATIONS
from vitnp.weights import adapt

SIZES = (((14, 14), (24, 24)), ((7, 7), (12, 12)), ((24, 24), (14, 14)), ((14, 14), (12, 20)))
EDGES = (((5, 3), (1, 7)), ((1, 1), (3, 2)), ((2, 9), (9, 2)), ((1, 4), (4, 1)), ((3, 3), (3, 3)))
TORCH = pathlib.Path(__file__).parent / "golden" / "interpolation.npz"  # made by make_with_torch.py beside it


def resized(table, new_grid, method):
    """A picture (rows, cols, D) through `forward`, as a picture."""
    rows, cols, D = table.shape
    y, _ = interpolate.forward(
        table.reshape(rows * cols, D), grid=(rows, cols), new_grid=new_grid, method=method
    )
    return y.reshape(*new_grid, D)


@pytest.mark.parametrize(("grid", "new_grid"), SIZES + EDGES)
def test_bilinear_aligned_is_scipys_zoom(grid, new_grid):
    table = np.random.default_rng(0).standard_normal((*grid, 3))
    want = scipy.ndimage.zoom(table, (new_grid[0] / grid[0], new_grid[1] / grid[1], 1), order=1)
    np.testing.assert_allclose(resized(table, new_grid, "bilinear-aligned"), want, atol=1e-12)


@pytest.mark.parametrize(("grid", "new_grid"), SIZES)
@pytest.mark.parametrize("method", INTERPOLATIONS[1:])
def test_bicubic_is_pytorchs(grid, new_grid, method):
    table = np.random.default_rng(0).standard_normal(grid)
    with np.load(TORCH) as file:
        want = file[f"{method} {grid[0]}x{grid[1]} {new_grid[0]}x{new_grid[1]}"]
    np.testing.assert_allclose(resized(table[..., None], new_grid, method)[..., 0], want, atol=1e-12)


@pytest.mark.parametrize("method", INTERPOLATIONS)
def test_every_row_of_the_matrix_sums_to_one(method):
    for new, old in itertools.product((1, 2, 3, 7, 14, 24), repeat=2):
        W = interpolate.matrix(np, new, old, method)
        assert W.shape == (new, old)
        np.testing.assert_allclose(W.sum(axis=1), 1.0, atol=1e-14)
    if method != "bicubic-offset":  # which moves every place, also where an axis keeps its size
        np.testing.assert_allclose(interpolate.matrix(np, 5, 5, method), np.eye(5), atol=1e-15)


@pytest.mark.parametrize(("new", "old"), [(16, 37), (5, 5), (40, 37), (1, 3), (3, 1)])
def test_the_offset_place_by_place(new, old):
    """DINOv2's own code: four places around (i + ½)/((new + 0.1)/old) − ½, those beyond the edge are the edge's."""
    W = np.zeros((new, old))
    for i in range(new):
        place = (i + 0.5) / ((new + 0.1) / old) - 0.5
        for j in range(math.floor(place) - 1, math.floor(place) + 3):
            d = abs(place - j)
            weight = 1.25 * d**3 - 2.25 * d**2 + 1 if d <= 1 else -0.75 * (d**3 - 5 * d**2 + 8 * d - 4)
            W[i, min(max(j, 0), old - 1)] += weight
    np.testing.assert_allclose(interpolate.matrix(np, new, old, "bicubic-offset"), W, atol=1e-13)


@pytest.mark.parametrize("cls", [0, 1])
@pytest.mark.parametrize("method", INTERPOLATIONS)
def test_the_gradient(method, cls):
    rng = np.random.default_rng(0)

    def forward(x, p):
        return interpolate.forward(x, grid=(3, 4), new_grid=(5, 2), method=method)

    def backward(dy, saved):
        return interpolate.backward(dy, saved), {}

    report = gradcheck.check(forward, backward, rng.standard_normal((12 + cls, 7)), {}, seeds=(0, 1))
    assert report.ok, str(report)


def test_the_class_row_is_kept_and_so_is_the_dtype():
    E_pos = np.random.default_rng(0).standard_normal((13, 7)).astype(np.float32)
    before = E_pos.copy()
    y, saved = interpolate.forward(E_pos, grid=(3, 4), new_grid=(6, 2), method="bicubic")
    assert y.dtype == np.float32
    assert np.array_equal(y[0], E_pos[0])
    assert np.array_equal(E_pos, before)
    dy = np.ones_like(y)
    dx = interpolate.backward(dy, saved)
    assert dx.shape == E_pos.shape
    assert dx.dtype == np.float32
    assert np.array_equal(dx[0], dy[0])


@pytest.mark.parametrize("method", INTERPOLATIONS)
def test_load_at_another_size(tmp_path, method):
    config = preset("tiny", position_interpolation=method)  # 5x6 patches of 8x8 and the class token
    p = gradcheck.random_like(vit.init(None, config), np.random.default_rng(0))
    weights.save(tmp_path / "model.npz", p, config)
    q, new = weights.load(tmp_path / "model.npz", image_size=(16, 72))
    assert (new.image_size, new.grid) == ((16, 72), (2, 9))
    E_pos = p["position"]["E_pos"]
    want = resized(E_pos[1:].reshape(5, 6, -1), (2, 9), method).reshape(18, -1)
    assert np.array_equal(q["position"]["E_pos"], np.concatenate([E_pos[:1], want]))
    logits, _ = vit.forward(np.zeros((1, 16, 72, 3), np.float32), q, new)
    assert logits.shape == (1, 13)


def test_the_same_size_changes_nothing_and_a_broken_one_is_refused(tmp_path):
    config = preset("tiny")
    p = gradcheck.random_like(vit.init(None, config), np.random.default_rng(0))
    weights.save(tmp_path / "model.npz", p, config)
    q, same = weights.load(tmp_path / "model.npz", image_size=config.image_size)
    assert same == config
    assert np.array_equal(q["position"]["E_pos"], p["position"]["E_pos"])
    assert adapt.new_image_size(p, config, config.image_size)[0] is p
    assert weights.load(tmp_path / "model.npz", image_size=16)[1].image_size == (16, 16)
    with pytest.raises(InputError, match="40x42 is not divisible by patch_size 8"):
        weights.load(tmp_path / "model.npz", image_size=(40, 42))
    with pytest.raises(InputError, match="42x48 is not divisible by patch_size 8"):
        weights.load(tmp_path / "model.npz", image_size=(42, 48))
