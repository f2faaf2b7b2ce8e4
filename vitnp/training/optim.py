"""SGD, Adam and AdamW over trees of arrays, clipping by the global norm, Polyak averaging.

All work in place: parameters and moments of ViT-H/14 are 7.6 GB in float32, and a second copy of them would not
fit beside the first. Small leaves are taken together, because a call of NumPy costs more than the few numbers of a
bias. Arrays of either backend, and no device is waited for. Imports `backend`, `errors`, `inputs` and `tree`.
"""

import math
from typing import NamedTuple

import numpy as np

from vitnp import tree
from vitnp.backend.arrays import array_module, on_host
from vitnp.backend.tiles import BLOCK
from vitnp.errors import InputError, need_choice, need_int, need_real, shown
from vitnp.inputs.checks import FLOATS, check_floats, misfits, need_fit, need_library, need_like
from vitnp.inputs.fields import check_names

# Values taken together: from here on more at a time was no faster, for the digits nor for a ViT-Ti.
TOGETHER = BLOCK // 2
MOMENTS = {"sgd": ("m",), "adam": ("m", "v"), "adamw": ("m", "v")}


def init(p, optimizer="adamw"):
    """The state before the first update: {step, m, v}; SGD has no v.

    Each moment is one flat array of zeros in p's dtype: the leaves one after the other, sorted by dotted name.
    """
    need_choice("optimizer", optimizer, MOMENTS)
    check_floats("p", p)
    leaf = next(leaf for _, leaf in tree.leaves(p))
    zeros = array_module(leaf).zeros
    return {"step": 0} | {name: zeros(tree.count(p), leaf.dtype) for name in MOMENTS[optimizer]}


class Rule(NamedTuple):
    """An update rule and its constants, see `update`."""

    optimizer: str = "adamw"  # a name of MOMENTS
    weight_decay: float = 0.0  # λ
    momentum: float = 0.9  # μ
    beta1: float = 0.9  # β₁
    beta2: float = 0.999  # β₂
    eps: float = 1e-8  # ε


def update(p, dp, state, *, lr, **rule):
    """One update of p from the gradients dp; p and state change in place. rule: fields of `Rule`.

        sgd     m ← μ·m + g                                        θ ← θ − lr·m
        adam    m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²     θ ← θ − lr·m̂/(√v̂ + ε)
        adamw   the same                                           θ ← θ − lr·(m̂/(√v̂ + ε) + λ·θ)

    m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ), t = state's step from 1; λ = weight_decay for the leaves that `decays` names,
    else 0. sgd and adam add it to the gradient, g + λ·θ. Momentum as Sutskever et al. (2013) in PyTorch's form;
    Kingma & Ba (2015), algorithm 1; Loshchilov & Hutter (2019), algorithm 2. Raises InputError, with nothing changed,
    for gradients that are not p's, for numbers that cannot be, and for a state that `init` made for another optimizer
    or other parameters.
    """
    check_names(rule, Rule._fields, "option of optim.update")
    lr, rule = checked_rule(lr, Rule(**rule))
    optimizer, weight_decay, momentum, beta1, beta2, eps = rule
    pairs = matched("p", p, "dp", dp)
    check_state(state, [theta for _, theta, _ in pairs], optimizer)
    state["step"] += 1
    correction1, correction2 = 1.0 - beta1 ** state["step"], 1.0 - beta2 ** state["step"]
    # lr·m̂/(√v̂ + ε) = rate·m/(√v + tiny): the corrections are numbers, so that no array is divided by them.
    rate, tiny = lr * correction2**0.5 / correction1, eps * correction2**0.5
    shrink = 1.0 - lr * weight_decay if optimizer == "adamw" else 1.0
    added = 0.0 if optimizer == "adamw" else weight_decay
    start = 0
    for group in groups(pairs):
        parts = [g + added * theta if added and decayed else g for theta, g, decayed in group]
        g = array_module(parts[0]).concatenate(parts, axis=None) if len(parts) > 1 else parts[0].reshape(-1)
        moments = [state[name][start : start + g.size] for name in MOMENTS[optimizer]]
        start += g.size
        if optimizer == "sgd":
            change = sgd(g, *moments, lr=lr, momentum=momentum)
        else:
            change = adam(g, *moments, lr=rate, beta1=beta1, beta2=beta2, eps=tiny)
        end = 0
        for theta, _, decayed in group:
            if decayed and shrink != 1.0:
                theta *= shrink
            theta -= change[end : end + theta.size].reshape(theta.shape)
            end += theta.size


def checked_rule(lr, rule):
    """The same with Python floats, which leave an array its dtype. Raises InputError for numbers that cannot be."""
    need_choice("optimizer", rule.optimizer, MOMENTS)
    return need_real("lr", lr, low=0), Rule(
        rule.optimizer,
        need_real("weight_decay", rule.weight_decay, low=0),
        need_real("momentum", rule.momentum, low=0, below=1),
        need_real("beta1", rule.beta1, low=0, below=1),
        need_real("beta2", rule.beta2, low=0, below=1),
        need_real("eps", rule.eps, low=1e-30),  # a smaller one is 0 in float32, and 0/0 where no gradient was
    )


