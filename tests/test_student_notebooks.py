"""The student editions: the functions of a step are those of its template, and a student's notebook has its blanks.

The rules that hold for every notebook are in test_notebooks.py.
"""

import ast
import json
import re
import warnings

import matplotlib
import pytest
from test_notebooks import FOLDER, SOURCES, STEPS, build

from vitnp.course.workshop import helpers, template
from vitnp.system import language

matplotlib.use("Agg")
BY_STEP = {step: FOLDER / "src" / f"{stem}.py" for stem, step in STEPS.items()}
# Lines that are most of a function: none is in sight of a student.
GIVEN_AWAY = {
    1: r"swapaxes|B, -1, P",
    2: r"dy @ W|x\.T @ d|dy\.sum|rows\.T|patches @ W|@ p\[",
    3: r"np\.concatenate|\[:, 0\]\.sum|dz\[:, 1:\]",
    4: r'\+ p\["E_pos"\]|\.sum\(axis=0\)',
    5: r"@ p\[|K_heads\.swapaxes|A @ V_|dA \* A|@ dO|dS @|np\.einsum",
    6: r"along_|inverse_std \* \(|z \+ s5_|residual_1 \+|keepdims=True\)\) / np",
    7: r"np\.tanh|0\.044715 \* u|@ p\[|dg \*(?! gelu_slope)",
    8: r"x\[:, 0\]|@ W|@ p\[|log_prob|dz @",
}

each_step = pytest.mark.parametrize("step", template.STEPS)
each_student = pytest.mark.parametrize("edition", build.STUDENTS, ids=lambda edition: edition.lang)


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.setattr(language, "_used", [])


def parts(step):
    """The cells of a source that hold the step's functions."""
    return [cell for cell in build.read(BY_STEP[step]) if "student" in build.tags(cell)]


def functions(code):
    """{name: the function's syntax tree, as text, without its docstring}, in order; nothing else may be there."""
    found = {}
    for node in ast.parse(code).body:
        assert isinstance(node, ast.FunctionDef) and node.name not in found
        if ast.get_docstring(node) is not None:
            del node.body[0]
        found[node.name] = ast.dump(node)
    return found


def of_template(step):
    """The same of the whole template."""
    code = template.whole(step)
    nodes = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    return functions("\n\n".join(ast.get_source_segment(code, node) for node in nodes))


def cells(step, edition, *, filled=()):
    """The code of a student's notebook that runs without Jupyter; `filled`: the functions they have written."""
    whole = {tuple(functions(cell.source)): cell.source for cell in parts(step)}
    for cell in build.assemble(build.read(BY_STEP[step]), edition).cells:
        if cell.cell_type == "code":
            code = cell.source
            if "student" in build.tags(cell) and set(names := tuple(functions(code))) <= set(filled):
                code = whole[names]
            yield build.tags(cell), re.sub(r"^%.*$", "", code, flags=re.MULTILINE)


def outcome_of(step, edition, **how):
    """What the check of a student's notebook finds; only the setup, the functions and the check are run."""
    names = {}
    for tags, code in cells(step, edition, **how):
        if not {"setup", "student"}.isdisjoint(tags) or "workshop.check" in code:
            exec(code, names)
    return names["outcome"]


@each_step
def test_notebook_and_template_are_one_source(step):
    """Function by function, each once. Those of step 6's block are in notebook 06."""
    written = {}
    for cell in parts(step):
        found = functions(cell.source)
        assert not set(found) & set(written)
        written |= found
    assert written == of_template(step)


def test_a_changed_line_is_seen():
    code = template.whole(5)
    assert functions(template.cut_functions(5, ["softmax"])) != {"softmax": of_template(5)["softmax"]}
    changed = code.replace("dS @ K", "dS @ Q")
    assert changed != code and ast.dump(ast.parse(changed)) != ast.dump(ast.parse(code))


def test_only_the_steps_have_a_student_edition():
    with_students = [source.stem for source in SOURCES if len(build.editions(build.read(source))) == 6]
    assert with_students == list(STEPS)


@each_step
@each_student
def test_all_of_a_step_is_blank(step, edition):
    """The template's blanks, in the edition's language, and the check of all of its functions after the last."""
    made = build.assemble(build.read(BY_STEP[step]), edition).cells
    places = [i for i, cell in enumerate(made) if "student" in build.tags(cell)]
    code = "\n".join(made[i].source for i in places)
    blanks = re.findall(r'raise NotImplementedError\("(\S+ .*)"\)', code)
    assert sorted(blanks) == [f"{part} {what}" for part, what in template.parts(step).items()]
    text, check = made[places[-1] + 1 : places[-1] + 3]
    assert text.cell_type == "markdown" and text.source.startswith("## ")
    call = ast.parse(check.source).body[-1].value
    assert ast.unparse(call.func) == "workshop.check" and call.args[0].value == step
    handed = [(keyword.arg, keyword.value.id) for keyword in call.keywords]
    assert handed == [(name, name) for i in places for name in functions(made[i].source)]
    assert max(map(len, check.source.splitlines())) <= 96


