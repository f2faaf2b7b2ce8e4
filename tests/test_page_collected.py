"""The data of the explore page beside the trace: every number within the error that the page states."""

import re

import numpy as np
import pytest
from page_files import Read

import vitnp
from vitnp.course.page import encode, explore, html
from vitnp.course.page.collected import OF_HEADS, kind
from vitnp.errors import InputError
from vitnp.models import vit

SIZES = {  # that all differ, so that no axis is taken for another
    "image_size": (12, 20), "patch_size": 4, "hidden_size": 18, "num_heads": 3, "mlp_dim": 23, "num_layers": 2,
    "num_classes": 7,
}  # fmt: skip
OTHERS = {
    "plain": {},
    "mean": {"classifier": "gap"},
    "registers": {"num_registers": 2},
    "relative": {"position_embedding": "relative"},
    "sincos": {"position_embedding": "sincos", "hidden_size": 24},
    "pooled": {"classifier": "map"},
    "every layer": {"position_at": "every-layer"},
}


def traced(label=3, **fields):
    """(trace, configuration, picture) of random weights, none of them zero."""
    config = vitnp.ViTConfig(**SIZES | fields)
    rng = np.random.default_rng(0)
    p = vitnp.tree.map(
        lambda leaf: leaf + 0.3 * rng.standard_normal(leaf.shape).astype(leaf.dtype), vit.init(rng, config)
    )
    picture = rng.integers(0, 256, (12, 20, 3), dtype=np.uint8)
    return vitnp.trace(picture, p, config, labels=label), config, picture


def page_of(t, config, picture, **about):
    about = explore.About("a model", "a.png", 1, **{"label": 3} | about)
    return Read(explore.page(t, config, picture, about, "en"))


@pytest.fixture(scope="module")
def plain():
    t, config, picture = traced()
    return t, config, page_of(t, config, picture)


def test_every_matrix_is_within_its_error(plain):
    t, _, page = plain
    seen = 0
    for part, get in (("arrays", t.get), ("gradients", t.gradient)):
        for name, array in page.json[part].items():
            x = np.asarray(get(name))
            if name.rpartition(".")[2] in OF_HEADS:
                x = x.transpose(0, 2, 1, 3).reshape(1, x.shape[2], -1)
            x = x if name == "E_pos" else x[0]
            if "norms_at" not in array:
                continue
            x = x.reshape(-1, x.shape[-1])
            values, errors, norms = page.matrix(array)
            true = encode.largest(x, np.array(array["edges"]))
            assert (np.abs(values - true) <= errors + 1e-6 * array["scale"]).all(), name
            n = np.sqrt((x.astype(float) ** 2).sum(axis=-1))
            assert np.abs(norms - n).max() <= n.max() / 255 + 1e-6 * n.max(), name
            assert ((norms == 0) == (n == 0)).all(), name
            assert array["norm"] == pytest.approx(np.linalg.norm(x), rel=1e-5)
            heads = len(array["corners"])
            corners = np.concatenate([np.array(c) for c in array["corners"]], axis=1)
            own = np.concatenate([c[:3, :4] for c in np.split(x, heads, axis=1)], axis=1)
            np.testing.assert_allclose(corners, own, rtol=1e-5)
            seen += 1
    assert seen > 50


def test_attention_scores_and_their_gradients(plain):
    t, _, page = plain
    A, errors, S = page.attention()
    for name, found in (("A", A), ("S", S)):
        true = np.stack([t[f"blocks.{i}.attention.{name}"][0] for i in range(2)])
        told = np.isfinite(found)
        if name == "A":
            assert (np.abs(found - true) <= errors + 1e-6).all()
        else:  # off by as much as the logarithm of A may be
            low = np.log(np.maximum(A - errors, 1e-30)[told]) - np.log(A[told])
            assert (np.abs(found - true)[told] <= -low + 1e-4).all()
        gradients = np.stack([t.gradient(f"blocks.{i}.attention.{name}")[0] for i in range(2)])
        row, off = page.row_of_class_token(name)
        assert (np.abs(row - gradients[:, :, 0]) <= off * 1.001 + 1e-12).all()
        scores = page.json["scores"]
        levels = page.numbers(scores[f"norms_{name}_at"], A.shape[:3])
        scale = page.numbers(scores[f"norms_{name}_scales_at"], A.shape[:2], "f4")[..., None]
        n = np.sqrt((gradients.astype(float) ** 2).sum(axis=-1))
        assert np.abs((levels / 255) ** 2 * scale - n).max() <= n.max() / 255
        for key, x, at in ((name, true, "row_norms_"), (f"grad_{name}", gradients, "norms_")):
            every = [
                [np.linalg.norm(m), m.min(), m.max(), m.mean()] for m in x.astype(float).reshape(-1, 16, 16)
            ]
            np.testing.assert_allclose(np.reshape(scores["stats"][key], (-1, 4)), every, rtol=1e-5, atol=1e-9)
            scale = page.numbers(scores[f"{at}{name}_scales_at"], A.shape[:2], "f4")
            np.testing.assert_allclose(scale, np.linalg.norm(x, axis=-1).max(axis=-1), rtol=1e-5)
    assert scores["largest_error"] == pytest.approx(
        np.abs(A - np.stack([t[f"blocks.{i}.attention.A"][0] for i in range(2)])).max()
    )
    assert not levels[-1, :, 1:].any() and levels[0].all()  # in the last block only [CLS] has a gradient


