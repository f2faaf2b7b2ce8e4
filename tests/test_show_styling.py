"""Every picture says in words what is to be seen, in both languages, in one style, light or dark."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import test_show
import test_show_bias
import test_show_tokens
import test_show_translation as translation
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from vitnp import InputError, preset, show, trace, vit
from vitnp.show import kept, page, styling
from vitnp.system import language

ROOT = Path(__file__).parents[1]
LANGS = ["en", "ko"] if page.korean_font() else ["en"]
PARTS = np.random.default_rng(0).random((8, 8))
MAPS = np.random.default_rng(0).random((2, 1, 4, 4, 1))
TINY = preset("digits", num_layers=1)
NOT_DRAWN = {"alt", "save", "style", "trained"}
TWICE = {"two photos", "ten photos", "eleven photos"}  # the same function with more photos
ON_DARK = (
    "curves",
    "comparison",
    "more",
    "cost",
    "distance",
    "diagram",
    "tensors",
    "mirror",
    "predictions",
    "sinks",
)


def traced(labels=None):
    """A trace of one random digit."""
    p = vit.init(np.random.default_rng(0), TINY)
    return trace(test_show.picture(TINY)[None], p, TINY, labels=labels)


EVERY = {
    **test_show.PICTURES,
    **{name: lambda draw=draw: draw(None) for name, draw in test_show_bias.PICTURES.items()},
    **{name: lambda draw=draw: draw(None) for name, draw in test_show_tokens.PICTURES.items()},
    "comparison": lambda: show.comparison("gelu", {"tanh": [0.5, 0.6], "erf": [0.8]}),
    "dimensions": lambda: show.dimensions({"MLP": {0: [0.9], 64: [0.8]}}, {0: [0.1], 64: [0.2]}, "digits"),
    "feature maps": lambda: show.feature_maps(
        test_show.picture(preset("bit-tiny")),
        {"a": np.ones((*preset("bit-tiny").image_size, 3))},
        preset("bit-tiny"),
    ),
    "root filters": lambda: show.root_filters(np.random.default_rng(0).random((3, 3, 3, 4))),
    "moved maps": lambda: show.moved_maps(PARTS, PARTS, {"conv": (*MAPS, 0.5)}),
    "receptive": lambda: show.receptive_fields({"model": [("conv", PARTS, (4, 4, 15))]}),
    "two images": lambda: show.weights_of_two_images(
        np.stack([PARTS, PARTS]), {"A": np.stack([PARTS, PARTS])}
    ),
    "cross-attention": lambda: show.cross_attention(
        translation.weights(7, 5), translation.SOURCE, translation.TARGET
    ),
    "mask": lambda: show.mask(translation.MASKS, "abcd", "abcd"),
    "sine positions": lambda: show.sine_positions(np.random.default_rng(0).random((4, 6))),
    "diagram with a trace": lambda: show.diagram(TINY, t=traced(np.array([3]))),
}


@pytest.fixture(params=LANGS)
def lang(request, monkeypatch):
    """The language that the reader has chosen."""
    monkeypatch.setattr(language, "_used", [request.param])
    return request.param


@pytest.fixture
def dark(monkeypatch):
    monkeypatch.setattr(styling, "_chosen", ["dark"])


def sources():
    """{name of a public function that draws: its source}."""
    return {name: inspect.getsource(getattr(show, name)) for name in set(show.__all__) - NOT_DRAWN}


def test_every_public_function_is_among_these_pictures():
    import ast

    called = set()
    for module in (
        __file__,
        *(inspect.getfile(one) for one in (test_show, test_show_bias, test_show_tokens)),
    ):
        tree = ast.parse(Path(module).read_text("utf-8"))
        called |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert set(show.__all__) - NOT_DRAWN <= called
    for name, source in sources().items():
        assert re.search(r"finished\(figure, (say|described|_described)", source), name


@pytest.mark.parametrize("name", sorted(EVERY.keys() - TWICE))
def test_a_picture_says_what_is_to_be_seen(name, lang):
    """In the reader's language, with numbers, and more than the titles say."""
    figure = EVERY[name]()
    said = show.alt(figure)
    assert said == figure.get_label()
    assert len(said) > 35 and said.endswith(".") and "\n" not in said
    assert re.search(r"\d", said)
    assert bool(re.search("[가-힣]", said[:30])) == (lang == "ko")
    titles = [text.get_text() for text in figure.findobj(Text)]
    assert said not in titles


