"""Killed at any moment and resumed, a training goes on to the bit as if never stopped; its files lose nothing."""

import csv
import dataclasses
import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import killable
import numpy as np
import pytest

from vitnp import InputError, preset, tree
from vitnp.engine import precision
from vitnp.training import loop
from vitnp.training.place import recall
from vitnp.training.progress import Epoch, Stopped
from vitnp.training.run import Run
from vitnp.training.snapshots import CHECKSUM, REST, Checkpoints, differences, is_training_checkpoint, model
from vitnp.weights import kinds

FIVE = dataclasses.replace(killable.RECIPE, epochs=None, steps=5)  # an epoch of four steps, and one more


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """(folder, parameters) of a training that nobody stopped."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    return folder, killable.go(folder)


def same(p, q):
    """Assert that two trees are equal to the bit."""
    assert dict(tree.leaves(p)).keys() == dict(tree.leaves(q)).keys()
    for name, leaf in tree.leaves(p):
        np.testing.assert_array_equal(leaf, tree.get(q, name), err_msg=name)


def final(folder):
    """The arrays of the newest checkpoint: parameters, optimizer's state, average."""
    found = kinds.read(sorted(Path(folder, "checkpoints").glob("step-*.npz"))[-1])
    del found[REST], found[CHECKSUM]
    return tree.from_leaves(found.items())


