"""The four position embeddings of ViT Table 8 and the fixed one, against loops over the patches."""

import dataclasses
import math

import numpy as np
import pytest
from cases import POSITIONS, generator, generic, model_point
from position_loops import distances, table

from vitnp import InputError, preset, tree, vit, weights
from vitnp.blocks import encoder
from vitnp.commands import cli
from vitnp.ops import interpolate, positions, relative
from vitnp.ops.interpolate import INTERPOLATIONS
from vitnp.steps import s4_position

variants = pytest.mark.parametrize("fields", POSITIONS.values(), ids=POSITIONS)


def tiny(**fields):
    """The tiny model, 5x6 patches and the class token, with generic parameters and two images."""
    config = preset("tiny", **fields)
    return config, *model_point(config)


# ---- what each is ----


@pytest.mark.parametrize("classifier", ["token", "gap"])
@pytest.mark.parametrize("kind", ["2d", "sincos"])
def test_the_table_patch_by_patch(kind, classifier):
    config, _, p = tiny(position_embedding=kind, classifier=classifier)
    how = {"kind": kind, "grid": config.grid, "like": np.zeros((1, config.num_tokens, config.hidden_size))}
    E_pos, _ = positions.forward(p.get("position", {}), **how)
    np.testing.assert_allclose(E_pos, table(p.get("position", {}), config), rtol=1e-14, atol=1e-14)
    assert E_pos.shape == (config.num_tokens, config.hidden_size)


@pytest.mark.parametrize("classifier", ["token", "gap"])
def test_relative_scores_query_by_query(classifier):
    config, _, p = tiny(position_embedding="relative", classifier=classifier)
    T, E_rel = config.num_tokens, p["blocks"][0]["attention"]["E_rel"]
    assert E_rel.shape == (2 * T - 1, 7)
    Q = generic(2, config.num_heads, T, 7)
    S, _ = relative.forward(Q, E_rel)
    np.testing.assert_allclose(S, distances(Q, E_rel, config), rtol=1e-14, atol=1e-14)


def test_relative_is_a_second_attention_with_the_distances_as_keys():
    """ViT App. D.4: its scores, scaled as all are, are added before the softmax."""
    config, images, p = tiny(position_embedding="relative", num_layers=1)
    attention = vit.forward(images, p, config)[1].blocks[0].attention
    Q, K, T = attention.Q, attention.K, config.num_tokens
    S = np.zeros(attention.A.shape)
    for query in range(T):
        for key in range(T):
            content = (Q[:, :, query] * K[:, :, key]).sum(-1)
            place = (Q[:, :, query] * attention.p["E_rel"][T - 1 + key - query]).sum(-1)
            S[:, :, query, key] = (content + place) / math.sqrt(config.head_dim)
    A = np.exp(S) / np.exp(S).sum(-1, keepdims=True)
    np.testing.assert_allclose(attention.A, A, rtol=1e-12)


def test_sincos_at_a_few_places():
    """224 pixels of B/16: a number here and there, written out."""
    like = np.zeros((1, 197, 768), np.float32)
    E_pos, _ = positions.forward({}, kind="sincos", grid=(14, 14), like=like)
    assert E_pos.dtype == np.float32
    assert not E_pos[0].any()
    patch = E_pos[1 + 3 * 14 + 5]  # row 3, column 5
    assert patch[0] == pytest.approx(math.sin(5), abs=1e-6)
    assert patch[192] == pytest.approx(math.cos(5), abs=1e-6)
    assert patch[384] == pytest.approx(math.sin(3), abs=1e-6)
    assert patch[383] == pytest.approx(math.cos(5 / 10_000), abs=1e-6)
    assert patch[384 + 100] == pytest.approx(math.sin(3 / 10_000 ** (100 / 191)), abs=1e-6)


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ({"position_embedding": "none"}, -151_296),
        ({"position_embedding": "sincos"}, -151_296),
        ({"position_embedding": "2d"}, 28 * 384 + 768 - 151_296),
        ({"position_embedding": "relative"}, 12 * 393 * 64 - 151_296),
        ({"position_at": "every-layer"}, 11 * 151_296),
        ({"position_at": "every-layer-shared"}, 0),
    ],
    ids=str,
)
def test_how_many_parameters(fields, more):
    assert tree.count(vit.init(None, preset("B/16", **fields))) == 86_567_656 + more


def test_what_starts_at_random_has_the_released_deviation():
    for fields in ({"position_embedding": "2d"}, {"position_embedding": "relative"}):
        p = vit.init(generator(), preset("B/32", num_layers=1, **fields))
        drawn = [leaf for name, leaf in tree.leaves(p) if ".E_" in name]
        assert drawn
        for leaf in drawn:
            assert leaf.std() == pytest.approx(0.02, rel=0.2)


