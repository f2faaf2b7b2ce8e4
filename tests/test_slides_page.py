"""The page of slides: one file, nothing of the notebook's machinery, results after their questions, notes, a corner."""

import re
from pathlib import Path

import pytest
from slide_decks import (
    CELLS,
    OPENING,
    cells,
    code,
    code_cell,
    deck,
    page,
    picture,
    printed,
    stand_ins,
    text,
    write,
)
from slides.blocks import pixels


@pytest.fixture
def made(tmp_path):
    """The page of the small notebook, in Korean."""
    pages = deck.of_notebooks([write(tmp_path / "ko" / "05_attention.ipynb", CELLS)], "ko")
    return page.page(pages, "어텐션", "ko", assets=stand_ins(tmp_path / "assets"))


def sections(made):
    return re.findall(r"<section.*?</section>", made, flags=re.DOTALL)


def visible(made):
    return [re.sub(r"<aside.*?</aside>", "", section, flags=re.DOTALL) for section in sections(made)]


def test_one_file_that_asks_for_nothing(made):
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"|<link|@import|url\(', made) == []
    assert re.findall(r"https?:", "".join(sections(made))) == []
    assert '<html lang="ko">' in made and "<title>어텐션</title>" in made
    assert "Apache License" in made  # the licenses travel with what is copied


def test_what_is_copied_does_not_end_the_script(made):
    assert made.count("</script>") == 4
    assert r"<\/script><\!--" in made


def test_nothing_of_the_machinery(made):
    shown = "".join(visible(made))
    for gone in (
        "assert",
        "import",
        "check(",
        "In [",
        "Out[",
        "show.grid",
        "...",
        "solutions",
        "풀이",
        "Step 5",
        "&lt;Figure",
    ):
        assert gone not in shown, gone
    assert "rows = S" in re.sub(r"<.*?>", "", shown)  # what is drawn is computed in sight


def test_text_and_code_at_once_and_the_result_with_a_click(made):
    first = sections(made)[1]
    at = [
        first.index(piece) for piece in ("봅시다", '<pre class="code"', 'class="fragment"', "array([1, 2])")
    ]
    assert at == sorted(at)
    assert first.index("다음 그림") > at[3] and "<img" in first
    assert sorted(re.findall(r'data-fragment-index="(\d)"', first)) == ["1", "2", "3", "4"]


def test_corner_number_and_notes(made):
    assert '<span class="corner">슬라이드 003 · 5단계</span>' in sections(made)[0]
    assert f'<span class="number">1 / {len(sections(made))}</span>' in made
    assert "<b>05_attention</b> In [3]" in sections(made)[1]


@pytest.mark.parametrize(
    ("opening", "numbers"),
    [("강의자료 003, 5단계", "003"), ("Decks 000, 001 and 004, 3 parts", "000, 001, 004"), ("none", None)],
)
def test_the_decks_that_an_opening_names(opening, numbers):
    assert deck.number(cells.sections([text(f"# T\n{opening}")], "en")) == numbers


def test_formulas_stay_with_their_particle(made):
    assert r'<span class="whole"><span class="math inline">\(d_k\)</span>를</span>' in made
    assert r"\[S = QK\]" in made  # a formula between the lines of a paragraph


def test_a_link_is_its_text_and_markup_is_shown_as_it_is():
    (block,) = cells.markdown.blocks("See [the *paper*](https://arxiv.org) and <b>.")
    assert block.html.strip() == "<p>See the <em>paper</em> and &lt;b&gt;.</p>"


def test_a_picture_has_its_alternative_text():
    (block,) = cells.of_code(code_cell("show.grid(x)", picture(**{"image/png": {"alt": 'a "grid"'}})), "T")
    assert block.lines == ('a "grid"',)
    assert 'alt="a &quot;grid&quot;"' in page.block_html(block, deck.Slide(picture=(86, 42)))
    assert cells.of_code(code_cell("show.grid(x)", picture()), "T")[0].lines == ("T",)


