"""What was handed in: every zip below a folder, and every folder of step files, read within bounds.

Nothing is unpacked to the disk: of a zip the Python files beside the steps, and progress.json, are read into memory.
Whatever else is wrong with one is said in its row. Imports `errors`, `system`, `template`.
"""

import os
import re
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from vitnp.course.workshop import progress, template
from vitnp.errors import InputError, printable
from vitnp.system import reading
from vitnp.system.language import Text

MOST_FILES = 1000  # in a zip; a student's has ten
MOST_BYTES = 2**18  # of one file of them
MOST_ZIP = 2**24  # bytes of a zip, in which someone may have left pictures
MOST_HELPERS = 50  # Python files beside the steps
MOST_PLACES = 100_000  # files and folders below the teacher's folder
MOST_NAME = 100  # letters of a student's name
SKIPPED = re.compile(r"\..*|__MACOSX|__pycache__")
HELPER = re.compile(r"(?!test_)[a-zA-Z_]\w*\.py")
OTHER_ARCHIVES = re.compile(r".*\.(7z|rar|egg|alz|tar|tgz|tar\.\w+)", re.IGNORECASE)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others can ask for gigabytes
STEP_FILES = {f"{name}.py": step for step, name in template.STEPS.items()}


class Submission(NamedTuple):
    """One student's files. `problem` says why there are none, or what was left out; `student` is what they wrote."""

    file: str
    files: dict  # {name: bytes}: the steps, and the Python files beside them
    problem: Text | None = None
    progress: dict | None = None

    @property
    def steps(self):
        """The steps that were handed in."""
        return [step for file, step in STEP_FILES.items() if file in self.files]

    @property
    def student(self):
        """The name that the student gave, or ""."""
        return printable((self.progress or {}).get("student") or "")[:MOST_NAME]


class Refused(Exception):
    """A submission, or a file of it, that is not read; `text` says why."""

    def __init__(self, ko, en):
        super().__init__(en)
        self.text = Text(ko, en)


def found(folder):
    """Every `Submission` below a folder, by name. Raises InputError for what is no folder, and one without any."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give the folder that the students' zips are in")
    places, submissions = 0, []

    def closed(problem):
        submissions.append(submission(Path(problem.filename), folder, of_folder))

    for place, folders, names in os.walk(folder, onerror=closed):
        folders[:] = sorted(name for name in folders if not SKIPPED.fullmatch(name))
        places += len(folders) + len(names)
        if places > MOST_PLACES:
            raise InputError(
                f"{folder} has more than {MOST_PLACES:,} files in it; give the students' folder alone"
            )
        if set(names) & STEP_FILES.keys():
            submissions.append(submission(Path(place), folder, of_folder))
        zips = sorted(name for name in names if name.lower().endswith(".zip") and not SKIPPED.fullmatch(name))
        submissions += [submission(Path(place, name), folder, of_zip) for name in zips]
        others = [] if set(names) & STEP_FILES.keys() else sorted(filter(is_work_unread, names))
        submissions += [submission(Path(place, name), folder, of_nothing) for name in others]
    if not submissions:
        raise InputError(
            f"{folder} has no zip and no step file in it; give the folder that the students' zips are in"
        )
    return submissions


def submission(path, folder, read):
    """The `Submission` at a path, whatever is there."""
    name = readable(path.relative_to(folder) if path != folder else Path(path.absolute().name))
    try:
        return read(path, name)
    except Refused as problem:
        return Submission(name, {}, problem.text)
    except (*reading.DAMAGE, OSError, NotImplementedError, MemoryError) as problem:
        why = printable(getattr(problem, "strerror", None) or str(problem) or type(problem).__name__)
        return Submission(name, {}, Text(f"읽을 수 없음 ({why})", f"cannot be read ({why})"))


def readable(path):
    """The name of a file, also one that Windows in Korean has written in its own code."""
    raw = os.fsencode(path)
    for encoding in ("utf-8", "cp949"):
        try:
            return printable(raw.decode(encoding))
        except UnicodeDecodeError:
            pass
    return printable(raw.decode("utf-8", "replace"))


def of_folder(path, name):
    """The files of a folder; links are not followed."""
    entries = {entry.name: entry.stat(follow_symlinks=False) for entry in os.scandir(path)}
    regular = {file: found.st_size for file, found in entries.items() if stat.S_ISREG(found.st_mode)}
    return chosen(
        name, regular, lambda file: read_bounded(open(path / file, "rb")), linked=len(regular) < len(entries)
    )


def of_zip(path, name):
    """The files of a zip, those of the folder in it that has step files."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise Refused("일반 파일이 아님", "no regular file")
    if path.stat().st_size > MOST_ZIP:
        raise Refused(f"zip이 {MOST_ZIP:,}바이트보다 큼", f"a zip of more than {MOST_ZIP:,} bytes")
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if len(infos) > MOST_FILES:
            raise Refused(f"파일이 {len(infos):,}개", f"{len(infos):,} files in it")
        usable = {info.filename.replace("\\", "/"): info for info in infos if plain(info)}
        inside = PurePosixPath(folder_of_steps(usable))
        beside = {PurePosixPath(file).name: file for file in usable if PurePosixPath(file).parent == inside}
        if not beside.keys() & STEP_FILES.keys() and any(
            info.filename.lower().endswith(".zip") for info in infos
        ):
            raise Refused("zip 안에 zip이 있음: 풀어서 넣으세요", "a zip in the zip: unpack it first")
        sizes = {file: usable[where].file_size for file, where in beside.items()}
        odd = any(not plain(info) for info in infos if not info.is_dir())
        return chosen(name, sizes, lambda file: of_member(archive, usable[beside[file]]), linked=odd)


