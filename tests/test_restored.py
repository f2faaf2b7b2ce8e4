"""Each field of a checkpoint and of a table of rows is checked for its kind, also where the checksum is right."""

import copy
import json
import os
import shutil

import numpy as np
import pytest
from test_train_command import SMALL, run
from test_train_runs import rewrite

from vitnp import InputError
from vitnp.commands import cli
from vitnp.training import metrics, snapshots
from vitnp.training.loop import Progress
from vitnp.training.restored import restored
from vitnp.training.snapshots import CHECKSUM, REST, checksum

pytestmark = pytest.mark.usefixtures("plain_curves")

HISTORY = [[1, 0.5, 0.5, 0.5, 0.1, 1.0, 100.0]]
REST_OF = Progress({}, {}, None, np.random.default_rng(0).bit_generator.state).rest() | {"history": HISTORY}

WRONG = {
    "epoch": ["x", -1, 1.5, True, None, [1], 10**5000],
    "steps": ["x", -1, 1.5, True, None],
    "step": ["x", -1, 1.5, False, None, 2**63],
    "images": [None, -1],
    "loss_sum": ["x", -1.0, float("nan"), float("inf"), None, True, 10**400],
    "seconds": [None, float("inf")],
    "history": [5, None, [5], [[1]], [[1, 2, 3]], [["x"] * 7], [[1] * 6 + [None]], [[0.5] * 7], {"a": 1}],
    "scale": [1, [], [1.0], ["x", 0], [0.0, 0], [float("inf"), 0], [1.0, -1], [1.0, 0, 0]],
    "generator": [5, "x", {}, {"bit_generator": "MT19937"}, {"bit_generator": "PCG64", "state": 5}],
    "finished": [0, 1, "x", None],
}


@pytest.mark.parametrize("name", REST_OF)
def test_a_field_of_another_kind(name):
    assert restored({"p": {}, "optimizer": {}}, copy.deepcopy(REST_OF)).history[0].epoch == 1
    for value in WRONG[name]:
        with pytest.raises(InputError):
            restored({"p": {}, "optimizer": {}}, REST_OF | {name: value})
    with pytest.raises(InputError, match=f"its state is not whole: {name}"):
        restored({"p": {}, "optimizer": {}}, {key: value for key, value in REST_OF.items() if key != name})


def test_a_state_that_is_none():
    for rest in (5, [], REST_OF | {"more": 1}):
        with pytest.raises(InputError, match="its state is not whole"):
            restored({"p": {}, "optimizer": {}}, rest)


@pytest.fixture(scope="module")
def two_steps(tmp_path_factory):
    """A run of two steps that did not write its model yet."""
    folder = tmp_path_factory.mktemp("two") / "run"
    words = f"{SMALL} --steps 2 --workers 1 --log-every 1 --save-every 1 --out".replace("--epochs 1 ", "")
    assert cli.main(["train", *words.split(), str(folder)]) == 0
    (folder / "model.npz").unlink()
    return folder


def changed(folder, change):
    """Change the arrays of the newest checkpoint, and sign it anew."""
    file = max(folder.glob("checkpoints/*"))
    with np.load(file) as found:
        arrays = {name: array for name, array in found.items() if name != CHECKSUM}
    change(arrays)
    np.savez(file, **arrays, **{CHECKSUM: np.array(checksum(arrays))})


W = "p.blocks.0.attention.W_Q"
ARRAYS = {
    "one number": lambda z: z.update({W: np.array(1.0, "f4")}),
    "one row": lambda z: z.update({W: z[W][:1]}),
    "complex": lambda z: z.update({W: z[W] + 5j}),
    "whole numbers": lambda z: z.update({W: (z[W] * 99).astype(int)}),
    "float64": lambda z: z.update({W: z[W].astype("f8")}),
    "missing": lambda z: z.pop(W),
    "one more": lambda z: z.update({"p.x": np.zeros(3, "f4")}),
    "NaN": lambda z: z.update({W: z[W] * np.nan}),
    "optimizer of one number": lambda z: z.update({"optimizer.v": np.array(0.5)}),
    "optimizer of other leaves": lambda z: z.update({"optimizer.v": z["optimizer.v"][1:]}),
    "optimizer without m": lambda z: z.pop("optimizer.m"),
    "step of the optimizer": lambda z: z.update({"optimizer.step": np.array(1.5)}),
    "opt step of another place": lambda z: z.update({"optimizer.step": np.array(3)}),
    "a leaf that is a tree": lambda z: z.update({"p": np.zeros(3, "f4")}),
    "a tree that is a leaf": lambda z: z.update({f"{W}.x": np.zeros(3, "f4")}),
    "a tree of another name": lambda z: z.update({"q": np.zeros(3, "f4")}),
    "a name without end": lambda z: z.update({"p" + ".a" * 20_000: np.zeros(3, "f4")}),
    "optimizer with a name without end": lambda z: z.update({"optimizer" + ".a" * 20_000: np.zeros(3, "f4")}),
}