def test_a_long_corner_keeps_whole_words_in_one_line():
    assert page.shortened("25분 · 5단계") == "25분 · 5단계"
    long = page.shortened("어텐션, " * 30)
    assert re.fullmatch("(어텐션, ){8,14}어텐션 …", long) and pixels(long, 20) < 1000


def test_an_english_heading_has_the_korean_one_below():
    assert deck.titles("헤드 분할 · split the heads", "en") == ("Split the heads", "헤드 분할")
    assert deck.titles("1 · Patches", "en") == ("1 · Patches", "")


def test_a_hint_that_is_folded_away_comes_with_a_click():
    found = cells.sections(
        [text("# T\nLook.\n\n<details><summary>힌트</summary>\n\nThere.\n\n</details>")], "ko"
    )
    first, hint = found[0].groups
    assert "Look" in first[0].html and "<strong>힌트.</strong> There" in hint[0].html


def test_output_that_is_cut_is_whole_in_the_notes(tmp_path):
    said = "\n".join(f"row {i:3} " + "x" * 90 for i in range(40))
    path = write(tmp_path / "a.ipynb", [text("# T"), code_cell("print(x)", printed(said))])
    made = [page.section(one, 1, 1) for one in deck.of_notebooks([path], "en")]
    assert any(re.search(r"row   0 x+…\n", section) for section in made)
    assert any("…</pre>" in section for section in made)
    assert f"row  39 {'x' * 90}" in made[-1].split("<aside")[1]


@pytest.mark.parametrize(
    ("source", "pictured", "left"),
    [
        ("plt.plot(x)\nplt.show()", True, ()),
        ("figure, axes = plt.subplots(1, 2)\nfor ax in axes:\n    ax.axis('off')", True, ()),
        ("x = 1\nshow.grid(x)", True, ("x = 1",)),
        ("def draw():\n    plt.plot(x)\n\ndraw()", True, ()),
        ("draw()", False, ()),
        (
            "def photo(ax, x):\n    ax.imshow(x)\n\ndef f(x):\n    return x",
            False,
            ("def f(x):", "    return x"),
        ),
        ("forward(x)", False, ("forward(x)",)),
        ("forward(x)", True, ()),
        ("draw_rows()\nplt.show()", True, ()),
        ("axes.swapaxes(1, 2)", False, ("axes.swapaxes(1, 2)",)),
        ("for x in y:\n    assert x\n    print(x)", False, ("for x in y:", "    print(x)")),
        ("for x in y:\n    assert x", False, ()),
        ("def f(x):\n    assert x\n    return x", False, ("def f(x):", "    assert x", "    return x")),
        ("%matplotlib inline\nx = 1", False, ("x = 1",)),
        ("x =", False, ("x =",)),
    ],
)
def test_what_is_shown_of_a_cell(source, pictured, left):
    assert code.shown(source, pictured) == left


def test_the_opening_in_english_keeps_its_subtitle(tmp_path):
    path = write(tmp_path / "05.ipynb", [text(OPENING.replace("강의자료", "Deck"))])
    assert "<em>Step 5" in page.section(deck.of_notebooks([path], "en")[0], 1, 1)


def test_nothing_but_the_footer_is_below_26_pixels():
    css = (Path(page.HERE) / "slides.css").read_text("utf-8")
    small = []
    for rule in re.findall(r"[^{}]+\{[^{}]*\}", css):
        sizes = re.findall(r"font(?:-size)?:[^;}]*?(\d+)px", rule)
        small += [rule.split("{")[0].strip() for size in sizes if int(size) < 26]
    assert small == [".slide footer"]
    assert "word-break: keep-all" in css


def test_the_dark_page(tmp_path):
    assert '<html lang="en" class="dark">' in page.page([], "T", "en", dark=True, assets=stand_ins(tmp_path))
