"""`vitnp look`: every picture, the numbers it prints, and what it refuses."""

import warnings
from pathlib import Path

import command_line
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from vitnp import gradcheck, preset, show, vit, weights
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.data import preprocess
from vitnp.show import page

EVERY = "model patches sequence filters positions attention query distance rollout gradients".split()


@pytest.fixture
def files(tmp_path):
    """make(**fields of the configuration) → the paths of a small random model and of a picture."""

    def make(**overrides):
        config = preset("digits", **{"num_layers": 3, "hidden_size": 16, "mlp_dim": 8} | overrides)
        p = gradcheck.random_like(vit.init(None, config), np.random.default_rng(0))
        weights.save(tmp_path / "model.npz", p, config)
        pixels = np.random.default_rng(1).integers(0, 256, (9, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "picture.png")
        return tmp_path / "model.npz", tmp_path / "picture.png"

    return make


def run(capsys, *words):
    """(exit status, standard output, standard error) of `vitnp look`."""
    return command_line.run(capsys, "look", *words)


def test_every_picture_with_its_numbers(capsys, files, tmp_path):
    model, picture = files()
    out = tmp_path / "out"
    status, said, _ = run(capsys, "--weights", model, picture, "--out", out, "--layers", "2-3", "--class", 4)
    assert status == 0
    assert sorted(path.stem for path in out.iterdir()) == sorted(EVERY)
    lines = said.splitlines()
    assert [line.partition("  ")[0] for line in lines] == [str(out / f"{name}.png") for name in EVERY]

    p, config = weights.load(model)
    t = trace(preprocess.load(picture, config), p, config, labels=4)
    A = [t[f"blocks.{i}.attention.A"] for i in range(3)]
    near = [look.attention_distance(A[i], grid=(4, 4), patch_size=2).mean() for i in (0, 2)]
    assert f"{near[0]:.1f} px in layer 1, {near[1]:.1f} px in layer 3 (everywhere alike: 4.0 px)" in said
    plain = look.attention_from_class_token(look.rollout(A[1:])[0], grid=(4, 4))
    row, column = np.argwhere(plain == plain.max())[0] + 1
    assert (
        f"rollout over layers 2 to 3: most from the patch in row {row}, column {column}, {plain.max():.1%}"
        in said
    )
    norms = look.gradient_norms(t.dp)
    assert f"class 4: norm {norms['blocks.0']:.3g} in block 1, {norms['blocks.2']:.3g} in the last" in said


@pytest.fixture
def nothing_drawn(monkeypatch):
    """The pictures are laid out, every text among them, and their files are empty: to paint them takes longer."""

    def save(figure, path, **_):
        figure.draw_without_rendering()
        Path(path).touch()

    monkeypatch.setattr(Figure, "savefig", save)


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize(("lang", "font"), [("ko", None), ("ko", "DejaVu Serif"), ("en", None)])
def test_a_machine_without_korean_letters_is_told_of_once(capsys, files, tmp_path, monkeypatch, lang, font):
    monkeypatch.setattr(page, "korean_font", lambda: font)
    model, picture = files(num_layers=1)
    with warnings.catch_warnings(action="ignore"):  # DejaVu Serif has no Korean letters to draw
        status, said, err = run(
            capsys, "--weights", model, picture, "--out", tmp_path / "out", "--lang", lang
        )
    assert (status, len(said.splitlines())) == (0, len(EVERY))
    assert err.count("no Korean font") == err.count("fonts-nanum") == (lang == "ko" and font is None)


@pytest.mark.parametrize(
    ("overrides", "missing"),
    [
        ({"classifier": "gap"}, ["attention", "rollout"]),
        ({"num_classes": 0}, ["gradients"]),
        ({"num_classes": 0, "classifier": "gap"}, ["attention", "rollout", "gradients"]),
        ({"image_size": (4, 2)}, []),
        ({"position_embedding": "none"}, ["positions"]),
        ({"position_embedding": "relative"}, ["positions"]),
        ({"position_embedding": "2d"}, []),
        ({"position_embedding": "sincos", "position_at": "every-layer-shared"}, []),
        ({"position_at": "every-layer"}, []),
    ],
    ids=str,
)
@pytest.mark.usefixtures("nothing_drawn")
def test_what_the_model_has_not_is_left_out(capsys, files, tmp_path, overrides, missing):
    model, picture = files(**overrides)
    status, _, _ = run(capsys, "--weights", model, picture, "--out", tmp_path / "out")
    assert status == 0
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(EVERY) - set(missing)


def of_zeros(model):
    """The file with its head set to 0, as at the start of a training."""
    p, config = weights.load(model)
    p["classify"]["head"]["W"][:] = 0.0
    weights.save(model, p, config)


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize(
    ("classes", "words"), [(0, "has no head"), (10, "has a head that is all zeros, to be trained")]
)
def test_without_a_head_that_knows_classes_what_is_of_one_is_left_out(
    capsys, files, tmp_path, classes, words
):
    model, picture = files(num_classes=classes)
    if classes:
        of_zeros(model)
    status, said, _ = run(capsys, "--weights", model, picture, "--out", tmp_path / "out")
    assert status == 0
    lines = said.splitlines()
    assert lines[0] == f"the model {words}: gradients.png and the rollout for a class are left out"
    assert len(lines) == len(EVERY)
    assert "class " not in "".join(lines[1:])
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(EVERY) - {"gradients"}


@pytest.mark.usefixtures("nothing_drawn")
def test_the_class_has_its_name(capsys, files, tmp_path, monkeypatch):
    shown, real = [], show.rollout
    monkeypatch.setattr(
        show,
        "rollout",
        lambda image, found, *rest, **how: shown.extend(found) or real(image, found, *rest, **how),
    )
    model, picture = files(num_layers=1)
    (tmp_path / "classes.txt").write_text("\n".join(f"name {i}" for i in range(10)) + "\n")
    status, said, _ = run(capsys, "--weights", model, picture, "--out", tmp_path / "out", "--class", 4)
    assert status == 0
    assert "gradient of −log p of class 4 (name 4): norm" in said
    assert "for class 4 (name 4)" in shown


@pytest.mark.usefixtures("nothing_drawn")
@pytest.mark.parametrize(("classes", "maps"), [(0, 1), (10, 2)])
def test_rollout_is_shown_for_a_class_too(capsys, files, tmp_path, monkeypatch, classes, maps):
    shown, real = [], show.rollout
    monkeypatch.setattr(
        show,
        "rollout",
        lambda image, found, *rest, **how: shown.append(found) or real(image, found, *rest, **how),
    )
    model, picture = files(num_layers=1, num_classes=classes)
    assert run(capsys, "--weights", model, picture, "--out", tmp_path / "out")[0] == 0
    assert [len(found) for found in shown] == [maps]


@pytest.mark.usefixtures("nothing_drawn")
def test_every_picture_is_in_the_language_asked_for(capsys, files, tmp_path, monkeypatch):
    asked, real = [], page.in_language
    monkeypatch.setattr(page, "in_language", lambda lang: asked.append(lang) or real(lang))
    model, picture = files(num_layers=1)
    assert run(capsys, "--weights", model, picture, "--out", tmp_path / "out", "--lang", "ko")[0] == 0
    assert set(asked) == {"ko"}
    assert len(asked) >= len(EVERY)


@pytest.mark.parametrize(
    ("overrides", "words", "message"),
    [
        ({}, ["--layers", "0-3"], "--layers 0-3 is not within the model's 3 layers; choose from 1-3"),
        ({}, ["--layers", "3-2"], "not within"),
        ({}, ["--layers", "2-4"], "not within"),
        ({}, ["--layers", "two"], '"two" is not a range'),
        ({}, ["--layers", "1-2-3"], '"1-2-3" is not a range'),
        ({}, ["--patch", "5,1"], "outside the 4x4 patches; choose from 1,1 to 4,4"),
        ({}, ["--patch", "0,1"], "outside"),
        ({}, ["--patch", "middle"], '"middle" is no place'),
        ({}, ["--class", "10"], "--class is 10; need a whole number of at least 0 and at most 9"),
        ({"num_classes": 0}, ["--class", "0"], "the model has no head, so no class"),
        (
            {"classes of zeros": True},
            ["--class", "0"],
            "the model has a head that is all zeros, to be trained",
        ),
        ({"image_size": (2, 2)}, [], "2x2 is one patch, too small for attention and rollout"),
    ],
)
def test_what_is_refused(capsys, files, tmp_path, overrides, words, message):
    zeros = overrides.pop("classes of zeros", False)
    model, picture = files(**overrides)
    if zeros:
        of_zeros(model)
    status, said, problem = run(capsys, "--weights", model, picture, "--out", tmp_path / "out", *words)
    assert (status, said) == (2, "")
    assert message in problem
    assert problem.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_model_that_overflows(capsys, files, tmp_path):
    model, picture = files()
    p, config = weights.load(model)
    p["classify"]["head"]["W"][:] = 1e300
    p["norm"]["gamma"][:] = 1e20
    weights.save(model, p, config)
    with np.errstate(all="ignore"):
        status, _, problem = run(capsys, "--weights", model, picture, "--out", tmp_path / "out")
    assert status == 2
    assert "logits are NaN" in problem
    assert not (tmp_path / "out").exists()


def test_no_picture_to_look_at(capsys, files, tmp_path):
    model, _ = files()
    status, _, problem = run(capsys, "--weights", model, tmp_path / "none.png", "--out", tmp_path / "out")
    assert status == 2
    assert "there is no file" in problem
    assert not (tmp_path / "out").exists()
