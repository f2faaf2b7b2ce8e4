"""The picture of a trace: every tensor with its shape and memory, no word over another, in both languages."""

import itertools
import math

import numpy as np
import pytest
from matplotlib.patches import Rectangle

import vitnp
from vitnp import InputError, preset, show
from vitnp.analysis.trace import Record, Trace
from vitnp.show import page

MODELS = {
    "B/16": ("B/16", {"num_layers": 2}, 1),
    "S/14": ("S/14", {"num_layers": 2}, 1),
    "S/14 of 518": ("S/14", {"num_layers": 1, "image_size": (518, 518)}, 1),
    "digits": ("digits", {}, 64),
    "tiny": ("tiny", {}, 2),
    "tiny, relative, no head": ("tiny", {"position_embedding": "relative", "num_classes": 0}, 1),
    "tiny, one table": ("tiny", {"position_at": "every-layer-shared"}, 1),
    "mlp-digits": ("mlp-digits", {}, 1),
    "mlp-tiny": ("mlp-tiny", {}, 3),
    "cnn-digits": ("cnn-digits", {}, 4),
    "cnn": ("cnn-tiny", {}, 3),
    "rnn-digits": ("rnn-digits", {}, 4),
    "rnn": ("rnn-tiny", {"sequence": "patches"}, 3),
}


def traced(name, fields, batch):
    """The trace of black images through initial parameters."""
    config = preset(name, **fields)
    p = vitnp.models.of(config).init(np.random.default_rng(0), config)
    return vitnp.trace(np.zeros((batch, *config.image_size, config.in_channels), np.uint8), p, config)


def wider(t, batch):
    """The trace of a larger batch: its shapes, its memory never touched."""
    records = [
        record._replace(value=np.empty((batch, *record.shape[1:]), record.dtype)) for record in t.forward
    ]
    return Trace(records, np.empty((batch, 1)))


def lines(figure):
    """{height: the words at it, from left to right, in the two columns}."""
    rows = {}
    for text in sorted(figure.axes[0].texts, key=lambda text: text.get_position()[0]):
        x, y = text.get_position()
        rows.setdefault((x > 58, round(y, 3)), []).append(text.get_text())
    return rows


def bars(figure):
    """{(column, height of the middle): the bar}."""
    every = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    return {
        (bar.get_x() > 58, round(bar.get_y() + bar.get_height() / 2, 3)): bar
        for bar in every
        if bar.get_width() < 50
    }


def nothing_overlaps(figure):
    """No word lies over another or over a bar, none leaves the page."""
    figure.draw_without_rendering()
    texts = [*figure.axes[0].texts, figure.axes[0].title]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    boxes += [("bar", bar.get_window_extent()) for bar in bars(figure).values()]
    for words, box in boxes:
        assert 0 <= box.x0 < box.x1 <= 1280 and 0 <= box.y0 < box.y1 <= 720, words
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 - b.y0 < 5 or b.y1 - a.y0 < 5  # a letter's box has air
        assert apart, (one, other)


@pytest.mark.parametrize("name", MODELS)
def test_nothing_overlaps(name):
    t = traced(*MODELS[name])
    for lang in ("en", "ko"):
        nothing_overlaps(show.trace_shapes(t, lang=lang))


@pytest.mark.parametrize("name", ["B/16", "S/14 of 518", "mlp-digits"])
def test_nothing_overlaps_with_a_batch(name):
    nothing_overlaps(show.trace_shapes(wider(traced(*MODELS[name]), 64)))


@pytest.mark.parametrize("name", ["digits", "tiny, one table", "mlp-tiny"])
def test_every_tensor_has_its_line(name):
    """Of equal blocks one."""
    t = traced(*MODELS[name])
    rows = [words[1:3] for words in lines(show.trace_shapes(t)).values() if words[0].isdigit()]
    first = [(name, shape) for name, shape in t.shapes.items() if not name.startswith(("blocks.", "layers."))]
    first += [
        (name[9:], shape) for name, shape in t.shapes.items() if name.startswith(("blocks.0", "layers.0"))
    ]
    assert sorted(rows) == sorted([name, "×".join(map(str, shape))] for name, shape in first)


def test_the_numbers_and_the_bars():
    """Bytes, shares of all blocks, and lengths that grow by the same for the same factor."""
    t = traced(*MODELS["digits"])
    figure = show.trace_shapes(t)
    rows = {words[1]: (place, words) for place, words in lines(figure).items() if words[0].isdigit()}
    total = sum(np.prod(r.shape) * 4 for r in t.forward if not r.name.endswith("_heads"))
    total -= 4 * (t["grid"].size + t["y"].size)
    assert figure.axes[0].get_title() == f"Forward pass, batch of 64: 83 tensors, {total / 2**20:.1f} MiB"
    assert rows["attention.A"][1][3] == f"289.0 KiB  {4 * t['blocks.0.attention.A'].nbytes / total:.0%}"
    assert rows["attention.Q_heads"][1][3] == "view: Q"
    assert rows["z0"][1][3] == "272.0 KiB"
    length = {
        name: bars(figure)[place].get_width() for name, (place, _) in rows.items() if place in bars(figure)
    }
    assert set(rows) - set(length) == {"grid", "y", *(f"attention.{c}_heads" for c in "QKV")}
    sizes = {"logits": 2560, "image": 16384, "z0": 278528, "feed_forward.u": 557056}
    slopes = [
        (length[b] - length[a]) / math.log(sizes[b] / sizes[a]) for a, b in itertools.combinations(sizes, 2)
    ]
    assert slopes == pytest.approx([slopes[0]] * len(slopes))
    assert length["logits"] > 0.3
    hatched = {
        name for name, (place, _) in rows.items() if place in bars(figure) and bars(figure)[place].get_hatch()
    }
    assert hatched == {"feed_forward.u", "feed_forward.g"}


def test_how_often_a_block_is_there():
    said = {words[0] for words in lines(show.trace_shapes(traced(*MODELS["digits"]))).values()}
    assert {"4 ×  blocks.0 … blocks.3", "blocks.0 … blocks.3 →"} < said
    one = {words[0] for words in lines(show.trace_shapes(traced(*MODELS["S/14 of 518"]))).values()}
    assert {"blocks.0", "blocks.0 →"} < one


def test_more_lines_than_the_page_has():
    """They are counted, and none leaves the page; blocks that differ are drawn each."""
    records = [Record(f"blocks.{i}.x", 1, np.zeros((2, i + 1))) for i in range(20)]
    records[1] = records[1]._replace(value=np.zeros((4, 2))[:2])
    records[2] = records[2]._replace(value=records[1].value.base[2:])  # of the same array, and no view of it
    figure = show.trace_shapes(Trace(records, np.zeros((2, 3))))
    nothing_overlaps(figure)
    said = {words[0] for words in lines(figure).values()}
    assert "blocks.9" in said and "… and 17 more" in said  # of 20 titles and 20 rows 21 are drawn


def test_in_korean(monkeypatch):
    monkeypatch.setattr(page, "korean_font", lambda: "DejaVu Serif")
    t = traced(*MODELS["mlp-tiny"])
    said = [text.get_text() for text in show.trace_shapes(t, lang="ko").axes[0].texts]
    assert {"단계, 이름", "메모리"} < set(said)
    with pytest.raises(InputError, match='lang is "fr"'):
        show.trace_shapes(t, lang="fr")
