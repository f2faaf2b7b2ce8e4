"""Wrong answers that are not the catalog's own: in another style, several at once, of a family only, and odd ones."""

import math
import types

import numpy as np
import pytest
from mutants import CONSISTENT, MUTANTS
from student_files import FILES
from student_mutants import HARMLESS, ROWS

from vitnp.course.workshop.known import BY_KEY, Named, named
from vitnp.course.workshop.known.kinds import executed, solution, with_mistakes

OF_A_STUDENT = {
    *(f"steps/{step}.py" for step in ("s5_attention", "s6_layer_norm", "s7_feed_forward", "s8_classify")),
    *(f"ops/{op}.py" for op in ("linear", "softmax", "gelu", "heads")),
    "blocks/encoder.py",
    "engine/loss.py",
}
NOT_IN_THEIR_FILES = (
    "quick",
    "dropout",
    "mask",
    "cross",
    "causal",
    "relative",
    "gap",
    "pre_logits",
    "erf",
    "smoothing",
    "row",
)
NOT_IN_THEIR_FILES += ("depth", "recomputed", "encoder", "vit", "two threads", "by two images")


def edited(step, *changes):
    """The functions of the file in another style, with edits."""
    code = FILES[step]
    for old, new in changes:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return executed(step, code)


def writable(case):
    return not any(word in case for word in NOT_IN_THEIR_FILES)


def test_every_mutant_that_a_student_can_make_is_in_the_table():
    found = [mutant for mutant in MUTANTS if mutant.file in OF_A_STUDENT]
    mutants = {str(mutant) for mutant in found if writable(mutant.cases[0]) and "mask" not in mutant.what}
    assert {row[0] for row in ROWS} >= mutants - HARMLESS
    consistent = {
        str(c) for c in CONSISTENT if c.file in OF_A_STUDENT and c.block is None and writable(c.case)
    }
    assert {row[0] for row in ROWS} >= consistent
    assert len(ROWS) == len({row[0] for row in ROWS}) >= 130


def test_nine_of_ten_mutants_are_named_or_their_family_is():
    """In files of another style than the templates. None is given a wrong name."""
    right = 0
    for name, step, family, *changes in ROWS:
        found = named(step, edited(step, *changes))
        assert found.family in (family, None), name
        assert found.mistake is None or BY_KEY[found.mistake].family == family, name
        right += family is not None and found.family == family
    share = right / len(ROWS)
    print(f"{right} of {len(ROWS)} mutants: {share:.1%}")
    assert share >= 0.9


