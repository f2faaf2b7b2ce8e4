"""The notebooks from their sources: one source, `src/NN_name.py`, gives four notebooks, that of a step six.

    NN_name.ipynb  ko/NN_name.ipynb  solutions/NN_name.ipynb  solutions/ko/NN_name.ipynb
    student/NN_name.ipynb  student/ko/NN_name.ipynb      (student_edition.py: its functions are to be written)

    python notebooks/build.py             build all          python notebooks/build.py 05 08   build some
    python notebooks/build.py --check     run all; fail if a notebook that is there is not what would be built

The code is run once (running.py). An exercise is run unsolved and then solved, in one go, so that all four editions get
their outputs from the same run; the student editions have none. In the Korean editions the pictures of `show` are
Korean. notebooks/README.md has the rules of the sources.
"""

import argparse
import copy
import pathlib
import posixpath
import re
import sys
import time
from typing import NamedTuple

import jupytext
import nbformat
import student_edition
from running import execute

from vitnp.course.lab.links import relinked
from vitnp.system.language import Text

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = ("en", "ko")
PATIENCE = 900  # seconds for one notebook, after which it hangs: on a busy machine the tour takes minutes
NAMED = re.compile(
    r"(?<!\[)`((?:vitnp|docs)/[\w./-]*)`(?!\])"
)  # a file or a folder of the project, in a text

HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)

# The end of every notebook. It does not know which copy of the repository it was opened from.
COLAB = Text(
    """\
**Colab에서 열었다면** 맨 위에 코드 셀을 하나 만들어 아래 줄을 실행하고, *런타임 → 세션 다시 시작*을 누른 뒤
(Colab이 다른 NumPy를 이미 불러왔을 수 있습니다) 처음부터 실행하세요. `OWNER/NAME`은 이 페이지의 주소에 있습니다.

```
%pip install -q git+https://github.com/OWNER/NAME
```""",
    """\
**On Colab**: run the line below in a new code cell at the top, choose *Runtime → Restart session* (Colab may have
loaded another NumPy), and run the notebook from the top. `OWNER/NAME` is in the address of this page.

```
%pip install -q git+https://github.com/OWNER/NAME
```""",
)

# At the end of the setup of the Korean editions: what the checks of the exercises say is then Korean.
KOREAN = """

from vitnp.system import language

language.use("ko")"""


class Edition(NamedTuple):
    """One of the notebooks made of a source."""

    lang: str
    solved: bool
    student: bool = False

    def folder(self):
        """Where its notebooks are."""
        folder = HERE / "student" if self.student else HERE / "solutions" if self.solved else HERE
        return folder / "ko" if self.lang == "ko" else folder

    def path(self, source):
        """Where it is written."""
        return self.folder() / f"{source.stem}.ipynb"


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
    """The cells of a source."""
    return jupytext.read(source, fmt="py:percent").cells


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


def assemble(cells, edition, outputs=None):
    """The notebook of one edition; without outputs, only its cells."""
    index = {id(cell): i for i, cell in enumerate(cells)}
    colab = nbformat.v4.new_markdown_cell(COLAB.in_(edition.lang), metadata={"tags": ["setup"]})
    mine = [*cells_of(cells, edition), colab]
    made, count, heading = [], 0, ""
    for n, cell in enumerate(mine):
        metadata = {"tags": tags(cell)} if tags(cell) else {}
        if cell.cell_type == "markdown":
            heading = [heading, *HEADING.findall(cell.source)][-1]
        new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        cell_made = new(source_in(cell, edition), id=f"cell-{n:03}", metadata=metadata)
        if cell.cell_type == "code" and outputs is not None:
            count += 1
            i = index[id(cell)]
            keys = [(i, True)] * edition.solved + [(i, False, edition.lang), (i, False)]
            cell_made.outputs = copy.deepcopy(next((outputs[key] for key in keys if key in outputs), []))
            cell_made.execution_count = count
            for output in cell_made.outputs:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
                if "image/png" in output.get(
                    "data", {}
                ):  # without a title or labels: what the section is about
                    output.metadata.setdefault("image/png", {})
                    output.metadata["image/png"]["alt"] = output.metadata["image/png"].get("alt") or heading
        made.append(cell_made)
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return nbformat.v4.new_notebook(cells=made, metadata=metadata)


def source_in(cell, edition):
    """What stands in a cell: the Korean editions' setup has a line more, and a text links that work from there."""
    if cell.cell_type == "code":
        return cell.source + KOREAN if "setup" in tags(cell) and edition.lang == "ko" else cell.source
    written = (
        "notebooks/ko" if edition.lang == "ko" else "notebooks"
    )  # the links of a source are written for there
    stands = f"notebooks/{edition.folder().relative_to(HERE).as_posix()}"
    named = "\n".join(
        line if line.startswith("#") else NAMED.sub(lambda found: linked(found[1], written), line)
        for line in cell.source.split("\n")
    )

    def where(name):
        if edition.solved and name.startswith("notebooks/solutions"):
            return None  # it is the solutions
        return posixpath.relpath(name, stands) + "/" * (HERE.parent / name).is_dir()

    return relinked(named, f"{written}/a notebook", where)


def linked(name, folder):
    """The name of a file of the project, as a link from a folder if it is there."""
    link = posixpath.relpath(name, folder) + "/" * name.endswith("/")
    return (
        f"[{name}]({link})" if (HERE.parent / name).exists() else f"`{name}`"
    )  # code does not look like a link


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