def test_the_words_are_the_picture_s_numbers():
    assert "gelu, a point per seed. The means: tanh 55.0%, erf 80.0%." in show.alt(EVERY["comparison"]())
    assert show.alt(EVERY["rollout"]()).endswith("one: row 4, column 3; other: row 2, column 4.")
    curves = show.alt(EVERY["curves"]())
    assert "from 2 to 0.667" in curves and "the best test accuracy is 90.0%, at epoch 3" in curves
    assert "1 of 3 heads send half or more" in show.alt(EVERY["sinks"]())


def test_any_other_figure_has_its_titles():
    figure = Figure()
    figure.suptitle("all")
    axes = figure.subplots()
    axes.set(title="loss", xlabel="step", ylabel="loss")
    assert show.alt(figure) == "all; loss; step"


def test_no_axes_are_boxed():
    for name in ("curves", "comparison", "more", "distance"):
        for axes in EVERY[name]().findobj(Axes):
            assert not axes.spines["top"].get_visible() and not axes.spines["right"].get_visible()


def contrast(one, other):
    """The contrast of two colors, 1 to 21 (WCAG)."""
    light = []
    for color in (one, other):
        values = [int(to_hex(color)[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
        light.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


@pytest.mark.parametrize("name", ON_DARK)
def test_on_a_dark_page_every_word_can_be_read(name, dark):
    figure = EVERY[name]()
    figure.draw_without_rendering()
    page_color = figure.get_facecolor()
    assert to_hex(page_color) == styling.DARK["white"].lower()
    on_image = {text for axes in figure.findobj(Axes) if axes.images for text in axes.texts}
    words = [
        text
        for text in figure.findobj(Text)
        if text.get_text() and text.get_visible() and text not in on_image
    ]
    for text in words:
        assert contrast(text.get_color(), page_color) >= 4.5, text.get_text()


def test_a_dark_page_keeps_the_picture_s_own_colors(dark):
    """A photo's frame is white and blue, as on a light page."""
    photo = next(axes for axes in test_show.attention_of_patch().findobj(Axes) if axes.images)
    assert {to_hex(patch.get_edgecolor()).upper() for patch in photo.patches} == {"#FFFFFF", styling.BLUE}
    with pytest.raises(InputError, match='style is "gray"; choose light or dark'):
        show.style("gray")


def test_names_at_the_ends_are_apart_and_in_order():
    heights = styling.moved_apart([0.5, 0.51, 0.52, 0.9], 0.1)
    assert (np.diff(heights) >= 0.1 - 1e-6).all()
    assert heights[1] == pytest.approx(0.51) and heights[3] == 0.9
    axes = Figure().subplots()
    axes.set(yscale="log", ylim=(1, 100))
    styling.name_ends(axes, [("a", 10, "black"), ("b", 1, "black")])
    assert [(text.get_text(), text.xy[1]) for text in axes.texts] == [
        ("b", pytest.approx(0)),
        ("a", pytest.approx(0.5)),
    ]


def test_a_logarithmic_axis_says_so(lang):
    for name in ("cost", "more"):
        for axes in EVERY[name]().findobj(Axes):
            if axes.get_xscale() == "log":
                assert ("(log scale)" if lang == "en" else "(로그 눈금)") in axes.get_xlabel()


def test_the_gradient_s_way_back_has_its_norms():
    t = traced(np.array([3]))
    words = [text.get_text() for text in show.diagram(TINY, t=t).findobj(Text)]
    norms = [word for word in words if word.startswith("‖d‖ ")]
    assert f"‖d‖ {float((t.gradient('logits') ** 2).sum()) ** 0.5:.2g}" in norms
    assert f"{t.loss:.3g}" in words
    assert any(
        word.startswith("ViT-B/16: 12 blocks") for word in [show.diagram(preset("B/16")).axes[0].get_title()]
    )
    with pytest.raises(InputError, match="no gradients; make it with labels"):
        show.diagram(TINY, t=traced())


def test_kept_pictures_are_in_the_reader_s_language(lang):
    path = kept.trained("query").path
    assert (path.parent.name == "ko") == (lang == "ko")


def test_every_picture_of_the_pages_has_words():
    """An alternative text of several words, which is not the file's name."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "notebooks").glob("*.md")]
    found = [
        (page_, *one)
        for page_ in pages
        for one in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page_.read_text("utf-8"))
    ]
    assert len(found) > 15
    for page_, words, target in found:
        assert len(words.split()) >= 4 or len(re.findall("[가-힣]", words)) >= 10, (page_.name, target)
