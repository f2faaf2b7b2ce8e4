"""`vitnp paper`: the tables it prints, one's own runs beside them, and the folders that it cannot use."""

import csv
import io
import json

import pytest
from command_line import run as command

from vitnp import preset, weights
from vitnp.commands.paper import notes, runs
from vitnp.course.paper import tables
from vitnp.models import config_to_dict, vit
from vitnp.training.progress import Epoch

CONFIG = preset("digits", num_layers=1, hidden_size=8, num_heads=1, mlp_dim=8)


def run(capsys, *words):
    return command(capsys, "paper", "--lang", "en", *words)


def without_notes(text):
    """The lines of a CSV without those that begin with #."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def made(folder, accuracy, *, data="cifar10", images=(50_000, 10_000), classes=10, **options):
    """A folder as a finished training leaves it."""
    folder.mkdir(parents=True)
    options = {"seed": 0, "model": "digits", "set": [], "data": data, "init": None} | options
    about = {
        "model": config_to_dict(CONFIG) | {"num_classes": classes},
        "data": {"name": data, "images": images},
    }
    (folder / "run.json").write_text(json.dumps({"vitnp": "0", "options": options, "run": about}), "utf-8")
    epoch = Epoch(1, 0.5, 1.0, accuracy, 0.1, 1.0, 100.0)
    (folder / "history.jsonl").write_text(json.dumps(epoch._asdict()) + "\n", "utf-8")
    weights.save(folder / "model.npz", vit.init(None, CONFIG), CONFIG)
    return folder


@pytest.mark.parametrize("name", tables.TABLES)
def test_every_table_in_every_format(capsys, name):
    table = tables.TABLES[name]("en")
    for format in ("text", "md", "csv"):
        status, out, err = run(capsys, "--table", name, "--format", format)
        assert (status, err) == (0, "")
        assert all(str(row[0]) in out for row in table.rows)
    read = list(csv.reader(io.StringIO(without_notes(out))))
    assert all(f"# {note}" in out.splitlines() for note in table.notes)
    assert {len(row) for row in read} == {len(read[0])} and len(read) == 1 + len(table.rows)


def test_a_deviation_has_its_own_column(capsys):
    read = list(csv.DictReader(io.StringIO(without_notes(run(capsys, "--format", "csv")[1]))))
    assert read[0]["ViT-H/14 (JFT)"] == "88.55" and read[0]["ViT-H/14 (JFT) ±"] == "0.04"
    assert read[1]["BiT-L (R152x4)"] == "90.54" and read[1]["BiT-L (R152x4) ±"] == ""
    assert read[0]["Noisy Student"] == "88.4/88.5" and "Noisy Student ±" not in read[0]


def test_korean(capsys):
    status, out, _ = command(capsys, "paper", "--lang", "ko")
    assert status == 0 and out.startswith("SOTA 비교") and "미세 조정 3번의 평균 ± 표준편차" in out


def test_own_runs_stand_in_the_row_of_their_data_set(capsys, tmp_path):
    """Two seeds of a setting are one result; a folder is known by its name; others are below."""
    for seed, accuracy in enumerate((0.9, 0.92)):
        made(tmp_path / "runs" / f"seed-{seed}", accuracy, seed=seed)
    made(tmp_path / "pets", 0.8, data="/somewhere/oxford-iiit-pet", images=(3_680, 3_669), classes=37)
    made(tmp_path / "mine", 0.7, data="/somewhere/birds", images=(100, 50), init="/x/Ti_16.npz")
    status, out, err = run(capsys, "--format", "md", "--runs", tmp_path)
    assert (status, err) == (0, "")
    assert "| Noisy Student | own: digits |" in out
    assert (
        "| CIFAR-10 | 99.50 ± 0.06 | 99.42 ± 0.03 | 99.15 ± 0.03 | 99.37 ± 0.06 | – | 91.00 ± 1.41 |" in out
    )
    assert "| – | 80.00 |" in next(line for line in out.splitlines() if "Pets" in line and "97.56" in line)
    assert "| x/Ti_16.npz | birds | 70.00 |" in out
    assert (
        "digits, cifar10: from scratch on 50,000 training images; 8x8 pixels, 10,000 test images (sampling error "
        "±0.29 points), 2 seeds." in out
    )
    assert "x/Ti_16.npz, birds: from x/Ti_16.npz on 100 training images" in out


def test_a_folder_of_another_number_of_classes_is_another_data_set(capsys, tmp_path):
    for name in ("pets", "flowers", "imagenet", "cifar100"):
        made(tmp_path / name, 0.75, data=f"/somewhere/{name}", classes=2)
    _, out, _ = run(capsys, "--format", "md", "--runs", tmp_path)
    for name in ("pets", "flowers", "imagenet", "cifar100"):
        assert f"| digits | {name} | 75.00 |" in out
    assert "own:" not in out
    _, out, _ = run(capsys, "--format", "csv", "--runs", tmp_path)
    assert len({len(row) for row in csv.reader(io.StringIO(without_notes(out)))}) == 1
    assert "# digits,pets,75.00\n" in out


def test_own_runs_have_no_row_of_a_pretraining(capsys, tmp_path):
    made(tmp_path / "a", 0.75)
    _, out, _ = run(capsys, "--table", "5", "--format", "md", "--runs", tmp_path)
    assert out.count("75.00") == 1 and "| digits | cifar10 | 75.00 |" in out


def test_own_runs_are_rows_where_the_data_sets_are_columns(capsys, tmp_path):
    made(tmp_path / "a", 0.9)
    _, out, _ = run(capsys, "--table", "6", "--format", "md", "--runs", tmp_path)
    assert "| own: digits | – | – | – | 90.00 | – | – | – | – | – |" in out


def test_runs_that_differ_are_told_apart(tmp_path):
    """By what differs alone; a run on held-out images is no result."""
    made(tmp_path / "a", 0.8, set=["num_layers=1", "gelu=erf"], lr=0.1)
    made(tmp_path / "b", 0.7, set=["num_layers=2", "gelu=erf"], lr=0.2)
    made(tmp_path / "c", 0.6, hold_out=0.1)
    owns, problems = runs.found([tmp_path, tmp_path / "a"])  # which is one run
    assert problems == []
    assert [(own.name, own.accuracies) for own in owns] == [
        ("digits, num_layers=1, lr=0.1", (80.0,)),
        ("digits, num_layers=2, lr=0.2", (70.0,)),
    ]


def test_the_trainings_of_a_self_training_are_told_apart_by_their_folders(tmp_path):
    """A student's file of pseudo-labels is another one for each seed, and the setting is the same."""
    with_file = {"round-1": 1, "labels-only": "labels-only", "all-labels": "all-labels"}
    for seed in (0, 1):
        place = tmp_path / "st" / f"seed-{seed}"
        made(place / "teacher", 0.8 + seed / 10, seed=seed, labels=0.02)
        for name, file in with_file.items():
            pseudo = str(place / f"pseudo-labels-{file}.npz")
            made(place / name, 0.85, seed=seed, labels=0.02, pseudo=pseudo)
    (tmp_path / "st" / "self-train.json").write_text("{}", "utf-8")
    owns, _ = runs.found([tmp_path])
    assert {own.name: own.accuracies for own in owns} == {
        "digits, teacher": pytest.approx((80.0, 90.0)),
        **{f"digits, {name}": (85.0, 85.0) for name in with_file},
    }
    told = {own.name: notes.differs(own) for own in owns}
    assert "from scratch on 2.00% of the labels; " in told["digits, teacher"]
    assert "from scratch on 2.00% of the labels; " in told["digits, labels-only"]
    assert "from scratch on 2.00% of the labels, the rest pseudo-labeled; " in told["digits, round-1"]
    assert "from scratch on all labels; " in told["digits, all-labels"]


