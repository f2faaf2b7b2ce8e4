"""`grade`: what is handed in is read within bounds, checked in a process that is fresh and ends, and counted right."""

import csv
import io
import json
import os
import subprocess
import threading
import types
import zipfile
from pathlib import Path

import pytest
from submissions import HARMFUL, IMPORTS, RIGHT, STEP3, STEP4, WAYS_OUT, ZIPS, link, packed

from vitnp import InputError
from vitnp.course.workshop import known, progress, template
from vitnp.course.workshop.grading import compared, grades, mistakes, sandbox, submissions
from vitnp.system.language import Text

SOON, AMPLE = sandbox.Limits(2.0, 2048), sandbox.Limits(120.0, 2048)
STEP5 = "s5_attention.py"
DIAGONAL = template.whole(5).replace("A * (dA - common)", "A * (1 - A) * dA")


def one(files, name="kim", **more):
    """A submission of {name: code}."""
    return submissions.Submission(name, {file: code.encode() for file, code in files.items()}, **more)


def graded(*found, limits=AMPLE, **how):
    """The grades, the same numbers every time."""
    return grades.grade(found, **{"seed": 7, "workers": 2, "limits": limits} | how)


def notes(done):
    """{file: (points, note)}."""
    return {row["file"]: (row["points"], row["note"]) for row in grades.table(done)}


def test_right_and_wrong():
    """A right one has all points, one with a wrong backward those of forward, a wrong forward none."""
    found = [
        one({STEP5: template.whole(5), STEP3: RIGHT}, "right"),
        one({STEP5: DIAGONAL}, "diagonal"),
        one({STEP5: template.whole(5).replace("np.sqrt(Q.shape[-1])", "7")}, "for one size"),
        one({STEP5: template.cut(5)}, "blank"),
        one({STEP5: template.cut(5, "hard")}, "hard"),
        one({STEP5: "from attention import *", "attention.py": template.whole(5)}, "helper"),
    ]
    done = graded(*found)
    assert (done.steps, done.full, done.defects) == ([3, 5], 16, [])
    assert {row.submission.file: done.total(row) for row in done.rows} == {
        "right": 16,
        "diagonal": 3,
        "for one size": 0,
        "blank": 0,
        "hard": 0,
        "helper": 8,
    }
    row = grades.table(done)[0]
    assert (row["step 3"], row["step 5"], row["same as"]) == (8, 8, "3: solution; 5: solution")
    assert grades.table(done)[1]["step 3"] == ""
    assert done.rows[1].results[5].stage == "gradient"
    assert mistakes.counted(done)[0]._replace(name="") == mistakes.Counted(5, "", 1, 1)
    assert "shape" in notes(done)["for one size"][1] or "y[" in notes(done)["for one size"][1]
    assert grades.last_said(["t", "  ✗ a", "  ✓ b", "  ✗ c", "    d ✗", "e" * 999]) == f"✗ c d ✗ {'e' * 192}"
    assert grades.table(graded(found[0], steps=[5]))[0]["of"] == 8


def test_backward_that_is_blank():
    """What is there counts: forward is right, backward is not written."""
    text = template.whole(5)
    blank = (
        text[: text.index("    x, p, Q, K, V, A, concat = saved")] + '    raise NotImplementedError("5.7")\n'
    )
    done = graded(one({STEP5: blank}))
    assert (done.total(done.rows[0]), done.rows[0].results[5].status) == (3, "blank")


def test_what_harms_is_ended():
    """Each in its own process; every one is a row that says what happened."""
    endless = {name for name, (_, words) in HARMFUL.items() if not words or "2 s" in words}
    found = {}
    for limits, names in ((SOON, endless), (AMPLE, HARMFUL.keys() - endless)):
        done = graded(*(one({STEP3: HARMFUL[name][0]}, name) for name in sorted(names)), limits=limits)
        assert not done.defects
        found |= notes(done)
    assert len(found) == len(HARMFUL) >= 15 and len(endless) >= 4
    for name, (_, words) in HARMFUL.items():
        points, note = found[name]
        assert points == 0 and note and words in note, (name, note)


