"""The live page in a real browser: temperature, SGD steps, and the gradient check of one weight."""

import numpy as np
import pytest
from live_pages import cells, number, wait
from live_pages import page as page
from live_pages import shown as shown


def test_a_low_temperature_saturates_softmax(page):
    page.locator("#temperature").focus()
    before = page.evaluate("live.attention.scaled")
    for _ in range(10):
        page.keyboard.press("PageDown")
    after = page.evaluate("live.attention.scaled")
    assert page.evaluate("live.how.temperature") < 0.011
    assert page.locator("#temperature").get_attribute("aria-valuetext") == "0.01"
    assert after["entropy"] < before["entropy"]
    assert after["dS"] / after["dA"] < before["dS"] / before["dA"]
    assert number(cells(page, "scale-numbers", 0)[0]) == pytest.approx(after["entropy"], rel=1e-2)
    curve = page.locator("#scale-curve polyline").first.get_attribute("points").split()
    heights = [float(point.partition(",")[2]) for point in curve]
    assert heights[0] > heights[-1]  # the entropy rises with the temperature; y counts down
    page.locator("#temperature-one").click()
    assert page.evaluate("live.how.temperature") == 1


def test_wide_heads_need_the_root(page):
    page.locator("#width").focus()
    page.keyboard.press("End")
    with_, without = page.evaluate("[live.random.scaled, live.random.unscaled]")
    assert with_["spread"] == pytest.approx(1, abs=0.1)
    assert without["spread"] == pytest.approx(32, rel=0.1)
    assert without["through"] < with_["through"] / 3


def test_steps_lower_the_loss_as_predicted_and_can_be_undone(page):
    page.locator("#rate").focus()
    page.keyboard.press("Home")  # 1e-4
    page.evaluate("window.at_first = live.p")
    page.locator("#one-step").click()
    before, predicted, after = (number(cells(page, "step-numbers", row)[0]) for row in (0, 2, 4))
    assert page.evaluate("live.history[0].after - live.history[0].loss") == pytest.approx(predicted, rel=0.1)
    assert page.evaluate("live.loss") == pytest.approx(after, rel=1e-3)
    assert after <= before
    assert page.locator("#step-flag").inner_text() == ""
    page.locator("#ten-steps").click()
    wait(page, "live.history.length === 11 && live.accuracy")
    assert page.locator("#progress").is_hidden()
    assert "360" in page.locator("#step-line").inner_text()
    page.evaluate("window.before_last = live.history.at(-1).p")
    page.locator("#undo-step").click()
    assert page.evaluate("live.history.length === 10 && live.p === window.before_last")
    for _ in range(11):
        page.locator("#undo-step").evaluate("(button) => { button.disabled = false; button.click(); }")
    assert page.evaluate("live.history.length === 0 && live.p === window.at_first")
    page.locator("#one-step").click()
    page.locator("#rate").press("End")  # 10
    page.locator("#one-step").click()
    page.locator("#rate").press("Home")
    page.locator("#one-step").click()  # a small one does not hide it
    assert "2번째 스텝은 너무 컸습니다" in page.locator("#step-flag").inner_text()
    page.locator("#reset-steps").click()
    assert page.evaluate("live.p === live.first && live.history.length === 0")


def test_ten_steps_are_taken_one_per_frame_and_end_when_something_else_changes(page):
    page.locator("#one-step").click()
    wait(page, "live.accuracy && document.getElementById('progress').hidden")
    taken, shown = page.evaluate(
        "(document.getElementById('ten-steps').click(), "
        "[live.history.length, document.getElementById('progress').value])"
    )
    assert (taken, shown) == (2, 1)
    page.evaluate("document.getElementById('reset-steps').click()")
    wait(page, "live.accuracy")
    assert page.evaluate("live.history.length") == 0


def test_a_step_that_overflows_is_not_taken(page):
    before = page.evaluate("(window.before = live.p, live.dp.classify.head.W.data.fill(NaN), live.loss)")
    page.locator("#one-step").click()
    assert "실행하지 않았습니다" in page.locator("#step-flag").inner_text()
    assert page.evaluate("live.history.length === 0 && live.p === window.before")
    page.evaluate("live.refresh()")
    assert page.evaluate("live.loss") == before


def test_the_accuracy_is_of_the_model_as_it_is_and_a_part_has_one_norm(page):
    page.locator('[data-head="0.1"]').click()
    page.locator("#one-step").click()
    wait(page, "live.accuracy && live.how.heads[0][1] === false")
    right = page.evaluate(
        """live.digits.filter(({ image, label }) => {
          const { data } = live.pass({}, image, live.first).probabilities;
          return data.indexOf(Math.max(...data)) === label;
        }).length / live.digits.length"""
    )
    assert page.evaluate("live.accuracy.before") == right
    moved = page.evaluate(
        """["W", "b"].map((leaf) => Math.hypot(...live.p.classify.head[leaf].data.map(
          (value, i) => value - live.first.classify.head[leaf].data[i])))"""
    )
    shown = page.locator("#change-bars .value").last.inner_text()
    assert number(shown) == pytest.approx(np.hypot(*moved), rel=0.06)


def test_the_gradient_check(page):
    page.locator("#leaf").select_option("blocks.1.attention.W_V")
    page.locator("#index").fill("5")
    page.keyboard.press("Enter")
    found = page.evaluate("live.checked")
    assert found["relative"] < 1e-6
    assert number(cells(page, "check-numbers", 1)[0]) == pytest.approx(found["analytic"], rel=1e-6)
    assert found["analytic"] == page.evaluate("live.dp.blocks[1].attention.W_V.data[5]")
    page.locator("#h").focus()
    page.keyboard.press("Home")  # 1e-12: rounding
    assert page.evaluate("live.checked.relative") > found["relative"]
    page.locator("#check-curve polyline").wait_for()
    assert page.locator("#check-floor").inner_text() == ""
    curve = page.locator("#check-curve polyline").get_attribute("points").split()
    heights = [float(point.partition(",")[2]) for point in curve]
    errors = page.evaluate(
        """Array.from({ length: 23 }, (_, i) => live.check(live.image, live.chosen, live.p, live.config, live.how,
        "blocks.1.attention.W_V", 5, 10 ** (-1 - i / 2)).relative)"""
    )
    expected = [206 - 192 * (np.log10(max(error, 1e-13)) + 13) / 14 for error in errors]
    assert heights == pytest.approx(expected, abs=0.06)
    page.locator("#leaf").select_option("blocks.0.attention.b_K")
    assert "참값은 0" in page.locator("#check-floor").inner_text()
