"""`vitnp vtab`: end to end on small tasks, how it goes on, what it refuses; a mean is of a whole group."""

import csv
import json

import numpy as np
import pytest
import vtab_files as files
from command_line import run

from vitnp import InputError, preset, vit, weights
from vitnp.commands import cli, series, vtab_options, vtab_table
from vitnp.data import vtab
from vitnp.training.progress import Diverged
from vitnp.training.recipes import RECIPES
from vitnp.training.setup import prepare

pytestmark = pytest.mark.usefixtures("plain_curves", "of_ten")
TINY = {"num_layers": 1, "hidden_size": 16, "num_heads": 2, "mlp_dim": 16}


@pytest.fixture
def words(tmp_path):
    """The command with a file of weights, and a folder of four tasks in three groups."""
    config = preset("digits", in_channels=3, **TINY)
    weights.save(tmp_path / "old.npz", vit.init(np.random.default_rng(0), config), config)
    files.svhn_files(tmp_path / "data" / "svhn")
    files.by_lists(tmp_path / "data" / "eurosat")
    files.dsprites_file(tmp_path / "data" / "dsprites")
    how = "--steps 2 --batch-size 4 --workers 1"
    return f"vtab --data {tmp_path}/data --weights {tmp_path}/old.npz --out {tmp_path}/out {how}".split()


def rows(out):
    with open(out / "vtab.csv", encoding="utf-8", newline="") as file:
        return {row["task"]: row for row in csv.DictReader(file)}


def test_every_task_that_is_there(capsys, tmp_path, words, monkeypatch):
    status, out, err = run(capsys, *words)
    assert (status, err) == (0, "")
    found = rows(tmp_path / "out")
    assert [*found] == ["SVHN", "EuroSAT", "dSpr-Loc", "dSpr-Ori"]
    assert found["SVHN"]["test_images"] == "6" and found["SVHN"]["training_images"] == "10"
    assert "lr 0.01, 2 steps, batches of 4, sgd; whole pictures, stretched to 8x8; augmentation: none" in out
    assert "EuroSAT: 10 training images; 6 test images; images by the lists in the folder; " in out
    assert "| **Natural** | 1 of 7 tasks, no mean | 86.7 | 85.6 | 83.3 |" in out
    assert "| **mean of the 19 tasks** | 4 of 19 tasks, no mean |" in out
    assert "not measured: Caltech101, CIFAR-100, DTD" in out and "SVHN†" in out
    kept = json.loads((tmp_path / "out" / "vtab.json").read_text())
    assert kept["means"] == dict.fromkeys(vtab.GROUPS) and len(kept["absent"]) == 15
    (history,) = (tmp_path / "out" / "SVHN").glob("*/test/history.csv")
    assert len(history.read_text().splitlines()) == 2  # the test images are looked at once
    trained, real = [], series.train.train_in_folder
    monkeypatch.setattr(
        series.train, "train_in_folder", lambda *how: trained.append(how[0].vtab) or real(*how)
    )
    assert run(capsys, *words)[0] == 0 and trained == []
    assert rows(tmp_path / "out") == found
    status, _, err = run(capsys, *words, "--batch-size", "5")
    assert (status, err.count("\n")) == (2, 1) and "batch_size is 4 there and 5 here" in err


def test_other_weights_and_other_images_are_refused(capsys, tmp_path, words):
    """Nothing is trained or shown of what a file of the same name was before."""
    one = [*words, "--tasks", "eurosat"]
    assert run(capsys, *one)[0] == 0
    kept = (tmp_path / "out" / "vtab.json").read_text()
    before = (tmp_path / "old.npz").read_bytes()
    config = preset("digits", in_channels=3, **TINY)
    weights.save(tmp_path / "old.npz", vit.init(np.random.default_rng(1), config), config)
    status, out, err = run(capsys, *one)
    assert (status, err.count("\n")) == (2, 1) and "holds other results: sha256_of_weights is" in err
    (tmp_path / "old.npz").write_bytes(before)
    place = tmp_path / "data" / "eurosat"
    listed = (place / "test.txt").read_text()
    for path, text in ((place / "test.txt", listed.replace("0.png 2", "0.png 1")), (None, None)):
        if path:
            path.write_text(text)
        else:
            files.picture(place / "images" / "a picture 10.png", 77)  # in place, of the same size
        for more in ("", "--lang ko"):
            status, out, err = run(capsys, *one, *more.split())
            assert (status, err.count("\n")) == (2, 1) and "| " not in out
        assert "다른 이미지나 레이블" in err
        (place / "test.txt").write_text(listed)
    assert (tmp_path / "out" / "vtab.json").read_text() == kept
    assert run(capsys, *one, "--overwrite")[0] == 0


