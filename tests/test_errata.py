"""The pages of the errata are the list in `course/deck.py`, in its order, in both languages."""

import re
from pathlib import Path

import pytest

from vitnp.course.deck import ERRATA

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {"errata.md": "why_en", "ko/errata.md": "why_ko"}


@pytest.mark.parametrize("page", PAGES)
def test_the_table_is_the_list(page):
    rows = re.findall(r"^\| (.*) \|$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)[1:]
    decks = [erratum.decks for erratum in ERRATA]
    if page.startswith("ko/"):
        decks = [names.replace("paper, Table", "논문 Table") for names in decks]
    assert rows == [
        f"{names} | {erratum.printed} | {erratum.true} | {getattr(erratum, PAGES[page])}"
        for names, erratum in zip(decks, ERRATA, strict=True)
    ]
