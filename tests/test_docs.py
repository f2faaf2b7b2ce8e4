"""The pages: their Python runs as it stands, links lead somewhere, formulas parse, figures are the code's."""

import functools
import json
import re
from pathlib import Path

import pytest
from matplotlib.mathtext import MathTextParser
from mutants import MUTANTS

import vitnp
from vitnp import tree, vit
from vitnp.analysis import cost
from vitnp.commands import cli

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "README.ko.md", *(ROOT / "docs").rglob("*.md")])
# Pages whose ```python blocks are run, in order, as one program; what needs a file that is not here is ```py.
RUN = ["README.md", "docs/derivations.md", "docs/faq.md", "docs/lecturer.md", "docs/ko/lecturer.md"]
RUN += ["docs/self-training.md"]


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def name(page):
    return page.relative_to(ROOT).as_posix()


@functools.cache
def run(page):
    """Run the page's blocks; an error names the page and its line. Returns the names that they set."""
    names, whole = {}, text(page)
    for block in re.finditer(r"^```python\n(.*?)^```$", whole, re.DOTALL | re.MULTILINE):
        lines_before = "\n" * whole.count("\n", 0, block.start(1))
        exec(compile(lines_before + block[1], page, "exec"), names)
    return names


@pytest.mark.parametrize("page", RUN)
def test_the_python_of_the_page_runs(page):
    assert len(run(page)) > 1  # not only __builtins__


def test_the_python_of_the_readme_shows_what_it_says():
    names = run("README.md")
    assert names["dp"].keys() == names["p"].keys()
    assert names["t"]["blocks.0.attention.S"].shape == (1, 12, 197, 197)
    assert names["t"].gradient("z0").shape == (1, 197, 768)


def anchors(page):
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(
        r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S), re.M
    )
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for target, _, anchor in re.findall(r"\]\(([^)#]*)(#([^)]+))?\)", page.read_text("utf-8")):
        there = page.parent / target if target else page
        assert target.startswith("https://") or there.exists(), target
        if anchor:
            assert anchor in anchors(there), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_row_of_a_table_has_all_its_cells(page):
    for table in re.findall(r"(?:^\|.*\n)+", page.read_text("utf-8"), re.MULTILINE):
        cells = [len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()]
        assert len(set(cells)) == 1, table.splitlines()[cells.index(next(n for n in cells if n != cells[0]))]


def formulas(page):
    """The TeX of a page line by line, an `aligned` taken apart."""
    for tex in re.findall(r"^```math\n(.*?)^```$|\$`([^`]+)`\$", text(page), re.DOTALL | re.MULTILINE):
        lines = re.sub(r"\\(begin|end)\{aligned\}", "", "".join(tex)).split(r"\\")
        yield from (line.replace("&", "").replace("\n", " ").strip() for line in lines)


@pytest.mark.parametrize(
    "page", [f"docs/{page}.md" for page in ("derivations", "ko/derivations", "lecturer", "ko/lecturer")]
)
def test_the_formulas_parse(page):
    for tex in formulas(page):
        MathTextParser("path").parse(f"${tex}$")
        assert "\\operatorname" not in tex  # GitHub refuses it
    # A bare $ is at the mercy of Markdown: an underscore in it may become italics.
    rest = re.sub(r"^```.*?^```$|\$`[^`]+`\$|`[^`]*`", "", text(page), flags=re.DOTALL | re.MULTILINE)
    assert "$" not in rest


LECTURER = ["docs/lecturer.md", "docs/ko/lecturer.md"]
# A notebook's link, and what follows up to the next link.
QUOTES = re.compile(r"\]\(([^)\s]+\.ipynb)\)(.*?)(?=\[[^\]]*\]\(|$)", re.DOTALL)


def headings(notebook):
    """The headings of a built notebook, as text."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return re.findall(r"^#+ (.*)$", "\n".join(texts), re.MULTILINE)


@pytest.mark.parametrize("page", LECTURER)
def test_the_lecturer_finds_every_heading(page):
    """What stands in quotes after a notebook's link is a heading in it."""
    prose = re.sub(r"^```.*?^```$", "", text(page), flags=re.DOTALL | re.MULTILINE)
    found = 0
    for passage in re.split(r"\n\n|\|", prose):  # a paragraph, or a cell of a table
        for path, after in QUOTES.findall(passage):
            there = headings((ROOT / page).parent / path)
            for quote in re.findall(r"\"([^\"]+)\"", after.replace("\n", " ")):
                assert any(quote in heading for heading in there), (path, quote)
                found += 1
    assert found > 45


