"""The quiz bank: whole, in both languages; what is written reads back. test_quiz_answers.py runs the answers."""

import html
import re
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

from vitnp.commands import cli
from vitnp.course import quiz
from vitnp.course.quiz.formats import FORMATS
from vitnp.course.workshop import known
from vitnp.errors import InputError
from vitnp.system.language import LANGUAGES

ROOT = Path(__file__).parents[1]
PAGES = {"en": ROOT / "docs/quiz.md", "ko": ROOT / "docs/ko/quiz.md"}
QUESTIONS = [question for step in quiz.STEPS for question in quiz.load(step)]
each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
each_lang = pytest.mark.parametrize("lang", LANGUAGES)


def right(question):
    (option,) = (option for option in question.options if option.mistake is None)
    return option


@pytest.mark.parametrize("step", quiz.STEPS)
def test_a_step_has_a_question_of_each_kind(step):
    assert [question.kind for question in quiz.load(step)] == list(quiz.KINDS)


@each_question
def test_a_question_is_whole(question):
    assert len(question.options) == 4 and right(question)
    for text in (question.text, *(part for option in question.options for part in (option.text, option.why))):
        assert text.ko and text.en and not re.search("[가-힣]", text.en)
    assert re.search("[가-힣]", question.text.ko)
    assert all(re.search("[가-힣]", option.why.ko) for option in question.options)
    for lang in LANGUAGES:
        assert len({option.text.in_(lang) for option in question.options}) == 4


@each_question
def test_a_wrong_answer_is_a_known_mistake(question):
    found = [option.mistake for option in question.options if option.mistake]
    assert len(set(found)) == 3
    assert all(f"{question.step}_{key}" in known.BY_KEY for key in found)


def test_right_answers_are_everywhere():
    places = [question.options.index(right(question)) for question in QUESTIONS]
    assert all(4 <= places.count(place) <= 8 for place in range(4))


@each_lang
def test_the_page_is_what_the_command_prints(lang, capsys):
    """`vitnp quiz --lang en --out docs/quiz.md` writes it."""
    assert cli.main(["quiz", "--lang", lang]) == 0
    assert capsys.readouterr().out == PAGES[lang].read_text("utf-8")


@each_lang
def test_markdown_folds_the_answers(lang):
    page = FORMATS["markdown"](QUESTIONS, lang)
    folded = re.findall(r"<details>.*?</details>", page, re.DOTALL)
    open_part = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert len(folded) == 24
    for question, answer in zip(QUESTIONS, folded, strict=True):
        assert right(question).why.in_(lang) in answer
        assert all(option.why.in_(lang) not in open_part for option in question.options)
        letter = "ABCD"[question.options.index(right(question))]
        assert f"\n**{letter}** {right(question).why.in_(lang)}" in answer


def unescaped(text):
    """What GIFT reads."""
    return re.sub(r"\\(.)", r"\1", text)


def parsed(gift):
    """A small reader of GIFT: [(title, text, [(mark, answer, feedback)])]; a backslash takes a mark its meaning."""
    blocks = re.findall(
        r"^::((?:\\.|[^\\:])*)::\[plain\]((?:\\.|[^\\{])*)\{(.*?)^\}", gift, re.DOTALL | re.MULTILINE
    )
    answer = re.compile(r"([=~])((?:\\.|[^\\=~#])*)#((?:\\.|[^\\=~#{}])*)", re.DOTALL)
    for name, text, answers in blocks:
        found = [(m, unescaped(a).strip(), unescaped(why).strip()) for m, a, why in answer.findall(answers)]
        yield unescaped(name), unescaped(text).strip(), found


@each_lang
def test_gift_reads_back(lang):
    found = list(parsed(FORMATS["gift"](QUESTIONS, lang)))
    assert len(found) == 24
    for question, (name, text, answers) in zip(QUESTIONS, found, strict=True):
        assert name.startswith(question.name) and text == question.text.in_(lang)
        assert answers == [
            ("~" if option.mistake else "=", option.text.in_(lang), option.why.in_(lang))
            for option in question.options
        ]


def test_gift_escapes_what_has_a_meaning():
    text = quiz.Text(r"~=#{}: \x", r"~=#{}: \x")
    option = quiz.Option(text, text, None)
    written = FORMATS["gift"]([quiz.Question(1, 1, "shapes", text, (option,))], "en")
    assert r"[plain]\~\=\#\{\}\: \\x {" in written


def told(element):
    """The text of an element, out of its HTML."""
    return html.unescape(re.fullmatch("<p>(.*)</p>", element.find("text").text)[1])


@each_lang
def test_moodle_xml_reads_back(lang):
    root = xml.fromstring(FORMATS["moodle"](QUESTIONS, lang).encode())
    entries = root.findall("question[@type='multichoice']")
    assert len(entries) == 24 and len(root.findall("question[@type='category']")) == 8
    for question, entry in zip(QUESTIONS, entries, strict=True):
        assert told(entry.find("questiontext")) == question.text.in_(lang)
        assert entry.find("single").text == "true"
        answers = entry.findall("answer")
        assert [answer.get("fraction") for answer in answers].count("100") == 1
        for option, answer in zip(question.options, answers, strict=True):
            assert told(answer) == option.text.in_(lang)
            assert told(answer.find("feedback")) == option.why.in_(lang)
            assert (answer.get("fraction") == "100") == (option.mistake is None)


def test_moodle_html_is_escaped():
    text = quiz.Text("a < b & c", "a < b & c")
    written = FORMATS["moodle"]([quiz.Question(1, 1, "shapes", text, (quiz.Option(text, text, None),))], "en")
    assert xml.fromstring(written).find(".//questiontext/text").text == "<p>a &lt; b &amp; c</p>"


def test_the_command_writes_a_file_of_some_steps(tmp_path, capsys):
    out = tmp_path / "quiz.xml"
    assert cli.main(["quiz", "5", "8", "--format", "moodle", "--lang", "ko", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: 문제 6개\n"
    names = [name.text for name in xml.parse(out).getroot().findall(".//question/name/text")]
    assert [name[:3] for name in names] == ["5.1", "5.2", "5.3", "8.1", "8.2", "8.3"]
    assert list(tmp_path.iterdir()) == [out]


def test_a_step_that_is_none_is_one_line(capsys):
    assert cli.main(["quiz", "9"]) == 2
    assert 'step is "9"; choose 1 or 2' in capsys.readouterr().err
    with pytest.raises(InputError):
        quiz.load(0)
