"""The tables of the paper agree with one another, and what the slides say of them is checked with their numbers."""

import math
import re
from pathlib import Path

import pytest
from scipy import stats

from vitnp import InputError, preset
from vitnp.course import paper
from vitnp.course.paper import claims, compared, sota, tables
from vitnp.course.paper.pretraining import TABLE_5, TABLE_5_MODELS
from vitnp.course.paper.values import Difference, Result, sampling_error
from vitnp.course.paper.vtab import TABLE_9, TABLE_9_MODELS
from vitnp.training.recipes.table import FINE_TUNED, FINE_TUNING

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {"en": DOCS / "paper.md", "ko": DOCS / "ko" / "paper.md"}
LANGUAGES = tuple(PAGES)


def test_the_sums_of_table_2():
    """Typed once more from the slide: every column's sum, and the sum of its deviations."""
    columns = [[cell for cell in column if cell] for column in zip(*paper.TABLE_2.values(), strict=True)]
    sums = [
        (round(sum(c.mean for c in column), 2), round(sum(c.deviation or 0 for c in column), 2))
        for column in columns
    ]
    assert sums == [(648.19, 0.47), (644.96, 0.71), (633.32, 0.53), (643.5, 2.12), (178.95, 0)]
    assert paper.CORE_DAYS == (2500, 680, 230, 9900, 12300)
    assert {len(row) for row in paper.TABLE_2.values()} == {len(paper.COLUMNS)}


def test_vtab_is_the_mean_of_the_tasks():
    """Of all three ViTs: Table 9 has one decimal, Table 2 two."""
    columns = zip(*(values for tasks in TABLE_9.values() for values in tasks.values()), strict=True)
    for model, column in zip(TABLE_9_MODELS, columns, strict=True):
        said = paper.TABLE_2["VTAB (19 tasks)"][compared.place(model)].mean
        assert len(column) == 19 and abs(sum(column) / 19 - said) < 0.011


def test_table_5_is_that_of_the_recipes():
    """`training.recipes` has some of these numbers as the accuracy to expect."""
    rows = {(row.name, row.epochs): row.imagenet for row in paper.TABLE_6}
    for (model, pretrained, epochs), accuracy in FINE_TUNED.items():
        if pretrained == "JFT-300M":
            assert accuracy == rows[model.removeprefix("ViT-").replace("+ViT-", "+"), epochs]
        else:
            assert accuracy == TABLE_5[pretrained]["ImageNet"][TABLE_5_MODELS.index(model)]
    for name, *_, said in FINE_TUNING[:-1]:
        values = TABLE_5["ImageNet-21k"][name]
        assert said.startswith(f"{values[0]:.2f}% with B/16, {values[2]:.2f}% with L/16")
    assert FINE_TUNING[-1][-1].startswith(str(paper.TABLE_2["VTAB (19 tasks)"][2].mean))


def test_a_difference_in_standard_errors():
    """By hand: 1 point, two deviations of 0.3 over three runs."""
    row = Difference("a", Result(90.0, 0.3), Result(89.0, 0.3))
    assert row.points == 1 and row.error == pytest.approx(0.3 * math.sqrt(2 / 3))
    assert row.errors == pytest.approx(1 / (0.3 * math.sqrt(2 / 3)))
    assert Result(50.0, 0.2, 4).error == pytest.approx(0.1)
    without = Difference("a", Result(90.0), Result(89.0, 0.3))
    assert (without.error, without.errors) == (None, None)
    assert sampling_error(90.0, 900) == pytest.approx(1.0)


def test_what_is_called_shown():
    """95% of Student's t: two means of three runs have 4 degrees of freedom."""
    assert pytest.approx(stats.t.ppf(0.975, 4), abs=0.005) == compared.SHOWN