def test_trainings_of_a_self_training_without_their_series_are_not_averaged(tmp_path):
    for name in ("1", "labels-only"):
        made(tmp_path / name, 0.8, labels=0.02, pseudo=f"/elsewhere/pseudo-labels-{name}.npz")
    owns, _ = runs.found([tmp_path])
    assert [own.name for own in owns] == [
        "digits, pseudo=pseudo-labels-1.npz",
        "digits, pseudo=pseudo-labels-labels-only.npz",
    ]


@pytest.mark.parametrize(
    "init, name",
    [
        ("mini/14", "mini/14"),
        ("B/16-i21k", "B/16-i21k"),
        ("vit_base_patch16_224.augreg_in21k", "vit_base_patch16_224.augreg_in21k"),
        ("/a/b/run/model.npz", "run/model.npz"),
    ],
)
def test_the_name_of_weights_is_not_shortened(tmp_path, init, name):
    made(tmp_path / "a", 0.8, init=init)
    (own,), _ = runs.found([tmp_path])
    assert own.name == name and f": from {name} on " in notes.differs(own)


def test_tasks_of_vtab_have_their_own_rows_and_a_mean_of_all_alone(capsys, tmp_path):
    """A task of 1,000 images is not the data set of Table 2; 18 tasks have no mean."""
    tasks = [task for group in tables.vtab.TABLE_9.values() for task in group]
    for task in tasks:
        made(tmp_path / task / "test", 0.5, data=f"/x/{task}", vtab=task, images=(1_000, 100))
    made(tmp_path / "held-out", 0.9, vtab="DTD", hold_out=0.2)
    _, out, _ = run(capsys, "--table", "9", "--format", "md", "--runs", tmp_path)
    assert out.count("| 50.00 |") == 20 and "Own results" not in out
    _, out, _ = run(capsys, "--format", "md", "--runs", tmp_path)
    assert (
        "| VTAB (19 tasks) | 77.63 ± 0.23 | 76.28 ± 0.46 | 72.72 ± 0.21 | 76.29 ± 1.70 | – | 50.00 |" in out
    )
    assert "| CIFAR-100 | 94.55 ± 0.04 | 93.90 ± 0.05 | 93.25 ± 0.05 | 93.51 ± 0.08 | – | – |" in out
    (tmp_path / "DTD" / "test" / "run.json").unlink()
    assert "own:" not in run(capsys, "--format", "md", "--runs", tmp_path)[1]


