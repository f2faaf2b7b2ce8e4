"""The ViT of vitnp as plain JAX functions under jit, with jax.value_and_grad for the step."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

import vitnp


def forward(images, p, c, key):
    """Logits; dropout where the configuration has it and a key is given."""
    keys = iter(jax.random.split(key, 4 * c.num_layers + 1)) if key is not None else None

    def drop(x):
        if keys is None or not c.dropout_rate:
            return x
        keep = jax.random.bernoulli(next(keys), 1 - c.dropout_rate, x.shape)
        return jnp.where(keep, x / (1 - c.dropout_rate), 0)

    def norm(x, p):
        d = x - x.mean(-1, keepdims=True)
        return d * jax.lax.rsqrt((d * d).mean(-1, keepdims=True) + c.layer_norm_eps) * p["gamma"] + p["beta"]

    B, (rows, cols), P, H = len(images), c.grid, c.patch_size, c.num_heads
    x = images.reshape(B, rows, P, cols, P, -1).swapaxes(2, 3).reshape(B, rows * cols, -1)
    x = x @ p["project"]["W"] + p["project"]["b"]
    x = jnp.concatenate([jnp.broadcast_to(p["class_token"]["cls"], (B, 1, x.shape[-1])), x], 1)
    x = drop(x + p["position"]["E_pos"])
    for i in range(c.num_layers):
        b = p["blocks"][i]
        a, y = b["attention"], norm(x, b["norm_1"])
        Q, K, V = ((y @ a[f"W_{n}"] + a[f"b_{n}"]).reshape(B, -1, H, c.head_dim) for n in "QKV")
        y = jax.nn.dot_product_attention(Q, K, V).reshape(B, -1, c.hidden_size)
        x = x + drop(y @ a["W_O"] + a["b_O"])
        f, y = b["feed_forward"], norm(x, b["norm_2"])
        y = drop(jax.nn.gelu(y @ f["W1"] + f["b1"], approximate=c.gelu == "tanh"))
        x = x + drop(y @ f["W2"] + f["b2"])
    return norm(x, p["norm"])[:, 0] @ p["classify"]["head"]["W"] + p["classify"]["head"]["b"]


def runner(case, images, labels):
    """The function that does the case's work once."""
    c = case.config
    p = jax.tree.map(jnp.array, vitnp.vit.init(np.random.default_rng(0), c))
    images, labels = jnp.asarray(images), jnp.asarray(labels)
    key = jax.random.key(0) if c.dropout_rate else None

    def loss(p, images, labels):
        log_p = jax.nn.log_softmax(forward(images, p, c, key))
        return -jnp.take_along_axis(log_p, labels[:, None], 1).mean()

    if case.work == "forward":
        run = jax.jit(lambda p, images: forward(images, p, c, None))
        return lambda: run(p, images).block_until_ready()
    grads = jax.jit(jax.value_and_grad(loss))
    if case.work == "backward":
        return lambda: jax.block_until_ready(grads(p, images, labels))[0]
    means = jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p)

    @functools.partial(jax.jit, donate_argnums=(0, 1, 2))  # updates in place, as the others do
    def step(p, m, v, t, images, labels):
        value, g = jax.value_and_grad(loss)(p, images, labels)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        p = jax.tree.map(
            lambda p, m, v: (
                p * (1 - 1e-5) - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)
            ),
            p,
            m,
            v,
        )
        return value, p, m, v

    state = [p, *means, 1.0]

    def run():
        value, *state[:3] = step(*state, images, labels)
        state[3] += 1.0
        return value.block_until_ready()

    return run
