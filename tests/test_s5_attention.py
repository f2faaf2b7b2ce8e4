"""Step 5: attention against plain loops, and what it does not know: the order of the tokens."""

import math

import numpy as np
import pytest
from cases import CASES
from strict import STRICT, wrap

from vitnp import InputError
from vitnp.backend.arrays import to_device
from vitnp.ops import heads, relative, softmax
from vitnp.steps import s5_attention


def parameters(D, seed=0):
    """Generic weights and biases."""
    rng = np.random.default_rng(seed)
    return {
        f"{letter}_{name}": 0.5 * rng.standard_normal((D, D) if letter == "W" else D)
        for name in "QKVO"
        for letter in "Wb"
    }


def test_shapes_of_the_slide():
    p = s5_attention.init(np.random.default_rng(0), hidden_size=768, dtype="float32")
    assert {name: a.shape for name, a in p.items()} == {
        f"{letter}_{name}": (768, 768) if letter == "W" else (768,) for name in "QKVO" for letter in "Wb"
    }
    y, saved = s5_attention.forward(np.ones((1, 197, 768), np.float32), p, num_heads=12)
    assert saved.Q.shape == saved.K.shape == saved.V.shape == (1, 12, 197, 64)
    assert saved.A.shape == (1, 12, 197, 197)
    assert saved.concat.shape == (1, 197, 768)
    assert y.shape == (1, 197, 768)


B, N, M, D, H = 2, 3, 7, 20, 4  # and K = 5: no two sizes are the same
MASKS = {  # False where nobody looks; key 4 may always be looked at
    "none": None,
    "for every image, head and query": (B, H, N, M),
    "padding, for every image": (B, 1, 1, M),
    "for every head": (H, 1, M),
    "for every query": (N, M),
}


def mask_of(shape):
    """A mask of this shape, two thirds of it True."""
    if shape is None:
        return None
    mask = np.random.default_rng(5).random(shape) > 1 / 3
    mask[..., 4] = True
    return mask


def by_loops(x, m, p, num_heads, mask=None):
    """Image by image, head by head, query by query, key by key: √d_k is the width of one head."""
    K = D // num_heads
    allowed = np.broadcast_to(True if mask is None else mask, (len(x), num_heads, x.shape[1], m.shape[1]))
    concat = np.zeros(x.shape)
    for b, h, query in np.ndindex(allowed.shape[:3]):
        columns = slice(h * K, (h + 1) * K)
        q = x[b, query] @ p["W_Q"][:, columns] + p["b_Q"][columns]
        weights, values = [], []
        for key in range(m.shape[1]):
            if allowed[b, h, query, key]:
                k = m[b, key] @ p["W_K"][:, columns] + p["b_K"][columns]
                weights.append(math.exp(sum(q[i] * k[i] for i in range(K)) / math.sqrt(K)))
                values.append(m[b, key] @ p["W_V"][:, columns] + p["b_V"][columns])
        for weight, value in zip(weights, values, strict=True):
            concat[b, query, columns] += weight / sum(weights) * value
    return concat


def point():
    """Tokens that look, tokens that are looked at, weights."""
    rng = np.random.default_rng(1)
    return rng.standard_normal((B, N, D)), rng.standard_normal((B, M, D)), parameters(D)