def test_the_steps_after_one_that_ends_the_process_are_checked():
    files = {STEP3: "import os\nos._exit(3)", STEP4: template.whole(4), "s2_project.py": template.whole(2)}
    done = graded(one(files))
    assert done.total(done.rows[0]) == 16
    assert notes(done)["kim"][1] == "3: ended the program by itself (exit status 3)"


GREEDY = "import numpy as np\nmine = np.ones(200 * 2**20 // 8)\n"  # 200 MB, which a process of 512 has once


@pytest.mark.parametrize("forks", [True, False])
def test_a_step_leaves_nothing_for_the_next(monkeypatch, forks):
    """Neither what it changes, nor its memory, nor what it has begun; each is a process, with forks and without."""
    monkeypatch.setattr(sandbox, "FORKS", forks and sandbox.FORKS)
    beside = "import numpy as np\nif np.ones is not None: np.ones = None\n"
    files = {"s1_patchify.py": GREEDY + template.whole(1), "s2_project.py": GREEDY + template.whole(2)}
    files |= {STEP3: beside + RIGHT, STEP4: template.whole(4)}
    done = graded(one(files), limits=sandbox.Limits(120.0, 512))
    assert [done.rows[0].points(step) for step in (1, 2, 3, 4)] == [8, 8, 0, 8]
    assert notes(done)["kim"][1].startswith("3: ✗ import changes numpy.ones, which is not of this file")
    code = "import atexit, os, threading, time\natexit.register(time.sleep, 1000)\n"
    code += "try: threading.Thread(target=time.sleep, args=[1000]).start()\nexcept RuntimeError: pass\n"
    assert graded(one({STEP3: code + RIGHT, STEP4: template.whole(4)})).rows[0].points(3) == 8


@pytest.mark.skipif(not sandbox.FORKS, reason="only a fork has to be ended by itself")
def test_a_step_cannot_leave_the_processes_that_are_ended(monkeypatch):
    forks, end = [], sandbox.end
    monkeypatch.setattr(sandbox, "end", lambda process, fork: (forks.append(fork), end(process, fork)))
    code = (
        "import os, time\nfor leave in (os.setsid, os.setpgrp):\n    try: leave()\n    except OSError: pass\n"
    )
    done = graded(one({STEP3: f"{code}time.sleep(1000)"}), limits=SOON)
    assert "not at its end" in notes(done)["kim"][1]
    state = Path(f"/proc/{forks[0]}/stat")
    assert not state.exists() or state.read_text().split()[2] in "ZX"


def test_pictures_are_not_drawn():
    """Matplotlib, which needs fonts and a cache outside of the fence, is there in name."""
    code = """import matplotlib
import matplotlib.pyplot as plt
from mpl_toolkits.axes_grid1 import make_axes_locatable
fig, axes = plt.subplots(1, 2, figsize=(3, 4))
with plt.style.context("ggplot"):
    axes[0].imshow([[0]])[0].set_title("a")
plt.rcParams["figure.dpi"] = 100
for ax in axes.flat:
    ax.plot([1], "o")
plt.show()
"""
    done = graded(one({STEP3: code + RIGHT}))
    assert done.total(done.rows[0]) == 8, notes(done)


def test_no_way_out(tmp_path, monkeypatch):
    """A student's code changes, starts and reads nothing that is not its own; Python's own files it can import."""
    monkeypatch.setenv("SECRET", "of the teacher")
    target = tmp_path / "precious" / "file"
    target.parent.mkdir()
    target.write_text("precious")
    tries = "".join(
        f"try:\n    {code}\n    allowed.append({name!r})\nexcept PermissionError: pass\n"
        f"except BaseException as error: allowed.append({name!r} + repr(error))\n"
        for name, code in WAYS_OUT.items()
    )
    code = f"{IMPORTS}TARGET, allowed = {str(target)!r}, []\n{tries}"
    code += (
        "import colorsys, helper\nallowed += [helper.a, os.environ.get('SECRET'), open(__file__).read(6)]\n"
    )
    done = graded(one({STEP3: f"{code}raise ValueError(allowed)", "helper.py": "a = 1"}))
    assert "ValueError: [1, None, 'import']" in notes(done)["kim"][1]
    assert target.read_text() == "precious" and os.listdir(target.parent) == ["file"]