@each_step
def test_a_helper_is_checked_below_its_cell(step):
    made = build.assemble(build.read(BY_STEP[step]), build.STUDENTS[0]).cells
    *places, _ = (i for i, cell in enumerate(made) if "student" in build.tags(cell))
    for i in places:
        names = list(functions(made[i].source))
        alone = f"outcome = workshop.check({step}, {', '.join(f'{name}={name}' for name in names)})"
        assert (made[i + 1].source == alone) == (set(names) <= set(helpers.DRAWN))


@pytest.mark.parametrize("step", STEPS.values())
@each_student
def test_the_opening_says_how_it_works(step, edition):
    """And links the complete edition; every link to a file leads somewhere."""
    path = edition.path(BY_STEP[step])
    opening = build.assemble(build.read(BY_STEP[step]), edition).cells[0].source
    assert opening.startswith(f"# {step} · ") and "`raise NotImplementedError`" in opening
    complete = build.Edition(edition.lang, False).path(BY_STEP[step]).resolve()
    links = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            links += re.findall(r"\]\((?!https?:|#)([^)]+)\)", "".join(cell["source"]))
    there = [(path.parent / link).resolve() for link in links]
    assert complete in there and all(link.exists() for link in there), links


@each_step
@each_student
def test_nothing_gives_a_function_away(step, edition):
    made = build.assemble(build.read(BY_STEP[step]), edition).cells
    assert not any({"answer", "solution"} & set(build.tags(cell)) for cell in made)
    for cell in made:
        if cell.cell_type == "code" and "setup" not in build.tags(cell):
            assert not re.search(GIVEN_AWAY[step], cell.source), cell.source


@each_step
def test_what_is_looked_for_is_in_the_functions(step):
    """So that the test above can fail."""
    assert re.search(GIVEN_AWAY[step], template.whole(step))


@each_step
def test_the_complete_editions_have_nothing_of_the_students(step):
    for edition in build.EDITIONS:
        made = build.assemble(build.read(BY_STEP[step]), edition).cells
        code = "\n".join(cell.source for cell in made)
        assert "NotImplementedError" not in code and "workshop" not in code
        assert not any("try" in build.tags(cell) for cell in made)
        assert any("answer" in build.tags(cell) for cell in made) or step in (4, 8)


@pytest.mark.parametrize(("step", "lang"), [(step, ("ko", "en")[step % 2]) for step in template.STEPS])
def test_a_notebook_with_the_functions_written_runs_to_its_end(step, lang, capsys, tmp_path, monkeypatch):
    """All of its cells, with the exercises unsolved; the check passes in between."""
    monkeypatch.chdir(tmp_path)
    edition = build.Edition(lang, False, student=True)
    names = {}
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
        for _, code in cells(step, edition, filled=of_template(step)):
            exec(code, names)
        names["plt"].close("all")
    assert names["outcome"].status == "passed", capsys.readouterr().out
    assert "…" not in [line.strip()[:1] for line in names["outcome"].lines]


@each_step
@each_student
def test_an_untouched_notebook_is_told_what_is_to_be_written(step, edition, capsys):
    outcome = outcome_of(step, edition)
    assert outcome.status == "blank"
    said = capsys.readouterr().out
    assert ("빈칸" if edition.lang == "ko" else "to be written") in said
    assert "Traceback" not in said and f"{step}." in said


def test_a_notebook_half_written_is_told_what_comes_next(capsys):
    """Step 5 with its helpers: what is right of them, and that forward is next."""
    helpers = ["softmax", "softmax_backward", "split", "merge", "dense_backward"]
    outcome = outcome_of(5, build.STUDENTS[0], filled=helpers)
    assert (outcome.status, outcome.part) == ("blank", "5.6")
    assert all(f"{name} ✓" in " ".join(capsys.readouterr().out.split()) for name in helpers[:1])


@each_student
def test_what_is_wrong_is_no_bare_assertion_error(edition):
    """An assert below a student's function says what to do."""
    names = {}
    with pytest.raises(
        AssertionError, match="마지막 함수 아래" if edition.lang == "ko" else "the last function"
    ):
        for _, code in cells(3, edition, filled=["forward", "backward"]):
            if "np.concatenate" in code:
                code = code.replace("[cls, x]", "[x, cls]")
            exec(code, names)


@each_step
@each_student
def test_every_assert_has_a_message(step, edition):
    made = build.assemble(build.read(BY_STEP[step]), edition).cells
    first = next(i for i, cell in enumerate(made) if "student" in build.tags(cell))
    codes = [cell.source for cell in made[first:] if cell.cell_type == "code"]
    asserts = [node for code in codes for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Assert)]
    assert asserts and all(node.msg.id == "NOT_YET" for node in asserts)


def test_messages_change_nothing_else():
    code = "for a in b:\n    assert (a ==\n        'é')  # é\nassert 1, 'said'; assert 2; assert 3"
    assert build.student_edition.with_messages(code) == (
        "for a in b:\n    assert (a ==\n        'é'), NOT_YET  # é\n"
        "assert 1, 'said'; assert 2, NOT_YET; assert 3, NOT_YET"
    )
