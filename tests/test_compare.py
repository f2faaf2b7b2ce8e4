"""`vitnp compare`, and the comparison of few labels: what they leave, that they go on, what they refuse."""

import csv
import dataclasses
import errno
import json
import os
import statistics
import sys
from pathlib import Path

import numpy as np
import pytest
from test_data_folder import pictures
from test_pretrain_command import SMALL, run

from vitnp import InputError, ViTConfig, models, show, weights
from vitnp.commands import compare, series
from vitnp.inputs.fields import choices
from vitnp.system.lock import Locked
from vitnp.training import signals
from vitnp.training.progress import Epoch
from vitnp.training.recipes import Recipe
from vitnp.training.setup import prepare
from vitnp.training.wanted import Wanted

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import few_labels

pytestmark = pytest.mark.usefixtures("plain_curves")

TINY = models.preset("tiny")
GELU = f"compare --over gelu --values tanh,erf --seeds 2 {SMALL} --set-recipe warmup_steps=5 --out"


def rows(folder):
    with open(folder / "compare.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_it_prints_and_leaves(capsys, tmp_path):
    status, out, err = run(capsys, GELU, tmp_path)
    assert (status, err) == (0, "")
    found = rows(tmp_path)
    assert [(row["value"], row["seed"]) for row in found] == [
        ("tanh", "0"),
        ("erf", "0"),
        ("tanh", "1"),
        ("erf", "1"),
    ]
    for value in ("tanh", "erf"):
        accuracies = [float(row["test_accuracy"]) for row in found if row["value"] == value]
        mean, spread = 100 * statistics.mean(accuracies), 100 * statistics.stdev(accuracies)
        assert f"| {value} | {mean:.2f} ± {spread:.2f} | 2 | " in out
        assert weights.load(tmp_path / f"gelu={value}" / "seed-1" / "model.npz")[1].gelu == value
    assert (tmp_path / "compare.png").stat().st_size > 10_000


def test_models_of_every_family_are_compared(capsys, tmp_path):
    words = "compare --over model --values mlp-digits,rnn-digits,digits --seeds 1 --epochs 1 --batch-size 256 --out"
    status, out, err = run(capsys, words, tmp_path)
    assert (status, err) == (0, "")
    assert [row["value"] for row in rows(tmp_path)] == ["mlp-digits", "rnn-digits", "digits"]
    for name, count in (("mlp-digits", "125,578"), ("rnn-digits", "137,706"), ("digits", "136,138")):
        assert f"| {name} | " in out and f" | {count} | " in out
        assert weights.load(tmp_path / f"model={name}" / "seed-0" / "model.npz")[1] == models.preset(name)


@pytest.mark.parametrize(
    "words", ["compare --over num_layers --values 1,2", "fine-tune --init INIT --rates 0.1"]
)
def test_pictures_that_cannot_be_read_are_named_once(capsys, tmp_path, monkeypatch, words):
    """Every training reads all pictures first; another seed splits them otherwise."""
    pictures(tmp_path / "png", {"a": 6, "b": 6}, size=(8, 8))
    for i in range(3):
        (tmp_path / f"png/a/{i}.png").write_bytes(b"no picture")
    config = models.preset("tiny", image_size=8, patch_size=4, num_classes=2)
    weights.save(tmp_path / "init.npz", models.of(config).init(np.random.default_rng(0), config), config)

    def trained(one, folder, wish):
        prepare(dataclasses.replace(one, seed=5))

    monkeypatch.setattr(series, "trained", trained)
    words = words.replace("INIT", str(tmp_path / "init.npz")).split()
    small = [] if "--init" in words else ["--model", "tiny", "--image-size", "8", "--set", "patch_size=4"]
    more = ["--recipe", "digits", "--seeds", "1", "--on-corrupt", "skip", "--data", tmp_path / "png"]
    status, _, err = run(capsys, *words, *small, *more, "--out", tmp_path / "out")
    assert status == 130, err
    assert err.count("3 of 12 pictures left out: ") == 1
    prepare(wanted := Wanted(data=str(tmp_path / "png"), model="tiny", image_size="8", on_corrupt="skip"))
    prepare(wanted)
    assert capsys.readouterr().err.count("pictures left out") == 2, "nothing is kept of what was said"


def test_a_name_with_a_stroke_is_one_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(series, "trained", lambda one, folder, wish: seen.append((one.model, folder)))
    seen = []
    assert (
        run(capsys, "compare --over model --values Ti/16 --set patch_size=2 --seeds 1 --out", tmp_path)[0]
        == 130
    )
    assert seen == [("Ti/16", tmp_path / "model=Ti-16" / "seed-0")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "which values of model? name them, such as"),
        ("--values mlp-digit", 'model "mlp-digit" is unknown; did you mean mlp-digits'),
        ("--values digits --model tiny", "names the models with --values; leave out --model tiny"),
        ("--values digits --recipe digits --init m.npz", "leave out --init m.npz"),
    ],
)
def test_models_that_cannot_be_compared(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    weights.save("m.npz", models.of(TINY).init(None, TINY), TINY)
    status, _, err = run(capsys, f"compare --over model {words} --out", tmp_path / "out")
    assert status == 2
    assert said in err and err.count("\n") == 1


def test_out_is_called_after_the_field_unless_it_is_named(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, GELU.replace("--seeds 2", "--seeds 1").removesuffix("--out"))[0] == 0
    assert len(rows(tmp_path / "compare-gelu")) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["compare-gelu"]


def test_finished_runs_are_read_and_seeds_may_be_added(capsys, tmp_path, monkeypatch):
    assert run(capsys, GELU, tmp_path)[0] == 0
    trained = []
    real = series.train.train_in_folder
    monkeypatch.setattr(
        series.train,
        "train_in_folder",
        lambda wanted, where, *rest: trained.append(where.folder) or real(wanted, where, *rest),
    )
    before = rows(tmp_path)
    assert run(capsys, GELU.replace("--seeds 2", "--seeds 3"), tmp_path)[0] == 0
    assert [Path(folder).parts[-2:] for folder in trained] == [
        ("gelu=tanh", "seed-2"),
        ("gelu=erf", "seed-2"),
    ]
    assert rows(tmp_path)[:4] == before


@pytest.mark.parametrize("text", [None, "", "{", "null\n", '{"epoch": 1}\n', "\udcff"])
def test_a_history_that_is_missing_or_damaged_is_written_again(capsys, tmp_path, text):
    assert run(capsys, GELU, tmp_path)[0] == 0
    before, history = rows(tmp_path), tmp_path / "gelu=erf" / "seed-1" / "history.jsonl"
    history.unlink()
    if text is not None:
        history.write_text(text, encoding="utf-8", errors="surrogateescape")
    status, _, err = run(capsys, GELU, tmp_path)
    assert (status, err) == (0, "")
    assert rows(tmp_path) == before


def test_a_run_without_its_model_is_not_finished(tmp_path):
    epoch = Epoch(1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    (tmp_path / "history.jsonl").write_text(json.dumps(epoch._asdict()) + "\n")
    assert series.result(tmp_path) is None
    (tmp_path / "model.npz").touch()
    assert series.result(tmp_path) == epoch._asdict()


def test_a_run_that_diverges_is_named_and_the_others_go_on(capsys, tmp_path):
    words = f"compare --over lr --values 1e38,1e-2 --seeds 2 {SMALL} --set-recipe warmup_steps=5 --out"
    for _ in range(2):  # the same command goes on with what is there
        status, out, err = run(capsys, words, tmp_path)
        assert status == 0
        assert [line[:41] for line in err.splitlines()] == [
            f"lr=1e38, seed {seed}: training stopped at step" for seed in (0, 1)
        ]
        assert "| 1e38 | diverged | 0 | " in out
        assert " | 2 | " in out
        assert [row["value"] for row in rows(tmp_path) if row["test_accuracy"] == ""] == ["1e38", "1e38"]
    status, out, err = run(capsys, words.replace(",1e-2", ""), tmp_path)
    assert status == 2
    assert "| 1e38 | diverged | 0 | " in out
    assert err.splitlines()[-1].startswith("vitnp: every run diverged; give a smaller --lr, and --overwrite")


def test_the_mean_is_of_the_runs_that_did_not_diverge():
    found = [{"test_accuracy": a, "seconds": s} for a, s in ((0.5, 1.0), (None, None), (0.7, 3.0))]
    assert compare.table("gelu", {"erf": found}, {"erf": 1234}).splitlines()[-1] == (
        "| erf | 60.00 ± 14.14, 1 diverged | 2 | 1,234 | 2.0 |"
    )


def test_a_run_that_was_stopped_goes_on(capsys, tmp_path, monkeypatch):
    """Ctrl-C in the second run: the first is kept, the second begins where it stopped, to the same end."""
    assert run(capsys, GELU, tmp_path / "whole")[0] == 0
    there = tmp_path / "there"
    hears, asked = signals.Wish.__call__, []

    def after_fifteen(wish):
        asked.append(1)
        if len(asked) > 15:
            wish.signal = 2
        return hears(wish)

    monkeypatch.setattr(signals.Wish, "__call__", after_fifteen)
    status, out, err = run(capsys, GELU, there)
    assert status == 130
    assert "stopped with " in out
    assert "go on with vitnp train --resume" in err
    monkeypatch.undo()
    assert len(list(there.glob("*/*/model.npz"))) < len(list(there.glob("*/*/run.json")))
    assert run(capsys, GELU, there)[0] == 0
    timeless = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in rows(f)]
        for f in (tmp_path / "whole", there)
    ]
    assert timeless[0] == timeless[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--over position_embeding", "did you mean position_embedding"),
        ("--over preprocessing", '--over "preprocessing" is unknown'),
        ("--over num_layers", "which values of num_layers? name them"),
        ("--over num_layers --values 1,,2", "has an empty value"),
        ("--over num_layers --values 1,1", "or one twice"),
        ("--over num_layers --values 1,x", '"x" is not a number'),
        ("--over num_layers --values 1,0", "num_layers is 0"),
        ("--over gelu --values erf,relu", 'gelu is "relu"'),
        ("--over patch_size --values 2,3", "is not divisible by patch_size 3"),
        ("--over lr --values 0.1,-1", "lr is -1"),
        ("--over gelu --seeds 0", "--seeds is 0"),
        ("--over gelu --workers 0", "--workers is 0"),
        ("--over gelu --data cifar", 'data set "cifar" is unknown'),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_trained(capsys, tmp_path, words, message):
    status, _, err = run(capsys, f"compare {SMALL} {words} --out", tmp_path / "new")
    assert status == 2
    assert message in err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_another_comparison_in_the_folder(capsys, tmp_path):
    assert run(capsys, GELU, tmp_path)[0] == 0
    status, _, err = run(capsys, GELU.replace("--epochs 1", "--epochs 2"), tmp_path)
    assert status == 2
    assert "holds other results: epochs is 1 there and 2 here" in err
    (tmp_path / "compare.json").write_text("{")
    assert "is damaged" in run(capsys, GELU, tmp_path)[2]


@pytest.mark.parametrize(
    "change",
    [("--epochs 1", "--epochs 2"), ("--over gelu --values tanh,erf", "--over lr --values 1e-3,2e-3")],
)
def test_overwrite_begins_anew_and_removes_its_own_alone(capsys, tmp_path, change):
    """The advice of the refusal, followed: the runs are trained again, and what is somebody else's stays."""
    one = GELU.replace("--seeds 2", "--seeds 1")
    assert run(capsys, one, tmp_path)[0] == 0
    mine = [
        tmp_path / "notes.txt",
        tmp_path / "gelu=tanh" / "seed-0" / "mine.txt",
        tmp_path / "gelu=new" / "a.txt",
    ]
    for file in mine:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
    status, _, err = run(capsys, one.replace(*change), tmp_path)
    assert (status, "or begin anew with --overwrite" in err) == (2, True)
    status, _, err = run(
        capsys, "compare --overwrite" + one.replace(*change).removeprefix("compare"), tmp_path
    )
    assert (status, err) == (0, "")
    assert all(file.read_text() == "mine" for file in mine)
    runs = [path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("model.npz")]
    names = ["lr=1e-3", "lr=2e-3"] if "lr" in change[1] else ["gelu=erf", "gelu=tanh"]
    assert sorted(runs) == [f"{name}/seed-0" for name in names]
    if "lr" in change[1]:
        assert sorted(path.name for path in (tmp_path / "gelu=tanh" / "seed-0").iterdir()) == ["mine.txt"]
        assert not (tmp_path / "gelu=erf").exists()
    else:
        history = (tmp_path / "gelu=erf" / "seed-0" / "history.csv").read_text()
        assert len(history.splitlines()) == 3


def test_overwrite_does_not_touch_what_is_no_comparison(capsys, tmp_path):
    """A folder without compare.json: its compare.csv is somebody's, and --overwrite is not needed elsewhere."""
    (tmp_path / "compare.csv").write_text("mine")
    status, _, err = run(capsys, "compare --overwrite" + GELU.removeprefix("compare"), tmp_path)
    assert (status, "says whose it is" in err) == (2, True)
    assert (tmp_path / "compare.csv").read_text() == "mine"


def test_overwrite_stops_at_a_run_that_is_trained_now(capsys, tmp_path):
    assert run(capsys, GELU.replace("--seeds 2", "--seeds 1"), tmp_path)[0] == 0
    locked = Locked(tmp_path / "gelu=erf" / "seed-0", what="a training")
    status, _, err = run(capsys, "compare --overwrite" + GELU.removeprefix("compare"), tmp_path)
    locked.close()
    assert (status, "a training is in" in err) == (2, True)
    assert (tmp_path / "compare.json").exists()


def test_the_number_of_classes_has_no_values(capsys, tmp_path):
    status, _, err = run(capsys, f"compare {SMALL} --over num_classes --values 9,10 --out", tmp_path)
    assert (status, "the data has its number of classes" in err) == (2, True)
    assert "num_classes" not in run(capsys, f"compare {SMALL} --over nothing --out", tmp_path)[2]


def test_a_comparison_of_an_earlier_version_goes_on(tmp_path):
    """Its compare.json had no seed and an overwrite, and said nothing of tasks."""
    what = {"over": "gelu", "epochs": 1, "overwrite": False}
    series.remember(tmp_path / "compare.json", what)
    now = {"over": "gelu", "epochs": 1, "seed": 0, "task": None}
    series.remember(tmp_path / "compare.json", now)
    with pytest.raises(InputError, match="epochs is 1 there and 2 here"):
        series.remember(tmp_path / "compare.json", now | {"epochs": 2})


def test_a_comparison_of_another_field_in_the_folder(capsys, tmp_path):
    assert run(capsys, GELU.replace("--seeds 2", "--seeds 1"), tmp_path)[0] == 0
    status, _, err = run(
        capsys, GELU.replace("--over gelu --values tanh,erf", "--over lr --values 1,2"), tmp_path
    )
    assert status == 2
    assert "holds other results: over is 'gelu' there and 'lr' here" in err


def test_a_full_disk_is_one_line_and_does_not_block_the_folder(capsys, tmp_path, monkeypatch):
    write = Path.write_text

    def full(path, text, **how):
        if path.name.startswith("compare.json"):
            write(path, text[:9], **how)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, text, **how)

    monkeypatch.setattr(Path, "write_text", full)
    status, _, err = run(capsys, GELU, tmp_path)
    assert status == 2
    assert err.startswith(f"vitnp: cannot write {tmp_path / 'compare.json'} (No space left on device)")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert run(capsys, GELU, tmp_path)[0] == 0


