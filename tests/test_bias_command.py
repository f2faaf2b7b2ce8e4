"""`vitnp bias shift` and `vitnp bias data`: what they print and leave, that they go on, what they refuse."""

import csv
import json
import statistics
from pathlib import Path

import numpy as np
import pytest
from command_line import run as command

from vitnp import InputError, data, models, weights
from vitnp.analysis import bias
from vitnp.commands import bias as claims
from vitnp.commands import series
from vitnp.commands.bias import data as of_data
from vitnp.commands.bias import shift, trainings
from vitnp.training import signals
from vitnp.training.metrics import rows_until
from vitnp.training.progress import Epoch

pytestmark = pytest.mark.usefixtures("plain_curves")

QUICK = "--models mlp,rnn --steps 3 --batch-size 8 --workers 1"
SHIFT = f"bias shift {QUICK} --seeds 2 --pixels 0,1 --degrees 10 --out"
DATA = f"bias data {QUICK} --seeds 2 --points 10,30 --out"


def run(capsys, words, *more):
    """(exit status, standard output, standard error) of `vitnp …`."""
    return command(capsys, *words.split(), *more)


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cell(values):
    """Mean and deviation in percent, as the tables have them."""
    return f"{100 * statistics.mean(values):.2f} ± {100 * statistics.stdev(values):.2f}"


@pytest.fixture
def trained(monkeypatch):
    """The folders that a test trains in."""
    folders, real = [], series.train.train_in_folder

    def kept(wanted, where, *rest):
        folders.append(Path(where.folder))
        return real(wanted, where, *rest)

    monkeypatch.setattr(series.train, "train_in_folder", kept)
    return folders


# ---- what they print and leave ----


def test_shift(capsys, tmp_path):
    status, out, err = run(capsys, SHIFT, tmp_path)
    assert (status, err) == (0, "")
    assert "parameters: mlp-digits 125,578, rnn-digits 137,706\n" in out
    assert "\n4 trainings of 3 steps on digits: about " in out
    found = rows(tmp_path / "shift.csv")
    assert [(r["model"], r["seed"]) for r in found[::3]] == [(m, s) for s in "01" for m in ("mlp", "rnn")]
    changes = [("shift", "0"), ("shift", "1"), ("rotation", "10.0")]
    assert [(r["change"], r["amount"]) for r in found] == 4 * changes
    assert "| model | seeds | shift 0 px | shift 1 px | rotation 10° |" in out
    for model, name in (("mlp", "MLP"), ("rnn", "RNN")):
        for measure in ("accuracy", "consistency"):
            cells = [
                cell(
                    [
                        float(r[measure])
                        for r in found
                        if (r["model"], r["change"], r["amount"]) == (model, *change)
                    ]
                )
                for change in changes
            ]
            assert f"\n| {name} | 2 | {' | '.join(cells)} |" in out
    assert {r["consistency"] for r in found if r["amount"] == "0"} == {"1.0"}
    assert (tmp_path / "shift.png").stat().st_size > 10_000
    assert f"shift.csv, shift.png and the trainings are in {tmp_path}" in out


def test_an_unmoved_picture_is_measured_as_in_the_training(capsys, tmp_path):
    """The same test images, seed by seed, and the same preprocessing."""
    assert run(capsys, SHIFT, tmp_path)[0] == 0
    for row in rows(tmp_path / "shift.csv"):
        if row["amount"] == "0":
            folder = tmp_path / "shift" / row["model"] / f"seed-{row['seed']}"
            epoch = rows_until(folder / "history", Epoch._fields, 9)[-1]
            assert float(row["accuracy"]) == pytest.approx(epoch["test_accuracy"])


