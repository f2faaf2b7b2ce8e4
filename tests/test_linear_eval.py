"""Few-shot linear evaluation: the closed form against two other solvers, the draw, the features, the command."""

import numpy as np
import pytest
import sklearn.linear_model

from vitnp import InputError, preset, vit, weights
from vitnp.analysis import linear_eval
from vitnp.commands import cli

CONFIG = preset("digits", num_layers=1, hidden_size=16, num_heads=2, mlp_dim=24)


def points(n, D=20, classes=4, seed=0):
    """Representations with an offset and a scale of their own in every column, and labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    x = rng.standard_normal((n, D)) + 3.0 * np.eye(classes, D)[labels]
    return x * rng.uniform(0.1, 5.0, D) + rng.standard_normal(D) * 10, labels


def problem(x, labels, classes=4):
    """X and Y as the paper and the released code have them, written out."""
    X = np.column_stack([(x - x.mean(0)) / (x.std(0) + 1e-5), np.full(len(x), 100.0)])
    return X, 2.0 * np.eye(classes)[labels] - 1.0


@pytest.mark.parametrize("l2", [1e-3, 1.0, 1024.0])
@pytest.mark.parametrize("n", [12, 21, 200])  # fewer than numbers a representation, as many, more
def test_against_least_squares(n, l2):
    """Ridge is least squares with √l2·1 below X and zeros below Y."""
    x, labels = points(n)
    X, Y = problem(x, labels)
    below = np.sqrt(l2) * np.eye(X.shape[1])
    want = np.linalg.lstsq(np.vstack([X, below]), np.vstack([Y, np.zeros((len(below), 4))]), rcond=None)[0]
    got = linear_eval.fit(x, labels, 4, l2=l2)
    np.testing.assert_allclose(got.W, want, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(linear_eval.scores(x, got), X @ want, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("n", [12, 200])
def test_against_scikit_learn(n):
    x, labels = points(n)
    X, Y = problem(x, labels)
    ridge = sklearn.linear_model.Ridge(alpha=1024.0, fit_intercept=False, solver="svd").fit(X, Y)
    np.testing.assert_allclose(linear_eval.fit(x, labels, 4).W, ridge.coef_.T, rtol=1e-9, atol=1e-12)


def test_new_images_are_scaled_as_those_it_was_fitted_to():
    x, labels = points(200)
    linear = linear_eval.fit(x[:100], labels[:100], 4, l2=1.0)
    X = np.column_stack([(x[100:] - x[:100].mean(0)) / (x[:100].std(0) + 1e-5), np.full(100, 100.0)])
    np.testing.assert_allclose(linear_eval.scores(x[100:], linear), X @ linear.W, rtol=1e-12)
    assert linear_eval.accuracy(x[100:], labels[100:], linear) > 0.8
    assert linear_eval.accuracy(x[100:], (labels[100:] + 1) % 4, linear) < 0.2


def test_one_image_a_class():
    """Four rows, one of them the same in a column: a column without variance is no division by zero."""
    x, labels = points(4)
    x[:, 3] = 7.0
    assert linear_eval.accuracy(x, labels, linear_eval.fit(x, labels, 4)) == 1.0


@pytest.mark.parametrize("l2", [0.0, -1.0, np.nan])
def test_a_penalty_that_cannot_be(l2):
    with pytest.raises(InputError, match="l2 is "):
        linear_eval.fit(*points(8), 4, l2=l2)


@pytest.mark.parametrize(("n", "size"), [(12, 12), (21, 21), (200, 21)])
def test_the_smaller_system_is_solved(n, size, monkeypatch):
    """As many equations as images, or as numbers a representation and one."""
    solve, solved = np.linalg.solve, []

    def spy(A, B):
        solved.append(A.shape)
        return solve(A, B)

    monkeypatch.setattr(np.linalg, "solve", spy)
    linear_eval.fit(*points(n), 4)
    assert solved == [(size, size)]


def test_no_images():
    x, labels = points(8)
    linear = linear_eval.fit(x, labels, 4)
    with pytest.raises(InputError, match="no images to fit to; give at least one"):
        linear_eval.fit(x[:0], labels[:0], 4)
    with pytest.raises(InputError, match="no images to test; give at least one"):
        linear_eval.accuracy(x[:0], labels[:0], linear)
    with pytest.raises(InputError, match="an empty batch"):
        linear_eval.features(np.zeros((0, 8, 8, 1)), vit.init(None, CONFIG), CONFIG)


def test_the_draw():
    labels = np.array([2, 0, 1, 1, 0, 2, 2, 0, 1, 0])
    rows = linear_eval.shots_of(labels, 3, 3, np.random.default_rng(0))
    assert labels[rows].tolist() == [0] * 3 + [1] * 3 + [2] * 3
    assert len(set(rows.tolist())) == 9
    again, other = (linear_eval.shots_of(labels, 3, 3, np.random.default_rng(seed)) for seed in (0, 1))
    np.testing.assert_array_equal(rows, again)
    assert not np.array_equal(rows, other)
    with pytest.raises(InputError, match="class 1 has 3 training images; need 4: ask for fewer shots"):
        linear_eval.shots_of(labels, 4, 3, np.random.default_rng(0))
    with pytest.raises(InputError, match="shots is 0"):
        linear_eval.shots_of(labels, 0, 3, np.random.default_rng(0))


@pytest.mark.parametrize("changes", [{}, {"representation_size": 7}, {"classifier": "gap"}])
def test_features_are_what_the_head_sees(changes):
    config = preset("digits", num_layers=1, hidden_size=16, num_heads=2, mlp_dim=24, **changes)
    p = vit.init(np.random.default_rng(0), config)
    p["classify"]["head"]["W"] = np.random.default_rng(1).standard_normal(
        p["classify"]["head"]["W"].shape, "float32"
    )
    images = np.random.default_rng(2).uniform(-1, 1, (5, 8, 8, 1)).astype("float32")
    r = linear_eval.features(images, p, config, batch_size=2)
    assert r.dtype == np.float64
    assert r.shape == (5, changes.get("representation_size", 16))
    head = p["classify"]["head"]
    np.testing.assert_allclose(
        r @ head["W"] + head["b"], vit.forward(images, p, config)[0], rtol=1e-4, atol=1e-5
    )
    assert "head" in p["classify"]


def test_how_the_features_are_computed_is_passed_on(monkeypatch):
    seen, p = [], vit.init(None, CONFIG)

    def spy(images, p, config, **options):
        seen.append(options)
        return images[:, 0, 0]

    monkeypatch.setattr(linear_eval.batch, "predict", spy)
    images = np.zeros((5, 8, 8, 1))
    linear_eval.features(images, p, CONFIG)
    linear_eval.features(images, p, CONFIG, workers=3, batch_size=2)
    assert seen == [{"workers": None, "batch_size": 64}, {"workers": 3, "batch_size": 2}]


@pytest.fixture
def model(tmp_path):
    """A file of an untrained digits model."""
    weights.save(tmp_path / "model.npz", vit.init(np.random.default_rng(0), CONFIG), CONFIG)
    return str(tmp_path / "model.npz")


def test_the_command(capsys, model):
    """Random features tell digits apart far better than chance; the same seeds print the same."""
    words = ["linear-eval", "--weights", model, "--shots", "10", "--seeds", "3", "--l2", "1"]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == f"{model} on digits: 10 images of each of 10 classes, 360 to test"
    found = [float(line.split()[-1].rstrip("%")) for line in lines[1:4]]
    assert all(20 < percent < 100 for percent in found)
    word, mean, _, spread = lines[4].split()
    assert word == "accuracy"
    # from percentages that are rounded to two places
    assert float(mean) == pytest.approx(np.mean(found), abs=0.02)
    assert float(spread.rstrip("%")) == pytest.approx(np.std(found, ddof=1), abs=0.02)
    assert cli.main(words) == 0
    assert capsys.readouterr().out == out


def test_the_workers_asked_for_are_taken(capsys, model, monkeypatch):
    seen, real = set(), linear_eval.features
    monkeypatch.setattr(
        linear_eval, "features", lambda *given, **how: seen.add(how["workers"]) or real(*given, **how)
    )
    assert cli.main(["linear-eval", "--weights", model, "--seeds", "1", "--workers", "1"]) == 0
    assert seen == {1}


@pytest.mark.parametrize("option", ["--shots", "--seeds", "--l2", "--workers"])
def test_options_are_checked_before_anything_is_read(capsys, option):
    assert cli.main(["linear-eval", "--weights", "nowhere.npz", option, "0"]) == 2
    assert capsys.readouterr().err.startswith(f"vitnp: {option} is 0")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--l2 nan", "--l2 is nan"),
        ("--shots 1000", "ask for fewer shots"),
        ("--data nothing", 'data set "nothing" is unknown'),
        ("--data flowrs/", "there is no folder flowrs/; give a folder of pictures, or one of digits"),
        ("--weights nowhere.npz", "nowhere.npz"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, model, words, message):
    assert cli.main(["linear-eval", "--weights", model, *words.split()]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("vitnp: ")
    assert err.count("\n") == 1


def test_weights_that_are_not_finite(capsys, tmp_path):
    p = vit.init(np.random.default_rng(0), CONFIG)
    p["norm"]["beta"][0] = np.nan
    weights.save(tmp_path / "model.npz", p, CONFIG)
    assert cli.main(["linear-eval", "--weights", str(tmp_path / "model.npz")]) == 2
    assert "NaN or infinite" in capsys.readouterr().err


BAD_FITS = {
    "labels out of range": (lambda x, labels: (x, [*labels[:-2].tolist(), 9, -1]), "labels run from -1 to 9"),
    "labels too few": (
        lambda x, labels: (x, labels[:-1]),
        r"labels have shape \(7,\) .*; need integers of shape",
    ),
    "labels of floats": (lambda x, labels: (x, labels + 0.5), "labels have shape .* dtype float64"),
    "labels masked": (lambda x, labels: (x, np.ma.masked_array(labels)), r"MaskedArray; .*labels.filled"),
    "soft labels": (lambda x, labels: (x, np.eye(4)[labels]), "the classes themselves"),
    "NaN": (lambda x, labels: (x * np.nan, labels), "x holds values that are NaN or infinite"),
    "a row": (lambda x, labels: (x[0], labels), r"x is float64 of shape \(20,\)"),
    "objects": (lambda x, labels: (x.astype(object), labels), "x is object of shape"),
    "a list": (lambda x, labels: (x.tolist(), labels), "x is a list; need an array"),
    "too large": (lambda x, labels: (x * 1e300, labels), "no finite solution"),
}


@pytest.mark.parametrize(("change", "said"), BAD_FITS.values(), ids=BAD_FITS)
def test_what_nothing_can_be_fitted_to(change, said):
    with pytest.raises(InputError, match=said):
        linear_eval.fit(*change(*points(8)), 4)


def test_what_nothing_can_be_measured_on():
    x, labels = points(8)
    linear, rng = linear_eval.fit(x, labels, 4), np.random.default_rng(0)
    assert linear_eval.accuracy(x, labels.tolist(), linear) == linear_eval.accuracy(x, labels, linear)
    for call, said in (
        (lambda: linear_eval.accuracy(x, labels + 1, linear), "labels run from 1 to 4"),
        (
            lambda: linear_eval.accuracy(x[:, :3], labels, linear),
            "x has 3 numbers per image; the fit was to 20",
        ),
        (lambda: linear_eval.scores(x, None), "linear is a NoneType"),
        (lambda: linear_eval.fit(x, labels, 0), "num_classes is 0"),
        (lambda: linear_eval.fit(np.ones((8, 20)), labels, 4, l2=5e-324), "no finite solution"),
        (lambda: linear_eval.shots_of(labels, 1, 4, 0), "rng is 0; need a generator"),
        (lambda: linear_eval.shots_of(labels, 1, 3, rng), "labels run from 0 to 3"),
    ):
        with pytest.raises(InputError, match=said):
            call()
