"""The lesson plans: whole, in both languages, with places that are there and minutes that suffice."""

import importlib.util
import re
from pathlib import Path

import pytest

from vitnp.course import deck, paper, plans
from vitnp.course.plans import __main__ as written
from vitnp.course.plans import page, tables
from vitnp.errors import InputError
from vitnp.system.language import LANGUAGES

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("times", ROOT / "notebooks/times.py")
times = importlib.util.module_from_spec(spec)
spec.loader.exec_module(times)

PLANS = [plans.load(name) for name in plans.names()]
LECTURES = [plan for plan in PLANS if plan.name != "lab"]
each_plan = pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
each_lecture = pytest.mark.parametrize("plan", LECTURES, ids=lambda plan: plan.name)


def gaps(plan):
    """(row, its minutes): until the next row of its part, or the part's end."""
    parts = max(row.part for row in plan.rows)
    for part in range(1, parts + 1):
        rows = [row for row in plan.rows if row.part == part]
        ends = [*(row.minute for row in rows[1:]), plan.minutes // parts]
        yield from ((row, end - row.minute) for row, end in zip(rows, ends, strict=True))


def texts(value):
    """All `Text`s of a plan."""
    if hasattr(value, "in_"):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from texts(part)


@each_plan
def test_a_plan_is_in_both_languages(plan):
    """Korean has Hangul unless it is a name or a number; English has none."""
    for text in texts(plan):
        assert bool(text.ko) == bool(text.en)
        assert not re.search("[가-힣]", text.en), text.en
    said = [row.say.ko for row in plan.rows if row.say.ko]
    assert all(re.search("[가-힣]", ko) for ko in said)


@each_lecture
def test_every_row_has_all_that_a_lecturer_needs(plan):
    for row in plan.rows:
        assert all((row.say.en, row.question, row.answer, row.wrong, row.wrong_why)), row.slide
        assert row.picture or row.table, row.slide
        assert row.wrong.en != row.answer.en and row.wrong.ko != row.answer.ko


@each_plan
def test_the_minutes_go_up_and_fit(plan):
    assert all(minutes > 0 for row, minutes in gaps(plan) if row.slide.en != "end")
    assert plan.rows[0].minute == 0


@each_plan
def test_pictures_headings_and_tables_are_there(plan):
    for row in plan.rows:
        assert row.picture is None or (ROOT / f"docs/pictures/{row.picture}.png").exists(), row.picture
        assert row.table is None or row.table in tables.CAPTIONS
        for place in row.show:
            source = times.sources()[place.notebook]
            for lang in LANGUAGES:
                wanted = place.heading.in_(lang)
                assert any(wanted in heading for heading in times.places(source, lang)), (source.name, wanted)


@each_lecture
def test_a_row_leaves_time_for_its_cells(plan):
    """By the stated model; the 20 minutes show results alone, and say so."""
    for row, minutes in gaps(plan):
        shown = [(place.notebook, place.heading) for place in row.show]
        if plan.name != "20min" and shown:
            assert times.row(shown) <= minutes, (plan.name, row.minute, row.slide.en)


def test_the_lab_leaves_time_for_its_exercises():
    """The tour is shown; of the bug hunt two cases of eight are done, and 11 follows the training."""
    (lab,) = (plan for plan in PLANS if plan.name == "lab")
    for row, minutes in gaps(lab):
        for place in row.show:
            found = times.of(times.sources()[place.notebook])
            if place.notebook in ("01", "02", "05", "06", "08"):
                assert minutes >= found.with_exercises, place
            elif place.notebook == "00":
                assert minutes >= found.demo


def test_two_lectures_cover_every_slide_of_deck_003():
    slides = " · ".join(row.slide.ko for row in plans.load("2x75min").rows)
    steps = {f"{row.step}단계" for row in deck.ROWS if row.step not in (None, 6)}  # 6 is Norm and +
    others = [
        "Introduction",
        "Norm",
        "하이퍼파라미터",
        "확장성",
        "Natural",
        "데이터의 크기",
        "Hybrid",
        "Figure 6",
    ]
    for word in (*steps, *others, "L:", "Center:", "R:", "Conclusion", "Inductive bias"):
        assert word in slides, word


def test_a_row_of_another_plan_is_taken_over_and_changed():
    first, other = plans.load("20min").rows[1], plans.load("90min").rows[1]
    assert first.say == other.say and first.question == other.question
    assert (first.minute, first.show) != (other.minute, other.show)


def test_an_unknown_plan_is_one_line():
    with pytest.raises(InputError, match="choose 20min or 90min"):
        plans.load("80min")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_are_what_the_plans_give(lang):
    """`python -m vitnp.course.plans` writes them."""
    lecturer = page.PAGES[lang].read_text("utf-8")
    assert page.filled(lecturer, lang) == lecturer
    assert re.findall(r"<!-- plan (\w+) -->", lecturer) == list(plans.names())
    assert page.NOTES[lang].read_text("utf-8") == page.all_notes(lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_notes_are_printed(lang, capsys):
    written.main(["90min", "--lang", lang])
    printed = capsys.readouterr().out
    for row in plans.load("90min").rows:
        for text in (row.say, row.question, row.answer, row.wrong, row.wrong_why):
            assert text.in_(lang) in printed


def test_the_numbers_of_the_paper_agree_among_themselves():
    """VTAB's mean is that of Table 2, Figure 3's JFT numbers those of Table 6 where the epochs agree."""
    tasks = [accuracy for group in paper.VTAB.values() for accuracy in group.values()]
    assert len(tasks) == 19
    assert f"{sum(tasks) / 19:.2f}" == f"{paper.TABLE_2['VTAB (19 tasks)'][0].mean:.2f}"
    by_name = {(row.name, row.epochs): row.imagenet for row in paper.TABLE_6}
    assert by_name["L/16", 14] == paper.FIGURE_3["ViT-L/16"][2]
    assert by_name["B/16", 7] == paper.FIGURE_3["ViT-B/16"][2]
    assert {len(values) for values in paper.TABLE_2.values()} == {len(paper.TABLE_2_MODELS)}