def test_what_a_training_of_it_is(capsys, tmp_path):
    """Without augmentation, of the steps that are asked for, with a warm-up that ends."""
    words = (
        SHIFT.replace("mlp,rnn", "vit,bit")
        .replace("--seeds 2", "--seeds 1")
        .replace("--steps 3", "--steps 10")
    )
    assert run(capsys, words, tmp_path)[0] == 0
    for family, name in (("vit", "digits"), ("bit", "bit-digits")):
        folder = tmp_path / "shift" / family / "seed-0"
        assert weights.load(folder / "model.npz")[1] == models.preset(name)
        recipe = json.loads((folder / "run.json").read_text(encoding="utf-8"))["run"]["recipe"]
        assert (recipe["augment"], recipe["steps"], recipe["warmup_steps"], recipe["lr"]) == ([], 10, 2, 2e-3)


def test_data(capsys, tmp_path):
    status, out, err = run(capsys, DATA, tmp_path)
    assert (status, err) == (0, "")
    found = rows(tmp_path / "data.csv")
    ways = [(m, n, s) for s in "01" for n in ("10", "30") for m in ("mlp", "rnn")]
    assert [(r["model"], r["images"], r["seed"]) for r in found] == ways
    assert "| model | 10 | 30 |" in out
    for model, name in (("mlp", "MLP"), ("rnn", "RNN")):
        cells = [
            cell([float(r["test_accuracy"]) for r in found if (r["model"], r["images"]) == (model, n)])
            for n in ("10", "30")
        ]
        assert f"\n| {name} | {' | '.join(cells)} |" in out
    assert "no crossover is looked for" in out
    assert "| ImageNet | 1,300,000 | 73.38 | 77.91 | 71.16 | 76.53 | – | 81.30 |" in out
    assert "9M, 30M, 90M, 300M images, is a plot: the paper prints none of its numbers" in out
    assert (tmp_path / "data.png").stat().st_size > 10_000


