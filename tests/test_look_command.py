"""`vitnp look`: every picture, the numbers it prints, and what it refuses."""

import re
import warnings
from pathlib import Path

import command_line
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from vitnp import InputError, gradcheck, preset, show, vit, weights
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.commands.look.seen import Seen, patch_at
from vitnp.data import preprocess
from vitnp.show import page

EVERY = (
    "model patches sequence filters positions attention query distance rollout sinks mirror gradients".split()
)
EVERY += ["components"]


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
    assert f"{near[0]:.1f} px in layer 1, {near[1]:.1f} px in layer 3 (uniform attention: 4.0 px)" in said
    plain = look.attention_from_class_token(look.rollout(A[1:])[0], grid=(4, 4))
    row, column = np.argwhere(plain == plain.max())[0] + 1
    assert (
        f"rollout over layers 2 to 3: most from the patch in row {row}, column {column}, {plain.max():.1%}"
        in said
    )
    last = look.attention_from_class_token(A[2][0], grid=(4, 4)).mean(axis=0).max()
    own = A[2][0, :, 0, 0].mean()
    assert (
        f"[CLS] in the last block: {17 * last:.1f}× uniform attention to the strongest patch, {own:.1%}"
        in said
    )
    to = A[2][0, :, 11, 1:].mean(axis=0)  # patch 3, 3 of the 4x4
    row, column = np.divmod(to.argmax(), 4)
    assert (
        f"row 3, column 3, in the last block: {17 * to.max():.1f}× uniform attention to row {row + 1}, "
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
    assert err.count("한글 글꼴이 없어") == err.count("fonts-nanum") == (lang == "ko" and font is None)


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
    status, said, _ = run(capsys, "--weights", model, picture, "--out", tmp_path / "out")
    assert status == 0
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(EVERY) - set(missing)
    left_out = " ".join(line for line in said.splitlines() if "left out" in line)
    assert all(f"{name}.png" in left_out for name in missing)
    assert "class token: attention.png and rollout.png are left out" in said or "attention" not in missing


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
        ({}, ["--block", "0"], "--block is 0; need a whole number of at least 1 and at most 3"),
        ({}, ["--block", "4"], "at most 3"),
        (
            {},
            ["--heads", "1,5"],
            '"1,5" is no list of heads; a block has 4: write numbers from 1, such as 1,2',
        ),
        ({}, ["--heads", "0"], "no list of heads"),
        ({}, ["--heads", "all"], "no list of heads"),
        ({}, ["--heads", "1" * 5000], "no list of heads"),  # Python makes no number of so many digits
        ({}, ["--heads", "1,1"], "an empty value or one twice"),
        ({}, ["--heads", "1,2,3,4"], "--heads 1,2,3,4 are 4; query.png has room for 3"),
        ({}, ["--patch", "1"], "is no place"),
        ({}, ["--patch", "3px,4"], "is no place"),
        ({}, ["--patch", "3,4px"], "is no place"),
        ({}, ["--patch", "9px,0px"], "choose from 0px,0px to 8px,7px"),
        (
            {},
            ["--only", "rollouts"],
            '"rollouts" is no picture; did you mean rollout? choose from model, patches',
        ),
        ({}, ["--only", "query,"], "an empty value"),
        ({}, ["--only", "against"], "--only against needs a second picture; name it with --against"),
        ({"classifier": "gap"}, ["--only", "rollout"], "has no class token, which --only rollout needs"),
        ({"num_classes": 0}, ["--only", "model,gradients"], "has no head, which --only gradients needs"),
        ({"position_embedding": "none"}, ["--only", "positions"], "adds no position embedding"),
        ({}, ["--against", "none.png"], "there is no file none.png"),
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


@pytest.mark.usefixtures("nothing_drawn")
def test_only_these_in_the_order_of_all(capsys, files, tmp_path):
    model, picture = files()
    out = tmp_path / "out"
    status, said, _ = run(capsys, "--weights", model, picture, "--out", out, "--only", "rollout,query,model")
    assert status == 0
    assert [line.partition("  ")[0] for line in said.splitlines()] == [
        str(out / f"{name}.png") for name in ("model", "query", "rollout")
    ]


@pytest.mark.usefixtures("nothing_drawn")
def test_block_heads_and_patch_are_those_drawn(capsys, files, tmp_path, monkeypatch):
    """What the pictures receive: S and A of the block, the tokens after it, heads and patch counted from 0."""
    received = {}
    for name in ("attention_of_patch", "attention_from_class_token", "token_colors"):
        real = getattr(show, name)

        def spied(*args, name=name, real=real, **how):
            received[name] = args, how
            return real(*args, **how)

        monkeypatch.setattr(show, name, spied)
    model, picture = files()
    words = ["--block", 2, "--heads", "4,1", "--patch", "1,4", "--only", "attention,query,components"]
    assert run(capsys, "--weights", model, picture, "--out", tmp_path / "out", *words)[0] == 0
    p, config = weights.load(model)
    t = trace(preprocess.load(picture, config), p, config)
    (_, S, A, _), how = received["attention_of_patch"]
    np.testing.assert_allclose(S, t["blocks.1.attention.S"][0], rtol=1e-5)
    np.testing.assert_allclose(A, t["blocks.1.attention.A"][0], rtol=1e-5)
    assert (how["heads"], how["patch"], how["block"]) == ([3, 0], (0, 3), 1)
    np.testing.assert_array_equal(received["attention_from_class_token"][0][1], A)
    (_, tokens, _), how = received["token_colors"]
    np.testing.assert_allclose(tokens[0], t["blocks.1.residual_2"][0, 1:], rtol=1e-5)
    assert how["block"] == 1


@pytest.mark.parametrize(
    ("place", "patch"),
    [("0px,0px", "row 1, column 1"), ("4px,3px", "row 2, column 2"), ("8px,7px", "row 4, column 4")],
)
@pytest.mark.usefixtures("nothing_drawn")
def test_a_place_in_pixels_of_the_picture(capsys, files, tmp_path, place, patch):
    """The picture is 9 rows high and becomes 8: pixel 4 lies in the middle of it, at 4.5·8/9 = 4.0."""
    model, picture = files()
    words = ["--patch", place, "--only", "query"]
    status, said, _ = run(capsys, "--weights", model, picture, "--out", tmp_path / "out", *words)
    assert status == 0
    assert f"attention of the patch in {'row 3, column 2' if place == '4px,3px' else patch}," in said


@pytest.mark.usefixtures("nothing_drawn")
def test_pixels_are_counted_in_the_photo_as_it_is_shown(capsys, files, tmp_path):
    """A camera's photo lies on its side in its file, 8 rows of 16, and EXIF says how to turn it: 16 rows of 8."""
    model, _ = files()
    turned = Image.new("L", (16, 8))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif)
    words = ["--patch", "15px,0px", "--only", "query", "--out", tmp_path / "out"]
    status, said, _ = run(capsys, "--weights", model, tmp_path / "turned.jpg", *words)
    assert status == 0
    assert "of the patch in row 4, column 1," in said


