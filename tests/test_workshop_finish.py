"""`vitnp workshop train` and `walk`: the end of the way, as it is typed."""

import re

import pytest

from vitnp.commands.cli import main
from vitnp.commands.workshop import train, walk
from vitnp.course.workshop import folder as workshop
from vitnp.course.workshop import student, template
from vitnp.course.workshop.folder import Folder
from vitnp.system.output import width


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with every step solved, in it."""
    workshop.new(tmp_path / "my_vit", lang="en")
    found = Folder(tmp_path / "my_vit")
    for step in template.STEPS:
        found.file(step).write_text(template.whole(step), "utf-8")
    monkeypatch.chdir(found.path)
    return found


def edit(folder, step, old, new):
    """Change a line of a step."""
    code = folder.file(step).read_text("utf-8")
    assert old in code
    folder.file(step).write_text(code.replace(old, new), "utf-8")


def in_korean(folder):
    """The same folder, in Korean from here on."""
    text = (folder.path / "progress.json").read_text("utf-8")
    (folder.path / "progress.json").write_text(text.replace('"lang": "en"', '"lang": "ko"'), "utf-8")


def typed(capsys, *words):
    """(status, what was printed) of a subcommand; nothing is wider than a screen."""
    status = main(["workshop", *words])
    said = capsys.readouterr()
    assert max(map(width, said.out.splitlines()), default=0) <= 80, said.out
    return status, said.out + said.err


def test_the_whole_training(folder, capsys):
    status, said = typed(capsys, "train", "--epochs", "1")
    assert status == 0 and "Your code: steps 1, 2, 3, 4, 5, 6, 7, 8." in said
    assert re.search(r"\n +1 +2\.\d{4} +2\.\d{4} +\d\d\.\d% +\d\d\.\d%\n", said)
    assert "It stays within 0.1% to the end." in said
    assert {path.name for path in (folder.path / "result").iterdir()} == {"result.png", "report.html"}
    page = (folder.path / "result" / "report.html").read_text("utf-8")
    assert page.count(">own<") == 8 + 1 and "of 360 handwritten digits are right" in page


def test_some_steps_alone_and_in_korean(folder, capsys):
    in_korean(folder)
    status, said = typed(capsys, "train", "--epochs", "1", "--only", "5,6")
    assert status == 0 and "내 코드: 5, 6단계. 라이브러리: 1, 2, 3, 4, 7, 8단계." in said
    page = (folder.path / "result" / "report.html").read_text("utf-8")
    assert (
        page.count(">내 코드<") == 2 + 1 and page.count(">라이브러리<") == 6 + 1
    )  # and the heads of the losses


def test_a_step_that_does_not_pass_is_the_librarys(folder, capsys):
    folder.file(7).write_text(template.cut(7), "utf-8")
    edit(folder, 5, "return A * (dA - common)", "return A * (1 - A) * dA")
    status, said = typed(capsys, "train", "--epochs", "1", "--only", "4,5,7")
    assert status == 0 and "Your code: steps 4." in said
    assert "Step 5 does not pass yet" in said and "Step 7 does not pass yet" in said


def test_a_wrong_step_anyway(folder, capsys):
    """The lesson: it learns, and the loss says when it leaves the library's."""
    edit(folder, 5, "return A * (dA - common)", "return A * (1 - A) * dA")
    status, said = typed(capsys, "train", "--epochs", "2", "--only", "5", "--anyway")
    assert status == 0 and "! Step 5 does not pass the check" in said
    step = re.search(r"more than\s+0\.1%: (\d+)\.", said)
    assert int(step[1]) < 30 and "this is a difference of" in said


