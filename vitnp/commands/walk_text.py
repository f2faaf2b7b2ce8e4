"""What `vitnp walk` prints of its report, in English, Korean or both."""

import itertools

from vitnp.analysis.tensor_names import parted
from vitnp.commands.printing import aligned, width, widths
from vitnp.course import deck
from vitnp.course.slides import by

WIDTH = 110  # columns that a projector shows in a large font
WORDS = {
    "en": {
        "columns": ("tensor", "name in the trace", "shape", "in letters", "slide (B/16)"),
        "zero": "released at zero ({}): small random values here, as a zero stops every gradient",
        "filled": {"class_token": "[CLS]", "head": "the head", "norm_3": "a unit's last γ"},
        "legend": "✓ the true shape   ≠ a misprint on the slide",
        "blocks": "   blocks.i: every block, i = 0 … L−1, is checked",
        "step": "step {}",
        "decks": "decks 001, 004: {}   deck 000: {}",
        "per_head": "per head",
        "erratum": '≠ slide: "{printed}"   true: {true}',
        "must_be": "✗ must be",
        "predicted": "predicted class {class}{name}, p = {probability:.4f}",
        "on_its_own": "each class on its own; the likeliest: class {class}{name}, p = {probability:.4f}",
        "random": " (the weights are random: it means nothing)",
        "zero_head": "the head is all zeros, to be trained: it knows no classes yet, and passes no gradient on",
        "no_head": "the model has no head, so it predicts no class",
        "of_unit": "and {count} more of the unit",
        "back": ("the backward pass: ∂loss/∂", "shape", "norm"),
        "loss": "loss = −log p[{label}] = {loss:.4f}",
        "same": "and {count} more, as in blocks.{last}",
        "rows": "{rows} rows, {tensors} tensors, {verdict}; {errata} errata on the slides",
        "gradients": "{count} gradients, {verdict}",
        "all_true": "all shapes true",
        "wrong": "{} WRONG: {}",
    },
    "ko": {
        "columns": ("텐서", "trace에서의 이름", "shape", "기호", "슬라이드(B/16)"),
        "zero": "초깃값이 0인 부분({})을 작은 난수로 채움: 0이면 그래디언트(기울기)가 전달되지 않음",
        "filled": {"class_token": "[CLS]", "head": "head", "norm_3": "유닛의 마지막 γ"},
        "legend": "✓ 맞는 shape   ≠ 슬라이드의 오류",
        "blocks": "   blocks.i: 모든 블록 i = 0 … L−1을 검사",
        "step": "{}단계",
        "decks": "001, 004에서는 {}   000에서는 {}",
        "per_head": "(헤드당)",
        "erratum": '≠ 슬라이드: "{printed}"   정정: {true}',
        "must_be": "✗ 맞는 shape:",
        "predicted": "예측 클래스 {class}{name}, p = {probability:.4f}",
        "on_its_own": "클래스마다 따로 판단; 가장 유력한 클래스 {class}{name}, p = {probability:.4f}",
        "random": " (가중치가 난수이므로 의미 없음)",
        "zero_head": "head가 모두 0: 학습 전이므로 클래스를 예측할 수 없고, 그래디언트도 전달하지 않음",
        "no_head": "head가 없는 모델이므로 클래스를 예측하지 않음",
        "of_unit": "같은 유닛에 {count}개 더",
        "back": ("역전파: ∂loss/∂", "shape", "노름"),
        "loss": "loss = −log p[{label}] = {loss:.4f}",
        "same": "외 {count}개, blocks.{last} 참고",
        "rows": "{rows}행, 텐서 {tensors}개, {verdict}; 슬라이드의 오류 {errata}개",
        "gradients": "그래디언트 {count}개, {verdict}",
        "all_true": "shape 모두 맞음",
        "wrong": "{}개 틀림: {}",
    },
}


