"""`vitnp bias equivariance`, `receptive-field`, `fixed-weights`, `dimension`: what they print, leave and refuse."""

import csv

import numpy as np
import pytest
from command_line import run as command
from PIL import Image

from vitnp import InputError, data, models, preset, show, weights
from vitnp.analysis import bias
from vitnp.commands import series
from vitnp.commands.bias import dimension, equivariance, fixed_weights
from vitnp.training.progress import Diverged

pytestmark = pytest.mark.usefixtures("plain_curves")

EQUIVARIANCE = "bias equivariance --test-images 2 --seeds 2 --out"
FIELDS = "bias receptive-field --models cnn-digits,digits --random-images 3 --out"
FIXED = "bias fixed-weights --steps 3 --batch-size 8 --workers 1 --seeds 1 --out"
DIMENSION = (
    "bias dimension --steps 3 --batch-size 8 --workers 1 --seeds 2 --train-images 60 --noise 0,5 --k 3 --out"
)


def run(capsys, words, *more):
    """(exit status, standard output, standard error) of `vitnp …`."""
    return command(capsys, *words.split(), *more)


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_a_picture(path):
    with Image.open(path) as image:
        assert image.size == (1280, 720)
        assert len(image.convert("RGB").getcolors(1280 * 720)) > 20


# ---- equivariance ----


def test_equivariance(capsys, tmp_path):
    status, out, err = run(capsys, EQUIVARIANCE, tmp_path)
    assert (status, err) == (0, "")
    found = rows(tmp_path / "equivariance.csv")
    assert [row["seed"] for row in found] == ["0"] * 17 + ["1"] * 17
    for row in found:
        error, zero = float(row["error"]), row["theory"] == "0"
        assert error == 0 if zero else error < 1e-14 if row["theory"] == "0 to rounding" else error > 0.05
    assert {row["theory"] for row in found} == {"0", "0 to rounding", "not 0"}
    assert out.count(" ✓ |") == 17 and "✗" not in out
    assert "| convolution, its image closed to a circle | 1 px down, 1 px right | 0 | 0 | ✓ |" in out
    assert "| projection of 2×2 patches | 2 px down, 2 px right | 0 | 0 | ✓ |" in out
    is_a_picture(tmp_path / "equivariance.png")


def test_a_verdict_is_that_of_every_seed():
    def of(theory, *errors):
        return equivariance.table(
            [{"layer": "f", "moved": "1 px", "theory": theory, "error": e, "seed": 0} for e in errors]
        ).splitlines()[-1]

    assert of("0", 0.0, 0.0) == "| f | 1 px | 0 | 0 | ✓ |"
    assert of("0", 0.0, 1e-16) == "| f | 1 px | 0 | 1e-16 | ✗ |"
    assert of("0 to rounding", 0.0, 3e-16) == "| f | 1 px | 0 to rounding | 3e-16 | ✓ |"
    assert of("0 to rounding", 0.3, 3e-16) == "| f | 1 px | 0 to rounding | 0.30 | ✗ |"
    assert of("not 0", 0.4, 0.25) == "| f | 1 px | not 0 | 0.25 | ✓ |"
    assert of("not 0", 0.4, 0.0) == "| f | 1 px | not 0 | 0 | ✗ |"


def test_the_background_is_not_zero():
    """Zeros around an image of black background would not be seen."""
    images = equivariance.whole(np.array([-1.0, 0.0, 1.0], "float32"))
    assert images.tolist() == [1, 129, 256] and images.dtype == np.float64


# ---- receptive fields ----


def test_receptive_field(capsys, tmp_path):
    status, out, err = run(capsys, FIELDS, tmp_path)
    assert (status, err) == (0, "")
    found = [
        (r["model"], r["layer"], r["name"], r["height"], r["pixels"])
        for r in rows(tmp_path / "receptive-field.csv")
    ]
    assert found == [
        ("cnn-digits", "1", "stages.0.0", "3", "9"),
        ("cnn-digits", "2", "stages.0.1", "5", "25"),
        ("cnn-digits", "3", "stages.0.pool", "6", "36"),
        ("cnn-digits", "4", "stages.1.0", "8", "64"),
        ("cnn-digits", "5", "stages.1.1", "8", "64"),
        ("cnn-digits", "6", "stages.1.pool", "8", "64"),
        ("digits", "1", "project", "2", "4"),
        *[("digits", f"{i + 2}", f"blocks.{i}", "8", "64") for i in range(4)],
    ]
    assert "| cnn-digits | 2 | stages.0.1 | 5×5 | 39% |" in out
    assert "\ncnn-digits: the middle place sees the whole image from layer 4 on\n" in out
    assert "\ndigits: the middle place sees the whole image from layer 2 on\n" in out
    for row in rows(tmp_path / "receptive-field.csv"):
        assert 0.3 * int(row["pixels"]) ** 0.5 < int(row["effective_pixels"]) <= int(row["pixels"])
    is_a_picture(tmp_path / "receptive-field.png")


