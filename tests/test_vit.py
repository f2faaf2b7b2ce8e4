"""The whole model: what its parts do not show one by one."""

import numpy as np
import pytest
from cases import CASES, DROPOUTS, MODELS, generator, model_point

import vitnp
from vitnp import tree, vit
from vitnp.engine import loss
from vitnp.models import preset
from vitnp.ops import dropout


@pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS)
def test_shapes(fields):
    config = preset("tiny", **fields)
    images, p = model_point(config, batch_size=9)
    logits, saved = vit.forward(images, p, config)
    assert logits.shape == (9, config.num_classes or config.representation_size or config.hidden_size)
    assert len(saved.blocks) == config.num_layers
    token, R = config.classifier == "token", config.num_registers
    assert (saved.class_token is not None) == token == ("class_token" in p)
    if config.position_embedding == "1d" and config.position_at != "every-layer":
        assert p["position"]["E_pos"].shape == (config.num_patches + token, config.hidden_size)
    assert config.num_tokens == config.num_patches + token + R
    if R:
        assert p["registers"]["reg"].shape == (R, config.hidden_size)


def test_the_leaves_of_ti_16():
    """As the released checkpoints: 200 arrays, in the order of the slides."""
    names = [name for name, _ in tree.leaves(vit.init(None, preset("Ti/16")))]
    assert len(names) == 200
    assert names[:4] == ["project.W", "project.b", "class_token.cls", "position.E_pos"]
    assert names[4:20] == [
        f"blocks.0.{name}"
        for name in "norm_1.gamma norm_1.beta attention.W_Q attention.b_Q attention.W_K attention.b_K attention.W_V "
        "attention.b_V attention.W_O attention.b_O norm_2.gamma norm_2.beta feed_forward.W1 feed_forward.b1 "
        "feed_forward.W2 feed_forward.b2".split()
    ]
    assert names[-4:] == ["norm.gamma", "norm.beta", "classify.head.W", "classify.head.b"]


@pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS)
def test_the_way_back_part_by_part(fields):
    """From the classifier down, each block by itself; joined, the tree of `backward`, in p's order; dimages at last."""
    config = preset("tiny", **fields)
    images, p = model_point(config)
    logits, saved = vit.forward(images, p, config, rng=generator())
    dlogits = np.random.default_rng(0).standard_normal(logits.shape)
    expected_dimages, expected = vit.backward(dlogits, saved)
    assert len(saved.blocks) == config.num_layers  # of which backward used up a copy
    parts, dimages = [], None

    def collect():
        nonlocal dimages
        dimages = yield from vit.backward_parts(dlogits, saved)

    parts.extend(collect())
    assert saved.blocks == []
    class_token = ["class_token"] * (config.classifier == "token")
    position = ["position"] * (config.position_embedding in ("1d", "2d"))
    blocks = [f"blocks.{i}" for i in reversed(range(config.num_layers))]
    pool = ["pool"] * (config.classifier == "map")
    before = ["input_norm"] * config.input_norm + ["registers"] * (config.num_registers > 0)
    end = [*before, *position, *class_token, "project"]
    assert [name for name, _ in parts] == ["classify", *pool, "norm", *blocks, *end]
    dp = tree.from_leaves(reversed(parts))
    np.testing.assert_array_equal(dimages, expected_dimages)
    for grads in (dp, expected):
        assert list(grads) == list(p)
        assert list(grads["blocks"]) == list(range(config.num_layers))
        assert grads["classify"].keys() == p["classify"].keys()
        assert [name for name, _ in tree.leaves(grads)] == [name for name, _ in tree.leaves(p)]
    tree.map(np.testing.assert_array_equal, dp, expected)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS)
def test_what_nobody_reads_changes_nothing(fields, layers):
    """Logits and every gradient, to 1e-14 of the largest; the same bits where all rows are read."""
    fields = {name: value for name, value in fields.items() if not name.endswith("dropout_rate")}
    config = preset("tiny", **fields | {"num_layers": layers})
    images, p = model_point(config)
    results = []
    for whole in (True, False):
        logits, saved = vit.forward(images, p, config, whole=whole)
        dlogits = np.random.default_rng(0).standard_normal(logits.shape)
        results.append([logits, *vit.backward(dlogits, saved)])
    small = 0.0 if vit.rows_read(config) is None else 1e-14
    for expected, got in zip(*results, strict=True):
        near(got, expected, small)


def near(got, expected, tolerance):
    """The same tree, or array, to `tolerance` of its largest number."""
    got, expected = ({"": a} if isinstance(a, np.ndarray) else a for a in (got, expected))
    largest = max(np.abs(leaf).max() for _, leaf in tree.leaves(expected))
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * largest), got, expected)


