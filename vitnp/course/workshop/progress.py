"""`progress.json` of a student's folder: which steps pass, how often each was checked, which hints were shown.

    {"version": 1, "student": null, "lang": "ko", "level": "normal", "given": [1, …, 8],
     "steps": {"5": {"status": "wrong", "first_mistake": "diagonal", "checks": 3, "hints_used": 1, "hints": {"5.4": 1},
                     "gave_up": false, "started_at": "2026-03-02T10:00:00+09:00", "passed_at": null}},
     "history": [{"at": …, "step": 5, "status": …, "stage": …, "part": …, "mistake": …}]}

It changes inside `changing` alone, which locks the folder, so that `check` and `check --watch` lose nothing of each
other's. A file that cannot be read is moved aside, never overwritten. Imports `errors`, `system`, `template`.
"""

import contextlib
import datetime
import json
import os
import time
from pathlib import Path

from vitnp.course.workshop.template import LEVELS, STEPS
from vitnp.errors import InputError
from vitnp.system import language, reading
from vitnp.system.language import Text
from vitnp.system.lock import Locked
from vitnp.system.writing import beside

FILE = "progress.json"
VERSION = 1
MOST_HISTORY = 1000  # entries; the oldest go first
PATIENCE = 10.0  # seconds that a command waits for another one's change
PAUSE = 0.02
STEP = {  # of a step that was not checked yet
    "status": None,
    "first_mistake": None,
    "checks": 0,
    "hints_used": 0,
    "hints": {},
    "gave_up": False,
    "started_at": None,
    "passed_at": None,
}
TEXTS = ("status", "first_mistake", "started_at", "passed_at")  # or None


def begun(lang, level):
    """What a new folder has."""
    return {
        "version": VERSION,
        "student": None,
        "lang": lang,
        "level": level,
        "given": [],  # the steps that `new` has handed out
        "steps": {},
        "history": [],
    }


def read(folder):
    """The progress of a folder; of one without the file, as `begun`.

    Raises InputError for a file of a newer version, and for a damaged one, which is moved aside.
    """
    path = Path(folder) / FILE
    if not os.path.lexists(path):
        return begun(language.chosen(), "normal")
    text = reading.text(path, advice=f"give back the right to read it, or rename it: a new {FILE} is begun")
    try:
        found = reading.from_json(text)
        newer = found["version"] if isinstance(found, dict) else None
        if isinstance(newer, int) and newer > VERSION:
            raise InputError(
                Text(
                    f"{path}: 버전 {newer}의 파일인데 이 vitnp는 {VERSION}까지 압니다; vitnp를 업데이트하세요",
                    f"{path} is of version {newer}, and this vitnp knows version {VERSION}; update vitnp",
                ).in_()
            )
        need_usable(found)
    except InputError:
        raise
    except reading.DAMAGE as problem:
        raise moved_aside(path, str(problem) or type(problem).__name__) from None
    return found | {"steps": {step: STEP | entry for step, entry in found["steps"].items()}}


def need_usable(found):
    """Raise ValueError for what `changing` would not have written."""
    right = (
        found["version"] == VERSION
        and found["lang"] in language.LANGUAGES
        and found["level"] in LEVELS
        and isinstance(found["student"], str | None)
        and isinstance(found["history"], list)
        and all(isinstance(one, dict) for one in found["history"])
        and set(found["given"]) <= set(STEPS)
        and found["steps"].keys() <= {str(step) for step in STEPS}
        and all(usable_step(STEP | entry) for entry in found["steps"].values())
    )
    if not right:
        raise ValueError("a value in it is not one that vitnp writes")


def usable_step(entry):
    """Whether the values of a step are of the kinds of `STEP`."""
    counts = [entry["checks"], entry["hints_used"], *entry["hints"].values()]
    return (
        all(isinstance(entry[name], str | None) for name in TEXTS)
        and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in counts)
        and isinstance(entry["gave_up"], bool)
    )


def moved_aside(path, why):
    """The InputError for a damaged file, which has another name when it is raised."""
    names = (path.with_name(f"progress-damaged-{n}.json") for n in range(1, 10**6))
    aside = next(name for name in names if not os.path.lexists(name))
    os.rename(path, aside)
    return InputError(
        Text(
            f"{path}: 손상되어({why}) {aside.name}으로 옮겼습니다; 같은 명령을 다시 입력하면 새로 시작합니다",
            f"{path} is damaged ({why}) and was moved to {aside.name}; type the command again to begin a new one",
        ).in_()
    )


@contextlib.contextmanager
def changing(folder):
    """Yields the progress, and writes what the block has made of it. Of several processes one after the other."""
    locked = waited(folder)
    try:
        found = read(folder)
        yield found
        write(folder, found)
    finally:
        locked.close()


def waited(folder):
    """The lock of the folder, when the process that has it is done. Raises InputError after `PATIENCE` seconds."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return Locked(folder, what="another vitnp workshop")
        except InputError:
            if time.monotonic() > end or not os.path.isdir(folder):
                raise
            time.sleep(PAUSE)


def write(folder, progress):
    """Write the file, beside and renamed."""
    with beside(Path(folder) / FILE) as part:
        part.write_text(json.dumps(progress, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def entry(progress, step):
    """The values of a step, there from now on."""
    return progress["steps"].setdefault(str(step), STEP | {"hints": {}})


def now():
    """The time, as it is written."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def record(folder, outcome):
    """Count a check and keep what came out; the history has what is new about a step alone."""
    with changing(folder) as progress:
        at, of_step = now(), entry(progress, outcome.step)
        of_step["checks"] += 1
        of_step["status"] = outcome.status
        of_step["started_at"] = of_step["started_at"] or at
        of_step["first_mistake"] = of_step["first_mistake"] or outcome.mistake
        if outcome.status == "passed":
            of_step["passed_at"] = of_step["passed_at"] or at
        new = {name: getattr(outcome, name) for name in ("step", "status", "stage", "part", "mistake")}
        last = [old for old in progress["history"] if old.get("step") == outcome.step][-1:]
        if not last or new != {name: last[0].get(name) for name in new}:
            progress["history"] = [*progress["history"], {"at": at} | new][-MOST_HISTORY:]


def record_hint(folder, step, key):
    """Count a hint that was shown; key: the part, or the mistake, that it is about."""
    with changing(folder) as progress:
        of_step = entry(progress, step)
        of_step["hints"][key] = of_step["hints"].get(key, 0) + 1
        of_step["hints_used"] += 1


def record_giving_up(folder, step):
    """Keep that the solution of a step was looked at before it passed."""
    with changing(folder) as progress:
        entry(progress, step)["gave_up"] = True