def test_the_lecturer_says_the_same_in_both_languages():
    en, ko = map(text, LECTURER)
    assert re.findall(r"^```.*?^```$", en, re.DOTALL | re.MULTILINE) == re.findall(
        r"^```.*?^```$", ko, re.DOTALL | re.MULTILINE
    )
    for pattern in (r"^#+ |^\*\*|^\| ?[\d:-]+|^- ", r"/(\w+)\.ipynb", r"\w+\.md"):
        both = [re.findall(pattern, page, re.MULTILINE) for page in (en, ko)]
        assert both[0][1:] == both[1][1:], pattern  # the first link is to the other language


def test_the_figures_of_the_readme():
    readme = text("README.md")
    assert f"{len(MUTANTS)} deliberately broken" in readme
    assert f"{tree.count(vit.init(None, vitnp.preset('digits'))):,} parameters" in readme
    for command in cli.COMMANDS:
        assert f"`vitnp {command} " in text("docs/commands.md")


def test_the_readme_says_the_same_in_both_languages():
    """Headings, blocks, rows, pictures, figures and links; a Korean page has links to Korean ones."""
    en, ko = text("README.md"), text("README.ko.md")
    blocks = [re.findall(r"^```.*?^```$", page, re.DOTALL | re.MULTILINE) for page in (en, ko)]
    assert len(blocks[0]) == len(blocks[1])
    blocks = [
        [re.sub(r" *# .*", "", block) for block in of_page] for of_page in blocks
    ]  # but for the comments
    differ = [pair for pair in zip(*blocks, strict=True) if pair[0] != pair[1]]
    assert [len(pair[1].splitlines()) for pair in differ] == [3, 5]  # workshop: its --lang, and what it says
    prose = [re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE) for page in (en, ko)]
    for pattern in ("^##? ", r"^\|", "^- ", r"!\["):
        assert len({len(re.findall(pattern, page, re.MULTILINE)) for page in prose}) == 1, pattern
    for pattern in (r"\d\d\.\d+%", r"\d+ MB", r"\d,\d{3}", r"1e-\d+", r"\b0\.\d\d\b"):
        both = [sorted(re.findall(pattern, page)) for page in prose]
        assert both[0] == both[1], pattern
    links = [{plain(link) for link in re.findall(r"\]\(([^)]+)\)", page)} for page in (en, ko)]
    assert links[0] - links[1] == links[1] - links[0] == set()


def plain(link):
    """A link to a page, a notebook or a sheet without its language."""
    return (
        link.replace("/ko/", "/")
        .replace("README.ko.md", "README.md")
        .replace("/ko)", ")")
        .replace("-ko.pdf", "-en.pdf")
        .removesuffix("/ko")
    )


def test_the_predicted_memory_of_the_benchmarks():
    """Beside what is held, in the same unit."""
    page, config = text("docs/benchmarks.md"), vitnp.preset("B/16")
    found = re.findall(r"([\d.]+)% (?:for B/16 )?\(([\d,]+) MB\s+predicted", page)
    assert len(found) == 2
    held = re.search(r"\| B/16, batch 8, forward and backward \| (\d+) \| (\d+) \| \d+ \|", page).groups()
    for words, mb, recompute in zip(found, map(int, held), (False, True), strict=True):
        more, predicted = (float(word.replace(",", "")) for word in words)
        size = sum(cost.step_bytes(config, batch_size=8, workers=2, recompute=recompute).values()) / 1e6
        assert predicted == round(size)
        assert more == pytest.approx(100 * (mb / size - 1), abs=0.5)


def test_the_commands_are_the_same_in_both_languages():
    """Every command as it is typed, every block, and the exit statuses."""
    pages = [text("docs/commands.md"), text("docs/ko/commands.md")]
    for pattern in (r"^\| (`.*?`(?:, `.*?`)?) \|", r"^```.*?^```$", "^## ", r"^\|.*\| .*?(\d*)[^\d|]*\|$"):
        both = [re.findall(pattern, page, re.MULTILINE | re.DOTALL * ("```" in pattern)) for page in pages]
        assert both[0] == both[1] != [], pattern