def rows(path):
    """The rows of a CSV or JSON-lines file, as dicts of text."""
    with open(path, encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            return list(csv.DictReader(file))
        return [{key: str(value) for key, value in json.loads(line).items()} for line in file]


def same_rows(folder, other):
    """Assert that two runs have left the same numbers, apart from times, in all four files."""
    for name in ("steps.csv", "steps.jsonl", "history.csv", "history.jsonl"):
        here, there = rows(folder / name), rows(other / name)
        for row in here + there:
            row.pop("seconds", None)
            row.pop("images_per_second", None)
        assert here == there, name


def start(folder, *arguments):
    """The process of killable.py, when it has begun."""
    environ = os.environ | {
        "PYTHONPATH": str(Path(loop.__file__).parents[2]),
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, killable.__file__, str(folder), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
    assert process.stdout.readline() == "ready\n"
    return process


def test_killed_at_twenty_moments(uninterrupted, tmp_path):
    """Sixteen at random, four in the middle of writing a checkpoint; each time every file is whole.

    A process goes on for eight steps at most, so that 160 are enough for all, however fast the machine is.
    """
    folder, p = uninterrupted
    chance = random.Random(0)
    for attempt in range(20):
        in_write = attempt % 5 == 4
        process = start(tmp_path, *(("write", chance.randrange(2, 6)) if in_write else ("wait", 8)))
        if not in_write:
            time.sleep(chance.uniform(0, 0.06))
            process.kill()
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        if in_write:
            assert list(tmp_path.glob("checkpoints/*.part"))
        for file in tmp_path.glob("checkpoints/step-*.npz"):
            assert REST in kinds.read(file)
    same(killable.go(tmp_path), p)
    assert not list(tmp_path.glob("checkpoints/*.part"))
    same(final(tmp_path), final(folder))
    same_rows(tmp_path, folder)


@pytest.mark.parametrize(("last", "step"), [(0, 1), (1, 2), (2, 3), (3, 4), (4, 4), (5, 4)])
def test_stopped_between_any_two_steps(tmp_path, last, step):
    """Asked to stop after a step, or while measuring; what is on the disk is what was reached."""
    p = killable.go(tmp_path / "whole", FIVE)
    asked = []

    def stop():
        asked.append(1)
        return len(asked) > last

    with pytest.raises(Stopped) as stopped:
        killable.go(tmp_path / "run", FIVE, every=1000, stop=stop)
    assert stopped.value.progress.step == step
    assert str(stopped.value) == f"stopped after step {step}"
    Checkpoints(tmp_path / "run" / "checkpoints", killable.ABOUT["run"]).save(stopped.value.progress)
    same(killable.go(tmp_path / "run", FIVE), p)
    same(final(tmp_path / "run"), final(tmp_path / "whole"))
    same_rows(tmp_path / "run", tmp_path / "whole")


def test_a_run_that_is_finished_stays_so(tmp_path):
    p = killable.go(tmp_path, FIVE)
    before = (tmp_path / "steps.csv").read_bytes()
    same(killable.go(tmp_path, FIVE, on_step=lambda *_: pytest.fail("no step is left")), p)
    assert (tmp_path / "steps.csv").read_bytes() == before


def test_a_time_without_any_checkpoint_begins_again(tmp_path):
    p = killable.go(tmp_path / "whole", FIVE)
    with pytest.raises(Stopped):
        killable.go(tmp_path / "run", FIVE, every=1000, stop=lambda: True)
    same(killable.go(tmp_path / "run", FIVE), p)
    same_rows(tmp_path / "run", tmp_path / "whole")


def test_the_last_two_are_kept(tmp_path):
    killable.go(tmp_path, FIVE)
    names = [file.name for file in sorted(tmp_path.glob("checkpoints/*"))]
    assert names == ["step-000000004.npz", "step-000000005.npz"]


def test_when_a_checkpoint_is_due(tmp_path, monkeypatch):
    every = Checkpoints(tmp_path, {}, every=3)
    assert [step for step in range(1, 8) if every.due(step)] == [3, 6]
    by_time, now = Checkpoints(tmp_path, {}), time.monotonic()
    assert not by_time.due(1)
    monkeypatch.setattr(time, "monotonic", lambda: now + 400)
    assert by_time.due(1)


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    p = killable.go(tmp_path / "whole", FIVE)
    savez, written = np.savez, []

    def full(file, **found):
        written.append(file.name)
        if len(written) == 3:
            file.write(b"a beginning")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        savez(file, **found)

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(InputError, match=r"step-000000003.npz \(No space left on device\)") as problem:
        killable.go(tmp_path / "run", FIVE)
    assert "\n" not in str(problem.value)
    assert "the last good checkpoint is step-000000002.npz: make room" in str(problem.value)
    assert len(list(tmp_path.glob("run/checkpoints/*"))) == 2
    monkeypatch.setattr(np, "savez", savez)
    same(killable.go(tmp_path / "run", FIVE), p)
    same_rows(tmp_path / "run", tmp_path / "whole")


def test_a_full_disk_while_a_row_is_written(tmp_path, monkeypatch):
    run = Run(tmp_path, killable.ABOUT)

    class Full:
        def write(self, text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    run.steps.files[0].close()
    run.steps.files[0] = Full()
    with pytest.raises(InputError, match=r"cannot write .*steps.csv \(No space left on device\)"):
        run.steps.write(dict.fromkeys(run.steps.fields, 0))
    run.steps.files[0] = run.steps.files[1]
    run.close()


def test_numbers_that_are_not_finite_are_never_kept(tmp_path):
    killable.go(tmp_path, FIVE)
    run = Run(tmp_path, killable.ABOUT)
    run.resume.p["norm"]["beta"][1] = np.inf
    with pytest.raises(InputError, match=r"stopped after step 5: p\.norm\.beta is not finite any more"):
        run.checkpoints.save(run.resume)
    run.close()
    assert np.isfinite(final(tmp_path)["p"]["norm"]["beta"]).all()


@pytest.mark.parametrize("harm", ["cut", "empty", "other"])
def test_a_damaged_checkpoint_is_said(tmp_path, harm):
    """Nothing but a broken disk makes one; the one before it is still there."""
    p = killable.go(tmp_path / "whole", FIVE)
    killable.go(tmp_path / "run", FIVE)
    path = tmp_path / "run" / "checkpoints" / "step-000000005.npz"
    whole = path.read_bytes()
    if harm == "other":
        np.savez(path, x=np.ones(3))
    else:
        path.write_bytes(whole[: len(whole) // 2] if harm == "cut" else b"")
    with pytest.raises(
        InputError, match=r"step-000000005.npz is no training checkpoint or is damaged.*delete it"
    ):
        killable.go(tmp_path / "run", FIVE)
    path.unlink()
    same(killable.go(tmp_path / "run", FIVE), p)


def test_a_checkpoint_of_another_run(tmp_path):
    there = {"recipe": {"lr": 0.1, "epochs": 2}, "data": {"classes": ["a"] * 100}}
    here = {"recipe": {"lr": 0.2, "epochs": 2}, "data": {"classes": ["b"] * 100}}
    progress = loop.Progress({"W": np.ones(3)}, {"step": 4}, step=4)
    Checkpoints(tmp_path, there).save(progress)
    with pytest.raises(
        InputError, match=r"of another run: data.classes is .*… here; recipe.lr is 0.1 there and 0.2 here"
    ):
        Checkpoints(tmp_path, here).load()


@pytest.mark.parametrize(
    ("there", "here", "said"),
    [
        ({"a": {"x": 1}}, {"a": {"x": 1}}, []),
        ({"a": {"x": 1}}, {}, ['a is {"x": 1} there and null here']),
        ({}, {"a": {"x": 1}}, ['a is null there and {"x": 1} here']),
        ({"a": {"x": 1}}, {"a": 1}, ['a is {"x": 1} there and 1 here']),
        ({"a": 1}, {"a": {"x": 1}}, ['a is 1 there and {"x": 1} here']),
        ({"a": {"x": 1}}, {"a": {"y": 1}}, ["a.x is 1 there and null here", "a.y is null there and 1 here"]),
        ({"a": {"b": {"x": 1}}, "c": 2}, {"a": {"b": {"x": 3}}, "c": 2}, ["a.b.x is 1 there and 3 here"]),
        ({"a": None}, {}, []),
        ({"a": "x" * 58}, {"a": "x" * 59}, [f'a is "{"x" * 58}" there and "{"x" * 56}… here']),
    ],
    ids=str,
)
def test_what_differs_between_two_runs(there, here, said):
    """Also a section, or a value, that only one of them has; a long one is cut."""
    assert list(differences(there, here)) == said


def test_no_more_than_three_differences_are_said(tmp_path):
    here = {"a": dict.fromkeys("wxyz", 1)}
    Checkpoints(tmp_path, {}).save(loop.Progress({"W": np.ones(3)}, {"step": 4}, step=4))
    with pytest.raises(
        InputError, match=r"of another run: a is null there and \{.* here; train into a new folder"
    ):
        Checkpoints(tmp_path, here).load()
    Checkpoints(tmp_path, {"a": {}}).save(loop.Progress({"W": np.ones(3)}, {"step": 4}, step=5))
    with pytest.raises(InputError, match=r"a\.w .*; a\.x .*; a\.y is null there and 1 here; train into"):
        Checkpoints(tmp_path, here).load()


def test_a_folder_without_a_checkpoint(tmp_path):
    """Half-written ones are no checkpoints, and are cleared away."""
    keeper = Checkpoints(tmp_path / "checkpoints", {})
    assert keeper.load() is None
    assert keeper.last_good() == "there is no checkpoint yet"
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "step-000000001.npz.part").write_bytes(b"a beginning")
    assert keeper.load() is None
    assert list((tmp_path / "checkpoints").iterdir()) == []


@pytest.mark.parametrize(
    "average", [None, {"norm": {"W": np.float32([2, 2])}}], ids=["no average", "average"]
)
def test_the_model_in_a_checkpoint(tmp_path, average):
    """The average where there is one, and nothing that only a pre-training has."""
    p, config = {"norm": {"W": np.ones(2, "f4")}, "masked": {"mask": np.ones(2, "f4")}}, preset("tiny")
    run = {"model": dataclasses.asdict(config)}
    path = Checkpoints(tmp_path, run).save(loop.Progress(p, {"step": 4}, average))
    q, found = model(path)
    assert found == config
    same(q, average or {"norm": p["norm"]})


def test_what_is_a_training_checkpoint(tmp_path):
    path = Checkpoints(tmp_path, {}).save(loop.Progress({"W": np.ones(3)}, {"step": 4}))
    np.savez(tmp_path / "weights.npz", W=np.ones(3))
    (tmp_path / "text.npz").write_text("text")
    names = (path, tmp_path / "weights.npz", tmp_path / "text.npz")
    assert [is_training_checkpoint(name) for name in names] == [True, False, False]


def test_what_a_checkpoint_holds(tmp_path):
    """Bits, names, types: what was saved comes back."""
    progress = loop.Progress(
        {"blocks": {0: {"W": np.float32([1 / 3, -0.0, 1e-45])}}},
        {"step": 7, "m": np.arange(3.0)},
        {"blocks": {0: {"W": np.float32([1, 2, 3])}}},
        np.random.default_rng(3).bit_generator.state,
        epoch=2,
        steps=3,
        step=7,
        images=24,
        loss_sum=1 / 3,
        seconds=0.1,
        history=[Epoch(1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)],
    )
    keeper = Checkpoints(tmp_path, {"a": (1, 2)})
    keeper.save(progress)
    found = keeper.load()
    for name, tree_of in progress.trees().items():
        same(found.trees()[name], tree_of)
    assert found.rest() == progress.rest()
    assert type(found.optimizer["step"]) is int
    assert type(found.history[0]) is Epoch


def test_the_folder_of_checkpoints_is_made(tmp_path):
    """But not the run's: it was removed."""
    progress = loop.Progress({"W": np.ones(3)}, {"step": 4}, step=4)
    keeper = Checkpoints(tmp_path / "checkpoints", {})
    keeper.save(progress)
    assert keeper.load().step == 4
    with pytest.raises(InputError, match=r"cannot write .*No such file or directory"):
        Checkpoints(tmp_path / "removed" / "checkpoints", {}).save(progress)
    assert not (tmp_path / "removed").exists()


@pytest.mark.parametrize("every, keep", [(0, 2), (1, 0), (2.5, 1)])
def test_numbers_of_checkpoints_that_cannot_be(tmp_path, every, keep):
    with pytest.raises(InputError, match=r"(save_every|keep) is"):
        Checkpoints(tmp_path, {}, every=every, keep=keep)


def test_no_run_to_go_on_with(tmp_path):
    with pytest.raises(
        InputError, match=r"holds no run to go on with: cannot read .*No such file.*; start one with --out$"
    ):
        recall(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(InputError, match="holds no run to go on with"):
        recall(tmp_path)


@pytest.mark.parametrize("last", [1, 3])
def test_float16_goes_on_too(tmp_path, monkeypatch, last):
    """Its first steps may be left out, then the optimizer has counted fewer than were done."""
    made, real = [], precision.unscaled

    def overflowing(dp, scale):
        made.append(scale.value)
        dp = real(dp, scale)
        return tree.map(lambda g: g * np.inf, dp) if scale.value > 2.0**14 else dp

    monkeypatch.setattr(precision, "unscaled", overflowing)
    with np.errstate(invalid="ignore"):  # 0·∞
        p = killable.go(tmp_path / "whole", FIVE, dtype="float16")
        assert final(tmp_path / "whole")["optimizer"]["step"] == 3
        asked = []
        with pytest.raises(Stopped) as stopped:
            killable.go(
                tmp_path / "run",
                FIVE,
                every=1000,
                dtype="float16",
                stop=lambda: asked.append(1) or len(asked) > last,
            )
        Checkpoints(tmp_path / "run" / "checkpoints", killable.ABOUT["run"]).save(stopped.value.progress)
        same(killable.go(tmp_path / "run", FIVE, dtype="float16"), p)
    same(final(tmp_path / "run"), final(tmp_path / "whole"))
