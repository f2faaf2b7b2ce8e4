"""Every picture shows the right numbers in the right place, is made without pyplot, and is written whole."""

import dataclasses
import itertools
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from vitnp import InputError, ViTConfig, preset, show, trace, vit
from vitnp.analysis import look
from vitnp.course import paper
from vitnp.show import page
from vitnp.training.progress import Epoch

ROOT = pathlib.Path(page.__file__).parents[2]
CONFIG = preset("digits")
WIDE = ViTConfig(image_size=(32, 64), patch_size=8, hidden_size=12, num_layers=1, num_heads=3, mlp_dim=8)
HISTORY = [Epoch(i, 2.0 / i, 1 - 0.2 / i, 1 - 0.3 / i, 1e-3, 0.5, 2000.0) for i in (1, 2, 3)]


def picture(config, seed=0):
    """A random image in [−1, 1] for the configuration."""
    shape = (*config.image_size, config.in_channels)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def weights(config, seed=0):
    """Random attention weights (H, N+1, N+1), rows summing to 1."""
    A = np.random.default_rng(seed).random((config.num_heads, config.num_tokens, config.num_tokens))
    return A / A.sum(-1, keepdims=True)


MAP = np.random.default_rng(0).random((4, 8))
W = np.random.default_rng(0).standard_normal((48, 30))


def attention_of_patch(**options):
    """A patch in row 2, column 5 of the wide grid."""
    S = np.random.default_rng(1).standard_normal((3, 33, 33))
    return show.attention_of_patch(picture(WIDE), S, weights(WIDE), WIDE, patch=(2, 5), **options)


def predictions():
    """Three digits with their answers."""
    digits = np.stack([picture(CONFIG, seed) for seed in range(3)])
    return show.predictions(digits, np.arange(3), np.eye(10)[:3], tuple("0123456789"))


