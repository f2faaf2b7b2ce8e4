"""The trace: every value against a forward pass written again here, every gradient against a number."""

import inspect

import numpy as np
import pytest
import scipy.special
from cases import NEIGHBORS, POSITIONS, generator, model_point
from position_loops import distances, table

from vitnp import tree, vit
from vitnp.analysis.trace import trace
from vitnp.backend import tiles
from vitnp.errors import InputError
from vitnp.models import preset
from vitnp.models.tensors import RETURNED


def test_a_numpy_integer_is_one_label():
    config = preset("tiny")
    images, p = model_point(config)
    assert trace(images[0], p, config, labels=np.int64(3)).loss == trace(images[0], p, config, labels=3).loss


STEP = 1e-30  # of the complex step
MODELS = {
    "tiny": {},
    "gap, erf, no pre-logits": {"classifier": "gap", "gelu": "erf", "representation_size": None},
    "one head, one layer": {"num_heads": 1, "num_layers": 1, "representation_size": None},
    "dropout, which a trace leaves out": {"dropout_rate": 0.5, "attention_dropout_rate": 0.5},
    **POSITIONS,
    **NEIGHBORS,
    "relative, gap": {"position_embedding": "relative", "classifier": "gap"},
    "2d, gap": {"position_embedding": "2d", "classifier": "gap"},
}
LABELS = np.array([1, 4])
models = pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS)


def traced(fields):
    """A generic tiny model, its images and their trace."""
    config = preset("tiny", **fields)
    images, p = model_point(config)
    return config, images, p, trace(images, p, config, labels=LABELS)


