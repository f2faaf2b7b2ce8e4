"""The ViT that runs in the live page, in a real browser: every tensor and every gradient is that of `trace`."""

import dataclasses
import math

import live_browser
import numpy as np
import pytest
import scipy.special
from live_browser import page as page
from live_by_hand import CHANGES, LABEL, ODD, by_hand, difference, odd, right_numbers

from vitnp import tree, weights
from vitnp.course.page import live

TOLERANCE = 1e-12  # of the largest number of a tensor; 1e-5 is asked for


def test_the_digits_model(page):
    p, config = weights.load("digits/2")
    p = tree.map(lambda leaf: leaf.astype(np.float64), p)
    images, labels = live.test_digits()
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


@pytest.mark.parametrize(("leaf", "index"), [("blocks.1.attention.W_K", 70), ("project.b", 3)])
def test_the_gradient_check_of_one_weight(page, leaf, index):
    pixels, p = odd()
    h, change = 1e-4, CHANGES["all but the scale"]
    _, _, dp, _ = right_numbers("all but the scale")
    losses = []
    for sign in (1, -1):
        moved = tree.map(np.copy, p)
        dict(tree.leaves(moved))[leaf].flat[index] += sign * h
        losses.append(by_hand(pixels, moved, ODD, LABEL, change)[3])
    found = checked(page, change, leaf, index, h)
    assert found["analytic"] == pytest.approx(dp[leaf].flat[index], rel=1e-10)
    assert found["numeric"] == pytest.approx((losses[0] - losses[1]) / (2 * h), abs=1e-10)
    expected = abs(found["analytic"] - found["numeric"]) / max(abs(found["analytic"]), abs(found["numeric"]))
    assert found["relative"] == expected < 1e-5


def checked(page, change, leaf, index, h):
    """What `check` says of one weight of the odd model."""
    pixels, p = odd()
    return page.evaluate(
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


def test_a_gradient_of_zero_passes_the_check_and_no_number_does_not(page):
    found = checked(page, {}, "blocks.0.attention.b_K", 2, 1e-5)  # softmax cancels b_K
    largest = max(np.abs(leaf).max() for leaf in right_numbers("plain")[2].values())
    assert found["floor"] == pytest.approx(1e-6 * largest)
    assert abs(found["analytic"]) < 1e-15 and found["relative"] < 1e-3
    assert math.isnan(checked(page, {}, "project.b", 3, 0)["relative"])


def test_a_probability_that_underflows(page):
    pixels, p = odd()
    p["classify"]["head"]["W"] *= 1e4
    found, expected = live_browser.both(page, pixels, p, ODD, LABEL, {}), by_hand(pixels, p, ODD, LABEL, {})
    assert expected[0]["p"].ravel()[LABEL] == 0
    assert difference(found, expected) < TOLERANCE


def test_float16_and_erf(page):
    bits = np.arange(2**16, dtype=np.uint16)
    x = np.r_[np.linspace(-7, 7, 2001), 1e-300, 0.0, 40.0]
    found = page.evaluate(
        """([bits, x]) => {
          const { float16, erf, packed, unpacked } = window.live;
          const of = (f, array) => {
            const [[, { data, shape }]] = unpacked(...array);
            return packed([["x", { data: data.map(f), shape }]]);
          };
          return [of(float16, bits), of(erf, x)];
        }""",
        [live_browser.pack({"x": bits}), live_browser.pack({"x": x})],
    )
    halves, errors = (live_browser.unpack(each)["x"] for each in found)
    np.testing.assert_array_equal(halves, bits.view(np.float16).astype(np.float64))
    np.testing.assert_allclose(errors, scipy.special.erf(x), rtol=1e-14)
