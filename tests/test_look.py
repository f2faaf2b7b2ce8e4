"""What is seen inside, on cases worked out by hand: uniform, identity and one-hot attention, known directions."""

import math
import warnings

import numpy as np
import pytest
from strict import Strict, wrap

from vitnp import InputError, gradcheck, preset, tree, vit
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.backend import arrays

GRID, P = (2, 3), 4
N = 6


def with_class_token(A):
    """Weights over patches as a model with a class token has them: half of every row goes to [CLS]."""
    T = A.shape[-1] + 1
    whole = np.full((*A.shape[:-2], T, T), 0.5)
    whole[..., 1:, 1:] = 0.5 * A
    whole[..., 0, 1:] = 0.5 / (T - 1)
    return whole


def random_weights(*shape, seed=0):
    A = np.random.default_rng(seed).random(shape)
    return A / A.sum(-1, keepdims=True)


def test_filters_of_rank_one():
    """Filters that are multiples of one picture: it is the first component, with all of the variance."""
    pattern = np.arange(12.0).reshape(2, 2, 3) - 8.0  # its largest value, in size, is negative
    W = np.outer(pattern.ravel(), np.linspace(-1, 2, 9)) + 5.0  # a mean that all filters share
    components, shares = look.filter_components(W, patch_size=2, n=4)
    assert components.shape == (4, 2, 2, 3)
    np.testing.assert_allclose(components[0], -pattern / np.linalg.norm(pattern), atol=1e-12)
    np.testing.assert_allclose(shares, [1, 0, 0, 0], atol=1e-12)


def test_filters_of_two_known_directions():
    """Variances 9 and 1 along two pixels: shares 0.9 and 0.1; no more components than there are filters."""
    W = np.zeros((4, 4))
    W[2] = [3, -3, 3, -3]
    W[1] = [1, 1, -1, -1]
    components, shares = look.filter_components(W, patch_size=2)
    np.testing.assert_allclose(components.reshape(4, 4)[:2], np.eye(4)[[2, 1]], atol=1e-12)
    np.testing.assert_allclose(shares[:2], [0.9, 0.1])
    assert look.filter_components(np.ones((12, 5)), patch_size=2)[0].shape == (5, 2, 2, 3)
    np.testing.assert_array_equal(look.filter_components(np.ones((12, 5)), patch_size=2)[1], 0)


@pytest.mark.parametrize("class_token", [0, 1])
def test_position_similarity(class_token):
    """Four known directions: equal 1, orthogonal 0, opposite −1, 45° √½; a row of zeros 0."""
    E = np.array([[1.0, 0], [0, 2], [-3, 0], [4, 4], [0, 0], [2, 0]])
    E = np.vstack([np.full((class_token, 2), 9.0), E])
    cosine = look.position_similarity(E, grid=GRID)
    assert cosine.shape == (2, 3, 2, 3)
    want = [[1, 0, -1], [math.sqrt(0.5), 0, 1]]
    np.testing.assert_allclose(cosine[0, 0], want, atol=1e-15)
    np.testing.assert_allclose(cosine, cosine.transpose(2, 3, 0, 1), atol=1e-15)


def test_patch_distances():
    d = look.patch_distances(GRID, patch_size=P, like=np.zeros(1))
    root2, root5 = math.sqrt(2), math.sqrt(5)
    np.testing.assert_allclose(d[0], [0, 4, 8, 4, 4 * root2, 4 * root5])
    np.testing.assert_array_equal(d, d.T)


@pytest.mark.parametrize("class_token", [0, 1])
def test_attention_distance(class_token):
    """Identity 0 px; always the right neighbor, in a ring; uniform the mean of all distances. [CLS] changes nothing."""
    identity = np.eye(N)
    one_hot = np.roll(np.eye(N), 1, axis=1)  # patch k looks at k + 1, and the last at the first
    uniform = np.full((N, N), 1 / N)
    A = np.stack([identity, one_hot, uniform])[None]
    A = with_class_token(A) if class_token else A  # (1, 3, T, T)
    distance = look.attention_distance(A, grid=GRID, patch_size=P)
    around = 4 * (4 + 2 * math.sqrt(5)) / 6  # 1, 1, √5 (to the next line), 1, 1, √5 (back to the start)
    everywhere = 4 * (14 + 4 * 2 + 8 * math.sqrt(2) + 4 * math.sqrt(5)) / 36
    assert distance.shape == (1, 3)
    np.testing.assert_allclose(distance[0], [0, around, everywhere], atol=1e-12)
    assert look.uniform_distance(GRID, patch_size=P, like=A) == pytest.approx(everywhere)


def test_distance_of_queries_that_look_at_the_class_token_alone():
    A = np.zeros((2, 7, 7))
    A[:, :, 0] = 1.0
    A[0, 1] = [0, 0, 1, 0, 0, 0, 0]  # one patch of the first head looks at its neighbor
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distance = look.attention_distance(A, grid=GRID, patch_size=P)
    np.testing.assert_array_equal(distance, [4.0, np.nan])


