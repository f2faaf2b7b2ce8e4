"""The position table resized to another grid of patches, for images of another size (ViT §3.2).

    G′ = W_rows·G·W_colsᵀ,  G the table as a picture (rows, cols, D), one channel a hidden unit

Every way of interpolating is linear and acts on rows and columns apart, so two small matrices say all of it,
and backward is the same with the matrices transposed. The row of the class token has no place and is kept.
"""

from vitnp.backend.arrays import array_module

# Which library does which: see `matrix`.
INTERPOLATIONS = ("bilinear-aligned", "bicubic", "bicubic-aligned", "bicubic-antialias", "bicubic-offset")
OFFSET = 0.1  # patches that DINOv2's code adds to the new size, so that rounding down never loses one


def forward(E_pos, *, grid, new_grid, method):
    """E_pos (N, D) or (N+1, D), N = rows·cols of `grid` → (N′, D) or (N′+1, D) for `new_grid`.

    method is one of `INTERPOLATIONS`, see `matrix`.
    """
    xp = array_module(E_pos)
    W_rows, W_cols = (
        matrix(xp, new, old, method).astype(E_pos.dtype) for new, old in zip(new_grid, grid, strict=True)
    )
    return _both_axes(E_pos, W_rows, W_cols), (W_rows, W_cols)


def backward(dE_pos, saved):
    """The gradient for the new table → the gradient for the old one."""
    W_rows, W_cols = saved
    # G′ = W_rows·G·W_colsᵀ
    return _both_axes(dE_pos, W_rows.T, W_cols.T)


def _both_axes(table, W_rows, W_cols):
    xp = array_module(table)
    D = table.shape[1]
    (new_rows, rows), (new_cols, cols) = W_rows.shape, W_cols.shape
    cls = table[: table.shape[0] - rows * cols]  # (1, D), or (0, D) without a class token
    G = W_rows @ table[cls.shape[0] :].reshape(rows, cols * D)  # → (rows′, cols·D)
    G = W_cols @ G.reshape(new_rows, cols, D)  # → (rows′, cols′, D)
    return xp.concatenate([cls, G.reshape(new_rows * new_cols, D)])


def matrix(xp, new, old, method):
    """W (new, old) in float64: how much each old place along one axis gives to each new one; rows sum to 1.

    | method           | place i of the new axis on the old | weight                                | done by      |
    |------------------|------------------------------------|---------------------------------------|--------------|
    | bilinear-aligned | i·(old − 1)/(new − 1)              | linear: scipy.ndimage.zoom(order=1)   | Google       |
    | bicubic          | (i + ½)·old/new − ½                | cubic, a = −¾, the edge repeated      | Hugging Face |
    | bicubic-aligned  | i·(old − 1)/(new − 1)              | cubic, a = −¾, the edge repeated      | torchvision  |
    | bicubic-antialias| (i + ½)·old/new − ½                | cubic, a = −½, wider where it shrinks | timm         |
    | bicubic-offset   | (i + ½)·old/(new + 0.1) − ½        | cubic, a = −¾, the edge repeated      | DINOv2's own |

    The last four are torch.nn.functional.interpolate(mode="bicubic") with its align_corners, antialias and
    scale_factor, which is (new + 0.1)/old.
    """
    i, j = xp.arange(new, dtype="float64")[:, None], xp.arange(-2, old + 2, dtype="float64")
    aligned = method.endswith("aligned")
    size = new + OFFSET if method.endswith("offset") else new
    place = i * (old - 1) / max(new - 1, 1) if aligned else (i + 0.5) * (old / size) - 0.5
    if method == "bilinear-aligned":
        return xp.maximum(1.0 - abs(place - j[2:-2]), 0.0)
    if method == "bicubic-antialias":
        W = cubic((place - j[2:-2]) / max(old / new, 1.0), a=-0.5)
        return W / W.sum(axis=1, keepdims=True)
    W = cubic(place - j, a=-0.75)
    # The kernel reaches two places beyond either edge; what falls there counts for the edge.
    W[:, 2] += W[:, :2].sum(axis=1)
    W[:, -3] += W[:, -2:].sum(axis=1)
    return W[:, 2:-2]


def cubic(x, *, a):
    """Keys' kernel: (a+2)|x|³ − (a+3)x² + 1 up to 1, a(|x|³ − 5x² + 8|x| − 4) up to 2, then 0 (Keys, 1981)."""
    xp = array_module(x)
    x = abs(x)
    near = (a + 2.0) * x**3 - (a + 3.0) * x**2 + 1.0
    far = a * (x**3 - 5.0 * x**2 + 8.0 * x - 4.0)
    return xp.where(x <= 1.0, near, xp.where(x < 2.0, far, 0.0))
