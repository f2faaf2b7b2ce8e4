"""The pages of docs/ and their twins in docs/ko/: both are there, and say the same."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from test_docs import ROOT, anchors

DOCS = ROOT / "docs"
# What students and lecturers read. A page of docs/ko/ that is not named here is compared all the same.
STUDENT_PATH = "slides derivations faq errata training data workshop lecturer quiz mini".split()
NAMES = sorted({*STUDENT_PATH, *(page.stem for page in DOCS.glob("ko/*.md"))})
TWINS = [name for name in NAMES if (DOCS / f"{name}.md").exists() and (DOCS / f"ko/{name}.md").exists()]
BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def pages(name):
    return DOCS / f"{name}.md", DOCS / f"ko/{name}.md"


def prose(page):
    return BLOCK.sub("", page.read_text("utf-8"))


def in_english(path):
    """The file that `path` is the Korean edition of; of any other, `path`."""
    if path.parent.name == "ko":
        return path.parent.parent / path.name
    return path.with_name(path.name.replace(".ko.", "."))


def in_korean(path):
    """The Korean edition of a file where there is one; else None."""
    editions = path.parent / "ko" / path.name, path.with_suffix(f".ko{path.suffix}")
    return next((edition for edition in editions if edition.is_file()), None)


def links(page, text):
    """The files, and the addresses, that a text on the page links to, each with its anchor."""
    for target, _, anchor in re.findall(r"\]\(([^)#]*)(#([^)]+))?\)", text):
        if target.startswith("https://"):
            yield target, anchor
        else:
            yield Path(os.path.normpath(page.parent / target)) if target else page, anchor


def in_either_language(page, text):
    """The links without their language: the English file, and the heading's number in place of the anchor.

    Not those to a folder: the English pages name that of the Korean notebooks.
    """
    for target, anchor in links(page, text):
        if isinstance(target, str):
            yield target, anchor
        elif not target.is_dir():
            number = anchors(target).index(anchor) if anchor else None
            yield in_english(target).relative_to(ROOT).as_posix(), number


@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_the_student_path_exists_in_both_languages(name):
    assert [page.relative_to(ROOT).as_posix() for page in pages(name) if not page.is_file()] == []


@pytest.mark.parametrize("name", TWINS)
def test_the_headings_have_the_same_levels(name):
    en, ko = (re.findall(r"^#+ ", prose(page), re.MULTILINE) for page in pages(name))
    assert en == ko


@pytest.mark.parametrize("name", TWINS)
def test_the_formulas_are_the_same(name):
    """Those inside a sentence may stand in another order."""
    formula = re.compile(r"^```math\n(.*?)^```$|\$`([^`]+)`\$", re.DOTALL | re.MULTILINE)
    en, ko = (Counter(formula.findall(page.read_text("utf-8"))) for page in pages(name))
    assert (en - ko, ko - en) == (Counter(), Counter())


@pytest.mark.parametrize("name", TWINS)
def test_the_python_is_the_same(name):
    """But for its comments, so running one page's is enough. What a terminal shows may be in the page's language."""
    en, ko = (BLOCK.findall(page.read_text("utf-8")) for page in pages(name))
    assert len(en) == len(ko)
    python = [
        [re.sub(r" *# .*", "", block) for block in of_page if block[3:5] == "py"] for of_page in (en, ko)
    ]
    assert python[0] == python[1]


@pytest.mark.parametrize("name", TWINS)
def test_the_links_are_the_same(name):
    en, ko = (Counter(in_either_language(page, prose(page))) for page in pages(name))
    assert (en - ko, ko - en) == (Counter(), Counter())


@pytest.mark.parametrize("name", TWINS)
def test_the_rows_of_tables_have_the_same_links(name):
    en, ko = (
        [(page, row) for row in re.findall(r"^\|.*$", prose(page), re.MULTILINE)] for page in pages(name)
    )
    assert len(en) == len(ko)
    for rows in zip(en, ko, strict=True):
        assert len({frozenset(Counter(in_either_language(*row)).items()) for row in rows}) == 1, rows


@pytest.mark.parametrize("name", TWINS)
def test_each_page_links_to_the_other(name):
    for page, other in (pages(name), pages(name)[::-1]):
        assert (other, "") in links(page, prose(page))


@pytest.mark.parametrize("name", TWINS)
def test_a_korean_page_links_to_korean_pages(name):
    """Wherever it links to what has a Korean edition; the English one may stand beside it, in the same line."""
    en, ko = pages(name)
    for line in prose(ko).splitlines():
        found = Counter(target for target, _ in links(ko, line) if isinstance(target, Path) and target != en)
        english = [target for target in found if in_korean(target)]
        assert [str(target) for target in english if found[in_korean(target)] < found[target]] == [], line