@pytest.mark.parametrize("size", [(31, 17), (17, 31), (10, 30), (64, 64), (1, 1)])
@pytest.mark.parametrize("fraction", [0.3, 0.7, 1.0])
def test_the_pixels_proposed_are_seen_and_those_beside_them_are_not(size, fraction):
    how = {"preprocessing.crop_fraction": fraction, "preprocessing.keep_aspect_ratio": True}
    config = preset("digits", image_size=(16, 24), patch_size=4, **how)
    with pytest.raises(InputError) as refused:
        patch_at((10**20, 0), size, config)
    top, left, bottom, right = map(int, re.findall(r"(\d+)px", str(refused.value).partition("choose")[2]))
    assert patch_at((top, left), size, config) == (0, 0) or (top, left) == (bottom, right)
    assert all(0 <= i < side for i, side in zip(patch_at((bottom, right), size, config), (4, 6), strict=True))
    for place in ((top - 1, left), (top, left - 1), (bottom + 1, right), (bottom, right + 1)):
        with pytest.raises(InputError, match="outside"):
            patch_at(place, size, config)


def test_no_pixel_has_its_center_in_what_the_model_sees():
    config = preset("digits", **{"preprocessing.crop_fraction": 0.3})
    with pytest.raises(InputError, match="less than a pixel of the picture; write --patch ROW,COLUMN"):
        patch_at((0, 0), (2, 2), config)


