"""The pictures of a trained ViT: one command makes them, its page names them, and the notebooks find them."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vitnp import gradcheck, preset, show, vit, weights
from vitnp.errors import InputError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import look_pictures
import photos

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
PAGE = (FOLDER / "README.md").read_text("utf-8")
THERE = sorted(path.name for path in FOLDER.glob("*.png"))
LARGEST = 120_000  # bytes
OTHERS = {"pipeline.png", "first-minute.png", "augment.png"}  # in Korean, too
OTHERS |= {"explore.png", "explore-phone.png", "explore-live.png"}


@pytest.mark.parametrize("name", THERE)
def test_the_page_names_every_picture_and_another_uses_it(name):
    assert f"({name})" in PAGE
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    used = [page for page in pages if f"pictures/{name})" in page.read_text("utf-8")]
    shown = f'show.trained("{name[5:-4]}")'
    used += [source for source in ROOT.glob("notebooks/src/*.py") if shown in source.read_text("utf-8")]
    assert used


def test_the_page_names_no_picture_that_is_not_there():
    assert set(re.findall(r"\(([\w-]+\.png)\)", PAGE)) == set(THERE)


@pytest.mark.parametrize("name", look_pictures.LOOKS)
def test_a_picture_is_small_and_its_command_is_on_the_page(name):
    path = FOLDER / f"look-{name}.png"
    assert path.stat().st_size <= LARGEST
    with Image.open(path) as image:
        assert (image.width, image.mode) == (look_pictures.WIDTH, "P")
    (row,) = (line for line in PAGE.splitlines() if f"(look-{name}.png)" in line)
    assert f"`{look_pictures.LOOKS[name]} --only {name}`" in row
    for photo in (word for word in look_pictures.LOOKS[name].split() if "." in word):
        assert f"| `{photo}`" in PAGE, "the photo's license"


def test_the_korean_pictures_are_the_same_ones():
    there = {path.name: path for path in (FOLDER / "ko").glob("*.png")}
    assert there.keys() == {n for n in THERE if n.startswith(("look-", "mini-"))} | OTHERS
    for name, path in there.items():
        with Image.open(path) as korean, Image.open(FOLDER / name) as english:
            assert korean.size == english.size
            assert korean.convert("RGB").tobytes() != english.convert("RGB").tobytes()
        assert path.stat().st_size <= (
            4 * LARGEST if name in ("first-minute.png", "augment.png") else LARGEST
        )


def test_the_pictures_are_those_of_the_command():
    assert {f"look-{name}.png" for name in look_pictures.LOOKS} == {n for n in THERE if n.startswith("look-")}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The words that make the pictures of a small random model, of photos of noise."""
    folder = tmp_path_factory.mktemp("look")
    sizes = {"image_size": (24, 28), "patch_size": 4, "hidden_size": 12, "num_heads": 6, "num_layers": 8}
    config = preset("digits", **sizes, in_channels=3, mlp_dim=8, num_classes=0)
    weights.save(
        folder / "model.npz",
        gradcheck.random_like(vit.init(None, config), np.random.default_rng(0)),
        config,
    )
    rng = np.random.default_rng(1)
    for name in {word for look in look_pictures.LOOKS.values() for word in look.split() if "." in word}:
        Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8)).save(folder / name)
    return ["--weights", str(folder / "model.npz"), "--photos", str(folder)]


def test_one_command_makes_them_all(capsys, small, tmp_path, monkeypatch):
    """Each as `vitnp look` draws it, and with the same bytes when it is made again."""
    looks = {name: look_pictures.LOOKS[name] for name in ("query",)}
    drawn, real = [], show.save
    monkeypatch.setattr(show, "save", lambda figure, path: drawn.append(figure) or real(figure, path))
    look_pictures.main([*small, "--out", str(tmp_path / "out")], looks=looks)
    for folder in (tmp_path / "out", tmp_path / "out/ko"):
        assert sorted(path.name for path in folder.glob("*.png")) == sorted(f"look-{n}.png" for n in looks)
    said = capsys.readouterr().out
    for look in looks.items():
        line = f"$ vitnp {look_pictures.command(look, small[1])}\n{tmp_path / f'out/look-{look[0]}.png'}  "
        assert line in said
    assert drawn[0].get_suptitle().endswith("block 7 of 8")
    titles = [axes.get_title().partition("\n")[0] for axes in drawn[0].axes]
    assert titles[:4] == ["the query: row 6, column 6", "S, mean of 6", "S, head 1", "S, head 6"]

    look_pictures.main([*small, "--out", str(tmp_path / "again")])
    once, again = ((tmp_path / out / "look-query.png").read_bytes() for out in ("out", "again"))
    assert once == again


def test_photos_are_found_in_the_folder_and_in_the_packages(small, tmp_path, monkeypatch):
    own = tmp_path / "china.jpg"
    own.touch()
    assert photos.found("china.jpg", tmp_path) == own
    assert photos.found("china.jpg").is_file()
    assert photos.found("grace_hopper.jpg", tmp_path).is_file()
    monkeypatch.setattr(photos, "PLACES", {"no_such_package": "data"})
    with pytest.raises(
        InputError, match=r'no chelsea\.png in the packages that .*"vitnp\[photos\]".* --photos'
    ):
        photos.found("chelsea.png")
    with pytest.raises(SystemExit, match=r"look_pictures\.py: there is no chelsea\.png in .*--photos"):
        look_pictures.main([*small, "--photos", str(tmp_path), "--out", str(tmp_path / "out")])


def test_a_notebook_shows_the_picture_itself(tmp_path, monkeypatch):
    picture = show.trained("query")
    assert repr(picture) == "look-query.png"
    assert picture._repr_png_() == (FOLDER / "look-query.png").read_bytes()
    with pytest.raises(InputError, match='picture is "querry"; did you mean'):
        show.trained("querry")