def test_the_receptive_field_of_a_file_and_of_closed_units(capsys, tmp_path):
    config = preset("hybrid-tiny")
    weights.save(tmp_path / "model.npz", models.of(config).init(np.random.default_rng(0), config), config)
    words = "bias receptive-field --random-images 2 --out"
    run(capsys, words, tmp_path / "file", "--models", tmp_path / "model.npz")
    _, out, _ = run(capsys, words, tmp_path / "preset", "--models", "hybrid-tiny")
    file, own = (rows(tmp_path / name / "receptive-field.csv") for name in ("file", "preset"))
    assert [row["name"] for row in file] == [row["name"] for row in own]
    said = "the middle place sees the whole image from layer 1 on: by GroupNorm, whose mean and deviation"
    assert f"hybrid-tiny: {said}" in out
    # an untrained unit's last norm is closed, so that it is its shortcut: a preset's is opened
    assert file != own


# ---- fixed weights ----


def test_fixed_weights(capsys, tmp_path):
    status, out, err = run(capsys, FIXED, tmp_path)
    assert (status, err) == (0, "")
    assert "parameters: cnn-digits 138,298, digits 136,138\n" in out
    found = rows(tmp_path / "fixed-weights.csv")
    kernels = [row for row in found if row["weights"] == "kernel of a convolution"]
    assert [row["layer"] for row in kernels] == 2 * ["stages.0.0", "stages.0.1", "stages.1.0", "stages.1.1"]
    assert {float(row["difference"]) for row in kernels} == {0.0}
    attention = [row for row in found if row["weights"] == "attention A"]
    assert [row["layer"] for row in attention] == 2 * [f"blocks.{i}" for i in range(4)]
    assert all(float(row["difference"]) > 0.02 and 0 < float(row["moved"]) <= 1 for row in attention)
    (before, after) = (row for row in found if row["weights"] == "all layers together")
    assert float(before["difference"]) > 0.1 < float(after["difference"])
    assert (before["when"], after["when"]) == ("before training", "after training")
    is_a_picture(tmp_path / "fixed-weights.png")
    again = run(capsys, FIXED, tmp_path)[1]
    assert "all 2 trainings are finished" in again and again.partition("|")[2] == out.partition("|")[2]


def test_the_kernels_are_read_where_they_stand(capsys, tmp_path):
    """The largest weight of each layer's first channel, of the model that was trained."""
    run(capsys, FIXED, tmp_path)
    p, _ = weights.load(tmp_path / "fixed-weights/cnn/seed-0/model.npz")
    found = [row for row in rows(tmp_path / "fixed-weights.csv") if row["when"] == "after training"]
    for row in found[:4]:
        _, stage, number = row["layer"].split(".")
        W = p["stages"][int(stage)][int(number)]["W"]
        inside = slice(0, 3)
        assert float(row["largest"]) == pytest.approx(abs(W[inside, inside, :, 0]).max(), rel=1e-6)


@pytest.mark.parametrize("text", ["0", "0,1,2", "1,1", "0,360", "-1,0", "a,b", "0.5,1"])
def test_images_that_are_not_two(capsys, tmp_path, text):
    status, _, err = run(capsys, FIXED, tmp_path / "out", f"--pair={text}")
    assert (status, err.count("\n")) == (2, 1) and "--pair" in err
    assert not (tmp_path / "out").exists()


def test_another_pair_of_the_same_trainings(capsys, tmp_path):
    assert run(capsys, FIXED, tmp_path)[0] == 0
    first = rows(tmp_path / "fixed-weights.csv")
    status, out, err = run(capsys, FIXED, tmp_path, "--pair=2,5")
    assert (status, err) == (0, "") and "nothing is trained again" in out
    assert rows(tmp_path / "fixed-weights.csv") != first


@pytest.mark.parametrize("lost", ["cnn", "both"])
def test_the_first_seed_diverges(capsys, tmp_path, monkeypatch, lost):
    """Then the picture is of the next one."""
    real, drawn = series.trained, []

    def trained(wanted, folder, wish):
        if wanted.seed == 0 and (lost == "both" or wanted.model == "cnn-digits"):
            raise Diverged("training stopped at step 2")
        return real(wanted, folder, wish)

    monkeypatch.setattr(series, "trained", trained)
    picture = show.weights_of_two_images
    monkeypatch.setattr(show, "weights_of_two_images", lambda *a: drawn.append(a[1]) or picture(*a))
    status, _, err = run(capsys, FIXED.replace("--seeds 1", "--seeds 2"), tmp_path)
    assert status == 0 and err.count("seed 0: training stopped") == (2 if lost == "both" else 1)
    assert len(drawn[0]) == 4


