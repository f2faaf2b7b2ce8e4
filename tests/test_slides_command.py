"""`make slides`: which notebook, which plan, which language, what is written, what is said if something is missing."""

import base64
import os
import subprocess
from types import SimpleNamespace

import pytest
from slide_decks import (
    ROOT,
    browser,
    code_cell,
    command,
    deck,
    page,
    picture,
    printed,
    stand_ins,
    text,
    write,
)

from vitnp.errors import InputError
from vitnp.system import language
from vitnp.system.language import Text


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a notebook in both languages and the stand-ins, without a browser."""
    korean = [
        text("# 9 · 어텐션: 스코어\n강의자료 003"),
        text("## 어텐션\n첫째."),
        code_cell("1 + 1", printed("2")),
    ]
    korean += [text("### 더\n둘째."), text("## 끝\n셋째.")]
    write(tmp_path / "notebooks" / "ko" / "05_attention.ipynb", korean)
    write(
        tmp_path / "notebooks" / "05_attention.ipynb",
        [text("# 5 · Attention\nDeck 003"), code_cell("1", printed("1"))],
    )
    monkeypatch.setattr(deck, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(deck, "PICTURES", tmp_path / "pictures")
    monkeypatch.setattr(page, "ASSETS", stand_ins(tmp_path / "assets"))
    monkeypatch.setattr(browser, "find", lambda: None)
    monkeypatch.setattr(language, "of_locale", lambda environment: "ko")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    status = command.main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["05"], "05_attention-ko"),  # the locale
        (["05", "--lang", "en"], "05_attention-en"),
        (["notebooks/05_attention.ipynb"], "05_attention-en"),
        (["notebooks/ko/05_attention.ipynb"], "05_attention-ko"),
        (["notebooks/05_attention.ipynb", "--lang", "ko"], "05_attention-ko"),
        (["05", "05"], "05_attention+05_attention-ko"),
    ],
)
def test_which_edition_is_taken(place, capsys, arguments, name):
    status, out, err = run(capsys, *arguments)
    assert (status, err) == (0, "")
    made = (place / "slides" / f"{name}.html").read_text("utf-8")
    assert ("어텐션" in made) == name.endswith("ko") and ('lang="ko"' in made) == name.endswith("ko")
    assert out.startswith(f"slides/{name}.html: ") and "no PDF: no Chromium" in out
    assert sorted(file.name for file in (place / "slides").iterdir()) == [f"{name}.html"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "which notebook, or which plan? such as"),
        (["05", "--plan", "90min"], "which notebook, or which plan? such as"),
        (["77"], "there is no notebook 77; "),
        (["none.ipynb"], "there is no notebook none.ipynb; such as notebooks/ko/05_attention.ipynb"),
        (["bad.ipynb"], "bad.ipynb is not a notebook; "),
        (["05", "--lang", "ko_KR.UTF-8"], "argument --lang: invalid choice: 'ko_KR.UTF-8'"),
        (["05", "--colour"], "unrecognized arguments: --colour; "),
        (["05", "--out", "bad.ipynb"], "cannot write bad.ipynb"),
    ],
)
def test_bad_input_is_one_line(place, capsys, arguments, said):
    (place / "bad.ipynb").write_text("[1]", "utf-8")
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"make slides: {said}") and err.count("\n") == 1


def test_without_reveal_it_says_how_to_get_it(place, capsys, monkeypatch):
    monkeypatch.setattr(page, "ASSETS", place / "nowhere")
    status, _, err = run(capsys, "05")
    assert status == 2 and "install it once, with a network: make slides" in err
    assert not (place / "slides" / "05_attention-ko.html").exists()


def row(**fields):
    fields = {
        "minute": 7,
        "part": 1,
        "slide": Text("5단계: 어텐션", "Step 5"),
        "show": (),
        "picture": None,
    } | fields
    told = dict.fromkeys(("say", "question", "answer", "wrong", "wrong_why", "command", "table"))
    told |= {"say": Text("말합니다.", "Say it."), "ask_after": None}
    return SimpleNamespace(**(told | fields))


def plan(*rows):
    intro = Text("[5.3](d.md#53)을 유도합니다.", "Derive [5.3](d.md#53).")
    return SimpleNamespace(name="p", title=Text("계획", "Plan"), intro=intro, rows=rows)


def show(heading):
    return SimpleNamespace(notebook="05", heading=Text(heading, heading))


def test_a_row_shows_its_section_up_to_the_next_of_its_level(place):
    """And the notebook's title is not taken for the section, although it contains the words."""
    pages = deck.of_plan(plan(row(show=(show("어텐션"),))), "ko")
    assert [one.title for one in pages] == ["계획", "어텐션", "더"]
    assert {one.corner for one in pages[1:]} == {"7분 · 5단계: 어텐션"}
    assert pages[1].notes == (("설명", "말합니다."),)


