"""The notebooks keep their rules, and those that are there are built from the sources; nothing is run here.

`make check-notebooks` runs them. The rules are in notebooks/README.md.
"""

import functools
import importlib.util
import json
import re
import statistics
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"

sys.path.append(str(FOLDER))  # where `build` finds `student_edition`
spec = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)
build.read = functools.cache(build.read)  # a source is read by a dozen tests

SOURCES = build.sources()
STEPS = {source.stem: int(source.stem[:2]) for source in SOURCES if 1 <= int(source.stem[:2]) <= 8}
BUILT = sorted(path for path in FOLDER.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
WIDEST_CODE = 96  # characters that fit a slide of 1280 pixels
LARGEST = 1_500_000  # bytes
# What would need the network, or would tell whose machine it was.
NETWORK = re.compile(
    r"urllib|requests\.|http\.client|socket|huggingface_hub|\bwget\b|\bcurl\b|weights fetch|fetch_"
)
PLACES = re.compile(r"/home/|/Users/|/tmp/|/work/|[A-Z]:\\\\|site-packages")

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
each_notebook = pytest.mark.parametrize("path", BUILT, ids=lambda path: str(path.relative_to(FOLDER)))


def texts(source):
    """The cells of prose."""
    return [cell for cell in build.read(source) if cell.cell_type == "markdown"]


def codes(source):
    """The code below the setup."""
    return [c for c in build.read(source) if c.cell_type == "code" and "setup" not in build.tags(c)]


def lines(cell):
    """How many lines of code a cell has."""
    return sum(1 for line in cell.source.splitlines() if line.strip())


def hangul(text):
    """How many Korean syllables there are."""
    return len(re.findall(r"[가-힣]", text))


def test_there_are_notebooks():
    assert len(SOURCES) == len({source.stem[:2] for source in SOURCES}) >= 3


@each_source
def test_every_text_is_there_in_both_languages(source):
    """English, then Korean, each pair beside the same code; with the same formulas and pictures of the code."""
    prose = texts(source)
    assert [cell.metadata.get("lang") for cell in prose] == ["en", "ko"] * (len(prose) // 2)
    for english, korean in zip(prose[::2], prose[1::2], strict=True):
        assert hangul(korean.source) > 0, korean.source
        assert english.source.splitlines()[0].count("#") == korean.source.splitlines()[0].count("#")
        assert english.source.count("$") == korean.source.count("$"), korean.source
    assert sum(hangul(cell.source) for cell in prose[1::2]) > 3 * sum(hangul(c.source) for c in prose[::2])


@each_source
def test_bold_korean_is_bold(source):
    """Markdown leaves the ** as they are where they end in punctuation and a syllable follows."""
    for cell in texts(source):
        assert not re.search(r"[^\w\s*]\*\*[가-힣]", cell.source), cell.source


@each_source
def test_the_pairs_stand_together(source):
    cells = build.read(source)
    for i, cell in enumerate(cells):
        if cell.metadata.get("lang") == "en":
            assert cells[i + 1].metadata.get("lang") == "ko", cell.source
    assert all(set(cell.metadata) <= {"lang", "tags", "lines_to_next_cell"} for cell in cells)


@each_source
def test_the_opening_says_what_and_how_long(source):
    english, korean = (cell.source for cell in texts(source)[:2])
    number = int(source.stem[:2])
    for text in (english, korean):
        assert text.startswith(f"# {number} · ")
        assert len(re.findall(r"^- ", text, re.MULTILINE)) >= 3
    shown = re.search(r"\*\*(\d+) minutes to show, (\d+) with the exercises\*\*", english)
    korean_shown = re.search(r"\*\*시연 (\d+)분, 실습 포함 (\d+)분\*\*", korean)
    assert shown and korean_shown and shown.groups() == korean_shown.groups()
    assert int(shown[1]) < int(shown[2])
    assert "After this notebook you can" in english and "이 노트북을 마치면" in korean
    assert f"solutions/{source.stem}.ipynb" in english and f"../solutions/ko/{source.stem}.ipynb" in korean


@pytest.mark.parametrize("stem", STEPS)
def test_a_step_opens_with_its_slide(stem):
    """The number, the Korean title and the English one; step 6 has no slide."""
    english, korean = (cell.source for cell in texts(FOLDER / "src" / f"{stem}.py")[:2])
    step = STEPS[stem]
    for text in (english, korean):
        assert step == 6 or (f"**{step}단계:" in text and f"*Step {step}:" in text)
    assert f"vitnp/steps/s{step}_" in english


@pytest.mark.parametrize("stem", STEPS)
def test_a_step_asserts_shape_and_gradient(stem):
    cells = [
        cell for cell in codes(FOLDER / "src" / f"{stem}.py") if not build.tags(cell)
    ]  # not the exercises
    code = "\n".join(cell.source for cell in cells)
    assert "slides.check(" in code and f"c.row.step == {STEPS[stem]}" in code
    assert "assert all(c.ok for c in checked)" in code
    assert re.search(r"assert .*\.shape", code)
    assert "gradcheck.check(" in code and re.search(r"assert .*\.ok\b", code)
    assert f"s{STEPS[stem]}_" in code and re.search(r"assert .*librar|assert np.(allclose|isclose)", code)


@each_source
def test_cells_are_short(source):
    sizes = [lines(cell) for cell in codes(source)]
    assert statistics.median(sizes) <= 4
    assert max(sizes) <= 20
    for cell in codes(source):
        assert max(map(len, cell.source.splitlines())) <= WIDEST_CODE, cell.source
        assert hangul(cell.source) == 0, "code is shared by both languages"
        assert not NETWORK.search(cell.source), cell.source


@each_source
def test_three_exercises(source):
    """An exercise, its solution, its check of one line, in this order."""
    tagged = [
        (i, build.tags(cell)[0], cell.source)
        for i, cell in enumerate(build.read(source))
        if cell.cell_type == "code" and not {"exercise", "solution", "check"}.isdisjoint(build.tags(cell))
    ]
    assert [tag for _, tag, _ in tagged] == ["exercise", "solution", "check"] * (len(tagged) // 3)
    assert len(tagged) >= 9
    triples = zip(tagged[::3], tagged[1::3], tagged[2::3], strict=True)
    for number, (exercise, solution, check) in enumerate(triples, 1):
        assert solution[0] == exercise[0] + 1 and check[0] == exercise[0] + 2
        assert re.search(r"(= |return )\.\.\.", exercise[2])
        assert re.fullmatch(rf'check\("{source.stem[:2]}\.{number}"(, \w+)+\)', check[2]), check[2]


@each_source
def test_every_exercise_says_how_hard_it_is(source):
    """`**1.** ★ …`, in both languages alike, numbered as the checks are."""
    found = {}
    for cell in texts(source):
        level = re.findall(r"^\*\*(\d+)\.\*\*(?: (★{1,3}) )?", cell.source, re.MULTILINE)
        found.setdefault(cell.metadata["lang"], []).extend(level)
    checks = sum("check" in build.tags(cell) for cell in build.read(source))
    assert found["en"] == found["ko"]
    assert [int(number) for number, _ in found["en"]] == list(range(1, checks + 1))
    assert all(stars for _, stars in found["en"])


@each_source
def test_the_last_question_is_to_be_explained_and_the_solutions_answer_it(source):
    question, answer = texts(source)[-4:-2], texts(source)[-2:]
    for cell, opening in zip(question, ("**Explain.** ", "**설명해 보세요.** "), strict=True):
        assert (
            cell.source.startswith(opening)
            and cell.source.rstrip().endswith(("?", "."))
            and not build.tags(cell)
        )
    for cell in answer:
        assert build.tags(cell) == ["solution"] and len(cell.source) > 80
    for edition in build.editions(build.read(source)):
        last = build.cells_of(build.read(source), edition)[-1]
        assert (last in answer) == edition.solved


def test_the_korean_editions_are_told_so():
    """In the setup, and nowhere else."""
    for edition in build.editions(build.read(SOURCES[1])):
        cells = build.assemble(build.read(SOURCES[1]), edition).cells
        told = [cell.metadata.get("tags") for cell in cells if 'language.use("ko")' in cell.source]
        assert told == ([["setup"]] if edition.lang == "ko" else [])


def test_a_check_that_does_not_tell_the_two_apart_is_refused():
    cell = build.nbformat.v4.new_code_cell("check()", metadata={"tags": ["check"]})
    for unsolved, solved, right in (
        ("", "✓\n", True),
        ("✗ 1\n", "✓\n", False),
        ("✓\n", "✓\n", False),
        ("", "", False),
        ("", "✗ 1\n", False),
    ):
        said = {(0, False): unsolved, (0, True): solved}
        outputs = {key: [{"text": text}] if text else [] for key, text in said.items()}
        assert build.solved_wrongly([cell], outputs) == ([] if right else [0])


@each_source
def test_the_notebooks_are_built_from_the_source(source):
    for edition in build.editions(build.read(source)):
        assert build.is_current(source, edition), f"{edition.path(source).name}: make notebooks"


def test_no_notebook_without_a_source():
    assert set(BUILT) == {
        edition.path(source) for source in SOURCES for edition in build.editions(build.read(source))
    }


@each_notebook
def test_what_is_committed_is_small_and_clean(path):
    text = path.read_text("utf-8")
    notebook = json.loads(text)
    assert len(text.encode()) <= LARGEST
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}  # no widgets, no version of anything
    cells = notebook["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
    if "student" in path.parts:
        assert not any(counts) and not any(cell.get("outputs") for cell in cells), "run by nobody yet"
    else:
        assert counts == list(range(1, len(counts) + 1)), "run from the top, once"
    for cell in cells:
        assert set(cell["metadata"]) <= {"tags"}
        for output in cell.get("outputs", []):
            assert output["output_type"] in ("stream", "display_data", "execute_result")
            assert output.get("name") != "stderr"
            shown = json.dumps({k: v for k, v in output.get("data", {}).items() if k != "image/png"})
            shown += "".join(output.get("text", ""))
            assert not PLACES.search(shown) and " at 0x" not in shown, shown


@each_notebook
def test_every_picture_has_an_alternative_text(path):
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                assert output["metadata"]["image/png"]["alt"].strip()
