"""`vitnp self-train`: what it leaves, that it goes on bit for bit, that it reads no label of the unlabeled images."""

import csv
import sys

import numpy as np
import pytest
from command_line import run
from matplotlib.figure import Figure

from vitnp import data, tree, weights
from vitnp.commands import cli, self_train_words
from vitnp.commands.self_train_plan import Plan
from vitnp.tasks import self_training as task
from vitnp.training import self_training as files
from vitnp.training import signals
from vitnp.training.place import recall

pytestmark = pytest.mark.usefixtures("plain_curves")

WORDS = (
    "self-train --labeled 100 --data digits --model tiny --image-size 8 --set patch_size=4 --steps 4 --batch-size 16 "
    "--threshold 0.1 --set-recipe warmup_steps=1 --workers 1 --out"
).split()
RUNS = ("teacher", "round-1", "round-2", "labels-only", "without-noise", "hard-labels", "all-labels")


def models_of(folder, seed=0):
    """{name of a training: its leaves}."""
    return {
        path.parent.name: dict(tree.leaves(weights.load(path)[0]))
        for path in sorted(folder.glob(f"seed-{seed}/*/model.npz"))
    }


def same(one, two):
    """Whether two models are the same to the bit."""
    return all((one[name] == two[name]).all() for name in one)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """(folder, exit status) of a series that nobody stopped."""
    folder = tmp_path_factory.mktemp("self-train")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vitnp.show.curves", lambda history: Figure(figsize=(1, 1)))
        return folder, cli.main([*WORDS, str(folder), "--baselines"])


def test_what_it_leaves(done):
    folder, status = done
    assert status == 0
    with open(folder / "self-train.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["training"] for row in rows] == [*RUNS]
    about = {name: recall(folder / "seed-0" / name) for name in RUNS}
    digits, seed = data.load("digits"), folder / "seed-0"
    labeled, unlabeled = task.split(digits.train, 100)
    p, config = weights.load(seed / "teacher" / "model.npz")
    q = task.teacher_probabilities(unlabeled, p, config)
    chosen = task.chosen(q, threshold=0.1)
    for name, option in {name: about[name]["options"]["pseudo"] for name in RUNS[1:]}.items():
        found, probabilities = files.load(option, 1437, 10)
        if name in ("round-1", "without-noise", "hard-labels"):
            np.testing.assert_array_equal(found, unlabeled.rows[chosen])
        if name in ("round-1", "without-noise"):
            np.testing.assert_allclose(probabilities, q[chosen], atol=1e-6)
        if name == "hard-labels":
            assert (probabilities.max(axis=1) == 1).all()
        if name in ("labels-only", "all-labels"):
            assert {*found} <= {*(labeled.rows if name == "labels-only" else unlabeled.rows)}
            np.testing.assert_array_equal(probabilities.argmax(axis=1), digits.train.labels[found])
            np.testing.assert_allclose(probabilities.max(axis=1), 0.91)  # smoothed as the labels are
    assert {about[name]["run"]["recipe"]["steps"] for name in RUNS} == {4}
    assert [about[name]["run"]["recipe"]["batch_size"] for name in RUNS] == [16, *[4] * 6]  # of 1 + 3 images
    assert about["round-1"]["run"]["recipe"]["augment"] == ["affine", "randaugment"]
    assert about["without-noise"]["run"]["recipe"]["augment"] == []
    with open(seed / "pseudo-labels-1.csv", encoding="utf-8", newline="") as file:
        counts = list(csv.DictReader(file))
    assert sum(int(row["images"]) for row in counts) == 1337
    assert {row["chosen"] for row in counts} <= {"0", "133"}


def test_the_same_command_reads_what_is_there(capsys, done):
    folder, _ = done
    before = models_of(folder)
    status, out, err = run(capsys, *WORDS, folder, "--baselines")
    assert (status, err) == (0, "")
    assert "| round-2 |" in out and "one seed shows no spread" in out
    assert all(same(model, models_of(folder)[name]) for name, model in before.items())
    status, _, err = run(capsys, *WORDS, folder, "--ratio", 1)
    assert status == 2 and "student_batch_size is 4 there and 8 here" in err


def test_stopped_in_the_middle_of_a_student(capsys, tmp_path, monkeypatch, done):
    """Ctrl-C in the first student, and its folder moves: the same command goes on to the same end.

    But not with other pseudo-labels than those that the student began with.
    """
    here, there = tmp_path / "here", tmp_path / "there"
    hears, asked = signals.Wish.__call__, []

    def after_a_while(wish):
        asked.append(0)
        if (here / "seed-0/round-1/run.json").exists() and len(asked) % 3 == 0:
            wish.signal = 2
        return hears(wish)

    with monkeypatch.context() as patch:
        patch.setattr(signals.Wish, "__call__", after_a_while)
        status, out, _ = run(capsys, *WORDS, here)
    assert status == 130 and "stopped with 1 of 3 runs done" in out
    assert list((here / "seed-0/round-1/checkpoints").glob("*"))
    here.rename(there)
    path = there / "seed-0/pseudo-labels-1.npz"
    kept, (rows, q) = path.read_bytes(), files.load(path, 1437, 10)
    files.save(path, rows, task.hard(q))
    status, _, err = run(capsys, *WORDS, there)
    assert status == 2 and "is of another run: data.pseudo is" in err
    path.write_bytes(kept)
    assert run(capsys, *WORDS, there)[0] == 0
    whole = models_of(done[0])
    assert all(same(model, whole[name]) for name, model in models_of(there).items())
    assert len(models_of(there)) == 3


def test_the_labels_of_the_unlabeled_images_are_not_read(capsys, tmp_path, monkeypatch, done):
    """Poisoned labels, beyond the choice of the labeled images, change no bit of a teacher or a student."""
    digits = data.load("digits")
    order = task.balanced(digits.train.labels, 0)
    digits.train.labels[order[100:]] = 7
    monkeypatch.setattr(data, "own_set", lambda *how: digits)
    for module in (sys.modules["vitnp.data.few"], task):
        monkeypatch.setattr(module, "balanced", lambda labels, seed: order)
    assert run(capsys, *WORDS, tmp_path)[0] == 0
    whole = models_of(done[0])
    assert all(same(model, whole[name]) for name, model in models_of(tmp_path).items())


def test_another_student(capsys, tmp_path):
    """A CNN's student is an EfficientNet, which has noise of its own; beginning anew removes all that was left."""
    words = (
        "self-train --labeled 20 --model cnn-digits --set channels=2,3 --steps 2 --batch-size 4 --rounds 1"
    )
    student = "--student-model efficientnet-digits --student-set channels=4,4,4 --student-set head_channels=8"
    words = [
        *words.split(),
        *student.split(),
        "--threshold",
        0,
        "--no-augment",
        "--workers",
        1,
        "--out",
        tmp_path,
    ]
    assert run(capsys, *words)[0] == 0
    assert weights.load(tmp_path / "seed-0/round-1/model.npz")[1].stochastic_depth_rate == 0.2
    assert recall(tmp_path / "seed-0/teacher")["run"]["model"]["family"] == "cnn"
    (tmp_path / "seed-0" / "mine.txt").write_text("mine")
    status, out, _ = run(capsys, *words, "--ratio", 1, "--overwrite")
    assert status == 0 and "2 labeled and 2 unlabeled" in out
    assert (tmp_path / "seed-0" / "mine.txt").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--labeled 9", "--labeled is 9; need a whole number of at least 10"),
        (
            "--ratio 4",
            "a step of 16 images is not divided into 1 labeled image and 4 unlabeled ones; give --batch-size 15",
        ),
        ("--init m.npz", "--init is m.npz, and self-train begins with random weights"),
        ("--set-recipe mixup=0.2", "mixup is 0.2"),
        ("--student-set units=1", "--student-set is of a model that --student-model names"),
        ("--dtype float16", "leave out float16"),
        ("--threshold 0.5", "no image of 1,337 has a probability of 0.5 or more"),
        ("--student-model bit-fashio", 'model "bit-fashio" is unknown; did you mean bit-fashion'),
    ],
)
def test_what_it_refuses(capsys, tmp_path, words, said):
    status, _, err = run(capsys, *WORDS, tmp_path / "out", *words.split())
    assert status == 2
    assert said in err and err.count("\n") == 1


