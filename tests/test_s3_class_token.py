"""Step 3: the class token stands in row 0 of every image's tokens."""

import numpy as np

from vitnp.steps import s3_class_token


def test_shapes_of_the_slide():
    p = s3_class_token.init(hidden_size=768, dtype="float32")
    assert p["cls"].shape == (768,)
    tokens, _ = s3_class_token.forward(np.zeros((1, 196, 768), np.float32), p)
    assert tokens.shape == (1, 197, 768)


def test_row_0_and_the_patches_after_it():
    rng = np.random.default_rng(0)
    x, cls = rng.standard_normal((3, 4, 7)), rng.standard_normal(7)
    tokens, _ = s3_class_token.forward(x, {"cls": cls})
    for image in range(3):
        np.testing.assert_array_equal(tokens[image, 0], cls)
    np.testing.assert_array_equal(tokens[:, 1:], x)


def test_backward_by_hand():
    """Row 0 of every image goes to the token, added up; the rest goes to the patches."""
    dz = np.arange(24.0).reshape(2, 3, 4)
    dx, dp = s3_class_token.backward(dz, ())
    np.testing.assert_array_equal(dp["cls"], [0 + 12, 1 + 13, 2 + 14, 3 + 15])
    np.testing.assert_array_equal(dx, [[[4, 5, 6, 7], [8, 9, 10, 11]], [[16, 17, 18, 19], [20, 21, 22, 23]]])
