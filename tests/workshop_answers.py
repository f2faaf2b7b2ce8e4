"""Answers of students, right and wrong: data for `test_workshop_check.py`.

VARIANTS are right, each written in another way than the template: none may be refused. WRONG are edits of the template.
"""
# ruff: noqa: E501

# {name: (step, code)}
VARIANTS = {}


def variant(step, name, code):
    """Add one."""
    VARIANTS[name] = (step, code)


variant(
    1,
    "patchify with loops",
    """
import numpy as np

def forward(images, *, patch_size):
    patches = []
    for image in images:
        for top in range(0, image.shape[0], patch_size):
            for left in range(0, image.shape[1], patch_size):
                patches.append(image[top:top + patch_size, left:left + patch_size].ravel())
    return np.array(patches).reshape(len(images), -1, patch_size * patch_size * images.shape[3]), (images.shape, patch_size)

def backward(dpatches, saved):
    shape, P = saved
    out = np.zeros(shape)
    for b in range(shape[0]):
        n = 0
        for top in range(0, shape[1], P):
            for left in range(0, shape[2], P):
                out[b, top:top + P, left:left + P] = dpatches[b, n].reshape(P, P, shape[3])
                n += 1
    return out
""",
)
variant(
    1,
    "patchify by einsum",
    """
import numpy as np

def forward(x, *, patch_size):
    B, H, W, C = x.shape
    h, w = H // patch_size, W // patch_size
    cut = x.reshape(B, h, patch_size, w, patch_size, C)
    return np.einsum("bhpwqc->bhwpqc", cut).reshape(B, h * w, -1), {"shape": x.shape, "P": patch_size}

def backward(d, saved):
    B, H, W, C = saved["shape"]
    P = saved["P"]
    return np.einsum("bhwpqc->bhpwqc", d.reshape(B, H // P, W // P, P, P, C)).reshape(B, H, W, C)
""",
)
variant(
    2,
    "project by einsum, saved as a list",
    """
import numpy as np

def forward(x, p):
    return np.einsum("bni,io->bno", x, p["W"]) + p["b"], [x, p]

def backward(dy, saved):
    x, p = saved
    return np.einsum("bno,io->bni", dy, p["W"]), {
        "b": np.einsum("bno->o", dy), "W": np.einsum("bni,bno->io", x, dy)}
""",
)
variant(
    2,
    "project image by image",
    """
def forward(x, p):
    y = 0 * x @ p["W"]
    for b in range(len(x)):
        y[b] = x[b] @ p["W"] + p["b"]
    return y, (x, p)

def backward(dy, saved):
    x, p = saved
    dW = sum(x[b].T @ dy[b] for b in range(len(x)))
    return dy @ p["W"].T, dict(W=dW, b=dy.sum(0).sum(0))
""",
)
variant(
    3,
    "class token with tile",
    """
import numpy as np

def forward(x, p):
    cls = np.tile(p["cls"], (x.shape[0], 1, 1))
    return np.hstack([cls, x]), None

def backward(dz, saved):
    return dz[:, 1:, :].copy(), {"cls": np.add.reduce(dz[:, 0, :])}
""",
)
variant(
    3,
    "class token into an empty array",
    """
import numpy as np

def forward(x, p):
    B, N, D = x.shape
    z = np.empty((B, N + 1, D), x.dtype)
    z[:, 0] = p["cls"]
    z[:, 1:] = x
    return z, B

def backward(dz, B):
    total = np.zeros(dz.shape[2])
    for b in range(B):
        total += dz[b, 0]
    return dz[:, 1:], {"cls": total}
""",
)
variant(
    4,
    "positions image by image",
    """
import numpy as np

def forward(z, p):
    return np.stack([image + p["E_pos"] for image in z]), len(z)

def backward(dy, n):
    return dy, {"E_pos": sum(dy[i] for i in range(n))}
""",
)
variant(
    5,
    "attention by einsum, a dict, no helpers",
    """
import numpy as np

def forward(x, p, *, num_heads):
    B, N, D = x.shape
    q, k, v = (np.einsum("bnd,de->bne", x, p["W_" + n]) + p["b_" + n] for n in "QKV")
    q, k, v = (t.reshape(B, N, num_heads, -1).transpose(0, 2, 1, 3) for t in (q, k, v))
    s = np.einsum("bhnk,bhmk->bhnm", q, k) / (D / num_heads) ** 0.5
    a = np.exp(s - s.max(-1, keepdims=True))
    a /= a.sum(-1, keepdims=True)
    o = np.einsum("bhnm,bhmk->bnhk", a, v).reshape(B, N, D)
    y = o @ p["W_O"] + p["b_O"]
    return y, dict(x=x, p=p, q=q, k=k, v=v, a=a, o=o)

def backward(dy, saved):
    x, p, q, k, v, a, o = (saved[n] for n in "x p q k v a o".split())
    B, H, N, K = q.shape
    dp = {"W_O": np.einsum("bnd,bne->de", o, dy), "b_O": dy.sum((0, 1))}
    do = (dy @ p["W_O"].T).reshape(B, N, H, K).transpose(0, 2, 1, 3)
    dv = np.einsum("bhnm,bhnk->bhmk", a, do)
    da = np.einsum("bhnk,bhmk->bhnm", do, v)
    ds = a * (da - np.einsum("bhnm,bhnm->bhn", a, da)[..., None])
    ds /= np.sqrt(K)
    dq = np.einsum("bhnm,bhmk->bhnk", ds, k)
    dk = np.einsum("bhnm,bhnk->bhmk", ds, q)
    dx = 0
    for n, d in (("Q", dq), ("K", dk), ("V", dv)):
        d = d.transpose(0, 2, 1, 3).reshape(B, N, H * K)
        dp["W_" + n] = np.einsum("bnd,bne->de", x, d)
        dp["b_" + n] = d.sum((0, 1))
        dx = dx + d @ p["W_" + n].T
    return dx, dp
""",
)
variant(
    5,
    "attention head by head, columns of the matrices",
    """
import numpy as np

def softmax_rows(s):
    e = np.exp(s)
    return e / e.sum(axis=-1)[..., np.newaxis]

def forward(x, p, *, num_heads):
    K = x.shape[-1] // num_heads
    heads, kept = [], []
    for h in range(num_heads):
        c = slice(h * K, (h + 1) * K)
        q, k, v = (x @ p["W_" + n][:, c] + p["b_" + n][c] for n in "QKV")
        a = softmax_rows(q @ k.transpose(0, 2, 1) / np.sqrt(K))
        heads.append(a @ v)
        kept.append((q, k, v, a))
    concat = np.concatenate(heads, axis=-1)
    return concat @ p["W_O"] + p["b_O"], (x, p, kept, concat)

def backward(dy, saved):
    x, p, kept, concat = saved
    dp = {name: np.zeros_like(leaf) for name, leaf in p.items()}
    dp["W_O"] += np.tensordot(concat, dy, axes=([0, 1], [0, 1]))
    dp["b_O"] += dy.sum(axis=(0, 1))
    dconcat = dy @ p["W_O"].T
    dx = np.zeros_like(x)
    K = kept[0][0].shape[-1]
    for h, (q, k, v, a) in enumerate(kept):
        c = slice(h * K, (h + 1) * K)
        do = dconcat[..., c]
        da, dv = do @ v.transpose(0, 2, 1), a.transpose(0, 2, 1) @ do
        J_da = a * da - a * (a * da).sum(-1, keepdims=True)
        ds = J_da / np.sqrt(K)
        for n, d in (("Q", ds @ k), ("K", ds.transpose(0, 2, 1) @ q), ("V", dv)):
            dp["W_" + n][:, c] += np.tensordot(x, d, axes=([0, 1], [0, 1]))
            dp["b_" + n][c] += d.sum((0, 1))
            dx += d @ p["W_" + n][:, c].T
    return dx, dp
""",
)
variant(
    5,
    "attention with the whole Jacobian of every row, in float128 sums of loops",
    """
import numpy as np

def softmax(S):
    return np.exp(S) / np.exp(S).sum(axis=3, keepdims=True)

def softmax_backward(dA, A):
    dS = np.empty_like(A)
    for place in np.ndindex(A.shape[:3]):
        a = A[place]
        dS[place] = (np.diag(a) - np.outer(a, a)) @ dA[place]
    return dS

def heads(t, H):
    return np.stack(np.split(t, H, axis=-1), axis=1)

def unheads(t):
    return np.concatenate([t[:, h] for h in range(t.shape[1])], axis=-1)

def forward(x, p, *, num_heads):
    Q, K, V = [heads(x @ p[f"W_{i}"] + p[f"b_{i}"], num_heads) for i in ("Q", "K", "V")]
    A = softmax((Q / np.sqrt(Q.shape[3])) @ K.transpose(0, 1, 3, 2))
    O = unheads(A @ V)
    return O @ p["W_O"] + p["b_O"], [x, p, Q, K, V, A, O]

def backward(dy, saved):
    x, p, Q, K, V, A, O = saved
    two = lambda t: t.reshape(-1, t.shape[-1])
    grad = {"b_O": two(dy).sum(0), "W_O": two(O).T @ two(dy)}
    dO = heads(dy @ p["W_O"].T, Q.shape[1])
    dS = softmax_backward(dO @ V.transpose(0, 1, 3, 2), A) / np.sqrt(Q.shape[3])
    ways = {"V": A.transpose(0, 1, 3, 2) @ dO, "K": dS.transpose(0, 1, 3, 2) @ Q, "Q": dS @ K}
    for i, d in ways.items():
        grad[f"W_{i}"], grad[f"b_{i}"] = two(x).T @ two(unheads(d)), two(unheads(d)).sum(0)
    return sum(unheads(ways[i]) @ p[f"W_{i}"].T for i in ways), grad
""",
)
variant(
    5,
    "attention with other helpers of the same names",
    """
import numpy as np

def split(x, H):
    # here the heads stay behind the tokens; forward swaps them
    return x.reshape(*x.shape[:2], H, -1)

def softmax(S, axis):
    e = np.exp(S - S.max())
    return e / e.sum(axis=axis, keepdims=True)

def forward(x, p, *, num_heads):
    Q, K, V = [split(x @ p["W_" + i] + p["b_" + i], num_heads).swapaxes(1, 2) for i in "QKV"]
    A = softmax(Q @ np.moveaxis(K, -1, -2) * Q.shape[-1] ** -0.5, 3)
    O = (A @ V).swapaxes(1, 2).reshape(x.shape)
    return O @ p["W_O"] + p["b_O"], (x, p, Q, K, V, A, O)

def backward(dy, saved):
    x, p, Q, K, V, A, O = saved
    flat = lambda a: a.reshape(-1, a.shape[-1])
    dp = dict(W_O=flat(O).T @ flat(dy), b_O=flat(dy).sum(0))
    dO = split(dy @ p["W_O"].T, Q.shape[1]).swapaxes(1, 2)
    dA = dO @ V.swapaxes(2, 3)
    dS = A * (dA - (A * dA).sum(3)[..., None]) * Q.shape[-1] ** -0.5
    dx = np.zeros(x.shape)
    for i, d in zip("QKV", (dS @ K, dS.swapaxes(2, 3) @ Q, A.swapaxes(2, 3) @ dO)):
        d = d.swapaxes(1, 2).reshape(x.shape)
        dp.update({"W_" + i: flat(x).T @ flat(d), "b_" + i: flat(d).sum(0)})
        dx += d @ p["W_" + i].T
    return dx, dp
""",
)
BLOCK = """
from vitnp.steps import s5_attention as five, s7_feed_forward as seven

def block_forward(x, p, *, num_heads, eps):
    n1, s1 = forward(x, p["norm_1"], eps=eps)
    att, s2 = five.forward(n1, p["attention"], num_heads=num_heads)
    mid = x + att
    n2, s3 = forward(mid, p["norm_2"], eps=eps)
    ff, s4 = seven.forward(n2, p["feed_forward"])
    return mid + ff, {"a": (s1, s2), "f": (s3, s4)}

def block_backward(dy, saved):
    (s1, s2), (s3, s4) = saved["a"], saved["f"]
    d, dff = seven.backward(dy, s4)
    d, dn2 = backward(d, s3)
    dmid = d + dy
    d, datt = five.backward(dmid, s2)
    d, dn1 = backward(d, s1)
    return d + dmid, {"feed_forward": dff, "norm_2": dn2, "norm_1": dn1, "attention": datt}
"""
variant(
    6,
    "LayerNorm with np.var",
    """
import numpy as np

def forward(x, p, *, eps):
    mean, var = x.mean(-1, keepdims=True), np.var(x, axis=-1, keepdims=True)
    std = np.sqrt(var + eps)
    return (x - mean) / std * p["gamma"] + p["beta"], (x, p, mean, std)

def backward(dy, saved):
    x, p, mean, std = saved
    D = x.shape[-1]
    xh = (x - mean) / std
    g = dy * p["gamma"]
    dvar = (g * (x - mean)).sum(-1, keepdims=True) * -0.5 / std**3
    dmean = -g.sum(-1, keepdims=True) / std
    dx = g / std + dvar * 2 * (x - mean) / D + dmean / D
    return dx, {"gamma": (dy * xh).sum((0, 1)), "beta": dy.sum((0, 1))}
"""
    + BLOCK,
)
variant(
    6,
    "LayerNorm token by token, with its Jacobian",
    """
import numpy as np

def forward(x, p, *, eps):
    y, kept = np.zeros(x.shape), {}
    for place in np.ndindex(x.shape[:2]):
        c = x[place] - x[place].mean()
        s = np.sqrt((c**2).mean() + eps)
        kept[place] = c / s, s
        y[place] = p["gamma"] * c / s + p["beta"]
    return y, (kept, p["gamma"], x.shape)

def backward(dy, saved):
    kept, gamma, shape = saved
    D, dx = shape[-1], np.zeros(shape)
    dgamma, dbeta = np.zeros(D), np.zeros(D)
    for place, (h, s) in kept.items():
        J = (np.eye(D) - 1 / D - np.outer(h, h) / D) / s
        dx[place] = J @ (gamma * dy[place])
        dgamma += dy[place] * h
        dbeta += dy[place]
    return dx, {"beta": dbeta, "gamma": dgamma}
"""
    + BLOCK,
)
variant(
    6,
    "LayerNorm with std(), in-place on its own arrays",
    """
import numpy as np

def forward(x, p, *, eps):
    out = x - x.mean(axis=2)[:, :, None]
    inv = 1 / np.sqrt(x.std(axis=2)[:, :, None] ** 2 + eps)
    out *= inv
    return out * p["gamma"] + p["beta"], (out, inv, p)

def backward(dy, saved):
    out, inv, p = saved
    d = dy * p["gamma"]
    dx = d.copy()
    dx -= d.mean(axis=2)[:, :, None]
    dx -= out * (d * out).mean(axis=2)[:, :, None]
    dx *= inv
    return dx, dict(gamma=np.einsum("bnd,bnd->d", dy, out), beta=np.einsum("bnd->d", dy))
"""
    + BLOCK,
)
variant(
    7,
    "feed-forward that computes u again",
    """
import numpy as np

K = np.sqrt(2 / np.pi)

def forward(x, p):
    u = x @ p["W1"] + p["b1"]
    return (0.5 * u * (1 + np.tanh(K * (u + 0.044715 * u**3)))) @ p["W2"] + p["b2"], (x, p)

def backward(dv, saved):
    x, p = saved
    u = x @ p["W1"] + p["b1"]
    t = np.tanh(K * (u + 0.044715 * u**3))
    phi = (1 + t) / 2
    slope = phi + u / 2 * (1 - t**2) * K * (1 + 0.134145 * u**2)
    du = (dv @ p["W2"].T) * slope
    return du @ p["W1"].T, {
        "W1": np.einsum("bnd,bnm->dm", x, du, optimize=True), "b1": du.sum((0, 1)),
        "W2": np.einsum("bnm,bnd->md", u * phi, dv, optimize=True), "b2": dv.sum((0, 1))}
""",
)
variant(
    7,
    "feed-forward by the logistic function: tanh(a) = 2σ(2a) − 1",
    """
import numpy as np

def gelu(u):
    return u / (1 + np.exp(-2 * np.sqrt(2 / np.pi) * (u + 0.044715 * u**3)))

def gelu_backward(dg, u):
    a = 2 * np.sqrt(2 / np.pi)
    s = 1 / (1 + np.exp(-a * (u + 0.044715 * u**3)))
    return dg * (s + u * s * (1 - s) * a * (1 + 3 * 0.044715 * u**2))

def forward(x, p):
    u = np.matmul(x, p["W1"]) + p["b1"]
    return np.matmul(gelu(u), p["W2"]) + p["b2"], {"x": x, "u": u, "p": p}

def backward(dv, saved):
    x, u, p = saved["x"], saved["u"], saved["p"]
    two = lambda a: a.reshape(-1, a.shape[-1])
    du = gelu_backward(dv @ p["W2"].T, u)
    return du @ p["W1"].T, {"b2": two(dv).sum(0), "W2": two(gelu(u)).T @ two(dv),
                            "b1": two(du).sum(0), "W1": two(x).T @ two(du)}
""",
)
LOSS = """
import numpy as np

def loss_forward(logits, labels):
    e = np.exp(logits - logits.max(1, keepdims=True))
    q = e / e.sum(1, keepdims=True)
    return -np.mean(np.log(q[labels == 1])), (q, labels)

def loss_backward(d, saved):
    q, labels = saved
    dz = q.copy()
    dz[labels == 1] -= 1
    return d * dz / len(q)
"""
variant(
    8,
    "classification with a loss that picks the right class",
    """
def forward(x, p):
    y = x[:, 0, :]
    return y @ p["W"] + p["b"], (x, p)

def backward(dz, saved):
    x, p = saved
    dx = 0 * x
    dx[:, 0, :] = dz @ p["W"].T
    return dx, {"W": x[:, 0].T @ dz, "b": dz.sum(0)}
"""
    + LOSS,
)
variant(
    8,
    "classification by concatenating zeros",
    """
import numpy as np

def probabilities(z):
    return np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)

def forward(x, p):
    return np.einsum("bd,dc->bc", x[:, 0], p["W"]) + p["b"], {"first": x[:, 0], "rest": x[:, 1:] * 0, "W": p["W"]}

def backward(dz, saved):
    dy = np.einsum("bc,dc->bd", dz, saved["W"])
    dx = np.concatenate([dy[:, None], saved["rest"]], axis=1)
    return dx, {"b": dz.sum(axis=0), "W": np.einsum("bd,bc->dc", saved["first"], dz)}
"""
    + LOSS,
)
variant(
    8,
    "a loss by log-sum-exp and the whole Jacobian",
    """
import numpy as np
from scipy.special import logsumexp

def forward(x, p):
    return x[:, 0] @ p["W"] + p["b"], (x, p["W"])

def backward(dz, saved):
    x, W = saved
    dx = np.zeros(x.shape)
    dx[:, 0] += dz @ W.T
    return dx, {"W": x[:, 0].T @ dz, "b": dz.sum(0)}

def loss_forward(z, target):
    return (logsumexp(z, axis=1) - (z * target).sum(1)).mean(), (z, target)

def loss_backward(dloss, saved):
    z, target = saved
    dz = np.zeros(z.shape)
    for b in range(len(z)):
        q = np.exp(z[b] - logsumexp(z[b]))
        dq = np.where(target[b] > 0, -target[b] / q, 0) / len(z)
        dz[b] = (np.diag(q) - np.outer(q, q)) @ dq
    return dloss * dz
""",
)
variant(
    5,
    "attention in a class, called by functions",
    """
import numpy as np

class Attention:
    def __init__(self, x, p, H):
        self.x, self.p, self.H = x, p, H

    def split(self, t):
        B, N, D = t.shape
        return t.reshape(B, N, self.H, D // self.H).transpose(0, 2, 1, 3)

    def merge(self, t):
        return t.transpose(0, 2, 1, 3).reshape(self.x.shape)

    def run(self):
        self.Q, self.K, self.V = (self.split(self.x @ self.p["W_" + n] + self.p["b_" + n]) for n in "QKV")
        S = self.Q @ self.K.swapaxes(2, 3) / self.Q.shape[3] ** 0.5
        E = np.exp(S - S.max(axis=3, keepdims=True))
        self.A = E / E.sum(axis=3, keepdims=True)
        self.C = self.merge(self.A @ self.V)
        return self.C @ self.p["W_O"] + self.p["b_O"]

    def back(self, dy):
        two = lambda t: t.reshape(-1, t.shape[-1])
        dp = {"W_O": two(self.C).T @ two(dy), "b_O": two(dy).sum(0)}
        dO = self.split(dy @ self.p["W_O"].T)
        dA = dO @ self.V.swapaxes(2, 3)
        dS = self.A * (dA - (dA * self.A).sum(3, keepdims=True)) / self.Q.shape[3] ** 0.5
        dx = np.zeros_like(self.x)
        for n, d in (("V", self.A.swapaxes(2, 3) @ dO), ("K", dS.swapaxes(2, 3) @ self.Q), ("Q", dS @ self.K)):
            d = self.merge(d)
            dp["W_" + n], dp["b_" + n] = two(self.x).T @ two(d), two(d).sum(0)
            dx += d @ self.p["W_" + n].T
        return dx, dp

def forward(x, p, *, num_heads):
    layer = Attention(x, p, num_heads)
    return layer.run(), layer

def backward(dy, layer):
    return layer.back(dy)
""",
)

