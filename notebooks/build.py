"""The notebooks from their sources: one source, `src/NN_name.py`, gives four notebooks, that of a step six.

    NN_name.ipynb  ko/NN_name.ipynb  solutions/NN_name.ipynb  solutions/ko/NN_name.ipynb
    student/NN_name.ipynb  student/ko/NN_name.ipynb      (student_edition.py: its functions are to be written)

    python notebooks/build.py             build all          python notebooks/build.py 05 08   build some
    python notebooks/build.py --check     run all; fail if a notebook that is there is not what would be built

The code is run once. An exercise is run unsolved and then solved, in one go, so that all four editions get their
outputs from the same run; the student editions have none. notebooks/README.md has the rules of the sources.
"""

import argparse
import base64
import copy
import io
import pathlib
import re
import sys
import tempfile
import time
from typing import NamedTuple

import jupytext
import nbformat
import student_edition
from nbclient import NotebookClient
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = ("en", "ko")
PATIENCE = 900  # seconds for one notebook, after which it hangs: on a busy machine the tour takes minutes
PICTURE, COLORS = (860, 420), 128  # at most: a title, some code and it fit a slide of 1280x720
SLIDE_LINES = 6  # of code, if it is more than one cell

# Put below the title of every notebook. The notebook does not know which copy of the repository it was opened from.
COLAB = """\
import sys

if "google.colab" in sys.modules:
    repository = input("Address of the repository this notebook was opened from: ")
    %pip install -q git+{repository}"""

# At the end of the setup of the Korean editions: what the checks of the exercises say is then Korean.
KOREAN = """

from vitnp.system import language

language.use("ko")"""


class Edition(NamedTuple):
    """One of the notebooks made of a source."""

    lang: str
    solved: bool
    student: bool = False

    def path(self, source):
        """Where it is written."""
        folder = HERE / "student" if self.student else HERE / "solutions" if self.solved else HERE
        return (folder / "ko" if self.lang == "ko" else folder) / f"{source.stem}.ipynb"


EDITIONS = [Edition(lang, solved) for solved in (False, True) for lang in LANGUAGES]
STUDENTS = [Edition(lang, False, student=True) for lang in LANGUAGES]


def editions(cells):
    """The editions of a source: for students only where there are functions for them to write."""
    return EDITIONS + STUDENTS if any(map(student_edition.is_part, cells)) else EDITIONS


def sources(numbers=()):
    """The sources, all or those whose number is asked for, in order."""
    found = sorted((HERE / "src").glob("[0-9][0-9]_*.py"))
    return [source for source in found if not numbers or source.stem[:2] in numbers]


def read(source):
    """The cells of a source, with the Colab cell below the two titles."""
    cells = jupytext.read(source, fmt="py:percent").cells
    return [*cells[:2], nbformat.v4.new_code_cell(COLAB, metadata={"tags": ["setup"]}), *cells[2:]]


def tags(cell):
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def cells_of(cells, edition):
    """The cells of one edition: one language's text; the exercise, or the solution in its place.

    The model answer to a question is a text with the tag of a solution. What gives the functions of the step away is
    left out for students ("answer"), and what stands there for them is theirs alone ("try").
    """
    left_out = {"exercise" if edition.solved else "solution", "answer" if edition.student else "try"}
    mine = [
        cell
        for cell in cells
        if cell.metadata.get("lang", edition.lang) == edition.lang and left_out.isdisjoint(tags(cell))
    ]
    return student_edition.made(mine, edition.lang) if edition.student else mine


def execute(cells, seconds):
    """Run the code once: {(index of the cell, solved): outputs}. Raises what the code raises."""
    plan = []  # (index, solved) in the order of the run
    for i, cell in enumerate(cells):
        if cell.cell_type == "code" and {"solution", "try"}.isdisjoint(tags(cell)):
            plan.append((i, False))
            if "check" in tags(cell):  # after the placeholder; now the solution, and the same check again
                plan += [(i - 1, True), (i, True)]
    run = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cells[i].source) for i, _ in plan])
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            run,
            kernel_name="python3",
            timeout_func=lambda cell: max(1, end - time.monotonic()),
            extra_arguments=["--log-level=ERROR"],
            coalesce_streams=True,
            store_widget_state=False,
            record_timing=False,
            resources={"metadata": {"path": folder}},
        ).execute()
    return {key: [tidy(output) for output in cell.outputs] for key, cell in zip(plan, run.cells, strict=True)}


def tidy(output):
    """An output as it is committed: small pictures, nothing that changes from run to run."""
    if output.get("name") == "stderr":
        raise SystemExit(f"a cell wrote to stderr; a notebook shows no warnings:\n{output.text}")
    if "image/png" in output.get("data", {}):
        output.data["image/png"] = smaller(output.data["image/png"])
    output.pop("execution_count", None)
    if "metadata" in output:
        output.metadata = {}
    return output


