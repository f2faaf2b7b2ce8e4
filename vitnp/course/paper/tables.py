"""The tables as rows of cells, for `vitnp paper`, lesson plans and pages. Imports `cost`, `models`."""

from collections.abc import Callable
from typing import NamedTuple

from vitnp.analysis import cost
from vitnp.course.paper import claims, sota, vtab
from vitnp.course.paper.noisy_student import NOISY_STUDENT
from vitnp.course.paper.pretraining import FIGURE_3, JFT_SUBSETS, PRETRAINED_ON, TABLE_5, TABLE_5_MODELS
from vitnp.course.paper.scaling import TABLE_6
from vitnp.course.paper.values import Result, sampling_error
from vitnp.models import preset
from vitnp.system.language import Text

DATA_SET, MODEL = Text("데이터셋", "data set"), Text("모델", "model")
PRETRAINING = Text("사전 학습", "pre-trained on")
AT_384 = Text("미세 조정은 384픽셀에서 했습니다.", "Fine-tuned at 384 pixels.")
ONE_RUN = Text("±는 논문에 없습니다.", "The paper states no ±.")


class Table(NamedTuple):
    """header: names of the columns; rows: of cells, each a text, a `Result` or None; notes: sentences on how to read.

    data_sets: where their names stand, "down" (a row per data set, the name in `at`) or "across" (a column per data
    set), or None: a table that one's own runs have no place in. vtab: they are VTAB's tasks,
    of 1,000 training images each.
    """

    title: str
    header: tuple
    rows: list
    notes: tuple = ()
    data_sets: str | None = None
    at: int = 0
    vtab: bool = False


def texts(table):
    """The header and the rows as texts; "–" where the paper has no number."""
    return [table.header, *(tuple("–" if cell is None else str(cell) for cell in row) for row in table.rows)]


def table_2(lang=None):
    """Table 2, as deck 003 prints it; the notes say what differs between its columns."""
    rows = [(name, *values) for name, values in sota.TABLE_2.items()]
    rows[0] = (*rows[0][:-1], f"{rows[0][-1].mean:g}/{sota.BETTER:g}")
    days = tuple(f"{days / 1000:g}k" for days in sota.CORE_DAYS)
    pretrained, pixels = Text("사전 학습", "pre-trained on"), Text("ImageNet에서", "on ImageNet")
    columns = [
        f"{c.model}: {pretrained.in_(lang)} {c.pretrained.in_(lang)}; {pixels.in_(lang)} {c.pixels} px; "
        f"{c.center.in_(lang)}; {c.source.in_(lang)}."
        for c in sota.COLUMNS
    ]
    return Table(
        Text(
            "SOTA 비교 (Table 2). 정확도는 %",
            "Comparison with the state of the art (Table 2); accuracies in %",
        ).in_(lang),
        (DATA_SET.in_(lang), *sota.TABLE_2_MODELS),
        [*rows, ("TPUv3-core-days", *days)],
        (*columns, test_sets(lang)),
        "down",
    )


def test_sets(lang=None):
    """A sentence: the test images of each data set, and the standard error that their number alone gives."""
    told = ", ".join(
        f"{name} {images:,} ({sampling_error(sota.TABLE_2[name][0].mean, images):.2f})"
        for name, images in sota.TEST_IMAGES.items()
    )
    return Text(
        f"±에는 테스트 이미지의 표본오차가 없습니다. 테스트 이미지 수와 H/14의 표준오차(%p): {told}.",
        f"± does not contain the error of sampling the test images. Their number, and H/14's standard error in points: "
        f"{told}.",
    ).in_(lang)


def table_5(lang=None):
    """Table 5: a row per pre-training set and data set, a column per ViT."""
    rows = [
        (pretrained, name, *(None if value is None else Result(value) for value in values))
        for pretrained, sets in TABLE_5.items()
        for name, values in sets.items()
    ]
    title = Text(
        "사전 학습 데이터셋에 따른 정확도 (Table 5), %", "Accuracy by the set of pre-training (Table 5), %"
    )
    header = (PRETRAINING.in_(lang), DATA_SET.in_(lang), *TABLE_5_MODELS)
    return Table(title.in_(lang), header, rows, (f"{AT_384.in_(lang)} {ONE_RUN.in_(lang)}",), "down", 1)


def table_6(lang=None):
    """Table 6: a row per model, a column per data set, and the compute; Figure 5 plots the mean against it."""
    sets = ("ImageNet", "ImageNet ReaL", "CIFAR-10", "CIFAR-100", "Oxford-IIIT Pets", "Oxford Flowers-102")
    rows = [
        (row.name, str(row.epochs), *map(Result, row[3:9]), Result(row.mean), f"{row.exaflops:,}")
        for row in TABLE_6
    ]
    header = (
        MODEL.in_(lang),
        Text("에폭", "epochs").in_(lang),
        *sets,
        Text("평균", "mean").in_(lang),
        "exaFLOPs",
    )
    title = Text(
        "JFT-300M으로 사전 학습한 모델 (Table 6, Figure 5), %",
        "Models pre-trained on JFT-300M (Table 6, Figure 5), %",
    )
    mean = Text(
        "평균은 ReaL을 뺀 다섯 데이터셋의 것입니다.", "The mean is of the five data sets without ReaL."
    )
    notes = (f"{AT_384.in_(lang)} {mean.in_(lang)} {ONE_RUN.in_(lang)}",)
    return Table(title.in_(lang), header, rows, notes, "across")


