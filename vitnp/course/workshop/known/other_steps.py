"""Steps 6, 7 and 8: of which terms a wrong gradient is made."""

import numpy as np

from vitnp.course.workshop.known.fitting import FOLLOWS, factor, fits, is_close, matching, whole_numbers
from vitnp.course.workshop.known.kinds import solution
from vitnp.course.workshop.known.point import point
from vitnp.course.workshop.known.results import leaves_of


def gradients(answer):
    """{leaf: array} of what a right backward returns."""
    if not isinstance(answer, tuple):
        return {"dx": answer}
    return {"dx": answer[0], **dict(leaves_of(answer[1]))}


def layer_norm(run, right, found):
    """dx is a sum of three terms, dγ and dβ are one each."""
    where = point(6)
    (x, p), dy = where.inputs, where.dy
    y, (x_hat, inverse_std, gamma) = solution(6)["forward"](x, p, **where.static)
    saved = {"y": y, "x": x, "centered": x_hat / inverse_std, "gamma": gamma * x_hat}
    answer = {}
    if found.get("dx", "") is None and run.leaves.get("dx", np.zeros(0)).shape == x.shape:
        answer["dx"] = of_norm(run.leaves["dx"], (dy, x_hat, inverse_std, gamma), saved)
    sums = [dy, dy * gamma * x_hat, dy * gamma, *(dy * array for array in saved.values())]
    of_saved = "norm_saved" if answer.get("dx") == "norm_saved" else "gamma_backward"
    rows = [(of_saved, array.sum(axis=(0, 1))) for array in sums]
    for name in ("gamma", "beta"):
        if found.get(name, "") is None and (family := matching(run.leaves.get(name, np.zeros(0)), rows)):
            answer[name] = family
    return answer


def of_norm(dx, right, saved):
    """The family of a wrong dx of LayerNorm, or None."""
    dy, x_hat, inverse_std, gamma = right
    up, ones = dy * gamma, np.ones_like(dy)
    own = [up, mean(up), x_hat * mean(up * x_hat)]
    for array in saved.values():
        coefficients = fits(
            dx, [own[0] * inverse_std, own[1] * inverse_std, array * mean(up * array) * inverse_std]
        )
        if coefficients is not None and np.allclose(coefficients, (1, -1, -1), atol=1e-6):
            return "norm_saved"
    tokens = [(up * weight).mean(axis=-2, keepdims=True) * weight for weight in (ones, x_hat)]
    of_dy = [mean(dy), x_hat * mean(dy * x_hat)]
    sets = [
        ("norm_subtractions", [term * inverse_std for term in (*own, mean(up * x_hat), *tokens, *of_dy)]),
        (
            "norm_std",
            [term * power for term in own for power in (inverse_std, ones, 1 / inverse_std, inverse_std**2)],
        ),
    ]
    for upstream in (dy, dy / gamma):
        terms = [upstream, mean(upstream), x_hat * mean(upstream * x_hat)]
        sets.append(("gamma_backward", [term * inverse_std for term in terms]))
    return next((family for family, terms in sets if fits(dx, terms) is not None), None)


def mean(array):
    """Over the values of a token, in every value's place."""
    return array.mean(axis=-1, keepdims=True) + 0 * array


def block(run, right, found):
    """dx is a sum of three paths: the residuals, the MLP, and the attention, which gets the sum of the first two."""
    dy, leaves = point(6, "block").dy, run.leaves
    df, from_dy, from_df = through_attention()
    below = [name for name in found if name in from_dy and name != "dx"]
    shares = [fits(leaves.get(name, np.zeros(0)), [from_dy[name], from_df[name]]) for name in below]
    gets = np.ones(2)  # how often the attention gets dy, and df
    answer = {}
    if shares and all(share is not None and np.allclose(share, shares[0], atol=1e-5) for share in shares):
        gets = shares[0]
        if whole_numbers(gets):
            answer = dict.fromkeys(below, "residual" if abs(gets[0] - 1) > 1e-5 else "path")
    if "dx" not in found or leaves.get("dx", np.zeros(0)).shape != dy.shape:
        return answer
    da = gets[0] * from_dy["dx"] + gets[1] * from_df["dx"]
    paths = fits(leaves["dx"], [dy, df, da])
    if paths is None or not whole_numbers(paths):
        return answer
    if answer and np.allclose(paths, 1.0, atol=1e-5):  # dx is right; what the attention gets is not
        return dict.fromkeys(answer, "block_order") | {"dx": FOLLOWS}
    if answer and np.allclose(paths, [*gets, 1.0], atol=1e-5):
        return answer | {"dx": FOLLOWS}
    return answer | {"dx": "residual" if abs(paths[0] - 1) > 1e-5 else "path"}


