"""The trace of BiT and of hybrids: every value, and every gradient, against NumPy formulas written again here."""

import numpy as np
import pytest
from generic_models import generic
from test_trace import LABELS, STEP
from test_trace import run as run_vit

from vitnp import InputError, preset, trace
from vitnp.models import bit, of

BIT = {
    "tiny": {},
    "root alone": {"units": ()},
    "three stages": {"units": (2, 1, 3), "groups": 3},
    "even rows": {"image_size": (16, 12), "units": (1, 1)},
    "no head": {"num_classes": 0},
}
HYBRID = {
    "tiny": {},
    "root alone, patches of 4x4": {"stem_units": (), "patch_size": 4, "image_size": (29, 45)},
    "variance, gap, three stages": {
        "kernel_eps_at": "variance",
        "classifier": "gap",
        "stem_units": (2, 1, 1),
        "image_size": (32, 32),
    },
    "positions in every layer": {"position_at": "every-layer", "num_layers": 1},
    "no head": {"num_classes": 0},
}
MODELS = [("bit-tiny", fields) for fields in BIT.values()]
MODELS += [("hybrid-tiny", fields) for fields in HYBRID.values()]
NAMES = [f"bit: {name}" for name in BIT] + [f"hybrid: {name}" for name in HYBRID]
models = pytest.mark.parametrize(("name", "fields"), MODELS, ids=NAMES)


def before(n, kernel, stride, same):
    """Rows of padding above and below n rows."""
    if not same:
        return kernel // 2, kernel // 2
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2