# ---- dimension ----


def test_dimension(capsys, tmp_path):
    status, out, err = run(capsys, DIMENSION, tmp_path)
    assert (status, err) == (0, "")
    assert "4 trainings of 3 steps on 60 images of digits: about " in out
    found = rows(tmp_path / "dimension.csv")
    assert [(r["noise"], r["dimensions"], r["seed"]) for r in found] == [
        ("0", "64", "0"),
        ("5", "69", "0"),
        ("0", "64", "1"),
        ("5", "69", "1"),
    ]
    digits = data.load("digits", seed=1)
    chosen = data.few(digits.train, 60 / len(digits.train), seed=1)
    x, test = (source.images(range(n)).reshape(n, -1) for source, n in ((chosen, 60), (digits.test, 360)))
    right = bias.neighbors(x, chosen.labels[:60], test, k=3).predictions == digits.test.labels
    assert float(found[2]["knn"]) == right.mean()
    assert "| noise values | dimensions | 3-NN accuracy, % | MLP accuracy, % |" in out
    is_a_picture(tmp_path / "dimension.png")


def test_dimension_goes_on_where_it_was_stopped(capsys, tmp_path, monkeypatch):
    whole = run(capsys, DIMENSION, tmp_path / "whole")[1]
    real, done = dimension.measured, []

    def measured(setup, count, seed, k, wish):
        done.append((count, seed))
        return real(setup, count, seed, k, lambda: len(done) == 3)

    monkeypatch.setattr(dimension, "measured", measured)
    status, out, _ = run(capsys, DIMENSION, tmp_path / "out")
    assert status == 130 and "stopped with 2 of 4 steps done; the same command goes on" in out
    assert done == [(0, 0), (5, 0), (0, 1)] and len(rows(tmp_path / "out/dimension.csv")) == 2
    monkeypatch.setattr(dimension, "measured", lambda *given: done.append(given[1:3]) or real(*given))
    status, out, _ = run(capsys, DIMENSION, tmp_path / "out")
    assert status == 0 and done[3:] == [(0, 1), (5, 1)]
    assert "2 trainings of 3 steps" in out
    assert rows(tmp_path / "out/dimension.csv") == rows(tmp_path / "whole/dimension.csv")
    assert out.partition("| values")[2].replace("/out", "/whole") == whole.partition("| values")[2]
    assert (
        "all 4 trainings are finished; nothing is trained again"
        in run(capsys, DIMENSION, tmp_path / "out")[1]
    )
    (tmp_path / "out/dimension.csv").write_text("noise,seed\n1,\n", encoding="utf-8")
    assert "4 trainings" in run(capsys, DIMENSION, tmp_path / "out")[1]  # damaged: all again
    status, _, err = run(capsys, f"{DIMENSION} {tmp_path}/out --train-images 61")
    assert status == 2 and "train_images is 60 there and 61 here" in err


def test_no_row_that_is_there_is_lost(capsys, tmp_path, monkeypatch):
    """Not with fewer values asked for, and not where a command that asks for more is stopped."""
    place = tmp_path / "dimension.csv"
    run(capsys, DIMENSION, tmp_path)
    whole = rows(place)
    status, out, _ = run(capsys, DIMENSION.replace("0,5", "0"), tmp_path)
    assert status == 0 and "| 0 | 64 |" in out and "| 5 | 69 |" not in out
    assert sorted(map(str, rows(place))) == sorted(map(str, whole))
    monkeypatch.setattr(dimension, "measured", lambda *given: None)  # stopped
    assert run(capsys, DIMENSION.replace("0,5", "0,3,5"), tmp_path)[0] == 130
    assert sorted(map(str, rows(place))) == sorted(map(str, whole))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",69,1,", ",69,1,nan,"),
        (",69,1,", ",69,1,7,"),
        (",69,1,", ",70,1,"),
        ("\r\n5,69,1,", "\r\nfive,69,1,"),
        ("\n5,69,1,", None),
    ],
)
def test_a_damaged_line_is_measured_again_and_no_other(capsys, tmp_path, monkeypatch, old, new):
    place = tmp_path / "dimension.csv"
    run(capsys, DIMENSION, tmp_path)
    text = place.read_bytes().decode()
    before, _, behind = text.partition(old)
    assert behind
    cut = text[:-6] if new is None else before + new + behind
    place.write_bytes(b"\xef\xbb\xbf" + cut.encode())  # as a spreadsheet saves it
    real, done = dimension.measured, []
    monkeypatch.setattr(dimension, "measured", lambda *given: done.append(given[1:3]) or real(*given))
    assert run(capsys, DIMENSION, tmp_path)[0] == 0
    assert done == [(5, 1)] and place.read_bytes().decode() == text