def text(report, lang):
    """The lines after the heading."""
    languages = ("ko", "en") if lang == "both" else (lang,)
    words = WORDS[languages[-1]]
    rows = report["rows"]
    tensors = [tensor for row in rows for tensor in row["tensors"]]
    if report["filled"]:
        yield from (zero(report["filled"], WORDS[language]) for language in languages)
    blocks = any(tensor["name"].startswith("blocks.i.") for tensor in tensors)
    yield from (WORDS[language]["legend"] + WORDS[language]["blocks"] * blocks for language in languages)
    for sign in (" x ", "×"):  # the narrower one where a hybrid's shapes are long
        table = [cells(tensor, words, sign) for tensor in tensors]
        sizes = widths([words["columns"], *table])
        if width(f"  {aligned(table[0], sizes)}  ✓") <= WIDTH:
            break
    yield "\n  " + aligned(words["columns"], sizes)
    lines = iter(table)
    for above, row in zip([None, *rows], rows, strict=False):
        new_step = above is None or above["step"] != row["step"]
        yield rule(row["step"], words) if new_step else ""
        yield from dict.fromkeys(row[f"title_{language}"] for language in languages)
        yield from dict.fromkeys(f"  {row[f'what_{language}']}" for language in languages)
        for tensor in row["tensors"]:
            mark = "✓" if tensor["ok"] else f"{words['must_be']} {by(tensor['expected'])}"
            yield f"  {aligned(next(lines), sizes)}  {mark}"
        for erratum in row["errata"]:
            yield "  " + words["erratum"].format(**erratum)
            yield from (f"    {erratum[f'why_{language}']}" for language in languages)
    yield "─" * WIDTH
    yield predicted(report, words)
    wrong = report["wrong"]
    verdict = words["wrong"].format(len(wrong), ", ".join(wrong)) if wrong else words["all_true"]
    if "backward" in report:
        yield words["loss"].format(**report) + "\n"
        yield from text_of_the_way_back(report["backward"], words)
        yield words["gradients"].format(count=len(report["backward"]), verdict=verdict)
    count = {"rows": len(rows), "tensors": len(tensors), "errata": sum(len(row["errata"]) for row in rows)}
    yield words["rows"].format(verdict=verdict, **count)


def zero(filled, words):
    """The line that says which zeros were filled."""
    return words["zero"].format(", ".join(words["filled"][part] for part in filled))


def predicted(report, words):
    """The line of the predicted class, or why there is none."""
    found = report["prediction"]
    if found is None:
        has_head = any(tensor["name"] == "logits" for row in report["rows"] for tensor in row["tensors"])
        return words["zero_head" if has_head else "no_head"]
    line = words["on_its_own" if found["independent"] else "predicted"].format(
        **found | {"name": f", {found['name']}" if found["name"] else ""}
    )
    return line if report["seed"] is None else line + words["random"]


def text_of_the_way_back(back, words):
    """A line per gradient of the last block, which comes first; for each other block one line."""
    name, shape, norm = words["back"]
    yield f"     {aligned((name,), (32,))}{shape:16}{norm:>9}\n" + "─" * WIDTH
    last = None
    for block, group in itertools.groupby(back, lambda record: parted(record["name"])[0]):
        records, note, number = list(group), "", block.removeprefix("blocks.")
        if "stages." in block:
            note = "  " + words["of_unit"].format(count=len(records) - 1)
        elif block and last is not None:
            note = "  " + words["same"].format(last=last, count=len(records) - 1)
        elif block:
            last = number
        for record in records[:1] if note else records:
            ok = all(r["ok"] for r in records) if note else record["ok"]
            norm = f"{record['norm']:#.3g}".rstrip(".")
            start = f"  {record['step']}  {record['name']:32}{by(record['shape']):16}"
            yield f"{start}{norm:>9}  {'✓' if ok else '✗'}{note}"
    yield "─" * WIDTH


def cells(tensor, words, sign):
    """A tensor's cells of the table, without the mark."""
    printed = by(tensor["printed"]) if tensor["printed"] else "—"
    printed += f" {words['per_head']}" if tensor["per_head"] else ""
    printed += " ≠" if tensor["misprinted"] else ""
    return tensor["slide_name"], tensor["name"], by(tensor["shape"]), by(tensor["letters"], sign), printed


def rule(step, words):
    """A line across the page with the step's number here and in the other decks."""
    if step is None:
        return "── L× " + "─" * (WIDTH - 6)
    if step == 0:
        return "── ResNet " + "─" * (WIDTH - 10)
    left = f"── {words['step'].format(step)} "
    right = [
        ", ".join(words["step"].format(c.number) for c in counting if step in c.steps)
        for counting in (deck.FIVE_STEPS, deck.FOUR_STEPS)
    ]
    right = f" {words['decks'].format(*right)} ──"
    return left + "─" * (WIDTH - width(left) - width(right)) + right
