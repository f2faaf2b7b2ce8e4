"""Weight standardization: every output channel's kernel gets mean 0 and variance 1 (Qiao et al., 2019).

    Ŵ = c/√(v + ε)    or    Ŵ = c/(√v + ε),    c = W − mean(W), v = mean(c²)

Means are over the k·k·I values of one output channel. GroupNorm with it replaces BatchNorm in BiT: the loss no longer
depends on the scale of a kernel. The first form is BiT's (ε 1e-10) and timm's (1e-8), the second that of Google's
hybrid (1e-5).
"""

from vitnp.backend.arrays import array_module
from vitnp.backend.half import wide

FORMS = ("variance", "std")  # where ε is added


def forward(W, *, eps, form="variance"):
    """A kernel (k, k, I, O) → the standardized kernel (k, k, I, O)."""
    xp, dtype = array_module(W), W.dtype
    W = wide(W)  # ε and most squares are below float16
    c = W - W[:1, :1, :1]  # so c of a constant kernel is exactly 0
    c -= c.mean(axis=(0, 1, 2))
    v = (c * c).mean(axis=(0, 1, 2))  # of the differences, not E[W²] − E[W]², which cancels
    if form == "variance":
        scale = along = (v + eps) ** -0.5
    else:
        std = xp.sqrt(v)
        scale = 1 / (std + eps)
        along = xp.where(std > 0, 1 / xp.where(std > 0, std, 1), 0)  # a constant kernel has no direction
    y = c * scale
    return y.astype(dtype, copy=False), (y, scale, along)


def backward(dy, saved):
    """dŴ → dW (k, k, I, O)."""
    y, scale, along = saved
    dtype, dy = dy.dtype, wide(dy)
    # Ŵ = c·scale(v): W moves its mean and its variance too. d√v/dc = c/(n·√v), so the last term has `along`:
    # 1/√(v + ε), or 1/√v where ε is added to the root
    dW = (dy - dy.mean(axis=(0, 1, 2))) * scale
    dW -= y * ((dy * y).mean(axis=(0, 1, 2)) * along)
    return dW.astype(dtype, copy=False)