def table_9(lang=None):
    """Table 9: the 19 tasks in their groups, the mean of each group, and of all."""
    rows, everything = [], []
    mean = Text("평균", "mean").in_(lang)
    for group, tasks in vtab.TABLE_9.items():
        rows += [
            (group, task, *(Result(value, digits=1) for value in values)) for task, values in tasks.items()
        ]
        rows.append((group, mean, *means(tasks.values())))
        everything += tasks.values()
    rows.append(("", "VTAB (19 tasks)", *means(everything)))
    title = Text("VTAB의 과제별 정확도 (Table 9), %", "Accuracy on each task of VTAB (Table 9), %")
    header = (Text("그룹", "group").in_(lang), Text("과제", "task").in_(lang), *vtab.TABLE_9_MODELS)
    note = Text(
        f"과제마다 학습 이미지는 1,000장, 384픽셀입니다. {ONE_RUN.ko}",
        f"1,000 training images per task, at 384 pixels. {ONE_RUN.en}",
    )
    return Table(title.in_(lang), header, rows, (note.in_(lang),), "down", 1, vtab=True)


def means(rows):
    """The mean of each column, as `Result`s."""
    return (Result(sum(column) / len(column)) for column in zip(*rows, strict=True))


def figure_3(lang=None):
    """Figure 3: accuracy on ImageNet after pre-training on 1.3, 14 and 303 million images."""
    sets = [f"{name} ({images / 1e6:g}M)" for name, images in PRETRAINED_ON.items()]
    rows = [
        (model, *(None if value is None else Result(value) for value in values))
        for model, values in FIGURE_3.items()
    ]
    subsets = ", ".join(f"{images / 1e6:.0f}M" for images in JFT_SUBSETS)
    title = Text(
        "ImageNet 정확도와 사전 학습 이미지의 수 (Figure 3), %",
        "Accuracy on ImageNet by the images of pre-training (Figure 3), %",
    )
    notes = Text(
        f"ViT는 Table 5, BiT는 BiT 논문의 값입니다. Figure 4(JFT의 일부 {subsets})는 그림이고, 논문에 값이 없습니다.",
        f"ViT: Table 5; BiT: the BiT paper. Figure 4 (JFT subsets of {subsets}) is a plot: the paper prints none "
        f"of its numbers.",
    )
    return Table(title.in_(lang), (MODEL.in_(lang), *sets), rows, (notes.in_(lang),))


def noisy_student(lang=None):
    """EfficientNets with labels alone, and as noisy students."""
    rows = [
        (
            f"EfficientNet-{s.name}",
            f"{parameters(s):,}",
            str(s.pixels),
            None if s.labels_only is None else Result(s.labels_only, digits=1),
            Result(s.noisy_student, digits=1),
        )
        for s in NOISY_STUDENT
    ]
    header = Text(
        ("모델", "파라미터", "픽셀", "레이블만(AutoAugment)", "Noisy Student"),
        ("model", "parameters", "pixels", "labels only (AutoAugment)", "Noisy Student"),
    )
    title = Text("Noisy Student: ImageNet 정확도, %", "Noisy Student: accuracy on ImageNet, %")
    note = Text(
        "레이블만 쓴 모델은 검증 이미지로 학습 종료를 정했고 Noisy Student의 베이스라인과 학습이 다릅니다. "
        f"차이가 모두 자가 학습의 효과는 아닙니다. {ONE_RUN.ko}",
        "The models with labels only held out images to stop by; Noisy Student's own baselines did not. The difference "
        f"is not that of self-training alone. {ONE_RUN.en}",
    )
    return Table(title.in_(lang), header.in_(lang), rows, (note.in_(lang),))


def parameters(student):
    """How many an EfficientNet has, with 1,000 classes."""
    return sum(cost.parameters(preset(f"EfficientNet-{student.name}")).values())


def claims_table(lang=None):
    """What the slides say of the results, and what the numbers say."""
    rows = []
    for claim in claims.CLAIMS:
        found = claim.check()
        rows.append((claim.decks, claim.said.in_(lang), found.verdict.in_(lang), found.numbers.in_(lang)))
    header = Text(("강의자료", "주장", "판정", "수치"), ("deck", "claim", "verdict", "numbers"))
    title = Text("슬라이드의 주장과 논문의 수치", "What the slides say, and the paper's numbers")
    note = Text(
        "SE는 차이의 표준오차 √((s₁² + s₂²)/3)입니다. s는 미세 조정 3번의 ±이고, ±가 없는 값에는 SE도 없습니다. "
        f"세 번씩이면 95%로 보이려면 2.8 SE가 필요합니다(자유도 4의 t 분포). {test_sets('ko')}",
        "SE is the standard error of the difference, √((s₁² + s₂²)/3), with the ± of three fine-tunings; without a ± "
        f"there is none. With three runs each, 95% needs 2.8 SE (Student's t with 4 degrees of freedom). "
        f"{test_sets('en')}",
    )
    return Table(title.in_(lang), header.in_(lang), rows, (note.in_(lang),))


TABLES: dict[str, Callable] = {
    "2": table_2,
    "5": table_5,
    "6": table_6,
    "9": table_9,
    "figure-3": figure_3,
    "noisy-student": noisy_student,
    "claims": claims_table,
}
