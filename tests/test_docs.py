"""The pages: the README's Python runs as it stands, its links lead somewhere, its figures are the code's."""

import re
from pathlib import Path

import pytest
from mutants import MUTANTS

import vitnp
from vitnp import cli, tree, vit

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_the_python_of_the_readme_runs():
    (code,) = re.findall(r"```python\n(import.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names = {}
    exec(code, names)
    assert names["dp"].keys() == names["p"].keys()
    assert names["t"]["blocks.0.attention.S"].shape == (1, 12, 197, 197)
    assert names["t"].gradient("z0").shape == (1, 197, 768)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_figures_of_the_readme():
    text = (ROOT / "README.md").read_text()
    assert f"{len(MUTANTS)} deliberately broken" in text
    assert f"{tree.count(vit.init(None, vitnp.preset('digits'))):,} parameters" in text
    for command in cli.COMMANDS:
        assert f"vitnp {command.__name__.rpartition('.')[2].replace('_', '-')}" in text
