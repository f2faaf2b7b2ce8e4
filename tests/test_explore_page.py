"""The explore page in a browser: the tour, two languages, the keyboard, a phone, a projector."""

import pytest
from explore_pages import ready, show, token_name, written
from test_page_collected import traced

PROJECTOR, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(path, configuration) of a small model in which no two sizes are alike."""
    t, config, picture = traced()
    return written(tmp_path_factory.mktemp("page") / "small.html", t, config, picture), config


@pytest.fixture(scope="module")
def window(opened, made):
    return ready(opened, made[0], viewport=PROJECTOR, reduced_motion="reduce")


@pytest.fixture
def small(window):
    """The page, as if it had just been opened; after the test: nothing but the file was asked for, nothing thrown."""
    page = window.page
    page.set_viewport_size(PROJECTOR)
    if page.evaluate("document.documentElement.lang") != "en":
        page.locator("#language").click()
    page.mouse.move(0, 0)
    page.keyboard.press("Escape")
    yield window
    assert window.silent()


def state(found):
    return found.page.evaluate("vitnp.state")


def overflow(found):
    """By how many pixels the page is wider than the window."""
    return found.page.evaluate("document.documentElement.scrollWidth - innerWidth")


def tour(found):
    return found.page.evaluate("vitnp.data.json.tour")


@pytest.mark.parametrize(
    ("window_size", "lang"), [(PROJECTOR, "en"), (PHONE, "ko")], ids=["projector", "phone"]
)
def test_every_stop_of_the_tour(small, window_size, lang):
    """Its text is there in the chosen language, inside the window; the page shows what the stop is about."""
    page = small.page
    page.set_viewport_size(window_size)
    if lang == "ko":
        page.locator("#language").click()
    page.locator("#start-tour").click()
    stops = tour(small)
    assert len(stops) == 12
    for i, stop in enumerate(stops):
        assert page.locator("#tour-title").inner_text() == stop["title"][lang]
        assert page.locator("#tour-text").inner_text() == stop["text"][lang]
        assert {key: value for key, value in state(small).items() if key in stop["show"]} == stop["show"]
        assert page.locator(stop["at"]).first.is_visible(), f"stop {i + 1}: {stop['at']}"
        box = page.locator("#tour").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= window_size["width"], f"stop {i + 1}"
        assert box["y"] >= 0 and box["y"] + box["height"] <= window_size["height"], f"stop {i + 1}"
        assert overflow(small) <= 0, f"stop {i + 1}"
        page.locator("#tour-next").click()
    assert not page.locator("#tour").is_visible() and not page.locator("#tour-outline").is_visible()
    page.locator("#start-tour").click()
    page.locator("#tour-next").click()
    page.locator("#tour-back").click()
    assert page.locator("#tour-title").inner_text() == stops[0]["title"][lang]
    page.locator("#tour-leave").click()
    assert not page.locator("#tour").is_visible()


def test_all_texts_are_in_the_chosen_language(small):
    """Every labeled element has the text of its key; the switch exchanges them, and the titles of the rows."""
    page = small.page
    labeled = (
        "[...document.querySelectorAll('[data-word]')].map((one) => [one.dataset.word, one.textContent])"
    )
    words = page.evaluate("vitnp.data.json.words")
    for lang in ("en", "ko", "en"):
        if lang != page.evaluate("document.documentElement.lang"):
            page.locator("#language").click()
        assert page.evaluate("document.documentElement.lang") == lang
        fixed = [(key, text) for key, text in page.evaluate(labeled) if "{" not in words[key][lang]]
        assert len(fixed) > 15 and [words[key][lang] for key, _ in fixed] == [text for _, text in fixed]
        titles = page.evaluate("(lang) => vitnp.data.json.rows.map((row) => row.title[lang])", lang)
        assert page.locator(".row-title").all_text_contents() == titles
        for label in page.evaluate(
            "[...document.querySelectorAll('[data-label]')].map((one) => one.ariaLabel)"
        ):
            assert label in {text[lang] for text in words.values()}


def test_by_the_keyboard_alone(small, made):
    """Tab reaches the photo; arrows choose a patch; every key of the list does what the list says."""
    page, config = small.page, made[1]
    show(
        small,
        tensor="blocks.i.attention.A",
        layer=0,
        head=0,
        token=1,
        map="token",
        back=False,
    )
    page.locator("#start-tour").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "photo":
            break
    assert page.evaluate("document.activeElement.id") == "photo"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert state(small)["token"] == 1 + config.grid[1] + 1
    named = token_name(state(small)["token"], config)
    assert named in page.locator("#reading").inner_text()
    page.locator("#announce", has_text=named).wait_for(state="attached")
    steps = [
        ("]", "layer", 1),
        ("[", "layer", 0),
        ("h", "head", 1),
        ("Shift+H", "head", 0),
        ("m", "head", -1),
        ("m", "head", 0),
    ]
    steps += [("2", "map", "cls"), ("3", "map", "rollout"), ("4", "map", "norm"), ("1", "map", "token")]
    steps += [("g", "back", True), ("g", "back", False), ("c", "token", 0)]
    for key, name, value in steps:
        page.keyboard.press(key)
        assert state(small)[name] == value, key
    page.keyboard.press("n")
    assert state(small)["tensor"] != "blocks.i.attention.A"
    page.keyboard.press("p")
    assert state(small)["tensor"] == "blocks.i.attention.A"
    page.keyboard.press("t")
    assert page.evaluate("document.activeElement.id") == "tour-title"
    page.keyboard.press("Escape")
    assert not page.locator("#tour").is_visible()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()


def test_the_walk_goes_through_every_tensor_and_back(small):
    page = small.page
    every = page.evaluate("vitnp.data.json.rows.flatMap((row) => row.tensors)")
    show(small, tensor=every[0], back=False)
    seen = [every[0]]
    while not page.locator("#next").is_disabled():
        page.locator("#next").click()
        seen.append(state(small)["tensor"])
        assert state(small)["back"] == (len(seen) > len(every))
    assert seen == every + every[::-1]
    show(small, tensor="blocks.i.attention.A", back=False)
    page.locator(
        "#gradient"
    ).click()  # a step of the walk, too: the next one is that of the gradient before it
    assert page.locator("#place").inner_text().startswith("Backward")
    page.locator("#next").click()
    assert state(small)["tensor"] == "blocks.i.attention.S" and state(small)["back"]


def test_hover_and_tap(small, made):
    """The pointer chooses a patch; a click holds it, and the next one then only reads a weight."""
    page, config = small.page, made[1]
    show(small, tensor="blocks.i.attention.A", layer=0, head=0, token=0, map="token", back=False)
    box = page.locator("#photo").bounding_box()
    rows, columns = config.grid

    def place(row, column):
        return box["x"] + box["width"] * (column + 0.5) / columns, box["y"] + box["height"] * (
            row + 0.5
        ) / rows

    page.mouse.move(*place(1, 2))
    assert state(small)["token"] == 1 + columns + 2
    page.mouse.click(*place(1, 2))
    page.mouse.move(*place(2, 4))
    assert state(small)["token"] == 1 + columns + 2
    assert "patch (3, 5)" in page.locator("#reading").inner_text()
    page.keyboard.press("Escape")


SHOWN = """() => {
  const tabs = [...document.querySelectorAll("#tabs button")].filter((tab) => tab.offsetParent);
  const found = [];
  for (const tensor of Object.keys(vitnp.data.json.tensors)) {
    vitnp.show({tensor});
    for (const tab of tabs.length ? tabs : [document.body]) {
      tab.click();
      const {scrollWidth, scrollHeight} = document.documentElement;
      found.push([`${tensor} ${tab.id}`, scrollWidth - innerWidth, scrollHeight - innerHeight]);
    }
  }
  return found;
}"""


@pytest.mark.parametrize(
    ("width", "height", "lang"),
    [
        (1280, 720, "ko"),
        (1280, 720, "en"),
        (1920, 1080, "en"),
        (820, 1180, "ko"),
        (390, 844, "ko"),
        (360, 640, "en"),
    ],
)
def test_nothing_is_wider_than_the_window(small, width, height, lang):
    """And on a projector the page itself does not scroll: its columns do."""
    if lang == "ko":
        small.page.locator("#language").click()
    small.page.set_viewport_size({"width": width, "height": height})
    for shown, wider, taller in small.page.evaluate(SHOWN):
        assert wider <= 0, shown
        assert taller <= 0 or width < 1080, shown


def test_after_the_tour_the_page_is_as_before(small):
    """What was chosen is chosen again, and the pointer chooses a patch as before."""
    page = small.page
    show(small, tensor="blocks.i.attention.V", layer=1, head=1, token=5, map="cls", back=False)
    before = state(small)
    page.locator("#start-tour").click()
    page.locator("#tour-next").click()
    page.locator("#tour-leave").click()
    assert state(small) == before
    page.locator("#photo").hover(position={"x": 3, "y": 3})
    assert state(small)["token"] == 1
    assert "patch (1, 1): " in page.locator("#reading").inner_text()  # also on a map that is not of the patch


def test_keys_of_a_hangul_input_source_and_what_is_said(small):
    page = small.page
    show(small, layer=0, head=0, back=False)
    page.locator("#head").press("ArrowLeft")  # left of head 1 is the mean
    assert state(small)["head"] == -1
    page.keyboard.press("]")
    page.locator("#announce", has_text="layer 2 of 2").wait_for(state="attached")
    page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'ㅎ', code: 'KeyG'}))")
    assert state(small)["back"]
    show(small, back=False)
