"""Relative positions: an embedding for every distance of two patches, a second key for the query (ViT App. D.4).

    S[q, k] = (Q_q·K_k + Q_q·E_rel[N − 1 + k − q]) / √d_k,  q, k = 0 … N − 1 the patches in reading order

The distance is one number, p_k − p_q from −(N − 1) to N − 1, as in the paper: "one row down" is "as many on as there
are columns". The paper does not say who shares the embeddings, nor what the class token's distance is. Here each
block has its own, of a head's width and the same for its heads (Shaw, Uszkoreit & Vaswani, 2018), and the class
token, which has no place in the image, has no distance: its row and its column of the scores stay the content's.
"""

from vitnp.backend import array_module
from vitnp.ops import initializers, interpolate


def init(rng, *, num_patches, head_dim, dtype):
    """E_rel (2N − 1, K), Normal(0, 0.02²) as E_pos."""
    return {"E_rel": initializers.normal(rng, (2 * num_patches - 1, head_dim), 0.02, dtype)}


def forward(Q, E_rel):
    """Queries (B, H, T, K), E_rel (2N − 1, K) → what is added to the scores Q·Kᵀ (B, H, T, T), T = N or N + 1."""
    xp = array_module(Q)
    first = Q.shape[-2] - (len(E_rel) + 1) // 2  # the first patch: 1 behind a class token
    G = Q[..., first:, :] @ E_rel.T  # (B, H, N, 2N − 1): every query with every distance
    S = xp.zeros((*Q.shape[:-1], Q.shape[-2]), G.dtype)
    S[..., first:, first:] = windows(G)
    return S, (Q, E_rel)


def backward(dS, saved):
    """dS (B, H, T, T) → dQ (B, H, T, K) and dE_rel (B, H, 2N − 1, K), each head's own part: the gradient is the sum."""
    Q, E_rel = saved
    first = Q.shape[-2] - (len(E_rel) + 1) // 2
    dG = spread(dS[..., first:, first:])
    # G = Q·E_relᵀ
    dQ = array_module(Q).zeros(Q.shape, dS.dtype)
    dQ[..., first:, :] = dG @ E_rel
    return dQ, dG.swapaxes(-1, -2) @ Q[..., first:, :]


def windows(G):
    """Of row q of G (…, N, 2N − 1) the columns N − 1 − q … 2N − 2 − q: (…, N, N), column k is the distance k − q.

    A row further, the window begins a column earlier: in the numbers one after another, 2N − 2 further.
    """
    *lead, N, _ = G.shape
    step = max(2 * N - 2, 1)
    flat = G.reshape(*lead, N * (2 * N - 1))[..., N - 1 : N - 1 + N * step]
    return flat.reshape(*lead, N, step)[..., :N]


def spread(dS):
    """The backward of `windows`: (…, N, N) → (…, N, 2N − 1), zero outside the windows."""
    *lead, N, _ = dS.shape
    step, xp = max(2 * N - 2, 1), array_module(dS)
    rows = xp.zeros((*lead, N, step), dS.dtype)
    rows[..., :N] = dS
    flat = xp.zeros((*lead, N * (2 * N - 1)), dS.dtype)
    flat[..., N - 1 : N - 1 + N * step] = rows.reshape(*lead, N * step)
    return flat.reshape(*lead, N, 2 * N - 1)


def resized(E_rel, *, grid, new_grid, method):
    """E_rel for another grid of patches; method is one of `config.INTERPOLATIONS`.

    A distance is laid out as rows down and columns on, that picture is interpolated as E_pos is, and a new distance
    gets the mean over all pairs of patches that have it: a row down and a step from the end of a row to the start of
    the next may be the same distance.
    """
    xp, (rows, cols), (new_rows, new_cols) = array_module(E_rel), grid, new_grid
    down, on = xp.arange(1 - rows, rows)[:, None], xp.arange(1 - cols, cols)
    picture = E_rel[down * cols + on + rows * cols - 1]  # (2·rows − 1, 2·cols − 1, K)
    if new_rows == 1:  # of a single row only "no row down" is left
        picture = picture[rows - 1 : rows]
    if new_cols == 1:
        picture = picture[:, cols - 1 : cols]
    size, new_size = picture.shape[:2], (2 * new_rows - 1, 2 * new_cols - 1)
    flat = picture.reshape(-1, E_rel.shape[1])
    picture, _ = interpolate.forward(flat, grid=size, new_grid=new_size, method=method)

    distance = xp.arange(1 - new_rows * new_cols, new_rows * new_cols)
    total, pairs = 0.0, 0.0
    for extra in (0, 1):  # `down` rows down and then on, or one row more and then back
        down, on = distance // new_cols + extra, distance % new_cols - extra * new_cols
        count = xp.maximum(new_rows - abs(down), 0) * (new_cols - abs(on))  # pairs of patches so far apart
        place = xp.where(count > 0, (down + new_rows - 1) * new_size[1] + on + new_cols - 1, 0)
        total = total + picture[place] * count.astype(E_rel.dtype)[:, None]
        pairs = pairs + count
    return total / pairs.astype(E_rel.dtype)[:, None]