def test_against_loops():
    x, _, p = point()
    concat = by_loops(x, x, p, H)
    y, saved = s5_attention.forward(x, p, num_heads=H)
    np.testing.assert_allclose(saved.concat, concat, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(y, concat @ p["W_O"] + p["b_O"], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", MASKS.values(), ids=MASKS)
def test_tokens_that_look_at_others_against_loops(shape):
    x, m, p = point()
    mask = mask_of(shape)
    _, saved = s5_attention.attention(x, m, p, num_heads=H, mask=mask)
    np.testing.assert_allclose(saved.concat, by_loops(x, m, p, H, mask), rtol=1e-12, atol=1e-12)
    assert saved.A.shape == (B, H, N, M)
    if mask is not None:
        np.testing.assert_array_equal(saved.A == 0.0, ~np.broadcast_to(mask, saved.A.shape))


def test_self_attention_is_attention_to_oneself():
    """The same bits; and backward is the sum of what comes back to those who look and to those who are looked at."""
    x, _, p = point()
    y, saved = s5_attention.forward(x, p, num_heads=H)
    general, other = s5_attention.attention(x, x.copy(), p, num_heads=H)
    np.testing.assert_array_equal(y, general)
    assert saved.m is saved.x is x
    dy = np.random.default_rng(2).standard_normal(y.shape)
    dx, dp = s5_attention.backward(dy, saved)
    dasking, dm, general_dp = s5_attention.attention_backward(dy, other)
    np.testing.assert_allclose(dx, dasking + dm, rtol=1e-12, atol=1e-13)
    for name, gradient in dp.items():
        np.testing.assert_array_equal(gradient, general_dp[name])


def test_no_gradient_for_a_key_that_nobody_sees():
    x, m, p = point()
    mask = np.ones((N, M), bool)
    mask[:, 2] = False
    y, saved = s5_attention.attention(x, m, p, num_heads=H, mask=mask)
    moved = m.copy()
    moved[:, 2] += 1e6
    np.testing.assert_array_equal(s5_attention.attention(x, moved, p, num_heads=H, mask=mask)[0], y)
    _, dm, _ = s5_attention.attention_backward(np.ones_like(y), saved)
    np.testing.assert_array_equal(dm[:, 2], 0.0)
    assert np.abs(dm[:, 3]).min() > 0


def test_a_causal_mask_hides_the_tokens_that_follow():
    """A token's output is what it is without those after it."""
    _, m, p = point()
    y, _ = s5_attention.forward(m, p, num_heads=H, mask=np.tri(M, dtype=bool))
    for i in range(M):
        shorter, _ = s5_attention.forward(m[:, : i + 1], p, num_heads=H)
        np.testing.assert_allclose(y[:, i], shorter[:, i], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("size", [1.0, 1e3])
def test_a_mask_of_scores_of_any_size(dtype, size):
    """Nothing but numbers and no warning, in the dtype that comes in; exp cannot take the larger ones as they are."""
    x, m, p = point()
    p |= {"W_Q": size / 30 * p["W_Q"]}
    x, m = x.astype(dtype), m.astype(dtype)
    p = {name: a.astype(dtype) for name, a in p.items()}
    with np.errstate(all="raise", under="ignore"):
        y, saved = s5_attention.attention(x, m, p, num_heads=H, mask=mask_of((B, H, N, M)))
        dx, dm, dp = s5_attention.attention_backward(y, saved)
    for array in (y, saved.A, dx, dm, *dp.values()):
        assert array.dtype == dtype
        assert np.isfinite(array).all()
    np.testing.assert_allclose(
        saved.A.astype("complex128").sum(axis=-1), 1.0, rtol=1e-2 if dtype == "float16" else 1e-6
    )


@pytest.mark.parametrize("kind", ["self", "cross with a mask", "relative"])
def test_sharp_attention_in_float16(kind):
    """Q·Kᵀ is beyond float16's 65504, Q·Kᵀ/√d_k is not: Q is divided before the product, and so is E_rel's part."""
    width, tokens = 64, 5  # one head
    rng = np.random.default_rng(2)
    p = {f"W_{name}": (12.0 * np.eye(width) if name in "QK" else np.eye(width)) for name in "QKVO"}
    p = {name: W.astype("float16") for name, W in p.items()}
    x = 3.0 * rng.standard_normal((1, tokens, width)).astype("float16")
    how = {"num_heads": 1}
    if kind == "cross with a mask":
        how["mask"] = np.tri(tokens, dtype=bool)
    if kind == "relative":
        p["E_rel"] = np.tile(36.0 * x[0, :1], (2 * tokens - 1, 1))
    with np.errstate(all="raise", under="ignore"):
        y, saved = s5_attention.attention(x, x, p, **how)
    exact, exact_p = x.astype("float64"), {name: a.astype("float64") for name, a in p.items()}
    want, want_saved = s5_attention.attention(exact, exact, exact_p, **how)
    scores = want_saved.Q @ want_saved.K.swapaxes(-1, -2)
    assert abs(scores).max() > 65504
    np.testing.assert_allclose(saved.A, want_saved.A, atol=1e-2)
    np.testing.assert_allclose(y, want, atol=1e-2 * abs(want).max())


@pytest.mark.parametrize("shape", [(N, M), (B, 1, N, M)])
def test_a_query_without_a_key_is_refused(shape):
    """Its softmax would divide 0 by 0."""
    x, m, p = point()
    mask = np.ones(shape, bool)
    mask[..., 1, :] = False
    with pytest.raises(InputError, match="mask has a query that may look at no key"):
        s5_attention.attention(x, m, p, num_heads=H, mask=mask)


def test_on_a_device_the_mask_is_not_looked_at():
    """It is not read back, which would wait; a query without a key has NaN there, and the others their values."""
    x, m, p = point()
    mask = np.ones((N, M), bool)
    mask[1] = False
    with np.errstate(invalid="ignore"):
        y, _ = s5_attention.attention(wrap(x), wrap(m), to_device(p, STRICT), num_heads=H, mask=wrap(mask))
    np.testing.assert_array_equal(np.isnan(STRICT.asnumpy(y)).all(axis=(0, 2)), [False, True, False])


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((N, M)), "mask is float64; need booleans"),
        (np.ones((N, M), int), "mask is int64; need booleans"),
        (np.ones(M, bool), r"mask is \(7,\); need"),
        (np.ones((M, N), bool), r"mask is \(7, 3\); need .* = \(2, 4, 3, 7\)"),
        (np.ones((H, B, N, M), bool), r"mask is \(4, 2, 3, 7\); need"),
        (np.ones((1, 1, 1, N, M), bool), r"mask is \(1, 1, 1, 3, 7\); need"),
    ],
)
def test_a_mask_that_does_not_fit(mask, message):
    x, m, p = point()
    with pytest.raises(InputError, match=message):
        s5_attention.attention(x, m, p, num_heads=H, mask=mask)


