"""Step 8: the class token's output becomes logits (deck 003, step 8; ViT eq. 4, §3.1).

y = row 0 of the tokens          (classifier "token"; with "gap", the mean over the tokens)
r = tanh(y·W_pre + b_pre)        (only where there is a pre-logits layer)
z = r·W + b                      the logits; softmax(z) are the class probabilities, see `loss.py`
"""

from vitnp.backend.arrays import array_module
from vitnp.ops import initializers, linear

CLASSIFIERS = ("token", "gap")


def init(rng, *, hidden_size, num_classes, representation_size, dtype):
    """Pre-logits LeCun normal; the head zero, as the released code: training starts at loss ln(classes)."""
    p, width = {}, hidden_size
    if representation_size is not None:
        width = representation_size
        p["pre_logits"] = {
            "W": initializers.lecun_normal(rng, (hidden_size, width), dtype),
            "b": initializers.zeros((width,), dtype),
        }
    if num_classes:
        p["head"] = {
            "W": initializers.zeros((width, num_classes), dtype),
            "b": initializers.zeros((num_classes,), dtype),
        }
    return p


def forward(x, p, *, classifier="token"):
    """Tokens (B, N, D) → logits (B, classes); without a head in p, the representation (B, D)."""
    xp = array_module(x)
    y = x[:, 0] if classifier == "token" else x.mean(axis=1)  # (B, N, D) → (B, D)
    r, saved_pre_logits = y, None
    if "pre_logits" in p:
        u, saved_linear = linear.forward(y, p["pre_logits"])
        r = xp.tanh(u)
        saved_pre_logits = (saved_linear, r)
    z, saved_head = r, None
    if "head" in p:
        z, saved_head = linear.forward(r, p["head"])
    return z, (x.shape, classifier, saved_pre_logits, saved_head)


def backward(dz, saved):
    """dlogits (B, classes) → dx (B, N, D) and {pre_logits, head}, as far as p has them."""
    (B, N, D), classifier, saved_pre_logits, saved_head = saved
    dr, dp = dz, {}
    if saved_head is not None:
        # z = r·W + b
        dr, dp["head"] = linear.backward(dz, saved_head)
    dy = dr
    if saved_pre_logits is not None:
        # r = tanh(u), u = y·W + b; tanh′ = 1 − tanh²
        saved_linear, r = saved_pre_logits
        dy, dp_pre = linear.backward(dr * (1.0 - r * r), saved_linear)
        dp = {"pre_logits": dp_pre, **dp}
    xp = array_module(dy)
    dx = xp.zeros((B, N, D), dy.dtype)
    if classifier == "token":
        dx[:, 0] = dy  # y = x[0]: the other tokens have no part in the logits
    else:
        dx[:] = dy[:, None] / N  # y = mean of the N tokens
    return dx, dp
