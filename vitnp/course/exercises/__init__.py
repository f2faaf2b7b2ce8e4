"""The checks of the notebooks' exercises: one line in a cell, `check("05.1", bytes_of_A)`.

`judge` says what is wrong with an answer; nNN has the exercises of notebook NN, a function for each, which knows the
right answer and the wrong ones that are often given.
"""

import importlib
import importlib.util
import inspect

from vitnp.course.exercises.judge import Unanswered, Wrong
from vitnp.errors import InputError, quoted


def check(exercise, *answers):
    """Print ✓ if the answers to an exercise, such as "05.1", are right, else what is wrong with them and a hint.

    Prints nothing while an answer is `...`, or a function that returns `...`. Whatever an answer is, it raises nothing;
    only an exception inside the student's own function passes through.
    """
    judged = find(exercise)
    _need_as_many(judged, exercise, answers)
    if any(answer is ... for answer in answers):
        return
    try:
        judged(*answers)
    except Unanswered:
        return
    except Wrong as wrong:
        first, *hint = wrong.lines()
        print(f"✗ {exercise}  {first}", *hint, sep="\n  ")
    else:
        print("✓")


def find(exercise):
    """The function that judges an exercise. Raises InputError where there is none of that number."""
    notebook, _, number = exercise.partition(".") if isinstance(exercise, str) else ("", "", "")
    module = f"{__name__}.n{notebook}"
    if not (notebook.isascii() and notebook.isdigit() and importlib.util.find_spec(module)):
        raise InputError(
            f'there is no exercise {quoted(exercise)}; write the notebook and the number, as in "05.1"'
        )
    exercises = importlib.import_module(module).EXERCISES
    if number not in map(str, exercises):
        raise InputError(
            f"there is no exercise {quoted(exercise)}; notebook {notebook} has 1 to {len(exercises)}"
        )
    return exercises[int(number)]


def _need_as_many(judged, exercise, answers):
    """Raise InputError unless the cell hands over as many values as the exercise has."""
    needed = inspect.signature(judged).parameters
    if len(answers) != len(needed):
        raise InputError(
            f'check("{exercise}", …) was given {len(answers)} values; it needs {len(needed)}: {", ".join(needed)}'
        )