def smaller(png):
    """A PNG, base64, no larger than PICTURE and of COLORS colors."""
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    image.thumbnail(PICTURE, Image.Resampling.LANCZOS)
    file = io.BytesIO()
    few = image.quantize(COLORS, kmeans=3, dither=Image.Dither.NONE)  # without kmeans, green eyes are brown
    few.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def slide_types(cells):
    """Where a slide begins: at a text (a heading goes right, the others down), and where the code would not fit.

    One cell that shows something fits, and SLIDE_LINES lines.
    """
    types, lines, shown = [], 0, False
    for cell in cells:
        if cell.cell_type == "markdown":
            types.append("slide" if cell.source.startswith(("# ", "## ")) else "subslide")
            lines, shown = 0, False
        elif "setup" in tags(cell):
            types.append("skip")
        else:
            more = cell.source.count("\n") + 1
            full = lines and (lines + more > SLIDE_LINES or (shown and shows(cell)))
            types.append("subslide" if full else "fragment")
            lines, shown = (more, shows(cell)) if full else (lines + more, shown or shows(cell))
    return types


def shows(cell):
    """Whether a cell gives something to look at: it prints, or does not end in an assignment, assert or return."""
    silent = re.match(r"assert |    return|[\w, ]+(\[.*\])? \|?= ", cell.source.splitlines()[-1])
    return "print(" in cell.source or not silent


def assemble(cells, edition, outputs=None):
    """The notebook of one edition; without outputs, only its cells."""
    index = {id(cell): i for i, cell in enumerate(cells)}
    mine = cells_of(cells, edition)
    made, count = [], 0
    for n, (cell, slide_type) in enumerate(zip(mine, slide_types(mine), strict=True)):
        metadata = {"slideshow": {"slide_type": slide_type}}
        if tags(cell):
            metadata["tags"] = tags(cell)
        new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        cell_made = new(source_in(cell, edition.lang), id=f"cell-{n:03}", metadata=metadata)
        if cell.cell_type == "code" and outputs is not None:
            count += 1
            i = index[id(cell)]
            cell_made.outputs = copy.deepcopy(outputs.get((i, edition.solved), outputs.get((i, False), [])))
            cell_made.execution_count = count
            for output in cell_made.outputs:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
        made.append(cell_made)
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return nbformat.v4.new_notebook(cells=made, metadata=metadata)


def source_in(cell, lang):
    """What stands in a cell: the Korean editions' setup has a line more."""
    is_setup = "setup" in tags(cell) and cell.source != COLAB
    return cell.source + KOREAN if is_setup and lang == "ko" else cell.source


def bare(notebook):
    """The cells of a notebook without what running it adds."""
    return [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells]


def is_current(source, edition, cells=None):
    """Whether the notebook that is there has the cells that would be built."""
    path = edition.path(source)
    return path.exists() and bare(nbformat.read(path, as_version=4)) == bare(
        assemble(cells or read(source), edition)
    )


def solved_wrongly(cells, outputs):
    """The checks of exercises that said anything unsolved, or anything but ✓ when solved."""
    said = {key: "".join(output.get("text", "?") for output in found) for key, found in outputs.items()}
    return [
        i
        for i, cell in enumerate(cells)
        if "check" in tags(cell) and (said[i, False], said[i, True]) != ("", "✓\n")
    ]


def main(arguments=None):
    """Build, or check: 0, or 1 and a line for what is wrong."""
    parser = argparse.ArgumentParser(description="Build the notebooks from notebooks/src, or check them.")
    parser.add_argument("numbers", nargs="*", help="only these, such as 05 08")
    parser.add_argument("--check", action="store_true", help="run all and compare; write nothing")
    options = parser.parse_args(arguments)
    wrong = 0
    for source in sources(options.numbers):
        began = time.monotonic()
        cells = read(source)
        outputs = execute(cells, PATIENCE)
        problems = [
            f"the check in cell {i} is not silent unsolved and ✓ solved"
            for i in solved_wrongly(cells, outputs)
        ]
        for edition in editions(cells):
            path = edition.path(source)
            if not options.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                nbformat.write(assemble(cells, edition, None if edition.student else outputs), path)
            elif not is_current(source, edition, cells):
                problems.append(f"{path.relative_to(HERE)} is not what make notebooks would write")
        print(
            f"{source.stem:32} {time.monotonic() - began:5.1f} s  {'; '.join(problems) or 'ok'}", flush=True
        )
        wrong += len(problems)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
