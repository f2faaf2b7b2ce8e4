"""The folder of a run: a training removes what is its own, and begins where it takes nothing from anybody."""

import json
import sys

import numpy as np
import pytest
from test_train_command import SMALL, run

from vitnp import InputError, preset, tree, vit, weights
from vitnp.commands import cli, series
from vitnp.training import place

pytestmark = pytest.mark.usefixtures("plain_curves")

SHORT = f"{SMALL} --steps 2 --workers 1 --out".replace("--epochs 1 ", "")


def strangers(folder):
    """Files of somebody, with names that a run would use."""
    (folder / "checkpoints").mkdir(parents=True)
    for name in (
        "model.npz",
        "history.csv",
        "classes.txt",
        "checkpoints/step-best.npz",
        "checkpoints/step-1.npz",
    ):
        (folder / name).write_text("mine")
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("overwrite", ["", "--overwrite "])
def test_the_files_of_somebody_else(capsys, tmp_path, overwrite):
    before = strangers(tmp_path)
    status, _, err = run(capsys, f"{overwrite}{SHORT}", tmp_path)
    assert status == 2
    assert err == (
        f"vitnp: {tmp_path} holds classes.txt; history.csv; model.npz, and no run that they belong to; "
        "name another folder, or move them away\n"
    )
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    "text", ["{}", "[]", "5", "null", '{"options": {}, "run": {}}', "not JSON", "[" * 10**5, "9" * 5000]
)
def test_the_notes_of_somebody_else(capsys, tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    for words in (SHORT, f"--overwrite {SHORT}"):
        status, _, err = run(capsys, words, tmp_path)
        assert status == 2
        assert "holds run.json, and no run that they belong to" in err
    status, _, err = run(capsys, "--resume", tmp_path)
    assert status == 2
    assert "holds no run to go on with: run.json is damaged (" in err
    assert err.endswith("; start one with --out\n")
    assert (tmp_path / "run.json").read_text() == text


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("seed", "x", "seed is 'x'; need a whole number"),
        ("seed", True, "seed is True; need a whole number"),
        ("set", 5, "set is 5; need a list of texts"),
        ("set", [5], "set is [5]; need a list of texts"),
        ("lr", "x", "lr is 'x'; need a number"),
        ("no_augment", 1, "no_augment is 1; need True or False"),
        ("data", None, "data is None; need a text"),
        ("data", ["a"], "data is ['a']; need a text"),
        ("lrr", 1, 'option field "lrr" is unknown; did you mean lr?'),
    ],
)
def test_notes_that_say_something_else(capsys, finished, tmp_path, option, value, said):
    about = json.loads((finished / "run.json").read_text())
    about["options"][option] = value
    (tmp_path / "run.json").write_text(json.dumps(about))
    status, _, err = run(capsys, "--resume", tmp_path)
    assert status == 2
    assert f"{tmp_path}/run.json is not as a run of this vitnp writes it: " in err
    assert said in err
    assert err.count("\n") == 1


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    assert cli.main(["train", *SHORT.split(), str(folder)]) == 0
    return folder


def test_overwriting_leaves_what_only_looks_alike(capsys, tmp_path):
    assert run(capsys, SHORT, tmp_path)[0] == 0
    (tmp_path / "checkpoints" / "step-best.npz").write_text("mine")
    (tmp_path / ".writable").write_text("mine")
    assert run(capsys, f"--overwrite {SHORT}", tmp_path)[0] == 0
    assert (tmp_path / "checkpoints" / "step-best.npz").read_text() == "mine"
    assert (tmp_path / ".writable").read_text() == "mine"
    assert run(capsys, "--resume", tmp_path)[0] == 0  # and it is no checkpoint to go on from


def demo(path):
    """A file of weights for digits."""
    config = preset("digits")
    rng = np.random.default_rng(0)
    p = tree.map(
        lambda leaf: leaf + 0.01 * rng.standard_normal(leaf.shape).astype("f4"), vit.init(rng, config)
    )
    weights.save(path, p, config)
    return path.read_bytes()


BEGUN = "--recipe digits --batch-size 128 --steps 2 --workers 1 --init"


