"""The tour of the explore page: twelve stops that fit every ViT, and every claim that they make."""

import re

import numpy as np
import pytest
from test_page_formulas import KINDS

from vitnp import gradcheck, models, vit
from vitnp.analysis.trace import trace
from vitnp.course import slides
from vitnp.course.page import tour
from vitnp.ops import gelu

PLACES = {
    "#photo", "#map", "#layer", "#stats", "#rows", "#heat", "#numbers", "#formula", "#code", "#tokens",
}  # fmt: skip
PAIR = {"layer": 1, "head": 2, "token": 3, "other": 29, "weight": 0.231}


def traced(**fields):
    """A tiny model, (trace, config): of random parameters, none of them zero, and with a loss."""
    config, rng = models.preset("tiny", **fields), np.random.default_rng(3)
    p = gradcheck.random_like(vit.init(rng, config, "float64"), rng)
    image = rng.standard_normal((*config.image_size, config.in_channels))
    return trace(image, p, config, labels=2), config


@pytest.fixture(scope="module")
def slides_model():
    """The slides' kind: [CLS], learned positions."""
    return traced()


def rows_with_gradient(t, name):
    """Whether the gradient of each token (of each query, for scores) is not zero."""
    d = t.gradient(name)[0]
    return (d != 0).any(axis=-1).reshape(-1, d.shape[-2]).any(axis=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trained", [True, False])
def test_twelve_stops(kind, trained):
    config = models.preset("tiny", **KINDS[kind])
    found = tour.stops(config, trained=trained, best=PAIR)
    assert len(found) == 12
    for stop in found:
        for lang, text in stop["text"].items():
            assert 8 <= len(text.split()) <= 60, (lang, text)
            assert not re.search(r"[{}]|\.  |\.\.|None", stop["title"][lang] + text)
            assert (lang == "ko") == bool(re.search("[가-힣]", text)), text
        assert stop["at"] in PLACES
        check_state(stop["show"], config)


def check_state(show, config):
    """It is one that the page can show."""
    assert list(show) == ["row", "tensor", "layer", "head", "token", "map", "back"]
    row = next(row for row in slides.rows(config) if row.key == show["row"])
    assert show["tensor"] in [tensor.name for tensor in row.tensors]
    assert 0 <= show["layer"] < config.num_layers and 0 <= show["head"] < config.num_heads
    assert 0 <= show["token"] < config.num_tokens
    assert show["map"] in ("token", "cls", "rollout", "norm")
    assert show["map"] != "cls" or config.classifier == "token"


def test_numbers_are_the_models():
    texts = [stop["text"]["en"] for stop in tour.stops(models.preset("B/16"), trained=True, best=PAIR)]
    assert "A 14x14 grid cuts the photo into 196 patches of 16x16 pixels." in texts[0]
    assert "16·16·3 = 768 numbers" in texts[0] and "197 tokens" in texts[1]
    assert "12 heads of 64" in texts[2] and "√64 = 8" in texts[3]
    assert "row 1, column 3 gives 23% of its weight to a distant patch, row 3, column 1" in texts[4]
    assert "768 numbers to 3072" in texts[7] and "1000 logits" in texts[9]


def test_the_pair_is_what_is_shown():
    shown = [stop["show"] for stop in tour.stops(models.preset("B/16"), trained=True, best=PAIR)]
    assert {(s["layer"], s["head"], s["token"]) for s in shown[2:8]} == {(1, 2, 3)}
    shown = tour.stops(models.preset("B/16"), trained=False, best=PAIR)[4]
    assert shown["show"]["token"] == 1 + 7 * 14 + 7 and "random" in shown["text"]["en"]


def test_without_a_loss_nothing_is_shown_backward():
    for config, loss in ((models.preset("tiny"), False), (models.preset("tiny", num_classes=0), None)):
        found = tour.stops(config, trained=True, loss=loss)
        assert not any(stop["show"]["back"] for stop in found)
        assert found[10]["text"]["en"].startswith("This page has no loss")
    found = tour.stops(models.preset("tiny"), trained=True)
    assert [stop["show"]["back"] for stop in found] == [False] * 10 + [True] * 2


def test_in_the_last_block_only_the_class_token_has_a_gradient(slides_model):
    t, config = slides_model
    last = f"blocks.{config.num_layers - 1}."
    alone = [0]
    for name in (
        "residual_2",
        "feed_forward.output",
        "feed_forward.g",
        "norm_2",
        "residual_1",
        "attention.output",
    ):
        assert np.flatnonzero(rows_with_gradient(t, last + name)).tolist() == alone, name
    for name in ("concat", "O", "A", "S", "Q", "Q_heads"):
        assert np.flatnonzero(rows_with_gradient(t, f"{last}attention.{name}")).tolist() == alone, name
    assert np.flatnonzero(rows_with_gradient(t, "norm")).tolist() == alone


def test_through_keys_and_values_it_reaches_all_tokens(slides_model):
    t, config = slides_model
    last = f"blocks.{config.num_layers - 1}."
    for name in ("attention.K", "attention.V", "norm_1"):
        assert rows_with_gradient(t, last + name).all(), name
    below = [name for name in t if name.startswith("blocks.0.")] + ["z0", "tokens", "patch_tokens", "patches"]
    for name in below:
        assert rows_with_gradient(t, name).all(), name
    assert (t.gradient("image") != 0).any(axis=-1).all()
    A, dO = t[f"{last}attention.A"][0], t.gradient(f"{last}attention.O")[0]
    dV = A[:, 0, :, None] * dO[:, :1]
    assert np.allclose(t.gradient(f"{last}attention.V_heads")[0], dV, rtol=1e-12, atol=0)


@pytest.mark.parametrize("fields", [{"classifier": "gap"}, {"classifier": "map"}])
def test_other_classifiers_read_every_patch(fields):
    t, config = traced(**fields)
    assert rows_with_gradient(t, f"blocks.{config.num_layers - 1}.residual_2").all()
    dV, A = t.gradient("blocks.0.attention.V_heads"), t["blocks.0.attention.A"]
    assert np.allclose(dV, A.swapaxes(-1, -2) @ t.gradient("blocks.0.attention.O"))


def test_what_the_other_stops_say(slides_model):
    t, _ = slides_model
    A, z, z1 = (t[f"blocks.0.{name}"] for name in ("attention.A", "norm_1", "residual_1"))
    assert np.allclose(A.sum(axis=-1), 1)
    assert np.allclose(z1, t["z0"] + t["blocks.0.attention.output"])
    assert z.shape == z1.shape
    d = t.gradient("blocks.0.attention.output")
    assert np.array_equal(d, t.gradient("blocks.0.residual_1"))  # the + hands the gradient on unchanged
    for form in gelu.GELUS:
        least = gelu.forward(np.linspace(-20, 20, 10_001), form=form)[0].min()
        assert -0.1701 < least < -0.16
    q, k = np.random.default_rng(0).standard_normal((2, 20_000, 64))
    assert abs((q * k).sum(axis=-1).var() / 64 - 1) < 0.05


def test_the_pair_of_largest_mutual_weight():
    config = models.preset("tiny")
    A = np.full((1, config.num_heads, config.num_tokens, config.num_tokens), 1e-3)
    sink, pair = A.copy(), A.copy()
    sink[0, 1, :, 5] = 0.9  # all look at one patch, which does not look back
    pair[0, 2, 1, 30], pair[0, 2, 30, 1] = 0.4, 0.3
    pair[0, 3, 1, 2] = pair[0, 3, 2, 1] = 0.8  # neighbors are not told
    t = {"blocks.0.attention.A": A + 1, "blocks.1.attention.A": np.maximum(sink, pair)}
    assert tour.best(t, config) == {"layer": 1, "head": 2, "token": 30, "other": 1, "weight": 0.3}


def test_a_single_patch_has_no_pair():
    config = models.preset("tiny", image_size=8)
    ones = {f"blocks.{i}.attention.A": np.ones((1, config.num_heads, 2, 2)) for i in range(config.num_layers)}
    assert tour.best(ones, config) is None
    assert len(tour.stops(config, trained=True, best=None)) == 12
