"""`vitnp self-train`: what it leaves, that it goes on bit for bit, that it reads no label of the unlabeled images."""

import csv
import dataclasses
import shutil
import sys

import numpy as np
import pytest
from command_line import run
from matplotlib.figure import Figure

from vitnp import data, tree, weights
from vitnp.commands import cli, self_train_plan, self_train_words, series
from vitnp.commands.self_train_plan import Plan
from vitnp.system import language
from vitnp.tasks import self_training as task
from vitnp.training import self_training as files
from vitnp.training import signals
from vitnp.training.place import recall, reserved
from vitnp.training.setup import prepare

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
        if name == "all-labels":  # every one once, whatever the teacher predicts
            np.testing.assert_array_equal(found, unlabeled.rows)
        if name in ("labels-only", "all-labels"):
            assert name == "all-labels" or {*found} == {*labeled.rows}
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
    status, out, _ = run(capsys, *words)
    assert status == 0
    assert weights.load(tmp_path / "seed-0/round-1/model.npz")[1].stochastic_depth_rate == 0.2
    assert recall(tmp_path / "seed-0/teacher")["run"]["model"]["family"] == "cnn"
    of_students = "dropout 0.1, stochastic depth 0.2"
    assert f"noise of the teacher: none; of the students: {of_students}" in out
    mine = [tmp_path / "seed-0" / "pseudo-labels-mine.txt", tmp_path / "self-train.md"]
    for file in mine:
        file.write_text("mine")
    shutil.copytree(tmp_path / "seed-0/teacher", tmp_path / "seed-0/my-own-run")
    before = sorted(tmp_path.rglob("*"))
    with reserved(tmp_path / "seed-0/teacher", new=False):  # as while it is trained
        status, _, err = run(capsys, *words, "--ratio", 1, "--overwrite")
    assert status == 2 and "a training is in" in err and sorted(tmp_path.rglob("*")) == before
    with reserved(tmp_path, new=False):  # the same command a second time
        status, out, err = run(capsys, *words, "--overwrite")
    assert (status, out) == (2, "") and f"a training is in {tmp_path} at this moment" in err
    assert sorted(tmp_path.rglob("*")) == before
    status, out, _ = run(capsys, *words, "--ratio", 1, "--overwrite")
    assert status == 0 and "2 labeled and 2 unlabeled" in out
    assert all(file.exists() for file in mine) and (tmp_path / "seed-0/my-own-run/model.npz").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--labeled 9", "--labeled is 9; need a whole number of at least 10"),
        (
            "--ratio 4",
            "a step of 16 images is not divided into 1 labeled image and 4 unlabeled ones; give --batch-size 15",
        ),
        ("--ratio 0", "--ratio is 0; need a whole number of at least 1"),
        ("--init m.npz", "unrecognized arguments: --init"),
        (
            "--student-model efficientnet-digits --micro-batch 16",
            "--micro-batch is 16, and BatchNorm normalizes over the whole batch",
        ),
        (
            "--set-recipe batch_size=18",
            "a step of 18 images is not divided into 1 labeled image and 3 unlabeled",
        ),
        ("--set-recipe steps=5 --set-recipe epochs=2", "epochs is 2 and steps is 5; give one of them"),
        ("--set-recipe mixup=0.2", "mixup is 0.2"),
        ("--student-set units=1", "--student-set is of a model that --student-model names"),
        ("--dtype float16", "leave out float16"),
        (
            "--threshold 0.5",
            "give a lower threshold, or train the teacher longer; in the same folder both need --overwrite",
        ),
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
    rows[3]["test_accuracy"] = 0.62
    assert "+2.00 ± 0.00 points; it is the same for every seed" in list(self_train_words.table(plan, rows))[4]
    with language.used("ko"):
        lines = list(self_train_words.table(plan, rows))
    assert lines[0] == "| 학습 | 테스트 정확도, % | teacher와의 차이, %p | 시드 수 | 학습당 시간(초) |"
    assert lines[4].startswith("round-1 − teacher: +2.00 ± 0.00%p. 모든 시드에서 같아")


def test_what_is_compared_with_what():
    """A baseline has the images and the number of the first student."""
    baselines = Plan(None, None, 10, 2, 0.3, None, True)
    want = [("round-1", other) for other in ("teacher", "labels-only", "without-noise", "hard-labels")]
    want += [("round-2", other) for other in ("round-1", "labels-only", "all-labels")]
    assert list(self_train_words.pairs(baselines)) == want
    assert list(self_train_words.pairs(baselines._replace(baselines=False))) == [want[0], want[4]]
    assert self_train_words.verdict(*want[-1], [-1.0]).startswith(
        "round-2 − all-labels (upper bound): -1.00 points"
    )


def asked(words):
    """What `self_train_plan.asked` makes of a command."""
    return self_train_plan.asked(cli.parser(words).parse_args(words))


def plan_of(words):
    """The `Plan` and the two `Setup`s of a command."""
    return asked([*WORDS, "out", *words.split()])


def test_sizes_of_set_recipe_are_the_options():
    """A student's rows are a quarter of the images of a step, however these are given; steps take the epochs' place."""
    want = plan_of("--batch-size 8 --steps 3")[0]
    assert plan_of("--set-recipe batch_size=8 --set-recipe steps=3")[0] == want
    assert (want.student.batch_size, want.student.ratio, want.student.steps) == (2, 3, 3)
    without_steps = [word for word in WORDS if word not in ("--steps", "4")]
    by_epochs = asked([*without_steps, "out", "--set-recipe", "epochs=2"])[0]
    assert (by_epochs.student.epochs, by_epochs.student.steps) == (None, 2 * 90)  # 1,437 / 16


def test_without_any_noise():
    """Every rate of the model is 0, whatever option gave it; the title names them all."""
    noisy = "--set attention_dropout_rate=0.4 --set-recipe dropout=0.1 --set stochastic_depth_rate=0.3"
    plan, *setups = plan_of(noisy)
    said = "affine, randaugment, dropout 0.1, attention dropout 0.4, stochastic depth 0.3"
    assert list(self_train_words.title(plan, *setups))[-1] == f"noise of every training: {said}"
    quiet = prepare(self_train_plan.quiet(plan.student))
    assert {*self_train_plan.noise_of(quiet.config).values()} == {0.0}
    assert quiet.recipe.augment == ()


def test_the_folder_of_the_pictures_may_move(tmp_path):
    """It is one option, and no part of what a student is."""
    plan = plan_of("")[0]
    for place in ("here", "there"):
        moved = [dataclasses.replace(one, data=str(tmp_path / place)) for one in plan[:2]]
        series.remember(tmp_path / "self-train.json", Plan(*moved, *plan[2:]).about)


def test_a_file_of_pseudo_labels(tmp_path):
    path, q = tmp_path / "q.npz", np.full((3, 2), 0.5, np.float32)
    files.save(path, [4, 0, 4], q)
    rows, found = files.load(path, 5, 2)
    assert rows.tolist() == [4, 0, 4] and (found == q).all()
    for count, classes, said in ((4, 2, "names images 0 to 4"), (5, 3, "for 3 classes")):
        with pytest.raises(task.InputError, match=said):
            files.load(path, count, classes)
    path.write_text("no file of arrays")
    with pytest.raises(
        task.InputError, match="is no file of pseudo-labels for 2 classes; remove it, and vitnp"
    ):
        files.load(path, 5, 2)