def is_work_unread(name):
    """Whether a file beside the zips is somebody's work all the same: another archive, a step under another name."""
    steps = [file.removesuffix(".py") for file in STEP_FILES]
    renamed = name.lower().endswith(".py") and any(step in name.lower() for step in steps)
    return not SKIPPED.fullmatch(name) and (renamed or bool(OTHER_ARCHIVES.fullmatch(name)))


def of_nothing(path, name):
    """Refuses what is not read, so that its student has a row."""
    if path.suffix.lower() == ".py":
        raise Refused(
            "단계 파일의 이름이 아님: 학생마다 폴더를 만들고 파일의 이름을 되돌리세요",
            "not the name of a step file: put it into a folder of the student's, under its own name",
        )
    raise Refused("zip이 아님: 풀어서 폴더로 넣으세요", "no zip: unpack it into a folder")


def plain(info):
    """Whether a member is a file below the zip's own folder: no link, no folder, no way out."""
    parts = info.filename.replace("\\", "/").split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    return (
        not info.is_dir()
        and ".." not in parts
        and parts[0] != ""
        and ":" not in parts[0]
        and kind in (0, stat.S_IFREG)
    )


def folder_of_steps(names):
    """The folder in a zip that has most step files, the uppermost of several."""
    steps = [PurePosixPath(name).parent for name in names if PurePosixPath(name).name in STEP_FILES]
    steps = [place for place in steps if not any(SKIPPED.fullmatch(part) for part in place.parts)]
    best = sorted(set(steps), key=lambda place: (-steps.count(place), len(place.parts), str(place)))
    return str(best[0]) if best else "."


def of_member(archive, info):
    """The bytes of a member. Raises Refused for what is locked or packed in another way."""
    if info.flag_bits & 1:
        raise Refused("암호가 걸린 zip", "a zip with a password")
    if info.compress_type not in METHODS:
        raise Refused("zip의 압축 방식을 읽을 수 없음", "packed in a way that is not read")
    return read_bounded(archive.open(info))


def read_bounded(stream):
    """All bytes of an open file. Raises Refused for too many, whatever it says of itself."""
    with stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise too_large(stream.name)
    return data


def too_large(file):
    """The refusal of a file."""
    name = os.path.basename(file)
    return Refused(f"{name}: {MOST_BYTES:,}바이트보다 큼", f"{name} has more than {MOST_BYTES:,} bytes")


def chosen(name, sizes, read, *, linked):
    """The `Submission` of the files that are wanted of {name: bytes}; linked: something was no plain file."""
    wanted = [file for file in sizes if file in STEP_FILES]
    helpers = [file for file in sizes if HELPER.fullmatch(file) and file not in STEP_FILES]
    left_out = (
        Text("링크나 폴더 밖의 파일은 읽지 않음", "links and files outside of it are not read")
        if linked
        else None
    )
    if not wanted:
        raise Refused("단계 파일이 없음", "no step file in it")
    for file in (*wanted, *helpers[:MOST_HELPERS]):
        if sizes[file] > MOST_BYTES:
            raise too_large(file)
    files = {file: read(file) for file in (*wanted, *helpers[:MOST_HELPERS])}
    return Submission(name, files, left_out, own_progress(sizes, read))


def own_progress(sizes, read):
    """What progress.json says, None where it cannot be used: it is the student's word, and shown only."""
    if sizes.get(progress.FILE, MOST_BYTES) >= MOST_BYTES:
        return None
    try:
        found = reading.from_json(read(progress.FILE).decode("utf-8"))
        progress.need_usable(found)
    except (*reading.DAMAGE, OSError, Refused):
        return None
    return found | {"steps": {step: progress.STEP | entry for step, entry in found["steps"].items()}}
