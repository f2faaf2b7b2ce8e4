"""The pages of --help, and what commands print, in Korean."""

import re

import pytest
from command_line import run

from vitnp.system import help as pages
from vitnp.system import language
from vitnp.system.output import width

ENGLISH = re.compile(r"[a-z]{2,}(?: [a-z]{2,}){2,}")


@pytest.fixture(autouse=True)
def in_korean(monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")


OF_A_LANGUAGE = ("workshop new", "workshop grade")  # other commands of the workshop: the folder's
PAGES = """
paper, explore
walk, demo, gradcheck, quiz, lab, train, pretrain, fine-tune, compare, linear-eval, self-train, translate, recipes
look, predict, evaluate, vtab, info
weights, weights list, weights fetch, weights inspect, weights convert
workshop, workshop new, workshop check, workshop hint, workshop diff, workshop train, workshop walk, workshop submit
workshop grade
bias, bias shift, bias data, bias equivariance, bias receptive-field, bias fixed-weights, bias dimension
"""
FEW_WORDS = re.compile(r"\b(the|of|or|and|is|with|default|seeds?|per)\b|[(]는[)]|[(]를[)]|[(]가[)]")
TYPED = re.compile(r"{[a-z,]*}|--[a-z-]+|기본 [^)]*")  # what is typed


@pytest.mark.parametrize("words", ["", *re.split(", |\n", PAGES.strip())])
def test_a_page_of_help_is_korean_and_fits_a_terminal(capsys, words):
    with pytest.raises(SystemExit):
        run(capsys, *words.split(), "--help")
    out = capsys.readouterr().out
    assert out.startswith("사용법: vitnp") and "옵션:" in out
    usage, _, rest = out.partition("\n\n")
    assert not ENGLISH.search(rest), ENGLISH.findall(rest)
    assert max(map(width, rest.split("\n"))) <= 80
    assert not FEW_WORDS.search(TYPED.sub("", rest)), FEW_WORDS.findall(TYPED.sub("", rest))
    several = words in ("", "weights", "workshop", "bias")
    assert ("[--lang" in usage) == (not several and (words in OF_A_LANGUAGE or "workshop" not in words))


def test_help_is_english_where_it_is_asked_for(capsys):
    with pytest.raises(SystemExit):
        run(capsys, "train", "--lang", "en", "--help")
    out = capsys.readouterr().out
    assert out.startswith("usage: vitnp train") and not re.search("[가-힣]", out)


def test_the_language_is_that_of_one_command_alone(capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    status, out, _ = run(capsys, "gradcheck", "--model", "tiny", "--seeds", 1, "--lang", "ko")
    assert status == 0 and out.endswith("모든 그래디언트가 맞습니다\n")
    heading, row = out.split("\n")[1:3]
    assert heading.split() == ["리프", "수치", "미분", "역전파", "복소", "스텝", "차분"]
    assert width(heading) == width(row.removesuffix("  ✓"))
    assert language.chosen() == "en"


def test_info_in_korean_has_its_numbers_in_one_column(capsys):
    status, out, _ = run(capsys, "info", "B/16")
    assert status == 0 and "순전파" in out and not ENGLISH.search(out)
    ends = {width(line) for line in out.split("\n\n")[1].split("\n")[1:]}
    assert len(ends) == 1


def test_words_are_wrapped_by_their_columns():
    assert pages.wrapped("가나 다라 abc", 9) == ["가나 다라", "abc"]
    assert pages.wrapped("가나다라마바사 ab", 6) == ["가나다라마바사", "ab"]


def test_a_training_in_korean(capsys, tmp_path, plain_curves):
    out = tmp_path / "run"
    words = ("train", "--model", "tiny", "--image-size", "16", "--steps", 3, "--epochs")
    status, said, err = run(capsys, *words[:-1], "--batch-size", 32, "--out", out, "--lang", "ko")
    assert status == 0, err
    lines = said.splitlines()
    assert lines[0].startswith("모델 tiny: 파라미터 ") and lines[1].startswith(
        "데이터 digits: 학습 이미지 1,437장"
    )
    assert lines[2].startswith("시드 0, 스레드 ")
    assert any(line.startswith("에폭 1/1  손실 ") and "* lr " in line for line in lines)
    assert any(line.startswith("가장 좋은 에폭: 1(") for line in lines)
    assert not ENGLISH.search(said.replace(str(out), "")), said
    assert max(width(line) for line in lines if str(out) not in line and not line.startswith("참고")) <= 80