PART, W_T = 'np.einsum("bne->e", part)', 'np.einsum("bne,de->bnd", part, p["W_" + name])'
OWN_W = 'np.einsum("bnd,bne->de", x, part)'
# what is in no catalog: one leaf of several, other factors, other coefficients
OF_A_FAMILY = [
    (5, "forward_bias", (' + p["b_Q"]', "")),
    (5, "forward_names", ('x, p["W_V"]', 'x, p["W_Q"]')),
    (5, "forward_transposed", ('"bnd,de->bne", x, p["W_V"]', '"bnd,ed->bne", x, p["W_V"]')),
    (5, "scale", ("q, key) / k**0.5", "q, key) / k**1.5")),
    (5, "sum", (PART, f'({PART} / (1 if name != "Q" else len(x)))')),
    (5, "sum", (PART, f'({PART} if name != "V" else part.mean((0, 1)))')),
    (5, "sum", (OWN_W, f'({OWN_W} if name != "V" else np.einsum("bnd,bne->bde", x, part))')),
    (5, "sum", ('"b_O": np.einsum("bnf->f", grad)', '"b_O": grad[1:].sum((0, 1))')),
    (5, "transposed", (OWN_W, f'({OWN_W} if name != "K" else {OWN_W}.T)')),
    (5, "transposed", (W_T, f'({W_T} if name != "V" else part @ p["W_V"])')),
    (5, "path", (W_T, f'({W_T} if name != "V" else 2 * {W_T})')),
    (5, "path", (W_T, f'({W_T} if name != "K" else -{W_T})')),
    (5, "wrong_weight", (W_T, f'({W_T} if name != "Q" else np.einsum("bne,de->bnd", part, p["W_V"]))')),
    (
        5,
        "wrong_input",
        (OWN_W, f'({OWN_W} if name != "V" else np.einsum("bnd,bne->de", saved["flat"], part))'),
    ),
    (5, "scale", ("weights * g_weights - weights * inner", "(weights * g_weights - weights * inner) / k")),
    (5, "scale", ("g_scores, q) / k**0.5", "g_scores, q) / k**1.5")),
    (
        5,
        "softmax_jacobian",
        ("weights * g_weights - weights * inner", "weights * g_weights - 2 * weights * inner"),
    ),
    (
        5,
        "softmax_jacobian",
        ("weights * g_weights - weights * inner", "weights**2 * g_weights - inner * weights"),
    ),
    (5, "zero", (PART, f'({PART} if name != "V" else np.zeros(x.shape[2]))')),
    (5, "sign", (OWN_W, f'({OWN_W} if name != "V" else -{OWN_W})')),
    (6, "norm_subtractions", ("d * g - total - normal * along", "d * g - 2 * total - normal * along")),
    (6, "norm_subtractions", ("d * g - total - normal * along", "d * g - normal * along / d")),
    (6, "norm_std", ("d * g - total - normal * along", "d * g / sigma - total - normal * along")),
    (6, "residual", ("gx = g_middle + g_first", "gx = back + g_first")),
    (6, "path", ("g_middle = grad + back", "g_middle = grad + 2 * back")),
    (7, "gelu_derivative", ("slope = phi + u * 2 * phi", "slope = 2 * phi + u * phi")),
    (7, "gelu_derivative", ("slope = phi + u * 2 * phi * (1 - phi) * dz", "slope = np.cos(u)")),
    (7, "sum", ('"b1": np.einsum("bnm->m", du)', '"b1": du.mean((0, 1))')),
    (
        7,
        "path",
        (
            'return np.einsum("bnm,dm->bnd", du, p["W1"])',
            'return np.einsum("bnm,dm->bnd", du, p["W1"]) - grad',
        ),
    ),
    (8, "class_extract", ("gx[image, 0] =", "gx[image, 2] =")),
    (8, "sum", ('"b": np.einsum("bc->c", grad)', '"b": grad[-1]')),
    (8, "loss_gradient", ("(gz[i] - t)", "(gz[i] - 2 * t)")),
]


@pytest.mark.parametrize(("step", "family", "change"), OF_A_FAMILY)
def test_the_family_is_read_from_the_numbers(step, family, change):
    found = named(step, edited(step, change))
    assert (found.mistake, found.family) == (None, family)


# no name fits these, so none is given
ODD = [
    (5, "dS", ("weights * g_weights - weights * inner", "np.tanh(weights * g_weights - weights * inner)")),
    (5, "dS", ("weights * g_weights - weights * inner", "weights * g_weights - weights * inner + 0.01")),
    (5, "dp", (PART, "part.max((0, 1))")),
    (5, "dx", ("return gx, g", "return 1.1 * gx, g")),
    (5, "dx", ("return gx, g", "return np.sin(gx), g")),
    (5, "forward", ("q, key) / k**0.5", "q, key) / (k**0.5 + 1)")),
    (5, "dp", (OWN_W, f"np.sign({OWN_W})")),
    (6, "dx", ("d * g - total - normal * along", "d * g - total - normal * along + grad**3")),
    (6, "forward", ('+ p["beta"]', '+ p["beta"] ** 2')),
    (6, "dp", ('np.einsum("bnd->d", grad)', "np.abs(grad).sum((0, 1))")),
    (6, "block", ("gx = g_middle + g_first", "gx = g_middle + np.tanh(g_first)")),
    (7, "du", ("du = back * slope", "du = back * back * slope")),
    (7, "dp", ('np.einsum("bnd->d", grad)', "np.median(grad, axis=(0, 1))")),
    (8, "dx", ('saved["W"] @ grad[image]', 'saved["W"] @ grad[image] ** 2')),
    (8, "backward", ("(gz[i] - t)", "np.exp(gz[i] - t)")),
]


