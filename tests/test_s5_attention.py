"""Step 5: attention against plain loops, and what it does not know: the order of the tokens."""

import math

import numpy as np
from cases import CASES

from vitnp.ops import heads
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


def test_against_loops():
    """Image by image, head by head, query by query, key by key: √d_k is the width of one head."""
    B, N, D, H = 2, 5, 12, 3
    K = D // H
    x, p = np.random.default_rng(1).standard_normal((B, N, D)), parameters(D)
    concat = np.zeros((B, N, D))
    for b in range(B):
        for h in range(H):
            columns = slice(h * K, (h + 1) * K)
            for query in range(N):
                q = x[b, query] @ p["W_Q"][:, columns] + p["b_Q"][columns]
                scores = []
                for key in range(N):
                    k = x[b, key] @ p["W_K"][:, columns] + p["b_K"][columns]
                    scores.append(sum(q[i] * k[i] for i in range(K)) / math.sqrt(K))
                total = sum(math.exp(score) for score in scores)
                for key in range(N):
                    v = x[b, key] @ p["W_V"][:, columns] + p["b_V"][columns]
                    concat[b, query, columns] += math.exp(scores[key]) / total * v
    y, saved = s5_attention.forward(x, p, num_heads=H)
    np.testing.assert_allclose(saved.concat, concat, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(y, concat @ p["W_O"] + p["b_O"], rtol=1e-12, atol=1e-12)


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
