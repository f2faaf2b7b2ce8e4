"""Tiles that fit the cache, and the fast erf: the plain formula to the bit, and erf to float32's rounding."""

import importlib.util
import math
import pathlib
import threading

import numpy as np
import pytest
import scipy.special
from cases import generator
from strict import Strict, unwrap, wrap
from test_backend import pretend_cupy
from test_contract import poisoned

from vitnp.backend import erf, tiles
from vitnp.ops import gelu

BLOCK = 50
# Below, at and above one tile and several, odd sizes, no axis to four.
SHAPES = [
    (),
    (1,),
    (49,),
    (50,),
    (51,),
    (100,),
    (7, 7),
    (5, 10),
    (3, 17),
    (2, 5, 5),
    (3, 7, 11),
    (2, 3, 4, 5),
    (1, 2, 3, 67),
]
LAYOUTS = {
    "contiguous": lambda a: a,
    "transposed": lambda a: a.T,
    "every other": lambda a: np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a,
    "reversed": lambda a: a[..., ::-1] if a.ndim else a,
    "one row everywhere": lambda a: np.broadcast_to(a[:1], a.shape) if a.ndim else a,
}
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)
layouts = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """Tiles of 50 values, and NaN where nobody writes."""
    monkeypatch.setattr(tiles, "BLOCK", BLOCK)
    monkeypatch.setattr(np, "empty", poisoned)


def values(shape, dtype="float64", seed=0):
    """Normal(0, 1); for a complex dtype in both parts."""
    rng = generator(seed)
    a = rng.standard_normal(shape)
    return (a + 1j * rng.standard_normal(shape) if dtype == "complex128" else a).astype(dtype)


def same(results, expected):
    """The same bits, dtypes and shapes, in the same kind of container."""
    assert type(results) is type(expected)
    pairs = zip(results, expected, strict=True) if isinstance(expected, tuple) else [(results, expected)]
    for a, b in pairs:
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)


def one(x, y):
    return x * np.tanh(x) + y


def several(x, y):
    return x * y, x - y, (x * x).real < 1.0, (x + 0.5 * y).astype("complex128")


def in_place(x, y):
    z = x * y
    return np.tanh(z, out=z)


@shapes
@layouts
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("f", [one, several, in_place])
def test_a_tiled_formula_is_the_formula(f, dtype, layout, shape):
    x, y = layout(values(shape, dtype)), layout(values(shape, dtype, seed=1))
    before = x.copy(), y.copy()
    expected = f(
        np.ascontiguousarray(x), np.ascontiguousarray(y)
    )  # which makes an array of one of a lone number
    expected = tiles.each(lambda a: a.reshape(x.shape), expected)
    same(tiles.tiled(f, elementwise=True)(x, y), expected)
    same((x, y), before)


@pytest.mark.parametrize("size", [131_071, 131_072, 131_073, 3 * 131_072 + 5])
@pytest.mark.parametrize("form", ["tanh", "erf"])
def test_gelu_in_tiles_of_the_real_size(size, form, monkeypatch):
    monkeypatch.undo()
    assert tiles.BLOCK == 131_072
    x, dy = values(size, "float32"), values(size, "float32", seed=1)
    in_tiles, plain = ((f(x), g(x, dy)) for f, g in formulas(form))
    same(in_tiles[0], plain[0])
    same(in_tiles[1], plain[1])


def formulas(form):
    """GELU and its derivative, tiled and as written."""
    pair = (gelu.gelu_tanh, gelu.both_tanh) if form == "tanh" else (gelu.gelu_erf, gelu.both_erf)
    return pair, tuple(f.__wrapped__ for f in pair)


def test_a_formula_is_cut_flat_and_keeps_its_name():
    sizes = []

    @tiles.tiled(elementwise=True)
    def formula(x, y):
        """What it says."""
        sizes.append((x.shape, y.shape))
        return x + y

    formula(values((3, 41)), values((3, 41)))
    assert sizes == [((50,), (50,)), ((50,), (50,)), ((23,), (23,))]
    formula(values((5, 10)), values((5, 10)))
    assert sizes[3:] == [((5, 10), (5, 10))]  # one tile is not cut
    assert (formula.__name__, formula.__doc__) == ("formula", "What it says.")


ROWS = [
    (1, 1, 60),
    (1, 1, 10),
    (2, 3, 20),
    (2, 5, 5),
    (3, 7, 5),
    (5, 1, 30),
    (1, 13, 9),
    (4, 25, 1),
    (2, 3, 4, 5),
    (7, 2, 3, 3),
    (60, 5),
    (3, 70),
    (5, 10),
]


def of_rows(x, shift, mask, *, scale):
    """Of every row: exp of the distance to the largest, the largest, and what is near it.

    No sum: of rows in another layout it would be taken in another order.
    """
    largest = x.real.max(axis=-1, keepdims=True)
    y = np.exp((x - largest) * scale) + shift
    if mask is not None:
        y = y * mask
    return y, largest, y.real > 0.5