def test_points_that_no_memory_holds(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(dimension, "MOST_VALUES", 60 * 69)
    assert run(capsys, DIMENSION.replace("--seeds 2", "--seeds 1"), tmp_path / "fit")[0] == 0
    monkeypatch.setattr(dimension, "MOST_VALUES", 60 * 69 - 1)
    status, _, err = run(capsys, DIMENSION, tmp_path / "out")
    assert status == 2 and "60 images with 64 pixels and 5 noise values each are 4,140 values" in err
    assert not (tmp_path / "out").exists()


def test_an_mlp_that_diverges_is_one_line(capsys, tmp_path):
    status, _, err = run(
        capsys, DIMENSION.replace("--seeds 2", "--seeds 1") + " " + str(tmp_path) + " --lr 1e38"
    )
    assert status == 2 and "Warning" not in err
    assert [line[:7] for line in err.splitlines()] == ["0 noise", "5 noise", "vitnp: "]


def test_the_noise_of_training_and_test_images_is_another():
    from vitnp.training.setup import prepare
    from vitnp.training.wanted import Wanted

    setup = dimension.with_noise(prepare(Wanted(data="digits", model="mlp-digits", steps=1)), 400, 0, 100)
    assert setup.config.image_size == (1, 464) and setup.p["layers"][0]["W"].shape == (464, 192)
    (x, labels), (test, _) = map(dimension.points, setup.data[:2])
    assert (x.shape, test.shape) == ((100, 464), (360, 464))
    assert np.bincount(labels).tolist() == [10] * 10
    alike = np.corrcoef(np.concatenate([x, test])[:, 64:]) - np.eye(460)
    assert abs(alike).max() < 0.5


# ---- what does not fit ----


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "equivariance --test-images 0",
            "--test-images is 0; need a whole number of at least 1 and at most 360",
        ),
        ("equivariance --test-images 361", "--test-images is 361"),
        ("equivariance --data cifar10", "--data is"),
        ("equivariance --seeds 0", "--seeds is 0"),
        ("receptive-field --models cnn-digit", "neither a preset nor a file; did you mean cnn-digits"),
        ("receptive-field --models nothing.npz", "neither a preset nor a file; vitnp info --help"),
        ("receptive-field --models mlp-digits", "a model of the family mlp has no layers"),
        ("receptive-field --models digits,digits", "one twice"),
        ("receptive-field --random-images 1001", "need a whole number of at least 1 and at most 1,000"),
        ("receptive-field --random-images 0", "--random-images is 0"),
        ("fixed-weights --models mlp", "--models is"),
        ("dimension --models cnn", "--models is"),
        ("dimension --noise -1", "--noise"),
        ("dimension --noise 1,1", "--noise"),
        (
            "dimension --noise 100000",
            "--noise is 100000; need a whole number of at least 0 and at most 65,536",
        ),
        (
            "dimension --train-images 9",
            "--train-images is 9; need a whole number of at least 10 and at most 1,437",
        ),
        ("dimension --train-images 1438", "--train-images is 1438"),
        ("dimension --k 0", "--k is 0"),
        ("dimension --k 11 --train-images 10", "--k is 11; need a whole number of at least 1 and at most 10"),
    ],
)
def test_what_does_not_fit_is_one_line_before_anything_is_written(capsys, tmp_path, words, said):
    status, _, err = run(capsys, f"bias {words.replace('--noise -1', '--noise=-1')} --out", tmp_path / "out")
    assert (status, err.count("\n")) == (2, 1), err
    assert said in err and len(err) <= 310
    assert not (tmp_path / "out").exists()


# ---- pictures ----


def test_the_maps_and_their_difference_have_one_scale():
    f, x = bias.convolution(np.ones((3, 3, 1, 2))), np.arange(36.0).reshape(1, 6, 6, 1)
    both = bias.both_ways(f, x, (1, 1))
    figure = show.moved_maps(x[0, :, :, 0], np.roll(x[0, :, :, 0], 1), {"conv": (*both, 0.5)})
    one, other, apart = (axes.images[0] for axes in np.array(figure.axes).reshape(3, 2)[:, 1])
    np.testing.assert_array_equal(one.get_array(), both[0][0, :, :, 0])
    np.testing.assert_array_equal(other.get_array(), both[1][0, :, :, 0])
    np.testing.assert_array_equal(apart.get_array(), abs(both[0] - both[1])[0, :, :, 0])
    assert one.get_clim() == other.get_clim() and apart.get_clim()[0] == 0