def test_the_table():
    """By hand: gains of 2 and 4 points are 3 ± 1.41; with two seeds 12.71 standard errors of 1 are no proof."""
    plan = Plan(None, None, 10, 1, 0.3, None, False)
    rows = [
        {"training": name, "seed": seed, "test_accuracy": accuracy, "seconds": 1.0}
        for name, found in (("teacher", (0.5, 0.6)), ("round-1", (0.52, 0.64)))
        for seed, accuracy in enumerate(found)
    ]
    lines = list(self_train_words.table(plan, rows))
    assert lines[3].startswith("| round-1 | 58.00 ± 8.49 | +3.00 ± 1.41 | 2 |")
    said = "round-1 − teacher: +3.00 ± 1.41 points, 95% interval -9.71 … +15.71: no difference is shown"
    assert lines[4] == said
    rows[3]["test_accuracy"] = 0.6201
    assert list(self_train_words.table(plan, rows))[4].endswith("95% interval +1.94 … +2.07: a difference")


def test_a_file_of_pseudo_labels(tmp_path):
    path, q = tmp_path / "q.npz", np.full((3, 2), 0.5, np.float32)
    files.save(path, [4, 0, 4], q)
    rows, found = files.load(path, 5, 2)
    assert rows.tolist() == [4, 0, 4] and (found == q).all()
    for count, classes, said in ((4, 2, "names images 0 to 4"), (5, 3, "for 3 classes")):
        with pytest.raises(task.InputError, match=said):
            files.load(path, count, classes)
    path.write_text("no file of arrays")
    with pytest.raises(task.InputError, match="is no file of pseudo-labels"):
        files.load(path, 5, 2)
