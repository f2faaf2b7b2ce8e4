"""The pictures of `vitnp bias`: what is drawn where, from plain numbers."""

import numpy as np
import pytest
from test_show import for_the_projector

from vitnp import InputError, show
from vitnp.course import paper

NAMES = ("ViT", "BiT", "hybrid", "CNN", "RNN", "MLP")
COUNTS = (50, 150, 450, 1437)


def panels():
    """Every model falls from 1 by its own tenth per amount; consistency is half of that; two seeds."""
    amounts = {"shift": (0, 1, 2, 3), "rotation": (0.0, 5.0, 10.0, 20.0, 30.0)}
    return {
        (measure, kind): {
            name: {amount: [scale * (1 - amount / 40 * place / 6)] * 2 for amount in amounts[kind]}
            for place, name in enumerate(NAMES)
        }
        for measure, scale in (("accuracy", 1.0), ("consistency", 0.5))
        for kind in amounts
    }


def more():
    """Two seeds, 0.1 apart from the mean, each model a tenth above the one before."""
    return {name: {n: [i / 10, i / 10 + 0.2] for n in COUNTS} for i, name in enumerate(NAMES)}


PICTURES = {
    "moved": lambda lang: show.moved_pictures(panels(), "digits", lang=lang),
    "more": lambda lang: show.more_images(more(), "digits", lang=lang),
}


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", PICTURES)
def test_it_is_for_the_projector(tmp_path, name, lang):
    for_the_projector(PICTURES[name](lang), tmp_path / "a.png")


def points(container):
    """(x, y, half of the bar) of every point of a line with bars."""
    line, _, (bars,) = container.lines
    half = [(segment[1][1] - segment[0][1]) / 2 for segment in bars.get_segments()]
    return list(zip(*line.get_data(), half, strict=True))


def test_a_line_per_model_through_the_means_with_the_deviation():
    here, there = show.more_images(more(), "digits").axes
    assert [container.get_label() for container in here.containers] == list(NAMES)
    for i, container in enumerate(here.containers):
        wanted = [(n, i / 10 + 0.1, 0.2 / np.sqrt(2)) for n in COUNTS]
        np.testing.assert_allclose(points(container), wanted)
    assert {container.get_label() for container in there.containers} == paper.FIGURE_3.keys()
    np.testing.assert_allclose(
        points(there.containers[1]), [(1.3e6, 0.813, 0), (14e6, 0.8539, 0), (303e6, 0.8754, 0)]
    )
    assert len(points(there.containers[-1])) == 2  # H/14 was not pre-trained on ImageNet
    assert [text.get_text() for text in here.get_xticklabels()] == ["50", "150", "450", "1,437"]
    assert [text.get_text() for text in there.get_xticklabels()] == ["1.3M", "14M", "303M"]
    assert here.get_xscale() == "log"


def test_lines_differ_without_their_colors():
    (here, _) = show.more_images(more(), "digits").axes
    assert len({container.lines[0].get_marker() for container in here.containers}) == len(NAMES)


def test_accuracy_is_above_and_rotations_are_at_the_right():
    axes = show.moved_pictures(panels(), "digits").axes
    assert [one.get_ylabel() for one in axes] == ["test accuracy", "", "same prediction\nas unmoved", ""]
    assert [one.get_xlabel() for one in axes] == ["", "", "pixels moved", "degrees rotated"]
    for place, top in enumerate((1.0, 1.0, 0.5, 0.5)):
        assert points(axes[place].containers[-1])[0][1] == top
    assert points(axes[0].containers[-1])[-1][:2] == pytest.approx((3, 1 - 3 / 40 * 5 / 6))
    assert axes[2].get_xticks().tolist() == [0, 1, 2, 3]
    assert axes[3].get_xticks().tolist() == [0, 5, 10, 20, 30]


def test_nothing_to_draw():
    for draw, given in (
        (show.moved_pictures, {("accuracy", "shift"): {"ViT": {}}}),
        (show.more_images, {"ViT": {}}),
    ):
        with pytest.raises(InputError, match="there is nothing to draw"):
            draw(given, "digits")
