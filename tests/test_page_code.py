"""The lines of our code that the explore page shows: of every named tensor, and of its gradient."""

import pathlib

import pytest
from cases import NEIGHBORS, POSITIONS
from test_page_formulas import KINDS, names

from vitnp import models
from vitnp.course.page import code
from vitnp.models.tensors import RETURNED, Local
from vitnp.steps import s3_class_token, s4_position, s5_attention, s7_feed_forward

ROOT = pathlib.Path(__file__).parent.parent


def marked(lines):
    """The marked lines, without what is before and behind them."""
    return [lines["lines"][n - lines["first"]].strip() for n in lines["marked"]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_has_lines(kind):
    """They stand where they are said to be, few enough to be read, and some of them are marked."""
    config = models.preset("tiny", **KINDS[kind])
    found = code.of(config)
    assert list(found) == names(config)
    for name, both in found.items():
        for lines in both:
            assert 1 <= len(lines["lines"]) <= code.MOST, name
            assert all(0 <= n - lines["first"] < len(lines["lines"]) for n in lines["marked"]), name
            assert lines["marked"], name


@pytest.mark.parametrize("kind", ["tiny", *POSITIONS, *NEIGHBORS])
def test_lines_are_those_of_the_file(kind):
    for both in code.of(models.preset("tiny", **KINDS[kind])).values():
        for lines in both:
            first = lines["first"] - 1
            file = (ROOT / lines["file"]).read_text("utf-8").splitlines()[first : first + len(lines["lines"])]
            assert [line.strip() for line in file] == [line.strip() for line in lines["lines"]]
            assert f"def {lines['function']}(" in (ROOT / lines["file"]).read_text("utf-8")


def test_marked_lines_have_the_variable():
    """Of whatever `tensors` names in a function of its own."""
    config = models.preset("tiny")
    for tensor in models.ask(config, "tensors", "named tensors")(config):
        for local in (tensor.value, tensor.gradient):
            if local.name != RETURNED:
                lines = marked(code.lines_of(local))
                assert lines and all(local.name in line for line in lines), tensor.name


def test_known_lines():
    found = code.of(models.preset("B/16"))
    attention = {name: tuple(map(marked, found[f"blocks.i.attention.{name}"])) for name in "QSAO"}
    assert attention["Q"][0] == ['Q = heads.split(affine(x, p["W_Q"], p.get("b_Q")), num_heads)']
    assert attention["S"] == (
        [
            "scaled = Q * (1.0 / math.sqrt(Q.shape[-1]))  # N·K numbers; the scores would be N·M",
            "S = scaled @ K.swapaxes(-1, -2)  # (B, H, N, M)",
        ],
        ["dx = wide(dy) * y", "dx -= y * row_sums(dx)"],
    )
    assert attention["O"][1] == ["dO = heads.split(dconcat, Q.shape[1])  # (B, N, D) → (B, H, N, K)"]
    residual = tuple(map(marked, found["blocks.i.residual_1"]))
    assert residual == (["x = x + a"], ["dx = dx + df"])
    assert found["blocks.i.attention.Q"][0]["file"] == "vitnp/steps/s5_attention.py"
    assert marked(found["norm"][1]) == [
        "dx[:, 0] = dy  # y = x[0]: the other tokens have no part in the logits"
    ]


def test_lines_of_what_another_branch_makes():
    """The pre-logits where there are some; ∂z″ of the last block, which the last LayerNorm or the mean hands back."""
    found = code.of(models.preset("tiny", representation_size=5))["pre_logits"]
    assert tuple(map(marked, found)) == (
        ["r = xp.tanh(u)"],
        ['dr, dp["head"] = linear.backward(dz, saved_head)'],
    )
    last = code.of_last_block(models.preset("tiny"))
    assert last["function"] == "normalize_backward" and marked(last)[0].startswith("dx = dx_hat")
    pooled = code.of_last_block(models.preset("tiny", **NEIGHBORS["norm of the mean"]))
    assert pooled["file"] == "vitnp/ops/patch_mean.py"


def test_what_is_marked():
    """A variable's every assignment; of a returned one the return as well; of a parameter where it is read first."""
    g = code.lines_of(Local(s7_feed_forward.forward, "g"))
    assert [line.partition(" = ")[0] for line in marked(g)] == ["g, saved_g", "g, g_dropout"]
    y = code.lines_of(Local(s4_position.forward, RETURNED))
    assert [line[:10] for line in marked(y)] == ["y, saved_d", "return y, "]
    assert marked(code.lines_of(Local(s3_class_token.forward, "x"))) == ["xp = array_module(x)"]
    table = code.lines_of(Local(s5_attention.ways_back, "dp", item="E_rel"))
    assert marked(table)[0].startswith('dp["E_rel"]') and len(table["marked"]) == 1


def test_words_that_begin_no_statement_are_refused():
    with pytest.raises(LookupError, match="0 statements begin with 'S = Q'"):
        code.lines_of(code.Lines(s5_attention.attend, ("S = Q",)))