@pytest.mark.parametrize("shape", ROWS, ids=str)
@pytest.mark.parametrize("row_size", [0, 1, 7, 1000])
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
@layouts
def test_a_tiled_function_of_rows_is_the_function(layout, dtype, masked, row_size, shape):
    x = layout(values(shape[::-1] if layout is LAYOUTS["transposed"] else shape, dtype))
    lead = x.shape[:-1][:2]
    shift = values((*lead, *[1] * (x.ndim - len(lead))), dtype, seed=1)
    mask = values(shape, seed=2) > 0.0 if masked else None
    results = tiles.tiled(of_rows)(x, shift, mask, scale=0.5, row_size=row_size)
    same(results, of_rows(np.ascontiguousarray(x), shift, mask, scale=0.5))


@pytest.mark.parametrize(
    ("shape", "row_size", "cut"),
    [
        ((2, 5, 6), 0, [(1, 5, 6)] * 2),  # 8 rows fit, an image has 5
        ((5, 2, 11), 0, [(2, 2, 11), (2, 2, 11), (1, 2, 11)]),
        ((2, 5, 13), 0, [(1, 3, 13), (1, 2, 13)] * 2),
        ((2, 3, 60), 0, [(1, 1, 60)] * 6),  # not even one fits
        ((2, 5, 5), 0, [(2, 5, 5)]),  # all in one tile
        ((2, 5, 4), 25, [(1, 2, 4), (1, 2, 4), (1, 1, 4)] * 2),  # an intermediate is wider
        ((2, 5, 6), 1, [(2, 5, 6)]),
        ((7, 20), 0, [(2, 20)] * 3 + [(1, 20)]),  # two axes: a row is what the first one counts
        ((3, 70), 0, [(1, 70)] * 3),
        ((0, 5, 6), 0, [(0, 5, 6)]),  # no rows at all
    ],
    ids=str,
)
def test_rows_are_cut_into_as_many_as_fit(shape, row_size, cut):
    seen = []

    @tiles.tiled
    def f(x):
        seen.append(x.shape)
        return x + 1.0

    x = values(shape)
    same(f(x, row_size=row_size), x + 1.0)
    assert seen == cut


def test_the_widest_array_sets_the_rows():
    seen = []

    @tiles.tiled
    def f(narrow, absent, wide):
        seen.append(wide.shape)
        return (narrow + wide.sum(axis=-1, keepdims=True),)

    narrow, wide = values((2, 4, 1)), values((2, 4, 20), seed=1)
    same(f(narrow, None, wide), (narrow + wide.sum(axis=-1, keepdims=True),))
    assert seen == [(1, 2, 20)] * 4


def test_the_tiles_cover_every_row_once():
    for lead in [(n,) for n in range(1, 7)] + [(B, J) for B in range(1, 6) for J in range(1, 7)]:
        for most in range(1, 40):
            count = np.zeros(lead, int)
            for tile in tiles.cut(lead, most):
                count[tile] += 1
                assert 1 <= count[tile].size <= most
            assert (count == 1).all()


def test_float16_is_computed_in_float32_unless_told_otherwise():
    """In every tile, the keyword arguments too; a mask stays a mask, and what comes back is float16."""
    seen = []

    def f(x, mask, absent, *, gamma, eps):
        seen.append((x.dtype.name, mask.dtype.name, absent, gamma.dtype.name, eps))
        y = x * gamma + eps
        return y, y * mask

    x, mask, gamma = values((2, 3, 20), "float16"), values((2, 3, 20)) > 0.0, values((20,), "float16", seed=1)
    results = tiles.tiled(f)(x, mask, None, gamma=gamma, eps=0.5)
    y = x.astype("float32") * gamma.astype("float32") + 0.5
    same(results, (y.astype("float16"), (y * mask).astype("float16")))
    assert seen == [("float32", "bool", None, "float32", 0.5)] * 4
    seen.clear()
    same(tiles.tiled(f, widen=False)(x, mask, None, gamma=gamma, eps=0.5)[0], x * gamma + np.float16(0.5))
    assert seen == [("float16", "bool", None, "float16", 0.5)] * 4


def test_arrays_of_another_library_are_not_cut():
    """One call with the whole arrays: there a formula is one kernel, and a tile would be one more launch."""
    calls = []

    def f(x, y, *_):
        calls.append((type(x), x.shape))
        x += y
        return (x * y,)

    x, y = (wrap(values((2, 30, 4), seed=seed)) for seed in range(2))
    expected = unwrap(x) + unwrap(y)
    (product,) = tiles.tiled(f, elementwise=True)(x, y)
    np.testing.assert_array_equal(unwrap(x), expected)
    np.testing.assert_array_equal(unwrap(product), expected * unwrap(y))
    assert isinstance(product, Strict)
    tiles.tiled(f)(x, y, None, row_size=1000)
    assert calls == [(Strict, (2, 30, 4))] * 2