# ---- what each knows of the order ----


def shuffled(images, config, order):
    """The patches of the images in another order."""
    (rows, cols), P = config.grid, config.patch_size
    patches = images.reshape(len(images), rows, P, cols, P, -1).swapaxes(2, 3)
    flat = patches.reshape(len(images), rows * cols, P, P, -1)[:, order]
    return flat.reshape(patches.shape).swapaxes(2, 3).reshape(images.shape)


@pytest.mark.parametrize("classifier", ["token", "gap"])
@variants
def test_only_a_bag_of_patches_does_not_see_their_order(fields, classifier):
    config, images, p = tiny(**fields, classifier=classifier)
    logits, _ = vit.forward(images, p, config)
    order = generator().permutation(config.num_patches)
    other, _ = vit.forward(shuffled(images, config, order), p, config)
    if config.position_embedding == "none":
        np.testing.assert_allclose(other, logits, rtol=1e-12, atol=1e-12)
    else:
        assert np.abs(other - logits).max() > 1e-3


# ---- where the table is added ----


@pytest.mark.parametrize("kind", ["1d", "2d", "sincos"])
def test_in_every_layer_shared_is_a_plus_before_each_block(kind):
    config, images, p = tiny(position_embedding=kind, position_at="every-layer-shared", num_layers=3)
    E_pos = table(p.get("position", {}), config)
    x = tokens(images, p, config)
    for i in range(3):
        x, _ = encoder.block_forward(x + E_pos, p["blocks"][i], config=config)
    np.testing.assert_allclose(last(images, p, config), x, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["1d", "2d"])
def test_in_every_layer_each_has_its_own(kind):
    config, images, p = tiny(position_embedding=kind, position_at="every-layer", num_layers=3)
    assert list(p["position"]) == [0, 1, 2]
    x = tokens(images, p, config)
    for i in range(3):
        x, _ = encoder.block_forward(x + table(p["position"][i], config), p["blocks"][i], config=config)
    np.testing.assert_allclose(last(images, p, config), x, rtol=1e-12, atol=1e-12)


def tokens(images, p, config):
    """What steps 1 to 3 give."""
    none = dataclasses.replace(config, position_embedding="none", position_at="stem", num_layers=1)
    p = {name: part for name, part in p.items() if name != "position"} | {"blocks": {0: p["blocks"][0]}}
    blocks = vit.forward(images, p, none, keep="inputs")[1].blocks
    return blocks[0].x


def last(images, p, config):
    """What the last block gives: the final norm undone is the tokens, to a shift and a scale, so look before it."""
    seen = []
    forward = encoder.forward

    def spied(*args, **how):
        x, saved = forward(*args, **how)
        seen.append(x)
        return x, saved

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoder, "forward", spied)
        vit.forward(images, p, config)
    return seen[0]


@pytest.mark.parametrize("kind", ["1d", "2d"])
def test_the_shared_gradient_is_the_sum_over_the_layers(kind):
    """One table for all, or the same numbers for each: the same logits, and gradients that add up."""
    shared, images, p = tiny(position_embedding=kind, position_at="every-layer-shared", num_layers=3)
    each = dataclasses.replace(shared, position_at="every-layer")
    q = p | {"position": dict.fromkeys(range(3), p["position"])}
    (logits, saved), (same, saved_each) = vit.forward(images, p, shared), vit.forward(images, q, each)
    np.testing.assert_array_equal(logits, same)
    dlogits = generic(*logits.shape)
    (dx, dp), (dx_each, dp_each) = vit.backward(dlogits, saved), vit.backward(dlogits, saved_each)
    np.testing.assert_array_equal(dx, dx_each)
    for name, leaf in tree.leaves(dp["position"]):
        parts = [dp_each["position"][i][name] for i in range(3)]
        np.testing.assert_allclose(leaf, parts[0] + parts[1] + parts[2], rtol=1e-12, atol=1e-13)
        assert all(np.abs(part).max() > 1e-6 for part in parts)


def test_with_one_layer_all_places_are_one():
    stem, images, p = tiny(num_layers=1)
    want, _ = vit.forward(images, p, stem)
    shared = dataclasses.replace(stem, position_at="every-layer-shared")
    np.testing.assert_array_equal(vit.forward(images, p, shared)[0], want)
    each = dataclasses.replace(stem, position_at="every-layer")
    np.testing.assert_array_equal(vit.forward(images, p | {"position": {0: p["position"]}}, each)[0], want)


