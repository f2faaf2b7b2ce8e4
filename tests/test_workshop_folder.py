"""A student's folder: what `new` writes and leaves alone, progress.json, hints, the diff, the zip that is handed in."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import vitnp
from vitnp import InputError
from vitnp.course.workshop import asking, compared, known, progress, submission, template
from vitnp.course.workshop import folder as workshop
from vitnp.course.workshop.grading import grades, submissions
from vitnp.course.workshop.hints import HINTS
from vitnp.course.workshop.outcome import Outcome
from vitnp.system.language import Text
from vitnp.system.output import width

ROOT = Path(vitnp.__file__).parents[1]
OTHERS = {"test_steps.py", "pytest.ini", ".gitignore", "README.md", "progress.json"}


class Mistake:
    """What `known.BY_KEY` has of one."""

    key, step, name = "diagonal", 5, Text("대각선만", "the diagonal alone")
    hint = Text("야코비안", "the Jacobian has more than its diagonal")


def made(tmp_path, **how):
    """A folder with one step in it, opened."""
    workshop.new(tmp_path / "my_vit", **{"lang": "en", "steps": [3]} | how)
    return workshop.Folder(tmp_path / "my_vit")


def solve(folder, step):
    """The step as its solution."""
    folder.file(step).write_text(template.whole(step, folder.lang), "utf-8")


def again(folder):
    """The folder as the next command opens it."""
    return workshop.Folder(folder.path)


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("level", template.LEVELS)
def test_a_new_folder(tmp_path, lang, level):
    path = tmp_path / "a" / "my_vit"
    names = workshop.new(path, lang=lang, level=level)
    assert {*names, "progress.json"} == set(os.listdir(path))
    assert set(os.listdir(path)) == {f"{name}.py" for name in template.STEPS.values()} | OTHERS
    for step, name in template.STEPS.items():
        assert (path / f"{name}.py").read_text("utf-8") == template.cut(step, level, lang)
    assert ("가" in (path / "README.md").read_text("utf-8")) == (lang == "ko")
    folder = workshop.Folder(path)
    assert (folder.lang, folder.level, folder.steps) == (lang, level, [*range(1, 9)])
    assert folder.progress == progress.begun(lang, level) | {"given": [*range(1, 9)]}


def test_what_is_there_stays(tmp_path):
    folder = made(tmp_path, steps=[3, 4])
    folder.file(3).write_text("mine")
    (folder.path / "README.md").write_text("mine, too")
    with pytest.raises(InputError, match=r"has s3_class_token\.py already; rename"):
        workshop.new(folder.path, steps=[3])
    folder.file(4).unlink()
    assert workshop.new(folder.path, steps=[3, 4, 5], level="easy") == ["s4_position.py", "s5_attention.py"]
    assert again(folder).progress["given"] == [3, 4, 5]
    assert folder.file(3).read_text() == "mine"
    assert (folder.path / "README.md").read_text() == "mine, too"
    assert folder.file(5).read_text("utf-8") == template.cut(5, "easy", "en")


def test_added_steps_are_in_the_folders_language(tmp_path):
    folder = made(tmp_path, lang="ko", level="hard")
    workshop.new(folder.path, steps=[5])
    assert folder.file(5).read_text("utf-8") == template.cut(5, "hard", "ko")


def test_where_a_new_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "essay.txt").write_text("")
    for name, words in {"file": "is no folder", "full": "has other files", "file/in": "cannot write"}.items():
        with pytest.raises(InputError, match=words):
            workshop.new(tmp_path / name, lang="en")
    assert os.listdir(tmp_path / "full") == ["essay.txt"]


def test_an_empty_repository_is_a_new_folder(tmp_path):
    (tmp_path / ".git").mkdir()
    assert "s3_class_token.py" in workshop.new(tmp_path, steps=[3])


@pytest.mark.parametrize(
    ("text", "steps"), [("5", [5]), ("1-8", [*range(1, 9)]), ("5-7", [5, 6, 7]), ("7, 2,5-6", [2, 5, 6, 7])]
)
def test_steps(text, steps):
    assert workshop.steps_of(text) == steps


@pytest.mark.parametrize("text", ["", "0", "9", "7-5", "1-9", "a", "5.4", "1,,2", "1-", "-3", "٥", "1-2-3"])
def test_what_is_no_list_of_steps(text):
    try:
        said = workshop.steps_of(text)
    except InputError as problem:
        said = str(problem)
    assert re.match("--steps .* is no list of steps 1 to 8; write", str(said))


def test_pytest_knows_the_steps(tmp_path):
    """`pytest -m step3` in the student's folder, a warning being an error; a step not handed out is skipped."""
    folder = made(tmp_path)

    def tested(step):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-W",
            "error",
            "--strict-markers",
            "-rs",
            "-m",
            f"step{step}",
        ]
        environ = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command, cwd=folder.path, env=environ, capture_output=True, text=True, check=False
        )

    blank = tested(3)
    assert blank.returncode == 1
    assert (
        re.search("to be written +3.1", blank.stdout)
        and "1 failed" in blank.stdout
        and "Traceback" not in blank.stdout
    )
    solve(folder, 3)
    assert "1 passed" in tested(3).stdout
    assert "step 5 was not handed out" in tested(5).stdout
    folder.file(3).unlink()
    assert "1 failed" in tested(3).stdout  # deleting it does not pass it
    assert again(folder).progress["steps"] == {}