@pytest.mark.parametrize("against", [False, True])
def test_no_picture_takes_the_place_of_an_image(capsys, files, tmp_path, against):
    model, picture = files()
    own = picture.rename(tmp_path / "query.png")
    before = own.read_bytes()
    other = tmp_path / "other.png"
    other.write_bytes(before)
    images = [other, "--against", own] if against else [own]
    status, said, problem = run(capsys, "--weights", model, *images, "--out", tmp_path)
    assert (status, said) == (2, "")
    assert f"query.png would replace the image {own}; name another folder with --out" in problem
    assert own.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.npz", "other.png", "query.png"]
    assert run(capsys, "--weights", model, *images, "--out", tmp_path, "--only", "sinks")[0] == 0


@pytest.mark.usefixtures("nothing_drawn")
def test_a_folder_of_an_image_is_none_of_the_pictures(capsys, files, tmp_path):
    model, picture = files()
    same = tmp_path / "components.png.png"
    same.write_bytes(picture.read_bytes())
    out = tmp_path / "out"
    words = ["--only", "query,components", "--out", out]
    assert run(capsys, "--weights", model, picture, same, *words)[0] == 0
    assert (out / "components.png").is_file()
    assert (out / "components.png-2" / "query.png").is_file()


def test_a_file_where_a_folder_of_an_image_has_to_be(capsys, files, tmp_path):
    model, picture = files()
    same = tmp_path / "same.png"
    same.write_bytes(picture.read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    (out / "same").write_text("a note")
    status, said, problem = run(capsys, "--weights", model, picture, same, "--out", out)
    assert (status, said) == (2, "")
    assert f"cannot write into {out / 'same'} (File exists); name another folder with --out" in problem
    assert not list(out.glob("**/*.png"))


@pytest.mark.usefixtures("nothing_drawn")
def test_several_images_have_a_folder_each_and_one_basis(capsys, files, tmp_path, monkeypatch):
    drawn, real = [], show.token_colors
    monkeypatch.setattr(show, "token_colors", lambda *args, **how: drawn.append(args) or real(*args, **how))
    model, picture = files(num_classes=0)
    other = tmp_path / "elsewhere" / "picture.png"
    other.parent.mkdir()
    Image.fromarray(np.random.default_rng(2).integers(0, 256, (8, 8), dtype=np.uint8)).save(other)
    out = tmp_path / "out"
    words = ["--only", "filters,query,components", "--out", out]
    status, said, _ = run(capsys, "--weights", model, picture, other, *words)
    assert status == 0
    assert [line.partition("  ")[0] for line in said.splitlines()] == [
        str(out / name)
        for name in ("filters.png", "picture/query.png", "picture-2/query.png", "components.png")
    ]
    ((images, tokens, _),) = drawn
    p, config = weights.load(model)
    for path, image, z in zip((picture, other), images, tokens, strict=True):
        np.testing.assert_array_equal(image, preprocess.load(path, config))
        np.testing.assert_allclose(z, trace(image, p, config)["norm"][0, 1:], rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("nothing_drawn")
def test_a_picture_against_itself_finds_every_patch(capsys, files, tmp_path):
    model, picture = files()
    out = tmp_path / "out"
    words = ["--against", picture, "--patch", "2,3", "--only", "against,matches"]
    status, said, _ = run(capsys, "--weights", model, picture, "--out", out, *words)
    assert status == 0
    assert (
        f"{out / 'against.png'}  the patch in row 2, column 3 is most like that in row 2, column 3: cosine 1.00"
        in said
    )
    assert "16 of 16 patches are each other's best match, after the last norm" in said


def with_a_sink(model, picture):
    """The file with uniform attention, but head 2 of block 1 looks at the patch whose key is farthest from [CLS]'s."""
    p, config = weights.load(model)
    K = trace(preprocess.load(picture, config), p, config)["blocks.0.attention.K_heads"][0, 1]
    away = K - K[0]
    farthest = int((away * away).sum(axis=1).argmax())
    for block in p["blocks"].values():
        block["attention"]["W_Q"][:] = block["attention"]["b_Q"][:] = 0.0  # uniform attention
    p["blocks"][0]["attention"]["b_Q"][4:8] = 100 * away[farthest]  # of 4 heads of width 4
    weights.save(model, p, config)
    return np.divmod(farthest - 1, 4)


@pytest.mark.usefixtures("nothing_drawn")
def test_a_sink_is_named_and_rollout_is_shown_without_its_layer(capsys, files, tmp_path, monkeypatch):
    shown, real = [], show.rollout
    monkeypatch.setattr(
        show,
        "rollout",
        lambda image, found, *rest, **how: shown.append(found) or real(image, found, *rest, **how),
    )
    model, picture = files(num_classes=0)
    row, column = with_a_sink(model, picture)
    status, said, _ = run(capsys, "--weights", model, picture, "--out", tmp_path / "out")
    assert status == 0
    assert "sinks.png  head 2 of block 1 sends" in said
    assert f"of its attention to the patch in row {row + 1}, column {column + 1}" in said
    assert "; layer 1 has a sink (sinks.png): --layers 2-3 leaves it out" in said
    (maps,) = shown
    assert list(maps) == ["layers 1 to 3", "without layer 1 (a sink)"]
    p, config = weights.load(model)
    t = trace(preprocess.load(picture, config), p, config)
    want = look.rollout([t[f"blocks.{i}.attention.A"] for i in (1, 2)])
    want = look.attention_from_class_token(want[0], grid=(4, 4))
    np.testing.assert_allclose(maps["without layer 1 (a sink)"], want, rtol=1e-4)


@pytest.mark.parametrize(
    ("layers", "title", "said"),
    [
        (
            [0, 1],
            "without layers 1, 2 (sinks)",
            "; layers 1, 2 have a sink (sinks.png): --layers 3-5 leaves them out",
        ),
        ([0, 2], "without layers 1, 3 (sinks)", "; layers 1, 3 have a sink (sinks.png)"),
        ([0, 1, 2, 4], "without 4 layers (sinks)", "; layers 1, 2, 3, 5 have a sink (sinks.png)"),
        ([0, 1, 2, 3, 4], None, "; every layer has a sink (sinks.png)"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("nothing_drawn")
def test_sinks_in_several_layers(capsys, files, tmp_path, monkeypatch, layers, title, said):
    """In these layers all heads send everything to patch 1; 40 names would not fit above a map."""
    shown, real = [], show.rollout
    monkeypatch.setattr(
        show,
        "rollout",
        lambda image, found, *rest, **how: shown.append(found) or real(image, found, *rest, **how),
    )
    uniform, sink = np.full((1, 4, 17, 17), 1 / 17, "float32"), np.zeros((1, 4, 17, 17), "float32")
    sink[..., 1] = 1
    weights_ = [sink if i in layers else uniform for i in range(5)]
    monkeypatch.setattr(Seen, "weights", property(lambda _: weights_))
    model, picture = files(num_classes=0, num_layers=5)
    words = ["--out", tmp_path / "out", "--only", "rollout"]
    status, printed, _ = run(capsys, "--weights", model, picture, *words)
    assert status == 0
    assert printed.splitlines()[-1].endswith(said)
    assert list(shown[0])[1:] == ([title] if title else [])


@pytest.mark.usefixtures("nothing_drawn")
def test_without_a_sink_the_largest_share_is_said(capsys, files, tmp_path):
    model, picture = files()
    p, config = weights.load(model)
    for block in p["blocks"].values():
        block["attention"]["W_Q"][:] = 0.0
        block["attention"]["b_Q"][:] = 0.0  # every score 0, so all attention uniform
    weights.save(model, p, config)
    status, said, _ = run(capsys, "--weights", model, picture, "--out", tmp_path / "out")
    assert status == 0
    assert (
        "no head sends half of its attention to one patch; the most is 5.9%, head 1 of block 1" in said
    )  # 1/17
    assert "a sink" not in said


@pytest.mark.usefixtures("nothing_drawn")
def test_the_mirror_image_block_by_block(capsys, files, tmp_path):
    model, picture = files()
    status, said, _ = run(capsys, "--weights", model, picture, "--out", tmp_path / "out", "--only", "mirror")
    p, config = weights.load(model)
    image = preprocess.load(picture, config)
    pair = [trace(x, p, config) for x in (image, image[:, ::-1].copy())]
    names = ["z0", *(f"blocks.{i}.residual_2" for i in range(3)), "norm"]
    shares = [look.mirror_matches(*(t["patches"][0] for t in pair), grid=(4, 4))]
    shares += [look.mirror_matches(*(t[name][0, 1:] for t in pair), grid=(4, 4)) for name in names]
    percent = [f"{100 * share:.0f}" for share in shares]
    assert status == 0
    assert (
        f"pixels {percent[0]}%, z0 {percent[1]}%, blocks 1 to 3 {' '.join(percent[2:5])}%, last norm {percent[5]}%"
        in said
    )