def test_cupy_compiles_a_formula_once(monkeypatch):
    OnDevice = type("OnDevice", (), {"__module__": "cupy", "dtype": "float32"})
    compiled, widths = [], []

    def fuse(f):
        compiled.append(f)
        return lambda *arrays: ("kernel", f(*arrays))

    cupy = pretend_cupy(monkeypatch, zeros=None)
    cupy.fuse = fuse

    @tiles.tiled(elementwise=True)
    def formula(x, y):
        widths.append(x.dtype)
        return x, y

    x, y = OnDevice(), OnDevice()
    assert formula(x, y) == formula(x, y) == ("kernel", (x, y))
    assert len(compiled) == 1
    x = values((2, 3), "float16")
    same(compiled[0](x, x), (x, x))
    assert widths == ["float32"] * 3, "a kernel computes float16 in float32"
    x = np.float64(2.0)
    assert formula(x, x) == (x, x)  # NumPy's arrays go on as before
    x = OnDevice()
    assert tiles.tiled(lambda x, y: (x, y))(x, y) == (x, y), "a function of rows is not one kernel"


def test_tiles_share_nothing_between_threads():
    """The same formula in four threads at once, on other numbers in each."""
    f, g = formulas("tanh")[0][1], formulas("tanh")[1][1]
    start, found = threading.Barrier(4, timeout=10), {}

    def work(seed):
        x, dy = values((40, 60), seed=seed), values((40, 60), seed=seed + 9)
        start.wait()
        found[seed] = [f(x, dy) for _ in range(5)], g(x, dy)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for runs, expected in found.values():
        for run in runs:
            same(run, expected)
    assert len(found) == 4


# Every 1021st number of float32, of all: both zeros, subnormal numbers, infinities and what is not a number.
EVERY = np.arange(0, 2**32, 1021, dtype=np.uint32).view(np.float32)
NOTABLE = np.array(
    [0.0, 1e-45, 1e-38, 1e-20, 1.0, 5.5, 5.8, 5.85, 5.86, 7.0, 1e19, 1e20, 3.4e38, np.inf], np.float32
)


def erf_sqrt2(x):
    with np.errstate(over="ignore"):
        x2 = x * x
    return erf.erf_sqrt2(x, x2)  # without a warning of its own, which would be an error here


@pytest.mark.parametrize(
    "x",
    [EVERY, np.linspace(-8.0, 8.0, 1_000_001, dtype=np.float32), NOTABLE],
    ids=["of all", "where it bends", "notable"],
)
def test_erf_in_float32(x):
    x = np.where(np.isnan(x), np.float32(np.nan), x)  # one that does not signal
    y = erf_sqrt2(x)
    exact = scipy.special.erf(x / np.sqrt(2.0))
    np.testing.assert_array_equal(np.isnan(y), np.isnan(x))
    known = ~np.isnan(x)
    assert y.dtype == np.float32
    assert np.abs(y - exact)[known].max() <= 3e-7
    assert np.abs(y)[known].max() <= 1.0
    np.testing.assert_array_equal(np.signbit(y)[known], np.signbit(x)[known])  # of the zeros too
    np.testing.assert_array_equal(erf_sqrt2(-x)[known], -y[known])
    assert (y[known & (x >= 5.86)] == 1.0).all()


def test_erf_in_float32_near_zero():
    """Relative to erf(x/√2), which is x·√(2/π) there: some twenty roundings, down to the subnormal numbers."""
    x = np.geomspace(1e-37, 0.1, 10_000, dtype=np.float32)
    exact = scipy.special.erf(x / np.sqrt(2.0))
    assert np.abs(erf_sqrt2(x) / exact - 1.0).max() <= 1.3e-6


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_erf_is_scipys_in_double_precision(dtype):
    x = 3.0 * values(10_000, dtype)
    np.testing.assert_array_equal(erf_sqrt2(x), scipy.special.erf(x * math.sqrt(0.5)))


def test_the_coefficients_are_the_fits(monkeypatch):
    monkeypatch.undo()  # SciPy too may call np.empty
    path = pathlib.Path(__file__).parent.parent / "benchmarks" / "fit_erf.py"
    spec = importlib.util.spec_from_file_location("fit_erf", path)
    fit_erf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fit_erf)
    coefficients, error = fit_erf.fit()
    np.testing.assert_allclose(erf.ERF_COEFFICIENTS, coefficients, rtol=1e-3)
    x = np.linspace(0.0, fit_erf.EDGE, 100_000, dtype=np.float32)
    worse = np.nextafter(np.float32(erf.ERF_COEFFICIENTS), np.float32(0.0))
    better = fit_erf.nearby(worse)
    np.testing.assert_allclose(better, worse, rtol=1e-6)
    assert fit_erf.error_float32(better, x)[0] < 0.95 * fit_erf.error_float32(worse, x)[0]
    assert error < 1.1e-7
    x = np.linspace(0.0, 8.0, 1_000_001, dtype=np.float32)
    assert fit_erf.error_float32(erf.ERF_COEFFICIENTS, x)[0] <= 3e-7
