"""Looking inside, in numbers: what the pictures of ViT Fig. 6 and 7 show, as arrays of the library that came in.

Pure functions on parameters and on the values of `trace`: `A` is a `t["blocks.i.attention.A"]`, its gradient
`t.gradient("blocks.i.attention.A")`. Drawn by `show`. Imports `backend`, `errors`, `tree`.
A grid is (rows, cols) of patches; T, the tokens, is rows·cols, or one more with the class token, which comes first.
"""

import math

from vitnp import tree
from vitnp.backend.arrays import array_module, need_array, on_host
from vitnp.errors import InputError, need_int, shown


def filter_components(W, *, patch_size, n=28):
    """The principal components of the embedding filters, as pictures, and the share of the variance each has.

    The D filters are the columns of W (P·P·C, D). With their mean taken off, (Wᵀ − mean) = U·Σ·Vᵀ; component i is
    row i of Vᵀ, of norm 1, its sign such that its largest value is positive; its share is σᵢ²/Σσ².
    Returns (m, P, P, C) and (m,), m = min(n, P·P·C, D). Filters that are all alike have no variance: shares 0.
    Raises InputError for a W that holds no patches of that size. Source: ViT §4.5, Fig. 7 left (28 of ViT-L/32).
    """
    P = need_int("patch_size", patch_size, at_least=1)
    need_int("n", n, at_least=1)
    _need_floats("W", W)
    if W.dtype.itemsize not in (4, 8) or (on_host(W) and not array_module(W).isfinite(W).all()):
        raise InputError(f"W is {W.dtype}, perhaps with NaN; need finite float32 or float64")
    if W.ndim != 2 or W.shape[0] % (P * P):
        raise InputError(f"W is {W.shape}; need (P·P·C, D) with P = {P}: give p['project']['W'] of the model")
    xp = array_module(W)
    filters = W.T - W.mean(axis=1)  # (D, P·P·C)
    _, sigma, Vt = xp.linalg.svd(filters, full_matrices=False)
    Vt, variance = Vt[:n], sigma * sigma
    largest = abs(Vt).argmax(axis=1)
    Vt = Vt * xp.sign(Vt[xp.arange(len(Vt)), largest])[:, None]
    total = variance.sum()
    return Vt.reshape(len(Vt), P, P, -1), variance[:n] / xp.where(total > 0, total, 1)


def position_similarity(E_pos, *, grid):
    """The cosine of every patch's position embedding with every other's: (T, D) → (rows, cols, rows, cols).

    cos(e, f) = e·f / (‖e‖·‖f‖), −1…1; entry (r, c, i, j) compares the patch in row r, column c with that in row i,
    column j. The class token's row is left out. A row of zeros has no direction: its cosines are 0.
    Raises InputError where E_pos does not fit the grid. Source: ViT §4.5, Fig. 7 center.
    """
    _need_floats("E_pos", E_pos)
    if E_pos.ndim != 2:
        raise InputError(
            f"E_pos is {E_pos.shape}; need (tokens, D): give p['position']['E_pos'] of the model"
        )
    _class_tokens(E_pos.shape[0], grid, what=f"E_pos is {E_pos.shape}")
    xp = array_module(E_pos)
    rows, cols = grid
    e = E_pos[-rows * cols :]
    norm = xp.sqrt((e * e).sum(axis=1, keepdims=True))
    e = e / xp.where(norm > 0, norm, 1)
    return (e @ e.T).reshape(rows, cols, rows, cols)


def patch_distances(grid, *, patch_size, like):
    """The distance in pixels of every two patches' centers: (N, N), in the library and dtype of the array `like`.

    d = P·√((r − r′)² + (c − c′)²) for the patches in row r, column c and in row r′, column c′.
    """
    _need_floats("like", like)
    need_int("patch_size", patch_size, at_least=1)
    xp = array_module(like)
    rows, cols = _need_grid(grid)
    i = xp.arange(rows * cols)
    r, c = i // cols, i % cols
    squares = (r[:, None] - r) ** 2 + (c[:, None] - c) ** 2
    return patch_size * xp.sqrt(squares.astype(like.dtype))


def attention_distance(A, *, grid, patch_size):
    """How far each head looks: the mean attention distance in pixels, (…, H, T, T) → (…, H).

    mean over the query patches q of Σ_k A_qk·d_qk, with d of `patch_distances`. The paper does not say what becomes
    of the class token, which has no place in the image. Here its row and column are left out and each row is
    divided by what remains, so that the weights over the patches sum to 1; code that leaves out the division makes
    a head the nearer, the more it looks at [CLS]. A query that looks at [CLS] alone has no distance and is left out
    of the mean; a head with no other queries is NaN. Raises InputError where A does not fit the grid.
    Source: ViT §4.5, Fig. 7 right and Fig. 11, which average over 128 images: A of a batch, then the mean of axis 0.
    """
    first = _class_tokens_of(A, grid)
    xp = array_module(A)
    A = A[..., first:, first:]
    total = A.sum(axis=-1)
    looks = total > 0  # (…, H, N)
    distance = (A * patch_distances(grid, patch_size=patch_size, like=A)).sum(axis=-1)
    distance = distance / xp.where(looks, total, 1)
    queries = looks.sum(axis=-1)
    mean = distance.sum(axis=-1) / xp.maximum(queries, 1).astype(A.dtype)
    return xp.where(queries > 0, mean, xp.asarray(math.nan, A.dtype))


