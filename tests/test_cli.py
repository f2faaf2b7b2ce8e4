"""The commands as a user types them: what they print, their exit status, and every bad option in one line."""

import errno
import os
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest
from command_line import run

from vitnp import gradcheck, preset, tree, vit
from vitnp.commands import cli, info
from vitnp.ops import softmax
from vitnp.ops.positions import POSITION_EMBEDDINGS

ROOT = pathlib.Path(__file__).parents[1]
GOLDEN = ROOT / "tests/golden/huggingface_token/model.safetensors"


def test_python_m_vitnp():
    done = subprocess.run(
        [sys.executable, "-m", "vitnp", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("vitnp 0.")


def test_gradcheck_passes(capsys):
    status, out, _ = run(capsys, "gradcheck", "--seeds", "1")
    assert status == 0
    assert "blocks.1.attention.W_K" in out
    assert "every gradient is right" in out
    assert "✗" not in out


def test_as_many_seeds_as_are_asked_for(capsys, monkeypatch):
    asked, real = [], gradcheck.check
    monkeypatch.setattr(
        gradcheck,
        "check",
        lambda *given, seeds, **how: asked.append(seeds) or real(*given, seeds=seeds, **how),
    )
    assert run(capsys, *"gradcheck --seeds 2 --batch 1 --set num_layers=1".split())[0] == 0
    assert asked == [range(2)]


def test_gradcheck_of_variants(capsys):
    fields = "--set gelu=erf --set classifier=gap --set dropout_rate=0.2 --image-size 16x24"
    assert run(capsys, *f"gradcheck --seeds 1 --batch 1 {fields}".split())[0] == 0


@pytest.mark.parametrize(
    "fields", ["", "--set norm=pre --set tied=none --at-once", "--set source_length=1 --set target_length=1"]
)
def test_gradcheck_of_a_model_of_sequences(capsys, fields):
    """Also of one symbol, where no room is left for padding."""
    status, out, _ = run(capsys, *f"gradcheck --model transformer-tiny --seeds 1 {fields}".split())
    assert status == 0 and "x is the table of the source, as ids have no gradient" in out
    assert ("leaves at once" in out) == ("--at-once" in fields)


@pytest.mark.parametrize("kind", POSITION_EMBEDDINGS)
def test_gradcheck_of_a_wider_model(capsys, kind):
    """Random weights are smaller there: large ones bend so sharply that right differences are called wrong."""
    words = f"gradcheck --model digits --seeds 1 --set position_embedding={kind}"
    status, out, _ = run(capsys, *words.split())
    assert status == 0, out


def test_gradcheck_sees_a_wrong_backward(capsys, monkeypatch):
    monkeypatch.setattr(
        softmax, "backward", lambda dy, y: dy * y * (1.0 - y)
    )  # the diagonal of the Jacobian only
    status, out, _ = run(capsys, "gradcheck", "--seeds", "1")
    assert status == 1
    assert "✗ WRONG" in out
    assert "a gradient is WRONG" in out


def test_info(capsys):
    status, out, _ = run(capsys, "info", "B/16", "--batch", "8")
    assert status == 0
    parts = (
        "86,567,656",
        "17.564 G",
        "14 x 14 = 196",
        "8 images",
        "final norm and head",
        "AdamW's two means  ",
    )
    assert re.search(r"width of a head \(d_k\) +64\n", out)
    for part in parts:
        assert part in out


@pytest.mark.parametrize("model", ["digits", "tiny"])
def test_info_of_a_small_model_has_no_rows_of_zeros(capsys, model):
    """What is there is said in a unit that shows it."""
    _, out, _ = run(capsys, "info", model)
    assert not re.search(r" 0\.0+ [GM]", out)
    assert bool(re.search(r"  pre-logits +\d", out)) == (preset(model).representation_size is not None)
    parameters = tree.count(vit.init(None, preset(model)))
    assert f"parameters {parameters * 4 / 2**10:,.1f} KiB" in " ".join(out.split())


@pytest.mark.parametrize(
    ("given", "said"), [("1", ("1 image", "1 thread")), ("2", ("2 images", "2 threads"))]
)
def test_info_counts_in_words(capsys, given, said):
    out = run(capsys, "info", "digits", "--batch", given, "--workers", given)[1]
    assert f"peak of a training step, {', '.join(said)}, float32" in out
    assert f"kept for backward, {said[0]}, float32" in out


def test_units_begin_where_they_are_called():
    assert [info.billions(n) for n in (999_999, 10**6, 10**9)] == ["999,999", "1.000 M", "1.000 G"]


def test_a_reader_who_has_seen_enough():
    """`vitnp recipes | head -1`: no traceback, and not Python's own words on a pipe that is closed."""
    command = [sys.executable, "-m", "vitnp", "recipes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_a_console_without_the_letters_shows_question_marks():
    command = [
        sys.executable,
        "-m",
        "vitnp",
        "gradcheck",
        "--seeds",
        "1",
        "--batch",
        "1",
        "--set",
        "num_layers=1",
    ]
    environ = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert " ?\n" in done.stdout  # ✓


def test_info_of_the_largest_takes_no_memory(capsys):
    assert "632,045,800" in run(capsys, "info", "H/14")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("info B16", 'model "B16" is unknown; did you mean B/16'),
        ("info B/16 --set hidden_siez=4", "did you mean hidden_size"),
        ("info B/16 --set hidden_size=100", "hidden_size 100 is not divisible by num_heads 12"),
        ("info B/16 --set hidden_size=big", '"big" is not a number'),
        ("info B/16 --set hidden_size", "has no value"),
        ("info B/16 --image-size 230", "230x230 is not divisible by patch_size 16"),
        ("info B/16 --image-size wide", 'image-size "wide" is not a size'),
        ("info B/16 --batch 0", "--batch is 0"),
        ("walk --set num_classes=0 --backward", "--backward needs a loss"),
        ("walk --set preprocessing={'foo':[1]}", 'preprocessing field "foo" is unknown'),
        ("info --set num_layers=100000000", "at most 1,000"),
        ("info --set geul=erf", "did you mean gelu"),
        ("gradcheck --model B/16", "86,567,656 parameters, too many"),
        ("gradcheck --seeds 0", "--seeds is 0"),
        ("gradcheck --batch 99999999999999999999", "--batch is 99999999999999999999; need a whole number"),
        (
            "info tiny --workers 99999999999999999999",
            "--workers is 99999999999999999999; need a whole number",
        ),
        ("demo --out /dev/null/x", "cannot write into /dev/null/x"),
    ],
)
def test_bad_options_are_one_line_and_status_2(capsys, words, message):
    status, _, err = run(capsys, *words.split())
    assert status == 2
    assert message in err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fly",), "invalid choice: 'fly'"),
        (("info", "--batch", "two"), "--batch: invalid int value: 'two'; vitnp info --help shows"),
        (("info", "B/16", "a\nb"), "unrecognized arguments: a b; vitnp info --help shows"),
        (
            ("walk", "--bakward"),
            "unrecognized arguments: --bakward; did you mean --backward or --backend?; vitnp walk --help shows",
        ),
        (("weights", "list", "x"), "unrecognized arguments: x; vitnp weights list --help shows"),
        (("--verbose", "walk"), "unrecognized arguments: --verbose; vitnp --help shows"),
        (("train",), "one of the arguments --out --resume is required; vitnp train --help shows"),
        (("train", "--out", "x", "--freeze", "all"), "invalid choice: 'all'"),
        (("weights",), "required: WHAT; vitnp weights --help shows"),
        (("weights", "fetch"), "required: NAME; vitnp weights fetch --help shows"),
        (("weights", "convert", "a", "b"), "required: --format; vitnp weights convert --help shows"),
        (("look", "photo.jpg", "--weights", "x"), "required: --out; vitnp look --help shows"),
    ],
)
def test_words_that_are_no_command_are_one_line_too(capsys, words, message):
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1


