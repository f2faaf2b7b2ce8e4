"""The tables of numbers that a plan shows where no notebook has them: lists of rows, the header first."""

from vitnp import tree
from vitnp.course import paper
from vitnp.course.paper.tables import figure_3, table_2, texts
from vitnp.models import preset, vit
from vitnp.system.language import Text

CAPTIONS = {
    "sizes": Text(
        "ViT의 크기 (Table 1). 파라미터는 클래스 1,000개로 센 값",
        "The sizes of ViT (Table 1); parameters counted with 1,000 classes",
    ),
    "sota": Text(
        "SOTA 비교 (Table 2). 정확도는 %", "Comparison with the state of the art (Table 2); accuracies in %"
    ),
    "vtab": Text(
        "VTAB의 그룹과 ViT-H/14의 정확도 (Table 9), %",
        "The groups of VTAB, and the accuracy of ViT-H/14 (Table 9), %",
    ),
    "figure3": Text(
        "ImageNet 정확도와 사전 학습 이미지의 수 (Figure 3), %",
        "Accuracy on ImageNet by the images of pre-training (Figure 3), %",
    ),
}


def numbers(name, lang=None):
    """The rows of a table as strings, the header first. name: one of CAPTIONS."""
    return {"sizes": sizes, "sota": sota, "vtab": vtab, "figure3": figure3}[name](lang)


def sizes(lang=None):
    """What the configurations say, not what the slide prints: 86M, 307M and 632M follow no single convention."""
    head = Text(
        ("모델", "층", "임베딩 차원 D", "MLP", "헤드", "파라미터"),
        ("model", "layers", "hidden size D", "MLP size", "heads", "parameters"),
    )
    rows = [head.in_(lang)]
    for name in ("B/16", "L/16", "H/14"):
        c = preset(name)
        count = tree.count(vit.init(None, c))
        rows.append((name, *map(str, (c.num_layers, c.hidden_size, c.mlp_dim, c.num_heads)), f"{count:,}"))
    return rows


def sota(lang=None):
    """Table 2 of the paper, as deck 003 prints it."""
    return texts(table_2(lang))


def vtab(lang=None):
    """The 19 tasks in their three groups, with the mean of each."""
    head = Text(("그룹", "과제", "평균"), ("group", "tasks", "mean"))
    rows = [head.in_(lang)]
    for group, tasks in paper.VTAB.items():
        each = ", ".join(f"{task} {accuracy}" for task, accuracy in tasks.items())
        rows.append((group, each, f"{sum(tasks.values()) / len(tasks):.1f}"))
    return rows


def figure3(lang=None):
    """Accuracy after pre-training on 1.3, 14 and 303 million images."""
    return texts(figure_3(lang))
