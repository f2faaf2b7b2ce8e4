"""Step 2: one linear projection for every patch, which is a convolution with kernel and stride P."""

import numpy as np

from vitnp.steps import s1_patchify, s2_project


def test_shapes_of_the_slide():
    p = s2_project.init(np.random.default_rng(0), patch_dim=768, hidden_size=768, dtype="float32")
    assert p["W"].shape == (768, 768)
    assert p["b"].shape == (768,)
    tokens, _ = s2_project.forward(np.zeros((1, 196, 768), np.float32), p)
    assert tokens.shape == (1, 196, 768)


def test_it_is_a_convolution_with_stride_P():
    """Against the convolution's own loop, kernel (P, P, C, D): rows, columns and channels must agree."""
    rng = np.random.default_rng(0)
    P, C, D, rows, cols = 3, 2, 7, 5, 4
    image = rng.standard_normal((rows * P, cols * P, C))
    kernel, bias = rng.standard_normal((P, P, C, D)), rng.standard_normal(D)
    expected = np.zeros((rows, cols, D))
    for row in range(rows):
        for col in range(cols):
            for d in range(D):
                window = image[row * P : (row + 1) * P, col * P : (col + 1) * P]
                expected[row, col, d] = (window * kernel[:, :, :, d]).sum() + bias[d]
    patches, _ = s1_patchify.forward(image[None], patch_size=P)
    tokens, _ = s2_project.forward(patches, {"W": kernel.reshape(P * P * C, D), "b": bias})
    np.testing.assert_allclose(tokens[0].reshape(rows, cols, D), expected, rtol=1e-13, atol=1e-13)


def test_every_patch_alone():
    """No token sees another: changing one patch changes one token."""
    rng = np.random.default_rng(0)
    p = {"W": rng.standard_normal((5, 4)), "b": rng.standard_normal(4)}
    patches = rng.standard_normal((1, 6, 5))
    before, _ = s2_project.forward(patches, p)
    patches[0, 2] += 1.0
    after, _ = s2_project.forward(patches, p)
    assert [n for n in range(6) if not np.array_equal(before[0, n], after[0, n])] == [2]
