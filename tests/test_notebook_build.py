"""How notebooks are built, with a source of a few cells: what is run, what is drawn in Korean, links, pictures."""

import base64
import importlib.util
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vitnp.show import page

FOLDER = Path(__file__).parents[1] / "notebooks"
sys.path.append(str(FOLDER))  # where `build` finds the modules beside it
spec = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)

import running  # noqa: E402  beside build.py

code = build.nbformat.v4.new_code_cell
text = build.nbformat.v4.new_markdown_cell
EN, KO, EN_SOLVED, KO_SOLVED = build.EDITIONS
EN_STUDENT, KO_STUDENT = build.STUDENTS

SETUP = """\
%matplotlib inline
import os

import numpy as np
from matplotlib.figure import Figure

import vitnp
from vitnp import show
from vitnp.system import cache, language

diagram = show.diagram
show.diagram = lambda config: diagram(config, lang=language.chosen())
"""


def cells():
    """A source: setup, a plain picture, one of `show`, and an exercise."""
    return [
        code(SETUP, metadata={"tags": ["setup"]}),
        code("print(os.listdir('.'), cache.folder().exists(), language.chosen())"),
        code("config = vitnp.preset('tiny')\nprint('one')\nshow.diagram(config)"),
        code("N = ...", metadata={"tags": ["exercise"]}),
        code("N = 1", metadata={"tags": ["solution"]}),
        code("if N is not ...: print('✓')", metadata={"tags": ["check"]}),
        code("print(language.chosen(), N)"),
    ]


@pytest.fixture(scope="module")
def outputs():
    """What one run of the cells gives."""
    return running.execute(cells(), 300)


def test_it_runs_in_english_with_an_empty_cache(outputs):
    assert outputs[1, False][0]["text"] == "[] False en\n"
    assert outputs[6, False][0]["text"] == "en 1\n", "drawing in Korean leaves the language as it was"


def test_an_exercise_is_run_as_it_is_and_solved(outputs):
    assert outputs[5, False] == [] and outputs[5, True][0]["text"] == "✓\n"
    assert build.solved_wrongly(cells(), outputs) == []


def test_a_picture_of_show_is_drawn_in_korean_for_the_korean_editions(outputs):
    english, korean = outputs[2, False], outputs[2, False, "ko"]
    assert [output["output_type"] for output in english] == ["stream", "execute_result"]
    assert [output["output_type"] for output in korean] == ["stream", "execute_result"]
    drawn = [output["data"]["image/png"] for output in (english[1], korean[1])]
    assert (drawn[0] != drawn[1]) == (page.korean_font() is not None)
    for output in (english[1], korean[1]):
        assert output["metadata"]["image/png"]["alt"]
        assert set(output["metadata"]) == {"image/png"}
    for edition, expected in ((EN, english), (KO, korean), (EN_SOLVED, english), (KO_SOLVED, korean)):
        made = build.assemble(cells(), edition, outputs)
        (found,) = (cell.outputs for cell in made.cells if cell.source.endswith("show.diagram(config)"))
        assert found[1].data == expected[1]["data"]


@pytest.mark.parametrize(
    ("last", "call"),
    [
        ("x = 1\nshow.curves(x)", "show.curves(x)"),
        ("%precision 3\nshow.curves(x)", "show.curves(x)"),
        ("figure = show.curves(x)", None),
        ("show.curves(x).axes", None),
        ("print(show.curves)", None),
        ("plt.show()", None),
    ],
)
def test_what_is_drawn_again(last, call):
    assert running.drawn(last) == call


def png(pixels):
    """A picture as a kernel gives it."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def colors(encoded):
    """The pixels of a picture, averaged over 4x4, and how many colors it has."""
    image = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    rows = np.asarray(image, float)
    height, width = (side // 4 * 4 for side in rows.shape[:2])
    mean = rows[:height, :width].reshape(height // 4, 4, width // 4, 4, 3).mean((1, 3))
    return mean, len(image.getcolors(1 << 20)), image.size


def test_a_sky_has_no_bands_and_a_plot_is_not_dithered():
    down, across = np.mgrid[0:400, 0:800]
    sky = np.stack([across * 0.3, down * 0.6, across * 0.2 + down * 0.2], axis=-1).astype(np.uint8)
    mean, count, _ = colors(running.smaller(png(sky)))
    assert count <= running.PHOTO
    banded = Image.fromarray(sky).quantize(running.PHOTO, kmeans=3, dither=Image.Dither.NONE).convert("RGB")
    with_bands, true = (colors(png(np.asarray(one)))[0] for one in (banded, sky))
    assert np.abs(mean - true).mean() < 0.7 * np.abs(with_bands - true).mean()
    plot = np.full((400, 800, 3), 255, np.uint8)
    plot[100:200, 100:300] = (0, 114, 178)
    assert colors(running.smaller(png(plot)))[1] == 2


def test_a_large_picture_is_reduced():
    assert colors(running.smaller(png(np.zeros((720, 1280, 3), np.uint8))))[2] == (747, 420)


SAID = "see `vitnp/steps/s1_patchify.py`, `vitnp/show/`, `vitnp/no.py`, "
SAID += "[풀이](../solutions/ko/05_a.ipynb), [6](06_b.ipynb)"


@pytest.mark.parametrize(
    ("edition", "up", "solutions"),
    [
        (KO, "../..", "[풀이](../solutions/ko/05_a.ipynb), [6](06_b.ipynb)"),
        (KO_SOLVED, "../../..", "풀이, [6](../../ko/06_b.ipynb)"),
        (KO_STUDENT, "../../..", "[풀이](../../solutions/ko/05_a.ipynb), [6](../../ko/06_b.ipynb)"),
    ],
)
def test_links_work_from_every_edition(edition, up, solutions):
    assert build.source_in(text(SAID), edition) == (
        f"see [vitnp/steps/s1_patchify.py]({up}/vitnp/steps/s1_patchify.py), [vitnp/show/]({up}/vitnp/show/), "
        f"`vitnp/no.py`, {solutions}"
    )


def test_a_heading_has_no_link():
    assert build.source_in(text("## `docs/cost.md`\n`docs/cost.md`"), EN) == (
        "## `docs/cost.md`\n[docs/cost.md](../docs/cost.md)"
    )


def test_how_to_install_on_colab_is_the_last_text_and_no_code(outputs):
    for edition in build.EDITIONS:
        *rest, last = build.assemble(cells(), edition).cells
        assert (
            last.cell_type == "markdown"
            and "%pip install -q git+https://github.com/OWNER/NAME" in last.source
        )
        assert not any("colab" in cell.source.lower() or "input(" in cell.source for cell in rest)