def test_h14_exceeds_bit_in_every_row():
    """Four margins of the seven are no more than 2.8 standard errors, or have none."""
    rows = compared.compared(claims.H14, claims.BIT_L)
    assert len(rows) == 7 and compared.exceeding(claims.H14, claims.BIT_L) == rows
    shown = compared.exceeding(claims.H14, claims.BIT_L, errors=compared.SHOWN)
    assert [row.row for row in shown] == ["ImageNet", "CIFAR-100", "Oxford-IIIT Pets"]
    assert rows[0].points == 1.01 and rows[0].errors == pytest.approx(
        1.01 / math.sqrt((0.04**2 + 0.02**2) / 3)
    )


def test_l16_does_not_exceed_bit_in_every_row():
    rows = {row.row: row for row in compared.compared(claims.L16, claims.BIT_L)}
    higher = {row.row for row in compared.exceeding(claims.L16, claims.BIT_L)}
    assert rows.keys() - higher == {"ImageNet ReaL", "VTAB (19 tasks)"}
    assert rows["ImageNet ReaL"].points == 0 and rows["VTAB (19 tasks)"].points == -0.01
    assert rows["CIFAR-10"].errors < 2 < rows["ImageNet"].errors


def test_the_share_of_compute():
    """A quarter of BiT-L's core-days, a third of its operations as they are counted here."""
    assert round(1 / compared.share_of_core_days(claims.H14, claims.BIT_L), 2) == 3.96
    assert round(1 / compared.share_of_core_days(claims.L16, claims.BIT_L), 1) == 14.6
    assert 12_600 < claims.bit_exaflops() < 12_900
    assert (
        "25% of BiT-L's" in claims.less_compute().numbers.en
        and "33% and 12%" in claims.less_compute().numbers.en
    )


def test_a_model_that_is_no_column():
    with pytest.raises(InputError, match="did you mean ViT-H/14"):
        compared.compared("ViT-H14 (JFT)", claims.BIT_L)


def test_the_verdicts():
    found = [claim.check().verdict.en for claim in claims.CLAIMS]
    assert found == [
        "true",
        "partly true",
        "partly true",
        "true",
        "true",
        "cannot be checked",
        "partly true",
        "partly true",
        "partly true",
    ]


def test_a_verdict_follows_the_numbers(monkeypatch):
    """Where L/16 were higher in all rows, the claim would hold; where it were slower than BiT-L, it would not."""
    better = {name: (row[0], row[0], *row[2:]) for name, row in sota.TABLE_2.items()}
    monkeypatch.setattr(compared, "TABLE_2", better)
    monkeypatch.setattr(compared, "CORE_DAYS", (2_500, 10_000, 230, 9_900, 12_300))
    assert claims.exceeds(claims.L16, claims.BIT_L).verdict == claims.TRUE
    assert claims.less_compute().verdict == claims.FALSE
    assert claims.exceeds(claims.L16, claims.H14).verdict == claims.FALSE


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", tables.TABLES)
def test_a_table_has_equal_rows_and_one_language(name, lang):
    table = tables.TABLES[name](lang)
    assert {len(row) for row in table.rows} == {len(table.header)}
    words = " ".join([table.title, *table.header, *table.notes])
    assert bool(re.search("[가-힣]", words)) == (lang == "ko")


def test_noisy_student_of_table_2():
    """88.4 is that paper's own value at 800 pixels, 88.5 another paper's with its weights."""
    best = max(paper.NOISY_STUDENT, key=lambda student: student.noisy_student)
    assert (best.name, best.pixels) == ("L2", 800)
    assert best.noisy_student == paper.TABLE_2["ImageNet"][-1].mean
    assert tables.table_2("en").rows[0][-1] == "88.4/88.5"
    for student in paper.NOISY_STUDENT[:-2]:
        assert preset(f"EfficientNet-{student.name}").image_size == (student.pixels, student.pixels)
        assert student.labels_only < student.noisy_student
    assert {tables.parameters(student) for student in paper.NOISY_STUDENT[-2:]} == {480_309_308}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_for_lecturers_has_the_claims(lang):
    """As `vitnp paper --table claims --format md` prints them."""
    page = PAGES[lang].read_text("utf-8")
    for row in tables.texts(tables.claims_table(lang)):
        assert f"| {' | '.join(row)} |" in page
