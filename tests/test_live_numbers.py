"""The ViT that runs in the live page, in a real browser: every tensor and every gradient is that of `trace`."""

import dataclasses
import functools
import math

import live_browser
import numpy as np
import pytest
import scipy.special

from vitnp import tree, vit, weights
from vitnp.analysis.trace import trace
from vitnp.course.page import live
from vitnp.steps import s1_patchify

TOLERANCE = 1e-12  # of the largest number of a tensor; 1e-5 is asked for
FLOOR = 1e-3  # of the largest tensor: the gradient of b_K is exactly 0, so rounding over rounding
# No two sizes alike, none a multiple of 4, so that exchanged axes cannot go unseen.
ODD = vit.Config(
    image_size=(8, 14),
    patch_size=2,
    in_channels=3,
    hidden_size=30,
    num_layers=2,
    num_heads=5,
    mlp_dim=17,
    num_classes=11,
    representation_size=13,
    gelu="erf",
    layer_norm_eps=1e-2,
)
LABEL = 3
ORDER = np.random.default_rng(2).permutation(28)
HEADS = [[True, True, False, True, True], [False, True, True, True, False]]
PLAIN = {"scale": True, "temperature": 1, "positions": True, "heads": None, "order": None}
CHANGES = {
    "plain": {},
    "temperature": {"temperature": 0.7},
    "no scale": {"scale": False},
    "no positions": {"positions": False},
    "heads off": {"heads": HEADS},
    "shuffled": {"order": ORDER.tolist()},
}
CHANGES["all but the scale"] = {
    name: value for change in CHANGES.values() for name, value in change.items() if name != "scale"
}


@pytest.fixture(scope="module")
def page(opened, tmp_path_factory):
    """An empty page with the functions."""
    path = tmp_path_factory.mktemp("live") / "empty.html"
    path.write_text("<!doctype html><title>numbers</title>")
    found = opened(path).page
    live_browser.load(found)
    return found


def odd(config=ODD):
    """(pixels 0 … 16, p) at random."""
    rng = np.random.default_rng(1)
    p = tree.map(lambda leaf: rng.normal(0, 0.3, leaf.shape), vit.init(None, config))
    return rng.integers(0, 17, (*config.image_size, config.in_channels)).astype(float), p


@functools.cache
def right_numbers(change):
    """`by_hand` of the odd model with one of CHANGES."""
    pixels, p = odd()
    return by_hand(pixels, p, ODD, LABEL, CHANGES[change])


