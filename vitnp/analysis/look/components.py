"""Principal components: the directions in which rows differ most; of patch tokens, as red, green and blue."""

from vitnp.analysis.look.checks import need_finite, scaled
from vitnp.backend.arrays import array_module
from vitnp.errors import InputError, need_int, need_real


def principal_components(rows):
    """The principal components of rows (M, D), and the share of the variance each has: Vᵀ (m, D), (m,), m = min(M, D).

    With their mean taken off, (rows − mean) = U·Σ·Vᵀ; component i is row i of Vᵀ, of norm 1, its sign such that its
    largest value is positive; its share is σᵢ²/Σσ². Where rows differ by rounding alone, the share is 0: for all
    components if the rows are all alike.
    """
    xp = array_module(rows)
    rows, _ = scaled(rows)
    _, sigma, Vt = xp.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    largest = abs(Vt).argmax(axis=1)
    Vt = Vt * xp.sign(Vt[xp.arange(len(Vt)), largest])[:, None]
    rounding = max(rows.shape) * float(xp.finfo(rows.dtype).eps) * abs(rows).max()
    differ = abs(rows - rows[0]).max() > 0  # a mean of equal rows may not be one of them
    sigma = sigma * (sigma > rounding) * differ
    variance = sigma * sigma
    total = variance.sum()
    return Vt, variance / xp.where(total > 0, total, 1)


def token_components(tokens, *, n=3):
    """Tokens in their first n principal components, one basis for all of them: (…, D) → (…, m), and the shares (m,).

    A token's components are its row of (Z − mean)·V, with V and the shares of `principal_components` over all tokens;
    they are 0 where the share is.
    Give the patch tokens without [CLS]: (N, D) of one photo, or (B, N, D) of several, in which a color then means the
    same. m = min(n, D, number of tokens).
    Raises InputError for fewer than 2 tokens, and for values that are not finite floats.
    Source: Oquab et al., 2023, "DINOv2", Fig. 1 (which takes the background off by a threshold; here it stays).
    """
    need_int("n", n, at_least=1)
    need_finite("tokens", tokens)
    if tokens.ndim < 2 or tokens.size // tokens.shape[-1] < 2:
        raise InputError(f"tokens are {tokens.shape}; need (…, D), at least two tokens: t['norm'][:, 1:]")
    z, s = scaled(tokens.reshape(-1, tokens.shape[-1]))
    Vt, shares = principal_components(z)
    components = (z - z.mean(axis=0)) @ Vt[:n].T * (shares[:n] > 0) * s
    return components.reshape(*tokens.shape[:-1], -1), shares[:n]


def colors(components, *, clip=0.01):
    """Components (…, 3) as red, green and blue: (…, 3), 0…1.

    Each component is 0 at its `clip` quantile over all tokens and 1 at its (1 − clip) quantile, and cut off there, so
    that a few extreme tokens do not darken the others. A component that does not vary is 0.5.
    """
    need_finite("components", components)
    need_real("clip", clip, low=0, below=0.5)
    if components.shape[-1] != 3:
        raise InputError(f"components are {components.shape}; a color needs 3: token_components(tokens, n=3)")
    xp = array_module(components)
    each = components.reshape(-1, 3)
    low, high = xp.quantile(each, clip, axis=0), xp.quantile(each, 1 - clip, axis=0)
    varies = high > low
    scaled = (components - low) / xp.where(varies, high - low, 1)
    return xp.where(varies, xp.maximum(xp.minimum(scaled, 1), 0), 0.5).astype(components.dtype)
