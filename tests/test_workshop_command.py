"""`vitnp workshop …` as it is typed: what it prints in both languages, its exit status, and watching files."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import run

import vitnp
from vitnp import InputError
from vitnp.commands import workshop
from vitnp.commands.workshop import check, grade, opened
from vitnp.course.workshop import known, template
from vitnp.course.workshop.folder import Folder, new
from vitnp.course.workshop.grading import grades, sandbox
from vitnp.course.workshop.outcome import Outcome, paragraph
from vitnp.system.language import Text
from vitnp.system.output import width

STEP3, STEP4 = "s3_class_token.py", "s4_position.py"
both_languages = pytest.mark.parametrize("lang", ["ko", "en"])


@pytest.fixture
def typed(capsys, tmp_path, monkeypatch):
    """Types `vitnp workshop …` in an empty folder: (exit status, standard output); an error is in the output."""
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        status, out, err = run(capsys, "workshop", *words)
        lines = [*out.splitlines(), *err.splitlines()[1:]]
        assert max(map(width, lines), default=0) <= 80
        return status, out + err

    return typed


def solve(*steps, folder="my_vit", lang="en"):
    """The steps as their solutions."""
    for step in steps:
        Path(folder, f"{template.STEPS[step]}.py").write_text(template.whole(step, lang), "utf-8")


def korean(text):
    """Whether a text has Korean in it."""
    return re.search("[가-힣]", text) is not None


@both_languages
def test_the_whole_way(typed, lang):
    """new → blanks named → a hint → wrong → right → diff → submit → grade, in one language."""
    status, said = typed("new", "my_vit", "--lang", lang, "--steps", "3-4")
    assert status == 0 and STEP3 in said and korean(said) == (lang == "ko")
    status, said = typed("check", "--folder", "my_vit")
    assert (
        status == 1
        and "3.1" in said
        and "4.1" in said
        and ("0/2단계" if lang == "ko" else "0 of 2 steps") in said
    )
    os.chdir("my_vit")
    status, said = typed("hint", "3")
    assert status == 0 and said.startswith("3.1 forward") and korean(said) == (lang == "ko")
    assert typed("diff", "3")[0] == 2
    solve(3, folder=".", lang=lang)
    status, said = typed("check", "3")
    assert status == 0 and "✗" not in said and "\033" not in said
    assert typed("check")[0] == 1
    status, said = typed("diff", "3")
    assert status == 0 and "forward, backward" in said and korean(said) == (lang == "ko")
    status, said = typed("submit", "--name", "kim")
    assert status == 0 and "my_vit-kim.zip" in said and ("8/16" in said or "8 of 16" in said)
    assert "report.json" in said and ("hint" in said or "힌트" in said)
    os.chdir("..")
    Path("all").mkdir()
    Path("my_vit/my_vit-kim.zip").rename("all/kim.zip")
    status, said = typed("grade", "all", "--lang", lang, "--seed", "7")
    assert status == 0 and re.search(r"kim\.zip +8/16 +8 +0", said) and "--seed 7" in said
    assert korean(said) == (lang == "ko")
    assert "kim.zip,kim,8,16,8,0,1,," in Path("grades.csv").read_text("utf-8-sig")
    assert typed("grade", "all")[0] == 2
    assert typed("grade", "all", "--overwrite", "--steps", "3")[0] == 0


@both_languages
def test_a_zip_without_a_name(typed, lang):
    typed("new", "my_vit", "--lang", lang, "--steps", "3")
    status, said = typed("submit", "--folder", "my_vit")
    assert status == 0 and "my_vit/my_vit.zip" in said
    assert ("이름이 없습니다" if lang == "ko" else "There is no name in it") in said
    status, said = typed("grade", "my_vit", "--lang", lang, "--csv")
    assert status == 0 and "my_vit.zip,,0,8" in Path("grades.csv").read_text("utf-8-sig")


def test_one_step_or_a_part(typed):
    typed("new", "my_vit", "--lang", "en", "--steps", "3,5")
    status, said = typed("check", "5.4", "--folder", "my_vit")
    assert status == 1 and "s5_attention.py" in said and "s3_class" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new", "my_vit", "--steps", "3"), "already"),
        (("new", "other", "--steps", "9"), '--steps "9" is no list of steps'),
        (("new", "."), "has other files"),
        (("check", "9", "--folder", "my_vit"), "no step or part 9"),
        (("check", "5", "--folder", "my_vit"), "vitnp workshop new my_vit --steps 5"),
        (("check",), "--folder DIR"),
        (("hint", "3.9", "--folder", "my_vit"), "no step or part 3.9"),
        (("diff", "3", "--folder", "my_vit"), "--give-up"),
        (("grade", "missing"), "is no folder"),
        (("grade", "empty"), "no zip and no step file"),
        (("grade", "my_vit", "--csv", "my_vit/README.md"), "--overwrite"),
        (("grade", "my_vit", "--csv", "missing/a.csv"), "a folder that is not there"),
        (("grade", "my_vit", "--seconds", "0"), "--seconds"),
        (("grade", "my_vit", "--memory", "1"), "--memory"),
        (("grade", "my_vit", "--workers", "0"), "--workers"),
        (("grade", "my_vit", "--seed", "-1"), "--seed"),
        (("grade", "my_vit", "--steps", "0"), "--steps"),
        (("grade", ".", "--gradescope"), "one submission at a time"),
        (("nothing",), "invalid choice"),
    ],
)
def test_bad_input_is_one_line(typed, monkeypatch, words, said):
    monkeypatch.setenv("LC_ALL", "C")
    typed("new", "my_vit", "--steps", "3")
    typed("new", "second", "--steps", "3")
    os.mkdir("empty")
    status, line = typed(*words)
    assert (status, line.count("\n")) == (2, 1) and said in line


def test_the_advice_about_a_missing_step_works(typed):
    typed("new", "my_vit", "--lang", "en", "--steps", "3")
    assert typed("new", "my_vit", "--steps", "5", "--level", "easy")[0] == 0
    assert "NotImplementedError" in Path("my_vit/s5_attention.py").read_text("utf-8")
    assert typed("diff", "3", "--give-up", "--folder", "my_vit")[0] == 0


def test_gradescope(typed):
    typed("new", "my_vit", "--lang", "en", "--steps", "3")
    solve(3)
    status, said = typed("grade", "my_vit", "--gradescope", "--lang", "en")
    assert status == 0 and '"score": 8' in Path("results.json").read_text("utf-8") and "results.json" in said
    assert not Path("grades.csv").exists()


def test_a_defect_of_ours_is_said(typed, monkeypatch):
    typed("new", "my_vit", "--lang", "en", "--steps", "3")
    broken = {3: sandbox.Result(3, "broken", defect="Traceback …\nValueError: ours")}
    monkeypatch.setattr(sandbox, "checked", lambda *given: broken)
    status, said = typed("grade", "my_vit", "--lang", "en")
    assert status == 1 and "vitnp itself failed on my_vit, step 3" in said and "ValueError: ours" in said


def test_colors_are_for_a_person(monkeypatch, capsys):
    lines = ["  ✓ import", "  ✗ numbers 1 ✓", "  ! time", "wait!", "a\tb\x1b[2J"]
    opened.show(lines)
    assert capsys.readouterr().out == "  ✓ import\n  ✗ numbers 1 ✓\n  ! time\nwait!\na       b\ufffd[2J\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    opened.show(lines)
    assert capsys.readouterr().out == (
        "  \033[32m✓\033[0m import\n  \033[31m✗\033[0m numbers 1 \033[32m✓\033[0m\n  \033[33m!\033[0m time\nwait!\n"
        "a       b\ufffd[2J\n"
    )


@pytest.mark.parametrize(("encoding", "marks"), [("utf-8", "✓✗"), ("cp949", "OX"), ("ascii", "OX")])
def test_right_and_wrong_differ_in_every_encoding(monkeypatch, encoding, marks):
    """Of a pipe on a Korean Windows, too, which knows no ✓."""
    written = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    monkeypatch.setattr(sys, "stdout", written)
    opened.show(["  ✓ import", "  ✗ numbers"])
    written.flush()
    said = written.buffer.getvalue().decode(encoding)
    assert said.split() == [marks[0], "import", marks[1], "numbers"]


def test_a_command_is_not_broken_across_lines():
    for n in range(60):
        text = f"{'x' * n} is recorded: vitnp workshop diff 1.1 --give-up"
        assert "vitnp workshop diff 1.1 --give-up" in "\n".join(paragraph(text)), n


def test_a_step_that_passes_says_so_and_what_comes_next(typed):
    typed("new", "my_vit", "--lang", "en", "--steps", "3-4")
    solve(3)
    status, said = typed("check", "3", "--folder", "my_vit")
    assert status == 0 and "The step passes" in said
    assert typed(*re.search("vitnp workshop (diff 3)", said)[1].split(), "--folder", "my_vit")[0] == 0
    assert "The step passes" not in typed("check", "4", "--folder", "my_vit")[1]


def test_a_part_that_is_not_there_is_said_in_the_folders_language(typed):
    typed("new", "my_vit", "--lang", "ko", "--steps", "3")
    for words in (("hint", "3.9"), ("check", "9")):
        status, said = typed(*words, "--folder", "my_vit")
        assert status == 2 and "5.3과 같은 부분을 쓰세요" in said


def test_watching_checks_what_was_saved(typed, monkeypatch, capsys):
    """Half a file, no file, then a right one; a step that was not saved is not checked again."""
    typed("new", "my_vit", "--lang", "en", "--steps", "3-4")
    path = Path("my_vit", STEP3)
    saves = iter(
        [lambda: None, lambda: path.write_text("def forward("), path.unlink, lambda: solve(3), lambda: None]
    )
    monkeypatch.setattr(check.time, "sleep", lambda seconds: next(saves)())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    folder = Folder("my_vit")
    check.watch(folder, folder.steps, looks=5)
    rounds = capsys.readouterr().out.split(check.CLEAR)[1:]
    assert [re.findall(r"s\d_\w+\.py", said.partition("(")[0])[:1] for said in rounds] == [[STEP3]] * 3
    assert [STEP4 in said for said in rounds] == [True, False, False]
    assert "syntax error" in rounds[1] and "✗" not in rounds[2]
    assert all(re.match(r"\d\d:\d\d:\d\d  checked again at every save", said) for said in rounds)
    assert Folder("my_vit").progress["steps"]["3"]["checks"] == 3
    assert Folder("my_vit").progress["steps"]["4"]["checks"] == 1


def test_watching_ends_where_the_folder_is_gone(tmp_path):
    """It does not wait for ever for a save that cannot come."""
    new(tmp_path / "v", lang="en", steps=[3])
    watched = Folder(tmp_path / "v")
    check.watch(watched, [3], looks=1)
    (tmp_path / "v").rename(tmp_path / "moved")
    with pytest.raises(InputError, match="v is not there any more; if it was moved, give --folder"):
        check.watch(watched, [3], looks=1)


def test_watching_ends_by_ctrl_c(typed):
    typed("new", "my_vit", "--lang", "en", "--steps", "3")
    command = [sys.executable, "-m", "vitnp", "workshop", "check", "3", "--watch", "--folder", "my_vit"]
    environ = os.environ | {"PYTHONPATH": str(Path(vitnp.__file__).parents[1])}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environ, text=True, encoding="utf-8", **pipes) as process:
        while "3.1" not in process.stdout.readline():
            pass
        time.sleep(0.1)  # whether it checks still, or waits: it ends
        process.send_signal(signal.SIGINT)
        _, error = process.communicate()
    assert (process.returncode, error) == (130, "")


class Mistake:
    """What `known.BY_KEY` has of one, with a long name."""

    step, name = (
        5,
        Text("어텐션 스코어를 √d_k로 나누는 것을 역전파에서 빠뜨림" * 2, "√d_k forgotten in backward, " * 4),
    )


@both_languages
def test_the_screen_of_grades(monkeypatch, lang):
    """80 columns, whatever the names; the same columns in every line."""
    monkeypatch.setitem(known.BY_KEY, "scale", Mistake)
    rows = []
    for n, name in enumerate(("kim.zip", "홍길동_" * 20 + ".zip", "b")):
        submission = grades.submissions.Submission(
            name, {}, Text("단계 파일이 없음", "no step file in it") if n else None
        )
        results = {} if n else {step: sandbox.Result(step, "wrong", mistake="scale") for step in range(1, 9)}
        rows.append(grades.Row(submission, results, {}, []))
    done = grades.Grades(rows, [*range(1, 9)], 7, lang)
    lines = grade.screen(done)
    assert max(map(width, lines)) <= 80 and len(lines) == 4 and "…" in lines[1] and "…" in lines[2]
    assert len({width(line[: line.index("/64")]) for line in lines[1:]}) == 1
    found = grade.counted(done)
    assert max(map(width, found)) <= 80
    assert found[1].split(":")[0].strip() == ("3명 중 1명" if lang == "ko" else "1 of 3")
    assert grade.counted(done._replace(rows=rows[1:])) == [grade.NONE.in_(lang)]


@both_languages
@pytest.mark.parametrize("name", workshop.SUBCOMMANDS)
def test_every_subcommand_has_help(typed, capsys, lang, name):
    with pytest.raises(SystemExit):
        typed(name, "--help")
    assert "usage: vitnp workshop" in capsys.readouterr().out


def test_an_outcome_that_passes_is_status_0(typed, monkeypatch):
    """The status is of the steps that were asked for, all of them."""
    typed("new", "my_vit", "--lang", "en", "--steps", "3-4")
    outcomes = {3: Outcome(3, "passed", "time", ("fine",)), 4: Outcome(4, "wrong", "numbers", ("not",))}
    monkeypatch.setattr(Folder, "outcome", lambda self, step: outcomes[step])
    assert [typed("check", *step, "--folder", "my_vit")[0] for step in (("3",), ("4",), ())] == [0, 1, 1]