def test_attention_from_class_token():
    A = np.arange(2 * 49.0).reshape(2, 7, 7)
    np.testing.assert_array_equal(
        look.attention_from_class_token(A, grid=GRID)[1], [[50, 51, 52], [53, 54, 55]]
    )


def test_rollout_of_identity_and_uniform():
    """Looking at oneself leaves every token what it was; L uniform layers leave 2⁻ᴸ of it, the rest is alike."""
    identity = np.broadcast_to(np.eye(N), (1, 2, N, N))
    np.testing.assert_array_equal(look.rollout([identity] * 3), np.eye(N)[None])
    uniform = np.full((1, 2, N, N), 1 / N)
    np.testing.assert_allclose(look.rollout([uniform] * 3)[0], np.eye(N) / 8 + (7 / 8) / N)


def test_rollout_of_one_hot_layers():
    """Layer 1: all look at token 0; layer 2: all look at token 2. Half stays each time, so token 1 holds a quarter
    of itself, a quarter of 2, and of 0 the half that layer 1 brought to tokens 1 and 2 both."""
    first, second = np.zeros((2, 1, 1, 3, 3))
    first[..., 0] = 1.0
    second[..., 2] = 1.0
    R = look.rollout([first, second])[0]
    np.testing.assert_allclose(R, [[0.75, 0, 0.25], [0.5, 0.25, 0.25], [0.5, 0, 0.5]])


def test_rollout_takes_the_mean_of_the_heads_and_keeps_rows():
    A = [random_weights(2, 3, N, N, seed=i) for i in range(4)]
    R = look.rollout(A)
    np.testing.assert_allclose(R.sum(-1), 1)
    np.testing.assert_allclose(look.rollout([a.mean(1, keepdims=True) for a in A]), R)
    np.testing.assert_allclose(look.rollout([a[1:] for a in A]), R[1:])  # each image for itself
    halves = [a * np.linspace(0.2, 0.9, N)[:, None] for a in A]  # weights of which some were taken out
    np.testing.assert_allclose(look.rollout(halves).sum(-1), 1)


def test_gradient_rollout_by_hand():
    """Only what is positive of dA ⊙ A counts, averaged over the heads; one layer is I + Ā, two their product."""
    A = np.full((1, 2, 2, 2), 0.5)
    dA = np.array([[[[4.0, -4], [0, 2]], [[0, 8], [-6, 0]]]])
    one = np.array([[1 + 1, 2], [0, 1 + 0.5]])  # mean of [[2, 0], [0, 1]] and [[0, 4], [0, 0]], plus I
    np.testing.assert_array_equal(look.gradient_rollout([A], [dA])[0], one)
    other = np.array([[1.0, 0], [1, 1]])
    dB = np.array([[[[0.0, 0], [4, 0]], [[0, 0], [0, 0]]]])
    np.testing.assert_array_equal(look.gradient_rollout([A, A], [dA, dB])[0], other @ one)
    none = look.gradient_rollout([A, A], [-abs(dA), -abs(dB)])
    np.testing.assert_array_equal(none[0], np.eye(2))


def test_gradient_norms():
    dp = {
        "project": {"W": np.array([[3.0, 0], [0, 4]])},
        "blocks": {0: {"a": {"b": np.array([1.0, 2])}, "c": np.array([2.0])}, 1: {"a": np.zeros(3)}},
        "classify": {"head": {"W": np.array([1e-30], "float32")}},
    }
    norms = look.gradient_norms(dp)
    assert list(norms) == ["project", "blocks.0", "blocks.1", "classify"]
    assert list(norms.values()) == pytest.approx([5, 3, 0, 1e-30])


def small_trace(of, label):
    config = preset("tiny")
    rng = np.random.default_rng(0)
    p = gradcheck.random_like(vit.init(None, config), rng)
    return trace(rng.standard_normal((*config.image_size, 3)), p, config, labels=label, of=of)


def test_gradients_of_logits_make_those_of_the_loss():
    """∂loss/∂· = Σ_c (p_c − t_c)·∂y_c/∂· for every tensor below the logits, the attention weights among them."""
    by_loss = small_trace("loss", 2)
    by_logit = [small_trace("logit", c) for c in range(13)]
    weights = by_loss.probabilities[0] - np.eye(13)[2]
    names = [record.name for record in by_logit[0].backward]
    assert names == [record.name for record in by_loss.backward if record.name != "p"]
    for name in names:
        total = sum(w * t.gradient(name) for w, t in zip(weights, by_logit, strict=True))
        np.testing.assert_allclose(total, by_loss.gradient(name), atol=1e-12, err_msg=name)
    total = tree.map(
        lambda *g: sum(w * x for w, x in zip(weights, g, strict=True)), *(t.dp for t in by_logit)
    )
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), total, by_loss.dp)


