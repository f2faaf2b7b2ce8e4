"""The formula sheet and the errata: formulas of the derivations, shapes of the model, and nothing on top of another."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from vitnp import preset, trace, vit
from vitnp.course import deck
from vitnp.course import sheet as parts
from vitnp.course.letters import letters
from vitnp.show import page, sheet

ROOT = Path(__file__).parents[1]
LANGS = ["en", "ko"] if page.korean_font() else ["en"]
FIGURES = {
    "sheet": lambda lang: sheet.formulas(preset("B/16"), lang=lang),
    "errata": lambda lang: sheet.errata(lang=lang),
}
TRACED = {  # (step, a name on the sheet): the tensor's name
    ("1", "x"): "image",
    ("1", "x^p"): "patches",
    ("2", "y"): "patch_tokens",
    ("3", "z"): "tokens",
    ("4", "E"): "E_pos",
    ("4", "z^0"): "z0",
    ("5", "Q, K, V"): "blocks.0.attention.Q",
    ("5", r"Q^{(h)} \ldots O^{(h)}"): "blocks.0.attention.O",
    ("5", "S, A"): "blocks.0.attention.S",
    ("5", "y"): "blocks.0.attention.output",
    ("6", r"x, \hat{x}, y"): "blocks.0.norm_1",
    ("6", "z, z', z''"): "blocks.0.residual_2",
    ("7", "u, g"): "blocks.0.feed_forward.u",
    ("7", "v"): "blocks.0.feed_forward.output",
    ("8", "y"): "y",
    ("8", "z"): "logits",
    ("8", "p, t"): "p",
}


def bare(tex):
    """A formula without spaces and marks of alignment."""
    return re.sub(r"\\quad|\\[,;]|&|\s", "", tex)


def test_every_formula_is_one_of_the_derivations():
    there = bare((ROOT / "docs/derivations.md").read_text("utf-8"))
    every = [one for part in parts.PARTS for line in (*part.forward, *part.backward) for one in line]
    assert len(every) > 50
    assert [one for one in every if bare(one) not in there] == []


def test_shapes_are_those_of_the_model():
    """In the preset "tiny", whose sizes all differ; E_pos alone has no axis for the image."""
    config = preset("tiny")
    rng = np.random.default_rng(0)
    image = np.zeros((1, *config.image_size, config.in_channels), "float32")
    t = trace(image, vit.init(rng, config), config)
    size, seen = letters(config), set()
    for part in parts.PARTS:
        for name, axes in part.shapes:
            tensor = TRACED.get((part.step, name))
            if tensor:
                shape = t[tensor].shape if tensor == "E_pos" else t[tensor].shape[1:]
                assert tuple(size[letter] for letter in axes) == shape, (part.step, name)
                seen.add((part.step, name))
    assert seen == TRACED.keys()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", FIGURES)
def test_nothing_overlaps_and_all_is_legible(name, lang):
    figure = FIGURES[name](lang)
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if text.get_text().strip()]
    assert min(text.get_fontsize() for text in texts) >= sheet.LEAST
    boxes = [text.get_window_extent() for text in texts]
    width, height = (side * figure.dpi for side in figure.get_size_inches())
    edge = 8 / 25.4 * figure.dpi  # what printers leave white
    for text, box in zip(texts, boxes, strict=True):
        assert edge <= box.x0 < box.x1 <= width - edge, text.get_text()
        assert edge <= box.y0 < box.y1 <= height - edge, text.get_text()
    for (one, a), (other, b) in itertools.combinations(zip(texts, boxes, strict=True), 2):
        apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 + 3 or b.y1 <= a.y0 + 3
        assert apart, (one.get_text(), other.get_text())


def test_the_shapes_are_written_out_for_b16():
    words = [text.get_text() for text in FIGURES["sheet"]("en").findobj(Text)]
    assert any(word.endswith(r"= 12 \times 197 \times 197$") for word in words)


def test_every_erratum_is_on_the_page():
    words = " ".join(text.get_text() for text in FIGURES["errata"]("en").findobj(Text))
    for one in deck.ERRATA:
        assert all(word in words for word in (*one.printed.split(), *one.true.split(), *one.why_en.split()))


def test_a_file_has_no_date_and_is_the_same_again(tmp_path):
    once, again = (
        sheet.as_pdf(FIGURES["sheet"]("en"), tmp_path / f"{name}.pdf").read_bytes()
        for name in ("once", "again")
    )
    assert once == again
    assert once.startswith(b"%PDF") and b"CreationDate" not in once and b"/FontFile" in once


def test_the_files_are_in_the_repository():
    for name, lang in itertools.product(("sheet", "errata"), ("en", "ko")):
        path = ROOT / "docs" / "sheet" / f"{name}-{lang}.pdf"
        assert path.read_bytes().startswith(b"%PDF")
        assert path.stat().st_size < 200_000
