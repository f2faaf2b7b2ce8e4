"""The live page in a real browser: what its controls do, and that the numbers on it are those of its own passes."""

import re

import pytest
from live_pages import cells, number, show, wait
from live_pages import page as page
from live_pages import shown as shown

from vitnp import weights
from vitnp.course.page import html, live, live_words


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
    page.locator("#next-digit").click()  # lets it go
    page.locator("#shuffled button").nth(0).click()
    assert page.evaluate("live.how.order") is None
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
    change = page.evaluate(
        "live.backward(live.pass({ heads: [[true, true], [false, false]] }), live.chosen).loss - live.loss"
    )
    said = f"{change:+.3f}".replace("-", "−").replace("+0.000", "0.000").replace("−0.000", "0.000")
    wait(page, f"document.querySelector('[data-head=\"1.1\"]').lastChild.textContent === '{said}'")
    loss = page.evaluate("live.backward(live.pass({ heads: null }), live.chosen).loss")
    assert f"{number(f'{loss:.4g}'):g}" in page.locator("#heads-line").inner_text()
    for _ in range(3):
        page.locator("#heads-least").click()
    assert page.evaluate("live.how.heads.flat().some(Boolean)") is False
    page.locator("#scale-curve polyline").first.wait_for()  # no gradient reaches the attention weights
    assert cells(page, "scale-numbers", 2) == ["0%", "0%"]
    page.locator("#heads-on").click()
    assert page.evaluate("live.how.heads.flat().every(Boolean)")


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
