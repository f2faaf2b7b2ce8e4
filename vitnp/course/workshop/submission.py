"""What a student hands in: my_vit-NAME.zip, or my_vit.zip, with the Python files, progress.json and report.json.

The same work gives the same bytes. report.json says what came out when it was made; `grade` checks everything again.
Imports `folder`, `progress`, `submissions`, `worth`.
"""

import datetime
import hashlib
import json
import re
import zipfile

from vitnp import __version__
from vitnp.course.workshop import progress
from vitnp.course.workshop.folder import refusal
from vitnp.course.workshop.grading.submissions import HELPER
from vitnp.course.workshop.worth import points
from vitnp.errors import quoted
from vitnp.system.writing import beside

REPORT = "report.json"
MOST_NAME = 60  # characters
DATE = (1980, 1, 1, 0, 0, 0)  # of every file in the zip: the earliest that there is


def submit(folder, name=None):
    """(path of the zip, its report); name: the student's, kept in progress.json for the next time, or None."""
    name = folder.progress["student"] if name is None else name
    own = "" if name is None else f"-{in_a_file_name(name, folder.lang)}"
    path = folder.path / f"{folder.path.absolute().name}{own}.zip"
    report = report_of(folder, name)
    with progress.changing(folder.path) as found:
        found["student"] = name
    files = {name: (folder.path / name).read_bytes() for name in own_files(folder)}
    files[progress.FILE] = (folder.path / progress.FILE).read_bytes()
    files[REPORT] = (json.dumps(report, ensure_ascii=False, indent=1) + "\n").encode()
    with beside(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in files.items():
            info = zipfile.ZipInfo(file, DATE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, data)
    return path, report


def own_files(folder):
    """The names of the steps, and of the Python files beside them, which they may import."""
    steps = [folder.file(step).name for step in folder.steps]
    files = (path.name for path in folder.path.glob("*.py") if path.is_file())
    beside_them = sorted(name for name in files if HELPER.fullmatch(name))
    return [*steps, *(name for name in beside_them if name not in steps)]


def in_a_file_name(name, lang):
    """The name with - for what no system takes in the name of a file. Raises InputError if nothing is left."""
    kept = re.sub(r"[^\w.]+", "-", name).strip("-._")[:MOST_NAME]
    if not kept or not name.isprintable():
        raise refusal(
            lang,
            f"--name {quoted(name)}에는 파일 이름에 쓸 글자가 없습니다; 글자나 숫자로 된 이름을 쓰세요",
            f"--name {quoted(name)} has nothing for the name of a file; give one of letters or digits",
        )
    return kept


def report_of(folder, name):
    """What the files are worth as they are now: every step is checked, nothing is counted."""
    steps = {}
    for step in folder.steps:
        outcome = folder.outcome(step)
        kept = progress.STEP | folder.progress["steps"].get(str(step), {})
        steps[str(step)] = {
            "status": outcome.status,
            "points": points(outcome),
            "hints": kept["hints_used"],
            "gave_up": kept["gave_up"],
            "mistake": outcome.mistake,
            "seconds": seconds(kept["started_at"], kept["passed_at"]),
            "sha256": hashlib.sha256(folder.file(step).read_bytes()).hexdigest(),
        }
    return {"student": name, "version": __version__, "steps": steps}


def seconds(start, end):
    """From the first check to the one that passed, or None."""
    try:
        return round(
            (datetime.datetime.fromisoformat(end) - datetime.datetime.fromisoformat(start)).total_seconds()
        )
    except (TypeError, ValueError):  # not passed yet; a time that somebody wrote
        return None
