"""The encoder–decoder: its size, what each token may see, and its gradients."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
from generic_models import counting
from sequence_models import DROPOUTS, V, one, pairs, parameters, sentences, tiny

from vitnp import InputError, gradcheck, models, preset, tree
from vitnp.inputs.sequences import PADDING
from vitnp.models import transformer


def count(config):
    """All parameters."""
    return tree.count(transformer.init(None, config))


def formula(V, N, d, d_ff, *, bias=0, tables=1, final=0):
    """The same from the paper's table: attention 4d², feed-forward with biases, a LayerNorm 2d."""
    attention, feed_forward, norm = 4 * d * d + bias * 4 * d, 2 * d * d_ff + d_ff + d, 2 * d
    encoder = attention + feed_forward + 2 * norm
    decoder = 2 * attention + feed_forward + 3 * norm
    return tables * V * d + N * (encoder + decoder) + final * 2 * norm


def test_the_papers_base():
    p = transformer.init(None, preset("transformer-base"))
    assert tree.count(p) == 63_045_632
    assert {tree.count(block) for block in p["encoder"].values()} == {3_150_336}
    assert {tree.count(block) for block in p["decoder"].values()} == {4_199_936}
    assert list(p) == ["embed", "encoder", "decoder"]
    assert tree.count(p["embed"]) == 18_944_000
    assert (len(p["encoder"]), len(p["decoder"])) == (6, 6)


def test_the_papers_big_and_others():
    assert count(preset("transformer-big")) == formula(37_000, 6, 1024, 4096) == 214_171_648
    assert count(preset("translate-small")) == formula(27, 2, 64, 256, final=1)
    for tied, tables in (("all", 1), ("target", 2), ("none", 3)):
        config = tiny(tied=tied, norm="pre", attention_bias=False)
        assert count(config) == formula(V, 2, 12, 17, tables=tables, final=1)


def test_torchs_defaults():
    config = preset("transformer-base", attention_bias=True, final_norm=True)
    assert count(config) - 37_000 * 512 == 44_140_544


def test_the_papers_other_numbers():
    base, big = preset("transformer-base"), preset("transformer-big")
    assert (base.num_layers, base.hidden_size, base.mlp_dim, base.num_heads) == (6, 512, 2048, 8)
    assert (big.num_layers, big.hidden_size, big.mlp_dim, big.num_heads) == (6, 1024, 4096, 16)
    assert (base.dropout_rate, big.dropout_rate) == (0.1, 0.3)
    assert base.head_dim == big.head_dim == 64 and base.facts == {"head dimension": 64}
    for config in (base, big):
        assert (config.norm, config.final_norm, config.activation, config.tied) == (
            "post",
            False,
            "relu",
            "all",
        )
        assert (config.attention_dropout_rate, config.inner_dropout_rate) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"hidden_size": 10},
            "hidden_size is 10 and num_heads 3; need a hidden_size that is even.* multiple of",
        ),
        ({"hidden_size": 9}, "hidden_size is 9 and num_heads 3; need a hidden_size that is even"),
        ({"norm": "last"}, 'norm is "last"; choose post or pre'),
        ({"activation": "tanh"}, 'activation is "tanh"; choose relu or gelu'),
        ({"tied": "source"}, 'tied is "source"; choose all or target or none'),
        ({"dropout_rate": 1}, "dropout_rate is 1; need a number from 0 to below 1"),
        ({"num_layers": 0}, "num_layers is 0; need a whole number of at least 1 and at most 1,000"),
        ({"layer_norm_eps": 0}, "layer_norm_eps is 0; need a finite number above 0"),
        ({"vocabulary_size": 2**24, "hidden_size": 2**18, "num_heads": 1}, "more than any memory"),
        ({"heads": 3}, 'configuration field "heads" is unknown; did you mean num_heads'),
    ],
)
def test_a_configuration_that_cannot_be(fields, message):
    with pytest.raises(InputError, match=message):
        tiny(**fields)