PICTURES = {
    "patch_grid": lambda: show.patch_grid(picture(WIDE), WIDE),
    "position_similarity": lambda: show.position_similarity(
        np.random.default_rng(0).standard_normal((CONFIG.num_tokens, CONFIG.hidden_size)), CONFIG
    ),
    "attention": lambda: show.attention_from_class_token(picture(WIDE), weights(WIDE), WIDE),
    "attention of a patch": attention_of_patch,
    "distance": lambda: show.attention_distance(np.random.default_rng(0).random((1, 3)) * 30, WIDE),
    "rollout": lambda: show.rollout(picture(WIDE), {"one": MAP, "other": MAP.T.reshape(4, 8)}, WIDE),
    "sequence": lambda: show.patch_sequence(picture(WIDE), WIDE),
    "filters": lambda: show.filters(*look.filter_components(W, patch_size=4)),
    "gradients": lambda: show.gradient_norms({"project": 1.0, "blocks.0": 2.0, "classify": 0.5}),
    "diagram": lambda: show.diagram(preset("H/14", representation_size=1280)),
    "diagram without a class token": lambda: show.diagram(preset("digits", classifier="gap", num_classes=0)),
    "cost": show.accuracy_against_compute,
    "curves": lambda: show.curves(HISTORY),
    "predictions": predictions,
    "tensors": lambda: show.trace_shapes(
        trace(picture(CONFIG), vit.init(np.random.default_rng(0), CONFIG), CONFIG)
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_figure_for_the_projector(tmp_path, name):
    figure = PICTURES[name]()
    assert isinstance(figure, Figure)
    path = show.save(figure, tmp_path / f"{name}.png")
    with Image.open(path) as image:
        assert image.size == (1280, 420 if name == "rollout" else 720)  # a row of low pictures needs no more
        assert len(image.convert("RGB").getcolors(1280 * 720)) > 20
    words = [axes.title for axes in figure.findobj(Axes)]
    for axes in figure.findobj(Axes):
        if axes.axison:
            words += [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]
    assert min(word.get_fontsize() for word in words if word.get_text()) >= 15
    assert [entry.name for entry in tmp_path.iterdir()] == [f"{name}.png"]
    no_letter_is_cut_off(figure)


def for_the_projector(figure, path):
    """Size of the page, size of the letters, and none of them cut off."""
    assert isinstance(figure, Figure)
    with Image.open(show.save(figure, path)) as image:
        assert image.size == (1280, 720)
    no_letter_is_cut_off(figure)
    words = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    assert min(word.get_fontsize() for word in words) >= page.SMALL


def no_letter_is_cut_off(figure):
    """Every title and note lies inside the page, and no two overlap, in a figure that has been drawn."""
    titles = [axes.title for axes in figure.findobj(Axes)] + figure.texts
    titles = [text.get_window_extent() for text in titles if text.get_text()]
    for box in titles:
        assert 0 <= box.x0 < box.x1 <= 1280
        assert 0 <= box.y0 < box.y1 <= 720
    for i, one in enumerate(titles):
        assert not any(one.overlaps(other) for other in titles[i + 1 :])


def test_sixteen_heads_fit(tmp_path):
    """ViT-L and H have the most heads: their titles neither overlap nor leave the page."""
    config = dataclasses.replace(WIDE, num_heads=16, hidden_size=32, image_size=(32, 32))
    figure = show.attention_from_class_token(picture(config), weights(config), config)
    show.save(figure, tmp_path / "sixteen.png")
    no_letter_is_cut_off(figure)


def test_every_kind_has_one_name():
    """A legend names what is drawn once, however many heads there are; titles say what is shown."""
    (axes,) = PICTURES["distance"]().axes
    assert [text.get_text() for text in axes.get_legend().get_texts()][:2] == ["a head", "mean of 3"]
    assert len(axes.get_legend().get_texts()) == 3
    assert "each tile is one patch against all" in PICTURES["position_similarity"]().axes[0].get_title()
    right = PICTURES["curves"]().axes[1]
    assert 1 <= right.get_ylim()[1] < 1.1
    assert right.get_xlim() == (0.5, 3.5)  # epochs 1 to 3, from left to right


def test_the_claim_of_the_decks_begins_at_the_best_resnet():
    (axes,) = PICTURES["cost"]().axes
    best = max((row for row in paper.TABLE_6 if row.kind == "ResNet"), key=lambda row: row.mean)
    arrow = next(text for text in axes.texts if text.get_text() == "" and hasattr(text, "arrow_patch"))
    assert arrow.xyann == (best.exaflops, best.mean)
    low, high = axes.get_xlim()
    assert all(low < row.exaflops < high for row in paper.TABLE_6)


def test_the_first_patch_can_ask():
    S = np.zeros((3, 33, 33))
    show.attention_of_patch(picture(WIDE), S, weights(WIDE), WIDE, patch=(0, 0), heads=[0])


def test_what_is_compared_and_the_longer_trainings_are_named():
    (axes,) = show.comparison("gelu", {"tanh": [0.5], "erf": [0.8]}).axes
    assert axes.get_xlabel() == "gelu"
    (axes,) = PICTURES["cost"]().axes
    names = {text.get_text() for text in axes.texts}
    assert {"R152x2", "R152x2, 14 ep.", "H/14, 14 ep."} < names


def test_pyplot_is_not_used():
    """Its global state would leak figures and break threads. (Another test's import would hide nothing here.)"""
    pyplot = sys.modules.get("matplotlib.pyplot")
    before = pyplot.get_fignums() if pyplot else []
    show.curves(HISTORY)
    assert (pyplot.get_fignums() if pyplot else []) == before
    assert "pyplot" not in vars(show) | vars(page)


def test_patches_are_the_images_patches():
    """Left is the image; of the patches, the one in row 1, column 2 is the image's rows 8…15, columns 16…23."""
    image = picture(WIDE)
    left, right = show.patch_grid(image, WIDE).axes
    np.testing.assert_allclose(left.images[0].get_array(), (image + 1) / 2, atol=1e-6)
    apart = right.images[0].get_array()
    assert apart.shape == (4 * 10 - 2, 8 * 10 - 2, 3)
    np.testing.assert_allclose(apart[10:18, 20:28], (image[8:16, 16:24] + 1) / 2, atol=1e-6)
    assert np.ptp(apart[8:10], axis=(0, 1)).max() == 0  # between the patches one color


def test_uint8_and_float_give_the_same_picture():
    pixels = np.random.default_rng(0).integers(0, 256, (32, 64, 3), dtype=np.uint8)
    a, b = (show.patch_grid(x, WIDE).axes[0].images[0].get_array() for x in (pixels, pixels / 127.5 - 1.0))
    np.testing.assert_allclose(a, pixels / 255.0, atol=1e-6)
    np.testing.assert_allclose(a, b, atol=1e-6)


def test_position_tiles():
    """Tile (r, c) is the cosine of patch (r, c) with all patches: 1 with itself, the class token left out."""
    E_pos = np.random.default_rng(0).standard_normal((17, 64))
    axes = show.position_similarity(E_pos, CONFIG).axes[0]
    np.testing.assert_array_equal(
        axes.get_xticks(), [1.5, 6.5, 11.5, 16.5]
    )  # a number below each tile's middle
    np.testing.assert_array_equal(axes.get_yticks(), axes.get_xticks())
    canvas = np.asarray(axes.images[0].get_array().filled(np.nan))
    assert canvas.shape == (4 * 5 - 1, 4 * 5 - 1)
    for r, c, i, j in np.ndindex(4, 4, 4, 4):
        one, other = E_pos[1 + 4 * r + c], E_pos[1 + 4 * i + j]
        want = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
        assert canvas[5 * r + i, 5 * c + j] == pytest.approx(want, abs=1e-12)
    assert np.isnan(canvas[4]).all()


def test_all_eight_rows_of_position_tiles_are_drawn():
    config = preset("digits", image_size=(16, 16))
    axes = show.position_similarity(np.random.default_rng(0).standard_normal((65, 64)), config).axes[0]
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [int(label.get_text()) for label in labels] == [*range(1, 9)]


@pytest.mark.parametrize("classifier", ["token", "gap"])
def test_position_tiles_of_a_large_grid(classifier):
    """14x14 patches: seven tiles a side, from the first to the last row and column."""
    config = preset("B/16", hidden_size=12, classifier=classifier)
    E_pos = np.random.default_rng(0).standard_normal((config.num_tokens, 12))
    axes = show.position_similarity(E_pos, config).axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    assert [int(label.get_text()) for label in axes.get_xticklabels()] == [1, 3, 5, 7, 10, 12, 14]
    assert canvas.shape == (7 * 16 - 2, 7 * 16 - 2)
    assert canvas[0, 0] == pytest.approx(1.0)
    assert canvas[-1, -1] == pytest.approx(1.0)  # the last tile is the last patch, bright at its own place


def test_attention_is_the_class_tokens_row():
    """Each map is row 0 without column 0, head by head, and their mean; laid over the whole image."""
    A = weights(WIDE)
    figure = show.attention_from_class_token(picture(WIDE), A, WIDE)
    top, mean, *heads = [axes for axes in figure.findobj(Axes) if axes.images]
    maps = A[:, 0, 1:].reshape(3, 4, 8)
    assert top.get_title() == "image"
    np.testing.assert_array_equal(mean.images[-1].get_array(), maps.mean(0))
    assert len(heads) == 3
    for axes, want in zip(heads, maps, strict=True):
        np.testing.assert_array_equal(axes.images[-1].get_array(), want)
        assert [tuple(layer.get_extent()) for layer in axes.images] == [(0, 64, 32, 0)]
        assert axes.images[0].get_clim() == (0, want.max())
    titles = [axes.get_title() for axes in (mean, *heads)]
    each = [A.mean(axis=0), *A]
    for title, of in zip(titles, each, strict=True):
        assert title.endswith(f"{33 * of[0, 1:].max():.1f}× · [CLS] {of[0, 0]:.0%}")  # 33 tokens


def test_a_few_extreme_patches_do_not_hide_the_others():
    """A map goes up to its 99% quantile; one that is nearly everywhere one value, to its largest."""
    values = np.linspace(0, 1, 200).reshape(10, 20)
    values[0, 0] = 50.0
    config = dataclasses.replace(WIDE, image_size=(80, 160))
    for given, want in (
        (values, np.quantile(values, 0.99)),
        (np.eye(1, 200).reshape(10, 20), 1.0),
        (np.zeros((10, 20)), np.finfo(float).tiny),
    ):
        axes = Figure().subplots()
        page.heat(axes, given, config)
        assert axes.images[0].get_clim() == (given.min(), want)
        axes.figure.draw_without_rendering()


@pytest.mark.parametrize(
    ("image_size", "words"),
    [((72, 88), "yellow: the largest value"), ((80, 80), "yellow: the 99% quantile and above")],
)
def test_of_fewer_than_a_hundred_patches_none_is_clipped(image_size, words):
    """And the note says so: a quantile of 99 patches would lie between the two largest."""
    config = dataclasses.replace(WIDE, image_size=image_size)
    values = np.random.default_rng(0).random(config.grid)
    figure = show.rollout(picture(config), {"map": values}, config)
    want = values.max() if values.size < 100 else np.quantile(values, 0.99)
    assert figure.axes[1].images[0].get_clim() == (values.min(), want)
    assert figure.get_supxlabel() == words


@pytest.mark.parametrize(("image_size", "lines"), [((64, 40), (7, 4)), ((72, 40), None)])
def test_a_few_large_patches_have_lines_between_them(image_size, lines):
    config = dataclasses.replace(WIDE, image_size=image_size)
    photo, _ = show.rollout(picture(config), {"map": np.ones(config.grid)}, config).axes
    drawn = [collection.get_segments() for collection in photo.collections]
    assert [len(segments) for segments in drawn] == ([] if lines is None else [*lines])
    if lines:
        assert [segment[0, 1] for segment in drawn[0]] == [*range(8, 64, 8)]
        assert [segment[0, 0] for segment in drawn[1]] == [*range(8, 40, 8)]


@pytest.mark.parametrize(
    ("block", "words"), [(None, "looks"), (0, "looks, block 1 of 4"), (3, "looks, last block")]
)
def test_attention_says_which_block(block, words):
    figure = show.attention_from_class_token(picture(CONFIG), weights(CONFIG), CONFIG, block=block)
    assert figure.get_suptitle().endswith(words)


def test_attention_of_a_patch_is_its_row():
    """Row 1 + 2·8 + 5 of S and A, the class token's column left out: the mean of all, then the heads asked for."""
    S, A = np.random.default_rng(1).standard_normal((3, 33, 33)), weights(WIDE)
    photo, *maps = [axes for axes in attention_of_patch(heads=(2, 0)).findobj(Axes) if axes.images]
    drawn = [axes.images[0].get_array() for axes in maps]
    for got, values in zip((drawn[:3], drawn[3:]), (S, A), strict=True):
        row = values[:, 22, 1:].reshape(3, 4, 8)
        for one, want in zip(got, (row.mean(axis=0), row[2], row[0]), strict=True):
            np.testing.assert_allclose(one, want)
    assert {patch.get_xy() for axes in (photo, *maps) for patch in axes.patches} == {(40, 16)}


def test_distances_are_dots_and_a_mean():
    distances = np.arange(16.0).reshape(4, 4)
    axes = show.attention_distance(distances, CONFIG).axes[0]
    *heads, mean, everywhere = axes.lines
    np.testing.assert_array_equal([dots.get_ydata() for dots in heads], distances.T)
    np.testing.assert_array_equal(mean.get_ydata(), distances.mean(1))
    want = look.uniform_distance((4, 4), patch_size=2, like=distances)
    np.testing.assert_allclose(everywhere.get_ydata(), want)
    assert axes.get_ylim()[1] > 15
    assert [int(tick) for tick in axes.get_xticks()] == [1, 2, 3, 4]


@pytest.mark.parametrize(("layers", "ticks"), [(16, [*range(1, 17)]), (24, [*range(1, 25, 2)])])
def test_layers_are_numbered_from_one(layers, ticks):
    config = dataclasses.replace(WIDE, num_layers=layers)
    axes = show.attention_distance(np.ones((layers, 3)), config).axes[0]
    assert [int(tick) for tick in axes.get_xticks()] == ticks


def test_rollout_maps_from_least_to_largest():
    image, one = show.rollout(picture(WIDE), {"map": MAP}, WIDE).axes
    assert image.get_title() == "image"
    shown = one.images[-1]
    np.testing.assert_array_equal(shown.get_array(), MAP)
    assert shown.get_clim() == (MAP.min(), MAP.max())
    assert one.get_title() == f"map\n{MAP.min():.2g} … {MAP.max():.2g}"


def test_three_rollout_maps_stand_in_a_row():
    """Four pictures in a row are larger than two by two; their titles then need two lines."""
    long = "without layers 3, 4 (sinks)"
    figure = show.rollout(picture(WIDE), {"layers 1 to 4": MAP, long: MAP, "for class 7 (7)": MAP}, WIDE)
    figure.draw_without_rendering()
    no_letter_is_cut_off(figure)
    boxes = [axes.title.get_window_extent() for axes in figure.axes]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
    assert " ".join(figure.axes[2].get_title().split()).startswith(long)


def test_the_sequence_is_line_by_line():
    """32 patches, 8 a line: the second line starts with patch 9, the first of the second row."""
    image = picture(WIDE)
    axes = show.patch_sequence(image, WIDE).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1", "9", "17", "25"]
    np.testing.assert_allclose(axes.images[0].get_array()[10:18, :8], (image[8:16, :8] + 1) / 2, atol=1e-6)


def test_a_white_patch_has_edges():
    """On a white page it would be a hole in the sequence; in the filters white is the largest value."""
    axes = show.patch_sequence(np.full((32, 64, 3), 255, np.uint8), WIDE).axes[0]
    gap = axes.images[0].get_array()[:8, 8]
    assert (gap < 1.0).any(axis=-1).all()
    framed = show.filters(np.ones((2, 4, 4, 1)), np.full(2, 0.5)).axes
    assert all(one.axison and one.spines["left"].get_visible() for one in framed)


def test_filters_are_the_components():
    components, shares = look.filter_components(W, patch_size=4)
    axes = show.filters(components, shares).axes
    assert len(axes) == 28
    first = components[0] / abs(components[0]).max()
    np.testing.assert_allclose(axes[0].images[0].get_array(), first / 2 + 0.5)
    assert axes[0].get_title() == f"{shares[0]:.1%}"
    blank = show.filters(np.zeros((1, 2, 2, 1)), np.zeros(1)).axes[0].images[0].get_array()
    np.testing.assert_array_equal(blank, 0.5)


def test_gradient_bars():
    axes = show.gradient_norms({"class_token": 1.0, "blocks.0": 2.0, "blocks.10": 0.5}).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [1.0, 2.0, 0.5]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["class token", "block 1", "block 11"]


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_the_diagram_has_the_shapes_of_the_configuration():
    b16 = words(show.diagram(preset("B/16")))
    for shape in ("224×224×3", "196×768", "197×768", "1×1000", "197×3072 → 197×768", "12×"):
        assert shape in b16
    assert "Q, K, V 12×197×64\nA 12×197×197" in b16
    assert any("86,567,656" in text for text in b16)
    gap = words(show.diagram(preset("digits", classifier="gap", representation_size=32)))
    assert {"8  mean of the patches", "1×32", "16×64"} <= set(gap)
    assert not any("CLS" in text for text in gap)


def test_the_diagram_says_where_positions_are_added():
    where = {"1d": "4  + positions", "relative": "E_rel 393×64"}
    for kind, text in where.items():
        for other in ("none", "1d", "relative"):
            said = words(show.diagram(preset("B/16", position_embedding=other)))
            assert any(text in one for one in said) == (kind == other)
    said = words(show.diagram(preset("B/16", position_at="every-layer")))
    assert said.count(where["1d"]) == 1


def test_the_cost_plot_is_table_6():
    lines = {line.get_label(): line for line in show.accuracy_against_compute().axes[0].lines}
    assert [len(lines[kind].get_xdata()) for kind in ("ViT", "Hybrid", "ResNet")] == [6, 5, 7]
    assert tuple(lines["ResNet"].get_xdata()) == (50, 96, 141, 199, 563, 1126, 3306)
    assert lines["ViT"].get_ydata()[-1] == pytest.approx(95.82, abs=0.005)


def test_korean_where_a_font_has_it(monkeypatch):
    """Without a Korean font there would be boxes: English then. Another language is refused."""
    monkeypatch.setattr(page, "korean_font", lambda: None)
    assert show.patch_grid(picture(WIDE), WIDE, lang="ko").axes[0].get_title() == "32×64×3, cut 4×8"
    monkeypatch.setattr(page, "korean_font", lambda: "DejaVu Serif")  # it need not have them to be asked for
    title = show.patch_grid(picture(WIDE), WIDE, lang="ko").axes[0].title
    assert title.get_text() == "32×64×3, 4×8로 분할"
    assert title.get_fontfamily() == ["sans-serif", "DejaVu Serif"]
    assert show.patch_grid(picture(WIDE), WIDE).axes[0].get_title() == "32×64×3, cut 4×8"
    with pytest.raises(InputError, match='lang is "fr"; choose ko or en'):
        show.curves(HISTORY, lang="fr")


def test_a_home_that_cannot_be_written(tmp_path):
    """As in a container: pictures are made, and nothing is said about it."""
    home = tmp_path / "no folder, a file"
    home.write_text("")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG", "MPL"))}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from vitnp import show, preset; show.save(show.diagram(preset('tiny')), 'a.png')",
        ],
        env=environment | {"HOME": str(home), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert (tmp_path / "a.png").exists()


def test_curves_are_the_history():
    loss, accuracy = show.curves(HISTORY).axes
    np.testing.assert_array_equal(loss.lines[0].get_xydata(), [[e.epoch, e.loss] for e in HISTORY])
    train, test = accuracy.lines
    np.testing.assert_array_equal(train.get_ydata(), [e.train_accuracy for e in HISTORY])
    np.testing.assert_array_equal(test.get_ydata(), [e.test_accuracy for e in HISTORY])
    assert [text.get_text() for text in accuracy.texts] == ["test 90.0%", "train 93.3%"]  # from below
    assert train.get_linestyle() != test.get_linestyle()  # not by color alone
    show.curves(HISTORY[:1])


@pytest.mark.parametrize("losses", [(2.3, 2.2999, 2.2998), (0.7,), (0.0, 0.0), (2.0, float("nan"), 1.0)])
def test_no_point_of_the_loss_is_at_the_edge(losses):
    """However little it changes: the whole marker is below the upper edge."""
    history = [HISTORY[0]._replace(epoch=i, loss=loss) for i, loss in enumerate(losses, start=1)]
    figure = show.curves(history)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    low, high = axes.get_ylim()
    radius = axes.lines[0].get_markersize() / 2 * 100 / 72
    for loss in losses:
        room = (high - loss) / (high - low) * axes.get_window_extent().height
        assert not room < radius
    assert low == 0 and high < 2.5


def test_the_best_epoch_is_marked():
    figure = show.curves([HISTORY[0], HISTORY[2]._replace(epoch=2), HISTORY[1]._replace(epoch=3)])
    (ring,) = (part for part in figure.axes[1].collections if len(part.get_offsets()))
    np.testing.assert_allclose(ring.get_offsets(), [[2, 0.9]])
    assert figure.get_supxlabel() == "○ best test accuracy: 90.0%, epoch 2"


def test_one_seed_has_no_deviation():
    notes = {
        "the one seed, ■ its accuracy": {"1": [0.5], "2": [0.6]},
        "each of 2 seeds, ■ mean ± standard deviation": {"1": [0.5, 0.6]},
        "each of 1–2 seeds, ■ mean ± standard deviation": {"1": [0.5], "2": [0.5, 0.6]},
    }
    for note, accuracies in notes.items():
        figure = show.comparison("lr", accuracies)
        assert figure.axes[0].get_title() == "Test accuracy by lr"
        assert figure.get_supxlabel() == f"● {note}"


def test_a_value_far_from_the_others_breaks_the_axis():
    """The others can be told apart, and nothing is drawn outside of both parts."""
    far = {"none": [0.75, 0.79], "1d": [0.985, 0.99], "2d": [0.99, 0.995]}
    figure = show.comparison("position", far)
    above, below = (axes.get_ylim() for axes in figure.axes)
    assert below[1] < 0.9 < above[0]
    assert above[1] - above[0] < 0.05
    every = [value for values in far.values() for value in values]
    assert all(any(low <= value <= high for low, high in (above, below)) for value in every)
    assert figure.get_supxlabel().endswith("axis broken")
    assert len(show.comparison("position", far | {"all": [0.75, 0.99]}).axes) == 1
    assert len(show.comparison("position", {"none": [0.7], "1d": [0.99]}).axes) == 1


def test_predictions_mark_right_and_wrong():
    images = np.stack([picture(CONFIG, seed) for seed in range(2)])
    probabilities = np.array([[0.1, 0.9, 0.0], [0.75, 0.05, 0.2]])
    figure = show.predictions(images, np.array([1, 2]), probabilities, ("ant", "bee", "cat"))
    right, wrong = figure.axes
    assert right.get_title() == "✓ bee: 90%\ntrue: bee"
    assert wrong.get_title() == "✗ ant: 75%\ntrue: cat"
    assert right.spines["left"].get_linestyle() != wrong.spines["left"].get_linestyle()
    assert figure.get_suptitle().startswith("1 of 2 right")
    np.testing.assert_allclose(right.images[0].get_array()[..., 0], (images[0, ..., 0] + 1) / 2, atol=1e-6)


def test_predictions_without_labels():
    """Where the truth is not known, none is claimed."""
    figure = show.predictions(
        np.zeros((2, 8, 8, 1)), None, np.eye(2), ("ant", "a class with a very long name")
    )
    assert [axes.get_title() for axes in figure.axes] == ["ant: 100%", "a class with …: 100%"]
    assert "right" not in figure.get_suptitle()


@pytest.mark.parametrize("name", ["$\\frac{", "_^{$a$", "$$", "a\nb", "\ud800\x1b[2J", "b" * 500])
def test_a_name_is_drawn_as_it_is(tmp_path, name):
    """matplotlib would read what is between two $ as a formula, and end at one that it cannot read."""
    image, probability = np.zeros((1, 4, 4, 3), np.uint8), np.ones((1, 1))
    title = words(show.predictions(image, None, probability, (name,)))[0]
    assert title.endswith(": 100%") and title.isprintable()
    assert title.startswith(name[:5].replace("\n", " ").replace("\ud800\x1b", "\ufffd\ufffd"))
    shown = show.comparison(name, {f"{name}1": [0.5, 0.6], f"{name}2": []})
    for figure in (show.predictions(image, np.array([0]), probability, (name,)), shown):
        show.save(figure, tmp_path / "name.png")
        assert not any(text.get_parse_math() for text in figure.findobj(Text))


@pytest.mark.parametrize("backend", ["nonsense", "module://nonsense", "qtagg", "", "svg"])
def test_a_picture_in_a_file_needs_no_window(tmp_path, backend):
    """Whatever MPLBACKEND names; a notebook's own pictures have it as before."""
    program = (
        "import os; from vitnp import show, preset; show.save(show.diagram(preset('tiny')), 'a.png'); "
        "import matplotlib; print(os.environ['MPLBACKEND'], matplotlib.rcParams._get('backend'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": backend},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert done.stdout.startswith(f"{backend} ")
    assert backend in ("nonsense", "") or done.stdout == f"{backend} {backend}\n"


def test_at_most_twelve_predictions():
    images, labels = np.zeros((20, 8, 8, 1)), np.zeros(20, int)
    assert len(show.predictions(images, labels, np.eye(10)[labels], tuple("0123456789")).axes) == 12


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: show.patch_grid(picture(CONFIG), WIDE), "1 channels"),
        (lambda: show.patch_grid(picture(WIDE)[:, :32], WIDE), "32x32; the model needs 32x64"),
        (
            lambda: show.patch_grid(np.zeros((8, 8, 2)), dataclasses.replace(CONFIG, in_channels=2)),
            "2 channels has no colors",
        ),
        (lambda: show.position_similarity(np.zeros((16, 64)), CONFIG), r"E_pos is \(16, 64\)"),
        (
            lambda: show.attention_from_class_token(
                picture(CONFIG), weights(CONFIG), dataclasses.replace(CONFIG, classifier="gap")
            ),
            '"gap" has no class token',
        ),
        (
            lambda: show.attention_from_class_token(picture(CONFIG), weights(CONFIG)[None], CONFIG),
            r"attention weights are \(1, 4, 17, 17\), need \(4, 17, 17\)",
        ),
        (lambda: show.attention_distance(np.zeros((4, 3)), CONFIG), r"\(4, 3\); need \(4, 4\)"),
        (lambda: show.rollout(picture(WIDE), {"a": MAP.T}, WIDE), r'map "a" is \(8, 4\); need \(4, 8\)'),
        (lambda: attention_of_patch(heads=(3,)), "a head is 3"),
        (lambda: attention_of_patch(heads=()), "0 heads were given; need 1 to 3"),
        (
            lambda: show.attention_of_patch(
                picture(CONFIG), weights(CONFIG), weights(CONFIG), CONFIG, patch=(4, 0)
            ),
            "the patch's row is 4",
        ),
        (lambda: show.gradient_norms({}), "no gradients"),
        (lambda: show.curves([]), "no epoch"),
        (lambda: show.predictions(np.zeros((0, 8, 8, 1)), [], np.zeros((0, 2)), "ab"), "at least one image"),
        (lambda: show.predictions(np.zeros((2, 8, 8, 1)), [0], np.eye(2), "ab"), "2 images, 1 labels"),
        (lambda: show.predictions(np.zeros((2, 8, 8, 1)), [0, 1], np.eye(2), "abc"), "3 class names"),
    ],
)
def test_what_does_not_fit(make, message):
    with pytest.raises(InputError, match=message) as problem:
        make()
    assert "\n" not in str(problem.value)


def test_saving_where_it_cannot_be(tmp_path):
    figure = show.curves(HISTORY)
    with pytest.raises(InputError, match='ends in "txt", which is no picture'):
        show.save(figure, tmp_path / "curves.txt")
    with pytest.raises(InputError, match="cannot write"):
        show.save(figure, tmp_path / "missing" / "curves.png")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_keeps_the_old_picture(tmp_path, monkeypatch):
    path = show.save(show.curves(HISTORY), tmp_path / "curves.PNG")
    old = path.read_bytes()

    def full(self, path, **_):
        with open(path, "wb") as file:
            file.write(b"half a picture")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(InputError, match="No space left"):
        show.save(show.curves(HISTORY), path)
    assert path.read_bytes() == old
    assert len(list(tmp_path.iterdir())) == 1