def by_hand(pixels, p, config, label, how):
    """(tensors, gradients, dp, loss) of `trace`, with the same change made to the parameters and the image."""
    how = PLAIN | how
    order, width, D = how["order"], config.head_dim, config.hidden_size
    queries = (1 if how["scale"] else math.sqrt(width)) / how["temperature"]  # times W_Q and b_Q
    heads = how["heads"] or [[True] * config.num_heads] * config.num_layers
    on = {f"blocks.{i}.attention.": np.repeat(row, width) for i, row in enumerate(heads)}  # the columns of V

    changed = dict(tree.leaves(p))
    for at, columns in on.items():
        for W, b, factor in (("W_Q", "b_Q", queries), ("W_V", "b_V", columns)):
            changed |= {at + W: changed[at + W] * factor, at + b: changed[at + b] * factor}
    changed["position.E_pos"] = changed["position.E_pos"] * how["positions"]
    image = pixels / 8 - 1
    patches, _ = s1_patchify.forward(image[None], patch_size=config.patch_size)
    seen = s1_patchify.unpatchify(
        patches if order is None else patches[:, order], grid=config.grid, patch_size=config.patch_size
    )
    t = trace(seen, tree.from_leaves(changed.items()), config, labels=label)

    tensors = {name: t[name] if name == "E_pos" else t[name][0] for name in t}
    gradients = {name: t.gradient(name) if name == "E_pos" else t.gradient(name)[0] for name in t}
    dp = dict(tree.leaves(t.dp))
    for at, columns in on.items():
        for name in ("Q", "Q_heads"):
            tensors[at + name] = tensors[at + name] / queries
            gradients[at + name] = gradients[at + name] * queries
        tensors[at + "S"] = tensors[at + "S"] * how["temperature"]
        gradients[at + "S"] = gradients[at + "S"] / how["temperature"]
        for name, leaf in (("W_Q", queries), ("b_Q", queries), ("W_V", columns), ("b_V", columns)):
            dp[at + name] = dp[at + name] * leaf
        inputs = tensors[at.replace("attention.", "norm_1")]
        V = inputs @ dict(tree.leaves(p))[at + "W_V"] + dict(tree.leaves(p))[at + "b_V"]
        dV = gradients[at + "V"] * columns
        for values, of in ((tensors, V), (gradients, dV)):
            values |= {at + "V": of, at + "V_heads": of.reshape(-1, D // width, width).swapaxes(0, 1)}
    if not how["positions"]:
        gradients["E_pos"] = dp["position.E_pos"] = np.zeros_like(dp["position.E_pos"])
    if order is not None:
        back = np.argsort(order)
        dimage = s1_patchify.unpatchify(
            gradients["patches"][None, back], grid=config.grid, patch_size=config.patch_size
        )
        grids = (s1_patchify.to_grid(x, patch_size=config.patch_size)[0] for x in (image[None], dimage))
        tensors["grid"], gradients["grid"] = grids
        tensors["image"], gradients["image"] = image, dimage[0]
    return tensors, gradients, dp, t.loss


def difference(found, expected):
    """The largest difference in any tensor, over the tensor's own largest number; the names must be the same."""
    *found, found_loss = found
    *expected, expected_loss = expected
    worst = abs(found_loss - expected_loss) / expected_loss
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.keys() == theirs.keys()
        floor = FLOOR * max(np.abs(array).max() for name, array in theirs.items() if name != "p")
        for name, array in theirs.items():
            assert [n for n in ours[name].shape if n > 1] == [n for n in array.shape if n > 1], name
            error = np.abs(ours[name].ravel() - array.ravel()).max() / max(np.abs(array).max(), floor)
            worst = max(worst, error if np.isfinite(error) else math.inf)
    return worst


def test_the_digits_model(page):
    p, config = weights.load("digits/2")
    p = tree.map(lambda leaf: leaf.astype(np.float64), p)
    images, labels = live.test_digits(config)
    given = images[0].astype(float)[..., None], p, config, int(labels[0]), {}
    assert difference(live_browser.both(page, *given), by_hand(*given)) < TOLERANCE


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_visitor_changes(page, change):
    pixels, p = odd()
    found = live_browser.both(page, pixels, p, ODD, LABEL, CHANGES[change])
    assert difference(found, right_numbers(change)) < TOLERANCE


@pytest.mark.parametrize("gelu", ["tanh", "quick"])
def test_other_forms_of_gelu(page, gelu):
    config = dataclasses.replace(ODD, gelu=gelu, representation_size=None)
    pixels, p = odd(config)
    given = pixels, p, config, LABEL, {}
    assert difference(live_browser.both(page, *given), by_hand(*given)) < TOLERANCE


# (file's own text, a mistake in its place): each must be found
MISTAKES = {
    "softmax backward with the diagonal only": ("(dy.data[j] - sum)", "dy.data[j] * (1 - y.data[j])"),
    "softmax without its temperature in backward": ("(dy.data[j] - sum)) / temperature", "(dy.data[j] - sum))"),
    "no first residual": ("add(x, a)", "a"),
    "no second residual": ("add(residual_1, f)", "f"),
    "no gradient through the first residual": ("add(dresidual_1, dx_1)", "dx_1"),
    "no gradient through the second residual": ("add(dx, dx_2)", "dx_2"),
    "layer norm backward without the mean": (" - along_mean", ""),
    "layer norm backward without the variance": (" - x_hat.data[at + d] * along_x_hat", ""),
    "layer norm without epsilon": ("+ eps)", ")"),
    "keys and values exchanged": ("affine(x, p.W_K, p.b_K)", "affine(x, p.W_V, p.b_V)"),
    "the gradient of x through the queries alone": ("add(add(dx_Q, dx_K), dx_V)", "dx_Q"),
    "no scale in the gradient of K": ("times(how.scale, matmul(transposed(dS)", "times(1, matmul(transposed(dS)"),
    "scores not transposed in backward": ("matmul(transposed(dS), Q_heads)", "matmul(dS, Q_heads)"),
    "a head that is off gets a gradient": ("const of_on = only_heads(dO, how.heads)", "const of_on = dO"),
    "another head is off": ("heads[Math.floor(i / size)]", "heads.at(-1 - Math.floor(i / size))"),
    "GELU's slope without x": ("probability + value * slope", "probability + slope"),
    "the density of erf without ½": ("Math.exp((-x * x) / 2)", "Math.exp(-x * x)"),
    "tanh without its slope": ("value * (1 - r.data[i] * r.data[i])", "value"),
    "the mean of the tokens' gradient in b": ("return [matmul(dy, transposed(W)), matmul(transposed(x), dy), sum_rows(dy)]",
        "return [matmul(dy, transposed(W)), matmul(transposed(x), dy), times(1 / dy.shape[0], sum_rows(dy))]"),
    "patches shuffled the other way back": ("[i, order ? order[i] : i]", "[order ? order[i] : i, i]"),
    "positions have a gradient where they are off": ("on ? map_array((value) => value, dz0) : zeros", "true ? map_array((value) => value, dz0) : zeros"),
    "the class token last": ("z.data.set(p.cls.data);\n  z.data.set(x.data, D);", "z.data.set(p.cls.data, N * D);\n  z.data.set(x.data);"),
    "the target is not subtracted": ("value - (i === label ? 1 : 0)", "value"),
    "the last columns of a product left out": ("column < m; column += 4", "column + 4 <= m; column += 4"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(page, mistake):
    right, wrong = MISTAKES[mistake]
    assert live_browser.SOURCE.count(right) == 1, "the code has changed: change the mistake too"
    pixels, p = odd()
    change = "all but the scale"
    live_browser.load(page, live_browser.SOURCE.replace(right, wrong))
    try:
        found = live_browser.both(page, pixels, p, ODD, LABEL, CHANGES[change])
        assert difference(found, right_numbers(change)) > 1e-5
    finally:
        live_browser.load(page)


def test_a_step(page):
    _, p = odd()
    p, dp = dict(tree.leaves(p)), dict(tree.leaves(odd()[1]))
    found = page.evaluate(
        """([p, dp, rate]) => {
          const { step, leaves, from_leaves, packed, unpacked } = window.live;
          const before = from_leaves(unpacked(...p));
          const after = step(before, from_leaves(unpacked(...dp)), rate);
          return [packed(leaves(before)), packed(leaves(after))];
        }""",
        [live_browser.pack(p), live_browser.pack(dp), 0.25],
    )
    before, after = map(live_browser.unpack, found)
    for name in p:
        np.testing.assert_array_equal(before[name], p[name])
        np.testing.assert_array_equal(after[name], p[name] - 0.25 * dp[name])


@pytest.mark.parametrize(("leaf", "index"), [("blocks.1.attention.W_K", 65), ("project.b", 3)])
def test_the_gradient_check_of_one_weight(page, leaf, index):
    pixels, p = odd()
    h, change = 1e-4, CHANGES["all but the scale"]
    _, _, dp, _ = right_numbers("all but the scale")
    losses = []
    for sign in (1, -1):
        moved = tree.map(np.copy, p)
        dict(tree.leaves(moved))[leaf].flat[index] += sign * h
        losses.append(by_hand(pixels, moved, ODD, LABEL, change)[3])
    found = page.evaluate(
        """([image, label, p, config, how, leaf, index, h]) => {
          const { check, from_leaves, unpacked } = window.live;
          const pixels = unpacked(...image)[0][1].data;
          return check(pixels, label, from_leaves(unpacked(...p)), config, how, leaf, index, h);
        }""",
        [
            live_browser.pack({"image": pixels}), LABEL, live_browser.pack(dict(tree.leaves(p))),
            live_browser.settings(ODD), change, leaf, index, h,
        ],
    )  # fmt: skip
    assert found["analytic"] == pytest.approx(dp[leaf].flat[index], rel=1e-10)
    assert found["numeric"] == pytest.approx((losses[0] - losses[1]) / (2 * h), abs=1e-10)
    expected = abs(found["analytic"] - found["numeric"]) / max(abs(found["analytic"]), abs(found["numeric"]))
    assert 0 < found["relative"] == pytest.approx(expected) < 1e-5


def test_float16_and_erf(page):
    bits = np.arange(2**16, dtype=np.uint16)
    x = np.r_[np.linspace(-7, 7, 2001), 1e-300, 0.0, 40.0]
    found = page.evaluate(
        """([bits, x]) => {
          const { float16, erf, packed, unpacked } = window.live;
          const of = (f, array) => unpacked(...array).map(([name, { data, shape }]) => [name, { data: data.map(f), shape }]);
          return [packed(of(float16, bits)), packed(of(erf, x))];
        }""",
        [live_browser.pack({"x": bits}), live_browser.pack({"x": x})],
    )
    halves, errors = (live_browser.unpack(each)["x"] for each in found)
    np.testing.assert_array_equal(halves, bits.view(np.float16).astype(np.float64))
    np.testing.assert_allclose(errors, scipy.special.erf(x), rtol=1e-14)
