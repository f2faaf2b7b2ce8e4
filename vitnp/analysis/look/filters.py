"""The embedding filters of a model (ViT Fig. 7, left)."""

from vitnp.analysis.look.checks import need_finite
from vitnp.analysis.look.components import principal_components
from vitnp.errors import InputError, need_int


def filter_components(W, *, patch_size, n=28):
    """The principal components of the embedding filters, as pictures, and the share of the variance each has.

    The D filters are the columns of W (P·P·C, D), so these are the `principal_components` of Wᵀ.
    Returns (m, P, P, C) and (m,), m = min(n, P·P·C, D). Filters that are all alike have no variance: shares 0.
    Raises InputError for a W that holds no patches of that size. Source: ViT §4.5, Fig. 7 left (28 of ViT-L/32).
    """
    P = need_int("patch_size", patch_size, at_least=1)
    need_int("n", n, at_least=1)
    need_finite("W", W)
    if W.ndim != 2 or W.shape[0] % (P * P):
        raise InputError(f"W is {W.shape}; need (P·P·C, D) with P = {P}: give p['project']['W'] of the model")
    components, shares = principal_components(W.T)
    components = components[:n]
    return components.reshape(len(components), P, P, -1), shares[:n]
