"""The commands as a user types them: what they print, their exit status, and every bad option in one line."""

import os
import re
import subprocess
import sys

import pytest
from command_line import run

from vitnp import gradcheck, preset, tree, vit
from vitnp.commands import info
from vitnp.ops import softmax
from vitnp.ops.positions import POSITION_EMBEDDINGS


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
        ((), "arguments are required: COMMAND; vitnp --help shows"),
        (("fly",), "invalid choice: 'fly'"),
        (("info", "--batch", "two"), "--batch: invalid int value: 'two'; vitnp info --help shows"),
        (("info", "B/16", "a\nb"), "unrecognized arguments: a b; vitnp info --help shows"),
        (("walk", "--bakward"), "unrecognized arguments: --bakward; vitnp walk --help shows"),
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
