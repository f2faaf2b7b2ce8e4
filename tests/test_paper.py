"""The paper's compute is what we count, and docs/cost.md is what benchmarks/cost_plot.py prints."""

import importlib.util
import re
from pathlib import Path

import pytest

from vitnp import PRESETS, preset
from vitnp.analysis import cost
from vitnp.course import paper

ROOT = Path(__file__).parents[1]


PAGE = " ".join((ROOT / "docs/cost.md").read_text("utf-8").split())
SAID = {  # how near the counts come: (the words of the page, those of the code)
    "ViT": (r"six ViT rows within ([\d.]+)%", "the ViT rows within {}%"),
    "Hybrid": (r"the hybrids within ([\d.]+)%", "the hybrids within {}%"),
    "ResNet": (r"the ResNets within ([\d.]+)%", "the ResNets within {}%"),
    "ResNet without padding": (
        r"leaves them out and gives the ResNets within ([\d.]+)%",
        "within {}% with padding=False",
    ),
}


@pytest.mark.parametrize("kind", SAID)
def test_exaflops_of_table_6(kind):
    """As near as is said, and no row could be said to be nearer."""
    words, of_code = SAID[kind]
    within = float(re.search(words, PAGE)[1])
    assert of_code.format(f"{within}") in " ".join(paper.exaflops.__doc__.split())
    how = {"padding": False} if kind.endswith("padding") else {}
    off = [
        abs(paper.exaflops(paper.config_of(row), epochs=row.epochs, **how) / row.exaflops - 1)
        for row in paper.TABLE_6
        if row.kind == kind.split()[0]
    ]
    assert within - 0.1 < 100 * max(off) <= within


def test_r200x3_is_counted_without_a_preset():
    """Its parameters are the published count of the body; its products by hand, the root and a unit of each kind."""
    (row,) = (row for row in paper.TABLE_6 if row.name == "R200x3")
    config = paper.config_of(row)
    found = cost.parameters(config)
    assert sum(found.values()) - found["classify"] == 562_488_000
    assert row.name not in PRESETS
    counts, w = cost.multiply_adds(config), 192
    places = [56 * 56, 28 * 28, 14 * 14, 7 * 7]
    want = {"root": 112 * 112 * 49 * 3 * w, "head": 8 * w * 4 * 1000}
    for i, units in enumerate((3, 24, 36, 3)):
        m, here, before = w * 2**i, places[i], places[max(i - 1, 0)]
        inputs = w if i == 0 else 2 * m
        first = before * inputs * m + here * (9 * m * m + 4 * m * m + inputs * 4 * m)
        want[f"stage {i + 1}"] = first + (units - 1) * here * (4 * m * m + 9 * m * m + 4 * m * m)
    assert counts == want


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
