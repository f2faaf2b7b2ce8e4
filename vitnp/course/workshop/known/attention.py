"""Step 5: where on the backward pass a wrong gradient went wrong.

At the point B·N ≤ D and N ≤ K, so dQ, dK and dV follow from the student's dW = xᵀ·d…, and dS from those. What they
do not follow from is left to the comparison of single leaves.
"""

import numpy as np

from vitnp.course.workshop.known.fitting import (
    FOLLOWS,
    factor,
    fits,
    is_close,
    matching,
    of_factor,
    whole_numbers,
)
from vitnp.course.workshop.known.kinds import solution
from vitnp.course.workshop.known.point import B, D, H, K, N, factors, point

NAMES = "QKV"


def explained(run, right, found):
    """{leaf: family, or FOLLOWS} of those wrong leaves that the intermediate arrays explain."""
    inside, leaves = intermediate(), run.leaves
    inputs = inputs_exchanged(leaves, inside, found)
    if inputs:
        return inputs
    given = {name: recovered(leaves.get(f"W_{name}"), inside["x"]) for name in NAMES}
    if any(array is None for array in given.values()):
        # a W is not xᵀ times anything: only the paths of a dx can be read, from what is right
        usable = {name: inside[f"d{name}"] if array is None else array for name, array in given.items()}
        return dx_alone(leaves, usable, inside, found)
    answer = {}
    family = origin({name: split(array) for name, array in given.items()}, inside)
    for name in NAMES:
        weight, bias = f"W_{name}", f"b_{name}"
        if weight in found:
            answer[weight] = family or found[weight]
        if bias in found and is_close(leaves.get(bias, np.zeros(0)), given[name].sum(axis=(0, 1))):
            answer[bias] = FOLLOWS
    return answer | dx_alone(leaves, given, inside, found)


def inputs_exchanged(leaves, inside, found):
    """{leaf: "wrong_input"} of every dW that has been computed from another input."""
    arrays = {"x": inside["x"], "concat": inside["concat"], "y": inside["y"]}
    arrays |= {name: merge(inside[name]) for name in NAMES}
    answer = {}
    for name, gradient, own in [
        ("O", inside["dy"], "concat"),
        *((name, inside[f"d{name}"], "x") for name in NAMES),
    ]:
        others = [
            ("wrong_input", np.einsum("bni,bno->io", array, gradient))
            for other, array in arrays.items()
            if other != own
        ]
        if f"W_{name}" in found and matching(leaves.get(f"W_{name}", np.zeros(0)), others):
            answer[f"W_{name}"] = "wrong_input"
    return answer


def intermediate():
    """The right arrays of forward and backward at the point: x, Q, … and dconcat, dQ, …"""
    where, functions = point(5), solution(5)
    (x, p), dy = where.inputs, where.dy
    y, (_, _, Q, K_, V, A, concat) = functions["forward"](x, p, **where.static)
    dconcat = dy @ p["W_O"].T
    dO = split(dconcat)
    dA = dO @ V.swapaxes(-1, -2)
    dS = functions["softmax_backward"](dA, A)
    scale = 1 / np.sqrt(K)
    dQ, dK, dV = dS @ K_ * scale, dS.swapaxes(-1, -2) @ Q * scale, A.swapaxes(-1, -2) @ dO
    found = {
        "x": x,
        "y": y,
        "p": p,
        "dy": dy,
        "Q": Q,
        "K": K_,
        "V": V,
        "A": A,
        "concat": concat,
        "dO": dO,
        "dA": dA,
        "dS": dS,
    }
    return found | {"dQ": merge(dQ), "dK": merge(dK), "dV": merge(dV)}


def split(array):
    """(B, N, D) → (B, H, N, K)"""
    return array.reshape(B, N, H, K).swapaxes(1, 2)


def merge(array):
    """(B, H, N, K) → (B, N, D)"""
    return array.swapaxes(1, 2).reshape(B, N, D)


def recovered(dW, x):
    """The d… (B, N, D) for which dW = xᵀ·d…, or None."""
    if dW is None or dW.shape != (D, D) or not np.isfinite(dW).all():
        return None
    rows = x.reshape(B * N, D).T
    array = np.linalg.pinv(rows) @ dW
    return array.reshape(B, N, D) if is_close(rows @ array, dW) else None


def dx_alone(leaves, given, inside, found):
    """{"dx": FOLLOWS, or a family} by the paths that a dx is the sum of."""
    if "dx" not in found or "dx" not in leaves or leaves["dx"].shape != (B, N, D):
        return {}
    p, dx = inside["p"], leaves["dx"]
    own = [given[name] @ p[f"W_{name}"].T for name in NAMES]
    coefficients = fits(dx, own)
    if coefficients is not None and np.allclose(coefficients, 1.0, atol=1e-6):
        return {"dx": FOLLOWS}
    extra = [inside["dy"], *(given[name] for name in NAMES)]
    for family, terms in (
        ("path", own),
        ("path", [*own, *extra]),
        ("transposed", [*own, *(given[name] @ p[f"W_{name}"] for name in NAMES)]),
        ("wrong_weight", [given[name] @ p[f"W_{weight}"].T for name in NAMES for weight in "QKVO"]),
    ):
        coefficients = fits(dx, terms)
        if coefficients is not None and whole_numbers(coefficients):
            return {"dx": family}
    thirds = fits(dx, own)
    return {"dx": "path"} if thirds is not None and np.allclose(thirds, 1 / 3, atol=1e-6) else {}


