"""AdamW over trees of arrays, and clipping by the global norm. Imports `tree`, `backend`.

Both work in place, leaf by leaf: parameters and moments of ViT-H/14 are 7.6 GB in float32, and a second copy
of them would not fit beside the first. Arrays of either backend: nothing here but operators and methods.
"""

from vitnp import tree
from vitnp.backend import each_block


def init(p):
    """AdamW's state before the first update: {step, m, v}, the moments zero, in the shapes and dtypes of p."""
    return {"step": 0, "m": tree.map(lambda leaf: leaf * 0.0, p), "v": tree.map(lambda leaf: leaf * 0.0, p)}


def adamw(p, dp, state, *, lr, weight_decay=0.0, beta1=0.9, beta2=0.999, eps=1e-8):
    """One update of p from the gradients dp (Loshchilov & Hutter, 2019, algorithm 2). p and state change in place.

        m ← β₁·m + (1 − β₁)·g          v ← β₂·v + (1 − β₂)·g²
        θ ← θ − lr·( m̂/(√v̂ + ε) + λ·θ ),   m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)

    t is state's step, counted from 1; λ = weight_decay for the leaves that `decays` names, else 0.
    """
    state["step"] += 1
    correction1, correction2 = 1.0 - beta1 ** state["step"], 1.0 - beta2 ** state["step"]

    def update(theta, g, m, v, *, decay):
        m *= beta1
        m += (1.0 - beta1) * g
        v *= beta2
        v += (1.0 - beta2) * g * g
        change = m / correction1 / ((v / correction2) ** 0.5 + eps)
        if decay:
            change += decay * theta
        theta -= lr * change

    gradients, first, second = (dict(tree.leaves(t)) for t in (dp, state["m"], state["v"]))
    for name, theta in tree.leaves(p):
        g, m, v = gradients[name], first[name], second[name]
        each_block(update, theta, g, m, v, decay=weight_decay if decays(name) else 0.0)


def decays(name):
    """Whether the leaf with this dotted name is decayed: the matrices of dense layers, and nothing else.

    They are W, W_Q … W_O, W1, W2; not biases, gamma, beta, cls or E_pos (ViT App. B.1 and the released code).
    """
    return name.rpartition(".")[2].startswith("W")


def global_norm(dp):
    """√(Σ g²) over every number of the tree, a Python float."""
    return float(sum((g * g).sum() for _, g in tree.leaves(dp))) ** 0.5


def clip(dp, max_norm):
    """Scale dp in place by max_norm/‖dp‖ where its global norm is larger, and return the norm it had.

    A norm that is not a number is returned as it is: whoever trains stops there.
    """
    norm = global_norm(dp)
    if norm > max_norm:
        for _, g in tree.leaves(dp):
            g *= max_norm / norm
    return norm