@pytest.mark.parametrize("name", transformer.PRESETS)
def test_a_configuration_there_and_back(name):
    symbols = {"source_symbols": ("a", "b"), "target_symbols": ("b", "일")}
    for fields in ({}, {**symbols, "vocabulary_size": 6}):
        config = preset(name, **fields)
        given = json.loads(json.dumps(models.config_to_dict(config)))
        assert given["family"] == "transformer"
        assert models.config_from_dict(given) == config


def test_the_initial_tables_have_tokens_of_variance_one():
    p = transformer.init(np.random.default_rng(0), tiny(hidden_size=120, vocabulary_size=500, tied="none"))
    for name in ("embed_source", "embed_target"):
        assert p[name]["E"].std() * 120**0.5 == pytest.approx(1.0, abs=0.02)
    assert p["logits"]["W"].shape == (120, 500)
    assert not np.array_equal(p["embed_source"]["E"], p["embed_target"]["E"])


NORMS = pytest.mark.parametrize("norm", ["post", "pre"])


@NORMS
def test_a_token_sees_only_those_before_it(norm):
    config = tiny(norm=norm)
    p, (source, target) = parameters(config), pairs(targets=(5, 5, 5, 5))
    want, _ = transformer.forward((source, target), p, config)
    for t in range(target.shape[1]):
        other = target.copy()
        other[:, t] = (other[:, t] + 1) % (V - 3) + 3
        got, _ = transformer.forward((source, other), p, config)
        np.testing.assert_array_equal(got[:, :t], want[:, :t])
        assert (abs(got[:, t] - want[:, t]).max(axis=-1) > 1e-3).all(), "itself it sees"
        assert (abs(got[:, -1] - want[:, -1]).max(axis=-1) > 1e-6).all(), "and the last sees all"


@NORMS
def test_every_token_sees_all_of_the_source(norm):
    config = tiny(norm=norm)
    p, (source, target) = parameters(config), pairs()
    want, _ = transformer.forward((source, target), p, config)
    for s in range(source.shape[1]):
        other = source.copy()
        other[:, s] = np.where(source[:, s] == PADDING, PADDING, (source[:, s] + 1) % (V - 3) + 3)
        got, _ = transformer.forward((other, target), p, config)
        changed = abs(got - want).max(axis=-1) > 1e-6
        np.testing.assert_array_equal(changed.all(axis=1), source[:, s] != PADDING)
        np.testing.assert_array_equal(changed.any(axis=1), source[:, s] != PADDING)


@NORMS
def test_a_padded_batch_gives_what_its_sentences_give(norm):
    """In the encoder, in the decoder and between them nobody looks at padding, however much of it there is."""
    config = tiny(norm=norm)
    p, (source, target) = parameters(config), pairs()
    batch, saved = transformer.forward((source, target), p, config)
    for row in range(len(source)):
        for extra in (0, 3):
            alone, _ = transformer.forward((one(source, row, extra), one(target, row, extra)), p, config)
            length = (target[row] != PADDING).sum()
            np.testing.assert_allclose(alone[0, :length], batch[row, :length], rtol=1e-11, atol=1e-12)
    unseen = {"source": source == PADDING, "target": target == PADDING}
    looked = [("source", block.attention.A) for block in saved.encoder]
    looked += [("source", block.cross.A) for block in saved.decoder]
    looked += [("target", block.attention.A) for block in saved.decoder]
    for side, A in looked:
        hidden = np.broadcast_to(unseen[side][:, None, None], A.shape)
        assert hidden.any() and (A[hidden] == 0).all()
        np.testing.assert_allclose(A.sum(axis=-1), 1.0, rtol=1e-13)


def test_positions_of_the_paper():
    """PE by loops; and the same sentence twice as long is not the same tokens twice."""
    config = tiny(hidden_size=6, num_heads=1, num_layers=1)
    p = parameters(config)
    ids = sentences((5,))
    x, _ = transformer.model.placed(ids, p["embed"], config, first=2)
    for t in range(5):
        for i in range(3):
            angle = (t + 2) / 10_000 ** (2 * i / 6)
            row = 6**0.5 * p["embed"]["E"][ids[0, t]]
            assert x[0, t, 2 * i] == pytest.approx(row[2 * i] + np.sin(angle), rel=1e-12)
            assert x[0, t, 2 * i + 1] == pytest.approx(row[2 * i + 1] + np.cos(angle), rel=1e-12)


