"""What tokens know, on cases worked out by hand: components, cosines, matches, the mirror image, sinks."""

import numpy as np
import pytest
from strict import Strict, wrap

from vitnp import InputError
from vitnp.analysis import look
from vitnp.backend import arrays

GRID, N = (2, 3), 6
RNG = np.random.default_rng(0)
Z = RNG.standard_normal((2, N, 5))


def with_class_token(A):
    """Weights over patches (…, N, N) as a model with a class token has them: half of every row goes to [CLS]."""
    whole = np.zeros((*A.shape[:-2], N + 1, N + 1))
    whole[..., 0] = 0.5
    whole[..., 1:, 1:] = 0.5 * A
    whole[..., 0, 0] = 1.0  # [CLS] looks at itself: it is no patch, and does not count
    return whole


def test_components_of_two_known_directions():
    """Tokens that differ by 3 along one axis and by 1 along another: shares 0.9 and 0.1, and no third."""
    tokens = np.zeros((4, 5)) + 7.0
    tokens[:, 2] += [3, -3, 3, -3]
    tokens[:, 4] += [1, 1, -1, -1]
    components, shares = look.token_components(tokens)
    np.testing.assert_allclose(shares, [0.9, 0.1, 0], atol=1e-12)
    np.testing.assert_allclose(components[:, :2], [[3, 1], [-3, 1], [3, -1], [-3, -1]], atol=1e-12)


def test_the_basis_is_that_of_all_photos():
    """Two photos at once are not two photos one by one: their components belong to one mean and one basis."""
    together, shares = look.token_components(Z)
    flat, same = look.token_components(Z.reshape(-1, 5))
    np.testing.assert_allclose(together.reshape(-1, 3), flat)
    np.testing.assert_allclose(shares, same)
    np.testing.assert_allclose(together.mean(axis=(0, 1)), 0, atol=1e-12)
    assert not np.allclose(together[0], look.token_components(Z[0])[0])


