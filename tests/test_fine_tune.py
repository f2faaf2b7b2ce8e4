"""`vitnp fine-tune`: the rate by a held-out part, the test images once, every size; and how it goes on."""

import csv

import numpy as np
import pytest
from command_line import run

from vitnp import InputError, data, preset, vit, weights
from vitnp.commands import fine_tune, series

pytestmark = pytest.mark.usefixtures("plain_curves")
TUNE = (
    "fine-tune --data digits --steps 4 --batch-size 16 --workers 1 --no-augment --rates 0.001,0.03 --seeds 2"
)
TINY = {"num_layers": 1, "hidden_size": 16, "num_heads": 2, "mlp_dim": 16}


@pytest.fixture
def pretrained(tmp_path):
    """The file of a small model of the digits' size, with a head of ten classes that is not zero."""
    config = preset("digits", **TINY)
    p = vit.init(np.random.default_rng(0), config)
    p["classify"]["head"]["W"][...] = 1.0
    weights.save(tmp_path / "old.npz", p, config)
    return tmp_path / "old.npz"


def rows(folder):
    with open(folder / "fine-tune.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_rate_is_the_one_that_is_best_on_the_held_out_part(capsys, tmp_path, pretrained):
    status, out, err = run(
        capsys, *TUNE.split(), "--init", pretrained, "--image-sizes", "8,16", "--out", tmp_path / "t"
    )
    assert (status, err) == (0, "")
    found = rows(tmp_path / "t")
    assert [(row["image_size"], row["part"], row["seed"]) for row in found] == [
        (size, part, seed)
        for size in ("8x8", "16x16")
        for part, seed in (("held out", "0"), ("held out", "0"), ("test", "0"), ("test", "1"))
    ]
    for size in ("8x8", "16x16"):
        held = {
            row["lr"]: float(row["accuracy"])
            for row in found
            if (row["image_size"], row["part"]) == (size, "held out")
        }
        tested = [row for row in found if (row["image_size"], row["part"]) == (size, "test")]
        assert {row["lr"] for row in tested} == {max(held, key=lambda lr: (held[lr], -float(lr)))}
        mean = 100 * np.mean([float(row["accuracy"]) for row in tested])
        assert f"| {mean:.2f} ± " in out
        (path,) = (tmp_path / "t" / size).glob("lr=*/seed-1/model.npz")
        config = weights.load(path)[1]
        assert f"{config.image_size[0]}x{config.image_size[1]}" == size
    assert "8x8 pictures, resized to 16x16" in out
    assert "photos, for 1,437 images: 4 steps of 16, 0 of warm-up, sgd, lr 0.001 or 0.03" in out
    assert (tmp_path / "t" / "fine-tune.png").stat().st_size > 10_000


def test_what_is_done_is_not_done_again(capsys, tmp_path, pretrained, monkeypatch):
    words = (*TUNE.split(), "--init", pretrained, "--out", tmp_path / "t")
    assert run(capsys, *words)[0] == 0
    before, trained = rows(tmp_path / "t"), []
    real = series.train.train_in_folder
    monkeypatch.setattr(
        series.train,
        "train_in_folder",
        lambda wanted, where, *rest: trained.append(where.folder) or real(wanted, where, *rest),
    )
    assert run(capsys, *words[:-4], "--seeds", "3", *words[-4:])[0] == 0
    assert len(trained) == 1 and trained[0].endswith("seed-2")
    assert rows(tmp_path / "t")[: len(before)] == before
    status, _, err = run(capsys, *words, "--batch-size", 8)
    assert (status, err.count("\n")) == (2, 1)
    assert "batch_size is 16 there and 8 here" in err


def test_with_more_rates_the_best_may_be_another(capsys, tmp_path, pretrained):
    words = [*TUNE.split(), "--init", pretrained, "--out", tmp_path / "t"]
    words[words.index("--rates") + 1] = "1e-9"
    assert run(capsys, *words, "--seeds", 1)[0] == 0
    slow = float(rows(tmp_path / "t")[-1]["loss"])
    words[words.index("--rates") + 1] = "1e-9,0.1"
    assert run(capsys, *words, "--seeds", 1)[0] == 0
    last = rows(tmp_path / "t")[-1]
    assert (last["part"], last["lr"]) == ("test", "0.1")
    assert float(last["loss"]) != slow


def test_two_rates_that_look_alike_are_two(capsys, tmp_path, pretrained):
    words = TUNE.replace("0.001,0.03", "0.1,0.1000001").replace("--seeds 2", "--seeds 1").split()
    assert run(capsys, *words, "--init", pretrained, "--out", tmp_path / "t")[0] == 0
    folders = sorted(path.name for path in (tmp_path / "t" / "8x8").iterdir())
    assert folders == ["lr=0.1", "lr=0.1000001"]


def test_it_begins_with_a_head_of_zeros(pretrained):
    """Also where the file's has as many classes: another set's ten classes are others."""
    from vitnp.training.setup import prepare
    from vitnp.training.wanted import Wanted

    wanted = {"data": "digits", "init": str(pretrained), "recipe": "photos"}
    assert prepare(Wanted(**wanted)).p["classify"]["head"]["W"].all()
    assert not prepare(Wanted(**wanted, new_head=True)).p["classify"]["head"]["W"].any()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--data digits", "what is fine-tuned? name the file of trained weights with --init FILE"),
        (
            "--init OLD --lr 0.1",
            "--lr is 0.1, and fine-tune chooses it; name what to choose from with --rates",
        ),
        ("--init OLD --rates 0.1,x", '--rates "0.1,x" is not a list of numbers'),
        ("--init OLD --rates 0,1", "--rates is 0.0; need"),
        ("--init OLD --rates 0.1,,1", "has an empty value or one twice"),
        ("--init OLD --rates 0.1,0.10", '--rates "0.1,0.10" has a number twice'),
        (
            "--init OLD --image-sizes 8 --image-size 16",
            "--image-size is 16; leave it out beside --image-sizes",
        ),
        (
            "--init OLD --recipe digits",
            "the recipe digits has one rate; name what to choose from with --rates A,B,…",
        ),
        ("--init OLD --image-sizes 8,9", "image_size 9x9 is not divisible by patch_size 2"),
        (
            "--init OLD --hold-out 0.001",
            "hold out and leave at least 10, one a class, with --hold-out 1% to 99%",
        ),
        ("--init OLD --hold-out 1.5", "hold_out is 1.5; need a share between 0 and 1"),
        ("--init OLD --seeds 0", "--seeds is 0"),
    ],
)
def test_what_it_refuses(capsys, tmp_path, pretrained, words, message):
    words = words.replace("OLD", str(pretrained)).split()
    status, _, err = run(capsys, "fine-tune", *words, "--out", tmp_path / "t")
    assert (status, err.count("\n")) == (2, 1)
    assert message in err
    assert not (tmp_path / "t").exists()