def test_moved_images_are_the_same(capsys, tmp_path, words):
    one = [*words, "--tasks", "eurosat,svhn"]
    assert run(capsys, *one)[0] == 0
    (tmp_path / "data").rename(tmp_path / "moved")
    status, out, _ = run(capsys, *one, "--data", tmp_path / "moved")
    assert status == 0 and "| EuroSAT† | " in out
    files.svhn_files(tmp_path / "moved" / "svhn", test=7)
    status, _, err = run(capsys, *one, "--data", tmp_path / "moved")
    assert status == 2 and "images or labels of SVHN" in err


def test_mixup_is_said(capsys, tmp_path, words):
    _, out, _ = run(capsys, *words, "--tasks", "eurosat", "--set-recipe", "mixup=0.2")
    assert "augmentation: mixup 0.2\n" in out


def test_tasks_one_after_the_other(capsys, tmp_path, words):
    assert run(capsys, *words, "--tasks", "dsprites_ori")[0] == 0
    status, out, _ = run(capsys, *words, "--tasks", "specialized,svhn", "--lang", "ko")
    assert status == 0 and [*rows(tmp_path / "out")] == ["SVHN", "EuroSAT", "dSpr-Ori"]
    assert "과제 8개 중 1개만 있어 평균 없음" in out and "시드 0으로 고른 이미지 8 + 2장" in out


def test_a_sweep_chooses_by_the_200_images(capsys, tmp_path, words, monkeypatch):
    asked, right = [], {0.1: 0.9, 0.01: 0.4}

    def trained(wanted, folder, wish):
        asked.append((wanted.lr, wanted.hold_out, prepare(wanted)))
        return {"test_accuracy": right[wanted.lr] if wanted.hold_out else 0.5, "seconds": 1.0}

    monkeypatch.setattr(series, "trained", trained)
    assert run(capsys, *words, "--sweep", "--tasks", "eurosat")[0] == 0
    assert [(lr, part) for lr, part, _ in asked] == [(0.1, 0.2), (0.01, 0.2), (0.1, None)]
    assert [len(np.unique(setup.data.train.rows)) for *_, setup in asked] == [8, 8, 10]
    assert [len(setup.data.test) for *_, setup in asked] == [2, 2, 6]
    assert rows(tmp_path / "out")["EuroSAT"]["lr"] == "0.1"
    right[0.1] = 0.4  # of equal ones the smaller rate
    assert run(capsys, *words, "--sweep", "--tasks", "eurosat", "--overwrite")[0] == 0
    assert rows(tmp_path / "out")["EuroSAT"]["lr"] == "0.01"


def asked(tmp_path, *more, model="Ti/16"):
    """What the command asks its trainings for, with a model of 224 pixels."""
    config = preset(model, **TINY)
    weights.save(tmp_path / "large.npz", vit.init(np.random.default_rng(0), config), config)
    given = ["vtab", "--data", "data", "--weights", str(tmp_path / "large.npz"), *more]
    return vtab_options.asked(cli.parser(given).parse_args(given))


def test_the_papers_setting(tmp_path):
    wanted, ways = asked(tmp_path)
    assert (ways, wanted.image_size, wanted.micro_batch) == ([(0.01, 2500)], "384", 8)
    recipe = RECIPES[wanted.recipe]
    assert (recipe.batch_size, recipe.optimizer, recipe.momentum, recipe.schedule) == (
        512,
        "sgd",
        0.9,
        "cosine",
    )
    assert vtab_options.in_a_way(wanted, *ways[0])["set_recipe"] == ["warmup_steps=500"]
    assert vtab_options.in_a_way(wanted, 0.01, 20)["set_recipe"] == ["warmup_steps=4"]
    assert asked(tmp_path, "--sweep")[1] == [(0.1, 2500), (0.1, 10000), (0.01, 2500), (0.01, 10000)]
    with pytest.raises(InputError, match="not divisible by patch_size 14; give --image-size 392 or 378"):
        asked(tmp_path, model="H/14")
    wanted, _ = asked(tmp_path, "--image-size", "32", "--set", "preprocessing.crop_fraction=0.5")
    assert (wanted.image_size, wanted.micro_batch) == ("32", None) and wanted.set[-1].endswith("=0.5")


def test_it_is_stopped_and_goes_on(capsys, tmp_path, words, monkeypatch):
    real = series.trained
    monkeypatch.setattr(
        series, "trained", lambda wanted, *how: None if wanted.vtab == "EuroSAT" else real(wanted, *how)
    )
    status, out, _ = run(capsys, *words)
    assert status == 130 and "stopped with 1 of 4 tasks done; the same command goes on" in out
    assert [*rows(tmp_path / "out")] == ["SVHN"]