@pytest.mark.parametrize(("step", "stage", "change"), ODD)
def test_an_odd_answer_gets_no_name_but_a_stage(step, stage, change):
    """Where the first wrong thing is a right forward's first pair, its stage says which leaves are not suspect."""
    assert named(step, edited(step, change)) == Named(stage=stage)


PAIRS = [
    ("5_scale_missing_backward", "5_jacobian_diagonal"),  # both change the same leaves
    ("5_dx_no_Q", "5_db_mean"),
    ("5_dK_plain", "5_dV_plain"),
    ("5_no_bias_O", "5_softmax_over_queries"),
    ("6_no_along_mean", "6_dgamma_no_x_hat"),
    ("7_no_half_slope", "7_dW2_from_u"),
    ("4_dz_zero", "4_batch_mean"),
]


@pytest.mark.parametrize("keys", PAIRS)
def test_two_mistakes_at_once_are_both_named(keys):
    found = named(BY_KEY[keys[0]].step, with_mistakes(*(BY_KEY[key] for key in keys)))
    assert {found.mistake, *found.also} == set(keys)


def test_of_other_pairs_most_are_named_and_none_wrongly():
    right = tried = 0
    of_step = [mistake for mistake in BY_KEY.values() if mistake.step in (5, 7) and not mistake.same_as]
    for a, b in zip(of_step, of_step[20:], strict=False):
        functions = with_mistakes(a, b) if a.step == b.step else None
        if functions is None or tried == 40:
            continue
        tried += 1
        found = named(a.step, functions)
        keys = {found.mistake, *found.also} - {None}
        assert {BY_KEY[key].family for key in keys} <= {a.family, b.family}
        right += keys == {a.key, b.key}
    assert tried == 40
    assert right >= 30


KEEPDIMS = [
    (5, "softmax_axis", ("weights.sum(-1)[..., None]", "weights.sum(-1)")),
    (
        5,
        "softmax_jacobian",
        ('"bhqs,bhqs->bhq", weights, g_weights)[..., None]', '"bhqs,bhqs->bhq", weights, g_weights)'),
    ),
    (6, "norm_statistics", ("np.var(x, axis=-1)[..., None]", "np.var(x, axis=-1)")),
    (
        6,
        "norm_subtractions",
        ('total = np.einsum("bnd->bn", g)[..., None]', 'total = np.einsum("bnd->bn", g)'),
    ),
]


@pytest.mark.parametrize(("step", "family", "change"), KEEPDIMS)
def test_forgotten_keepdims_are_named_although_they_raise_an_error(step, family, change):
    found = named(step, edited(step, change))
    assert found.family == family and "keepdims" in BY_KEY[found.mistake].name.ko


def test_three_mistakes_of_different_leaves():
    keys = ("8_dW_transposed", "8_db_mean", "8_dx_last_token")
    found = named(8, with_mistakes(*(BY_KEY[key] for key in keys)))
    assert {found.mistake, *found.also} == set(keys)


def test_the_loss_is_named_beside_the_classification():
    functions = with_mistakes(BY_KEY["8_db_mean"], BY_KEY["8_loss_dz_no_mean"])
    assert named(8, functions)[:3] == ("8_db_mean", "sum", ("8_loss_dz_no_mean",))


def test_a_block_is_not_blamed_for_its_layer_norm():
    functions = with_mistakes(BY_KEY["6_no_along_mean"], BY_KEY["6_block_norms_exchanged"])
    assert named(6, functions)[:3] == ("6_no_along_mean", "norm_subtractions", ())
    # no gradient passes a norm, so none passes the block but through the residuals
    assert named(6, with_mistakes(BY_KEY["6_dx_zero"]))[:3] == ("6_dx_zero", "zero", ())


def test_the_forward_is_named_although_the_backward_is_wrong_in_its_own_way():
    functions = dict(with_mistakes(BY_KEY["5_softmax_missing"]))
    right = functions["backward"]
    functions["backward"] = lambda dy, saved: (np.tanh(right(dy, saved)[0]), right(dy, saved)[1])
    assert named(5, functions)[:3] == ("5_softmax_missing", "softmax_missing", ())


