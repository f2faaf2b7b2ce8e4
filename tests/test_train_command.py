"""`vitnp train` as a user types it: what it prints and leaves, what its options change, what it refuses."""

import csv
import dataclasses
import re

import command_line
import numpy as np
import pytest
from digit_folders import write

from vitnp import tree, vit, weights
from vitnp.commands import cli
from vitnp.data import digits
from vitnp.tasks import Classification
from vitnp.tasks.evaluate import accuracy
from vitnp.training import loop, recipes, setup

pytestmark = pytest.mark.usefixtures("plain_curves")

SMALL = (
    "--set num_layers=1 --set hidden_size=16 --set num_heads=2 --set mlp_dim=16 --batch-size 128 --epochs 1"
)

LEFT = {
    "run.json",
    "checkpoints",
    "history.csv",
    "history.jsonl",
    "steps.csv",
    "steps.jsonl",
    "curves.png",
    "classes.txt",
    "model.npz",
}


def run(capsys, words, *more):
    """(exit status, standard output, standard error) of `vitnp train …`."""
    return command_line.run(capsys, "train", *words.split(), *more)


def saved(folder):
    """The saved parameters by name."""
    return dict(tree.leaves(weights.load(folder / "model.npz")[0]))


def test_what_it_prints_and_leaves(capsys, tmp_path):
    status, out, err = run(
        capsys, f"{SMALL} --epochs 3 --set-recipe warmup_steps=9 --data digits --out", tmp_path
    )
    assert status == 0
    assert err == ""  # no bar where no terminal is
    lines = out.splitlines()
    assert len(lines) == 9
    assert lines[0].startswith("model digits: ") and lines[0].endswith("10 classes")
    assert lines[1] == "data digits: 1,437 training images, 360 test images"
    assert lines[2].startswith("seed 0, ")
    assert [line[:9] for line in lines[3:6]] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert str(tmp_path) in lines[8]
    assert max(map(len, lines[:8])) <= 80
    assert {path.name for path in tmp_path.iterdir()} == LEFT

    with open(tmp_path / "history.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == loop.Epoch._fields
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    with open(tmp_path / "steps.csv", encoding="utf-8", newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["10", "20", "30"]
    p, config = weights.load(tmp_path / "model.npz")
    assert config.hidden_size == 16
    d = digits.load(0)
    final = accuracy(Classification(), d.test, p, config)
    assert float(rows[-1]["test_accuracy"]) == final
    assert lines[6].startswith(f"test accuracy {final:.2%} after ")
    measured = [float(row["test_accuracy"]) for row in rows]
    best = max(measured)
    assert lines[7].startswith(f"best epoch: {measured.index(best) + 1} with {best:.2%}; ")
    assert ["*" in line for line in lines[3:6]] == [
        n == 0 or measured[n] > max(measured[:n]) for n in range(3)
    ]


def test_the_seed_decides_and_repeats(capsys, tmp_path):
    """Split, weights, order and augmentation: what the library gives with the same seed for all, to the bit."""
    assert run(capsys, f"{SMALL} --seed 3 --workers 1 --out", tmp_path)[0] == 0
    p, config = weights.load(tmp_path / "model.npz")
    recipe = dataclasses.replace(recipes.RECIPES["digits"], epochs=1, batch_size=128)
    rng = np.random.default_rng(3)
    q = setup.initial_parameters(rng, config, recipe)
    loop.train(q, config, digits.load(3), recipe, rng=rng, how=loop.How(workers=1))
    for name, leaf in tree.leaves(q):
        np.testing.assert_array_equal(tree.get(p, name), leaf, err_msg=name)


FEW = SMALL.replace("--epochs 1", "--steps 2")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The parameters after two steps without any option."""
    folder = tmp_path_factory.mktemp("plain") / "run"
    assert cli.main(["train", *FEW.split(), "--out", str(folder)]) == 0
    return saved(folder)


@pytest.mark.parametrize("option", ["--no-augment", "--dropout 0.3", "--lr 0.001", "--weight-decay 5"])
def test_an_option_reaches_the_training(capsys, tmp_path, plain, option):
    assert run(capsys, f"{FEW} {option} --out", tmp_path)[0] == 0
    assert not np.array_equal(plain["project.W"], saved(tmp_path)["project.W"])


def test_the_largest_seed(capsys, tmp_path):
    assert run(capsys, f"{FEW} --seed {2**32 - 1} --out", tmp_path)[0] == 0


def test_workers_and_dropout_are_said(capsys, tmp_path):
    out = run(capsys, f"{SMALL} --workers 1 --dropout 0.25 --out", tmp_path)[1]
    assert "seed 0, 1 thread\n" in out
    assert weights.load(tmp_path / "model.npz")[1].dropout_rate == 0.25


def test_the_dropout_of_the_model_goes_before_that_of_a_recipe(capsys, tmp_path):
    assert recipes.LISTED["fine-tuning on CIFAR-10"].recipe.dropout == 0
    words = "--recipe,fine-tuning on CIFAR-10,--model,digits,--steps,1,--batch-size,16,--set,dropout_rate=0.3"
    words += ",--no-augment,--out"
    assert command_line.run(capsys, "train", *words.split(","), tmp_path)[0] == 0
    assert weights.load(tmp_path / "model.npz")[1].dropout_rate == 0.3


def test_stochastic_depth_is_a_field_of_the_model(capsys, tmp_path):
    assert (
        run(capsys, f"{FEW} --set num_layers=2 --set stochastic_depth_rate=0.5 --out", tmp_path / "deep")[0]
        == 0
    )
    deep, config = weights.load(tmp_path / "deep" / "model.npz")
    assert config.stochastic_depth_rate == 0.5
    run(capsys, f"{FEW} --set num_layers=2 --out", tmp_path / "plain")
    plain = weights.load(tmp_path / "plain" / "model.npz")[0]
    assert not np.array_equal(plain["classify"]["head"]["W"], deep["classify"]["head"]["W"])


def test_a_folder_is_made(capsys, tmp_path):
    assert run(capsys, f"{FEW} --out", tmp_path / "new" / "folder")[0] == 0
    assert (tmp_path / "new" / "folder" / "curves.png").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--data cifar", 'data set "cifar" is unknown; did you mean cifar10'),
        ("--model B17", 'model "B17" is unknown'),
        ("--set num_classes=9", "the data has 10 classes, the model 9"),
        ("--epochs 0", "epochs is 0"),
        ("--batch-size 0", "batch_size is 0"),
        ("--lr -1", "lr is -1.0"),
        ("--weight-decay -1", "weight_decay is -1.0"),
        ("--dropout 1", "dropout is 1.0"),
        ("--dropout 0.1 --set dropout_rate=0.3", "dropout is 0.1 and dropout_rate is 0.3; give one of them"),
        ("--workers 0", "workers is 0"),
        ("--seed -1", "--seed is -1"),
        (f"--seed {2**32}", f"--seed is {2**32}"),
        ("--dtype bfloat16", "invalid choice: 'bfloat16'"),
        ("--set num_heads={[]:1}", "is not a number"),
        ("--set-recipe lr={[]:1}", "is not a number"),
        ("--set-recipe batch_size=none", "batch_size is None"),
    ],
)
def test_bad_options_are_one_line_and_status_2(capsys, tmp_path, words, message):
    status, _, err = run(capsys, f"{words} --out", tmp_path)
    assert status == 2
    assert message in err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "model.npz").exists()


@pytest.mark.parametrize(
    "words", ["--keep 0", "--log-every 0", "--save-every 0", "--dtype float16 --freeze backbone"]
)
def test_bad_options_leave_the_run_that_they_were_to_overwrite(capsys, tmp_path, words):
    run(capsys, f"{FEW} --out", tmp_path)
    status, _, err = run(capsys, f"{FEW} --overwrite {words} --out", tmp_path)
    assert status == 2 and err.count("\n") == 1
    assert (tmp_path / "model.npz").exists()


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"options": {}, "run": {}}', "{"])
def test_a_damaged_run_is_one_line(capsys, tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    status, _, err = run(capsys, "--resume", tmp_path)
    assert status == 2 and err.count("\n") == 1
    assert "holds no run to go on with" in err


def test_a_folder_that_cannot_be_written_is_found_before_training(capsys, tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("in the way", encoding="utf-8")
    monkeypatch.setattr(vit, "init", lambda *_: pytest.fail("the folder comes first"))
    status, _, err = run(capsys, "--out", file / "folder")
    assert status == 2
    assert err.startswith(f"vitnp: cannot write into {file / 'folder'} (")
    assert err.count("\n") == 1


def test_out_is_needed(capsys):
    status, _, err = run(capsys, "--data digits")
    assert status == 2
    assert "--out" in err


@pytest.mark.parametrize("workers", [1, 2])
def test_a_rate_that_diverges_is_one_line(capsys, tmp_path, workers):
    status, _, err = run(capsys, f"{SMALL} --lr 1e38 --workers {workers} --out", tmp_path)
    assert status == 2
    assert err.startswith("vitnp: training stopped at step ")
    assert "the first leaf that is not finite: " in err
    assert err.count("\n") == 1
    assert "there is no checkpoint yet" in err
    assert not (tmp_path / "model.npz").exists()


def test_pictures_in_folders_train_as_the_arrays_do(capsys, tmp_path):
    """The digits as PNG files and as arrays: the same pixels but for their scale, so nearly the same accuracy."""
    write(tmp_path / "png")
    found = {}
    for name, data in (("arrays", "digits"), ("files", tmp_path / "png")):
        words = "--recipe digits --epochs 4 --batch-size 32 --set-recipe warmup_steps=30 --no-augment --model digits "
        words += "--set num_layers=1 --set in_channels=1 --image-size 8 --workers 1 --data"
        assert run(capsys, words, data, "--out", tmp_path / name)[0] == 0
        with open(tmp_path / name / "history.csv") as file:
            rows = list(csv.DictReader(file))
        found[name] = float(rows[-1]["test_accuracy"])
    assert found["arrays"] > 0.8
    assert found["files"] == pytest.approx(found["arrays"], abs=0.02)
    assert (tmp_path / "files" / "classes.txt").read_text().split() == list("0123456789")


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("cifar10-small", "model digits: 811,146 parameters, 32x32 pixels in 64 patches"),
        (
            "cifar10-small --model digits",
            "model digits: 811,146 parameters, 32x32 pixels in 64 patches",
        ),
        ("mnist-small", "model digits: 139,018 parameters, 28x28 pixels in 49 patches"),
        ("cifar10-small --model tiny", "model tiny: "),
    ],
)
def test_pictures_of_ones_own_are_learned_by_the_model_of_the_recipe(capsys, tmp_path, recipe, said):
    write(tmp_path / "png", most=100)
    words = f"--recipe {recipe} --steps 1 --batch-size 8 --workers 1 --data"
    status, out, _ = run(capsys, words, tmp_path / "png", "--out", tmp_path / "run")
    assert status == 0
    assert out.startswith(said)
    assert f"\ndata {tmp_path / 'png'}: " in out


def test_a_warm_up_as_long_as_the_training_reaches_its_rate(capsys, tmp_path):
    out = run(capsys, f"{SMALL} --set-recipe warmup_steps=12 --out", tmp_path / "run")[1]
    assert "note:" not in out


def test_one_of_something_is_singular(capsys, tmp_path):
    """One step, one class's image, one thread."""
    status, out, _ = run(
        capsys, f"{SMALL.replace('--epochs', '--steps')} --workers 1 --out", tmp_path / "run"
    )
    assert status == 0
    assert "seed 0, 1 thread" in out
    assert not re.search(r"\b1 (steps|threads|images|classes|seeds)\b", out)


def test_a_warm_up_longer_than_the_training_is_said(capsys, tmp_path):
    words = f"{SMALL} --set-recipe warmup_steps=500 --out"
    status, out, err = run(capsys, words, tmp_path / "run")
    assert status == 0
    assert "8x8 pixels in 16 patches" in out
    assert err == ""
    note = (
        "note: the warm-up of 500 steps is longer than the training of 12, so the learning rate never gets to 0.002; "
        "give --set-recipe warmup_steps=1, or train longer"
    )
    assert note in out.splitlines()


@pytest.mark.parametrize("words", ["--data flowrs/", "--data /nowhere/pictures"])
def test_a_folder_that_is_not_there(capsys, tmp_path, words):
    status, _, err = run(capsys, words, "--out", tmp_path / "run")
    assert status == 2
    assert err.startswith(
        f"vitnp: there is no folder {words.split()[1]}; give a folder of pictures, or one of digits"
    )


def test_what_is_wrong_with_a_folder_is_said_before_a_recipe_is_asked_for(capsys, tmp_path):
    (tmp_path / "png" / "one").mkdir(parents=True)
    status, _, err = run(capsys, "--data", tmp_path / "png", "--out", tmp_path / "run")
    assert status == 2
    assert "has one class, one" in err


def test_a_corrupt_picture_stops_or_is_left_out(capsys, tmp_path):
    write(tmp_path / "png", most=100)
    bad = next(iter(sorted((tmp_path / "png" / "train" / "3").iterdir())))
    bad.write_bytes(b"no picture")
    words = "--recipe digits --epochs 1 --model digits --set in_channels=1 --image-size 8 --workers 1"
    status, _, err = run(capsys, words, "--data", tmp_path / "png", "--out", tmp_path / "stop")
    assert status == 2
    assert f"{bad.name} is not an image" in err
    assert err.count("\n") == 1
    words += " --on-corrupt skip"
    status, out, err = run(capsys, words, "--data", tmp_path / "png", "--out", tmp_path / "skip")
    assert status == 0
    assert err.startswith("vitnp: 1 of 200 pictures left out: ")
    assert "99 training images" in out


@pytest.mark.parametrize("command", ["train", "pretrain", "compare --over gelu"])
@pytest.mark.parametrize("where", ["png", "png/run", "other/../png/train/run"])
def test_out_is_not_in_the_data_folder(capsys, tmp_path, command, where):
    (tmp_path / "other").mkdir()
    write(tmp_path / "png", most=100)
    before = sorted(tmp_path.rglob("*"))
    words = f"{command} --recipe digits --model digits --epochs 1 --set in_channels=1 --image-size 8 --data"
    status, _, err = command_line.run(
        capsys, *words.split(), tmp_path / "png", "--out", f"{tmp_path}/{where}"
    )
    assert status == 2
    assert "choose --out outside the data folder" in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["train", "pretrain"])
def test_a_refused_run_leaves_no_folder_and_takes_none_away(capsys, tmp_path, command):
    (tmp_path / "there").mkdir()
    for out in ("there", "new/folder"):
        words = f"{command} --epochs 0 --out {tmp_path}/{out}"
        assert command_line.run(capsys, *words.split())[0] == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_a_folder_whose_name_a_terminal_obeys(capsys, tmp_path):
    for name in ("a\x1b[2Jb", "\udcff"):
        status, out, err = run(capsys, f"{SMALL} --steps 1 --out".replace("--epochs 1 ", ""), tmp_path / name)
        assert (status, err) == (0, "")
        assert "\ufffd" in out
        assert all(line.isprintable() for line in out.splitlines())
        assert (tmp_path / name / "model.npz").exists()
