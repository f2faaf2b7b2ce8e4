"""The pages of the workshop, the student's README and the teacher's page: the same in both languages, and complete."""

import re
from pathlib import Path

import pytest
import yaml

from vitnp.course.workshop import known, template

ROOT = Path(__file__).parents[1]
README = ROOT / "vitnp" / "course" / "workshop" / "readme"
PAGES = {
    "student": (README / "en.md", README / "ko.md"),
    "teacher": (ROOT / "docs/workshop.md", ROOT / "docs/ko/workshop.md"),
}
OF_STUDENT = {"check", "hint", "diff", "train", "walk", "submit"}
each_page = pytest.mark.parametrize("page", PAGES)


def both(page):
    return [path.read_text("utf-8") for path in PAGES[page]]


def prose(text):
    """Without its blocks: a screen is in the language of its page."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def commands(text):
    """The subcommands and options of every `vitnp workshop …`."""
    return [
        re.sub(r" --lang \w+", "", command)
        for command in re.findall(r"vitnp workshop ([^\n`#]+)", prose(text))
    ]


@each_page
def test_both_languages_have_the_same_structure(page):
    en, ko = map(prose, both(page))
    for pattern in (
        r"^(?:#+ |- |\d\. |<!-- .*)",
        r"^\| ?(?:`[^`]*`|[\d:]+|[A-Z])? ?\|",
        r"\]\([^#)]*(#?)",  # the anchors themselves are in the page's language
    ):
        assert re.findall(pattern, en, re.MULTILINE) == re.findall(pattern, ko, re.MULTILINE), pattern
    assert re.findall(r"`[^`]*\.(?:py|json|csv|yml)`", en) == re.findall(r"`[^`]*\.(?:py|json|csv|yml)`", ko)
    assert len(re.findall("[가-힣]", ko)) > 1000 and len(re.findall("[가-힣]", en)) < 5


@each_page
def test_both_languages_print_the_same_commands(page):
    en, ko = map(commands, both(page))
    assert sorted(en) == sorted(ko)
    assert {command.split()[0] for command in en} == OF_STUDENT | (
        {"new", "grade"} if page == "teacher" else set()
    )


@pytest.mark.parametrize("text", both("student"), ids=("en", "ko"))
def test_the_student_finds_every_file_and_letter(text):
    assert re.findall(r"^\| `(s\d_\w+)\.py` \|", text, re.MULTILINE) == list(template.STEPS.values())
    assert "".join(re.findall(r"^\| ([A-Z]) \|", text, re.MULTILINE)) == "BNDHKMPC"
    assert max(map(len, text.splitlines())) <= 150


@pytest.mark.parametrize("text", both("student"), ids=("en", "ko"))
def test_the_minutes_of_the_steps_fit_the_time(text):
    """Of two lectures of 75 minutes: steps 1, 2, 3, 4, 8 in the first, 5 and half of 7 in the second."""
    minutes = dict(enumerate(map(int, re.findall(r"^\| `s\d.*\| (\d+) \|$", text, re.MULTILINE)), 1))
    assert list(minutes) == list(template.STEPS)
    assert sum(minutes[step] for step in (1, 2, 3, 4, 8)) <= 75
    assert minutes[5] + minutes[7] / 2 <= 75


@pytest.mark.parametrize("text", both("teacher"), ids=("en", "ko"))
def test_the_workflow_runs_every_step(text):
    workflow = yaml.safe_load(re.search(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1])
    (job,) = workflow["jobs"].values()
    graders = {step["id"]: step["with"] for step in job["steps"] if "id" in step}
    assert list(graders) == [f"step{step}" for step in template.STEPS]
    for name, grader in graders.items():
        assert grader["command"] == f"pytest -m {name}"
        assert grader["max-score"] == 8
    reporter = job["steps"][-1]
    assert reporter["with"]["runners"].split(",") == list(graders)
    assert reporter["env"] == {
        f"{name.upper()}_RESULTS": f"${{{{steps.{name}.outputs.result}}}}" for name in graders
    }


@pytest.mark.parametrize("text", both("teacher"), ids=("en", "ko"))
def test_the_rows_of_a_plan_are_in_order_and_fit(text):
    plans = re.findall(r"(?:^\| [\d:]+ \|.*\n)+", text, re.MULTILINE)
    assert len(plans) == 3
    for plan, end in zip(plans, (75, 75, 270), strict=True):
        times = [
            re.findall(r"\d+", row)[:2] if row.split()[1].count(":") else ["0", row.split()[1]]
            for row in plan.splitlines()
        ]
        minutes = [60 * int(hours) + int(minute) for hours, minute in times]
        assert minutes == sorted(set(minutes)) and minutes[0] == 0 and minutes[-1] <= end


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_names_of_wrong_answers_are_the_checks(lang):
    rows = re.findall(r"^\| [\d:]+ \|.*$", both("teacher")[("en", "ko").index(lang)], re.MULTILINE)
    names = re.findall(r"\*\*(.*?)\*\*", "\n".join(rows))
    assert len(names) >= 20
    assert set(names) <= {getattr(mistake.name, lang) for mistake in known.MISTAKES}


def test_the_readme_says_how_many_mistakes_are_known():
    assert f"of {len(known.MISTAKES)} known mistakes" in (ROOT / "README.md").read_text("utf-8").replace(
        "\n", " "
    )
