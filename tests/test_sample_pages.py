"""The pages in docs/pages, and the head that is made for them."""

import sys
from pathlib import Path

import numpy as np
import pytest
from explore_pages import ready
from page_files import Read
from PIL import Image

from vitnp import preset, vit
from vitnp.course.page import explore

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import page_pictures
import sample_head
import sample_pages

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "docs" / "pages" / f"{name}.html" for name in sample_pages.SHOWN]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_small_and_of_the_trained_model(path):
    """With the line on its photo and its head, gradients, and the photo's own class on top."""
    assert path.stat().st_size <= explore.MOST
    json = Read(path.read_text("utf-8")).json
    assert (json["model"], json["random"], json["config"]["tokens"]) == ("DINOv2 S/14", False, 257)
    for lang in ("ko", "en"):
        accuracy = json["note"][lang].rpartition(" ")[2]
        assert json["note"] == sample_pages.note(path.stem, float(accuracy.rstrip("%")) / 100)
        assert accuracy in (path.parent / "README.md").read_text("utf-8")
    assert json["label"]["name"] == json["top"][0]["name"] == path.stem
    assert "blocks.11.residual_2" in json["gradients"] and len(json["tour"]) == 12


def test_one_eye_of_the_cat_lights_up_the_other(opened):
    """As docs/pages/README.md says: layer 7, head 1, row 6, column 6."""
    found = ready(opened, PAGES[0], viewport={"width": 1280, "height": 720})
    page_pictures.on_the_eye(found.page)
    assert (
        "Layer 7, head 1: attention of patch (6, 6). Largest patch: patch (7, 15)"
        in found.page.locator("#reading").inner_text()
    )
    rows = found.page.evaluate(
        "Array.from({length: 256}, (_, i) => vitnp.value_at('blocks.i.attention.A', 6, 0, 86, i + 1, false).value)"
    )
    weights = np.array(rows).reshape(16, 16)
    eyes = weights[5:8, 3:7].sum(), weights[6:9, 12:16].sum()
    assert min(eyes) > 0.3 and sum(eyes) > 0.8
    assert found.silent()


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A picture of noise for each class, each of another brightness; few squares of each."""
    monkeypatch.setattr(sample_head, "CROPS", 3)
    for i, name in enumerate(sample_head.CLASSES.values()):
        pixels = np.random.default_rng(i).normal(30 * i + 20, 9, (40, 60, 3)).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / name)
    return tmp_path


def test_squares_are_of_their_half():
    image = Image.new("RGB", (61, 40))
    image.paste((255, 0, 0), (30, 0, 61, 40))
    for half in (0, 1):
        found = list(sample_head.squares(image, half, 9, np.random.default_rng(0)))
        assert len(found) == 9 and all(one.width == one.height <= 30 for one in found)
        assert {color for one in found for _, color in one.getcolors()} == {(255 * half, 0, 0)}


def test_a_head_is_added_to_a_model_without_one(photos):
    """Of the frozen model's numbers, from the halves of the photos; the rest of the model stays."""
    config = preset("tiny", num_classes=0, representation_size=None)
    p = vit.init(np.random.default_rng(0), config)
    with_head, wider, accuracy = sample_head.with_head(p, config, photos)
    assert wider.num_classes == 8 and with_head["classify"]["head"]["W"].shape == (28, 8)
    assert with_head["blocks"] is p["blocks"] and accuracy > 0.5
    text = sample_pages.page("cat", with_head, wider, accuracy, photos)
    json = Read(text).json
    assert json["label"] == {"index": 0, "name": "cat"} and json["loss"] > 0
    assert text == sample_pages.page("cat", with_head, wider, accuracy, photos)
