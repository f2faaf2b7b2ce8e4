"""The numbers of the explore page in a browser are those of the trace, within the error that the page states."""

import itertools
import re

import numpy as np
import pytest
from explore_pages import made as made
from explore_pages import ready, show, token_name, written
from explore_pages import small as small
from page_files import Read

import vitnp
from vitnp.analysis.look.rollout import rollout
from vitnp.commands.walk import random_parameters

LAYER, HEAD, TOKEN = 1, 2, 9  # from 0; none of the first ones, and no two alike


@pytest.fixture(autouse=True)
def quiet(request):
    """After every test: nothing but the file was asked for, nothing thrown, nothing in the console."""
    yield
    if "small" in request.fixturenames:
        assert request.getfixturevalue("small").silent()


def values(found, places):
    """What the page says of [(name, layer, head, row, column, back)]: (values, errors)."""
    got = found.page.evaluate("(places) => places.map((place) => vitnp.value_at(...place))", places)
    return np.array([one["value"] for one in got]), np.array([one["error"] for one in got])


def number(text):
    """The number that a text of the page begins with."""
    sign, digits, power, part = re.match(r"(−?)([\d.]+)(e[+−]?\d+)?(%?)", text).groups()
    return float(f"{'-' * bool(sign)}{digits}{(power or '').replace('−', '-')}") / (100 if part else 1)


def table(found):
    """[(first cell, value, error)] of the numbers on the right."""
    rows = found.page.locator("#numbers tr:has(td:nth-child(2))").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    cells = [c if len(c) == 3 else [c[0], *c[1].split(" ± ")] for c in cells]
    return [(name, number(value), number(error.removeprefix("± "))) for name, value, error in cells]


def check_scores(found, t, layer, head, query):
    """Row `query` of A and S, and the row of [CLS] of their gradients."""
    for letter, back in (("A", False), ("S", False), ("A", True), ("S", True)):
        row = 0 if back else query
        true = np.asarray((t.gradient if back else t.get)(f"blocks.{layer}.attention.{letter}"))[0, head, row]
        name = f"blocks.i.attention.{letter}"
        shown, errors = values(found, [[name, layer, head, row, key, back] for key in range(len(true))])
        if letter == "S" and not back:  # where A is 0 on the page, it only says that S is below
            assert (shown >= true - 1e-3)[errors == 0].all()
            shown, true, errors = shown[errors > 0], true[errors > 0], errors[errors > 0] + 1e-3
        assert len(true) > 2
        assert (np.abs(shown - true) <= 1.001 * errors + 1e-6 * np.abs(true).max()).all(), (letter, back)


def check_tokens(found, t, layer, row):
    """A row of some matrices and of their gradients; a cell has the largest of its columns."""
    for last in ("residual_1", "feed_forward.u", "attention.concat"):
        for back in (False, True):
            path = f"blocks.{layer}.{last}"
            x = np.asarray((t.gradient if back else t.get)(path))[0]
            kept = "gradients" if back else "arrays"
            edges = found.page.evaluate(f"(name) => vitnp.data.json.{kept}[name].edges", path)
            parts = [x[row, a:b] for a, b in itertools.pairwise(edges)]
            true = np.array([part[np.abs(part).argmax()] for part in parts])
            name = f"blocks.i.{last}"
            shown, errors = values(found, [[name, layer, -1, row, column, back] for column in edges[:-1]])
            assert (np.abs(shown - true) <= 1.001 * errors + 1e-6 * np.abs(x).max()).all(), (name, back)


def test_every_number_is_within_its_error(small, made):
    _, t, config = made
    for place in ((LAYER, HEAD, TOKEN), (0, 0, config.num_tokens - 1)):
        check_scores(small, t, *place)
    check_tokens(small, t, LAYER, 0)
    check_tokens(small, t, 0, TOKEN)
    for name in ("y", "logits"):
        true = np.asarray(t[name]).ravel()
        shown, errors = values(small, [[name, 0, 0, 0, column, False] for column in range(len(true))])
        assert (shown == true).all() and (errors == 0).all()