def test_the_vectors_and_the_picture(plain):
    t, _, page = plain
    logits = page.json["arrays"]["logits"]
    np.testing.assert_array_equal(page.numbers(logits["at"], (7,), "f4"), t.logits[0])
    assert page.json["label"] == {"index": 3, "name": None} and page.json["loss"] == pytest.approx(t.loss)
    assert [c["index"] for c in page.json["top"]] == np.argsort(-t.logits[0]).tolist()[:8]
    image = page.json["gradients"]["image"]
    levels = page.numbers(image["at"], (12, 20)).astype(int) - encode.LEVELS
    d = np.asarray(t.gradient("image"))[0]
    true = np.take_along_axis(d, np.abs(d).argmax(axis=-1)[..., None], axis=-1)[..., 0]
    assert (
        np.abs(encode.value(levels, image["scale"]) - true) <= encode.error(levels, image["scale"]) * 1.001
    ).all()
    assert page.json["gradients"]["grid"]["norm"] == image["norm"]


@pytest.mark.parametrize("fields", OTHERS.values(), ids=OTHERS)
def test_every_tensor_of_the_slides_has_its_numbers(fields):
    t, config, picture = traced(**fields)
    page = page_of(t, config, picture)
    named = [name for row in page.json["rows"] for name in row["tensors"]]
    assert set(named) == set(page.json["tensors"])
    for name in named:
        how = page.json["tensors"][name]
        first = name.replace(".i.", ".0.")
        assert how["kind"] == kind(name, how["shape"])
        if how["kind"] in ("tokens", "vector"):
            assert first in page.json["arrays"] and first in page.json["gradients"], name
        assert how["formula"] and how["formula_back"] and how["code"] and how["code_back"], name
    c = page.json["config"]
    assert c["first"] == c["tokens"] - 15 and c["class_token"] == (config.classifier == "token")


def test_a_model_without_a_loss_has_no_gradients():
    t, config, picture = traced(label=None, num_classes=0)
    page = page_of(t, config, picture, label=None, no_loss="no_head")
    assert page.json["gradients"] == {} and page.json["top"] is None and page.json["loss"] is None
    assert "grad_A_at" not in page.json["scores"]


def test_what_does_not_fit_is_refused_before_anything_is_computed():
    with pytest.raises(
        InputError, match=r"14\.9 million attention weights .* give --image-size 176, or take B/16"
    ):
        explore.need_fitting(vitnp.preset("L/16"))
    explore.need_fitting(vitnp.preset("B/16"))


def test_rows_that_are_no_tokens_are_not_called_tokens():
    for fields, name, rows in (("relative", "E_rel", "distances"), ("pooled", "pool.A", "heads")):
        t, config, picture = traced(**OTHERS[fields])
        arrays = page_of(t, config, picture).json["arrays"]
        others = {key: a["rows_are"] for key, a in arrays.items() if a.get("rows_are", "tokens") != "tokens"}
        assert {
            key.removeprefix("blocks.0.attention.").removeprefix("blocks.1.attention.") for key in others
        } == {name}
        assert set(others.values()) == {rows}


def test_numbers_that_are_too_large_are_one_line():
    t, config, picture = traced()
    t["blocks.0.norm_1"][0, 0, 0] = np.inf
    with pytest.raises(
        InputError, match=r"blocks\.0\.norm_1 has numbers that are NaN, infinite or above 3\.4e38"
    ):
        page_of(t, config, picture)
    t["blocks.0.norm_1"][0, 0, 0] = 1e25
    assert page_of(t, config, picture).json["arrays"]["blocks.0.norm_1"]["norm"] == pytest.approx(1e25)


def test_fewer_bins_where_the_page_would_be_too_large(monkeypatch):
    t, config, picture = traced(hidden_size=96, mlp_dim=192)
    whole = page_of(t, config, picture)
    monkeypatch.setattr(explore, "MOST", len(whole.text.encode()) - 1)
    fewer = page_of(t, config, picture)
    assert whole.json["bins"] == 64 and fewer.json["bins"] < 64 and len(fewer.text) < len(whole.text)
    monkeypatch.setattr(explore, "MOST", 1000)
    with pytest.raises(
        InputError, match=r"would have 0\.\d MB, .* give an --image-size below 12x20, or a model with"
    ):
        page_of(t, config, picture)


def test_the_page_is_one_file_with_its_policy(plain):
    text = plain[2].text
    assert (
        "default-src 'none'" in text and "unsafe" not in text and not re.search(r"<[^>]* src=|https?:", text)
    )
    assert html.page("<&>", "en", "", styles=[], scripts=[], blob=b"").count("&lt;&amp;&gt;") == 1