def test_the_images_are_nested_balanced_and_of_the_seed(capsys, tmp_path, monkeypatch):
    seen, real = {}, data.part
    monkeypatch.setattr(
        data,
        "part",
        lambda source, share, seed: seen.setdefault(
            (round(share * len(source)), seed), real(source, share, seed)
        ),
    )
    assert run(capsys, DATA, tmp_path)[0] == 0
    assert seen.keys() == {(n, seed) for n in (10, 30) for seed in (0, 1)}
    for (n, seed), part in seen.items():
        assert len(part) == n
        assert np.bincount(part.labels).tolist() == [n // 10] * 10
        assert set(seen[10, seed].rows) <= set(part.rows)
    assert set(seen[10, 0].rows) != set(seen[10, 1].rows)


def test_both_claims_in_one_folder(capsys, tmp_path):
    for words in (SHIFT, DATA):
        assert run(capsys, words.replace("--seeds 2", "--seeds 1"), tmp_path)[0] == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{claim}{end}" for claim in ("shift", "data") for end in ("", ".csv", ".json", ".png")}


# ---- going on ----


@pytest.mark.parametrize(("words", "first"), [(SHIFT, "rnn"), (DATA, "rnn-10")])
def test_finished_trainings_are_read_and_seeds_may_be_added(capsys, tmp_path, trained, words, first):
    assert run(capsys, words.replace("mlp,rnn", "mlp"), tmp_path)[0] == 0
    before = rows(next(tmp_path.glob("*.csv")))
    trained.clear()
    status, out, _ = run(capsys, words.replace("mlp,rnn", "mlp"), tmp_path)
    assert (status, trained) == (0, [])
    assert "are finished; nothing is trained again" in out
    assert rows(next(tmp_path.glob("*.csv"))) == before
    assert run(capsys, words.replace("--seeds 2", "--seeds 1"), tmp_path)[0] == 0
    assert trained[0].parts[-2:] == (first, "seed-0")
    assert {folder.parts[-2].partition("-")[0] for folder in trained} == {"rnn"}


@pytest.mark.parametrize("words", [SHIFT, DATA])
def test_one_that_was_stopped_goes_on(capsys, tmp_path, monkeypatch, words):
    assert run(capsys, words, tmp_path / "whole")[0] == 0
    there = tmp_path / "there"
    hears, asked = signals.Wish.__call__, []

    def after_some(wish):
        asked.append(1)
        if len(asked) > 20:  # the first training ends after 14
            wish.signal = 2
        return hears(wish)

    monkeypatch.setattr(signals.Wish, "__call__", after_some)
    status, out, _ = run(capsys, words, there)
    assert status == 130
    assert "steps done; the same command goes on" in out
    monkeypatch.undo()
    assert (
        0 < len(list(there.glob("*/*/*/model.npz"))) < len(list((tmp_path / "whole").glob("*/*/*/model.npz")))
    )
    assert run(capsys, words, there)[0] == 0
    name = next(there.glob("*.csv")).name
    whole, again = (
        [{k: v for k, v in r.items() if k != "seconds"} for r in rows(f / name)]
        for f in (tmp_path / "whole", there)
    )
    assert whole == again


def test_another_one_in_the_folder(capsys, tmp_path):
    one = SHIFT.replace("--seeds 2", "--seeds 1")
    assert run(capsys, one, tmp_path)[0] == 0
    mine = tmp_path / "shift" / "rnn" / "mine.txt"
    mine.write_text("mine")
    other = one.replace("--steps 3", "--steps 4")
    status, _, err = run(capsys, other, tmp_path)
    assert (status, "steps is 3 there and 4 here" in err, err.count("\n")) == (2, True, 1)
    assert run(capsys, other.replace("shift", "shift --overwrite", 1), tmp_path)[0] == 0
    assert mine.read_text() == "mine"
    assert not (tmp_path / "shift" / "mlp" / "mine.txt").exists()
    (epoch,) = rows_until(tmp_path / "shift" / "mlp" / "seed-0" / "history", Epoch._fields, 9)
    assert epoch["epoch"] == 1


def test_pixels_may_change(capsys, tmp_path, trained):
    one = SHIFT.replace("--seeds 2", "--seeds 1")
    assert run(capsys, one, tmp_path)[0] == 0
    trained.clear()
    assert run(capsys, one.replace("--pixels 0,1", "--pixels 2"), tmp_path)[0] == 0
    assert trained == []
    assert {row["amount"] for row in rows(tmp_path / "shift.csv")} == {"2", "10.0"}


@pytest.mark.parametrize("words", [SHIFT, DATA])
def test_every_training_diverges(capsys, tmp_path, words):
    status, _, err = run(capsys, words.replace("mlp,rnn", "mlp") + " " + str(tmp_path) + " --lr 1e38")
    assert status == 2
    lines = err.splitlines()
    assert all(line.startswith("MLP, ") and "training stopped at step" in line for line in lines[:-1])
    assert lines[-1].startswith("vitnp: every training diverged; give a smaller --lr")
    assert not list(tmp_path.glob("*.csv"))


def test_one_training_diverges(capsys, tmp_path, monkeypatch):
    real = series.trained

    def of_rnn(wanted, folder, wish):
        if wanted.model == "rnn-digits" and wanted.seed == 1:
            raise claims.Diverged("training stopped at step 2")
        return real(wanted, folder, wish)

    monkeypatch.setattr(series, "trained", of_rnn)
    status, out, err = run(capsys, DATA, tmp_path)
    assert status == 0
    assert err.splitlines() == [f"RNN, {n} images, seed 1: training stopped at step 2" for n in (10, 30)]
    line = next(line for line in out.splitlines() if line.startswith("| RNN"))
    assert line.count(", 1 diverged") == 2 and "±" not in line


# ---- what is refused ----


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "the following arguments are required: CLAIM"),
        ("shit", "invalid choice: 'shit' (choose from"),
        (
            "shift --data digit",
            '--data is "digit"; did you mean digits? choose from digits, mnist, fashion-mnist',
        ),
        ("shift --data cifar10", '--data is "cifar10"; choose from'),
        ("shift --models cnn,vitt", '--models is "vitt"; did you mean vit or bit? choose from vit, bit'),
        ("shift --models cnn-fashion", '--models is "cnn-fashion"; did you mean cnn? choose from vit, bit'),
        ("shift --models cnn,cnn", '--models "cnn,cnn" has an empty value or one twice'),
        ("shift --seeds 0", "--seeds is 0; need"),
        ("shift --steps 0", "--steps is 0; need"),
        ("shift --workers 0", "--workers is 0; need"),
        ("shift --batch-size 0", "--batch-size is 0; need"),
        ("shift --test-images 0", "--test-images is 0; need"),
        ("shift --lr 0", "lr is 0"),
        ("shift --pixels 8", "--pixels is 8; need a whole number of at least 0 and at most 7"),
        ("shift --pixels -1", "--pixels is -1; need"),
        ("shift --pixels 1,x", '--pixels "1,x" are no whole numbers; write A,B,…'),
        ("shift --pixels 1,01", '--pixels "1,01" has a number twice'),
        ("shift --degrees 181", "--degrees is 181.0; need a number from 0 to at most 180"),
        ("shift --degrees nan", "--degrees is nan; need"),
        ("shift --degrees 1e-320", "--degrees is 9.99989e-321; need 0, or 0.01 and more"),
        ("shift --seeds 1001", "--seeds is 1001; need a whole number of at least 1 and at most 1,000"),
        ("shift --degrees 1,,2", '--degrees "1,,2" has an empty value'),
        ("shift --points 3", "unrecognized arguments: --points"),
        (
            "data --points 9,20",
            "--points 9: digits has 1,437 training images of 10 classes; choose numbers from 10, ",
        ),
        ("data --points 50,1438", "--points 1,438: digits has 1,437 training images of 10 classes"),
        ("data --points 1.5", '--points "1.5" are no whole numbers'),
        ("data --seeds -1", "--seeds is -1; need"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(capsys, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, f"bias {words}")
    assert status == 2
    assert message in err
    assert err.startswith("vitnp: ") and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def few_classes(labels, names):
    """The digits with other labels and names."""
    whole = data.load("digits")
    source = data.ArraySource(whole.train.images(range(len(labels))), np.array(labels))
    return data.DataSet(source, whole.test, names)


@pytest.mark.parametrize(
    ("labels", "names", "message"),
    [
        (
            [0, 1, 1, 0],
            ("cat", "dog", "emu"),
            "digits has no training image of emu; need some of every class",
        ),
        ([1, 1, 1], tuple("abcdef"), "no training image of a; c; d; and 2 more"),
        ([0, 0, 0], ("cat",), "digits has the one class cat; there is nothing to tell apart; need two"),
    ],
)
def test_classes_that_are_missing(labels, names, message):
    args = type("Args", (), {"data": "digits", "points": None})
    with pytest.raises(InputError) as problem:
        of_data.asked_points(args, few_classes(labels, names))
    assert message in str(problem.value)


def test_the_default_points_end_with_all_images():
    args = type("Args", (), {"data": "digits", "points": None})
    assert of_data.asked_points(args, data.load("digits")) == [50, 150, 450, 1437]
    assert of_data.asked_points(args, few_classes([0, 1] * 60, ("a", "b"))) == [50, 120]


# ---- its parts ----


def test_directions():
    assert sorted(shift.directions("shift", 2)) == sorted(
        [(-2, -2), (-2, 0), (-2, 2), (0, -2), (0, 2), (2, -2), (2, 0), (2, 2)]
    )
    assert shift.directions("shift", 0) == [(0, 0)]
    assert shift.directions("rotation", 10) == [10.0, -10.0]


def test_the_mean_is_over_the_directions(tmp_path, monkeypatch):
    """A model that is right with what is not moved up, as far as (r, c) tells."""
    seen = []

    def found(images, labels, predict, ways, *, fill):
        for way in ways:
            seen.append(way)
            up = isinstance(way, tuple) and way[0] < 0
            yield bias.Shifted(way, 0.0 if up else 1.0, 0.5 if way == 10.0 else 1.0, None)

    monkeypatch.setattr(shift, "shifted", found)
    config = models.preset("mlp-digits")
    weights.save(tmp_path / "model.npz", models.of(config).init(None, config), config)
    wanted = trainings.Wanted()
    changes = [("shift", 0), ("shift", 1), ("rotation", 10)]
    got = shift.measured(tmp_path, wanted, changes, 20)
    assert [row["accuracy"] for row in got] == [1.0, 5 / 8, 1.0]
    assert [row["consistency"] for row in got] == [1.0, 1.0, 0.75]
    assert len(seen) == len(set(seen)) == 1 + 8 + 2


@pytest.mark.parametrize(
    ("vit", "cnn", "wanted"),
    [
        (
            ((0.4, 0.42), (0.9, 0.92)),
            ((0.6, 0.62), (0.8, 0.83)),
            "CNN: seen between 10 and 100 images (ViT − CNN in points: -20.0 ± 0.0 with 10, +9.5 ± 0.7 with 100)",
        ),
        (
            ((0.4, 0.9), (0.9, 0.92)),
            ((0.6, 0.8), (0.8, 0.83)),
            "seen only weakly: the means cross between 10 and 100 images",
        ),
        (
            ((0.4,), (0.5,)),
            ((0.6,), (0.6,)),
            "not seen: the ViT is not ahead with the most images (ViT − CNN in points: -20.0 with 10, -10.0 with 100)",
        ),
        (((0.7,), (0.9,)), ((0.6,), (0.6,)), "not seen: the ViT is ahead from the fewest images on"),
        ((), (), "nothing to compare"),
    ],
)
def test_the_verdict_on_the_crossover(vit, cnn, wanted):
    given = [
        {"model": model, "images": 10 ** (i + 1), "seed": seed, "test_accuracy": value}
        for model, values in (("vit", vit), ("cnn", cnn))
        for i, seeds in enumerate(values)
        for seed, value in enumerate(seeds)
    ]
    (line,) = of_data.verdicts(given, ["vit", "cnn", "mlp"])
    assert line.startswith("crossover of ViT over CNN: ") and wanted in line


def test_the_time_that_is_left(tmp_path, monkeypatch):
    """Of the trainings that are not finished, each as long as its model's."""
    setups = trainings.asked(
        type(
            "Args",
            (),
            {"data": "digits", "models": "mlp,rnn", "steps": 7, "batch_size": 8, "lr": None, "workers": 1},
        ),
        shift.STEPS,
    )
    monkeypatch.setattr(
        trainings, "seconds_of", lambda setup: {"mlp-digits": 100.0, "rnn-digits": 30.0}[setup.name]
    )
    monkeypatch.setattr(series, "result", lambda folder: {} if folder == "done" else None)
    runs = [("mlp", "a"), ("mlp", "done"), ("rnn", "b"), ("rnn", "c")]
    assert list(trainings.expected(setups, runs)) == [
        "parameters: mlp-digits 125,578, rnn-digits 137,706",
        "3 trainings of 7 steps on digits: about 3 min, by steps of each model done now",
    ]
    assert trainings.in_words(99) == "99 s" and trainings.in_words(7200) == "2.0 h"


def test_a_training_of_many_steps_takes_as_many_times_as_long(monkeypatch):
    """With a clock of one second a look: a step takes one second, two epochs measure 360 + 256 images each."""
    ticks = iter(range(100))
    monkeypatch.setattr(trainings.time, "perf_counter", lambda: next(ticks))
    made = trainings.asked(
        type(
            "Args",
            (),
            {"data": "digits", "models": "mlp", "steps": 100, "batch_size": 28, "lr": None, "workers": 1},
        ),
        {},
    )
    assert trainings.seconds_of(made.setups["mlp"]) == pytest.approx(100 + 2 * (360 + 256) / 28 / 3 + 0.5)
