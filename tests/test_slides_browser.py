"""The page in a browser without a network: every slide fits, nothing is below 26 px; and the PDF."""

import re

import pytest
from slide_decks import CELLS, browser, deck, one_slide, page, stand_ins, write
from slides.blocks import Block

from vitnp.errors import InputError

needs_a_browser = pytest.mark.skipif(not browser.find(), reason="needs Chromium, Chrome or Edge")


def written(folder, pages):
    """The page in a file. The installed reveal.js and MathJax, if they are there; else stand-ins."""
    assets = page.ASSETS if (page.ASSETS / page.MATHJAX).exists() else stand_ins(folder / "assets")
    file = folder / "page.html"
    file.write_text(page.page(pages, "T", "ko", assets=assets), "utf-8")
    return file


@needs_a_browser
def test_a_small_deck_fits_and_is_printed(tmp_path):
    pages = deck.of_notebooks([write(tmp_path / "ko" / "05_a.ipynb", CELLS)], "ko")
    file = written(tmp_path, pages)
    count, found = browser.check(browser.find(), file)
    if not (page.ASSETS / page.MATHJAX).exists():  # the stand-in sets no formulas
        found = [item for item in found if item[1] != "a formula is not set"]
    assert (count, found) == (len(pages), [])
    browser.pdf(browser.find(), file, tmp_path / "slides.pdf")
    sizes = re.findall(rb"/MediaBox \[0 0 (\S+) (\S+)\]", (tmp_path / "slides.pdf").read_bytes())
    assert len(sizes) == len(pages) and set(sizes) == {(b"960", b"540")}


@needs_a_browser
def test_what_does_not_fit_is_found(tmp_path):
    tall = one_slide(Block("code", ("x = 1",) * 30))
    small = one_slide(Block("text", (), '<p style="font-size: 20px">small</p>'))
    wide = one_slide(Block("text", (), '<p style="width: 2000px">wide</p>'))
    formula = one_slide(Block("text", (), r"<p><code>\(</code>x</p>"))
    found = browser.check(browser.find(), written(tmp_path, [tall, small, wide, formula]))[1]
    assert {(number, what) for number, what, _ in found} == {
        (1, "below the slide"),
        (2, "20 px"),
        (3, "wider than the slide"),
        (4, "a formula is not set"),
    }


def test_a_browser_that_is_named_and_not_there_is_an_error(monkeypatch):
    monkeypatch.setenv("CHROME", "no-such-browser")
    with pytest.raises(InputError, match="CHROME=no-such-browser is no program"):
        browser.find()


def test_a_browser_that_fails_is_one_line(tmp_path):
    program = tmp_path / "browser"
    program.write_text("#!/bin/sh\necho sad >&2\nexit 3\n", "utf-8")
    program.chmod(0o755)
    with pytest.raises(InputError, match=r"cannot print the slides \(sad\); name another with CHROME=…"):
        browser.pdf(str(program), tmp_path / "page.html", tmp_path / "slides.pdf")
    assert [file.name for file in tmp_path.iterdir()] == ["browser"]