def origin(given, inside):
    """The family of the first array of the backward pass that is wrong, from dQ, dK, dV (B, H, N, K); or None."""
    wrong = [name for name in NAMES if not is_close(given[name], split(inside[f"d{name}"]))]
    if not wrong:
        return None
    arrays = {name: split(inside[f"d{name}"]) for name in NAMES}
    if all(any(is_close(given[name], arrays[other]) for other in NAMES if other != name) for name in wrong):
        return "exchanged"
    if all(is_close(merge(given[name]), arrays[name].reshape(B, N, D)) for name in wrong):
        return "heads"
    if wrong == ["V"]:
        return of_dV(given["V"], inside)
    if "V" in wrong:
        return of_dO(np.linalg.solve(inside["A"].swapaxes(-1, -2), given["V"]), given, inside)
    return of_dS(given, inside, wrong)


def of_dV(dV, inside):
    """The family of a wrong dV alone."""
    A, dO = inside["A"], inside["dO"]
    candidates = [("transposed", A @ dO), ("path", dO)]
    return matching(dV, candidates) or by_factor(factor(dV, A.swapaxes(-1, -2) @ dO))


def of_dO(dO, given, inside):
    """The family of a wrong dO: dV, dQ and dK must all follow from it."""
    p, dy = inside["p"], inside["dy"]
    if not is_close(given["Q"], from_dO(dO, inside)):
        return None
    candidates = [
        ("transposed", split(dy @ p["W_O"])),
        ("path", split(dy)),
        ("heads", (dy @ p["W_O"].T).reshape(dO.shape)),
        *(("wrong_weight", split(dy @ p[f"W_{name}"].T)) for name in NAMES),
    ]
    return matching(dO, candidates) or by_factor(factor(dO, inside["dO"]))


def from_dO(dO, inside):
    """The dQ (B, H, N, K) that follows from a dO."""
    dA = dO @ inside["V"].swapaxes(-1, -2)
    return solution(5)["softmax_backward"](dA, inside["A"]) @ inside["K"] / np.sqrt(K)


def of_dS(given, inside, wrong):
    """The family of a wrong dQ, dK or both, where dV is right."""
    Q, K_, dS = inside["Q"], inside["K"], inside["dS"]
    scale = 1 / np.sqrt(K)
    swapped = {"Q": dS @ Q * scale, "K": dS.swapaxes(-1, -2) @ K_ * scale}
    if all(is_close(given[name], swapped[name]) for name in wrong):
        return "exchanged"
    by_Q = given["Q"] @ np.linalg.pinv(K_) / scale
    by_K = (given["K"] @ np.linalg.pinv(Q) / scale).swapaxes(-1, -2)
    fit_Q = is_close(by_Q @ K_ * scale, given["Q"])
    fit_K = is_close(by_K.swapaxes(-1, -2) @ Q * scale, given["K"])
    if len(wrong) == 2 and fit_Q and fit_K and is_close(by_Q, by_K):
        return of_common_dS(by_Q, inside)
    families = {
        "Q": fit_Q and (matching(by_Q, [("transposed", dS.swapaxes(-1, -2))]) or by_factor(factor(by_Q, dS))),
        "K": fit_K and (matching(by_K, [("transposed", dS.swapaxes(-1, -2))]) or by_factor(factor(by_K, dS))),
    }
    found = {families[name] or None for name in wrong}
    return found.pop() if len(found) == 1 else None


def of_common_dS(given, inside):
    """The family of a wrong dS, of which both dQ and dK are made."""
    A, dA, dS = inside["A"], inside["dA"], inside["dS"]
    c = factor(given, dS)
    if c is not None:  # no sum is near: whatever it is, it is a constant in the scores
        family = by_factor(c)
        return family if family in ("zero", "sign") else "scale"
    backward = solution(5)["softmax_backward"]
    scores = inside["Q"] @ inside["K"].swapaxes(-1, -2)
    candidates = [("transposed", dS.swapaxes(-1, -2)), ("transposed", backward(dA.swapaxes(-1, -2), A))]
    candidates += [("softmax_jacobian", backward(dA, S)) for S in (scores, scores / np.sqrt(K))]
    if family := matching(given, candidates):
        return family
    ones = np.ones_like(A)
    rows = [(dA * A).sum(axis=-1, keepdims=True) * ones, dA.sum(axis=-1, keepdims=True) * ones]
    rows += [(A * A).sum(axis=-1, keepdims=True) * ones]
    columns = [(dA * A).sum(axis=-2, keepdims=True) * ones]
    terms = [dA, A * dA, A * A * dA]
    terms += [term * weight for term in rows + columns for weight in (ones, A, A * A)]
    return "softmax_jacobian" if fits(given, terms) is not None else None


def by_factor(c):
    """The family of a constant factor, or None."""
    if c is None or np.isclose(c, 1.0):
        return None
    known = factors(5)
    return of_factor(c, {family: known[family] for family in ("zero", "sign", "scale", "sum")})