variant(
    4,
    "lists in place of tuples",
    """
def forward(z, p):
    return [z + p["E_pos"], None]

def backward(dy, saved):
    return [dy, {"E_pos": dy.sum(axis=0)}]
""",
)
variant(
    7,
    "feed-forward token by token, with a closure as saved",
    """
import numpy as np

def gelu_and_slope(u):
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (u + 0.044715 * u**3))
    return 0.5 * u * (1 + t), 0.5 * (1 + t) + 0.5 * u * (1 - t**2) * c * (1 + 3 * 0.044715 * u**2)

def forward(x, p):
    y, kept = np.empty_like(x), []
    for b in range(x.shape[0]):
        for n in range(x.shape[1]):
            g, slope = gelu_and_slope(x[b, n] @ p["W1"] + p["b1"])
            y[b, n] = g @ p["W2"] + p["b2"]
            kept.append((b, n, g, slope))

    def back(dv):
        dp = {name: np.zeros_like(leaf) for name, leaf in p.items()}
        dx = np.zeros_like(x)
        for b, n, g, slope in kept:
            du = (p["W2"] @ dv[b, n]) * slope
            dp["W2"] += np.outer(g, dv[b, n])
            dp["b2"] += dv[b, n]
            dp["W1"] += np.outer(x[b, n], du)
            dp["b1"] += du
            dx[b, n] = p["W1"] @ du
        return dx, dp

    return y, back

def backward(dv, back):
    return back(dv)
""",
)