def test_the_step_alone_adds_nothing_without_a_table():
    x = generic(2, 13, 8)
    for kind in ("none", "relative"):
        y, saved = s4_position.forward(x, {}, kind=kind, grid=(3, 4))
        np.testing.assert_array_equal(y, x)
        dx, dp = s4_position.backward(y, saved)
        np.testing.assert_array_equal(dx, y)
        assert dp == {}


# ---- another resolution ----


@pytest.mark.parametrize("method", INTERPOLATIONS)
@pytest.mark.parametrize("new_grid", [(5, 2), (2, 7), (1, 3), (3, 4)])
@pytest.mark.parametrize("cls", [0, 1])
def test_2d_tables_interpolated_are_their_whole_table_interpolated(cls, new_grid, method):
    p = {"E_rows": generic(3, 5), "E_cols": generic(4, 5)} | ({"E_cls": generic(10)} if cls else {})
    how = {"grid": (3, 4), "new_grid": new_grid, "method": method}

    def whole(p, grid):
        like = np.zeros((1, cls + grid[0] * grid[1], 10))
        return positions.forward(p, kind="2d", grid=grid, like=like)[0]

    want, _ = interpolate.forward(whole(p, (3, 4)), **how)
    np.testing.assert_allclose(whole(positions.resized(p, **how), new_grid), want, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("cls", [0, 1])
@pytest.mark.parametrize("new_grid", [(5, 4), (2, 7), (1, 3), (4, 1), (1, 1), (6, 6)])
def test_relative_distances_pair_by_pair(new_grid, cls):
    """Each new distance: the mean, over the pairs of new patches that have it, of the old one at their place."""
    grid = rows, cols = 3, 4
    new_rows, new_cols = new_grid
    zero, N = 11 + cls, new_rows * new_cols
    E_rel = generic(2 * zero + 1, 2)

    def place(patch):
        """The row and column of a new patch on the old grid, not whole numbers."""
        row, col = divmod(patch, new_cols)
        return row * (rows - 1) / max(new_rows - 1, 1), col * (cols - 1) / max(new_cols - 1, 1)

    def old(down, on, distance):
        """The embedding for a place that need not be whole: linear along both axes."""
        total, down, on = 0.0, round(down, 12), round(on, 12)
        for a in (math.floor(down), math.floor(down) + 1):
            for b in (math.floor(on), math.floor(on) + 1):
                share = (1 - abs(down - a)) * (1 - abs(on - b))
                if share > 1e-9:
                    total = total + share * E_rel[distance(a, b) + zero]
        return total

    found = {distance: [] for distance in range(1 - N - cls, N + cls)}
    for query in range(N):
        for key in range(N):
            (r, c), (row, col) = place(query), place(key)
            found[key - query].append(old(row - r, col - c, lambda a, b: a * cols + b))
    for patch in range(N if cls else 0):
        found[patch + 1].append(old(*place(patch), lambda a, b: a * cols + b + 1))
        found[-patch - 1].append(old(*place(patch), lambda a, b: -(a * cols + b + 1)))
    if cls:
        found[0].append(E_rel[zero])
    want = np.array([np.mean(found[distance], axis=0) for distance in found])
    got = relative.resized(E_rel, grid=grid, new_grid=new_grid, method="bilinear-aligned")
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", [method for method in INTERPOLATIONS if method != "bicubic-offset"])
@pytest.mark.parametrize("size", [23, 25])  # without the class token, and with it
def test_relative_distances_on_their_own_grid_stay(method, size):
    """Not so with an offset, which moves every place; `vit.resized` leaves a model of that size alone."""
    E_rel = generic(size, 2).astype(np.float32)
    same = relative.resized(E_rel, grid=(3, 4), new_grid=(3, 4), method=method)
    assert same.dtype == np.float32
    np.testing.assert_allclose(same, E_rel, rtol=1e-6, atol=1e-6)


@variants
def test_load_at_another_size(tmp_path, fields):
    config, _, p = tiny(**fields)
    before = tree.map(np.copy, p)
    weights.save(tmp_path / "model.npz", p, config)
    q, new = weights.load(tmp_path / "model.npz", image_size=(16, 72))
    assert (new.grid, new.position_embedding, new.position_at) == (
        (2, 9),
        config.position_embedding,
        config.position_at,
    )
    want = tree.map(np.shape, vit.init(None, new))
    assert tree.map(np.shape, q) == want
    assert vit.forward(np.zeros((1, 16, 72, 3)), q, new)[0].shape == (1, 13)
    for name, leaf in tree.leaves(before):
        unchanged = "E_" not in name or name.endswith("E_cls")
        assert np.array_equal(leaf, tree.get(q, name)) == unchanged, name
    if config.position_embedding in ("1d", "2d"):
        tables = (p["position"], q["position"])
        old, got = (t.get(1, t) for t in tables)
        old = table(old, config)
        want, _ = interpolate.forward(old, grid=(5, 6), new_grid=(2, 9), method="bilinear-aligned")
        np.testing.assert_allclose(table(got, new), want, rtol=1e-12, atol=1e-13)


# ---- files ----


@variants
def test_our_own_file_holds_all(tmp_path, fields):
    config, _, p = tiny(**fields)
    weights.save(tmp_path / "model.npz", p, config)
    q, again = weights.load(tmp_path / "model.npz")
    assert again == config
    assert [name for name, _ in tree.leaves(q)] == [name for name, _ in tree.leaves(p)]
    tree.map(np.testing.assert_array_equal, q, p)
    assert weights.inspect(tmp_path / "model.npz").wrong == []


@variants
@pytest.mark.parametrize("format", weights.FORMATS[1:])
def test_no_other_format_does(tmp_path, fields, format):
    config, _, p = tiny(**fields, representation_size=None)
    path = tmp_path / ("model.npz" if format == "google" else "model.safetensors")
    kind, at = config.position_embedding, config.position_at
    message = f'^{format} has no place for position_embedding "{kind}" at "{at}"; save the model as vitnp$'
    with pytest.raises(InputError, match=message):
        weights.save(path, p, config, format=format)
    assert not path.exists()


def test_positions_that_do_not_fit_what_is_asked_for(tmp_path):
    config, _, p = tiny(representation_size=None)
    ours, google = tmp_path / "ours.npz", tmp_path / "google.npz"
    weights.save(ours, p, config)
    weights.save(google, p, config, format="google")
    for kind in ("none", "2d", "relative", "sincos"):
        with pytest.raises(
            InputError, match=f'ours.npz has position_embedding "1d", which does not fit "{kind}"'
        ):
            weights.load(ours, position_embedding=kind)
        with pytest.raises(InputError, match=f'is of google, with positions "1d" .* do not fit .*"{kind}"'):
            weights.load(google, image_size=config.image_size, position_embedding=kind)
    with pytest.raises(InputError, match='has position_at "stem", which does not fit "every-layer"'):
        weights.load(ours, position_at="every-layer")
    for path in (ours, google):
        _, found = weights.load(path, image_size=config.image_size, position_embedding="1d")
        assert found.position_embedding == "1d"
    p["position"]["E_pos"] = p["position"]["E_pos"][:-1]
    with pytest.raises(InputError, match="E_pos"):
        weights.save(ours, p, config)


def test_the_command_line(capsys, tmp_path):
    assert cli.main(["gradcheck", "--seeds", "1", "--set", "position_embedding=2d"]) == 0
    assert "position.E_cols" in capsys.readouterr().out
    config, _, p = tiny(position_embedding="relative")
    weights.save(tmp_path / "model.npz", p, config)
    assert cli.main(["weights", "inspect", str(tmp_path / "model.npz")]) == 0
    said = capsys.readouterr().out
    assert "position_embedding      relative" in said
    assert "blocks.0.attention.E_rel" in said
    words = ["weights", "convert", str(tmp_path / "model.npz"), str(tmp_path / "timm.safetensors")]
    assert cli.main([*words, "--format", "timm"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "timm.safetensors").exists()


# ---- bad input ----


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"position_embedding": "2D"},
            '"2D"; did you mean 2d? choose from none, 1d, 2d, relative, sincos',
        ),
        ({"position_embedding": "sin-cos"}, "did you mean sincos"),
        ({"position_embedding": "xyz"}, '"xyz"; choose from none'),
        ({"position_embedding": None}, "is None; did you mean none"),
        ({"position_at": "every layer"}, "did you mean every-layer or every-layer-shared?"),
        (
            {"position_embedding": "2d", "hidden_size": 15, "num_heads": 1},
            'hidden_size 15 is not divisible by 2; position_embedding "2d" has 2 parts of equal width, so use 16',
        ),
        (
            {"position_embedding": "sincos", "hidden_size": 18, "num_heads": 2},
            "not divisible by 4; .* 4 parts .* use 20",
        ),
        ({"position_embedding": "none", "position_at": "every-layer"}, '"none" adds nothing to the tokens'),
        ({"position_embedding": "relative", "position_at": "every-layer-shared"}, '"relative" adds nothing'),
        ({"position_embedding": "sincos", "position_at": "every-layer"}, "use every-layer-shared"),
    ],
    ids=str,
)
def test_what_is_refused(capsys, fields, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")) as caught:
        preset("tiny", **fields)
    assert "\n" not in str(caught.value)
    told = [word for name, value in fields.items() for word in ("--set", f"{name}={value}")]
    assert cli.main(["gradcheck", *told]) == 2
    assert capsys.readouterr().err.count("\n") == 1
