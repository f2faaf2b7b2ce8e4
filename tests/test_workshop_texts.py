"""What a student reads beside the checks: three hints for every part, in both languages, without code."""

import re
from pathlib import Path

import pytest

from vitnp.course.workshop import template
from vitnp.course.workshop.hints import HINTS
from vitnp.system.language import LANGUAGES

ROOT = Path(__file__).parents[1]
PARTS = [part for step in template.STEPS for part in template.parts(step)]


def numbered(page):
    """The headings of a page that begin with a number."""
    return re.findall(r"^#+ (\d.*)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)


PAGES = ("docs/ko/derivations.md", "docs/derivations.md")
SECTIONS = list(zip(*map(numbered, PAGES), strict=True))  # (Korean, English)
# An assignment, a call, an index, an operator of matrices, a module's function, an attribute's call.
CODE = re.compile(r"=|@|\bnp\b|[a-z0-9_]\(|[A-Za-z0-9_]\[|\.\w+\(|axis \d|einsum|reshape|swapaxes|keepdims")
each_part = pytest.mark.parametrize("part", PARTS)
each_language = pytest.mark.parametrize("lang", LANGUAGES)


def sentences(text):
    """Each with its words: a shape such as (B, N, D) belongs to the name before it."""
    plain = re.sub(r"\s*\([^)]*\)|\"[^\"]*\"", "", text)
    for sentence in re.split(r"[.?!:;](?:\s|$)", plain):
        yield [word for word in sentence.split() if re.search(r"\w", word)]


def test_every_part_has_hints_and_no_other():
    assert list(HINTS) == PARTS


@each_part
@each_language
def test_three_hints_in_both_languages(part, lang):
    hints = [getattr(hint, lang) for hint in HINTS[part]]
    assert len(set(hints)) == 3
    for hint in hints:
        assert bool(re.search("[가-힣]", hint)) == (lang == "ko")
        assert hint == " ".join(hint.split()) and hint[-1] in ".?"


@each_part
@each_language
def test_the_first_asks_and_the_others_answer(part, lang):
    question, *answers = (getattr(hint, lang) for hint in HINTS[part])
    assert "?" in question
    assert not any("?" in answer for answer in answers)


@each_part
@each_language
def test_no_hint_is_code(part, lang):
    for hint in HINTS[part]:
        assert not CODE.search(getattr(hint, lang))


def test_code_would_be_found():
    asked = [
        line for step in template.STEPS for line in template.source(step).splitlines() if "  # ? " in line
    ]
    assert len(asked) > 60
    assert [line for line in asked if not CODE.search(line.partition("  # ?")[0])] == []


@each_part
@each_language
def test_sentences_are_short(part, lang):
    for hint in HINTS[part]:
        assert max(map(len, sentences(getattr(hint, lang)))) <= 20


@each_part
def test_the_second_names_the_shapes_and_a_section_of_the_derivations(part):
    ko, en = HINTS[part][1]
    of_ko, of_en = (re.findall(r'(docs/\S*derivations\.md)\S* "(.*)"\.$', text) for text in (ko, en))
    assert len(of_ko) == len(of_en) == 1
    assert (of_ko[0][0], of_en[0][0].rstrip(",")) == PAGES and (of_ko[0][1], of_en[0][1]) in SECTIONS
    shapes = [re.findall(r"\((?:[A-Z]|classes)[^)]*\)", text.partition('"')[0]) for text in (ko, en)]
    assert len(shapes[0]) >= 2 and shapes[0] == shapes[1]


NAMED = re.compile(r"((?:\w+, )*\w+)\"?:? \(((?:[A-Z][^)]*|classes)(?:,[^)]*)?)\)")


def shapes(text):
    """(array, axes) of every "Q, K (B, H, N, K)" and every "W": (D, D)."""
    for names, axes in NAMED.findall(text):
        yield from ((name, [axis for axis in axes.split(", ") if axis]) for name in names.split(", "))


def ways(name, axes):
    """How an array may be written: as it is, its images and tokens flattened, and each transposed."""
    for new in (axes, ["B·N", *axes[2:]]):
        yield name, new
        yield f"{name}ᵀ", [*new[:-2], *new[:-3:-1]]


@each_part
def test_the_shapes_of_the_second_are_those_of_the_file(part):
    source = template.source(template.step_of(part))
    there = [way for name, axes in shapes(source) for way in ways(name, axes)]
    known = {name for name, _ in there}
    hint = [(name, axes) for name, axes in shapes(HINTS[part][1].en) if name in known]
    assert hint
    assert [array for array in hint if array not in there] == []
