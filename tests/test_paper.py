"""The paper's compute is what we count, and docs/cost.md is what benchmarks/cost_plot.py prints."""

import importlib.util
import re
from pathlib import Path

import pytest

from vitnp import preset
from vitnp.analysis import cost
from vitnp.course import paper

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("row", [row for row in paper.TABLE_6 if row.kind == "ViT"], ids=str)
def test_exaflops_of_table_6(row):
    within = (
        float(re.search(r"six ViT rows within ([\d.]+)%", (ROOT / "docs/cost.md").read_text("utf-8"))[1])
        / 100
    )
    assert f"within {100 * within:g}%" in " ".join(paper.exaflops.__doc__.split())
    assert paper.exaflops(preset(row.name), epochs=row.epochs) == pytest.approx(row.exaflops, rel=within)


SUMS = [
    1520.59,
    1597.76,
    1781.84,
    1654.58,
    1720.05,
    1774.59,
]  # ImageNet, ReaL, CIFAR-10, CIFAR-100, Pets, Flowers


def test_exaflops_by_hand():
    """One image, one epoch: two operations a multiply–add, three passes' worth."""
    config = preset("tiny")
    counted = sum(cost.multiply_adds(config).values())
    assert paper.exaflops(config, epochs=1, images=1) * 1e18 == pytest.approx(6 * counted)
    assert paper.exaflops(config, epochs=3, images=10) == pytest.approx(
        30 * paper.exaflops(config, epochs=1, images=1)
    )


@pytest.mark.parametrize(
    ("name", "giga"),
    [
        ("Ti/16", 1.254),
        ("S/16", 4.599),
        ("S/32", 1.143),
        ("B/32", 4.409),
        ("B/16", 17.564),
        ("L/32", 15.378),
        ("L/16", 61.555),
        ("H/14", 167.295),
    ],
)
def test_multiply_adds_of_the_published_sizes(name, giga):
    assert sum(cost.multiply_adds(preset(name)).values()) / 1e9 == pytest.approx(giga, abs=5e-4)


def test_mean_is_the_five_data_sets():
    """R50x1 and R152x2 after 7 epochs are 89.33 and 94.01 in the paper's own Table 7."""
    means = {row.name: row.mean for row in paper.TABLE_6 if row.epochs == 7}
    assert means["R50x1"] == pytest.approx(89.33, abs=5e-3)
    assert means["R152x2"] == pytest.approx(94.01, abs=5e-3)


def test_cheaper_as_good():
    rows = {(row.name, row.epochs): row for row in paper.TABLE_6}
    assert paper.cheaper_as_good(rows["R200x3", 14]) == rows["L/16", 7]
    assert paper.cheaper_as_good(rows["H/14", 14]) == rows["H/14", 14]
    assert paper.cheaper_as_good(rows["H/14", 14], kind="ResNet") is None


def test_the_page_is_what_is_printed():
    spec = importlib.util.spec_from_file_location("cost_plot", ROOT / "benchmarks" / "cost_plot.py")
    cost_plot = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cost_plot)
    page = (ROOT / "docs" / "cost.md").read_text("utf-8")
    for table in (cost_plot.parts, cost_plot.table_6):
        assert "\n".join(table()) in page


def test_the_percentages_of_table_6():
    """Their sums over the 18 rows, added up from the paper."""
    sums = [round(sum(row[3 + column] for row in paper.TABLE_6), 2) for column in range(6)]
    assert sums == SUMS