def through_attention():
    """df, and the leaves of what dy and df alone give on the way through the attention: they add up."""
    where, functions = point(6, "block"), solution(6)
    norm_1, attention, norm_2, feed_forward = functions["block_forward"](*where.inputs, **where.static)[1]
    df = functions["s7_feed_forward"].backward(where.dy, feed_forward)[0]
    df = functions["backward"](df, norm_2)[0]
    found = []
    for gradient in (where.dy, df):
        da, dp = functions["s5_attention"].backward(gradient.copy(), attention)
        da, dp_norm = functions["backward"](da, norm_1)
        found.append(gradients((da, {"attention": dp, "norm_1": dp_norm})))
    return df, *found


def feed_forward(run, right, found):
    """du follows from dx, as M ≤ D; it must be that of W1 and b1, too."""
    where = point(7)
    (x, p), dv = where.inputs, where.dy
    u, dg = x @ p["W1"] + p["b1"], dv @ p["W2"].T
    answer = places(run.leaves, found, (x, u, dg, dv), p)
    dx = run.leaves.get("dx", np.zeros(0))
    if found.get("dx", "") is not None or dx.shape != x.shape or not np.isfinite(dx).all():
        return answer
    du = dx @ np.linalg.pinv(p["W1"].T)
    if not is_close(du @ p["W1"].T, dx):
        extra = fits(dx, [right.leaves["dx"], dv])
        return answer | ({"dx": "path"} if extra is not None and whole_numbers(extra) else {})
    follows = {"W1": np.einsum("bnd,bnm->dm", x, du), "b1": du.sum(axis=(0, 1))}
    if all(name in found and is_close(run.leaves.get(name, np.zeros(0)), follows[name]) for name in follows):
        return answer | dict.fromkeys(follows, FOLLOWS) | {"dx": of_du(du, dg, u)}
    return answer


def places(leaves, found, arrays, p):
    """{leaf: "gelu_place"} of what is computed from the array on the GELU's other side."""
    x, u, dg, dv = arrays
    gelu = solution(7)["gelu"]
    before = [u, gelu(gelu(u)), gelu(u) / u, dg * gelu(u) / u]
    wrong = {
        "W2": [np.einsum("bnm,bnd->md", array, dv) for array in before],
        "W1": [np.einsum("bnd,bnm->dm", x, dg)],
        "b1": [dg.sum(axis=(0, 1))],
        "dx": [dg @ p["W1"].T],
    }
    given = {name: leaves.get(name, np.zeros(0)) for name in wrong}
    matches = {name for name in wrong if any(is_close(given[name], leaf) for leaf in wrong[name])}
    if "dx" in matches and {"W1", "b1"} & found.keys() <= matches:
        return dict.fromkeys(matches & found.keys(), "gelu_place")
    return dict.fromkeys((matches - {"dx"}) & found.keys(), "gelu_place")


def of_du(du, dg, u):
    """The family of a du, from which all that is below it follows.

    dg times another function of u, or that function alone, is a wrong derivative: the last image has the first's u.
    """
    backward, gelu = solution(7)["gelu_backward"], solution(7)["gelu"]
    if is_close(du, dg) or is_close(du, backward(dg, gelu(u))):
        return "gelu_place"
    c = factor(du, backward(dg, u))
    if c is not None:
        return "sign" if np.isclose(c, -1.0) else "zero" if abs(c) < 1e-9 else None
    slope = du / dg
    return "gelu_derivative" if is_close(slope[-1], slope[0]) or is_close(du[-1], du[0]) else None


def loss(run, right, found):
    """dz is a combination of prob and target."""
    where = point(8, "loss")
    z, target = where.inputs
    dz = run.leaves.get("dx", np.zeros(0))
    if found.get("dx", "") is not None or dz.shape != z.shape:
        return {}
    prob = solution(8)["probabilities"](z)
    terms = [prob, target] if factor(dz, right.leaves["dx"]) is None else []
    candidates = [target / prob, z - target, np.log(prob) - target, (prob - 1) * target, prob * target]
    fitting = terms and (fits(dz, terms) is not None or any(factor(dz, array) for array in candidates))
    return {"dx": "loss_gradient"} if fitting else {}
