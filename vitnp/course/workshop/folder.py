"""A student's folder: what `new` writes into it, and a folder opened.

    s1_patchify.py … s8_classify.py   to be written      README.md      the order, and what to type
    progress.json                     see `progress`     test_steps.py, pytest.ini   for `pytest -m step5`

Nothing that is there is overwritten. In a folder that a workshop is already in, `new` adds the files that are missing,
such as those of more steps; a file that a student wants anew is renamed first.

Imports `checking`, `progress`, `template`.
"""

import os
from pathlib import Path

from vitnp.course.workshop import progress, template
from vitnp.course.workshop.checking import check_step
from vitnp.errors import InputError, need_choice
from vitnp.system import language
from vitnp.system.language import Text
from vitnp.system.writing import as_input_error, beside

README = Path(__file__).with_name("readme")
STEP_TEST = """
@pytest.mark.step{step}
def test_step{step}():
    passes({step})
"""
TESTS = '''"""What `vitnp workshop check` checks, for pytest: `pytest -m step5` checks step 5, `pytest` all steps."""

from pathlib import Path

import pytest

from vitnp.course.workshop.folder import Folder

HERE = Folder(Path(__file__).parent)


def passes(step):
    if step not in HERE.steps and step not in HERE.progress["given"]:
        pytest.skip(f"step {step} was not handed out")
    outcome = HERE.outcome(step)
    if outcome.status != "passed":
        pytest.fail("\\n".join(outcome.lines), pytrace=False)

'''
IGNORED = "__pycache__/\n.pytest_cache/\n.lock\n*.part\n*.zip\nresult/\n"


def new(folder, *, lang=None, steps=None, level=None):
    """Write a folder, or what one lacks; returns the names of the files written, README.md last.

    lang and level are, by default, those of the workshop that is there; of a new one the locale's, and normal.
    """
    folder = Path(folder)
    steps = sorted(steps or template.STEPS)
    there = is_workshop(folder)
    if not there:
        need_empty(folder)
    old = progress.read(folder) if there else progress.begun(language.chosen(lang), level or "normal")
    lang, level = lang or old["lang"], level or old["level"]
    need_choice("lang", lang, language.LANGUAGES)
    need_choice("level", level, template.LEVELS)
    texts = {f"{template.STEPS[step]}.py": template.cut(step, level, lang) for step in steps}
    if there and all(os.path.lexists(folder / name) for name in texts):
        raise refusal(
            lang,
            f"{folder}에 이미 있는 파일: {', '.join(texts)}; 새로 받으려면 먼저 그 파일의 이름을 바꾸세요",
            f"{folder} has {', '.join(texts)} already; rename the file that you want anew, then type this again",
        )
    texts |= beside_the_steps(lang)
    with as_input_error(folder):
        folder.mkdir(parents=True, exist_ok=True)
    written = [name for name in texts if not os.path.lexists(folder / name)]
    for name in written:
        with beside(folder / name) as part:
            part.write_text(texts[name], encoding="utf-8", newline="\n")
    with progress.changing(folder) as found:
        given = sorted({*found["given"], *steps})
        found |= {"given": given} if there else {"lang": lang, "level": level, "given": given}
    return written


def beside_the_steps(lang):
    """{name: text} of the files that are the same for every step and level."""
    markers = [
        f"    step{step}: {template.source(step).splitlines()[1].partition(': ')[2]}"
        for step in template.STEPS
    ]
    return {
        "test_steps.py": TESTS + "\n".join(STEP_TEST.format(step=step) for step in template.STEPS),
        "pytest.ini": "\n".join(["[pytest]", "python_files = test_steps.py", "markers =", *markers]) + "\n",
        ".gitignore": IGNORED,
        "README.md": (README / f"{lang}.md").read_text("utf-8"),
    }


def steps_there(folder):
    """The steps whose files a folder has."""
    return [step for step, name in template.STEPS.items() if os.path.lexists(Path(folder) / f"{name}.py")]


def is_workshop(folder):
    """Whether a student's work is in a folder."""
    return os.path.lexists(Path(folder) / progress.FILE) or bool(steps_there(folder))


def need_empty(folder):
    """Raise InputError for what is no folder, or has something in it; a new repository of Git is as good as empty."""
    with as_input_error(folder):
        if os.path.lexists(folder) and not folder.is_dir():
            raise refusal(
                None,
                f"{folder}: 폴더가 아닙니다; 다른 이름을 쓰세요",
                f"{folder} is no folder; give another name",
            )
        if folder.is_dir() and set(os.listdir(folder)) - {".git"}:
            raise refusal(
                None,
                f"{folder}에 다른 파일이 있습니다; 새 폴더의 이름을 쓰세요",
                f"{folder} has other files in it; give the name of a new folder",
            )


def refusal(lang, ko, en):
    """The InputError in the student's language."""
    return InputError(Text(ko, en).in_(lang))


def steps_of(text, option="--steps"):
    """[1, 2, 5] for "1-2,5". Raises InputError for what is no list of steps."""
    steps = set()
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        last = last if dash else first
        if not {first, last} <= set(map(str, template.STEPS)) or int(first) > int(last):
            raise InputError(f'{option} "{text}" is no list of steps 1 to 8; write 5, 1-8, or 2,5-7')
        steps |= set(range(int(first), int(last) + 1))
    return sorted(steps)


class Folder:
    """A student's folder, opened. Raises InputError for one that no workshop is in."""

    def __init__(self, path="."):
        self.path = Path(path)
        if not is_workshop(self.path):
            raise refusal(
                None,
                f"{self.path.absolute()}에 워크숍 파일이 없습니다; 그 폴더로 가거나 --folder DIR를 쓰거나, "
                "새로 만드세요: vitnp workshop new my_vit",
                f"no workshop is in {self.path.absolute()}; go to its folder, give --folder DIR, or make one: "
                "vitnp workshop new my_vit",
            )
        self.progress = progress.read(self.path)
        self.lang, self.level = self.progress["lang"], self.progress["level"]

    @property
    def steps(self):
        """The steps that are there at this moment."""
        return steps_there(self.path)

    def file(self, step):
        """Where a step is."""
        return self.path / f"{template.STEPS[step]}.py"

    def need(self, part):
        """The step of "5", or of "5.4". Raises InputError where its file is missing."""
        step = template.step_of(part, self.lang)
        make = f"vitnp workshop new {self.path} --steps {step}"
        if step not in self.steps:
            raise refusal(
                self.lang,
                f"{self.file(step).name}: {self.path}에 없습니다; 만들려면: {make}",
                f"{self.file(step).name} is not in {self.path}; to make it: {make}",
            )
        return step

    def outcome(self, step, **how):
        """The `Outcome` of a check of a step; how: the seed and sizes of `check_step`. Nothing is recorded."""
        return check_step(step, self.file(step), lang=self.lang, **how)

    def record(self, outcome):
        """Keep an outcome in progress.json."""
        progress.record(self.path, outcome)