def matched(name, p, other, dp):
    """[(dotted name, θ, g), …] of two trees, sorted by name. Raises InputError unless they are alike, see `check_same`.

    Each pair is looked at here, as it is made; `check_same`, which takes longer, says what is wrong.
    """
    if not (isinstance(p, dict) and isinstance(dp, dict)):
        check_same(name, p, other, dp)
    gradients, first = dict(tree.leaves(dp)), next(tree.leaves(p), ("", None))[1]
    pairs = [
        (leaf_name, theta, gradients.get(leaf_name))
        for leaf_name, theta in sorted(tree.leaves(p), key=by_name)
    ]
    alike = 0 < len(pairs) == len(gradients) and getattr(first, "dtype", object) in FLOATS
    for _, theta, g in pairs if alike else ():
        same = type(theta) is type(g) is np.ndarray and theta.shape == g.shape
        if not (same and theta.dtype is g.dtype is first.dtype and theta.flags.writeable):
            alike = False
            break
    if not alike:
        check_same(name, p, other, dp)
    return pairs


def by_name(pair):
    """What leaves are sorted by."""
    return pair[0]


def check_same(name, p, other, dp):
    """Raise InputError unless dp has p's leaves: the same names, shapes and library, all of them floats."""
    check_floats(name, p)
    if not isinstance(dp, dict) or tree.forms(dp) != tree.forms(p):
        check_floats(other, dp, writable=False)
        need_fit(f"{other} is not the tree of {name}", misfits(dp, tree.shapes(p)))
        need_library(other, *(next(leaf for _, leaf in tree.leaves(t)) for t in (dp, p)))


def check_state(state, leaves, optimizer):
    """Raise InputError unless the state is that of this optimizer for the parameters with these leaves."""
    need_choice("optimizer", optimizer, MOMENTS)
    if not isinstance(state, dict):
        raise InputError(f"the state is {shown(state)}; make it with optim.init(p)")
    size = sum(leaf.size for leaf in leaves)
    moments = {name: state[name] for name in state if name != "step"}
    if {name: tree.shape(m) for name, m in moments.items()} != dict.fromkeys(MOMENTS[optimizer], (size,)):
        raise InputError(
            f"the state is not that of {optimizer} for these {size:,} parameters; make it with "
            f'optim.init(p, "{optimizer}")'
        )
    check_floats("state", moments)
    need_like("state.m", moments["m"], leaves[0])
    need_int("the state's step", state.get("step"), at_least=0, at_most=2**53)


def sgd(g, m, *, lr, momentum):
    """m ← μ·m + g in place; returns lr·m."""
    m *= momentum
    m += g
    return lr * m


def adam(g, m, v, *, lr, beta1, beta2, eps):
    """m ← β₁·m + (1 − β₁)·g and v ← β₂·v + (1 − β₂)·g² in place; returns lr·m/(√v + ε)."""
    m *= beta1
    m += (1.0 - beta1) * g
    square = g * g
    square *= 1.0 - beta2
    v *= beta2
    v += square
    change = v**0.5
    change += eps
    change = m / change
    change *= lr
    return change


def groups(pairs):
    """Yield lists of (θ, g, whether θ is decayed) of (name, θ, g): small leaves together, large ones in blocks."""
    group, size = [], 0
    for name, theta, g in pairs:
        decayed = decays(name)
        if group and size + theta.size > TOGETHER:
            yield group
            group, size = [], 0
        if theta.size > TOGETHER and on_host(theta) and theta.flags.c_contiguous:
            flat, flat_g = theta.reshape(-1), g.reshape(-1)
            for i in range(0, theta.size, TOGETHER):
                yield [(flat[i : i + TOGETHER], flat_g[i : i + TOGETHER], decayed)]
        else:
            group.append((theta, g, decayed))
            size += theta.size
    if group:
        yield group


def decays(name):
    """Whether the leaf with this dotted name is decayed: the matrices of dense layers, and nothing else.

    They are W, W_Q … W_O, W1, W2; not biases, gamma, beta, cls or E_pos (ViT App. B.1 and the released code).
    """
    return name.rpartition(".")[2].startswith("W")


def global_norm(dp):
    """√(Σ g²) over every number of the tree: a Python float on NumPy, a 0-d array on a device."""
    check_floats("dp", dp)
    flat = [g.reshape(-1) for _, g in tree.leaves(dp)]
    squares = sum(g @ g for g in flat)
    return math.sqrt(squares) if on_host(flat[0]) else squares**0.5


def clip(dp, max_norm):
    """Scale dp in place by max_norm/‖dp‖ where its global norm is larger, and return the norm it had.

    The norm is a Python float on NumPy. On a device it is a 0-d array, the scaling is by min(1, max_norm/‖dp‖), and
    nothing waits. Gradients of a norm that is not finite are left as they are on NumPy: whoever trains stops there.
    """
    max_norm = need_real("max_norm", max_norm, low=0, open_at_low=True, at_most=math.inf)
    norm = global_norm(dp)
    if type(norm) is float:
        if max_norm < norm < math.inf:
            scale(dp, max_norm / norm)
    elif max_norm < math.inf:
        scale(dp, array_module(norm).minimum(max_norm / norm, 1.0))
    return norm


def scale(dp, factor):
    """Multiply every leaf in place."""
    for _, g in tree.leaves(dp):
        g *= factor


def average(mean, p, decay):
    """Polyak averaging in place: mean ← decay·mean + (1 − decay)·p. mean starts as a copy of p."""
    decay = need_real("decay", decay, low=0, at_most=1)
    for group in groups(matched("mean", mean, "p", p)):
        for averaged, theta, _ in group:
            change = theta - averaged
            change *= 1.0 - decay
            averaged += change