def test_of_many_layers_the_first_and_last_are_shown():
    parts = np.full((4, 4), 1 / 16)
    layers = [(f"stem.stages.0.{i}", parts, (4, 4, 15)) for i in range(30)]
    figure = show.receptive_fields({"a model": layers, "another": layers[:2]})
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert len(titles) == 7 + 2
    assert titles[0].startswith("1: stem.0.0\n4×4") and titles[6].startswith("30: stem.0.29")
    assert titles[7:] == ["1: stem.0.0\n4×4", "2: stem.0.1\n4×4"]


def test_the_weights_of_two_images_and_their_difference():
    images, A = np.zeros((2, 3, 3)), np.arange(8.0).reshape(2, 2, 2)
    figure = show.weights_of_two_images(images, {"A": A, "same": np.ones((2, 2, 2))})
    grid = np.array(figure.axes).reshape(3, 3)
    np.testing.assert_array_equal(grid[1, 1].images[0].get_array(), A[1])
    np.testing.assert_array_equal(grid[2, 1].images[0].get_array(), np.full((2, 2), 4))
    assert [axes.get_xlabel() for axes in grid[2]] == ["", "max 4", "max 0"]


def test_the_dimensions_are_drawn_as_they_are():
    found = {"3-NN": {0: [0.9, 0.8], 64: [0.5, 0.6], 4096: [0.1, 0.2]}}
    figure = show.dimensions(found, {0: [0.2, 0.2], 64: [0.5, 0.5], 4096: [0.9, 0.9]}, "digits")
    left, right = figure.axes
    assert [label.get_text() for label in left.get_xticklabels()] == ["0", "64", "4,096"]
    line, bars = left.containers[0].lines[0], left.containers[0].lines[2][0]
    np.testing.assert_allclose(line.get_xydata(), [[0, 0.85], [1, 0.55], [2, 0.15]])
    np.testing.assert_allclose(np.ptp(bars.get_segments(), axis=1)[:, 1], [2 * 0.1 / 2**0.5] * 3)
    np.testing.assert_allclose(right.containers[0].lines[0].get_ydata().astype(float), [0.2, 0.5, 0.9])


@pytest.mark.parametrize(
    "draw",
    [
        lambda: show.moved_maps(np.zeros((2, 2)), np.zeros((2, 2)), {}),
        lambda: show.receptive_fields({}),
        lambda: show.receptive_fields({"a model": []}),
        lambda: show.weights_of_two_images(np.zeros((2, 2, 2)), {}),
        lambda: show.weights_of_two_images(np.zeros((3, 2, 2)), {"A": np.zeros((2, 2, 2))}),
        lambda: show.dimensions({}, {}, "digits"),
    ],
)
def test_nothing_to_draw(draw):
    with pytest.raises(InputError, match=r"need|nothing|no maps"):
        draw()


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_pictures_in_both_languages(tmp_path, lang):
    both = bias.both_ways(bias.max_pool(2), np.random.default_rng(0).random((1, 4, 4, 1)), (1, 1), stride=2)
    parts = np.full((4, 4), 1 / 16)
    pictures = [
        show.moved_maps(np.eye(4), np.eye(4), {"max-pool": (*both, 0.5)}, lang=lang),
        show.receptive_fields({"model": [("conv", parts, (4, 4, 15))]}, lang=lang),
        show.weights_of_two_images(
            np.ones((2, 3, 3)), {"A": np.random.default_rng(1).random((2, 2, 2))}, lang=lang
        ),
        show.dimensions({"MLP": {0: [0.9], 64: [0.8]}}, {0: [0.1], 64: [0.2]}, "digits", lang=lang),
    ]
    for i, figure in enumerate(pictures):
        is_a_picture(show.save(figure, tmp_path / f"{i}.png"))


def test_a_convolution_of_the_cnn_is_found_by_its_name():
    config = preset("cnn-tiny")
    p = models.of(config).init(np.random.default_rng(0), config)
    assert fixed_weights.kernel_of("stages.1.pool", p) is None
    layer = fixed_weights.kernel_of("stages.1.0", p)
    y, saved = layer.forward(np.ones((1, 4, 4, 5), "float32"))
    assert y.shape == (1, 4, 4, 7)
    assert layer.backward(y, saved).shape == (1, 4, 4, 5)
