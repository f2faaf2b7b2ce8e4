"""Token embeddings against loops, and a table too large for one product."""

import numpy as np
import pytest

from vitnp.ops import embed

IDS = np.array([[3, 5, 3, 0], [1, 3, 2, 2]])


def table(V=7, D=4):
    return {"E": np.random.default_rng(0).standard_normal((V, D))}


def gradient_by_loops(dx, V):
    """A row of the table gets √D times the gradient of every token that took it."""
    dE = np.zeros((V, dx.shape[-1]))
    for b, t in np.ndindex(IDS.shape):
        dE[IDS[b, t]] += dx.shape[-1] ** 0.5 * dx[b, t]
    return dE


def test_a_token_is_its_row_times_the_root_of_the_width():
    p = table()
    x, saved = embed.forward(IDS, p)
    np.testing.assert_allclose(x, 2.0 * p["E"][IDS], rtol=1e-15)
    dx = np.random.default_rng(1).standard_normal(x.shape)
    np.testing.assert_allclose(
        embed.backward(dx, saved)["E"], gradient_by_loops(dx, 7), rtol=1e-12, atol=1e-14
    )


def test_the_table_is_summed_up_a_few_tokens_at_a_time(monkeypatch):
    """However few: one, or three, which leave two at the end."""
    x, saved = embed.forward(IDS, table())
    dx = np.random.default_rng(1).standard_normal(x.shape)
    for most in (1, 3 * 7):
        monkeypatch.setattr(embed, "MOST", most)
        found = embed.backward(dx, saved)["E"]
        np.testing.assert_allclose(found, gradient_by_loops(dx, 7), rtol=1e-12, atol=1e-14)


def test_logits_are_products_with_the_rows():
    p, y = table(), np.random.default_rng(1).standard_normal((2, 3, 4))
    z, _ = embed.logits_forward(y, p)
    np.testing.assert_allclose(z, np.einsum("btd,vd->btv", y, p["E"]), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_ids_of_any_whole_type(dtype):
    p = {"E": table()["E"].astype("float32")}
    x, saved = embed.forward(IDS.astype(dtype), p)
    assert x.dtype == np.float32
    dE = embed.backward(x, saved)["E"]
    np.testing.assert_allclose(dE, gradient_by_loops(x, 7), rtol=1e-5)
    assert dE.dtype == np.float32