def test_a_training_resumes_within_a_task(capsys, tmp_path, words, monkeypatch):
    assert run(capsys, *words, "--tasks", "eurosat")[0] == 0
    real = series.trained
    after_a_step = type("Wish", (), {"signal": None, "__call__": lambda self: True})()
    monkeypatch.setattr(series, "trained", lambda one, folder, wish: real(one, folder, after_a_step))
    again = [*words, "--tasks", "eurosat", "--out", str(tmp_path / "stopped")]
    assert run(capsys, *again)[0] == 130
    (checkpoint,) = (tmp_path / "stopped" / "EuroSAT").glob("*/test/checkpoints/*.npz")
    assert checkpoint.name == "step-000000001.npz"
    monkeypatch.setattr(series, "trained", real)
    assert run(capsys, *again)[0] == 0
    one, other = (next((tmp_path / out / "EuroSAT").glob("*/test/model.npz")) for out in ("out", "stopped"))
    with np.load(one) as one, np.load(other) as other:
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_training_that_diverges_is_said(capsys, tmp_path, words, monkeypatch):
    def trained(wanted, folder, wish):
        raise Diverged("training stopped at step 2; begin anew with a smaller --lr")

    monkeypatch.setattr(series, "trained", trained)
    status, out, err = run(capsys, *words, "--tasks", "svhn")
    assert status == 2 and "| SVHN† | diverged | 88.9 | 87.4 | 80.9 |" in out
    assert "SVHN: training stopped at step 2\n" in err and "every training diverged" in err


def test_a_divergence_in_korean(capsys, tmp_path, words, monkeypatch):
    monkeypatch.setattr(series, "trained", stopped)
    err = run(capsys, *words, "--tasks", "svhn", "--lang", "ko")[2]
    assert "SVHN: 스텝 2, lr 0에서 학습이 멈추었습니다: 손실은 nan, 그래디언트의 노름은 nan\n" in err


def stopped(*how):
    """As a training that diverges raises."""
    raise Diverged(
        "training stopped at step 2, lr 0: the loss is nan and the gradient's norm nan; the first leaf that is not "
        "finite: p; begin anew with a smaller --lr"
    )


def row(task, accuracy=0.5):
    return {"task": task, "accuracy": accuracy, "test_images": vtab.TASKS[task].test, "training_images": 10}


def test_a_mean_is_of_a_whole_group():
    found = {task: row(task) for task in vtab.chosen(["specialized"])} | {"DTD": row("DTD", 0.9)}
    assert vtab_table.summary(found)["means"] == {"Natural": None, "Specialized": 0.5, "Structured": None}
    assert "| **Specialized** | 50.00 | 87.0 | 86.7 | 84.7 |" in [*vtab_table.lines(found)]
    found["EuroSAT"]["accuracy"] = None  # which diverged
    assert vtab_table.summary(found)["means"]["Specialized"] is None
    assert "| **Specialized** | 3 of 4 tasks, no mean | 87.0 | 86.7 | 84.7 |" in [*vtab_table.lines(found)]
    found = {task: row(task) for task in vtab.TASKS}
    assert vtab_table.summary(found) == {"means": dict.fromkeys(vtab.GROUPS, 0.5), "mean": 0.5, "absent": []}
    del found["KITTI-Dist"]
    assert vtab_table.summary(found)["mean"] is None
    assert vtab_table.summary(found)["absent"] == ["KITTI-Dist"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("--tasks dtd", "has no folder of DTD; it has SVHN, EuroSAT, dSpr-Loc, dSpr-Ori"),
        ("--tasks natural,dtd", "has no folder of DTD"),
        ("--tasks mnist", '"mnist" is no task of VTAB; '),
        ("--steps 2,3", "--lr and --steps name 2 ways to train; choose among them with --sweep"),
        ("--sweep --lr 0.1", "--sweep has one learning rate and one number of steps"),
        ("--lr 0", "--lr is 0.0; need"),
        ("--steps x", '--steps "x" are no whole numbers'),
        ("--set-recipe epochs=2", "--set-recipe epochs is not for vtab; give --steps"),
        ("--set-recipe lr=0.5", "--set-recipe lr is not for vtab; give --lr"),
        (
            "--set-recipe warmup_steps=1",
            "warmup_steps is not for vtab; give --steps: the warm-up is 500 steps",
        ),
        ("--image-size 9", "image_size 9x9 is not divisible by patch_size 2"),
        ("--out DATA/x", "is in the data folder"),
        ("--data DATA/nowhere", "there is no folder"),
    ],
)
def test_what_it_refuses(capsys, tmp_path, words, more, message):
    more = more.replace("DATA", f"{tmp_path}/data").split()
    status, _, err = run(capsys, *words, *more)
    assert (status, err.count("\n")) == (2, 1), err
    assert message in err
    assert not (tmp_path / "out").exists()


def test_a_file_of_results_that_is_another(capsys, tmp_path, words):
    assert run(capsys, *words, "--tasks", "svhn")[0] == 0
    path = tmp_path / "out" / "vtab.json"
    kept = json.loads(path.read_text())
    (right,) = kept["results"]
    for wrong in (
        {"task": "SVHN"},
        right | {"task": []},
        right | {"accuracy": "x"},
        right | {"test_images": 0},
    ):
        path.write_text(json.dumps(kept | {"results": [wrong]}))
        status, _, err = run(capsys, *words)
        assert status == 2 and "vtab.json is not as this command writes it; name another folder" in err