@pytest.mark.parametrize("what", ARRAYS)
def test_arrays_that_are_not_the_models(capsys, two_steps, tmp_path, what):
    """Signed by whoever changed them; resumed or begun from, they are refused."""
    shutil.copytree(two_steps, tmp_path / "run")
    changed(tmp_path / "run", ARRAYS[what])
    status, _, err = run(capsys, "--resume", tmp_path / "run")
    assert (status, err.count("\n")) == (2, 1), err
    assert not (tmp_path / "run" / "model.npz").exists()


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "5",
        "",
        "{",
        '{"run": null}',
        '{"run": {"model": 5}}',
        "[" * 10**5,
        '{"step": ' + "9" * 5000 + "}",
    ],
    ids=range(8),
)
def test_a_text_that_is_no_state(capsys, two_steps, tmp_path, text):
    shutil.copytree(two_steps, tmp_path / "run")
    changed(tmp_path / "run", lambda arrays: arrays.update({REST: np.array(text)}))
    status, _, err = run(capsys, "--resume", tmp_path / "run")
    assert (status, err.count("\n")) == (2, 1), err
    assert "step-000000002.npz is a checkpoint of another version of vitnp (" in err


@pytest.mark.parametrize(
    ("name", "value"),
    [("step", 0), ("step", 1), ("step", 9**9), ("finished", False), ("finished, step", (False, 9))],
)
def test_a_place_that_is_not_in_the_training(capsys, two_steps, tmp_path, name, value):
    """The whole run of two steps: finished, with nothing done of the next epoch."""
    shutil.copytree(two_steps, tmp_path / "run")
    file = max((tmp_path / "run").glob("checkpoints/*"))
    values = value if isinstance(value, tuple) else (value,)
    rewrite(file, lambda rest: rest | dict(zip(name.split(", "), values, strict=True)))
    status, _, err = run(capsys, "--resume", tmp_path / "run")
    assert (status, err.count("\n")) == (2, 1), err
    assert "is in no place of a training of 2 steps: epoch 2, step 0 of it, " in err
    assert not (tmp_path / "run" / "model.npz").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("epoch", 0), ("epoch", 2), ("steps", 0), ("steps", 9), ("images", 0), ("generator", None)],
)
def test_a_place_in_the_middle_that_is_none(capsys, two_steps, tmp_path, name, value):
    shutil.copytree(two_steps, tmp_path / "run")
    first, last = sorted((tmp_path / "run").glob("checkpoints/*"))
    last.unlink()
    rewrite(first, lambda rest: rest | {name: value})
    status, _, err = run(capsys, "--resume", tmp_path / "run")
    assert (status, err.count("\n")) == (2, 1), err
    assert "is in no place of a training of 2 steps" in err


@pytest.mark.parametrize(
    "what", [name for name in ARRAYS if not name.startswith(("opt", "step", "float64", "a tree that"))]
)
def test_arrays_to_begin_from_that_are_not_a_models(capsys, two_steps, tmp_path, what):
    shutil.copytree(two_steps, tmp_path / "run")
    changed(tmp_path / "run", ARRAYS[what])
    file = max((tmp_path / "run").glob("checkpoints/*"))
    words = "--recipe digits --batch-size 128 --steps 2 --init"
    status, _, err = run(capsys, words, file, "--out", tmp_path / "begun")
    assert (status, err.count("\n")) == (2, 1), err
    assert file.name in err