def test_no_step_that_passes(folder, capsys):
    edit(folder, 4, "z0 = z +", "z0 = z -")
    status, said = typed(capsys, "train", "--only", "4")
    assert status == 2 and "no step passes yet; to see what is missing, type vitnp workshop check" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raise ValueError('no')", "s4_position.py:"),
        ("raise SystemExit(0)", "s4_position.py:"),
        ("return z0 * float('nan'), ()", "the code has stopped"),
        ("return z0[:, 1:], ()", "y of a student's step has the shape"),
    ],
)
def test_what_stops_in_the_middle_is_told(folder, capsys, monkeypatch, line, said):
    """Their code is right when it is checked, and stops when it trains."""
    changed = template.whole(4).replace("return z0, ()", f"if len(z) > 8:\n        {line}\n    return z0, ()")
    folder.file(4).write_text(changed, "utf-8")
    status, printed = typed(capsys, "train", "--epochs", "1", "--only", "4")
    assert status in (1, 2) and said in printed and "Traceback" not in printed


def test_a_mistake_of_ours_is_not_blamed_on_them(folder, monkeypatch):
    monkeypatch.setattr(train.training, "trained", len)  # which takes none of our arguments
    with pytest.raises(TypeError, match="len"):
        main(["workshop", "train", "--only", "4"])
    monkeypatch.setattr(walk, "walked", len)
    with pytest.raises(TypeError, match="len"):
        main(["workshop", "walk"])


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("--epochs", "0"), "--epochs is 0"),
        (("--seed", "-1"), "--seed is -1"),
        (("--only", "9"), '--only "9" is no list of steps'),
        (("--epochs", "many"), "invalid int value"),
    ],
)
def test_bad_input_of_the_training(folder, capsys, words, match):
    status, said = typed(capsys, "train", *words)
    assert status == 2 and match in said


def test_a_step_that_is_not_there(folder, capsys):
    folder.file(5).unlink()
    status, said = typed(capsys, "train", "--only", "5")
    assert status == 2 and "s5_attention.py is not in" in said
    status, said = typed(capsys, "train", "--epochs", "1")
    assert status == 0 and "The library's: steps 5." in said


def test_the_table_of_the_slides(folder, capsys):
    for lang, title, own in (("en", "made by", "your code"), ("ko", "만든 코드", "내 코드")):
        if lang == "ko":
            in_korean(folder)
        status, said = typed(capsys, "walk")
        assert status == 0 and title in said
        assert said.count(f"✓ {own}") == 26 and said.count(" ≠") == 3  # two misprints, and the legend
        assert re.search(r"AttentionOutput +12x197x64 +97x64 ≠ +✓", said)


def test_a_wrong_step_is_seen_in_the_table(folder, capsys):
    edit(folder, 5, "return e / e.sum(axis=-1", "return e / e.sum(axis=-2")
    folder.file(7).write_text(template.cut(7), "utf-8")  # blank: the library's
    status, said = typed(capsys, "walk")
    assert status == 1 and re.search(r"attention weights +12x197x197 +197x197 +✗", said)
    assert re.search(r"\n7 +u +197x3072 +197x3072 +the library", said)


@pytest.mark.parametrize(("photo", "match"), [("none.jpg", "none.jpg"), ("s1_patchify.py", "s1_patchify.py")])
def test_bad_photos(folder, capsys, photo, match):
    status, said = typed(capsys, "walk", photo)
    assert status == 2 and match in said and len(said.splitlines()) == 1


def test_no_step_runs(tmp_path, capsys, monkeypatch):
    workshop.new(tmp_path / "my_vit", lang="ko")
    monkeypatch.chdir(tmp_path / "my_vit")
    status, said = typed(capsys, "walk")
    assert status == 2 and "아직 실행되는 단계가 없습니다" in said


def test_whose_line_it_is(tmp_path):
    path = tmp_path / "s4_position.py"
    path.write_text("def forward():\n    raise KeyError('x')\n", "utf-8")
    forward = student.load(path).forward
    try:
        forward()
    except KeyError as error:
        assert student.of_student(error)
        assert student.crash(error) == "KeyError: 'x' (s4_position.py:2: raise KeyError('x'))"