def softmax(x):
    e = np.exp(x - x.real.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def layer_norm(x, p, eps):
    c = x - x.mean(-1, keepdims=True)
    return c / np.sqrt((c * c).mean(-1, keepdims=True) + eps) * p["gamma"] + p["beta"]


def gelu(x, form):
    if form == "erf":
        return x * 0.5 * (1 + scipy.special.erf(x / np.sqrt(2)))
    if form == "quick":
        return x / (1 + np.exp(-1.702 * x))
    return x * 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def attention_pool(x, p, config, see):
    """The probe looks at all tokens: (B, N, D) → (B, 1, D)."""
    a, H = p["attention"], config.num_heads
    x = x[:, -config.num_patches :]
    heads = {
        letter: (tokens @ a[f"W_{letter}"] + a[f"b_{letter}"]).reshape(-1, len(tokens[0]), H, config.head_dim)
        for letter, tokens in (("Q", p["probe"][None, None]), ("K", x), ("V", x))
    }
    S = np.einsum("aqhk,bmhk->bhqm", heads["Q"], heads["K"]) / np.sqrt(config.head_dim)
    A = see("pool.A", softmax(S))
    concat = np.einsum("bhqm,bmhk->bqhk", A, heads["V"]).reshape(len(x), 1, -1)
    y = see("pool.attention", concat @ a["W_O"] + a["b_O"])
    f, n = p["feed_forward"], see("pool.norm", layer_norm(y, p["norm"], config.layer_norm_eps))
    return see("pool", y + gelu(n @ f["W1"] + f["b1"], config.gelu) @ f["W2"] + f["b2"])


def run(images, p, config, moved="", by=0.0):
    """The loss, and {name: value} of everything on the way, with `by` added to the tensor called `moved`.

    Only NumPy: no op and no step of the library.
    """
    seen = {}

    def see(name, value):
        seen[name] = value + by if name == moved else value
        return seen[name]

    B, (rows, cols), P, H = len(images), config.grid, config.patch_size, config.num_heads
    x = see("image", images)
    x = see("grid", x.reshape(B, rows, P, cols, P, -1).transpose(0, 1, 3, 2, 4, 5))
    x = see("patches", x.reshape(B, rows * cols, -1))
    z = see("patch_tokens", x @ p["project"]["W"] + p["project"]["b"])
    if config.classifier == "token":
        cls = np.tile(p["class_token"]["cls"], (B, 1, 1))
        z = see("tokens", np.concatenate([cls, z], axis=1))
    tables = p.get("position", {})
    adds = config.position_embedding not in ("none", "relative")
    if adds and config.position_at == "stem":
        z = z + see("E_pos", table(tables, config))
    z = see("z0", z)
    if config.num_registers:
        first = len(z[0]) - rows * cols
        reg = np.tile(p["registers"]["reg"], (B, 1, 1))
        z = see("registers", np.concatenate([z[:, :first], reg, z[:, first:]], axis=1))
    if config.input_norm:
        z = see("input_norm", layer_norm(z, p["input_norm"], config.layer_norm_eps))
    for i, block in p["blocks"].items():
        name = f"blocks.{i}."
        if adds and config.position_at != "stem":
            z = see(name + "position", z + see(name + "E_pos", table(tables.get(i, tables), config)))
        x, a, of_heads = see(name + "norm_1", layer_norm(z, block["norm_1"], config.layer_norm_eps)), {}, {}
        a = block["attention"]
        for letter in "QKV":
            merged = see(f"{name}attention.{letter}", x @ a[f"W_{letter}"] + a[f"b_{letter}"])
            split = merged.reshape(B, -1, H, config.head_dim).transpose(0, 2, 1, 3)
            of_heads[letter] = see(f"{name}attention.{letter}_heads", split)
        S = np.einsum("bhqk,bhmk->bhqm", of_heads["Q"], of_heads["K"]) / np.sqrt(config.head_dim)
        if config.position_embedding == "relative":
            S_rel = distances(of_heads["Q"], see(name + "attention.E_rel", a["E_rel"]), config)
            S = S + see(name + "attention.S_rel", S_rel / np.sqrt(config.head_dim))
        A = see(name + "attention.A", softmax(see(name + "attention.S", S)))
        outputs = see(name + "attention.O", np.einsum("bhqm,bhmk->bhqk", A, of_heads["V"]))
        concat = see(name + "attention.concat", np.concatenate(list(outputs.swapaxes(0, 1)), axis=-1))
        z = see(name + "residual_1", z + see(name + "attention.output", concat @ a["W_O"] + a["b_O"]))
        f = block["feed_forward"]
        x = see(name + "norm_2", layer_norm(z, block["norm_2"], config.layer_norm_eps))
        u = see(name + "feed_forward.u", x @ f["W1"] + f["b1"])
        g = see(name + "feed_forward.g", gelu(u, config.gelu))
        z = see(name + "residual_2", z + see(name + "feed_forward.output", g @ f["W2"] + f["b2"]))
    if config.pooled_norm:
        z = see("mean", z[:, -rows * cols :].mean(1, keepdims=True))
    z = see("norm", layer_norm(z, p["norm"], config.layer_norm_eps))
    if config.classifier == "gap" and config.num_registers and not config.pooled_norm:
        z = see("mean", z[:, -rows * cols :].mean(1, keepdims=True))
    if config.classifier == "map":
        z = attention_pool(z, p["pool"], config, see)
    y = see("y", z[:, 0] if config.classifier == "token" else z.mean(1))
    if config.representation_size is not None:
        pre = p["classify"]["pre_logits"]
        y = see("pre_logits", np.tanh(y @ pre["W"] + pre["b"]))
    if not config.num_classes:
        return None, seen
    logits = see("logits", y @ p["classify"]["head"]["W"] + p["classify"]["head"]["b"])
    probabilities = see("p", softmax(logits))
    return -np.log(probabilities[range(B), LABELS]).mean(), seen


@models
def test_every_value(fields):
    config, images, p, t = traced(fields)
    loss, seen = run(images, p, config)
    assert {record.name for record in t.forward} == seen.keys()
    for record in t.forward:
        np.testing.assert_allclose(
            record.value, seen[record.name], rtol=1e-12, atol=1e-12, err_msg=record.name
        )
    assert t.loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_array_equal(t.logits, t["logits"])
    np.testing.assert_array_equal(t.probabilities, t["p"])


@models
def test_what_the_steps_saved_bit_for_bit(fields):
    config, images, p, t = traced(fields)
    logits, saved = vit.forward(images, p, config)
    np.testing.assert_array_equal(t["logits"], logits)
    np.testing.assert_array_equal(t["patches"], saved.project[0])
    for i, block in enumerate(saved.blocks):
        for name in ("Q_heads", "K_heads", "V_heads", "A", "concat"):
            value = getattr(block.attention, name.partition("_")[0])
            np.testing.assert_array_equal(t[f"blocks.{i}.attention.{name}"], value)
        np.testing.assert_array_equal(t[f"blocks.{i}.norm_1"], block.attention.x)
        np.testing.assert_array_equal(t[f"blocks.{i}.norm_2"], block.feed_forward[0])
    y = saved.classify[2][0][0] if config.representation_size else saved.classify[3][0]
    np.testing.assert_array_equal(t["y"], y)


@models
def test_dp_and_dimages_are_the_backward_pass_itself(fields):
    config, images, p, t = traced(fields)
    _, saved = vit.forward(images, p, config)
    dimages, dp = vit.backward(t.gradient("logits"), saved)
    np.testing.assert_array_equal(t.gradient("image"), dimages)
    assert [name for name, _ in tree.leaves(t.dp)] == [name for name, _ in tree.leaves(p)]
    for name, leaf in tree.leaves(dp):
        np.testing.assert_array_equal(tree.get(t.dp, name), leaf, err_msg=name)


@models
def test_every_gradient_by_the_complex_step(fields):
    """Move each tensor in two random directions, go on from there, and look at the loss."""
    config, images, p, t = traced(fields)
    assert {record.name for record in t.backward} == {record.name for record in t.forward}
    rng = generator(3)
    for record in t.backward:
        assert record.shape == t[record.name].shape
        for _ in range(2):
            v = rng.standard_normal(record.shape)
            loss, _ = run(images, p, config, moved=record.name, by=1j * STEP * v)
            error = abs(loss.imag / STEP - (record.value * v).sum()) / record.norm
            assert error < 1e-11, (record.name, error)


@models
def test_every_gradient_of_the_labels_logits(fields):
    """The same with of="logit": each image's logit of its label, and none of the other image's."""
    config, images, p, _ = traced(fields)
    t = trace(images, p, config, labels=LABELS, of="logit")
    assert [record.name for record in t.backward] == [name for name in reversed(list(t)) if name != "p"]
    rng = generator(4)
    for record in t.backward:
        v = rng.standard_normal(record.shape)
        _, seen = run(images, p, config, moved=record.name, by=1j * STEP * v)
        moved = seen["logits"][range(len(images)), LABELS].sum().imag / STEP
        error = abs(moved - (record.value * v).sum()) / record.norm
        assert error < 1e-11, (record.name, error)


# Two images of three heads, seven tokens: a head at a time, two (and one), the heads of one image, all at once.
@pytest.mark.parametrize("block", [1, 2 * 49, 3 * 49, 6 * 49])
@pytest.mark.parametrize("position_embedding", ["1d", "relative"])
def test_what_is_computed_part_by_part_is_whole(monkeypatch, position_embedding, block):
    *_, whole = traced({"position_embedding": position_embedding})
    monkeypatch.setattr(tiles, "BLOCK", block)
    *_, t = traced({"position_embedding": position_embedding})
    for a, b in zip(t.forward + t.backward, whole.forward + whole.backward, strict=True):
        assert a.name == b.name
        np.testing.assert_allclose(a.value, b.value, rtol=1e-12, atol=1e-14, err_msg=a.name)


@models
def test_float32(fields):
    """Every value and gradient stays float32, and is what float64 gives but for rounding."""
    config, images, p, t = traced(fields)
    images, p = images.astype("float32"), tree.map(lambda a: a.astype("float32"), p)
    single = trace(images, p, config, labels=LABELS)
    for a, b in zip(single.forward + single.backward, t.forward + t.backward, strict=True):
        assert (a.name, a.dtype) == (b.name, np.float32)
        assert np.linalg.norm(a.value - b.value) < 2e-5 * b.norm, a.name


def test_three_images_one_of_them_twice():
    """What belongs to an image does not depend on the others; the mean loss has 1/B of each."""
    config = preset("tiny", position_embedding="relative")
    images, p = model_point(config)
    order, labels = [1, 0, 1], LABELS[[1, 0, 1]]
    t, two = trace(images[order], p, config, labels=labels), trace(images, p, config, labels=LABELS)
    for record in t.forward:
        if not record.name.endswith("E_rel"):
            np.testing.assert_allclose(
                record.value, two[record.name][order], rtol=1e-12, atol=1e-14, err_msg=record.name
            )
    for name in ("image", "blocks.0.attention.S", "logits"):
        np.testing.assert_allclose(
            t.gradient(name), two.gradient(name)[order] * 2 / 3, rtol=1e-9, atol=1e-16, err_msg=name
        )


def test_the_orders():
    """Down as the values are made; up as `vit.backward` goes, V, K and Q each before what they were cut from."""
    config, images, p, t = traced({"num_layers": 1})
    assert [record.name for record in t.forward] == list(run(images, p, config)[1])
    block = """residual_2 feed_forward.output feed_forward.g feed_forward.u norm_2 residual_1 attention.output
        attention.concat attention.O attention.A attention.S attention.V_heads attention.V attention.K_heads
        attention.K attention.Q_heads attention.Q norm_1"""
    assert [record.name for record in t.backward] == [
        *("p", "logits", "pre_logits", "y", "norm"),
        *(f"blocks.0.{name}" for name in block.split()),
        *("z0", "E_pos", "tokens", "patch_tokens", "patches", "grid", "image"),
    ]


def test_the_steps_of_the_slides():
    _, _, _, t = traced({})
    steps = {record.name: record.step for record in t.forward}
    assert steps == {record.name: record.step for record in t.backward}
    assert [steps[name] for name in ("image", "patch_tokens", "tokens", "z0", "logits")] == [1, 2, 3, 4, 8]
    assert steps["blocks.1.attention.S"] == 5
    assert steps["blocks.0.norm_1"] == steps["blocks.1.residual_2"] == steps["norm"] == 6
    assert steps["blocks.0.feed_forward.g"] == 7


def test_a_mapping():
    """Names in the order of the pass, and everything that a dict has; a trace equals no other."""
    _, _, _, t = traced({})
    assert list(t) == list(t.keys()) == [record.name for record in t.forward]
    assert len(t) == len(t.forward) == 7 + 2 * 18 + 5
    assert all(value is t[name] for name, value in t.items())
    assert all(a is b for a, b in zip(t.values(), dict(t).values(), strict=True))
    assert "z0" in t
    assert "z1" not in t
    assert 0 not in t
    assert t.get("z0") is t["z0"]
    assert t.get("z1") is None
    assert t.get("z1", 3) == 3
    with pytest.raises(InputError, match="the trace has no 0: a name is a string"):
        t[0]
    assert t == t
    assert t != traced({})[-1]
    assert t in {t}


def test_every_name_of_the_table_is_a_variable_of_its_function():
    for fields in MODELS.values():
        for tensor in vit.tensors(preset("tiny", **fields)):
            for local in (tensor.value, tensor.gradient):
                code = inspect.unwrap(local.function).__code__
                assert not inspect.isgeneratorfunction(local.function)  # it returns at every yield
                assert local.name in (RETURNED, *code.co_varnames), (tensor.name, local)


def test_a_record():
    _, _, _, t = traced({})
    record = next(record for record in t.forward if record.name == "blocks.0.attention.A")
    A = t["blocks.0.attention.A"]
    assert (record.shape, record.dtype, record.nbytes) == ((2, 4, 31, 31), np.float64, 2 * 4 * 31 * 31 * 8)
    assert (record.min, record.max) == (A.min(), A.max())
    assert record.mean == pytest.approx(1 / 31)
    assert record.norm == pytest.approx(np.linalg.norm(A))
    assert t.shapes["blocks.0.attention.A"] == (2, 4, 31, 31)


def test_one_image_and_one_label():
    config = preset("tiny")
    images, p = model_point(config)
    one, batch = (
        trace(x, p, config, labels=labels) for x, labels in ((images[0], 4), (images[:1], LABELS[1:]))
    )
    np.testing.assert_array_equal(one.gradient("z0"), batch.gradient("z0"))
    assert one["image"].shape == (1, *config.image_size, 3)
    soft = trace(images[:1], p, config, labels=np.eye(13)[[4]])
    np.testing.assert_array_equal(soft.gradient("p"), one.gradient("p"))


def test_bytes_are_scaled_and_float32_stays():
    config = preset("tiny")
    _, p = model_point(config)
    p = tree.map(lambda a: a.astype(np.float32), p)
    photo = generator().integers(0, 256, (*config.image_size, 3), dtype=np.uint8)
    t = trace(photo, p, config, labels=0)
    assert (t["image"].min() >= -1) and (t["image"].max() <= 1)
    assert {record.dtype for record in t.forward + t.backward} == {np.dtype(np.float32)}


def test_a_probability_that_underflows():
    config = preset("tiny")
    images, p = model_point(config)
    p = tree.map(lambda a: a.astype(np.float32), p)
    p["classify"]["head"]["b"][0] = -500.0
    t = trace(images, p, config, labels=np.array([0, 0]))
    assert t["p"][0, 0] == 0.0
    assert np.isfinite(t.gradient("p")).all()


def test_nothing_is_written_into():
    config = preset("tiny")
    images, p = model_point(config)
    before = images.copy(), tree.map(np.copy, p)
    trace(images, p, config, labels=LABELS)
    np.testing.assert_array_equal(images, before[0])
    for name, leaf in tree.leaves(p):
        np.testing.assert_array_equal(leaf, tree.get(before[1], name))


def test_without_labels_or_head():
    config = preset("tiny")
    images, p = model_point(config)
    t = trace(images, p, config)
    assert (t.loss, t.backward, t.dp) == (None, None, None)
    with pytest.raises(InputError, match=r'no gradient of "z0".*labels'):
        t.gradient("z0")
    for representation_size, last in ((17, "pre_logits"), (None, "y")):
        config = preset("tiny", num_classes=0, representation_size=representation_size)
        images, p = model_point(config)
        t = trace(images, p, config)
        _, seen = run(images, p, config)
        assert list(t) == list(seen)
        for name, value in t.items():
            np.testing.assert_allclose(value, seen[name], rtol=1e-12, atol=1e-12, err_msg=name)
        assert t.probabilities is None
        np.testing.assert_array_equal(t.logits, t[last])
        with pytest.raises(InputError, match="without a head"):
            trace(images, p, config, labels=LABELS)


def test_bad_input_is_one_line():
    config = preset("tiny")
    images, p = model_point(config)
    for bad in (images[:, :4], images[0, 0], images.astype(int)):
        with pytest.raises(InputError):
            trace(bad, p, config)
    for labels in (5, np.array([0, 13]), np.array([0])):
        with pytest.raises(InputError, match="labels"):
            trace(images, p, config, labels=labels)
