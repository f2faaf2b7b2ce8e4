"""S and A on the explore page where a weight is too small to be kept: bounds that hold, exact norms and extremes."""

import re

import numpy as np
import pytest
from explore_pages import ready, show, written
from test_page_collected import traced

import vitnp

LAYER, HEAD = 1, 2


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(path, S of all layers, the number of heads) of a small model that attends sharply: many weights are nearly 0."""
    _, config, picture = traced()
    p = vitnp.vit.init(np.random.default_rng(1), config)
    for i in range(config.num_layers):
        p["blocks"][i]["attention"]["W_Q"] *= 12
    t = vitnp.trace(picture, p, config, labels=3)
    S = np.stack([t[f"blocks.{i}.attention.S"][0] for i in range(config.num_layers)]).astype(float)
    return written(tmp_path_factory.mktemp("page") / "sharp.html", t, config, picture), S


@pytest.fixture(scope="module")
def sharp(opened, made):
    return ready(opened, made[0], viewport={"width": 1280, "height": 720})


def test_s_is_within_its_error_or_below_its_bound(sharp, made):
    """Of one head and of the mean of the heads, of every query and key; without a bound that is not needed."""
    S = made[1]
    for layer, of_heads in enumerate(S):
        for head, true in [(-1, of_heads.mean(axis=0)), *enumerate(of_heads)]:
            found = sharp.page.evaluate(
                """([layer, head, tokens]) => Array.from({length: tokens * tokens}, (_, i) => vitnp.value_at(
                "blocks.i.attention.S", layer, head, Math.floor(i / tokens), i % tokens, false))""",
                [layer, head, len(true)],
            )
            value, error = (np.array([one[key] for one in found]) for key in ("value", "error"))
            below, true = np.array([one["below"] for one in found]), true.ravel()
            assert (true[below] <= value[below] + 1e-4).all(), (layer, head)
            assert (np.abs(value - true)[~below] <= error[~below] + 1e-4).all(), (layer, head)
            assert below.any() and not below.all()


def test_what_has_no_value_is_blank(sharp, made):
    """In the picture of S; the list of the largest keys has no such cell."""
    show(sharp, tensor="blocks.i.attention.S", layer=LAYER, head=HEAD, token=0, map="token", back=False)
    tokens = made[1].shape[-1]
    blank, below = sharp.page.evaluate(
        """([layer, head, tokens]) => {
          const canvas = document.getElementById("heat-picture");
          const pixels = canvas.getContext("2d").getImageData(0, 0, tokens, tokens).data;
          const cells = Array.from({length: tokens * tokens}, (_, i) => i);
          const [query, name] = [(i) => Math.floor(i / tokens), "blocks.i.attention.S"];
          const score = (i) => vitnp.value_at(name, layer, head, query(i), i % tokens, false);
          return [cells.filter((i) => pixels[4 * i + 3] === 0), cells.filter((i) => score(i).below)];
        }""",
        [LAYER, HEAD, tokens],
    )
    assert blank == below != []
    assert "Blank" in sharp.page.locator("#heat-says").inner_text()
    assert "below" not in sharp.page.locator("#numbers").inner_text()
    low = sharp.page.locator("#heat-low").inner_text().replace("−", "-")
    assert float(low) > made[1][LAYER, HEAD].min() + 1  # the least that is shown, not the least of all


def test_norms_and_extremes_are_the_true_ones(sharp, made):
    """Of one head, and of all heads where their mean is chosen."""
    for head, S in ((HEAD, made[1][LAYER, HEAD]), (-1, made[1][LAYER])):
        show(sharp, tensor="blocks.i.attention.S", layer=LAYER, head=head, token=0, map="norm", back=False)
        norms = np.sqrt((S**2).reshape(-1, *S.shape[-2:]).sum(axis=(0, 2)))
        shown = float(sharp.page.locator("#token-0 b").inner_text())
        assert shown == pytest.approx(norms[0], abs=norms.max() / 255)
        said = sharp.page.locator("#reading").inner_text()
        largest, error = map(float, re.search(r", ([\d.]+) ± ([\d.]+)\.$", said).groups())
        assert abs(largest - norms.max()) <= error and error < norms.max() / 100
        assert ("all heads" if head < 0 else "head 3") in said
        cells = [cell.replace("−", "-") for cell in sharp.page.locator("#stats td").all_inner_texts()]
        true = [np.linalg.norm(S), S.min(), S.mean(), S.max()]
        assert np.array(cells, float) == pytest.approx(np.array(true), rel=1e-3)
    assert sharp.silent()
