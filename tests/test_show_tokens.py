"""The pictures of patch tokens and of sinks: what is drawn where, in which color, and what does not fit."""

import dataclasses
import itertools

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from test_show import MAP, WIDE, no_letter_is_cut_off, picture

from vitnp import InputError, show
from vitnp.analysis import look
from vitnp.show import page
from vitnp.show.styling import BLUE, ORANGE

N = WIDE.num_patches  # 32, in 4 rows of 8
TOKENS = np.random.default_rng(3).standard_normal((2, N, WIDE.hidden_size))
PHOTOS = np.stack([picture(WIDE, seed) for seed in (0, 1)])


def axes_of(figure):
    return [axes for axes in figure.findobj(Axes) if axes.images]


def frames(axes):
    """The corners of the frames, and their colors without the white below."""
    return [(p.get_xy(), to_hex(p.get_edgecolor()).upper()) for p in axes.patches][1::2]


PICTURES = {
    "one photo": lambda lang="en": show.token_colors(PHOTOS[:1], TOKENS[:1], WIDE, lang=lang),
    "two photos": lambda lang="en": show.token_colors(PHOTOS, TOKENS, WIDE, block=0, lang=lang),
    "ten photos": lambda lang="en": show.token_colors(
        np.repeat(PHOTOS, 5, 0), np.repeat(TOKENS, 5, 0), WIDE, lang=lang
    ),
    "eleven photos": lambda lang="en": show.token_colors(
        np.repeat(PHOTOS[:1], 11, 0), np.repeat(TOKENS[:1], 11, 0), WIDE, lang=lang
    ),
    "match": lambda lang="en": show.patch_match(PHOTOS, TOKENS, WIDE, patch=(1, 2), lang=lang),
    "matches": lambda lang="en": show.patch_matches(PHOTOS, TOKENS, WIDE, lang=lang),
    "mirror": lambda lang="en": show.mirror(PHOTOS[0], {"pixels": 0.1, "z0": 0.0, "1": 0.7}, WIDE, lang=lang),
    "sinks": lambda lang="en": show.sinks(PHOTOS[0], [heads(5)], WIDE, lang=lang),
}


def heads(patch, share=0.9):
    """Attention weights (3, 33, 33): the second head sends `share` to one patch, the others all alike."""
    A = np.full((3, N + 1, N + 1), 1 / (N + 1))
    A[1] = (1 - share) / N
    A[1, :, 1 + patch] = share
    return A


@pytest.mark.parametrize("lang", ["en", "ko"] if page.korean_font() else ["en"])
@pytest.mark.parametrize("name", PICTURES)
def test_no_letter_is_cut_off(name, lang):
    figure = PICTURES[name](lang)
    figure.draw_without_rendering()
    no_letter_is_cut_off(figure)


def test_the_picture_says_how_many_components_and_photos_it_has():
    two = dataclasses.replace(WIDE, hidden_size=2, num_heads=1)
    figure = show.token_colors(np.repeat(PHOTOS[:1], 11, 0), np.repeat(TOKENS[:1, :, :2], 11, 0), two)
    assert figure.get_suptitle().endswith("2 principal components, 100% of the variance (10/11)")


def numbers_apart(figure):
    """Of the numbers in the largest panel none lies on another one, as wide as they are (3 pixels may be shared)."""
    figure.draw_without_rendering()
    axes = max(figure.findobj(Axes), key=lambda axes: axes.bbox.width)
    assert len(axes.texts) > 20
    for texts in (axes.texts, axes.get_xticklabels()):
        for one, other in itertools.pairwise(text.get_window_extent() for text in texts):
            wide = min(one.x1, other.x1) - max(one.x0, other.x0)
            assert wide <= 3 or min(one.y1, other.y1) <= max(one.y0, other.y0)


def test_many_layers_have_room_for_their_numbers():
    layers = dict.fromkeys(("pixels", "z0", *map(str, range(1, 41)), "norm"), 0.5)
    numbers_apart(show.mirror(PHOTOS[0], layers, WIDE))
    deep = dataclasses.replace(WIDE, num_layers=40, num_heads=1, hidden_size=4)
    numbers_apart(show.sinks(PHOTOS[0], [heads(5)[1:2]] * 40, deep))


def test_one_color_for_one_token_in_both_photos():
    """The basis is one: patch 3 of the first photo and patch 7 of the second have the same token, so the same color."""
    tokens = TOKENS.copy()
    tokens[1, 7] = tokens[0, 3]
    first, second, *colors = axes_of(show.token_colors(PHOTOS, tokens, WIDE))
    assert (first.images[0].get_array()[0, 0] != second.images[0].get_array()[0, 0]).any()
    one, other = (axes.images[0].get_array().reshape(N, 3) for axes in colors)
    np.testing.assert_allclose(one[3], other[7])
    want = look.colors(look.token_components(tokens)[0])
    np.testing.assert_allclose([one, other], want)


def test_two_patches_have_colors_too():
    config = dataclasses.replace(WIDE, image_size=(8, 16))
    image = picture(config)[None]
    _, colors = axes_of(show.token_colors(image, TOKENS[:1, :2], config))
    picture_of_two = colors.images[0].get_array()
    assert picture_of_two.shape == (1, 2, 3)
    np.testing.assert_array_equal(picture_of_two[..., 2], 0.5)  # there is no third component


