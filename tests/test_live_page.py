"""The live page in a real browser: what its controls do, and that the numbers on it are those of its own passes."""

import re

import numpy as np
import pytest

from vitnp import models, weights
from vitnp.course.page import html, live, live_words

SMALL = models.preset("digits", patch_size=4, hidden_size=8, num_layers=2, num_heads=2, mlp_dim=6)


@pytest.fixture(scope="module")
def shown(opened, tmp_path_factory):
    """The page of a small random model."""
    rng = np.random.default_rng(0)
    p = models.of(SMALL).init(rng, SMALL)
    p["classify"]["head"]["W"] = rng.normal(0, 0.05, size=(8, 10)).astype("float32")  # it begins at zero
    return show(opened, tmp_path_factory.mktemp("live") / "small.html", p, SMALL)


@pytest.fixture
def page(shown):
    """The page as it began; at the end nothing was asked for and nothing was said."""
    page = shown.page
    if page.evaluate("document.documentElement.lang") != "ko":
        page.locator("#language").click()
    if page.locator("#reset-all").is_visible():
        page.locator("#reset-all").click()
    page.locator("#next-digit").click()
    yield page
    assert shown.silent()


def show(opened, path, p, config):
    path.write_text(live.live_page(p, config, "ko"), "utf-8")
    shown = opened(path, viewport={"width": 1280, "height": 720})
    shown.page.locator("#verdict:not(:empty)").wait_for()
    return shown


def cells(page, table, row):
    """The texts of a row of a table."""
    return page.locator(f"#{table} tbody tr").nth(row).locator("td").all_inner_texts()


def wait(page, condition):
    """Until JavaScript is true; the page's policy forbids `wait_for_function`."""
    for _ in range(200):
        if page.evaluate(f"!!({condition})"):
            return
        page.wait_for_timeout(20)
    raise AssertionError(condition)


def number(text):
    return float(text.replace("−", "-"))


def test_the_page_uses_just_the_words_that_there_are():
    source = "".join(html.read(f"live/{name}") for name in ("live.html", *live.SCRIPTS))
    used = set(re.findall(r"""(?:word|row)\("(\w+)"|data-(?:word|label)="(\w+)\"""", source))
    used = {key for keys in used for key in keys if key}
    made = {key for key in live_words.WORDS if re.fullmatch("part_.*|.*_(try|shows|title|short)", key)}
    assert used <= live_words.WORDS.keys()
    assert live_words.WORDS.keys() <= used | made | {key for key in live_words.WORDS if f'"{key}"' in source}


def test_both_languages(page):
    for lang in ("en", "ko"):
        page.locator("#language").click()
        assert page.evaluate("document.documentElement.lang") == lang
        text = page.locator("body").inner_text()
        assert "undefined" not in text
        assert not re.search(r"\{\w+\}|NaN", text)
        words = page.evaluate(
            "[...document.querySelectorAll('[data-word]')].map((one) => [one.dataset.word, one.textContent])"
        )
        assert [key for key, word in words if word != live_words.WORDS[key].in_(lang)] == []


def test_verdict_and_loss_are_those_of_the_pass(page):
    best, p, loss = page.evaluate(
        """(() => { const { data } = live.saved.probabilities; const p = Math.max(...data);
        return [data.indexOf(p), p, -Math.log(data[live.chosen])]; })()"""
    )
    assert page.locator("#verdict").inner_text() == f"예측: {best} ({100 * p:.1f}%)"
    assert number(page.locator("#loss").inner_text().split()[1]) == pytest.approx(loss, rel=1e-2)


def test_a_pixel_changes_the_loss_as_shown(page):
    page.locator("#ink").fill("7")
    page.locator('[data-pixel="9"]').click()
    image, kept, slope = page.evaluate(
        """(() => { const back = live.backward(live.pass({}, live.kept), live.chosen);
        return [live.image, live.kept, back.gradients.image.data].map((one) => [...one]); })()"""
    )
    assert image[9] == 7 or kept[9] == 7  # a pixel that had the value is emptied
    assert [i for i in range(64) if image[i] != kept[i]] == [9]
    true = page.evaluate("live.loss - live.backward(live.pass({}, live.kept), live.chosen).loss")
    assert number(cells(page, "pixel-numbers", 3)[1]) == pytest.approx(true, rel=1e-3)
    assert number(cells(page, "pixel-numbers", 4)[1]) == pytest.approx(
        slope[9] * (image[9] - kept[9]) / 8, rel=1e-3
    )
    page.locator("#pixel-back").click()
    assert page.evaluate("live.image === live.kept")