def test_a_check_is_recorded(tmp_path):
    folder = made(tmp_path, steps=[5])
    first = {"part": "5.4", "mistake": "diagonal"}
    for outcome in (
        Outcome(5, "blank", "shapes", (), part="5.1"),
        Outcome(5, "wrong", "gradient", (), **first),
        Outcome(5, "wrong", "gradient", (), **first),
        Outcome(5, "wrong", "numbers", (), mistake="another"),
        Outcome(5, "passed", "time", ()),
    ):
        progress.record(folder.path, outcome)
    found = again(folder).progress
    of_step = found["steps"]["5"]
    assert (of_step["status"], of_step["checks"], of_step["first_mistake"]) == ("passed", 5, "diagonal")
    assert of_step["started_at"] <= of_step["passed_at"]
    assert [one["status"] for one in found["history"]] == ["blank", "wrong", "wrong", "passed"]
    assert found["history"][1] | first == found["history"][1]
    passed_at = of_step["passed_at"] = "2026-01-01T00:00:00+00:00"
    progress.write(folder.path, found)
    progress.record(folder.path, Outcome(5, "broken", "import", ()))
    found = again(folder).progress["steps"]["5"]
    assert (found["status"], found["passed_at"]) == ("broken", passed_at)


def test_the_history_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "MOST_HISTORY", 3)
    folder = made(tmp_path)
    for n in range(5):
        progress.record(folder.path, Outcome(3, "wrong", "numbers", (), part=f"3.{n}"))
    assert [one["part"] for one in again(folder).progress["history"]] == ["3.2", "3.3", "3.4"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 1}',
        '{"version": 1, "version": 1}',
        '{"version": 0, "lang": "en", "level": "easy", "student": null, "steps": {}, "history": []}',
        '{"version": 1, "lang": "fr", "level": "easy", "student": null, "steps": {}, "history": []}',
        '{"version": 1, "lang": "en", "level": "easy", "student": 1, "steps": {}, "history": []}',
        '{"version": 1, "lang": "en", "level": "easy", "student": null, "steps": {"9": {}}, "history": []}',
        '{"version": 1, "lang": "en", "level": "easy", "student": null, "steps": {"5": 1}, "history": []}',
        '{"version": 1, "lang": "en", "level": "easy", "student": null, "history": [],'
        ' "steps": {"5": {"hints": {"5.4": -1}}}}',
    ],
)
def test_a_damaged_progress_is_moved_aside(tmp_path, text):
    folder = made(tmp_path)
    for n in (1, 2):
        (folder.path / "progress.json").write_text(text)
        with pytest.raises(InputError, match=rf"damaged .*progress-damaged-{n}\.json"):
            again(folder)
        assert (folder.path / f"progress-damaged-{n}.json").read_text() == text
    assert again(folder).progress["steps"] == {}


def test_what_is_usable():
    """Each value of another kind is seen."""
    whole = progress.begun("en", "easy") | {"steps": {"5": dict(progress.STEP)}}
    assert usable(whole)
    wrong = [
        {"version": 0},
        {"lang": "fr"},
        {"level": "x"},
        {"student": 1},
        {"history": {}},
        {"history": [1]},
        {"steps": {"9": {}}},
    ]
    of_step = [{name: 1} for name in progress.TEXTS] + [{"gave_up": 1}, {"checks": True}, {"checks": -1}]
    of_step += [{"hints_used": None}, {"hints": {"5.4": -1}}]
    for changes in (*wrong, *({"steps": {"5": step}} for step in of_step)):
        assert not usable(whole | changes), changes


