"""The one page that `vitnp workshop train` leaves: whose steps, the losses, the picture; a file that needs no other.

Imports `template`, `training`.
"""

import base64
import html
from pathlib import Path

from vitnp.course.workshop import template
from vitnp.course.workshop.training import compared
from vitnp.system.language import Text
from vitnp.system.writing import beside

PAGE = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.6 system-ui, "Noto Sans KR", "Malgun Gothic", sans-serif; color: #222; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; word-break: keep-all; }}
h1 {{ font-size: 1.6rem; }} table {{ border-collapse: collapse; margin: 1rem 0; }}
td, th {{ border-bottom: 1px solid #ccc; padding: .25rem .9rem .25rem 0; text-align: left; }}
td.n, th.n {{ text-align: right; font-variant-numeric: tabular-nums; }} img {{ width: 100%; height: auto; }}
</style></head><body>
<h1>{title}</h1>
<p>{sentence}</p>
<img src="data:image/png;base64,{picture}" alt="{alt}">
{tables}
<p>{about}</p>
</body></html>
"""
TITLE = Text("{name}의 ViT", "The ViT of {name}")
NOBODY = Text("나", "a student")
SENTENCE = Text(
    "손글씨 숫자 {n}장 가운데 {right}장을 맞혔습니다({own:.1%}). 라이브러리만으로 학습하면 {library:.1%}입니다.",
    "{right} of {n} handwritten digits are right ({own:.1%}). Trained by the library alone it is {library:.1%}.",
)
ALT = Text(
    "학습 손실과 테스트 정확도, 숫자 12개와 예측, [CLS]의 어텐션",
    "training loss and test accuracy, 12 digits with predictions, the attention of [CLS]",
)
WHOSE = Text(("단계", "코드", "검사", "힌트"), ("step", "code", "check", "hints"))
MINE, LIBRARYS = Text("내 코드", "own"), Text("라이브러리", "the library's")
LOSSES = Text(
    ("스텝", "내 코드", "라이브러리", "상대 차이"), ("step", "own", "library", "relative difference")
)
ABOUT = Text(
    "시드 {seed}, {epochs}에폭, 학습 이미지 {train}장. 같은 순서와 같은 초기 가중치로 두 번 학습했습니다.",
    "Seed {seed}, {epochs} epochs, {train} training images; trained twice, in the same order from the same weights.",
)


def lines_of_losses(own, library):
    """[(step, own loss, the library's, relative difference)] at steps 1, 10, 100 and the last."""
    count = min(len(own), len(library))
    return [(step, *pair(own, library, step)) for step in compared(count)]


def pair(own, library, step):
    """(own loss, the library's, relative difference) at a step."""
    a, b = own[step - 1], library[step - 1]
    return a, b, abs(a - b) / abs(b)


def write(path, picture, *, own, library, whose, about, lang):
    """Write the page.

    picture: the path of a PNG. own, library: `training.Run`. whose: {step: (whether it is the student's, the mark of
    its check, hints)}. about: {"name", "seed"}.
    """
    last, other = own.history[-1].test_accuracy, library.history[-1].test_accuracy
    n = len(own.data.test.labels)
    name = about["name"] or NOBODY.in_(lang)
    steps = [
        (
            f"{step} {template.STEPS[step].partition('_')[2]}",
            (MINE if mine else LIBRARYS).in_(lang),
            mark,
            hints,
        )
        for step, (mine, mark, hints) in whose.items()
    ]
    losses = [
        (step, f"{a:.6f}", f"{b:.6f}", f"{difference:.0e}")
        for step, a, b, difference in lines_of_losses(own.losses, library.losses)
    ]
    page = PAGE.format(
        lang=lang,
        title=html.escape(TITLE.in_(lang).format(name=name)),
        sentence=SENTENCE.in_(lang).format(n=n, right=round(last * n), own=last, library=other),
        picture=base64.b64encode(Path(picture).read_bytes()).decode(),
        alt=html.escape(ALT.in_(lang)),
        tables=table(WHOSE.in_(lang), steps) + table(LOSSES.in_(lang), losses),
        about=ABOUT.in_(lang).format(seed=about["seed"], epochs=len(own.history), train=len(own.data.train)),
    )
    with beside(path) as part:
        Path(part).write_text(page, encoding="utf-8")


def table(head, rows):
    """A table of HTML; the first column is text, the others numbers or marks."""
    lines = [row(head, "th"), *(row(cells, "td") for cells in rows)]
    return f"<table>{''.join(lines)}</table>\n"


def row(cells, tag):
    """A row of it."""
    first, *others = (html.escape(str(cell)) for cell in cells)
    return f"<tr><{tag}>{first}</{tag}>{''.join(f'<{tag} class=n>{cell}</{tag}>' for cell in others)}</tr>"