def test_the_strongest_pixel_raises_the_loss(page):
    before = page.evaluate("live.loss")
    page.locator("#strongest").click()
    assert page.evaluate("live.loss") > before
    assert page.evaluate("[...live.image].filter((x, i) => x !== live.kept[i]).length") == 1


def test_without_positions_a_shuffle_changes_nothing(page):
    page.locator("#shuffle").click()
    order = page.evaluate("live.how.order ?? [0, 1, 2, 3]")
    assert sorted(order) == [0, 1, 2, 3]
    page.locator("#unshuffle").click()
    page.locator("#shuffled button").nth(0).click()
    page.locator("#shuffled button").nth(3).click()
    with_, without = page.evaluate("[live.shuffle.on, live.shuffle.off]")
    assert with_ > 1e-3
    assert without < 1e-12
    assert [number(text) for text in cells(page, "position-numbers", 3)] == pytest.approx(
        [with_, without], rel=1e-3
    )
    assert page.evaluate("live.how.order") == [3, 1, 2, 0]
    page.locator("#positions-on").uncheck()
    assert "포지셔널 임베딩 없음" in page.locator("#altered").inner_text()
    page.locator("#unshuffle").click()
    assert page.evaluate("live.how.order") is None


def test_a_head_off(page):
    page.locator('[data-head="1.0"]').click()
    assert page.evaluate("live.how.heads") == [[True, True], [False, True]]
    assert page.evaluate("[...live.saved.tensors['blocks.1.attention.O'].data].slice(0, 20)") == [0] * 20
    wait(page, "live.head_changes")
    loss = page.evaluate("live.backward(live.pass({ heads: null }), live.chosen).loss")
    assert f"{number(f'{loss:.4g}'):g}" in page.locator("#heads-line").inner_text()
    for _ in range(3):
        page.locator("#heads-least").click()
    assert page.evaluate("live.how.heads.flat().some(Boolean)") is False
    page.locator("#scale-curve polyline").first.wait_for()  # no gradient reaches the attention weights
    assert cells(page, "scale-numbers", 2) == ["0%", "0%"]
    page.locator("#heads-on").click()
    assert page.evaluate("live.how.heads.flat().every(Boolean)")


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
    page.locator("#undo-step").click()
    assert page.evaluate("live.history.length") == 10
    page.locator("#rate").press("End")  # 10
    page.locator("#one-step").click()
    assert "너무 컸습니다" in page.locator("#step-flag").inner_text()
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
    page.locator("#leaf").select_option("blocks.0.attention.b_K")
    assert "참값은 0" in page.locator("#check-floor").inner_text()


def test_inside_by_keyboard(page):
    page.locator('[data-token="0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate("live.shown.token") == 1
    for _ in range(len(page.locator("#row option").all()) - 1):
        page.locator("#row-next").click()
        assert page.locator("#tensors canvas").count() > 0
    page.locator("#show-gradient").check()
    assert "∂p" in page.locator("#tensors").inner_text()


def test_drawing_and_pixels_by_keyboard(page):
    page.locator("#pad").focus()
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert page.evaluate("[...live.image].filter(Boolean).length") >= 8
    page.locator('[data-pixel="0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("9")
    assert page.evaluate("live.image[1]") == 16


def test_what_is_out_of_sight_follows(page):
    page.locator("#top h1").scroll_into_view_if_needed()
    page.locator("#pad-clear").click()
    assert "빈 그림" in page.locator("#which").inner_text()
    assert page.locator("#label option").first.inner_text() == f"첫 예측 ({page.evaluate('live.chosen')})"
    wait(
        page, "document.getElementById('step-numbers').textContent.includes(Number(live.loss.toPrecision(4)))"
    )
    page.locator("#language").click()
    wait(page, "document.getElementById('check-numbers').textContent.includes('Backward pass')")


def test_a_phone_does_not_scroll_sideways(page):
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.set_viewport_size({"width": 1280, "height": 720})


def test_a_drawn_seven_is_a_seven(opened, tmp_path):
    """With the trained weights, drawn with the mouse."""
    shown = show(opened, tmp_path / "digits.html", *weights.load("digits/2"))
    mouse, box = shown.page.mouse, shown.page.locator("#pad").bounding_box()
    for i, (x, y) in enumerate([(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]):
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
        if i == 0:
            mouse.down()
    mouse.up()
    assert shown.page.locator("#verdict").inner_text().startswith("예측: 7")
    assert shown.silent()