def test_a_real_model_keeps_its_dtype():
    t = small_trace("logit", 1)
    weights = [t[f"blocks.{i}.attention.A"].astype("float32") for i in range(2)]
    gradients = [t.gradient(f"blocks.{i}.attention.A").astype("float32") for i in range(2)]
    for R in (look.rollout(weights), look.gradient_rollout(weights, gradients)):
        assert R.dtype == "float32"
        assert look.attention_from_class_token(R, grid=(5, 6)).shape == (1, 5, 6)
    distance = look.attention_distance(weights[0], grid=(5, 6), patch_size=8)
    assert (distance.shape, distance.dtype) == ((1, 4), "float32")


POINT = (random_weights(1, 2, 7, 7), np.random.default_rng(1).standard_normal((1, 2, 7, 7)))
POINT += (np.random.default_rng(2).standard_normal((12, 5)),)


def everything(A, dA, W):
    """What every function gives."""
    yield from look.filter_components(W, patch_size=2)
    yield look.position_similarity(A[0, 0], grid=GRID)
    yield look.attention_distance(A, grid=GRID, patch_size=P)
    yield look.uniform_distance(GRID, patch_size=P, like=A)
    yield look.attention_from_class_token(A, grid=GRID)
    yield look.rollout([A, A])
    yield look.gradient_rollout([A, A], [dA, dA])
    yield look.gradient_norms({"project": {"W": W}})["project"]


def test_nothing_of_numpy_is_used():
    """The same numbers on arrays of another library."""
    plain = list(everything(*POINT))
    others = list(everything(*map(wrap, POINT)))
    for one, other in zip(plain, others, strict=True):
        np.testing.assert_array_equal(arrays.to_host(other) if isinstance(other, Strict) else other, one)
    assert all(isinstance(other, Strict) for other in others[:-1])


@pytest.mark.gpu
def test_on_a_gpu():
    """The same numbers with CuPy, and they stay on the device."""
    try:
        xp = arrays.get("cupy")
    except InputError as problem:
        pytest.skip(str(problem))
    others = list(everything(*map(xp.asarray, POINT)))
    assert all(arrays.array_module(other) is xp for other in others[:-1])
    for one, other in zip(everything(*POINT), others, strict=True):
        np.testing.assert_allclose(arrays.to_host(other) if hasattr(other, "get") else other, one, atol=1e-10)


ONE, A7 = random_weights(1, 2, 1, 1), random_weights(1, 2, 7, 7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: look.filter_components(np.zeros((13, 5)), patch_size=2),
            r"W is \(13, 5\); need \(P·P·C, D\)",
        ),
        (
            lambda: look.position_similarity(np.zeros((8, 4)), grid=GRID),
            r"E_pos is \(8, 4\), but a grid of 2x3",
        ),
        (lambda: look.attention_distance(A7, grid=(3, 3), patch_size=4), "9 tokens, or one more"),
        (lambda: look.attention_distance(np.zeros((2, 6, 7)), grid=GRID, patch_size=4), "tokens, tokens"),
        (lambda: look.attention_from_class_token(A7[..., 1:, 1:], grid=GRID), "no class token"),
        (lambda: look.rollout([]), "no layers"),
        (lambda: look.rollout([ONE]), "larger image"),
        (lambda: look.rollout([A7[0]]), r"need \(B, H, T, T\)"),
        (lambda: look.rollout([A7, A7[..., 1:, 1:]]), "same B and T in every layer"),
        (lambda: look.gradient_rollout([A7], [A7, A7]), "differ in shape or number"),
        (lambda: look.rollout(A7[0, 0]), "no layers"),
        (lambda: look.rollout([A7.tolist()]), "attention weights are a list; need an array"),
        (lambda: look.rollout([A7, np.concatenate([A7, A7])]), "same B and T in every layer"),
        (lambda: look.attention_distance(A7.astype(object), grid=GRID, patch_size=4), "are object of shape"),
        (lambda: look.attention_distance(A7, grid=6, patch_size=4), "grid is 6; need"),
        (lambda: look.attention_distance(A7, grid=(2.0, 3), patch_size=4), "a side of the grid is 2.0"),
        (lambda: look.patch_distances(GRID, patch_size=0, like=A7), "patch_size is 0"),
        (lambda: look.position_similarity(np.zeros(7), grid=GRID), r"E_pos is \(7,\); need"),
        (lambda: look.filter_components(np.full((12, 5), np.nan), patch_size=2), "perhaps with NaN"),
        (lambda: look.filter_components(np.zeros((12, 5)), patch_size=2, n=-1), "n is -1"),
        (lambda: look.gradient_norms(None), "dp is None; need the tree"),
        (lambda: small_trace("logits", 1), 'of is "logits"; choose loss or logit'),
    ],
)
def test_what_does_not_fit(call, message):
    with pytest.raises(InputError, match=message) as problem:
        call()
    assert "\n" not in str(problem.value)