def test_fewer_tokens_or_values_than_components():
    assert look.token_components(Z[0, :2], n=4)[0].shape == (2, 2)
    assert look.token_components(Z[..., :2])[0].shape == (2, N, 2)
    components, shares = look.token_components(np.ones((3, 4)))
    np.testing.assert_array_equal(components, 0)
    np.testing.assert_array_equal(shares, 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_differs_by_rounding_alone_is_no_component(dtype):
    """Three tokens span two directions, equal ones none: the third color is even, not rounding drawn from 0 to 1."""
    three = RNG.standard_normal((3, 40)).astype(dtype) + 5
    components, shares = look.token_components(three)
    assert shares[1] > 0
    assert shares[2] == 0
    np.testing.assert_array_equal(look.colors(components)[:, 2], 0.5)
    equal = np.tile(three[0], (256, 1))
    np.testing.assert_array_equal(look.token_components(equal)[1], 0)


@pytest.mark.parametrize("factor", [2.0**-100, 2.0**100])
@pytest.mark.filterwarnings("error")
def test_tokens_whose_squares_no_float32_holds(factor):
    z = Z.astype("float32")
    large = z * np.float32(factor)
    np.testing.assert_array_equal(look.similarity(large, large), look.similarity(z, z))
    (one, shares), (other, same) = look.token_components(z), look.token_components(large)
    np.testing.assert_array_equal(other, one * np.float32(factor))
    np.testing.assert_array_equal(shares, same)


def test_colors_go_from_quantile_to_quantile():
    values = np.stack([np.arange(101.0), np.ones(101), -(np.arange(101.0) ** 3)], axis=1)
    colors = look.colors(values, clip=0.1)
    np.testing.assert_allclose(colors[:, 0], ((np.arange(101) - 10) / 80).clip(0, 1))
    np.testing.assert_array_equal(colors[:, 1], 0.5)  # it does not vary
    assert (colors.min(), colors.max()) == (0, 1)
    np.testing.assert_array_equal(look.colors(values, clip=0)[[0, 100], 0], [0, 1])


def test_similarity_of_known_directions():
    """Equal directions 1, orthogonal 0, opposite −1, 45° √½; zeros 0. Lengths do not count."""
    a = np.array([[2.0, 0], [0, 0]])
    b = np.array([[5.0, 0], [0, 3], [-1, 0], [1, 1]])
    want = [[1, 0, -1, np.sqrt(0.5)], [0, 0, 0, 0]]
    np.testing.assert_allclose(look.similarity(a, b), want, atol=1e-12)
    assert look.similarity(Z, Z[:, :4]).shape == (2, N, 4)
    np.testing.assert_allclose(look.similarity(Z, Z[:, :4])[1], look.similarity(Z[1], Z[1, :4]))


def test_matches_and_which_are_mutual():
    """0 and 1 both like 2 best, which likes 1 best: 1 and 2 are mutual, 0 is not; of ties the first."""
    cosine = np.array([[0.1, 0.2, 0.6, 0.6], [0.0, 0.1, 0.9, 0.3], [0.5, 0.5, 0.2, 0.1]])
    best, mutual = look.matches(cosine)
    np.testing.assert_array_equal(best, [2, 2, 0])
    np.testing.assert_array_equal(mutual, [False, True, True])
    best, mutual = look.matches(np.stack([cosine, cosine[::-1]]))
    np.testing.assert_array_equal(best[1], [0, 2, 2])
    np.testing.assert_array_equal(mutual[1], [True, True, False])


def test_the_mirror_image_of_a_grid():
    np.testing.assert_array_equal(look.mirrored((2, 3), like=Z), [2, 1, 0, 5, 4, 3])


def test_tokens_of_the_picture_find_themselves_and_tokens_of_places_do_not():
    """Tokens that hold what a patch shows are all found in the mirror image; tokens that hold its place find their
    place, which is right in the middle column alone."""
    mirror = look.mirrored(GRID, like=Z)
    assert look.mirror_matches(Z[0], Z[0][mirror], grid=GRID) == 1
    assert look.mirror_matches(Z[0], Z[0], grid=GRID) == pytest.approx(1 / 3)
    np.testing.assert_allclose(look.mirror_matches(Z, Z[:, mirror], grid=GRID), [1, 1])


@pytest.mark.parametrize("class_token", [0, 1])
def test_sinks(class_token):
    """Head 0 looks everywhere alike, head 1 at patch 4 alone, head 2 at itself, head 3 half at patch 2, half at 3."""
    A = np.stack([np.full((N, N), 1 / N), np.zeros((N, N)), np.eye(N), np.zeros((N, N))])
    A[1, :, 4] = 1
    A[3, :, 2:4] = 0.5
    A = with_class_token(A) if class_token else A
    patch, share = look.sinks(A[None], grid=GRID)
    np.testing.assert_array_equal(patch[0, [1, 3]], [4, 2])
    left = 0.5 if class_token else 1  # what [CLS] leaves
    np.testing.assert_allclose(share[0], left * np.array([1 / N, 1, 1 / N, 0.5]))


def everything(z, A):
    """What every function gives."""
    components, shares = look.token_components(z)
    cosine = look.similarity(z[0], z[1])
    yield from (components, shares, look.colors(components), cosine, *look.matches(cosine))
    yield look.mirrored(GRID, like=z)
    yield look.mirror_matches(z[0], z[1], grid=GRID)
    yield from look.sinks(A, grid=GRID)


A = RNG.random((1, 2, N + 1, N + 1))


def test_nothing_of_numpy_is_used():
    """The same numbers on arrays of another library."""
    plain, others = list(everything(Z, A)), list(everything(wrap(Z), wrap(A)))
    assert all(isinstance(other, Strict) for other in others)
    for one, other in zip(plain, others, strict=True):
        np.testing.assert_array_equal(arrays.to_host(other), one)


@pytest.mark.gpu
def test_on_a_gpu():
    """The same numbers with CuPy, and they stay on the device."""
    try:
        xp = arrays.get("cupy")
    except InputError as problem:
        pytest.skip(str(problem))
    others = list(everything(xp.asarray(Z), xp.asarray(A)))
    assert all(arrays.array_module(other) is xp for other in others)
    for one, other in zip(everything(Z, A), others, strict=True):
        np.testing.assert_allclose(arrays.to_host(other), one, atol=1e-10)


def test_dtype_stays():
    for value in everything(Z.astype("float32"), A.astype("float32")):
        assert value.dtype in ("float32", "int64", "bool")


NAN = np.full((2, 3), np.nan)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: look.token_components(Z[0, :1]), r"tokens are \(1, 5\); need"),
        (lambda: look.token_components(Z[0, 0]), r"tokens are \(5,\); need"),
        (lambda: look.token_components(NAN), "tokens is float64, perhaps with NaN"),
        (lambda: look.token_components(Z, n=0), "n is 0"),
        (lambda: look.token_components(Z.astype("float16")), "tokens is float16"),
        (lambda: look.token_components(None), "tokens are a NoneType; need an array"),
        (lambda: look.colors(Z), r"components are \(2, 6, 5\); a color needs 3"),
        (lambda: look.colors(Z[..., :3], clip=0.5), "clip is 0.5"),
        (lambda: look.similarity(Z[0], Z[0, :, :4]), "tokens of one model"),
        (lambda: look.similarity(Z, Z[0]), "tokens of one model"),
        (lambda: look.similarity(Z[0, 0], Z[0]), r"a is \(5,\); need tokens"),
        (lambda: look.matches(Z[0, 0]), r"cosine is \(5,\)"),
        (lambda: look.mirrored((0, 3), like=Z), "a side of the grid is 0"),
        (lambda: look.mirror_matches(Z[0], Z[0], grid=(2, 2)), r"need \(…, 4, D\) of both, without \[CLS\]"),
        (lambda: look.mirror_matches(Z[0], Z[0, :4], grid=GRID), r"need \(…, 6, D\)"),
        (lambda: look.sinks(A, grid=(3, 3)), "9 tokens, or one more"),
    ],
)
def test_what_does_not_fit(call, message):
    with pytest.raises(InputError, match=message) as problem:
        call()
    assert "\n" not in str(problem.value)
