"""Relative positions: an embedding for every distance of two tokens, a second key for the query (ViT App. D.4).

    S[q, k] = (Q_q·K_k + Q_q·E_rel[T − 1 + k − q]) / √d_k,  q, k = 0 … T − 1 the tokens

The distance is one number, p_k − p_q from −(T − 1) to T − 1, as in the paper: patches are counted in reading order, so
"one row down" is "as many on as there are columns", and the class token stands where it does in "1d", before the
first patch. The paper does not say who shares the embeddings: here each block has its own, of a head's width and
the same for its heads (Shaw, Uszkoreit & Vaswani, 2018).
"""

from vitnp.backend.arrays import array_module
from vitnp.ops import initializers, interpolate


def init(rng, *, num_tokens, head_dim, dtype):
    """E_rel (2T − 1, K), Normal(0, 0.02²) as E_pos."""
    return {"E_rel": initializers.normal(rng, (2 * num_tokens - 1, head_dim), 0.02, dtype)}


def forward(Q, E_rel):
    """Queries (B, H, T, K), E_rel (2T − 1, K) → what is added to the scores Q·Kᵀ (B, H, T, T)."""
    G = Q @ E_rel.T  # (B, H, T, 2T − 1): every query with every distance
    return windows(G), (Q, E_rel)


def backward(dS, saved):
    """dS (B, H, T, T) → dQ (B, H, T, K) and dE_rel (B, H, 2T − 1, K), each head's own part: the gradient is the sum."""
    Q, E_rel = saved
    dG = spread(dS)
    # G = Q·E_relᵀ
    return dG @ E_rel, dG.swapaxes(-1, -2) @ Q


def windows(G):
    """Of row q of G (…, T, 2T − 1) the columns T − 1 − q … 2T − 2 − q: (…, T, T), column k is the distance k − q.

    A row further, the window begins a column earlier: in the numbers one after another, 2T − 2 further.
    """
    *lead, T, _ = G.shape
    step = max(2 * T - 2, 1)
    flat = G.reshape(*lead, T * (2 * T - 1))[..., T - 1 : T - 1 + T * step]
    return flat.reshape(*lead, T, step)[..., :T]


def spread(dS):
    """The backward of `windows`: (…, T, T) → (…, T, 2T − 1), zero outside the windows."""
    *lead, T, _ = dS.shape
    step, xp = max(2 * T - 2, 1), array_module(dS)
    rows = xp.zeros((*lead, T, step), dS.dtype)
    rows[..., :T] = dS
    flat = xp.zeros((*lead, T * (2 * T - 1)), dS.dtype)
    flat[..., T - 1 : T - 1 + T * step] = rows.reshape(*lead, T * step)
    return flat.reshape(*lead, T, 2 * T - 1)


def resized(E_rel, *, grid, new_grid, method):
    """E_rel for another grid of patches; method is one of `interpolate.INTERPOLATIONS`.

    A distance of two patches is laid out as rows down and columns on, and that picture is interpolated as E_pos is;
    so are the distances from the class token to the patches and back. A new distance gets the mean over all pairs of
    tokens that have it: a row down, and from the end of a row to the start of the next but one, may be as far.
    """
    xp, zero, dtype = array_module(E_rel), len(E_rel) // 2, E_rel.dtype
    N, new_N = (rows * cols for rows, cols in (grid, new_grid))
    cls = zero + 1 - N  # 1 with a class token
    distance = xp.arange(1 - new_N - cls, new_N + cls)
    total, pairs = 0.0, 0.0
    for extra in (0, 1):  # so many rows down and then on, or one row more and then back
        embeddings, count = _of_patches(xp, E_rel, distance, extra, grid, new_grid, method)
        total, pairs = total + embeddings * count.astype(dtype)[:, None], pairs + count
    if cls:
        how = {"grid": grid, "new_grid": new_grid, "method": method}
        ahead, _ = interpolate.forward(E_rel[zero + 1 :], **how)  # from [CLS] to patch 1, 2, …
        back, _ = interpolate.forward(E_rel[zero - 1 :: -1], **how)
        total = total + xp.concatenate([back[::-1], E_rel[zero:][:1], ahead])
        pairs = pairs + 1
    return total / pairs.astype(dtype)[:, None]


def _of_patches(xp, E_rel, distance, extra, grid, new_grid, method):
    """What two new patches' `distance` was, read as a displacement, and how many pairs are so far apart."""
    (rows, cols), (new_rows, new_cols) = grid, new_grid
    down, on = xp.arange(1 - rows, rows)[:, None], xp.arange(1 - cols, cols)
    picture = E_rel[down * cols + on + len(E_rel) // 2]  # (2·rows − 1, 2·cols − 1, K)
    if new_rows == 1:  # of a single row only "no row down" is left
        picture = picture[rows - 1 : rows]
    if new_cols == 1:
        picture = picture[:, cols - 1 : cols]
    flat, width = picture.reshape(-1, E_rel.shape[1]), 2 * new_cols - 1
    how = {"grid": picture.shape[:2], "new_grid": (2 * new_rows - 1, width), "method": method}
    flat, _ = interpolate.forward(flat, **how)
    down, on = distance // new_cols + extra, distance % new_cols - extra * new_cols
    count = xp.maximum(new_rows - abs(down), 0) * (new_cols - abs(on))
    return flat[xp.where(count > 0, (down + new_rows - 1) * width + on + new_cols - 1, 0)], count