def test_a_folder_that_cannot_be_used_is_one_line_and_loses_nothing(capsys, tmp_path):
    made(tmp_path / "good", 0.9)
    (tmp_path / "empty").mkdir()
    (made(tmp_path / "unfinished", 0.9) / "model.npz").unlink()
    made(tmp_path / "strange", 0.9, init=5)
    folders = [tmp_path / name for name in ("good", "empty", "unfinished", "strange", "nowhere")]
    status, out, err = run(capsys, "--runs", *folders)
    assert status == 2 and "90.00" in out
    lines = err.splitlines()
    assert len(lines) == 4 and all(line.startswith("vitnp: ") for line in lines)
    for line, word in zip(lines, ("holds no run", "no folder", "no finished run", "run.json"), strict=True):
        assert word in line


def test_a_picture_of_the_runs_beside_figure_3(capsys, tmp_path):
    made(tmp_path / "a", 0.9)
    out = tmp_path / "f.png"
    status, _, err = run(capsys, "--table", "figure-3", "--runs", tmp_path, "--out", out)
    assert (status, err) == (0, f"picture: {out}\n") and out.stat().st_size > 1000
    made(tmp_path / "few" / "a", 0.9, labels=0.1)  # which repeats its images
    status, _, err = run(capsys, "--table", "figure-3", "--runs", tmp_path / "few", "--out", out)
    assert status == 2 and "learned from the labels of all its training images" in err


@pytest.mark.parametrize("words", [[], ["--table", "figure-3"], ["--table", "6", "--runs", "x"]])
def test_a_picture_needs_figure_3_and_runs(capsys, tmp_path, words):
    status, out, err = run(capsys, *words, "--out", tmp_path / "f.png")
    assert (status, out) == (2, "") and "give --table figure-3 and --runs DIR" in err and err.count("\n") == 1