def test_what_is_signed_otherwise_is_refused(two_steps, tmp_path):
    """Any array that another tool changed, and a file without a checksum."""
    file = max(two_steps.glob("checkpoints/*"))
    with np.load(file) as found:
        whole = dict(found)
    for name in (W, REST, CHECKSUM, "optimizer.m"):
        odd = whole | {name: whole[name] if whole[name].dtype.kind == "U" else whole[name] + 1}
        if whole[name].dtype.kind == "U":
            odd[name] = np.array(str(whole[name])[::-1])
        np.savez(tmp_path / "odd.npz", **odd)
        with pytest.raises(
            InputError, match="is no training checkpoint or is damaged: its checksum is another"
        ):
            snapshots.read(tmp_path / "odd.npz")
    np.savez(tmp_path / "none.npz", **{name: array for name, array in whole.items() if name != CHECKSUM})
    with pytest.raises(InputError, match="its checksum is another"):
        snapshots.read(tmp_path / "none.npz")


def test_a_checkpoint_of_another_version(two_steps, tmp_path):
    shutil.copytree(two_steps, tmp_path / "run")
    file = max((tmp_path / "run").glob("checkpoints/*"))
    rewrite(file, lambda rest: {name: value for name, value in rest.items() if name != "epoch"})
    with pytest.raises(InputError, match=r"another version of vitnp \(its state is not whole: epoch\)"):
        snapshots.read(file)


@pytest.mark.parametrize(
    "line",
    ["5", "[]", "null", "{}", '{"step": 1}', "x", "[" * 10**5, "9" * 5000, '{"step": "x"}', ""],
    ids=range(10),
)
def test_a_line_that_is_no_row(capsys, two_steps, tmp_path, line):
    shutil.copytree(two_steps, tmp_path / "run")
    with open(tmp_path / "run" / "steps.jsonl", "a") as file:
        file.write(line + "\n")
    status, _, err = run(capsys, "--resume", tmp_path / "run")
    assert status == 2
    assert "steps.jsonl: line 3 is no row, or not the next; move the file away, or repair it" in err


def test_rows_of_another_kind(tmp_path):
    fields = ("step", "loss")
    good = {"step": 1, "loss": 0.5}
    for odd in ({"step": 1.5, "loss": 0}, {"step": 1, "loss": "x"}, {"loss": 0, "step": 1}, good | {"x": 1},
                {"step": True, "loss": 0}, {"step": None, "loss": 0}, {"step": 2, "loss": [0]}, good):  # fmt: skip
        (tmp_path / "t.jsonl").write_text(json.dumps(good) + "\n" + json.dumps(odd) + "\n")
        with pytest.raises(InputError, match="line 2 is no row"):
            metrics.rows_until(tmp_path / "t", fields, 9)
    (tmp_path / "t.jsonl").write_text(json.dumps(good) + '\n{"step": 2, "loss": null}\n{"step": 3, "lo')
    assert metrics.rows_until(tmp_path / "t", fields, 9) == [good, {"step": 2, "loss": None}]


def test_a_pipe_in_place_of_rows_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "t.jsonl")
    with pytest.raises(InputError, match=r"t\.jsonl is no regular file; move it away"):
        metrics.rows_until(tmp_path / "t", ("step",), 9)


def test_other_kernels_are_noted(capsys, two_steps, tmp_path):
    shutil.copytree(two_steps, tmp_path / "run")
    file = max((tmp_path / "run").glob("checkpoints/*"))
    rewrite(file, lambda rest: rest | {"run": rest["run"] | {"arithmetic": {"numpy": "1.0", "blas": "none"}}})
    status, out, err = run(capsys, "--resume", tmp_path / "run")
    assert (status, err) == (0, "")
    notes = [line for line in out.splitlines() if line.startswith("note: ")]
    assert len(notes) == 2
    assert notes[0].startswith('note: arithmetic.blas is "none" there and "')
    assert notes[0].endswith(" here: the last bits will not be those of an undisturbed run")


def test_another_number_of_ranks(capsys, two_steps, tmp_path):
    """Refused, and let on when told."""
    shutil.copytree(two_steps, tmp_path / "run")
    file = max((tmp_path / "run").glob("checkpoints/*"))
    rewrite(
        file, lambda rest: rest | {"run": rest["run"] | {"machines": rest["run"]["machines"] | {"ranks": 2}}}
    )
    status, _, err = run(capsys, "--resume", tmp_path / "run")
    assert status == 2
    assert "is of another run: machines.ranks is 2 there and 1 here; go on with --ranks-may-differ" in err
    status, out, err = run(capsys, "--ranks-may-differ --resume", tmp_path / "run")
    assert (status, err) == (0, "")
    assert (
        "note: machines.ranks is 2 there and 1 here: the augmentation will not be that of an undisturbed run"
        in out
    )