def test_a_patch_and_its_best_match_are_framed():
    """Patch (1, 2), number 10, of the first photo has the token of (3, 6), number 30, of the second."""
    tokens = TOKENS.copy()
    tokens[1, 30] = 5 * tokens[0, 10]
    left, right, cosine = axes_of(show.patch_match(PHOTOS, tokens, WIDE, patch=(1, 2)))
    assert frames(left) == [((16, 8), BLUE)]
    assert frames(right) == frames(cosine) == [((48, 24), ORANGE)]
    assert cosine.images[0].get_array()[3, 6] == pytest.approx(1)
    assert "row 4, column 7" in right.get_title()
    assert cosine.get_title().endswith("1.00")


def test_lines_join_mutual_matches():
    """The second photo's tokens are the first's, moved by one patch: every line goes to the next patch."""
    tokens = np.stack([TOKENS[0], np.roll(TOKENS[0], 1, axis=0)])
    figure = show.patch_matches(PHOTOS, tokens, WIDE)
    assert figure.get_suptitle().startswith("32 of 32")
    (axes,) = axes_of(figure)
    lines = [line for line in axes.lines if line.get_marker() in "os^"]
    assert len(lines) == N
    for line in lines:
        (x, u), (y, v) = line.get_data()
        first, second = (y // 8) * 8 + x // 8, (v // 8) * 8 + (u - 80) // 8
        assert (first + 1) % N == second


def test_pairs_of_one_row_can_be_told_apart():
    """Level lines cover each other, so the dots of a pair have the color of its column, above the lines."""
    (axes,) = axes_of(show.patch_matches(PHOTOS, np.stack([TOKENS[0]] * 2), WIDE))
    lines = axes.lines
    dots = [line for line in lines if line.get_marker() == "o"]
    row = {tuple(line.get_color()) for line in dots if line.get_ydata()[0] == 4}
    assert len(row) == 8
    assert min(line.zorder for line in dots) > max(line.zorder for line in lines if line not in dots)


def test_lines_are_those_of_largest_cosine():
    config = dataclasses.replace(WIDE, image_size=(64, 64))  # 64 patches, more than lines
    a = np.random.default_rng(0).standard_normal((64, 12))
    b = a + np.linspace(0, 0.5, 64)[:, None] * np.random.default_rng(1).standard_normal((64, 12))
    photos = np.stack([picture(config, seed) for seed in (0, 1)])
    (axes,) = axes_of(show.patch_matches(photos, [a, b], config))
    assert len([line for line in axes.lines if line.get_marker() in "os^"]) == 40


def test_the_mirror_image_is_drawn_mirrored():
    photo, mirrored = axes_of(PICTURES["mirror"]())
    np.testing.assert_array_equal(mirrored.images[0].get_array(), photo.images[0].get_array()[:, ::-1])
    curve = next(axes for axes in PICTURES["mirror"]().findobj(Axes) if axes.lines)
    np.testing.assert_allclose(curve.lines[0].get_ydata(), [10, 0, 70])
    assert curve.lines[1].get_ydata()[0] == pytest.approx(100 / N)
    assert curve.get_ylim() == (0, 109)  # the same for every photo


def test_the_strongest_sink_is_framed():
    """Patch 13 is row 1, column 5, from 0."""
    figure = show.sinks(PHOTOS[0], [heads(13)], WIDE)
    assert figure.get_supxlabel().endswith("uniform attention gives 3%")  # 1/33 is not 3.00%
    photo, cells = axes_of(figure)
    assert frames(photo) == [((40, 8), ORANGE)]
    assert photo.get_title() == "head 2 of block 1: 90%\nto the patch in row 2, column 6"
    np.testing.assert_allclose(cells.images[0].get_array()[:, 0], [1 / 33, 0.9, 1 / 33])
    _, cells = axes_of(show.sinks(PHOTOS[0], [heads(13) * 0.1], WIDE))
    assert [text.get_text() for text in cells.texts] == ["<1%", "9%", "<1%"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: show.token_colors(PHOTOS, TOKENS[:1], WIDE),
            r"tokens are \(1, 32, 12\); need \(2, 32, 12\)",
        ),
        (lambda: show.token_colors(PHOTOS[:0], TOKENS[:0], WIDE), "need"),
        (lambda: show.patch_match(PHOTOS, TOKENS, WIDE, patch=(4, 0)), "the patch's row is 4"),
        (lambda: show.patch_match(PHOTOS, TOKENS, WIDE, patch=(0, 8)), "the patch's column is 8"),
        (lambda: show.patch_match(PHOTOS[:1], TOKENS, WIDE, patch=(0, 0)), "1 images and 2 arrays of tokens"),
        (lambda: show.patch_matches(PHOTOS, TOKENS[:, 1:], WIDE), r"need \(1, 32, 12\)"),
        (lambda: show.mirror(PHOTOS[0], {}, WIDE), "at least one"),
        (lambda: show.mirror(PHOTOS[0], {"z0": 7.0}, WIDE), "0 to 1"),
        (lambda: show.sinks(PHOTOS[0], [], WIDE), "every block"),
        (lambda: show.sinks(PHOTOS[0], [heads(1)[:2]], WIDE), r"need \(1, 3\)"),
        (lambda: show.rollout(PHOTOS[0], {"a": MAP[:2]}, WIDE), 'map "a"'),
    ],
)
def test_what_does_not_fit(make, message):
    with pytest.raises(InputError, match=message) as problem:
        make()
    assert "\n" not in str(problem.value)
