"""Step 4: the position embedding is added element by element, the same table for every image."""

import numpy as np

from vitnp.steps import s4_position


def test_shapes_of_the_slide():
    p = s4_position.init(np.random.default_rng(0), num_tokens=197, hidden_size=768, dtype="float32")
    assert p["E_pos"].shape == (197, 768)
    tokens, _ = s4_position.forward(np.zeros((1, 197, 768), np.float32), p)
    assert tokens.shape == (1, 197, 768)
    np.testing.assert_array_equal(tokens[0], p["E_pos"])


def test_the_same_table_for_every_image():
    rng = np.random.default_rng(0)
    x, table = rng.standard_normal((3, 4, 5)), rng.standard_normal((4, 5))
    y, _ = s4_position.forward(x, {"E_pos": table})
    for image in range(3):
        np.testing.assert_array_equal(y[image], x[image] + table)


def test_dropout_only_with_a_generator():
    x, p = np.ones((2, 50, 20)), {"E_pos": np.ones((50, 20))}
    still, _ = s4_position.forward(x, p, dropout_rate=0.5)
    assert (still == 2.0).all()
    dropped, _ = s4_position.forward(x, p, dropout_rate=0.5, rng=np.random.default_rng(0))
    assert set(np.unique(dropped)) == {0.0, 4.0}  # after the sum, and scaled by 1/(1 − rate)


def test_a_generator_without_a_rate_drops_nothing():
    x, p = np.ones((2, 5, 4)), {"E_pos": np.ones((5, 4))}
    assert (s4_position.forward(x, p, rng=np.random.default_rng(0))[0] == 2.0).all()