def test_what_tied_means():
    """The same numbers in one, two or three tables; and a table of its own counts."""
    shared, two, three = (tiny(tied=tied) for tied in ("all", "target", "none"))
    p, pair = parameters(shared), pairs()
    E = p["embed"]["E"]
    rest = {name: part for name, part in p.items() if name != "embed"}
    tables = {"embed_source": {"E": E}, "embed_target": {"E": E}}
    want, _ = transformer.forward(pair, p, shared)
    as_two = {name: (tables | rest)[name] for name in transformer.init(None, two)}
    np.testing.assert_array_equal(transformer.forward(pair, as_two, two)[0], want)
    as_three = {
        name: (tables | rest | {"logits": {"W": E.T}})[name] for name in transformer.init(None, three)
    }
    np.testing.assert_allclose(transformer.forward(pair, as_three, three)[0], want, rtol=1e-12, atol=1e-12)
    # the shared table's gradient is the sum of those of its three uses
    dy = np.random.default_rng(0).standard_normal(want.shape)
    of = {c.tied: transformer.backward(dy, transformer.forward(pair, q, c)[1])[1]
          for q, c in ((p, shared), (as_two, two), (as_three, three))}  # fmt: skip
    parts = [of["none"][f"embed_{side}"]["E"] for side in ("source", "target")]
    parts.append(of["none"]["logits"]["W"].T)
    assert all(abs(part).max() > 0.1 for part in parts)
    np.testing.assert_allclose(of["all"]["embed"]["E"], sum(parts), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(of["target"]["embed_target"]["E"], parts[1] + parts[2], rtol=1e-9, atol=1e-10)


ORDERS = [{"norm": "post"}, {"norm": "post", "final_norm": True}, {"norm": "pre"}]
KINDS = [{"activation": "relu"}, *({"activation": "gelu", "gelu": form} for form in ("tanh", "erf"))]
GRID = [
    order | kind | {"tied": tied}
    for order, kind, tied in itertools.product(ORDERS, KINDS, ("all", "target", "none"))
]


@pytest.mark.parametrize("fields", GRID, ids=lambda fields: " ".join(map(str, fields.values())))
def test_every_gradient(fields):
    """Complex step 1e-12, differences 1e-6, on every leaf, beside padding of several lengths on both sides."""
    config = tiny(**fields)
    p, pair = parameters(config), pairs((6, 2), (2, 4))

    def forward(x, p):  # x: a factor of the logits, as ids have no gradient
        logits, saved = transformer.forward(pair, p, config)
        return logits * x, (logits, x, saved)

    def backward(dy, saved):
        logits, x, saved = saved
        return (dy * logits).sum(), transformer.backward(dy * x, saved)[1]

    report = gradcheck.check(forward, backward, np.array(1.5), p, seeds=(0,))
    assert {leaf.name for leaf in report.leaves} == {"x", *(name for name, _ in tree.leaves(p))}
    assert report.ok, str(report)


@NORMS
def test_what_is_kept_changes_no_bit(norm):
    config = tiny(norm=norm, **DROPOUTS)
    p, pair = parameters(config, dtype="float32"), pairs()
    dy = np.random.default_rng(1).standard_normal((4, 7, V)).astype("float32")
    found = {}
    for keep in ("all", "inputs"):
        y, saved = transformer.forward(pair, p, config, np.random.default_rng(3), keep=keep)
        found[keep] = {"y": y, "dp": transformer.backward(dy, saved)[1]}
        again = transformer.backward(dy, saved)  # and it may be gone back twice
        assert again[0] is None
        tree.map(np.testing.assert_array_equal, again[1], found[keep]["dp"])
    tree.map(np.testing.assert_array_equal, found["inputs"], found["all"])
    y, saved = transformer.forward(pair, p, config, np.random.default_rng(3), keep="nothing")
    np.testing.assert_array_equal(y, found["all"]["y"])
    with pytest.raises(InputError, match=r'saved holds 0 of 2 layers: forward had keep="nothing"'):
        transformer.backward(dy, saved)


@pytest.mark.parametrize("tied", ["all", "target", "none"])
def test_the_parts_come_last_first_and_are_used_up(tied):
    config = tiny(tied=tied, norm="pre")
    p = parameters(config)
    y, saved = transformer.forward(pairs(), p, config)
    found = list(transformer.backward_parts(y, saved))
    leaves = [name for part, dp in reversed(found) for name, _ in tree.leaves(dp, f"{part}.")]
    assert leaves == [name for name, _ in tree.leaves(p)]
    with pytest.raises(InputError, match="backward_parts used it up"):
        next(transformer.backward_parts(y, saved))


def test_dropout_is_where_the_paper_has_it():
    """On both sums with the positions, and on every sublayer's output; elsewhere only where a rate of its own says."""
    config = tiny(dropout_rate=0.5)
    _, saved = transformer.forward(pairs(), parameters(config), config, np.random.default_rng(0))
    for side in (saved.source, saved.target):
        assert side[1][0] is not None
    for block in (*saved.encoder, *saved.decoder):
        sublayers = [block.attention] + [block.cross] * (block.cross is not None)
        for sublayer in sublayers:
            assert sublayer.dropout[0] is not None and sublayer.A_keep is None
        *_, inner, outer, _ = block.feed_forward
        assert (inner[0] is None, outer[0] is None) == (True, False)
    config = dataclasses.replace(config, dropout_rate=0.0, attention_dropout_rate=0.1, inner_dropout_rate=0.1)
    assert config.drops and not tiny().drops
    _, saved = transformer.forward(pairs(), parameters(config), config, np.random.default_rng(0))
    for block in saved.decoder:
        assert block.attention.A_keep is not None and block.cross.A_keep is not None
        assert block.feed_forward[-3][0] is not None and block.feed_forward[-2][0] is None


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (sentences((3,)), r"the input is array.*; need a pair \(source ids \(B, S\), target ids \(B, T\)\)"),
        ((sentences((3,)),), "need a pair"),
        (("ab", sentences((3,))), "source is a str; need an array"),
        ((sentences((3,)), sentences((3, 2))), "there are 1 sources and 2 targets; need one each"),
        (
            (sentences((3,)), sentences((3,))[:, [0, 1, 2, 2]] * [[0, 1, 1, 1]]),
            "a target begins with padding",
        ),
        (
            (sentences((3,)).astype(float), sentences((3,))),
            r"source is float64 of shape \(1, 3\); need whole",
        ),
    ],
)
def test_a_pair_that_does_not_fit(pair, message):
    config = tiny()
    with pytest.raises(InputError, match=message):
        transformer.forward(pair, parameters(config), config)