def uniform_distance(grid, *, patch_size, like):
    """The mean attention distance of a head that looks everywhere alike, A = 1/N: the mean of all distances."""
    return patch_distances(grid, patch_size=patch_size, like=like).mean()


def attention_from_class_token(A, *, grid):
    """Where the class token looks: its row of A without its own column, (…, T, T) → (…, rows, cols).

    The numbers are shares of all attention, so a map sums to 1 − A₀₀. Works on the weights of heads, on their mean
    and on a `rollout`. Raises InputError for weights without a class token. Source: ViT Fig. 6.
    """
    if not _class_tokens_of(A, grid):
        raise InputError('the weights have no class token; use a model with classifier "token"')
    return A[..., 0, 1:].reshape(*A.shape[:-2], *grid)


def rollout(weights):
    """Attention rollout: how much of each input token is in each output token, (B, T, T).

    Ā_l = ½·(mean over heads of A_l + I), each row divided by its sum;  R = Ā_L·…·Ā_2·Ā_1
    weights: the A (B, H, T, T) of consecutive layers, the first first. The I is the residual connection. Row i of R
    is output token i, its sum 1. (A public implementation divides columns: the sum over rows broadcasts wrongly.)
    Raises InputError for no layers, and for one token, which can only look at itself.
    Source: Abnar & Zuidema, 2020, as ViT App. D.8 (Fig. 6, 14) uses it; the paper's words leave out the ½(… + I).
    """
    R = None
    for A in _layers(weights):
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
    weights, gradients = _layers(weights), _layers(gradients)
    if [A.shape for A in weights] != [dA.shape for dA in gradients]:
        raise InputError("weights and gradients differ in shape or number; give both of the same layers")
    R = None
    for A, dA in zip(weights, gradients, strict=True):
        xp = array_module(A)
        relevant = xp.maximum(dA * A, 0).mean(axis=1) + xp.eye(A.shape[-1], dtype=A.dtype)
        R = relevant if R is None else relevant @ R
    return R


def gradient_norms(dp):
    """The norm of the loss's gradient by part of the model: {part: float}, each block a part ("blocks.0").

    ‖g‖ = √Σg² over all of the part's parameters, summed in float64; dp is the tree that backward returns.
    """
    if not isinstance(dp, dict):
        raise InputError(f"dp is {shown(dp)}; need the tree that backward returns")
    squares = {}
    for name, g in tree.leaves(dp):
        _need_floats(f"dp.{name}", g)
        part = ".".join(name.split(".")[: 2 if name.startswith("blocks.") else 1])
        squares[part] = squares.get(part, 0.0) + float((g.astype("float64") ** 2).sum())
    return {name: math.sqrt(square) for name, square in squares.items()}


def _layers(weights):
    """The layers as a list, checked."""
    weights = list(weights) if isinstance(weights, list | tuple) else []
    if not weights:
        raise InputError("no layers were given; rollout needs the attention weights of at least one")
    for A in weights:
        _need_floats("attention weights", A)
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


def _class_tokens_of(A, grid):
    """How many of the tokens of A (…, T, T) are class tokens, 0 or 1."""
    _need_floats("attention weights", A)
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise InputError(f"attention weights are {A.shape}; need (…, tokens, tokens)")
    return _class_tokens(A.shape[-1], grid, what=f"attention weights are {A.shape}")


def _class_tokens(tokens, grid, *, what):
    rows, cols = _need_grid(grid)
    if tokens - rows * cols not in (0, 1):
        raise InputError(
            f"{what}, but a grid of {rows}x{cols} patches has {rows * cols} tokens, or one more with [CLS]; "
            "give values and grid of one model"
        )
    return tokens - rows * cols


def _need_grid(grid):
    """(rows, cols). Raises InputError for anything else."""
    if not isinstance(grid, tuple | list) or len(grid) != 2:
        raise InputError(f"grid is {shown(grid)}; need (rows, cols) of patches, config.grid")
    return [need_int("a side of the grid", side, at_least=1) for side in grid]


def _need_floats(name, a):
    """Raise InputError unless it is an array of floats, with values."""
    need_array(name, a)
    if a.dtype.kind != "f" or not a.size:
        raise InputError(f"{name} are {a.dtype} of shape {a.shape}; need floats, at least one")
