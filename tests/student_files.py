"""Right files of steps 5 to 8 as a student may write them: nothing in them is as in the templates.

`einsum` everywhere, one function without helpers, heads as the third axis, what is saved in a dict, a sigmoid for the
tanh, sums in place of means. The tests break these files, not the templates.
"""

S5 = """\
import numpy as np

def forward(x, p, *, num_heads):
    batch, tokens, width = x.shape
    k = width // num_heads
    q = (np.einsum("bnd,de->bne", x, p["W_Q"]) + p["b_Q"]).reshape(batch, tokens, num_heads, k)
    key = (np.einsum("bnd,de->bne", x, p["W_K"]) + p["b_K"]).reshape(batch, tokens, num_heads, k)
    v = (np.einsum("bnd,de->bne", x, p["W_V"]) + p["b_V"]).reshape(batch, tokens, num_heads, k)
    scores = np.einsum("bqhk,bshk->bhqs", q, key) / k**0.5
    weights = np.exp(scores)
    weights = weights / weights.sum(-1)[..., None]
    flat = np.einsum("bhqs,bshk->bqhk", weights, v).reshape(batch, tokens, width)
    out = np.einsum("bne,ef->bnf", flat, p["W_O"]) + p["b_O"]
    return out, {"x": x, "p": p, "q": q, "key": key, "v": v, "weights": weights, "flat": flat}

def backward(grad, saved):
    x, p, q, key, v = (saved[name] for name in ("x", "p", "q", "key", "v"))
    weights = saved["weights"]
    batch, tokens, num_heads, k = q.shape
    g = {"W_O": np.einsum("bne,bnf->ef", saved["flat"], grad), "b_O": np.einsum("bnf->f", grad)}
    g_flat = np.einsum("bnf,ef->bne", grad, p["W_O"])
    g_mixed = g_flat.reshape(q.shape)
    g_weights = np.einsum("bqhk,bshk->bhqs", g_mixed, v)
    g_v = np.einsum("bhqs,bqhk->bshk", weights, g_mixed)
    inner = np.einsum("bhqs,bhqs->bhq", weights, g_weights)[..., None]
    g_scores = weights * g_weights - weights * inner
    g_q = np.einsum("bhqs,bshk->bqhk", g_scores, key) / k**0.5
    g_k = np.einsum("bhqs,bqhk->bshk", g_scores, q) / k**0.5
    gx = 0
    for name, part in (("Q", g_q), ("K", g_k), ("V", g_v)):
        part = part.reshape(x.shape)
        g["W_" + name] = np.einsum("bnd,bne->de", x, part)
        g["b_" + name] = np.einsum("bne->e", part)
        gx = gx + np.einsum("bne,de->bnd", part, p["W_" + name])
    return gx, g
"""

S6 = """\
import numpy as np
from vitnp.steps import s5_attention as attention_step, s7_feed_forward as mlp_step

def forward(x, p, *, eps):
    mu = np.einsum("bnd->bn", x)[..., None] / x.shape[-1]
    sigma = np.sqrt(np.var(x, axis=-1)[..., None] + eps)
    out = (x - mu) / sigma * p["gamma"] + p["beta"]
    return out, {"normal": (x - mu) / sigma, "sigma": sigma, "gamma": p["gamma"]}

def backward(grad, saved):
    normal, sigma, gamma = saved["normal"], saved["sigma"], saved["gamma"]
    d = normal.shape[-1]
    g_gamma = np.einsum("bnd,bnd->d", grad, normal)
    g_beta = np.einsum("bnd->d", grad)
    g = grad * gamma
    total = np.einsum("bnd->bn", g)[..., None]
    along = np.einsum("bnd,bnd->bn", g, normal)[..., None]
    gx = (d * g - total - normal * along) / (d * sigma)
    return gx, {"gamma": g_gamma, "beta": g_beta}

def block_forward(x, p, *, num_heads, eps):
    kept = {}
    first, kept["first"] = forward(x, p["norm_1"], eps=eps)
    looked, kept["looked"] = attention_step.forward(first, p["attention"], num_heads=num_heads)
    middle = x + looked
    second, kept["second"] = forward(middle, p["norm_2"], eps=eps)
    fed, kept["fed"] = mlp_step.forward(second, p["feed_forward"])
    return middle + fed, kept

def block_backward(grad, kept):
    back, of_mlp = mlp_step.backward(grad, kept["fed"])
    back, of_second = backward(back, kept["second"])
    g_middle = grad + back
    g_looked, of_attention = attention_step.backward(g_middle, kept["looked"])
    g_first, of_first = backward(g_looked, kept["first"])
    gx = g_middle + g_first
    return gx, {"norm_1": of_first, "attention": of_attention, "norm_2": of_second, "feed_forward": of_mlp}
"""

S7 = """\
import numpy as np

C = np.sqrt(2 / np.pi)

def forward(x, p):
    u = np.einsum("bnd,dm->bnm", x, p["W1"]) + p["b1"]
    z = C * u + C * 0.044715 * u * u * u
    phi = 1 / (1 + np.exp(-2 * z))
    out = np.einsum("bnm,md->bnd", u * phi, p["W2"]) + p["b2"]
    return out, {"x": x, "p": p, "u": u, "phi": phi}

def backward(grad, saved):
    x, p, u, phi = (saved[name] for name in ("x", "p", "u", "phi"))
    g = u * phi
    back = np.einsum("bnd,md->bnm", grad, p["W2"])
    dz = C + 3 * C * 0.044715 * u * u
    slope = phi + u * 2 * phi * (1 - phi) * dz
    du = back * slope
    out = {"W1": np.einsum("bnd,bnm->dm", x, du), "b1": np.einsum("bnm->m", du)}
    out["W2"] = np.einsum("bnm,bnd->md", g, grad)
    out["b2"] = np.einsum("bnd->d", grad)
    return np.einsum("bnm,dm->bnd", du, p["W1"]), out
"""

S8 = """\
import numpy as np

def forward(x, p):
    batch, tokens, width = x.shape
    first = np.array([image[0] for image in x])
    return np.einsum("bd,dc->bc", first, p["W"]) + p["b"], dict(first=first, tokens=tokens, W=p["W"])

def backward(grad, saved):
    first, tokens = saved["first"], saved["tokens"]
    gx = np.zeros((len(first), tokens, first.shape[1]))
    for image in range(len(first)):
        gx[image, 0] = saved["W"] @ grad[image]
    return gx, {"W": np.einsum("bd,bc->dc", first, grad), "b": np.einsum("bc->c", grad)}

def loss_forward(z, target):
    e = np.exp(z)
    prob = np.array([row / row.sum() for row in e])
    each = [-np.log((row * t).sum()) for row, t in zip(prob, target)]
    return np.mean(each), {"prob": prob, "target": target, "z": z}

def loss_backward(grad, saved):
    gz = saved["prob"].copy()
    for i, t in enumerate(saved["target"]):
        gz[i] = grad * (gz[i] - t) / len(gz)
    return gz
"""

FILES = {5: S5, 6: S6, 7: S7, 8: S8}