def test_parameters_and_options_that_do_not_fit():
    config = tiny()
    p = parameters(config)
    for call, message in (
        (lambda: transformer.forward(pairs(), {}, config), "p is a dict without arrays"),
        (
            lambda: transformer.forward(pairs(), p, tiny(tied="none")),
            "p is not the tree of this configuration",
        ),
        (lambda: transformer.forward(pairs(), p, preset("tiny")), "need a TransformerConfig"),
        (lambda: transformer.forward(pairs(), p, config, 3), "rng is 3; need a generator"),
        (lambda: transformer.forward(pairs(), p, config, keep="some"), 'keep is "some"; choose'),
        (lambda: transformer.forward(pairs(), p, config, whole=1), "whole is 1; need True or False"),
        (lambda: transformer.init(0, config), "rng is 0; need a generator"),
        (lambda: transformer.init(None, preset("tiny")), "need a TransformerConfig"),
        (lambda: transformer.init(None, config, "int8"), 'dtype is "int8"; need float16'),
        (lambda: transformer.backward(np.zeros((4, 7, V)), ()), "saved is a tuple"),
    ):
        with pytest.raises(InputError, match=message):
            call()


def test_multiply_adds_are_the_products():
    config = tiny(source_length=6, target_length=3)
    done, Counting = counting()
    p = tree.map(lambda leaf: leaf.view(Counting), parameters(config, dtype="float32"))
    transformer.forward((sentences((6,)), sentences((4,))), p, config)
    assert sum(done) == sum(transformer.multiply_adds(config).values())