def test_relative_positions_are_of_as_many_tokens():
    x, m, p = point()
    p |= relative.init(np.random.default_rng(0), num_tokens=N, head_dim=D // H, dtype="float64")
    s5_attention.attention(x, x + 1.0, p, num_heads=H)
    with pytest.raises(
        InputError, match="3 tokens look at 7; relative positions need as many tokens on both sides"
    ):
        s5_attention.attention(x, m, p, num_heads=H)


@pytest.mark.parametrize(("K", "same"), [(16, True), (64, True), (5, False)])
def test_the_scale_of_the_queries_is_that_of_the_scores(K, same):
    """Where √d_k is a power of two, the same bits as with the scores themselves divided by it, back as well."""
    Q, Key, V, dO = np.random.default_rng(0).standard_normal((4, 2, 3, 9, K)).astype("float32")
    scale = 1.0 / math.sqrt(K)
    S = Q @ Key.swapaxes(-1, -2) * scale
    weights, _ = softmax.forward(S)
    dS = softmax.backward(dO @ V.swapaxes(-1, -2), weights) * scale
    expected = weights @ V, weights, dS @ Key, dS.swapaxes(-1, -2) @ Q
    outputs, A = s5_attention.attend(Q, Key, V, None, rate=0.0)
    dQ, dK, _ = s5_attention.attend_backward(dO, Q, Key, V, A, None, rate=0.0)
    pairs = list(zip((outputs, A, dQ, dK), expected, strict=True))
    for got, want in pairs:
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-6)
    assert all(np.array_equal(got, want) for got, want in pairs) == same


def test_attention_weights_are_probabilities_over_the_keys():
    case = CASES["s5_attention"]
    _, saved = case.forward(case.x, case.p)
    assert (saved.A > 0).all()
    np.testing.assert_allclose(saved.A.sum(axis=-1), 1.0, rtol=1e-14)
    assert np.abs(saved.A.sum(axis=-2) - 1.0).max() > 0.01  # over the queries they are not


