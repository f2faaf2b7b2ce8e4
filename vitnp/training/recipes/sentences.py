"""Recipes for models of sequences: the Transformer paper's two, and one that trains a small model here.

The paper (Vaswani et al., 2017): Adam and warm-up §5.3, label smoothing and dropout §5.4, batches §5.1, steps §5.2. Its
batches hold about 25,000 tokens of each language; a batch here is a number of sentences.
"""

from vitnp.training.recipes.listed import NOT_HERE, Listed
from vitnp.training.recipes.recipe import Recipe

# The model's width d, training steps, dropout, BLEU on English to German (newstest2014, Table 2 of the paper).
PAPER = (
    ("transformer-base", 512, 100_000, 0.1, 27.3),
    ("transformer-big", 1024, 300_000, 0.3, 28.4),
)
WARM_UP = 4000
SENTENCES = 1000  # a batch: 25,000 tokens, at 25 tokens per sentence
ADAM = {"optimizer": "adam", "beta1": 0.9, "beta2": 0.98, "eps": 1e-9}


def sentences():
    """Yield the recipes of `vitnp translate`."""
    yield small()
    for row in PAPER:
        yield of_paper(*row)


def small():
    """What trains a small model here."""
    return Listed(
        name="translate",
        recipe=Recipe(
            steps=3000,
            batch_size=64,
            lr=2e-3,
            schedule="inverse-sqrt",
            warmup_steps=400,
            **ADAM,
            label_smoothing=0.1,
            average=0.995,
        ),
        model="translate-small",
        data="number-to-korean",
        settings={},
        command=command("translate", "number-to-korean"),
        source="the paper's Adam and schedule; the first rate that was tried, the steps by a few runs",
        accuracy="100.0% of 1,000 unseen numbers over seeds 0 to 2, measured (docs/results.md)",
        time="about 90 s on two cores, measured (docs/results.md)",
        reads="sequences",
    )


def of_paper(name, d, steps, dropout, bleu):
    """A row of `PAPER`."""
    return Listed(
        name=name,
        recipe=Recipe(
            steps=steps,
            batch_size=SENTENCES,
            lr=d**-0.5 * WARM_UP**-0.5,
            schedule="inverse-sqrt",
            warmup_steps=WARM_UP,
            **ADAM,
            label_smoothing=0.1,
            dropout=dropout,
        ),
        model=name,
        data="a file of pairs",
        settings={},
        command=command(name, "FILE.tsv"),
        source=(
            "Transformer paper, §5.1 to §5.4; 1,000 sentences for its 25,000 tokens, at 25 each; the paper tests "
            "the mean of its last checkpoints"
        ),
        accuracy=f"{bleu} BLEU, English to German, the paper's (Table 2)",
        time=NOT_HERE,
        reads="sequences",
    )


def command(name, task):
    """The command that trains by a recipe."""
    model = "translate-small" if name == "translate" else name
    return f"vitnp translate --recipe {name} --model {model} --task {task} --out RUN"