def windows(x, kernel, stride, same, value=0.0):
    """The u-th row and v-th column of every window, in order."""
    around = [before(n, kernel, stride, same) for n in x.shape[1:3]]
    x = np.pad(x, [(0, 0), *around, (0, 0)], constant_values=value)
    rows, cols = ((n - kernel) // stride + 1 for n in x.shape[1:3])
    for u in range(kernel):
        for v in range(kernel):
            yield x[:, u : u + (rows - 1) * stride + 1 : stride, v : v + (cols - 1) * stride + 1 : stride]


def conv(x, p, config, stride=1):
    W = p["W"] - p["W"].mean((0, 1, 2))
    v = (W * W).mean((0, 1, 2))
    eps, form = config.kernel_eps, getattr(config, "kernel_eps_at", "variance")
    W = W / (np.sqrt(v + eps) if form == "variance" else np.sqrt(v) + eps)
    parts = windows(x, len(W), stride, config.family == "hybrid")
    return sum(part @ w for part, w in zip(parts, W.reshape(-1, *W.shape[2:]), strict=True))


def norm(x, p, config):
    B, G = len(x), config.groups
    grouped = x.reshape(B, -1, G, x.shape[-1] // G)
    c = grouped - grouped.mean((1, 3), keepdims=True)
    c = c / np.sqrt((c * c).mean((1, 3), keepdims=True) + config.group_norm_eps)
    return c.reshape(x.shape) * p["gamma"] + p["beta"]


def relu(x):
    return np.where(x.real > 0, x, 0)


def pool(x, config):
    same = config.family == "hybrid"
    parts = np.stack(list(windows(x, 3, 2, same, -np.inf if same else 0.0)))
    return np.take_along_axis(parts, parts.real.argmax(0)[None], axis=0)[0]


def body(x, p, config, sizes, see, prefix):
    """The root and the stages."""
    pre = config.family == "bit"
    x = see(prefix + "root.conv", conv(x, p["root"]["conv"], config, 2))
    if not pre:
        x = see(prefix + "root.relu", relu(norm(x, p["root"]["norm"], config)))
    x = see(prefix + "root.pool", pool(x, config))
    for stage, count in enumerate(sizes):
        for number in range(count):
            unit, stride = p["stages"][stage][number], 2 if stage and not number else 1

            def at(name, value, name_=f"{prefix}stages.{stage}.{number}."):
                return see(name_ + name, value)

            shortcut = x
            if pre:
                x = at("relu_1", relu(norm(x, unit["norm_1"], config)))
                if "conv_shortcut" in unit:
                    shortcut = at("conv_shortcut", conv(x, unit["conv_shortcut"], config, stride))
                x = at("conv_1", conv(x, unit["conv_1"], config))
                x = at("relu_2", relu(norm(x, unit["norm_2"], config)))
                x = at("conv_2", conv(x, unit["conv_2"], config, stride))
                x = at("relu_3", relu(norm(x, unit["norm_3"], config)))
                x = at("output", at("conv_3", conv(x, unit["conv_3"], config)) + shortcut)
                continue
            if "conv_shortcut" in unit:
                shortcut = at("conv_shortcut", conv(x, unit["conv_shortcut"], config, stride))
                shortcut = at("norm_shortcut", norm(shortcut, unit["norm_shortcut"], config))
            x = at("conv_1", conv(x, unit["conv_1"], config))
            x = at("relu_1", relu(norm(x, unit["norm_1"], config)))
            x = at("conv_2", conv(x, unit["conv_2"], config, stride))
            x = at("relu_2", relu(norm(x, unit["norm_2"], config)))
            x = at("conv_3", conv(x, unit["conv_3"], config))
            x = at("output", relu(at("norm_3", norm(x, unit["norm_3"], config)) + shortcut))
    return x


def run(images, p, config, moved="", by=0.0):
    """The loss, and {name: value} of everything on the way, with `by` added to the tensor called `moved`."""
    seen = {}

    def see(name, value):
        seen[name] = value + by if name == moved else value
        return seen[name]

    x = see("image", images)
    if config.family == "hybrid":
        x = body(x, p["stem"], config, config.stem_units, see, "stem.")
        moved = {"feature_map": "image", "image": ""}.get(moved, moved)
        loss, rest = run_vit(x, p, config, moved, by)
        return loss, seen | {"feature_map" if name == "image" else name: a for name, a in rest.items()}
    x = body(x, p, config, config.units, see, "")
    y = see("y", see("feature_map", relu(norm(x, p["norm"], config))).mean((1, 2)))
    if not config.num_classes:
        return None, seen
    logits = see("logits", y @ p["classify"]["head"]["W"] + p["classify"]["head"]["b"])
    e = np.exp(logits - logits.real.max(-1, keepdims=True))
    probabilities = see("p", e / e.sum(-1, keepdims=True))
    return -np.log(probabilities[range(len(images)), LABELS]).mean(), seen


def traced(name, fields, **how):
    config = preset(name, **fields)
    images, p = generic(config, batch=2)
    return config, images, p, trace(images, p, config, LABELS if config.num_classes else None, **how)


@models
def test_every_value(name, fields):
    config, images, p, t = traced(name, fields)
    loss, seen = run(images, p, config)
    assert list(t) == list(seen)
    for record in t.forward:
        np.testing.assert_allclose(
            record.value, seen[record.name], rtol=1e-11, atol=1e-12, err_msg=record.name
        )
    np.testing.assert_array_equal(t.logits, of(config).forward(images, p, config)[0])
    assert t.loss == (None if loss is None else pytest.approx(loss, rel=1e-12))


@models
def test_every_gradient_by_the_complex_step(name, fields):
    config, images, p, t = traced(name, fields)
    if not config.num_classes:
        assert t.backward is None
        return
    assert {record.name for record in t.backward} == set(t)
    rng = np.random.default_rng(3)
    for record in t.backward:
        assert record.shape == t[record.name].shape
        for _ in range(2):
            v = rng.standard_normal(record.shape)
            loss, _ = run(images, p, config, moved=record.name, by=1j * STEP * v)
            error = abs(loss.imag / STEP - (record.value * v).sum()) / record.norm
            assert error < 1e-11, (record.name, error)


@pytest.mark.parametrize("name", ["bit-tiny", "hybrid-tiny"])
def test_the_gradients_are_those_of_the_backward_pass(name):
    config, images, p, t = traced(name, {})
    _, saved = of(config).forward(images, p, config)
    dimages, _ = of(config).backward(t.gradient("logits"), saved)
    np.testing.assert_array_equal(t.gradient("image"), dimages)
    *_, logit = traced(name, {}, of="logit")
    assert [record.name for record in logit.backward] == [
        other for other in reversed(list(t)) if other != "p"
    ]


def test_the_names_are_those_of_the_layers():
    config, _, p, t = traced("bit-tiny", {})
    for stage, units in p["stages"].items():
        for unit, layers in units.items():
            names = [layer.replace("norm", "relu") for layer in layers]
            own = [full for full in t if full.startswith(f"stages.{stage}.{unit}.")]
            assert {full.rpartition(".")[2] for full in own} == {*names, "output"}
    assert len(t) == len(list(bit.tensors(config))) + 2
    assert {t.forward[i].step for i in range(-3, 0)} == {8}
    steps = {record.name: record.step for record in traced("hybrid-tiny", {})[-1].forward}
    assert (steps["image"], steps["stem.root.pool"], steps["feature_map"], steps["patch_tokens"]) == (
        0,
        0,
        1,
        2,
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("stages.0.1.conv1", "; the nearest names are stages.0.1.conv_1, "),
        ("stages[1][0].conv_2", "; the nearest name is stages.1.0.conv_2"),
        (
            "stages.1.3.conv_2",
            ": its blocks are stages.0.0 to stages.1.0; the nearest name is stages.1.0.conv_2",
        ),
        (
            "stages.4.0.conv_2",
            ": its blocks are stages.0.0 to stages.1.0; the nearest name is stages.1.0.conv_2",
        ),
        (
            "stages.0.-1.conv_2",
            ": its blocks are stages.0.0 to stages.1.0; the nearest name is stages.0.1.conv_2",
        ),
        ("stages.0", ": its blocks are stages.0.0 to stages.1.0"),
        ("stages.1.0", ": it is a block of 8 tensors, such as stages.1.0.relu_1"),
        (
            "conv_shortcut",
            "; the nearest name is stages.0.0.conv_shortcut; the other blocks, to stages.1.0, have",
        ),
        ("conv", "; the nearest name is root.conv"),
        ("featuremap", "; the nearest names are feature_map"),
    ],
)
def test_what_is_said_of_a_name_that_is_not_there(asked, said):
    *_, t = traced("bit-tiny", {})
    with pytest.raises(InputError) as problem:
        t[asked]
    assert str(problem.value).startswith(f'the trace has no "{asked}"{said}')


def test_the_blocks_of_a_hybrid_are_told_apart():
    *_, t = traced("hybrid-tiny", {})
    with pytest.raises(
        InputError, match=r"its blocks are blocks.0 to blocks.1; the nearest name is blocks.1.att"
    ):
        t["blocks.7.A"]
    with pytest.raises(InputError, match=r"its blocks are stem.stages.0.0 to stem.stages.1.1; "):
        t["stem.stages.2.0.conv_1"]


def test_the_table_of_a_large_one_has_the_stages_alone():
    """A tiny one's is whole; of R50x1 and of a hybrid with R50's units every stage is a line."""
    *_, t = traced("bit-tiny", {})
    assert "stages.0.1:\n0       relu_1" in repr(t)
    for name, fields in (("R50x1", {}), ("R50+L/32", {"hidden_size": 32, "num_layers": 2, "mlp_dim": 8})):
        width = "width" if name == "R50x1" else "stem_width"
        config = preset(name, image_size=32, **{width: 32}, **fields)
        p = of(config).init(np.random.default_rng(0), config)
        t = trace(np.zeros((2, 32, 32, 3), "float32"), p, config)
        prefix = "" if name == "R50x1" else "stem."
        lines = [" ".join(line.split()) for line in repr(t).splitlines()]
        assert len(lines) <= 44 and "more lines" not in lines[-1]
        assert f"0 {prefix}stages.1.0 … {prefix}stages.1.3: output (2, 4, 4, 256) 32.0 KiB" in lines
        assert not any("relu_1" in line for line in lines)
