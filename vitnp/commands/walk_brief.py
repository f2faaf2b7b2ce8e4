"""What `vitnp walk --brief` prints: the slides' table on one screen of 80 columns and 24 lines.

A line per group of tensors of one row that have the same shape: of ViT-B/16 there are 20. With the names of the columns
and the predicted class these are 22 rows, with the verdict below 23, which leaves the last line to the prompt.
"""

import itertools
import re

from vitnp.commands.printing import aligned, width
from vitnp.course.slides import by
from vitnp.errors import one_line
from vitnp.system.language import Text

COLUMNS = (2, 21, 17, 13, 14)  # the widths of step, what, tensors, shape, and the slide's shape
TITLES = Text(
    ("", "연산", "텐서", "shape", "슬라이드(B/16)"), ("", "operation", "tensor", "shape", "slide (B/16)")
)
ROWS = {  # the key of a row of `deck` → what it does; a row that no slide has keeps its own title
    "split": Text("패치로 분할", "split into patches"),
    "flatten": Text("Flatten", "flatten"),
    "project": Text("패치 임베딩", "patch embedding"),
    "class_token": Text("[CLS] 토큰 추가", "add [CLS]"),
    "position": Text("위치 정보 추가", "add the positions"),
    "qkv": Text("Q, K, V 생성", "Q, K and V"),
    "split_heads": Text("헤드 분할", "split the heads"),
    "scores": Text("Q·Kᵀ / √d_k", "Q·Kᵀ / √d_k"),
    "softmax": Text("softmax, V 곱", "softmax, times V"),
    "merge_heads": Text("헤드 결합", "concatenate the heads"),
    "output": Text("최종 선형 투영", "final projection"),
    "norm_residual": Text("LayerNorm, 잔차 연결", "LayerNorm, residual"),
    "feed_forward": Text("FFN", "FFN"),
    "encoder": Text("인코더 출력", "end of the encoder"),
    "extract": Text("[CLS] 토큰 추출", "take [CLS] out"),
    "logits": Text("로짓 계산", "logits"),
    "probabilities": Text("클래스 확률", "class probabilities"),
}
PREDICTED = Text("예측 클래스", "predicted class")
LIKELIEST = Text("유력한 클래스", "likeliest class")  # of classes that stand alone
RANDOM, UNKNOWN = Text("난수 가중치", "random weights"), Text("없음", "none")
DONE = Text(
    "{model} · {image}: 텐서 {tensors}개, {verdict}; ≠ 슬라이드의 오류 {errata}개",
    "{model} · {image}: {tensors} tensors, {verdict}; ≠ {errata} errata on the slides",
)
RIGHT, WRONG = Text("shape 모두 맞음", "all shapes true"), Text("{}개 틀림: {}", "{} WRONG: {}")
GRADIENTS = Text(
    "역전파: 그래디언트 {count}개, loss = {loss:.4f}", "backward: {count} gradients, loss = {loss:.4f}"
)
# How the title of a row begins that is not one of these: "(no slide: the last GroupNorm and ReLU)".
NUMBERED = re.compile(r"^(\(no slide: (the )?|\(슬라이드 없음: |Step \d: |\d단계: )")


def text(report, lang):
    """The lines, without a heading: the model and the photo are named below the table."""
    yield line(TITLES.in_(lang), "").rstrip()
    step = None
    for row in report["rows"]:
        same = itertools.groupby(row["tensors"], key=lambda tensor: (tensor["shape"], tensor["printed"]))
        for index, (_, group) in enumerate(same):
            tensors = list(group)
            number = "" if row["step"] in (None, step) else f"{row['step']:2}"
            step = row["step"] if number else step
            # an erratum that is no shape stands beside the first tensor of its row
            wrong = any(e["tensor"] is None for e in row["errata"]) if index == 0 else False
            what = what_of(row, lang) if index == 0 else ""
            yield line((number, what, *cells(tensors, wrong)), mark(tensors))
    yield line(predicted(report, lang), "").rstrip()
    yield from footer(report, lang)


def what_of(row, lang):
    """What the row does, in a few words; what no slide shows says so in its title."""
    of_a_slide = row["key"] == "norm_residual" or not row["title_en"].startswith("(no slide")
    if row["key"] in ROWS and of_a_slide:
        return ROWS[row["key"]].in_(lang)
    return NUMBERED.sub("", row[f"title_{lang}"]).removesuffix(")")


def cells(tensors, erratum):
    """The texts of tensors of one shape: their names, the shape, the shape on the slide."""
    first = tensors[0]
    printed = by(first["printed"]) if first["printed"] else "—"
    printed += " ≠" if erratum or first["misprinted"] else ""
    return ", ".join(tensor["slide_name"] for tensor in tensors), by(first["shape"]), printed


def predicted(report, lang):
    """The line of the predicted class."""
    found = report["prediction"]
    if found is None:
        return "", PREDICTED.in_(lang), UNKNOWN.in_(lang), "", ""
    name = f"{found['class']} {found['name'] or ''}".strip()
    why = "" if report["seed"] is None else RANDOM.in_(lang)
    what = LIKELIEST if found["independent"] else PREDICTED
    return "", what.in_(lang), name, f"p = {found['probability']:.4f}", why


def mark(tensors):
    """✓, or what the first wrong shape must be."""
    wrong = next((tensor for tensor in tensors if not tensor["ok"]), None)
    return "✓" if wrong is None else f"✗ {by(wrong['expected'])}"


def line(texts, mark):
    """A line of the table, each text cut to its column."""
    fitting = [shortened(text, size) for text, size in zip(texts, COLUMNS, strict=True)]
    return f"{aligned(fitting, COLUMNS)}  {mark}"


def shortened(text, size):
    """The text, or as much of it as fits in so many columns, with … at its end."""
    if width(text) <= size:
        return text
    while width(text) > size - 1:
        text = text[:-1]
    return text + "…"


def footer(report, lang):
    """The verdict, and a line for the gradients where there are any."""
    wrong = report["wrong"]
    verdict = WRONG.in_(lang).format(len(wrong), ", ".join(wrong)) if wrong else RIGHT.in_(lang)
    count = {
        "tensors": sum(len(row["tensors"]) for row in report["rows"]),
        "errata": sum(len(row["errata"]) for row in report["rows"]),
    }
    about = {"model": one_line(report["model"]), "image": one_line(report["image"])}
    yield DONE.in_(lang).format(**about, verdict=verdict, **count)
    if "backward" in report:
        yield GRADIENTS.in_(lang).format(count=len(report["backward"]), loss=report["loss"])