def test_a_process_is_ended_with_its_children():
    command = ["sh", "-c", "sleep 1000 & echo $!; wait"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, start_new_session=True, **pipes)
    child = int(process.stdout.readline())
    sandbox.end(process)
    assert process.stdout.read() == b""  # nobody has the other end any more
    process.stdout.close()
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] in "ZX"


def answered(*answers, stop=False):
    """What a conversation makes of a process that answers so: dicts with the token, bytes as they are."""
    there, here = os.pipe()
    process = types.SimpleNamespace(
        stdin=io.BytesIO(), stdout=os.fdopen(there, "rb"), wait=lambda: 1, kill=lambda: None
    )
    event = threading.Event()
    if stop:
        event.set()
    job = sandbox.Job(0, grades.SIZES._asdict(), "en", AMPLE)
    talk = sandbox.Conversation(
        process, [3, 4], job, event, io.BytesIO(b"Traceback\nMemoryError: too little\n")
    )
    for answer in answers:
        line = answer if isinstance(answer, bytes) else f"{talk.token} {json.dumps(answer)}\n".encode()
        os.write(here, line)
    os.close(here)
    try:
        return talk.results()
    finally:
        talk.ears.join()


PASSED = {"step": 3, "status": "passed", "stage": "time"}


def test_answers_without_the_token_are_not_heard():
    fake = json.dumps(PASSED).encode() + b"\n"
    found = answered({"ready": True}, {"begin": 3}, fake, b"0" * 32 + b" " + fake, b"\xff\n")
    assert found[3].status == "broken" and found[3].lines == ("ended the program by itself (exit status 1)",)
    found = answered({"ready": True}, {"begin": 3}, PASSED)  # it ended between two steps
    assert [found[step].status for step in (3, 4)] == ["passed", "broken"]
    found = answered({"ready": True}, {"begin": 3}, fake, PASSED, {"begin": 4}, PASSED | {"step": 4})
    assert [found[step].status for step in (3, 4)] == ["passed", "passed"]


def test_a_defect_of_ours_is_no_students_fault():
    found = answered(
        {"ready": True}, {"begin": 3}, {"defect": "ValueError: ours"}, {"begin": 4}, PASSED | {"step": 4}
    )
    assert found[3].defect == "ValueError: ours" and found[4].status == "passed"
    row = grades.Row(one({STEP3: ""}), found, {}, [])
    assert grades.Grades([row], [3, 4], 0, "en").defects == [("kim", 3, "ValueError: ours")]


def test_a_process_that_does_not_start():
    with pytest.raises(InputError, match=r"does not start \(MemoryError: too little\); .* fewer --workers"):
        answered()
    assert answered(stop=True) == {}


def test_a_stop_ends_what_runs():
    stop = threading.Event()
    job = sandbox.Job(0, grades.SIZES._asdict(), "en", sandbox.Limits(1000.0, 2048))
    threading.Timer(1.0, stop.set).start()
    assert sandbox.checked({STEP3: b"while True: pass"}, [3], job, stop) == {}


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip(tmp_path, name):
    data, files, words = ZIPS[name]
    (tmp_path / "a.zip").write_bytes(data)
    (found,) = submissions.found(tmp_path)
    assert found.file == "a.zip" and set(found.files) == files
    assert (found.problem is None) == (words is None)
    assert words is None or words in found.problem.en
    if STEP3 in files:
        assert found.files[STEP3] == RIGHT.encode() or name == "twice"
    if not files:
        assert notes(graded(found, steps=[3]))["a.zip"] == (0, found.problem.en)