def test_interrupt_is_status_130(capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(gradcheck, "check", interrupted)
    assert run(capsys, "gradcheck")[0] == 130


def test_a_thread_that_the_system_does_not_give(capsys, monkeypatch):
    """As under `ulimit -v` or `ulimit -u`; another RuntimeError is a defect of ours."""
    problem = RuntimeError("can't start new thread")
    problem.add_note("step-000000003.npz is saved")

    def full(*_, **__):
        raise problem

    monkeypatch.setattr("vitnp.commands.info.run", full)
    assert cli.main(["info", "B/16"]) == 2
    assert capsys.readouterr().err == (
        "vitnp: the system gives no more threads, or no memory for one (can't start new thread) "
        "step-000000003.npz is saved; give fewer --workers, or raise the limit\n"
    )
    problem = RuntimeError("another")
    with pytest.raises(RuntimeError, match="another"):
        cli.main(["info", "B/16"])


@pytest.mark.parametrize("why", ["Unable to allocate 8.00 TiB for an array", ""])
def test_too_little_memory_is_one_line_and_status_2(capsys, monkeypatch, why):
    def full(*_, **__):
        raise MemoryError(*[why] * bool(why))

    monkeypatch.setattr(gradcheck, "check", full)
    status, _, err = run(capsys, "gradcheck")
    assert status == 2
    assert err.startswith("vitnp: this needs more memory than there is")
    assert why in err and "()" not in err
    assert "give a smaller --image-size" in err
    assert err.count("\n") == 1


def started(*words, to=subprocess.PIPE, path="", **environment):
    """`python -m vitnp` with these words; path: a folder whose modules are found first."""
    return subprocess.run(
        [sys.executable, "-m", "vitnp", *words],
        stdout=to,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])} | environment,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "words", [("info", "tiny"), ("--help",), ("--version",), ("predict", "none.png", "--weights", "W")]
)
def test_a_full_disk_behind_the_output(tmp_path, words, unbuffered):
    words = [str(GOLDEN) if word == "W" else word for word in words]
    with open("/dev/full", "w") as full:
        done = started(*words, to=full, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert said[-1] == (
        "vitnp: cannot read or write the output or a file (No space left on device); "
        "check that it is there, its permissions, and the room on its disk"
    )
    assert all(line.startswith("vitnp: ") for line in said) and len(said) <= 2


@pytest.mark.parametrize(("words", "status"), [(["recipes"], 0), (["walk", "--model", "tiny"], 141)])
def test_a_reader_who_left(words, status):
    """Whoever only prints is done; of a check nobody knows the end, so its status is not that of a good end."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = started(*words, to=closed)
    assert (done.returncode, done.stderr) == (status, "")


@pytest.mark.parametrize(("streams", "said"), [(">&-", True), ("2>&-", False), (">&- 2>&-", False)])
def test_streams_that_are_closed(streams, said):
    """A file that is opened later must not take the place of standard output."""
    command = f"{sys.executable} -m vitnp info B16 {streams}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr.startswith("vitnp: model") if said else done.stderr == ""
    good = subprocess.run(["sh", "-c", command.replace("B16", "tiny")], capture_output=True, cwd=ROOT)
    assert (good.returncode, good.stderr) == (0, b"")


def test_an_error_stream_that_is_full_changes_no_status():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "vitnp", "info", "B16"]
        assert subprocess.run(command, stderr=full, cwd=ROOT).returncode == 2


@pytest.mark.parametrize("module", ["argparse", "difflib", "numpy"])
def test_ctrl_c_while_something_is_imported(tmp_path, module):
    (tmp_path / f"{module}.py").write_text("raise KeyboardInterrupt\n")
    done = started("info", "tiny", path=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "vitnp: interrupted\n")


def test_the_command_is_the_one_that_hears_ctrl_c_from_the_start():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert scripts == {"vitnp": "vitnp.__main__:main"}


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (OSError(errno.ENAMETOOLONG, "File name too long", "a" * 400), "cannot read or write aaa"),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x/\x1b[2Jy"),
            "/x/\ufffd[2Jy (Permission denied)",
        ),
        (OSError(errno.EIO, "Input/output error"), "the output or a file (Input/output error)"),
        (OSError("odd"), "the output or a file (odd)"),
    ],
)
def test_what_the_system_refuses_is_one_line_and_status_2(capsys, monkeypatch, problem, said):
    def refuse(*_, **__):
        raise problem

    monkeypatch.setattr(gradcheck, "check", refuse)
    status, _, err = run(capsys, "gradcheck")
    assert status == 2
    assert said in err and err.startswith("vitnp: cannot read or write ")
    assert err.count("\n") == 1 and err[:-1].isprintable() and len(err) < 310


@pytest.mark.parametrize(
    "mistake", [ValueError, TypeError, RecursionError, OverflowError, RuntimeError, KeyError]
)
def test_a_mistake_of_ours_keeps_its_traceback(monkeypatch, mistake):
    def wrong(*_, **__):
        raise mistake("of ours")

    monkeypatch.setattr(gradcheck, "check", wrong)
    with pytest.raises(mistake, match="of ours"):
        cli.main(["gradcheck"])


LONG = "a" * 300
ODD = [
    "",
    LONG,
    f"x/{LONG}",
    "loop",
    "pipe",
    "nul\0",
    "\udcff",
    "\x1b[2J",
    "/dev/null/x",
    "empty",
    "9" * 5000,
]


@pytest.mark.parametrize("value", ODD, ids=ascii)
@pytest.mark.parametrize(
    "words",
    [
        "predict VALUE --weights WEIGHTS",
        "predict none.png --weights VALUE",
        "predict none.png --weights WEIGHTS --labels VALUE",
        "look VALUE --weights WEIGHTS --out out",
        "walk VALUE --model tiny",
        "linear-eval --weights WEIGHTS --data VALUE",
        "vtab --weights WEIGHTS --data VALUE",
        "evaluate --weights WEIGHTS --data VALUE",
        "train --out out --data VALUE",
        "weights inspect VALUE",
        "weights convert VALUE out.npz --format vitnp",
        "weights convert WEIGHTS VALUE --format vitnp",
        "weights fetch VALUE",
        "info tiny --set VALUE",
        "info tiny --set layer_norm_eps=VALUE",
        "info tiny --image-size VALUE",
    ],
)
def test_an_odd_value_is_one_line_and_status_2(capsys, tmp_path, monkeypatch, words, value):
    monkeypatch.chdir(tmp_path)
    os.symlink("loop", "loop")
    os.mkfifo("pipe")
    open("empty", "w").close()
    named = {"VALUE": value, "WEIGHTS": str(GOLDEN)}
    words = [named.get(word, word.replace("VALUE", value)) for word in words.split()]
    status, _, err = run(capsys, *words)
    assert status == 2
    assert err.startswith("vitnp: ") and err.count("\n") == 1
    assert err[:-1].isprintable() and len(err) <= 310


def test_a_folder_called_test_keeps_its_name_in_korean(capsys):
    status, _, err = run(capsys, "train", "--resume", "test", "--lang", "ko")
    assert status == 2 and err.startswith(
        "vitnp: test에 이어서 할 학습이 없습니다: test/run.json을 읽을 수 없습니다("
    )
