"""Prints the tables of docs/cost.md and writes docs/pictures/cost.png: python benchmarks/cost_plot.py"""

from pathlib import Path

from vitnp import preset, show
from vitnp.analysis import cost
from vitnp.course import paper

DOCS = Path(__file__).resolve().parent.parent / "docs"
MODELS = "Ti/16 S/16 B/32 B/16 L/32 L/16 H/14".split()


def parts():
    """Multiply–adds of one image by part, a line a model."""
    rows = {name: cost.multiply_adds(preset(name)) for name in MODELS}
    names = list(rows["B/16"])
    yield f"| model | tokens | {' | '.join(names)} | total |"
    yield "|---" * (len(names) + 3) + "|"
    for name, counts in rows.items():
        giga = [f"{counts[part] / 1e9:.3f}" for part in names]
        yield f"| {name} | {preset(name).num_tokens} | {' | '.join(giga)} | **{sum(counts.values()) / 1e9:.3f}** |"


def table_6():
    """The paper's rows, what `paper.exaflops` counts, and the cheapest ViT as good as each ResNet."""
    data = "ImageNet | CIFAR-10 | CIFAR-100 | Pets | Flowers | mean"
    yield f"| model | kind | epochs | {data} | exaFLOPs | counted here | without padding | as good: compute saved |"
    yield "|---" * 13 + "|"
    for row in paper.TABLE_6:
        counted, cheaper = [beside(row)], ""
        counted.append("" if row.kind == "ViT" else beside(row, padding=False))
        if row.kind == "ResNet":
            vit = paper.cheaper_as_good(row)
            cheaper = f"{vit.name}, {vit.epochs} epochs: {row.exaflops / vit.exaflops:.1f}×"
        accuracies = (row.imagenet, row.cifar10, row.cifar100, row.pets, row.flowers)
        numbers = " | ".join(f"{accuracy:.2f}" for accuracy in (*accuracies, row.mean))
        numbers = f"{row.epochs} | {numbers}"
        yield f"| {row.name} | {row.kind} | {numbers} | {row.exaflops} | {counted[0]} | {counted[1]} | {cheaper} |"


def beside(row, **how):
    """What is counted of a row's model, and by how much it differs from the paper's number."""
    ours = paper.exaflops(paper.config_of(row), epochs=row.epochs, **how)
    return f"{ours:.1f} ({ours / row.exaflops - 1:+.1%})"


if __name__ == "__main__":
    print("\n".join([*parts(), "", *table_6()]))
    (DOCS / "pictures").mkdir(exist_ok=True)
    print(show.save(show.accuracy_against_compute(), DOCS / "pictures" / "cost.png"))
