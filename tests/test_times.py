"""What the notebooks and the lecturer's pages say of minutes is what the stated model gives."""

import re

import pytest
from test_plans import times

from vitnp.system.language import LANGUAGES, Text

SOURCES = times.sources()
PER_STEP = 5  # minutes: what is stated is rounded to 5, and an edited text may move it by one step


@pytest.mark.parametrize("number", SOURCES)
def test_the_opening_of_a_notebook_states_its_times(number):
    stated = {lang: times.stated(SOURCES[number], lang) for lang in LANGUAGES}
    assert stated["ko"] == stated["en"] is not None
    for said, found in zip(stated["en"], times.of(SOURCES[number]), strict=True):
        assert abs(said - found) <= PER_STEP


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_lecturers_table_is_the_models(lang):
    page = times.PAGES[lang].read_text("utf-8")
    table = page.split("<!-- times -->")[1].split("<!-- end -->")[0]
    rows = re.findall(r"^\| (\d\d) \| (\d+) \| (\d+) \|$", table, re.MULTILINE)
    assert [row[0] for row in rows] == list(SOURCES)
    for number, *said in rows:
        assert times.stated(SOURCES[number], lang) in (None, tuple(map(int, said)))
        for minutes, found in zip(map(int, said), times.of(SOURCES[number]), strict=True):
            assert abs(minutes - found) <= PER_STEP


def test_the_model_counts_what_it_says(tmp_path):
    """700 Korean characters, three cells (a setup is not shown), a ★★ exercise, a question: by hand."""
    source = tmp_path / "05_small.py"
    source.write_text(
        '# %% [markdown] lang="en"\n# # Title\n'
        f'# %% [markdown] lang="ko"\n# # {"가" * 700}\n'
        '# %% tags=["setup"]\nimport numpy\n# %%\n1\n# %%\n2\n# %%\n3\n'
        '# %% [markdown] lang="en"\n# ## Exercises\n# **1.** ★★ Why?\n'
        '# %% [markdown] lang="ko"\n# ## 연습 문제\n# **1.** ★★ 왜?\n'
        '# %% tags=["solution"]\nanswer = 1\n',
        encoding="utf-8",
    )
    # 700/350 + 3·20 s + 1 minute to run = 4 → 5; with 4 + 3 minutes more, 11 and a bit → 15
    assert times.of(source) == (5, 15)
    assert times.row([]) == 0


def test_a_picture_of_a_link_is_read_without_its_address():
    assert times.reading("see [the solutions](a/very/long/address.ipynb)", "en") == 3 / times.WORDS


def test_a_row_is_the_longer_language():
    shown = [("05", Text("왜 √d_k로 나눌까?", "Why divide by √d_k?"))]
    each = [
        times.minutes(next(c for h, c in times.places(SOURCES["05"], lang).items() if text in h), lang)
        for lang, text in (("ko", "왜 √d_k로 나눌까?"), ("en", "Why divide by √d_k?"))
    ]
    assert times.row(shown) == max(each) > 0


@pytest.mark.parametrize("number", SOURCES)
def test_every_notebook_has_the_exercises_that_the_lab_says(number):
    """Three and a question in words; five in 19 to 21, four in 22; the eight cases of 14."""
    found = list(times.cells(SOURCES[number]))
    exercises = [cell for cell in found if "exercise" in cell.tags]
    assert len(exercises) == {"14": 8, "19": 5, "20": 5, "21": 5, "22": 4}.get(number, 3)
    answers = [cell for cell in found if cell.markdown and "solution" in cell.tags]
    assert sorted(cell.lang for cell in answers) == ["en", "ko"]
