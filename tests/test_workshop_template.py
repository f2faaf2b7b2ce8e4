"""The files of a student: whole they are right, and a level leaves blank what it says."""

import ast
import re

import pytest

from vitnp.course.workshop import template
from vitnp.errors import InputError

each_step = pytest.mark.parametrize("step", template.STEPS)
each_language = pytest.mark.parametrize("lang", ("ko", "en"))


def functions(code):
    return {node.name: node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}


def hangul(text):
    return len(re.findall(r"[가-힣]", text))


@each_step
@each_language
@pytest.mark.parametrize("level", template.LEVELS)
def test_a_file_of_every_level_is_python_without_marks(step, lang, level):
    for code in (template.whole(step, lang), template.cut(step, level, lang)):
        ast.parse(code)
        assert not re.search(r"(ko|en|hard)\||\|hard|# (<<|>>|\?)", code)
        assert max(map(len, code.splitlines())) <= 110


@each_step
def test_the_languages_differ_in_words_alone(step):
    ko, en = (template.whole(step, lang) for lang in ("ko", "en"))
    assert hangul(ko) > 2 * hangul(en)  # the slide's title stands in both
    without = [re.sub(r'""".*?"""', "", code, flags=re.DOTALL) for code in (ko, en)]
    assert without[0] == without[1]


@each_step
def test_the_slides_title_is_in_both_files(step):
    for lang in ("ko", "en"):
        first, second = template.cut(step, "hard", lang).splitlines()[:2]
        assert f"{step}단계" in first and second.startswith(f"Step {step}")


@each_step
def test_normal_leaves_every_part_blank_and_nothing_else(step):
    code, real = template.cut(step), functions(template.whole(step))
    blanks = [f"{part} {what}" for part, what in template.parts(step).items()]
    assert re.findall(r'raise NotImplementedError\("(.*)"\)', code) == blanks
    for name, node in functions(code).items():
        body = [statement for statement in node.body if not isinstance(statement, ast.Expr)]
        assert [type(statement) for statement in body] == [ast.Raise], name
        assert ast.unparse(node.args) == ast.unparse(real[name].args)


@each_step
def test_easy_leaves_a_line_blank_at_a_time(step):
    code = template.cut(step, "easy")
    assert list(template.blanks_in(code)) == list(template.parts(step))
    assert all(" = ?" in blank for blank in re.findall(r'NotImplementedError\("(.*)"\)', code))
    given = set(template.whole(step).splitlines())
    assert all(line in given or "NotImplementedError" in line for line in code.splitlines())


@each_step
def test_hard_has_the_signatures_alone(step):
    beside = {6: {"block_forward", "block_backward"}, 8: {"loss_forward", "loss_backward"}}
    assert set(functions(template.cut(step, "hard"))) == {"forward", "backward"} | beside.get(step, set())


@each_step
def test_a_solution_is_short(step):
    """40 lines of NumPy at most; step 5, with its helpers, a few more."""
    code = re.sub(r'""".*?"""', "", template.whole(step), flags=re.DOTALL)
    lines = [line for line in code.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert 6 <= len(lines) <= 50


@each_language
def test_functions_of_a_notebooks_cell(lang):
    """In the order of the names and in the language, blank; and nothing that is not there."""
    both = template.cut_functions(6, ["backward", "forward"], lang)
    assert list(functions(both)) == ["backward", "forward"]
    assert list(template.blanks_in(both)) == ["6.2", "6.1"]
    assert ("평균과 분산에도" in both) == (lang == "ko")
    with pytest.raises(InputError, match=r'the function is "forwards"; did you mean'):
        template.cut_functions(6, ["forwards"], lang)


def test_step_of():
    assert [template.step_of(part) for part in (5, "5", "5.3")] == [5, 5, 5]
    with pytest.raises(InputError, match=r"no step or part 5\.9; give a step from 1 to 8"):
        template.step_of("5.9")


@pytest.mark.parametrize(("given", "what"), [({"level": "simple"}, "level"), ({"lang": "kr"}, "lang")])
def test_what_is_not_there_is_refused(given, what):
    with pytest.raises(InputError, match=f"{what} is"):
        template.cut(5, **given)
