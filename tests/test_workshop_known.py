"""The catalog of known mistakes: each one is recognized by its numbers, and no two are confused."""

import json
import re
import shutil

import pytest
from student_files import FILES

from vitnp.course.workshop import template
from vitnp.course.workshop.known import (
    BY_KEY,
    FAMILIES,
    MISTAKES,
    STAGES,
    Named,
    __main__,
    fingerprint,
    named,
    numbers,
)
from vitnp.course.workshop.known.kinds import executed, solution, with_mistakes
from vitnp.course.workshop.known.results import same

each_mistake = pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.key for mistake in MISTAKES])


def of_step(step):
    return [mistake for mistake in MISTAKES if mistake.step == step]


def test_there_are_enough_of_every_step():
    counts = {step: len(of_step(step)) for step in template.STEPS}
    assert counts[5] >= 100 and len(MISTAKES) >= 370
    assert min(counts.values()) >= 15
    functions = " ".join(new for mistake in MISTAKES for change in mistake.changes for new in change)
    assert "log_prob" in functions and "dp_norm_1" in functions  # of the loss and of the block, too


@each_mistake
def test_it_has_a_name_and_a_hint_in_both_languages(mistake):
    assert mistake.family in FAMILIES
    for text in (mistake.name, mistake.hint):
        assert re.search("[가-힣]", text.ko) and not re.search("[가-힣]", text.en)
        assert max(map(len, text)) <= 120
    assert mistake.hint.ko[-1] in ".?" and mistake.hint.en[-1] in ".?"
    assert not any(new and len(new) > 12 and new in mistake.hint.en for _, new in mistake.changes)


def test_no_two_have_the_same_name():
    for step in template.STEPS:
        for lang in ("ko", "en"):
            names = [mistake.name.in_(lang) for mistake in of_step(step)]
            assert len(set(names)) == len(names)


def test_families_and_stages_have_names():
    for text in (*FAMILIES.values(), *STAGES.values()):
        assert re.search("[가-힣]", text.ko) and not re.search("[가-힣]", text.en)
    assert {mistake.family for mistake in MISTAKES} == set(FAMILIES)


@each_mistake
def test_it_is_recognized(mistake):
    found = named(mistake.step, with_mistakes(mistake))
    assert found.mistake in (mistake.key, mistake.same_as)
    assert (found.family, found.also) == (mistake.family, ())
    assert found.stage in (STAGES if mistake.family != "writes" else (None,))


@pytest.mark.parametrize("step", template.STEPS)
def test_two_mistakes_have_different_numbers_unless_declared_the_same(step):
    kept = {mistake.key: numbers.kept()[mistake.key] for mistake in of_step(step)}
    for key, leaves in kept.items():
        twins = {
            other
            for other, numbers_of_other in kept.items()
            if numbers_of_other.keys() == leaves.keys()
            and all(same(leaves[name], numbers_of_other[name]) for name in leaves)
        }
        declared = {key, BY_KEY[key].same_as} | {other for other in twins if BY_KEY[other].same_as == key}
        assert twins <= declared
        assert len({BY_KEY[other].family for other in twins}) == 1


@pytest.mark.parametrize("step", template.STEPS)
def test_the_solution_has_no_mistake(step):
    assert named(step, solution(step)) == Named()


@pytest.mark.parametrize("step", FILES)
def test_neither_has_a_right_file_of_another_style(step):
    functions = executed(step, FILES[step])
    assert named(step, functions) == Named()
    assert all(
        same(leaf, fingerprint(step, functions)[name])
        for name, leaf in fingerprint(step, solution(step)).items()
    )


def test_the_numbers_are_those_of_the_catalog():
    """After a change of a template or of the catalog: python -m vitnp.course.workshop.known."""
    assert numbers.drift() == []
    assert numbers.FILE.stat().st_size <= 150_000


def test_the_last_digits_do_not_count_and_others_do(tmp_path, monkeypatch, capsys):
    file = tmp_path / "numbers.json"
    shutil.copy(numbers.FILE, file)
    monkeypatch.setattr(numbers, "FILE", file)
    found = json.loads(file.read_text("utf-8"))
    found["5_dx_no_Q"]["dx"][1] *= 1 + 1e-8
    file.write_text(numbers.text(found), encoding="utf-8")
    assert __main__.main(["--check"]) == 0
    found["5_dx_no_Q"]["dx"][1] *= 1 + 1e-4
    del found["1_zero_backward"]
    found["8_unknown"] = {"y": [1.0, 2.0, 3.0]}
    file.write_text(numbers.text(found), encoding="utf-8")
    assert __main__.main(["--check"]) == 1
    assert "out of date for 1_zero_backward, 5_dx_no_Q, 8_unknown; run python -m" in capsys.readouterr().out
    assert __main__.main([]) == 0
    assert __main__.main(["--check"]) == 0


def test_another_argument_is_told_the_usage(capsys):
    assert __main__.main(["--chekc"]) == 2
    assert capsys.readouterr().out == "usage: python -m vitnp.course.workshop.known [--check]\n"