def usable(found):
    """Whether it is what vitnp writes."""
    try:
        progress.need_usable(found)
    except (ValueError, TypeError, AttributeError):
        return False
    return True


def test_a_newer_progress_is_left_alone(tmp_path):
    folder = made(tmp_path)
    text = json.dumps(folder.progress | {"version": 2, "more": "of it"})
    (folder.path / "progress.json").write_text(text)
    with pytest.raises(InputError, match="update"):
        again(folder)
    with pytest.raises(InputError, match="update"):
        progress.record(folder.path, Outcome(3, "passed", "time", ()))
    assert (folder.path / "progress.json").read_text() == text


def test_two_processes_lose_nothing(tmp_path):
    """`check --watch` in one terminal and `check` in another."""
    folder = made(tmp_path)
    program = (
        "import sys; from vitnp.course.workshop import progress; from vitnp.course.workshop.outcome import Outcome\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for n in range(25): progress.record(sys.argv[1], Outcome(3, 'wrong', 'numbers', (), part=str(n % 2)))"
    )
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, str(folder.path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with (
        subprocess.Popen(command, env=environ, text=True, **pipes) as one,
        subprocess.Popen(command, env=environ, text=True, **pipes) as other,
    ):
        for process in (one, other):
            assert process.stdout.readline() == "ready\n"
        for process in (one, other):
            process.stdin.write("go\n")
            process.stdin.flush()
        assert (one.wait(), other.wait()) == (0, 0)
    assert again(folder).progress["steps"]["3"]["checks"] == 50


def test_a_lock_that_is_not_given_back(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    folder = made(tmp_path)
    locked = progress.waited(folder.path)
    try:
        with pytest.raises(InputError, match=r"^another vitnp workshop is in .* at this moment"):
            progress.record(folder.path, Outcome(3, "passed", "time", ()))
    finally:
        locked.close()
    progress.record(folder.path, Outcome(3, "passed", "time", ()))


def test_no_workshop_here(tmp_path):
    with pytest.raises(InputError, match="vitnp workshop new my_vit"):
        workshop.Folder(tmp_path)
    with pytest.raises(InputError, match=r"s5_attention\.py is not in .*vitnp workshop new .* --steps 5"):
        made(tmp_path).need("5.4")


def test_hints_of_a_part_come_one_after_the_other(tmp_path):
    folder = made(tmp_path, steps=[5])
    for n, text in enumerate(HINTS["5.4"], 1):
        found = asking.hint(again(folder), "5.4")
        assert (found.heading, found.text) == (f"5.4 softmax_backward · hint {n}/3", text.en)
        assert ("--give-up" in found.after) == (n == 3)
    found = asking.hint(again(folder), "5.4")
    assert (found.heading, found.text) == ("", "") and "diff 5.4 --give-up" in found.after
    assert again(folder).progress["steps"]["5"]["hints_used"] == 3


def test_a_hint_of_a_step_is_about_its_first_blank(tmp_path):
    folder = made(tmp_path, steps=[4])
    assert asking.hint(folder, "4").text == HINTS["4.1"][0].en
    cut = template.cut(4).replace("4.1", "4.2", 1)
    folder.file(4).write_text(cut, "utf-8")
    assert asking.hint(again(folder), "4").text == HINTS["4.2"][0].en


def test_a_known_mistakes_own_hint_comes_first(tmp_path, monkeypatch):
    folder = made(tmp_path, steps=[5])
    monkeypatch.setitem(known.BY_KEY, "diagonal", Mistake)
    wrong = Outcome(5, "wrong", "gradient", (), part="5.4", mistake="diagonal")
    monkeypatch.setattr(workshop.Folder, "outcome", lambda self, step: wrong)
    found = asking.hint(folder, "5")
    assert (found.heading, found.text) == ("Known mistake: the diagonal alone", Mistake.hint.en)
    found = asking.hint(again(folder), "5")
    assert found.text == HINTS["5.4"][0].en
    assert again(folder).progress["steps"]["5"]["hints_used"] == 2


def test_no_hint_where_none_is_needed(tmp_path):
    folder = made(tmp_path)
    folder.file(3).write_text("def forward(:")
    assert "does not run yet" in asking.hint(folder, "3").after
    solve(folder, 3)
    assert asking.hint(folder, "3").after.startswith("Step 3 passes")
    assert again(folder).progress["steps"] == {}


def test_a_diff_is_for_what_passes(tmp_path):
    folder = made(tmp_path)
    with pytest.raises(InputError, match=r"step 3 does not pass yet; .*--give-up"):
        compared.diff(folder, "3")
    assert again(folder).progress["steps"] == {}
    solve(folder, 3)
    assert compared.diff(folder, "3") == ["the same as the reference: forward, backward"]
    assert again(folder).progress["steps"] == {}


def test_giving_up_is_recorded(tmp_path):
    folder = made(tmp_path, steps=[5])
    lines = compared.diff(folder, "5.4", give_up=True)
    assert lines[:2] == ["--- your code: softmax_backward", "+++ reference: softmax_backward"]
    assert "+    return A * (dA - common)" in lines
    assert not any("dense_backward" in line for line in lines)
    assert again(folder).progress["steps"]["5"]["gave_up"] is True


def test_a_diff_function_by_function():
    right = "def a(x):\n    return x\n\n\ndef b(x):\n    return x + 1\n"
    mine = 'def c(x):\n    return 0\n\n\ndef b(x):\n    """Mine."""  # adds\n    return x + 1\n'
    mine += "\n\ndef a(x):\n    return -x\n"
    lines = compared.between(mine, right, "en")
    assert [line for line in lines if line[0] in "-+" and line[:3] not in ("---", "+++")] == [
        "-    return -x",
        "+    return x",
        "-def c(x):",
        "-    return 0",
    ]
    assert lines[-1] == "the same as the reference: b"
    assert "-def c(:" in compared.between("def c(:", right, "en")
    long = compared.between("def a(x):\n    return " + "가" * 100, right, "en", only="a")
    assert [line.count("가") for line in long if "가" in line] == [34, 39, 27]
    assert all(width(line) <= 80 and line[0] == "-" for line in long if "가" in line)


def test_the_same_work_gives_the_same_zip(tmp_path):
    folder = made(tmp_path, steps=[3, 4])
    solve(folder, 3)
    folder.record(folder.outcome(3))
    progress.record_hint(folder.path, 3, "3.1")
    path, report = submission.submit(again(folder), "홍 길동/1")
    assert path.name == "my_vit-홍-길동-1.zip"
    data = path.read_bytes()
    assert submission.submit(again(folder))[0] == path and path.read_bytes() == data
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["s3_class_token.py", "s4_position.py", "progress.json", "report.json"]
        assert archive.read("s3_class_token.py") == folder.file(3).read_bytes()
        assert json.loads(archive.read("report.json")) == report
        assert json.loads(archive.read("progress.json"))["student"] == "홍 길동/1"
    assert (report["student"], report["version"]) == ("홍 길동/1", vitnp.__version__)
    three, four = report["steps"]["3"], report["steps"]["4"]
    assert (three["status"], three["points"], three["hints"], three["seconds"]) == ("passed", 8, 1, 0)
    assert (four["status"], four["points"], four["gave_up"], four["seconds"]) == ("blank", 0, False, None)
    assert len(three["sha256"]) == 64 and three["sha256"] != four["sha256"]


def test_what_a_step_imports_is_handed_in(tmp_path):
    folder = made(tmp_path)
    (folder.path / "helper.py").write_text(template.whole(3), "utf-8")
    (folder.path / "pictures.py").mkdir()
    folder.file(3).write_text("from helper import backward, forward\n")
    path, report = submission.submit(folder, "kim")
    assert report["steps"]["3"]["points"] == 8
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["s3_class_token.py", "helper.py", "progress.json", "report.json"]
    (tmp_path / "zips").mkdir()
    path.rename(tmp_path / "zips" / path.name)
    (found,) = submissions.found(tmp_path / "zips")
    assert (found.student, found.steps) == ("kim", [3])
    assert grades.grade([found], seed=1).rows[0].points(3) == 8


@pytest.mark.parametrize("name", ["", "///", "..", "a\nb", "\x1b[2J"])
def test_whose_work_it_is(tmp_path, name):
    folder = made(tmp_path)
    with pytest.raises(InputError, match="name"):
        submission.submit(folder, name)
    assert not list(folder.path.glob("*.zip"))


def test_points_by_the_stage():
    assert submission.points(Outcome(5, "passed", "time", ())) == 8
    assert submission.points(Outcome(5, "wrong", "gradient", (), passed=("import", "shapes", "numbers"))) == 3
    assert submission.points(Outcome(5, "wrong", "numbers", (), passed=("import", "shapes"))) == 0
