"""Accuracy against compute, from the paper's table."""

from matplotlib.ticker import FuncFormatter, NullFormatter

from vitnp.course import paper
from vitnp.show import page, styling
from vitnp.show.styling import BLUE, GREEN, LABEL, ORANGE, SMALL, TITLE

# The place of a model's name, so that no two overlap: the side of the text at the data point, its offset in points.
NAMES = {("B/16", 7): ("left", 8, -18), ("L/32", 7): ("right", -12, -4), ("R152x1", 7): ("right", -10, 6)}
NAMES |= {(name, 7): ("left", 12, -16) for name in ("R50x1", "R101x1", "R50x2", "R152x2")}
NAMES |= {
    ("R152x2", 14): ("right", 6, 10),
    ("R200x3", 14): ("left", -10, -26),
    ("L/16", 14): ("right", 6, 10),
}
LOOKS = {"ViT": (BLUE, "o", "-"), "Hybrid": (GREEN, "D", ":"), "ResNet": (ORANGE, "s", "--")}


def accuracy_against_compute(*, lang=None):
    """Table 6 of the paper: mean accuracy on five data sets against exaFLOPs of pre-training, with the decks' claim.

    The claim of decks 001 and 003 (ViT needs less compute than ResNet for the same accuracy) is an arrow from the best
    ResNet to the cheapest ViT of at least its accuracy; `paper.cheaper_as_good` gives that ViT for every row.
    """
    say = page.in_language(lang)
    figure = page.blank()
    axes = figure.subplots()
    for kind, (color, marker, dashes) in LOOKS.items():
        rows = sorted((row for row in paper.TABLE_6 if row.kind == kind), key=lambda row: row.exaflops)
        x, y = [row.exaflops for row in rows], [row.mean for row in rows]
        axes.plot(x, y, dashes, marker=marker, color=color, markersize=11, linewidth=2.5, label=kind)
        for row in rows if kind != "Hybrid" else ():
            side, x_points, y_points = NAMES.get((row.name, row.epochs), ("right", -10, 8))
            axes.annotate(
                row.name + (f", {row.epochs} ep." if row.epochs != 7 else ""),
                (row.exaflops, row.mean),
                xytext=(x_points, y_points),
                textcoords="offset points",
                ha=side,
                fontsize=SMALL,
                color=color,
            )
    best = max((row for row in paper.TABLE_6 if row.kind == "ResNet"), key=lambda row: row.mean)
    vit = paper.cheaper_as_good(best)
    arrow = {"arrowstyle": "-|>", "linewidth": 3, "color": "black", "mutation_scale": 25}
    axes.annotate("", (vit.exaflops, vit.mean), xytext=(best.exaflops, best.mean), arrowprops=arrow)
    times = f"{best.exaflops / vit.exaflops:.1f}"
    axes.annotate(
        say(
            f"◀━ the decks' claim, ViT over ResNet:\nthe same accuracy for {times}× less compute",
            f"◀━ 슬라이드의 주장(ViT > ResNet):\n같은 정확도에 연산은 1/{times}",
        ),
        (0.47, 0.44),
        xycoords="axes fraction",
        fontsize=LABEL,
    )
    axes.set_xscale("log")
    axes.set_xlim(40, 9000)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(
        say("exaFLOPs of pre-training on JFT-300M", "JFT-300M 사전학습의 exaFLOPs"), fontsize=LABEL
    )
    styling.says_log(axes, "x", say)
    axes.set_ylabel(say("mean of 5 data sets (%)", "데이터셋 5개의 평균(%)"), fontsize=LABEL)
    axes.set_title(
        say("Accuracy against compute: ViT paper, Table 6", "연산량과 정확도: ViT 논문 Table 6"),
        fontsize=TITLE,
    )
    axes.legend(fontsize=LABEL, loc="lower right", frameon=False)
    styling.grid(axes, "both")
    page.ticks(axes)
    described = say(
        f"Mean accuracy on five data sets against the compute of pre-training, for ViTs, hybrids and ResNets. An "
        f"arrow goes from {best.name} ({best.mean:.2f}%, {best.exaflops:,} exaFLOPs) to {vit.name} ({vit.mean:.2f}%, "
        f"{vit.exaflops:,} exaFLOPs): {times} times less compute.",
        f"ViT, Hybrid, ResNet의 사전학습 연산량에 따른 데이터셋 5개의 평균 정확도. 화살표는 "
        f"{best.name}({best.mean:.2f}%, {best.exaflops:,} exaFLOPs)에서 {vit.name}({vit.mean:.2f}%, {vit.exaflops:,} "
        f"exaFLOPs)로 가며, 연산량은 1/{times}입니다.",
    )
    return page.finished(figure, described)