def test_a_question_then_its_answer_and_the_rest_for_the_speaker(place):
    asked = row(
        question=Text("몇 개?", "How many?"), answer=Text("1. 하나", "1. One"), wrong=Text("둘", "Two")
    )
    one = deck.of_plan(plan(asked), "ko")[-1]
    html = page.section(one, 1, 1)
    assert one.kind == "question" and html.index("몇 개?") < html.index('class="fragment"') < html.index(
        "1. 하나"
    )
    assert "둘" not in html.split("<aside")[0]
    assert "<b>예상되는 오답</b> 둘" in html.split("<aside")[1]


def test_the_introduction_is_for_the_lecturer(place):
    opening = deck.of_plan(plan(row()), "ko")[0]
    assert opening.notes == (("이 계획", "5.3을 유도합니다."),) and not opening.slide.pieces


def test_a_prediction_is_asked_before_the_cells_that_give_the_answer(place):
    asked = row(
        show=(show("더"), show("끝")), question=Text("몇 개?", "?"), answer=Text("하나", "1"), ask_after=1
    )
    before, first, shown, last = deck.of_plan(plan(asked), "ko")[1:]
    assert (before.title, first.kind, shown.title, last.kind) == ("더", "question", "끝", "question")
    assert "하나" not in page.body(first.slide) and "하나" in page.body(last.slide)


def test_a_plan_of_whole_notebooks_has_no_slides(place):
    with pytest.raises(InputError, match=r"has no slides.*NOTEBOOK=05"):
        deck.of_plan(plan(row(show=(show(""),))), "ko")


def test_a_row_without_a_notebook_shows_its_picture_text_and_command(place):
    (place / "pictures").mkdir()
    data = picture()["data"]["image/png"]
    (place / "pictures" / "look.png").write_bytes(base64.b64decode(data))
    pages = deck.of_plan(plan(row(picture="look", command="vitnp walk")), "en")
    kinds = [piece.block.kind for one in pages for piece in one.slide.pieces]
    assert pages[1].title == "Step 5" and kinds == ["text", "code", "picture"]
    with pytest.raises(InputError, match=r"docs/pictures/none\.png, which is not there"):
        deck.of_plan(plan(row(picture="none")), "en")


def test_the_second_part_has_a_slide(place):
    titles = [one.title for one in deck.of_plan(plan(row(), row(part=2, minute=0)), "en")]
    assert titles == ["Plan", "Step 5", "Part 2", "Step 5"]


def test_a_heading_that_is_not_there_is_named(place):
    with pytest.raises(InputError, match=r'05_attention\.ipynb has no heading "없음"'):
        deck.of_plan(plan(row(show=(show("없음"),))), "ko")


def test_language_of_the_command_line_of_make_alone():
    """Every shell has a LANG in its environment; that one is no option."""

    def last(*arguments):
        environment = os.environ | {"LANG": "en_US.UTF-8", "LC_ALL": "C.UTF-8"}
        command = ["make", "--no-print-directory", "--dry-run", "slides", *arguments]
        how = {"capture_output": True, "text": True, "check": True}
        done = subprocess.run(command, cwd=ROOT, env=environment, **how)
        return done.stdout.strip().splitlines()[-1].split()

    assert last("NOTEBOOK=05")[-1] == "05"
    assert last("PLAN=90min", "LANG=ko")[-4:] == ["--plan", "90min", "--lang", "ko"]