def test_every_choice_can_be():
    """Also that of a recipe, whose fields are no model's."""
    plain = {"set": models.preset("tiny"), "set_recipe": Recipe(epochs=1, batch_size=1, lr=1.0)}
    of = {f.name: option for option, config in plain.items() for f in dataclasses.fields(config)}
    seen = []
    for name in of.keys() - {"preprocessing"}:
        option, field = compare.declared(name, ViTConfig)
        assert option == of[name]
        for choice in choices(field):
            assert getattr(dataclasses.replace(plain[option], **{name: choice}), name) == choice
            seen.append(name)
    assert {name: seen.count(name) for name in seen} == {
        "classifier": 3,
        "gelu": 3,
        "position_embedding": 5,
        "position_at": 3,
        "position_interpolation": 5,
        "optimizer": 3,
        "schedule": 4,
    }


def test_a_field_of_the_recipe(capsys, tmp_path):
    status, out, _ = run(capsys, f"compare --over lr --values 1e-3,1e-2 --seeds 1 {SMALL} --out", tmp_path)
    assert status == 0
    assert "| 1e-3 | " in out
    assert " ± " not in out


def test_the_picture():
    figure = show.comparison("gelu", {"tanh": [0.5, 0.7], "erf": [0.8]})
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["tanh", "erf"]
    assert "60.0%" in [text.get_text() for text in axes.texts]
    assert "each of 1–2 seeds" in figure.get_supxlabel()
    (axes,) = show.comparison("lr", {"1": [0.5], "9": []}).axes
    assert "diverged" in [text.get_text() for text in axes.texts]
    with pytest.raises(InputError, match="nothing to compare"):
        show.comparison("gelu", {"tanh": []})


def test_few_labels_from_scratch_and_pretrained(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(few_labels, "SHARES", ("5%", "100%"))
    fields = "--set num_layers=1 --set hidden_size=16 --set num_heads=2 --set mlp_dim=16"
    words = [*f"{fields} --seeds 1 --epochs 1 --pretrain-epochs 1 --out".split(), str(tmp_path)]
    assert few_labels.main(words) == 0
    out = capsys.readouterr().out
    assert "| labels | from scratch | pre-trained without labels |" in out
    assert len(list(tmp_path.glob("*/model.npz"))) == 5
    assert (tmp_path / "few_labels.png").stat().st_size > 10_000
    table = (tmp_path / "few_labels.csv").read_text()
    assert table.splitlines()[0] == "labels,start,seed,test_accuracy,seconds"
    assert few_labels.main(words) == 0
    assert (tmp_path / "few_labels.csv").read_text() == table
