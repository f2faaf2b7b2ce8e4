"""Attention through several layers: rollout, and the rollout that speaks for a class."""

from vitnp.analysis.look.checks import need_floats
from vitnp.backend.arrays import array_module
from vitnp.errors import InputError


def rollout(weights):
    """Attention rollout: how much of each input token is in each output token, (B, T, T).

    Ā_l = ½·(mean over heads of A_l + I), each row divided by its sum;  R = Ā_L·…·Ā_2·Ā_1
    weights: the A (B, H, T, T) of consecutive layers, the first first. The I is the residual connection. Row i of R
    is output token i, its sum 1. (A public implementation divides columns: the sum over rows broadcasts wrongly.)
    Raises InputError for no layers, and for one token, which can only look at itself.
    Source: Abnar & Zuidema, 2020, as ViT App. D.8 (Fig. 6, 14) uses it; the paper's words leave out the ½(… + I).
    """
    R = None
    for A in need_layers(weights):
        identity = array_module(A).eye(A.shape[-1], dtype=A.dtype)
        mixed = 0.5 * (A.mean(axis=1) + identity)
        mixed = mixed / mixed.sum(axis=-1, keepdims=True)
        R = mixed if R is None else mixed @ R
    return R


def gradient_rollout(weights, gradients):
    """Rollout of the attention that speaks for a class: relevance of each input to each output token, (B, T, T).

    Ā_l = mean over heads of max(∂y/∂A_l ⊙ A_l, 0);  R = (I + Ā_L)·…·(I + Ā_1)
    weights as for `rollout`; gradients: the ∂y/∂A_l in the same order, y the class's logit, from
    `trace(…, labels=class, of="logit")`. The gradient of a loss has the other sign and would show what speaks
    against the class. Rows do not sum to 1: only compare within a map. Raises InputError as `rollout` does.
    Source: Chefer, Gur & Wolf, 2021, "Generic Attention-model Explainability", eq. 5, 6 (self-attention).
    """
    weights, gradients = need_layers(weights), need_layers(gradients)
    if [A.shape for A in weights] != [dA.shape for dA in gradients]:
        raise InputError("weights and gradients differ in shape or number; give both of the same layers")
    R = None
    for A, dA in zip(weights, gradients, strict=True):
        xp = array_module(A)
        relevant = xp.maximum(dA * A, 0).mean(axis=1) + xp.eye(A.shape[-1], dtype=A.dtype)
        R = relevant if R is None else relevant @ R
    return R


def need_layers(weights):
    """The layers as a list, checked."""
    weights = list(weights) if isinstance(weights, list | tuple) else []
    if not weights:
        raise InputError("no layers were given; rollout needs the attention weights of at least one")
    for A in weights:
        need_floats("attention weights", A)
        if (
            A.ndim != 4
            or A.shape != (len(A), A.shape[1], A.shape[2], A.shape[2])
            or (len(A), A.shape[2]) != (len(weights[0]), weights[0].shape[2])
        ):
            raise InputError(
                f"attention weights are {A.shape}; need (B, H, T, T) with the same B and T in every layer"
            )
    if weights[0].shape[-1] < 2:
        raise InputError("rollout over 1 token shows nothing, it can only look at itself; use a larger image")
    return weights