def test_where_submissions_are_found(tmp_path):
    """Zips in subfolders, bare folders, names of every kind; no links, no hidden folders."""
    data = packed({STEP3: RIGHT})
    for place in ("b/홍길동_12/과제.ZIP", ".hidden/a.zip", "__MACOSX/a.zip", "a.zip"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / os.fsdecode("김.zip".encode("cp949"))).write_bytes(data)
    for folder in ("lee", "lee/.git", "no steps"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ("x.txt" if folder == "no steps" else STEP3)).write_text(RIGHT)
    (tmp_path / "link.zip").symlink_to("a.zip")
    (tmp_path / "linked").symlink_to("lee")
    (tmp_path / "lee" / STEP4).symlink_to(tmp_path / "b")
    os.mkfifo(tmp_path / "pipe.zip")
    found = {each.file: each for each in submissions.found(tmp_path)}
    assert set(found) == {"a.zip", "b/홍길동_12/과제.ZIP", "김.zip", "lee", "link.zip", "pipe.zip"}
    assert set(found["lee"].files) == {STEP3} and "links" in found["lee"].problem.en
    assert found["link.zip"].problem.en == found["pipe.zip"].problem.en == "no regular file"


def test_work_that_is_not_read_has_a_row(tmp_path):
    """Nobody is left out without a word: other archives, and single files as an LMS renames them."""
    (tmp_path / "a.zip").write_bytes(packed({STEP3: RIGHT}))
    others = ["choi.tar.gz", "kim.7z", "lee.RAR", "park_123_S3_class_token.py", "s3_class_token (1).py"]
    for name in [*others, "notes.txt", "grades.csv", ".hidden.7z", "run.py"]:
        (tmp_path / name).write_bytes(b"x")
    found = {one.file: one.problem and one.problem.en for one in submissions.found(tmp_path)}
    assert set(found) == {"a.zip", *others} and found["a.zip"] is None
    assert all(found[name] == "no zip: unpack it into a folder" for name in others[:3])
    assert all(found[name].startswith("not the name of a step file: ") for name in others[3:])
    (tmp_path / "kim").mkdir()  # the advice works
    for name in (STEP3, "s3_class_token_old.py"):
        (tmp_path / "kim" / name).write_text(RIGHT)
    assert [one.file for one in submissions.found(tmp_path) if one.file.startswith("kim")] == [
        "kim.7z",
        "kim",
    ]


def test_a_folder_that_is_itself_a_submission(tmp_path):
    (tmp_path / STEP3).write_text(RIGHT)
    (found,) = submissions.found(tmp_path)
    assert (found.file, found.steps) == (tmp_path.name, [3])