# (step, a line of the solution, what stands there instead, stage, part, a word of the message in Korean, in English)
WRONG = [
    (1, "grid = cut.swapaxes(2, 3)", "grid = cut", "numbers", "1.1", "기준은", "the reference has"),
    (1, "x.reshape(B, H // P, P, W // P, P, C)", "x.reshape(B, C, H // P, P, W // P, P)", "numbers", "1.1", "기준은", "the reference has"),
    (1, "x_p = grid.reshape(B, -1, P * P * C)", "x_p = grid.reshape(B, -1, P * P, C)", "shapes", "1.1", "슬라이드는 196x768", "the slide has 196x768"),
    (1, "cut = grid.swapaxes(2, 3)", "cut = grid", "gradient", "1.2", "dx: 수치", "dx: numeric"),
    (1, "return cut.reshape(B, H, W, C)", "return cut", "gradient shapes", "1.2", "dx의 shape", "dx has the shape"),
    (2, 'x_p @ p["W"] + p["b"]', 'x_p @ p["W"]', "numbers", "2.1", "기준은", "the reference has"),
    (2, "dW = rows.T @ drows", "dW = drows.T @ rows", "gradient shapes", "2.2", "dW의 shape", "dW has the shape"),
    (2, "db = drows.sum(axis=0)", "db = drows.mean(axis=0)", "gradient", "2.2", "db", "db"),
    (2, 'return dx_p, {"W": dW, "b": db}', 'return dx_p, {"w": dW, "b": db}', "gradient shapes", "2.2", "없는 것: W", "missing W"),
    (2, 'return dx_p, {"W": dW, "b": db}', "return dx_p, dW, db", "gradient shapes", "2.2", "(ndarray, ndarray, ndarray)", "(ndarray, ndarray, ndarray)"),
    (2, 'return dx_p, {"W": dW, "b": db}', "pass", "gradient shapes", "2.2", "None", "None"),
    (3, "np.concatenate([cls, x], axis=1)", "np.concatenate([x, cls], axis=1)", "numbers", "3.1", "기준은", "the reference has"),
    (3, "np.concatenate([cls, x], axis=1)", "np.concatenate([cls, x], axis=0)", "shapes", "3.1", "멈춥니다: ValueError", "stops: ValueError"),
    (3, "dz[:, 0].sum(axis=0)", "dz[:, 0]", "gradient shapes", "3.2", "(2, 12)", "(2, 12)"),
    (3, "dx = dz[:, 1:]", "dx = dz[:, :-1]", "gradient", "3.2", "dx", "dx"),
    (4, 'z0 = z + p["E_pos"]', 'z += p["E_pos"]\n    z0 = z', "invariants", "4.1", "입력 x의 값이 바뀝니다", "writes into its input x"),
    (4, "dE_pos = dz0.sum(axis=0)", "dE_pos = dz0", "gradient shapes", "4.2", "dE_pos", "dE_pos"),
    (4, "dz = dz0", "dz0 *= 2.0\n    dz = dz0 / 2.0", "gradient", "4.2", "dE_pos", "dE_pos"),
    (4, "dE_pos = dz0.sum(axis=0)", "dE_pos = dz0.sum(axis=0)\n    dz0 *= 2.0\n    dz = dz0 / 2.0", "contract", "4.2", "dy의 값이 바뀝니다", "dy is written into"),
    (5, " / np.sqrt(Q.shape[-1])", "", "numbers", "5.6", "기준은", "the reference has"),
    (5, "return e / e.sum(axis=-1, keepdims=True)", "return e / e.sum(axis=-2, keepdims=True)", "invariants", "5.3", "행의 합", "sums to"),
    (5, "return heads.swapaxes(1, 2)", "return x.reshape(B, num_heads, N, -1)", "numbers", "5.1", "split만 따로", "split called by itself"),
    (5, "tokens = x.swapaxes(1, 2)", "tokens = x", "numbers", "5.2", "merge만 따로", "merge called by itself"),
    (5, "return A * (dA - common)", "return A * (1 - A) * dA", "gradient", "5.4", "softmax_backward만 따로", "softmax_backward called by itself"),
    (5, "db = dy.sum(axis=(0, 1))", "db = dy.mean(axis=(0, 1))", "gradient", "5.5", "맞는 것: dx, dW_Q", "Right: dx, dW_Q"),
    (5, "dK = dS.swapaxes(-1, -2) @ Q", "dK = dS @ Q", "gradient", "5.7", "맞는 것: dW_Q, db_Q", "Right: dW_Q, db_Q"),
    (5, "dx = dx_Q + dx_K + dx_V", "dx = dx_Q + dx_K", "gradient", "5.7", "dx: 수치", "dx: numeric"),
    (5, "concat = merge(A @ V)", "concat = merge(A @ V)[..., :60]", "shapes", "5.6", "멈춥니다: ValueError", "stops: ValueError"),
    (5, "A = softmax(S)", "A = softmax(S)\n    A = A + np.random.rand()", "invariants", "5.6", "두 번 부르면", "called again"),
    (6, "c = x - x.mean(axis=-1, keepdims=True)", "c = x - x.mean(axis=-1)", "shapes", "6.1", "멈춥니다: ValueError", "stops: ValueError"),
    (6, "var = (c * c).mean(axis=-1, keepdims=True)", "var = (c * c).sum(axis=-1, keepdims=True)", "numbers", "6.1", "기준은", "the reference has"),
    (6, "- x_hat * along_x_hat", "", "gradient", "6.2", "맞는 것: dgamma, dbeta", "Right: dgamma, dbeta"),
    (6, "y = x + f", "y = f", "numbers", "6.3", "기준은", "the reference has"),
    (6, "dx = dx + da", "dx = da", "gradient", "6.4", "dx: 수치", "dx: numeric"),
    (7, "* u**2)", "* u**3)", "gradient", "7.2", "gelu_backward만 따로", "gelu_backward called by itself"),
    (7, "g = gelu(u)", "g = np.maximum(u, 0)", "numbers", "7.3", "기준은", "the reference has"),
    (7, "return 0.5 * u * (1 + t)", "return 0.5 * (1 + t)", "numbers", "7.1", "gelu만 따로", "gelu called by itself"),
    (8, "y = x[:, 0]", "y = x[:, -1]", "numbers", "8.1", "extract만 따로", "extract called by itself"),
    (8, "dx[:, 0] = dz @ W.T", "dx[:] = (dz @ W.T)[:, None]", "gradient", "8.4", "dx: 수치", "dx: numeric"),
    (8, "(prob - target) / len(target)", "(prob - target)", "gradient", "8.6", "dx: 수치", "dx: numeric"),
    (8, ".sum() / len(z)", ".sum()", "numbers", "8.5", "loss = ", "loss = "),
    (8, "return e / e.sum(axis=-1, keepdims=True)", "return e", "numbers", "8.2", "probabilities", "probabilities"),
]  # fmt: skip


OF_FORWARD = ["None", "z", "(z,)", "(None, ())", "('text', ())", "(z.tolist(), ())", "(z > 0, ())", "(z.astype(int), ())", "(float('nan') * z, ())", "(z[0], ())", "(z, (), 3)"]  # fmt: skip
OF_BACKWARD = ["None", "dz", "(dz,)", "(None, {})", "(dz, None)", "(dz, {'E_pos': 3})", "(dz, {'E_pos': None})", "(dz, {3: dE_pos})", "(dz, {'E_pos': {'a': dE_pos}})", "(dz[0], {'E_pos': dE_pos})", "(dz * float('nan'), {'E_pos': dE_pos})", "exit(1)", "1 / 0", "(dz, {'E_pos': dE_pos, 'W': dz})"]  # fmt: skip