def test_rates_that_all_diverge(capsys, tmp_path, pretrained):
    words = TUNE.replace("0.001,0.03", "1e30,1e31").split()
    status, _, err = run(
        capsys, *words, "--set-recipe", "clip=1e38", "--init", pretrained, "--out", tmp_path / "t"
    )
    assert status == 2
    assert "at 8x8 every rate diverged, 1e+30 too; name smaller ones with --rates" in err


def test_the_one_rate_diverges(capsys, tmp_path, pretrained):
    words = TUNE.replace("0.001,0.03", "1e30").replace("--seeds 2", "--seeds 1").split()
    status, out, err = run(
        capsys, *words, "--set-recipe", "clip=1e38", "--init", pretrained, "--out", tmp_path / "t"
    )
    assert status == 2 and "| 8x8 | – | 1e+30 | diverged | 0 |" in out
    first, last = err.splitlines()
    assert first.startswith("8x8, lr 1e+30, test, seed 0: training stopped at step") and "--lr" not in first
    assert last == "vitnp: every run at the chosen rate diverged; name smaller ones with --rates"


@pytest.mark.parametrize(("share", "fits"), [(0.15, False), (0.17, True), (0.83, True), (0.85, False)])
def test_the_shares_that_can_be_held_out(share, fits):
    source = data.ArraySource(np.zeros((60, 2, 2, 1), np.float32), np.arange(60) % 10)
    if fits:
        assert sum(map(len, data.held_out(source, share))) == 60
        return
    with pytest.raises(InputError, match="one a class, with --hold-out 17% to 83%"):
        data.held_out(source, share)


def test_held_out_images_are_of_every_class_and_not_learned():
    source = data.load("digits").train
    rest, held = data.held_out(source, 0.1, seed=3)
    assert len(held) == 144 and len(rest) + len(held) == len(source)
    assert not set(rest.rows) & set(held.rows)
    counts = np.bincount(held.labels)
    assert counts.max() - counts.min() <= 1
    assert set(data.held_out(source, 0.1, seed=4)[1].rows) != set(held.rows)
    with pytest.raises(InputError, match="hold_out is"):
        data.held_out(source, 1.0)


def test_of_equal_rates_the_smallest():
    made = [
        {"image_size": "8x8", "part": "held out", "lr": lr, "accuracy": a}
        for lr, a in ((0.1, 0.5), (0.01, 0.5), (0.2, None), (0.001, 0.4))
    ]
    assert fine_tune.best(made, "8x8", [0.1, 0.01, 0.2]) == 0.01


def test_every_image_of_a_source_once():
    source = data.load("digits").train
    rows, place = data.distinct(data.few(source, 0.05))
    assert len(rows) == 72 and len(place) == len(source)
    repeated = data.few(source, 0.05)
    np.testing.assert_array_equal(repeated.rows[rows][place], repeated.rows)
    np.testing.assert_array_equal(data.distinct(source)[1], np.arange(len(source)))


@pytest.mark.usefixtures("plain_curves")
def test_with_few_labels_the_held_out_ones_are_among_them(pretrained):
    """Else the rate would be chosen by labels that are not known."""
    from vitnp.training.setup import prepare
    from vitnp.training.wanted import Wanted

    wanted = {"data": "digits", "init": str(pretrained), "recipe": "photos", "labels": 0.1}
    few, tuned = prepare(Wanted(**wanted)).data, prepare(Wanted(**wanted, hold_out=0.2)).data
    known = set(few.train.rows)
    assert len(known) == 144 and len(few.train) == 1437
    assert len(tuned.test) == 29 and set(tuned.test.rows) < known
    assert set(tuned.train.rows) == known - set(tuned.test.rows) and len(tuned.train) == 1437


def test_options_are_typed_in_full(capsys, tmp_path, pretrained):
    """fine-tune --seed 3 is not --seeds 3: the seeds are 0, 1 and 2 there."""
    status, _, err = run(
        capsys, *TUNE.split()[:-2], "--init", pretrained, "--out", tmp_path / "t", "--see", 1
    )
    assert (status, err.count("\n")) == (2, 1)
    assert "unrecognized arguments: --see 1" in err


def test_a_new_head_is_of_a_files_weights(capsys, tmp_path):
    status, _, err = run(capsys, "train", "--new-head", "--out", tmp_path / "t")
    assert (status, err.count("\n")) == (2, 1)
    assert "--new-head is of a file's weights; name it with --init FILE" in err