def test_what_is_written_is_within_its_error(small, made):
    """The texts of the right column: weights of keys, a row of tokens, the corner as NumPy prints it, the norm."""
    _, t, config = made
    show(small, tensor="blocks.i.attention.A", layer=LAYER, head=HEAD, token=TOKEN, map="token", back=False)
    true = t[f"blocks.{LAYER}.attention.A"][0, HEAD, TOKEN]
    rows = table(small)
    names = [token_name(k, config) for k in range(config.num_tokens)]
    keys = [names.index(name) for name, *_ in rows]
    assert len(rows) == 8 and len(set(keys)) == 8
    for key, (name, value, error) in zip(keys, rows, strict=True):
        assert abs(value - true[key]) <= 1.01 * error + 5e-4 * true.max(), name
    for back in (False, True):
        show(small, tensor="blocks.i.residual_1", back=back, token=0)
        x = np.asarray((t.gradient if back else t.get)(f"blocks.{LAYER}.residual_1"))[0]
        for columns, value, error in table(small):
            assert abs(value - x[0, int(columns)]) <= 1.01 * error + 1e-3 * abs(value), columns
        corner = re.findall(r"-?[\d.]+(?:e[-+]\d+)?", small.page.locator("#corner").inner_text())
        assert np.array(corner, float) == pytest.approx(x[:3, :4].ravel(), rel=1e-5)
        norm = small.page.locator("#stats td").first.inner_text()
        assert number(norm) == pytest.approx(np.linalg.norm(x), rel=1e-4)


def test_the_rollout_is_that_of_the_file(small, made):
    """Read off the sentence under the photo, patch by patch; of the page's own weights, and near the true ones."""
    path, t, config = made
    kept = Read(path.read_text("utf-8")).attention()[0]
    true = np.stack([t[f"blocks.{i}.attention.A"][0] for i in range(config.num_layers)])
    own, exact = (rollout(list(A[:, None]))[0, TOKEN] for A in (kept, true))
    show(small, tensor="blocks.i.attention.A", token=TOKEN, map="rollout", back=False)
    box = small.page.locator("#photo").bounding_box()
    (rows, columns), first = config.grid, config.num_tokens - config.num_patches
    small.page.locator("#photo").click(
        position={
            "x": box["width"] * ((TOKEN - first) % columns + 0.5) / columns,
            "y": box["height"] * ((TOKEN - first) // columns + 0.5) / rows,
        }
    )
    for patch in range(config.num_patches):
        if patch + first == TOKEN:
            continue
        row, column = divmod(patch, columns)
        small.page.mouse.move(
            box["x"] + box["width"] * (column + 0.5) / columns, box["y"] + box["height"] * (row + 0.5) / rows
        )
        said = small.page.locator("#reading").inner_text()
        assert f"patch ({row + 1}, {column + 1}): " in said
        value = number(said.rpartition(": ")[2])
        assert value == pytest.approx(own[patch + first], rel=1e-2, abs=1e-5)
        assert value == pytest.approx(exact[patch + first], abs=0.01)
    small.page.keyboard.press("Escape")


def test_a_wide_model_with_random_weights(opened, tmp_path):
    """ViT-B/16 with two of its blocks: as wide, with as many tokens and heads."""
    config = vitnp.preset("B/16", num_layers=2)
    p, filled = random_parameters(config, 0)
    picture = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    t = vitnp.trace(picture, p, config, labels=7)
    about = {"model": "B/16", "label": 7, "names": [f"class {i}" for i in range(1000)], "seed": 5}
    path = written(tmp_path / "page.html", t, config, picture, filled=tuple(filled), **about)
    found = ready(opened, path)
    banner = found.page.locator("#random")
    assert banner.is_visible() and "(seed 5; also [CLS] and the head, zero when" in banner.inner_text()
    check_scores(found, t, 1, 7, 100)
    check_tokens(found, t, 1, 196)
    show(found, tensor="blocks.i.attention.A", layer=1, head=11, token=100, back=False)
    of_right = "document.getElementById('right').scrollWidth - document.getElementById('right').clientWidth"
    assert found.page.evaluate(of_right) == 0
    assert found.silent()
