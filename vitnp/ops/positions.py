"""What the position table of step 4 is made of, for each of POSITION_EMBEDDINGS (ViT App. D.4, Table 8).

    "1d"      E_pos (N+1, D) itself is learned, a row a token
    "2d"      E_pos[r, c] = [E_cols[c]; E_rows[r]]: two learned tables of width D/2 for the patch in row r, column c
    "sincos"  E_pos[r, c] = [sin(c·ω); cos(c·ω); sin(r·ω); cos(r·ω)], ωᵢ = 10000^(−i/(D/4 − 1)): nothing is learned
    "none", "relative"   nothing is added; what "relative" does to the scores is in `relative.py`

The class token has no place in the image: with "2d" a learned row of its own, E_cls (D,), with "sincos" zeros.
Sine–cosine as in big_vision and its SimpleViT, after MoCo v3 (Chen, Xie & He, 2021), which divides by D/4 instead.
"""

import math

from vitnp.backend.arrays import array_module
from vitnp.ops import initializers, interpolate

POSITION_EMBEDDINGS = ("none", "1d", "2d", "relative", "sincos")
LONGEST = 10_000.0  # the largest wavelength of "sincos" is 2π times this many patches


def init(rng, *, kind, grid, num_tokens, hidden_size, dtype):
    """{E_pos}, {E_rows, E_cols, and E_cls with a class token}, or {}; Normal(0, 0.02²) as in the released code."""
    rows, cols = grid
    shapes = {}
    if kind == "1d":
        shapes["E_pos"] = (num_tokens, hidden_size)
    if kind == "2d":
        shapes |= {"E_rows": (rows, hidden_size // 2), "E_cols": (cols, hidden_size // 2)}
        shapes |= {"E_cls": (hidden_size,)} if num_tokens > rows * cols else {}
    return {name: initializers.normal(rng, shape, 0.02, dtype) for name, shape in shapes.items()}


def forward(p, *, kind, grid, like):
    """E_pos (N, D) for tokens `like` (B, N, D), the class token's row first; the number 0 where nothing is added."""
    if kind == "1d":
        return p["E_pos"], (kind, grid, None)
    if kind not in ("2d", "sincos"):
        return 0.0, (kind, grid, None)
    xp = array_module(like)
    _, N, D = like.shape
    (rows, cols), parts = grid, []
    if kind == "2d":
        of_cols, of_rows, cls = p["E_cols"], p["E_rows"], p.get("E_cls")
    else:
        of_cols, of_rows = (sines(xp, side, D // 2).astype(like.dtype) for side in (cols, rows))
        cls = xp.zeros((D,), like.dtype)
    if rows * cols < N:
        parts.append(cls[None])
    in_cols = xp.broadcast_to(of_cols, (rows, cols, D // 2))  # every row of patches has the same columns
    in_rows = xp.broadcast_to(of_rows[:, None], (rows, cols, D // 2))
    parts.append(xp.concatenate([in_cols, in_rows], axis=-1).reshape(rows * cols, D))
    return xp.concatenate(parts), (kind, grid, N - rows * cols)


def backward(dE_pos, saved):
    """dE_pos (N, D) → the gradients of what `init` gave."""
    kind, (rows, cols), cls = saved
    if kind == "1d":
        return {"E_pos": dE_pos}
    if kind != "2d":
        return {}
    half = dE_pos.shape[1] // 2
    patches = dE_pos[cls:].reshape(rows, cols, 2 * half)
    # E_pos[r, c] = [E_cols[c]; E_rows[r]]: a column's row is used by all rows of patches, so a sum
    dp = {"E_rows": patches[..., half:].sum(axis=1), "E_cols": patches[..., :half].sum(axis=0)}
    return dp | ({"E_cls": dE_pos[0]} if cls else {})


def sines(xp, length, width):
    """[sin(j·ω); cos(j·ω)] for j = 0 … length − 1, ωᵢ = 10000^(−i/(width/2 − 1)): (length, width) in float64."""
    i = xp.arange(width // 2, dtype="float64")
    omega = xp.exp(i * (-math.log(LONGEST) / max(width // 2 - 1, 1)))
    angle = xp.arange(length, dtype="float64")[:, None] * omega
    return xp.concatenate([xp.sin(angle), xp.cos(angle)], axis=1)


def interleaved(like, *, first=0):
    """PE (N, D) for tokens `like` (B, N, D), the first of them at place `first` (Vaswani et al., 2017, §3.5).

    PE[t, 2i] = sin(t·ω),  PE[t, 2i + 1] = cos(t·ω),  ω = 10000^(−2i/D)
    """
    xp, (_, N, D) = array_module(like), like.shape
    omega = xp.exp(xp.arange(D // 2, dtype="float64") * (-2.0 * math.log(LONGEST) / D))
    angle = xp.arange(first, first + N, dtype="float64")[:, None] * omega
    return xp.stack([xp.sin(angle), xp.cos(angle)], axis=-1).reshape(N, D).astype(like.dtype)


def resized(p, *, grid, new_grid, method):
    """What `init` gave, for another grid of patches; method is one of `interpolate.INTERPOLATIONS`.

    E_pos is interpolated as a picture, E_rows and E_cols each along its own line, which is the same picture.
    """
    p = dict(p)
    if "E_pos" in p:
        p["E_pos"], _ = interpolate.forward(p["E_pos"], grid=grid, new_grid=new_grid, method=method)
    for name, old, new in zip(("E_rows", "E_cols"), grid, new_grid, strict=True):
        if name in p:
            xp = array_module(p[name])
            p[name] = interpolate.matrix(xp, new, old, method).astype(p[name].dtype) @ p[name]
    return p
