"""Attention in one layer: how far each head looks, and where the class token looks (ViT Fig. 7 right, Fig. 6)."""

import math

from vitnp.analysis.look.checks import class_tokens_of, need_floats, need_grid
from vitnp.backend.arrays import array_module
from vitnp.errors import InputError, need_int


def patch_distances(grid, *, patch_size, like):
    """The distance in pixels of every two patches' centers: (N, N), in the library and dtype of the array `like`.

    d = P·√((r − r′)² + (c − c′)²) for the patches in row r, column c and in row r′, column c′.
    """
    need_floats("like", like)
    need_int("patch_size", patch_size, at_least=1)
    xp = array_module(like)
    rows, cols = need_grid(grid)
    i = xp.arange(rows * cols)
    r, c = i // cols, i % cols
    squares = (r[:, None] - r) ** 2 + (c[:, None] - c) ** 2
    return patch_size * xp.sqrt(squares.astype(like.dtype))


def attention_distance(A, *, grid, patch_size, registers=0):
    """How far each head looks: the mean attention distance in pixels, (…, H, T, T) → (…, H).

    mean over the query patches q of Σ_k A_qk·d_qk, with d of `patch_distances`. The paper does not say what becomes
    of the class token, which has no place in the image. Here its row and column are left out and each row is
    divided by what remains, so that the weights over the patches sum to 1; code that leaves out the division makes
    a head the nearer, the more it looks at [CLS]. A query that looks at [CLS] alone has no distance and is left out
    of the mean; a head with no other queries is NaN. Raises InputError where A does not fit the grid.
    Source: ViT §4.5, Fig. 7 right and Fig. 11, which average over 128 images: A of a batch, then the mean of axis 0.
    """
    first = class_tokens_of(A, grid, registers) + registers
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


def attention_from_class_token(A, *, grid, registers=0):
    """Where the class token looks: its row of A without its own column, (…, T, T) → (…, rows, cols).

    The numbers are shares of all attention, so a map sums to 1 − A₀₀, less what goes to registers. Works on the
    weights of heads, on their mean and on a `rollout`. Raises InputError for weights without a class token. Source:
    ViT Fig. 6.
    """
    if not class_tokens_of(A, grid, registers):
        raise InputError('the weights have no class token; use a model with classifier "token"')
    return A[..., 0, 1 + registers :].reshape(*A.shape[:-2], *grid)
