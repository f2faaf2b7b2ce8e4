"""The student edition of the notebook of a step: its functions are blank, helpers and the whole step are checked.

A cell with the tag "student" holds functions that are those of the step's template
(`vitnp/course/workshop/templates`), line by line. Here the blanks that the template cuts take their place.
"""

import ast
import re
import textwrap

import nbformat

from vitnp.course.workshop import template
from vitnp.course.workshop.helpers import DRAWN
from vitnp.system.language import Text

NAME = re.compile(r"solutions/(?:ko/)?((\d\d)_\w+)\.ipynb")  # of the notebook, in its opening
FUNCTION = re.compile(r"^def (\w+)", re.MULTILINE)
WIDTH = 92  # of the call of the check

OPENING = Text(
    """

**학생용 노트북입니다.** 위에서부터 셀을 실행하며 `raise NotImplementedError`를 코드로 바꾸세요. 마지막 함수
아래의 검사 셀이 틀린 곳을 알려 줍니다. [완성된 노트북]({name}.ipynb)""",
    """

**Student edition.** Run the cells from the top and replace each `raise NotImplementedError` by your code; the
check below the last function says what is wrong. [The complete notebook]({name}.ipynb)""",
)
CHECK = Text(
    """\
## 작성한 함수 검사
슬라이드의 shape, 기준값, 그래디언트를 차례로 검사하고 처음 틀린 곳에서 멈춥니다. 함수를 고치면 그 셀과 이 셀을
다시 실행하세요.""",
    """\
## Check your functions
It compares the slide's shapes, reference numbers and the gradient, and stops at the first that is wrong. After a
change, run the function's cell and this one again.""",
)
# What an assert says: a student may be wrong before all functions are there to be checked.
NOT_YET = Text(
    "위에서 작성한 함수 가운데 틀린 것이 있습니다. 마지막 함수 아래의 검사 셀이 자세히 알려 줍니다.",
    "a function of yours above is wrong; the check below the last function says more",
)


def is_part(cell):
    """Whether a cell holds functions of the step."""
    return "student" in cell.metadata.get("tags", [])


def made(cells, lang):
    """The cells of the student edition, from those that are in it."""
    name, number = NAME.search(cells[0].source).groups()
    first, *_, last = (i for i, cell in enumerate(cells) if is_part(cell))
    found, written = [], []
    for i, cell in enumerate(cells):
        copy = nbformat.from_dict(cell)
        if is_part(cell):
            names = FUNCTION.findall(cell.source)
            written += names
            copy.source = template.cut_functions(int(number), names, lang)
        elif cell.cell_type == "code" and i > first:
            copy.source = with_messages(cell.source)
        found.append(copy)
        if i == last:
            found += [text_cell(CHECK.in_(lang)), check_cell(int(number), written)]
        elif is_part(cell) and set(names) <= set(DRAWN):
            found.append(check_cell(int(number), names))  # a helper can be checked alone
    found[0].source += OPENING.in_(lang).format(name=name)
    setup = next(cell for cell in found[::-1] if "setup" in cell.metadata.get("tags", []))
    setup.source += f'\n\nfrom vitnp.course import workshop\n\nNOT_YET = "{NOT_YET.in_(lang)}"'
    return found


def with_messages(code):
    """The code with a message at each assert."""
    lines = [line.encode() for line in code.splitlines()]
    bare = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Assert) and not node.msg]
    for row, column in sorted([(node.end_lineno - 1, node.end_col_offset) for node in bare], reverse=True):
        lines[row] = lines[row][:column] + b", NOT_YET" + lines[row][column:]
    return b"\n".join(lines).decode()


def text_cell(source):
    """A text that only this edition has."""
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": ["try"]})


def check_cell(step, names):
    """The call of the workshop's check. (`check` is that of the exercises.)"""
    call = ", ".join([str(step), *(f"{name}={name}" for name in names)])
    if len(call) > WIDTH - len("outcome = workshop.check()"):
        lines = textwrap.wrap(call, WIDTH, initial_indent="    ", subsequent_indent="    ")
        call = "\n".join(["", *lines, ""])
    return nbformat.v4.new_code_cell(f"outcome = workshop.check({call})", metadata={"tags": ["try"]})
