"""The pictures of an encoder–decoder: the weights, the masks and the symbols stand where they belong."""

import unicodedata

import numpy as np
import pytest
from matplotlib import font_manager
from test_show import for_the_projector

from vitnp import InputError, show
from vitnp.show import page, symbols

SOURCE, TARGET = list("12045"), [*"만이천사십오", "END"]
PADDING, CAUSAL = np.array([[True, True, True, False]]), np.tril(np.ones((4, 4), bool))
JAMO = list(unicodedata.normalize("NFD", "독립문"))


def weights(*shape):
    """Random attention weights, rows summing to 1."""
    A = np.random.default_rng(0).random(shape)
    return A / A.sum(axis=-1, keepdims=True)


def sines(T, D):
    """The table of Vaswani et al.: sine and cosine in turn."""
    angle = np.arange(T)[:, None] / 10000.0 ** (np.arange(D // 2) / (D // 2))
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(T, D)


MASKS = {"padding": PADDING, "causal": CAUSAL, "both": PADDING & CAUSAL}
PICTURES = {
    "heads": lambda lang: show.cross_attention(weights(4, 7, 5), SOURCE, TARGET, block=1, lang=lang),
    "one map": lambda lang: show.cross_attention(weights(7, 5), SOURCE, TARGET, lang=lang),
    "sixteen heads": lambda lang: show.cross_attention(weights(16, 7, 5), SOURCE, TARGET, lang=lang),
    "long words": lambda lang: show.cross_attention(
        weights(7, 3), ["incomprehensibly"] * 3, TARGET, lang=lang
    ),
    "mask": lambda lang: show.mask(MASKS, ["START", *"가나다"], ["START", *"가나다"], lang=lang),
    "positions": lambda lang: show.sine_positions(sines(20, 16), lang=lang),
}


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", PICTURES)
def test_it_is_for_the_projector(tmp_path, name, lang):
    for_the_projector(PICTURES[name](lang), tmp_path / "a.png")


def names(axis):
    """The labels of an axis with their places."""
    return [
        (int(x), text.get_text()) for x, text in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
    ]


def test_target_symbols_are_down_and_source_symbols_across():
    A = weights(3, 7, 5)
    mean, *heads = show.cross_attention(A, SOURCE, TARGET, block=1).axes
    np.testing.assert_array_equal(mean.images[0].get_array(), A.mean(axis=0))
    for axes, of_head in zip(heads, A, strict=False):
        np.testing.assert_array_equal(axes.images[0].get_array(), of_head)
    assert names(mean.yaxis) == list(enumerate(TARGET)) and names(mean.xaxis) == list(enumerate(SOURCE))
    assert mean.get_ylim() == (6.5, -0.5)  # the first symbol is at the top
    assert [axes.get_title() for axes in (mean, *heads[:3])] == [
        "mean of 3 heads",
        "head 1",
        "head 2",
        "head 3",
    ]
    assert {axes.images[0].get_clim() for axes in (mean, *heads[:3])} == {(0, A.max())}  # one scale for all
    assert "decoder block 2" in str(show.cross_attention(A, SOURCE, TARGET, block=1).get_suptitle())


def test_of_many_heads_the_first_are_drawn():
    """The mean is of all 17."""
    A = weights(17, 7, 5)
    mean, *heads = show.cross_attention(A, SOURCE, TARGET).axes
    assert mean.get_title() == "mean of 17 heads" and len(heads) == 16
    np.testing.assert_array_equal(mean.images[0].get_array(), A.mean(axis=0))
    np.testing.assert_array_equal(heads[-1].images[0].get_array(), A[15])


def test_of_many_symbols_every_second_is_written():
    """60 symbols are too many for a side; the 35th label is that of the 69th symbol."""
    many = [chr(ord("가") + i) for i in range(60)]
    (axes,) = show.cross_attention(weights(60, 60), many, many).axes
    assert names(axes.yaxis) == list(enumerate(many))[::2]
    assert names(axes.xaxis) == list(enumerate(many))  # a page is wider than high
    assert min(label.get_fontsize() for label in axes.get_yticklabels()) >= 10


def turned(source):
    """Which labels below one map that is as wide as the page stand upright, 0, or are turned, 90."""
    (axes,) = show.cross_attention(weights(7, len(source)), source, TARGET).axes
    assert {label.get_rotation() for label in axes.get_yticklabels()} == {0}
    return [label.get_rotation() for label in axes.get_xticklabels()]


def test_only_labels_that_would_touch_are_turned():
    """Three words have room; of twenty, those of two letters have none."""
    assert turned(["a", "cat", "sees"]) == [0, 0, 0]
    assert turned(["a", "cat", "am", "만"] * 5) == [0, 90, 90, 0] * 5


def test_a_mask_shows_who_may_look_at_whom():
    queries, keys = ["START", *"가나다"], list("abcd")
    padding, causal, both = show.mask(MASKS, queries, keys).axes
    np.testing.assert_array_equal(padding.images[0].get_array(), [[1, 1, 1, 0]] * 4)
    np.testing.assert_array_equal(causal.images[0].get_array(), CAUSAL)
    np.testing.assert_array_equal(both.images[0].get_array(), CAUSAL & PADDING)
    crosses = {text.get_position() for text in causal.texts if text.get_text() == "×"}
    assert crosses == {(1, 0), (2, 0), (3, 0), (2, 1), (3, 1), (3, 2)}  # (key, query): only later keys
    assert names(causal.yaxis) == list(enumerate(queries)) and names(causal.xaxis) == list(enumerate(keys))
    assert [axes.get_title() for axes in (padding, causal, both)] == list(MASKS)


def test_the_cosine_of_positions_depends_on_the_distance_alone():
    E = sines(20, 16)
    table, likeness, _ = show.sine_positions(E).axes
    np.testing.assert_array_equal(table.images[0].get_array(), E)
    cosine = np.asarray(likeness.images[0].get_array())
    for distance in range(1, 20):
        diagonal = np.diagonal(cosine, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-12)
    np.testing.assert_allclose(np.diagonal(cosine), 1)


@pytest.mark.parametrize(
    ("symbol", "written"),
    [
        ("만", "만"),
        (" ", "␣"),
        ("a b", "a␣b"),
        ("\t", "\ufffd"),
        (JAMO[0], "ㄷ"),
        (JAMO[1], "ㅗ"),
        (JAMO[2], "ㄱ"),
        ("\u113c", "\u113c"),  # an old jamo without a letter of its own
        ("ᆪ", "ㄳ"),
        ("abcdefghijkl", "abcdefghijkl"),
        ("abcdefghijklm", "abcdefghijk…"),
    ],
)
def test_a_symbol_can_be_seen(symbol, written):
    assert symbols.written_as(symbol) == written


def only_dejavu(monkeypatch):
    """A computer whose one font is matplotlib's own."""
    fonts = [font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)


def test_what_no_font_has_is_written_as_its_code_point(monkeypatch, tmp_path, recwarn):
    """An empty box says nothing, and matplotlib would warn of it."""
    only_dejavu(monkeypatch)
    assert symbols.labels(["만", "3"]) == [("U+B9CC", []), ("3", ["DejaVu Sans"])]
    assert symbols.not_drawn(["만", "3", "천"]) == ["만", "천"]
    figure = show.cross_attention(weights(2, 1), ["3"], ["만", "천"])
    show.save(figure, tmp_path / "a.png")
    assert [text for _, text in names(figure.axes[0].yaxis)] == ["U+B9CC", "U+CC9C"]
    assert "install a font" in figure.get_supxlabel()
    assert "install" not in show.cross_attention(weights(2, 1), ["3"], ["a", "b"]).get_supxlabel()
    assert not recwarn.list


def test_fonts_for_formulas_are_none_for_text(monkeypatch):
    """matplotlib brings a font with a sign for every block of Unicode, and some with tables of their own."""
    monkeypatch.setattr(page, "korean_font", lambda: None)
    fonts = [font for font in font_manager.fontManager.ttflist if font.name.startswith(symbols.NO_TEXT)]
    assert fonts
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)
    assert symbols.fonts_of("a만") == {}


def test_a_font_that_was_removed_is_passed_over(monkeypatch, tmp_path):
    """matplotlib's list of fonts is kept in a file and may be older than what is there."""
    real = next(font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans")
    gone, no_font = (
        font_manager.FontEntry(str(tmp_path / name), name="A") for name in ("gone.ttf", "text.ttf")
    )
    (tmp_path / "text.ttf").write_text("no font")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [gone, no_font, real])
    assert symbols.fonts_of("a") == {"a": "DejaVu Sans"}


def test_korean_is_drawn_where_a_font_has_it(tmp_path, recwarn):
    """Not as boxes: matplotlib would warn of them."""
    figure = show.cross_attention(weights(2, 2), JAMO[:2], ["만", "천"])
    show.save(figure, tmp_path / "a.png")
    assert not recwarn.list
    label, fonts = figure.axes[0].get_yticklabels()[0], symbols.fonts_of("만")
    assert label.get_text() == ("만" if fonts else "U+B9CC")
    assert set(fonts.values()) <= set(label.get_fontfamily())
    assert bool(fonts) >= bool(page.korean_font())


SCORES = np.full((2, 2), -3.0)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (
            lambda: show.cross_attention(weights(7, 4), SOURCE, TARGET),
            r"are \(7, 4\); need \(T, S\) or .* T = 7",
        ),
        (lambda: show.cross_attention(weights(5, 7), SOURCE, TARGET), r"are \(5, 7\).*S = 5 source"),
        (lambda: show.cross_attention(weights(1, 1, 7, 5), SOURCE, TARGET), r"are \(1, 1, 7, 5\)"),
        (lambda: show.cross_attention(np.zeros((0, 7, 5)), SOURCE, TARGET), r"are \(0, 7, 5\)"),
        (lambda: show.cross_attention(np.zeros((0, 5)), SOURCE, []), "one or more of each"),
        (lambda: show.cross_attention(SCORES, ["a", "b"], ["a", "b"]), "give A, not the scores"),
        (lambda: show.cross_attention(SCORES * np.nan, ["a", "b"], ["a", "b"]), "finite"),
        (lambda: show.cross_attention(np.eye(2, dtype=int), ["a", "b"], ["a", "b"]), "floats from 0 to 1"),
        (lambda: show.mask({}, "ab", "ab"), "masks is empty"),
        (lambda: show.mask({"both": CAUSAL * 1}, "abcd", "abcd"), '"both" is int64; need booleans'),
        (
            lambda: show.mask({"both": CAUSAL}, "abc", "abcd"),
            r'"both" is \(4, 4\).*N = 3 queries, M = 4 keys',
        ),
        (lambda: show.sine_positions(np.zeros((4, 4))), "no row of zeros"),
        (lambda: show.sine_positions(np.ones(4)), r"E is \(4,\)"),
        (lambda: show.sine_positions(np.ones((1, 4))), "two positions"),
        (lambda: show.mask(MASKS, "abcd", "abcd", lang="fr"), "choose ko or en"),
    ],
)
def test_bad_input_is_one_line(draw, words):
    with pytest.raises(InputError, match=words):
        draw()