def test_a_backward_that_uses_up_what_was_saved_is_still_named():
    """It works once. Its wrong values are told first; if they are right, what is told is that it works once."""
    for key, expected in (("5_dx_no_K", ("5_dx_no_K", "path")), (None, (None, "writes"))):
        functions = dict(with_mistakes(BY_KEY[key]) if key else solution(5))
        forward, backward = functions["forward"], functions["backward"]
        functions["forward"] = lambda *args, _f=forward, **static: (lambda y, saved: (y, [saved]))(
            *_f(*args, **static)
        )
        functions["backward"] = lambda dy, saved, _b=backward: _b(dy, saved.pop())
        assert named(5, functions)[:2] == expected


def test_the_forward_is_named_before_there_is_a_backward():
    functions = with_mistakes(BY_KEY["5_scale_missing_forward"])

    def backward(dy, saved):
        raise NotImplementedError("5.7 backward")

    assert named(5, {**functions, "backward": backward})[:2] == ("5_scale_missing_forward", "scale")
    del functions["backward"]
    assert named(5, functions)[:2] == ("5_scale_missing_forward", "scale")


def test_a_right_forward_without_a_backward_has_no_mistake():
    assert named(5, {"forward": solution(5)["forward"]}) == Named()


def test_functions_may_be_a_module_or_a_dict():
    functions = with_mistakes(BY_KEY["5_dx_no_K"])
    assert named(5, functions) == named(5, types.SimpleNamespace(**functions))


def raising(*_, **__):
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "backward",
    [
        raising,
        lambda dy, saved: exit(),
        lambda dy, saved: None,
        lambda dy, saved: "dx",
        lambda dy, saved: ("dx", "dp"),
        lambda dy, saved: (None, {"W_Q": None, 3: dy}),
        lambda dy, saved: (dy * math.nan, {}),
        lambda dy, saved: (dy * math.inf, {"W1": np.full((8, 6), 1e300)}),
        lambda dy, saved: (dy, dy, dy),
        lambda dy, saved: (np.zeros((0, 3)), {"W_Q": [[1], [2, 3]]}),
        lambda dy, saved: (dy + 1j, {"b_Q": {"b_Q": dy}}),
    ],
)
@pytest.mark.parametrize("step", range(1, 9))
def test_whatever_comes_back_is_no_error(step, backward):
    functions = {name: f for name, f in solution(step).items() if name.endswith("forward")}
    found = named(step, functions | dict.fromkeys(("backward", "block_backward", "loss_backward"), backward))
    assert found.mistake is None or BY_KEY[found.mistake].step == step


def test_a_gradient_that_is_no_number_is_not_called_a_changed_array():
    functions = dict(solution(5))
    right = functions["backward"]
    functions["backward"] = lambda dy, saved: (math.nan * dy, right(dy, saved)[1])
    assert named(5, functions) == Named(stage="dx")


@pytest.mark.parametrize("forward", [raising, lambda *_, **__: None, lambda *_, **__: 3, "no function"])
def test_a_forward_that_gives_nothing_has_no_name(forward):
    assert named(5, {"forward": forward, "backward": raising}).mistake is None


def test_a_mistake_of_ours_is_not_hidden(monkeypatch):
    """Only what the student's functions raise is caught."""
    monkeypatch.setattr("vitnp.course.workshop.known.results.printed", raising)
    with pytest.raises(ZeroDivisionError):
        named(5, with_mistakes(BY_KEY["5_dx_no_K"]))


def test_the_points_stay_as_they_are():
    """A student's function that writes into what it is given changes nothing for the next one."""

    def forward(x, p, **_):
        x[:] = 0
        for leaf in p.values():
            leaf[:] = 0
        return x, None

    named(5, {"forward": forward, "backward": lambda dy, saved: (dy.fill(0), {})})
    assert named(5, with_mistakes(BY_KEY["5_dx_no_K"])).mistake == "5_dx_no_K"