def test_weights_to_begin_with_in_the_folder_itself(capsys, tmp_path):
    """They stay until the new model is there, and then under another name; so a resumed run finds them."""
    before = demo(tmp_path / "model.npz")
    assert run(capsys, BEGUN, tmp_path / "model.npz", "--out", tmp_path)[0] == 0
    assert (tmp_path / "init.npz").read_bytes() == before
    after = (tmp_path / "model.npz").read_bytes()
    assert after != before
    assert run(capsys, "--resume", tmp_path)[0] == 0
    assert (tmp_path / "init.npz").read_bytes() == before
    assert (tmp_path / "model.npz").read_bytes() == after


def test_weights_to_begin_with_in_the_run_that_is_overwritten(capsys, tmp_path):
    assert run(capsys, SHORT, tmp_path)[0] == 0
    before = (tmp_path / "model.npz").read_bytes()
    status, _, err = run(capsys, BEGUN, tmp_path / "model.npz", "--overwrite", "--out", tmp_path)
    assert status == 2
    assert f"--overwrite would remove {tmp_path / 'model.npz'}, which --init names" in err
    assert (tmp_path / "model.npz").read_bytes() == before


@pytest.mark.parametrize("option", ["--resume", "--out", "--init", "--data", "--recipe", "--set", "--model"])
def test_an_option_of_a_variable_that_is_not_set(capsys, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    words = [] if option in ("--out", "--resume") else ["--out", "run"]
    status, _, err = run(capsys, "", option, "", *words)
    assert (status, err) == (2, f"vitnp: {option} is empty; vitnp train --help shows what it takes\n")
    assert list(tmp_path.iterdir()) == []


def test_a_training_without_one_step_leaves_nothing(capsys, tmp_path, monkeypatch):
    def never(*arguments):
        raise InputError("no")

    monkeypatch.setattr("vitnp.training.loop.gradients", never)
    assert run(capsys, SHORT, tmp_path / "a" / "b")[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_the_one_that_was_made_stays(tmp_path):
    with place.reserved(tmp_path / "run", new=True):
        (tmp_path / "run").rename(tmp_path / "moved")
        (tmp_path / "run").mkdir()
    assert sorted(tmp_path.iterdir()) == [tmp_path / "moved", tmp_path / "run"]


def test_a_path_that_is_none(capsys, tmp_path):
    (tmp_path / "file").write_text("mine")
    for name in ("file", "file/inside", "x" * 300):
        status, _, err = run(capsys, f"{SHORT}", tmp_path / name)
        assert status == 2
        assert err.startswith("vitnp: cannot write into ")
        assert err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks for a right to make one")
def test_links_are_removed_and_not_followed(tmp_path):
    (tmp_path / "kept.npz").write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.npz").symlink_to(tmp_path / "kept.npz")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "step-000000001.npz").write_text("mine")
    (tmp_path / "run" / "checkpoints").symlink_to(tmp_path / "other")
    place.clear(tmp_path / "run")
    assert list((tmp_path / "run").iterdir()) == []
    assert (tmp_path / "kept.npz").read_text() == "mine"
    assert (tmp_path / "other" / "step-000000001.npz").read_text() == "mine"


def test_a_series_among_the_files_of_somebody_else(tmp_path):
    (tmp_path / "compare.csv").write_text("mine")
    with pytest.raises(InputError, match=r"compare.csv is there, and no compare.json that says whose it is"):
        series.remember(tmp_path / "compare.json", {"seed": 0})
    (tmp_path / "compare.json").write_text("[]")
    with pytest.raises(InputError, match=r"compare.json is damaged \(it is no object\)"):
        series.remember(tmp_path / "compare.json", {"seed": 0})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--overwrite", "--resume"], "--overwrite begins anew and --resume goes on; leave one out"),
        (
            ["--ranks-may-differ", "--out"],
            "--ranks-may-differ is of a run that goes on; give it with --resume",
        ),
    ],
)
def test_options_that_do_not_go_together(capsys, tmp_path, words, said):
    assert run(capsys, "", *words, tmp_path) == (2, "", f"vitnp: {said}\n")
