"""The quiz as Markdown with folded answers, as GIFT, and as Moodle XML: each a function of questions and a language."""

import html
import re
import xml.etree.ElementTree as xml

from vitnp.course.quiz import KINDS
from vitnp.course.workshop import known
from vitnp.system.language import Text

RIGHT = Text("정답", "Answer")
MISTAKE = Text("알려진 실수", "known mistake")
TITLE = Text("퀴즈", "Quiz")
INTRO_KO = """단계마다 객관식 문제가 세 개 있습니다: shape, 순전파, 역전파. 오답은 모두
[실습](workshop.md)이 이름으로 알려 주는 실수에서 나옵니다. [English](../quiz.md)

`vitnp quiz`가 이 페이지를 출력합니다. 학습 관리 시스템에 올릴 파일은 `vitnp quiz --format moodle --out quiz.xml`이나
`vitnp quiz --format gift --out quiz.gift`로 만듭니다. `vitnp quiz 5`는 5단계만 출력합니다."""
INTRO_EN = """Three multiple-choice questions per step: shapes, forward, backward. Each wrong answer comes from a
mistake that the [workshop](workshop.md) knows by name. [한국어](ko/quiz.md)

`vitnp quiz` prints this page. For a learning management system, write a file with
`vitnp quiz --format moodle --out quiz.xml` or `vitnp quiz --format gift --out quiz.gift`. `vitnp quiz 5` prints step 5
alone."""
TITLES = (
    Text("1단계: 이미지를 패치로 분할", "Step 1: split the image into patches"),
    Text("2단계: 패치 임베딩(Linear Projection)", "Step 2: patch embedding (linear projection)"),
    Text("3단계: [CLS] 토큰 추가", "Step 3: add the [CLS] token"),
    Text("4단계: 포지셔널 임베딩 추가", "Step 4: add the positional embedding"),
    Text("5단계: Multi-Head Attention", "Step 5: multi-head attention"),
    Text("6단계: LayerNorm과 잔차 연결", "Step 6: LayerNorm and the residual"),
    Text("7단계: FFN", "Step 7: FFN"),
    Text("8단계: [CLS] 토큰 추출, 로짓, Softmax", "Step 8: take the [CLS] token out, logits, softmax"),
)


def title(step, lang):
    """The title of a step."""
    return TITLES[step - 1].in_(lang)


def _letter(option, question):
    return "ABCD"[question.options.index(option)]


def _name(question, option, lang):
    """The known mistake's name."""
    return known.BY_KEY[f"{question.step}_{option.mistake}"].name.in_(lang)


def markdown(questions, lang):
    """A page; the answers are folded in <details>."""
    said = [f"# {TITLE.in_(lang)}", Text(INTRO_KO, INTRO_EN).in_(lang)]
    for question in questions:
        if question.number == 1:
            said.append(f"## {title(question.step, lang)}")
        options = [
            f"- **{_letter(option, question)}** {option.text.in_(lang)}" for option in question.options
        ]
        (right,) = (option for option in question.options if option.mistake is None)
        told = [f"**{_letter(right, question)}** {right.why.in_(lang)}", ""]
        for option in question.options:
            if option.mistake:
                name = f"{MISTAKE.in_(lang)}: {_name(question, option, lang)}"
                told.append(f"- **{_letter(option, question)}** {option.why.in_(lang)} ({name})")
        said += [
            f"**{question.name}** {question.text.in_(lang)}",
            "\n".join(options),
            "\n".join([f"<details><summary>{RIGHT.in_(lang)}</summary>", "", *told, "", "</details>"]),
        ]
    return "\n\n".join(said) + "\n"


def gift(questions, lang):
    """Moodle's GIFT: one block per question, = before the right answer, ~ before a wrong one, # before the feedback."""
    said = []
    for question in questions:
        if question.number == 1 or question is questions[0]:
            said.append(f"$CATEGORY: vitnp/{title(question.step, lang)}")
        lines = [f"::{_escaped(_headline(question, lang))}::[plain]{_escaped(question.text.in_(lang))} {{"]
        for option in question.options:
            mark = "~" if option.mistake else "="
            lines.append(f"\t{mark}{_escaped(option.text.in_(lang))}#{_escaped(option.why.in_(lang))}")
        said.append("\n".join([*lines, "}"]))
    return "\n\n".join(said) + "\n"


def _headline(question, lang):
    return f"{question.name} {KINDS[question.kind].in_(lang)}"


def _escaped(text):
    """A text in which no character has a meaning of GIFT's."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", text)


def moodle(questions, lang):
    """Moodle XML. The texts are HTML, so they are escaped twice: as HTML, and by the XML writer."""
    quiz = xml.Element("quiz")
    for question in questions:
        if question.number == 1 or question is questions[0]:
            category = xml.SubElement(quiz, "question", type="category")
            _plain(category, "category", f"$course$/vitnp/{title(question.step, lang)}")
        entry = xml.SubElement(quiz, "question", type="multichoice")
        _plain(entry, "name", _headline(question, lang))
        _html(entry, "questiontext", question.text.in_(lang))
        for name, value in (
            ("defaultgrade", "1"),
            ("penalty", "0.3333333"),
            ("hidden", "0"),
            ("idnumber", f"vitnp-{question.name}"),
            ("single", "true"),
            ("shuffleanswers", "true"),
            ("answernumbering", "ABCD"),
        ):
            xml.SubElement(entry, name).text = value
        for option in question.options:
            fraction = "0" if option.mistake else "100"
            answer = _html(entry, "answer", option.text.in_(lang), fraction=fraction)
            _html(answer, "feedback", option.why.in_(lang))
    xml.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(quiz, encoding="unicode") + "\n"


def _plain(parent, tag, text):
    xml.SubElement(xml.SubElement(parent, tag), "text").text = text


def _html(parent, tag, text, **attributes):
    element = xml.SubElement(parent, tag, format="html", **attributes)
    xml.SubElement(element, "text").text = f"<p>{html.escape(text)}</p>"
    return element


FORMATS = {"markdown": markdown, "gift": gift, "moodle": moodle}