def test_where_there_is_nothing_to_grade(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="has no zip and no step file"):
        submissions.found(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        submissions.found(tmp_path / "missing")
    monkeypatch.setattr(submissions, "MOST_PLACES", 1)
    for name in "ab":
        (tmp_path / name).write_text("")
    with pytest.raises(InputError, match="more than 1 files"):
        submissions.found(tmp_path)
    (tmp_path / "a").unlink()
    monkeypatch.setattr(submissions, "MOST_ZIP", 3)
    (tmp_path / "b").rename(tmp_path / "b.zip")
    (tmp_path / "b.zip").write_bytes(b"four")
    assert "more than 3 bytes" in submissions.found(tmp_path)[0].problem.en


def test_what_a_student_says_of_the_work(tmp_path):
    """Their progress.json is shown, and a damaged one left out."""
    own = progress.begun("ko", "easy") | {
        "student": "김\n철수",
        "steps": {"3": {"hints_used": 2, "gave_up": True}},
    }
    for name, text in {"a": json.dumps(own), "b": "{", "c": "[" * 10**5, "d": '{"version": 1}'}.items():
        (tmp_path / f"{name}.zip").write_bytes(packed({STEP3: RIGHT, "progress.json": text}))
    found = submissions.found(tmp_path)
    assert [each.student for each in found] == ["김\ufffd철수", "", "", ""]
    row = grades.Row(found[0], {}, {}, [])
    table = grades.table(grades.Grades([row], [3], 0, "ko"))[0]
    assert (table["hints"], table["gave up"]) == (2, "3")


def test_what_is_the_same():
    text = template.whole(5)
    changed = text.replace('"""', '"""Mine. ', 1).replace("    dA = dO", "    # so\n    dA  =  dO")
    renamed = text.replace("common", "total")
    found = [one({STEP5: renamed}, "a"), one({STEP5: changed.replace("common", "total")}, "b")]
    found += [one({STEP5: template.cut(5, level)}, level) for level in ("easy", "normal", "normal")]
    found += [one({STEP5: text.replace("dS = softmax", "dT = softmax")}, "c"), one({STEP5: "def ("}, "d")]
    assert compared.same_as(found) == {"a": {5: ["b"]}, "b": {5: ["a"]}}
    assert compared.same_as([one({STEP5: text}, "e")]) == {"e": {5: ["solution"]}}


def test_imports_that_a_step_does_not_need():
    text = "import os, numpy as np\nfrom vitnp.steps.s5_attention import forward\nimport s3_class_token, helper\n"
    text += "np.allclose = max\nexec('x')\nx.shape = 3\n"
    files = {STEP5: text.encode(), "helper.py": b"import sys", "s6_layer_norm.py": template.whole(6).encode()}
    assert compared.odd_imports(files) == [
        "exec",
        "np.allclose =",
        "os",
        "sys",
        "vitnp.steps.s5_attention.forward",
    ]
    assert (
        compared.odd_imports({f"{n}.py": template.whole(s).encode() for s, n in template.STEPS.items()}) == []
    )


@pytest.mark.parametrize(
    "text", ["-" * 10**5 + "1", "(" * 10**5, "x" + ".a" * 10**5, "a\0b", "\ufeffx", "\x80"]
)
def test_code_that_no_parser_likes(text):
    assert compared.odd_imports({STEP5: text.encode("latin-1", "replace")}) == []
    compared.fingerprint(text.encode("latin-1", "replace"))


class Mistake:
    """What `known.BY_KEY` has of one."""

    step, name = 5, Text("√d_k를 빠뜨림", "√d_k forgotten")


def four(monkeypatch):
    """Grades of four: two have a known mistake still, one had it, one has another of a known family."""
    monkeypatch.setitem(known.BY_KEY, "scale", Mistake)
    monkeypatch.setitem(known.FAMILIES, "softmax", Text("softmax의 역전파", "backward of the softmax"))
    before = {"steps": {"5": progress.STEP | {"first_mistake": "scale"}}}
    unknown = {"steps": {"5": progress.STEP | {"first_mistake": "=1"}}, "student": "=cmd()"}
    wrong = {"step": 5, "status": "wrong", "stage": "gradient", "passed": ["numbers"]}
    results = [
        sandbox.Result(**wrong, mistake="scale", family="softmax"),
        sandbox.Result(**wrong, mistake="scale"),
        sandbox.Result(**wrong, family="softmax"),
        sandbox.Result(5, "passed"),
    ]
    owns = [before, None, unknown, before]
    found = [one({STEP5: ""}, f"=s{n}", progress=own) for n, own in enumerate(owns)]
    rows = [grades.Row(each, {5: result}, {}, []) for each, result in zip(found, results, strict=True)]
    return grades.Grades(rows, [5], 7, "en")


def test_the_table_of_mistakes(monkeypatch):
    counted = four(monkeypatch)
    assert mistakes.counted(counted) == [
        mistakes.Counted(5, "√d_k forgotten", 3, 2),
        mistakes.Counted(5, "backward of the softmax", 1, 1),
    ]
    assert mistakes.counted(counted._replace(lang="ko"))[0].name == "√d_k를 빠뜨림"


def test_the_csv(monkeypatch, tmp_path):
    """For a spreadsheet: it sees UTF-8, and no name is a formula."""
    counted = four(monkeypatch)
    grades.save_csv(tmp_path / "grades.csv", counted)
    assert (tmp_path / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with open(tmp_path / "grades.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["'=s0", "'=s1", "'=s2", "'=s3"]
    assert [row["points"] for row in rows] == ["3", "3", "3", "8"]
    assert rows[2]["student"] == "'=cmd()"
    assert [row["mistakes"] for row in rows][::2] == ["5: √d_k forgotten", "5: backward of the softmax"]


def test_no_cell_is_a_formula():
    cells = ("=1", "+1", "-1", "@x", "\t=1", "＝1", "a=1", -1, 3)
    assert [grades.safe(value) for value in cells] == [
        "'=1",
        "'+1",
        "'-1",
        "'@x",
        "'\t=1",
        "'＝1",
        "a=1",
        "'-1",
        3,
    ]


def test_which_members_of_a_zip_are_files():
    names = [
        "a.py",
        "v/a.py",
        "v\\a.py",
        "v/",
        "../a.py",
        "v/../a.py",
        "..\\a.py",
        "/a.py",
        "\\a.py",
        "C:/a.py",
    ]
    assert [submissions.plain(zipfile.ZipInfo(name)) for name in names] == [True] * 3 + [False] * 7
    assert not submissions.plain(*link("a.py", "b"))
    assert submissions.folder_of_steps([f"a/{STEP3}", STEP3, f"__MACOSX/{STEP3}", f"__MACOSX/{STEP4}"]) == "."
    assert submissions.folder_of_steps([STEP3, f"a/{STEP3}", f"a/{STEP4}", f"b/{STEP3}", f"b/{STEP4}"]) == "a"
    assert submissions.folder_of_steps(["a.py"]) == "."


def test_gradescope(tmp_path):
    """The keys of its specification: score, output, tests with name, score, max_score, status, output."""
    done = graded(one({STEP3: RIGHT, STEP5: DIAGONAL}), steps=[3, 4, 5])
    grades.save_gradescope(tmp_path / "results.json", done)
    found = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert found["score"] == 11 == sum(test["score"] for test in found["tests"])
    assert [test["max_score"] for test in found["tests"]] == [8, 8, 8]
    assert [test["status"] for test in found["tests"]] == ["passed", "failed", "failed"]
    assert "s5_attention.py" in found["tests"][2]["output"] and "s4_position" in found["tests"][1]["output"]


def test_the_numbers_are_the_seeds_and_the_sizes_others_than_a_check_has():
    """The same seed gives the same; three images that are not square, H ≠ N, all sizes different."""
    sizes = grades.SIZES
    assert (
        sizes.B == 3 and sizes.rows != sizes.cols and sizes.D % sizes.H == 0 and len(set(sizes)) == len(sizes)
    )
    backward = "\ndef backward(dy, saved): pass\n"
    value = one({STEP3: f"def forward(x, p): raise ValueError(x.flat[0]){backward}"})
    found = [graded(value, seed=seed).rows[0].results[3].lines for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2] and "ValueError: " in " ".join(found[0])
    pair = "def forward(x, p): return np.concatenate([np.tile(p['cls'], (len(x), 1, 1)), x], 1), x.shape"
    shape = f"import numpy as np\n{pair}\ndef backward(dy, saved): raise ValueError(saved)\n"
    done = graded(one({STEP3: shape}))
    assert f"ValueError: ({sizes.B}, {sizes.N - 1}, {sizes.D})" in " ".join(done.rows[0].results[3].lines)
    assert done.total(done.rows[0]) == 3
    assert 0 <= graded(one({STEP3: ""}), seed=None).seed < 10**6