@pytest.mark.parametrize(
    ("fields", "less"),
    [
        ({}, True),
        ({"position_embedding": "2d", "position_at": "every-layer"}, True),
        ({"num_classes": 0, "representation_size": None}, True),
        ({"classifier": "gap"}, False),
        ({"position_embedding": "relative"}, False),
    ],
    ids=str,
)
def test_fewer_rows_are_computed(fields, less):
    """In the last block, of all but the keys, the values and the norm before them; and in the last norm."""
    config = preset("tiny", **fields)
    images, p = model_point(config)
    N = config.num_tokens
    n = 1 if less else N
    assert n <= N > 1
    for whole, rows in ((True, N), (False, n)):
        _, saved = vit.forward(images, p, config, whole=whole)
        for i, block in enumerate(saved.blocks):
            last = rows if i == config.num_layers - 1 else N
            x, u = block.feed_forward[0], block.feed_forward[2][0]
            assert [a.shape[1] for a in (block.attention.x, block.attention.concat, x, u)] == [last] * 4
            assert [a.shape[2] for a in (block.attention.Q, block.attention.A)] == [last] * 2
            assert [a.shape[2] for a in (block.attention.K, block.attention.V)] == [N] * 2
        assert saved.norm[1].shape[1] == rows


@pytest.mark.parametrize("fields", [{}, DROPOUTS], ids=["no dropout", "dropout"])
def test_recomputed_without_what_nobody_reads(fields):
    """The same bits as with everything kept."""
    config = preset("tiny", **fields)
    images, p = model_point(config)
    results = []
    for keep in ("all", "inputs"):
        logits, saved = vit.forward(images, p, config, rng=generator(), keep=keep, whole=False)
        results.append([logits, *vit.backward(np.ones_like(logits), saved)])
    for expected, got in zip(*results, strict=True):
        near(got, expected, 0.0)


def test_backward_takes_nothing_out_of_saved():
    case = CASES["vit"]
    y, saved = case.forward(case.x, case.p)
    first, second = (case.backward(np.ones_like(y), saved) for _ in range(2))
    assert len(saved.blocks) == 2
    np.testing.assert_array_equal(first[0], second[0])
    tree.map(np.testing.assert_array_equal, first[1], second[1])


def test_uint8_images_are_scaled():
    config = preset("tiny")
    _, p = model_point(config)
    images = np.random.default_rng(0).integers(0, 256, (2, *config.image_size, 3), dtype=np.uint8)
    from_bytes, saved = vit.forward(images, p, config)
    from_floats, _ = vit.forward((images / 127.5) - 1.0, p, config)
    np.testing.assert_allclose(from_bytes, from_floats, rtol=1e-12)
    dimages, _ = vit.backward(np.ones_like(from_bytes), saved)
    assert dimages.dtype == np.float64  # the gradient of the scaled image


def test_dropout_only_with_a_generator():
    config = preset("tiny", dropout_rate=0.5, attention_dropout_rate=0.5)
    images, p = model_point(config)
    still = vit.forward(images, p, config)[0]
    np.testing.assert_array_equal(still, vit.forward(images, p, preset("tiny"))[0])
    dropped = vit.forward(images, p, config, rng=generator(0))[0]
    assert np.abs(dropped - still).max() > 0.01
    np.testing.assert_array_equal(dropped, vit.forward(images, p, config, rng=generator(0))[0])
    assert np.abs(dropped - vit.forward(images, p, config, rng=generator(1))[0]).max() > 0.01


@pytest.mark.parametrize("whole", [True, False])
def test_dropout_stands_where_the_paper_puts_it(monkeypatch, whole):
    """After the positions and after every dense layer except Q, K, V: 1 + 3 draws a block, none in the head."""
    config = preset("tiny", dropout_rate=0.5)
    images, p = model_point(config)

    shapes = []
    draw = dropout.draw

    def counting(like, shape, *, rate, rng):
        keep = draw(like, shape, rate=rate, rng=rng)
        if keep is not None:
            shapes.append(shape)
        return keep

    monkeypatch.setattr(dropout, "draw", counting)
    vit.forward(images, p, config, rng=np.random.default_rng(0), whole=whole)
    N, D, M = config.num_tokens, config.hidden_size, config.mlp_dim
    rows = [N] * (config.num_layers - 1) + [N if whole else 1]
    assert shapes == [(2, N, D), *((2, n, width) for n in rows for width in (D, M, D))]


def test_without_positions_the_class_token_sees_a_bag_of_patches():
    """Exchange the first and the last row of patches: the same logits if E_pos is 0, others if not."""
    config = preset("tiny")
    images, p = model_point(config)
    exchanged = images.copy()
    P = config.patch_size
    exchanged[:, :P], exchanged[:, -P:] = images[:, -P:], images[:, :P]
    logits, moved = (vit.forward(x, p, config)[0] for x in (images, exchanged))
    assert np.abs(logits - moved).max() > 0.01
    p["position"]["E_pos"][:] = 0.0
    logits, moved = (vit.forward(x, p, config)[0] for x in (images, exchanged))
    np.testing.assert_allclose(moved, logits, rtol=1e-11, atol=1e-12)


def test_a_step_down_the_gradient_lowers_the_loss():
    config = preset("tiny")
    images, p = model_point(config)
    labels = np.array([1, 4])
    before, dp = vitnp.loss_and_grads(images, labels, p, config, workers=1)
    p = tree.map(lambda a, da: a - 0.01 * da, p, dp)
    assert loss.forward(vit.forward(images, p, config)[0], labels)[0] < before


def test_float32_agrees_with_float64():
    """The worst logit of the tiny model within a few float32 roundings."""
    case = CASES["vit"]
    y, _ = case.forward(case.x, case.p)
    single, _ = case.forward(case.x.astype(np.float32), tree.map(lambda a: a.astype(np.float32), case.p))
    np.testing.assert_allclose(single, y, rtol=1e-5, atol=1e-5)