def test_without_positions_the_order_of_the_tokens_is_unknown():
    """Permute the tokens and the output is permuted: that is why step 4 exists."""
    rng = np.random.default_rng(0)
    x, p, order = rng.standard_normal((2, 7, 12)), parameters(12), rng.permutation(7)
    y, _ = s5_attention.forward(x, p, num_heads=3)
    permuted, _ = s5_attention.forward(x[:, order], p, num_heads=3)
    np.testing.assert_allclose(permuted, y[:, order], rtol=1e-12, atol=1e-13)


def test_the_key_bias_changes_nothing():
    """It adds the same number to a query's score with every key, and the softmax cancels it: its gradient is 0."""
    x, p = np.random.default_rng(0).standard_normal((1, 5, 6)), parameters(6)
    y, saved = s5_attention.forward(x, p, num_heads=2)
    moved, _ = s5_attention.forward(x, p | {"b_K": p["b_K"] + 3.0}, num_heads=2)
    np.testing.assert_allclose(moved, y, rtol=1e-12)
    _, dp = s5_attention.backward(np.random.default_rng(1).standard_normal(y.shape), saved)
    assert np.abs(dp["b_K"]).max() < 1e-14
    assert np.abs(dp["b_Q"]).max() > 1e-3


def test_huge_scores_do_not_overflow():
    x, p = np.random.default_rng(0).standard_normal((1, 5, 6)).astype(np.float32), parameters(6)
    p = {name: (100.0 * a).astype(np.float32) for name, a in p.items()}
    y, saved = s5_attention.forward(x, p, num_heads=2)
    assert np.isfinite(y).all()
    np.testing.assert_allclose(saved.A.sum(axis=-1), 1.0, rtol=1e-6)


def test_attention_dropout_hits_the_weights_that_multiply_V():
    x, p = np.random.default_rng(0).standard_normal((2, 20, 12)), parameters(12)
    _, saved = s5_attention.forward(
        x, p, num_heads=3, attention_dropout_rate=0.25, rng=np.random.default_rng(0)
    )
    assert saved.A_keep.shape == saved.A.shape == (2, 3, 20, 20)
    assert abs(saved.A_keep.mean() - 0.75) < 0.03
    dropped = np.where(saved.A_keep, saved.A / 0.75, 0.0)
    np.testing.assert_allclose(saved.concat, heads.merge(dropped @ saved.V), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(saved.A.sum(axis=-1), 1.0, rtol=1e-12)  # A itself stays whole, to look at


def test_without_attention_dropout_no_mask_is_kept():
    case = CASES["s5_attention, dropout"]
    _, saved = case.forward(case.x, case.p)
    assert saved.A_keep is None
    np.testing.assert_allclose(saved.concat, heads.merge(saved.A @ saved.V), rtol=1e-12, atol=1e-14)


def test_every_head_on_its_own():
    """Heads a few at a time, as the blocks take them, are the heads of all: forward and backward."""
    rng = np.random.default_rng(0)
    Q, K, V, dO = rng.standard_normal((4, 2, 6, 5, 3))
    keep = rng.random((2, 6, 5, 5)) > 0.3
    outputs, A = s5_attention.attend.__wrapped__(Q, K, V, keep, rate=0.3)
    back = s5_attention.attend_backward.__wrapped__(dO, Q, K, V, A, keep, rate=0.3)
    for h in range(6):
        one = slice(h, h + 1)
        q, k, v = Q[:, one], K[:, one], V[:, one]
        part = s5_attention.attend.__wrapped__(q, k, v, keep[:, one], rate=0.3)
        back_part = s5_attention.attend_backward.__wrapped__(
            dO[:, one], q, k, v, A[:, one], keep[:, one], rate=0.3
        )
        for whole, found in zip((outputs, A, *back), (*part, *back_part), strict=True):
            np.testing.assert_allclose(
                whole[:, one], found, rtol=1e-12, atol=1e-14
            )  # BLAS may add up otherwise
