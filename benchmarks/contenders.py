"""One contender, one case, one process: `contenders.py NAME CASE` makes the model, then runs once a line of input.

It answers each line with the seconds of one run, and `quit` with its peak memory above the loaded parameters, in bytes.
"""

import sys
import time

from cases import case, data


def vitnp(case, *, workers=None):
    """This library, through its public functions."""
    import numpy as np

    import vitnp
    from vitnp import optim

    images, labels = data(case)
    p = vitnp.vit.init(np.random.default_rng(0), case.config)
    rng = np.random.default_rng(1)
    if case.work == "forward":
        return lambda: vitnp.predict(images, p, case.config)
    if case.work == "backward":
        return lambda: vitnp.loss_and_grads(images, labels, p, case.config, rng=rng)[0]
    state = optim.init(p)

    def step():
        loss, dp = vitnp.loss_and_grads(images, labels, p, case.config, rng=rng)
        optim.update(p, dp, state, lr=1e-3)
        return loss

    return step


def limit(case):
    """The same multiply–adds as bare matrix products, each thread its share of the batch, results thrown away."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    import threadpoolctl

    c = case.config
    B, N, D, M, H, K = case.batch_size, c.num_tokens, c.hidden_size, c.mlp_dim, c.num_heads, c.head_dim
    cores = 1 if B == 1 else min(2, B)
    rows = B * N // cores
    dense = [(D, D)] * 4 + [(D, M), (M, D)]
    heads = B * H // cores

    def arrays(*shapes):
        return [np.ones(shape, np.float32) for shape in shapes]

    products = []
    for i, o in dense:
        x, W, y, dW, dx = arrays((rows, i), (i, o), (rows, o), (i, o), (rows, i))
        products.append((x, W, y))
        if case.work != "forward":
            products += [(y, W.T, dx), (x.T, y, dW)]
    Q, S, out = arrays((heads, N, K), (heads, N, N), (heads, N, K))
    products += [(Q, Q.swapaxes(1, 2), S), (S, Q, out)]
    if case.work != "forward":
        products += [
            (Q, Q.swapaxes(1, 2), S),
            (S.swapaxes(1, 2), Q, out),
            (S, Q, out),
            (S.swapaxes(1, 2), Q, out),
        ]
    x, W, y, dW, dx = arrays(
        (rows, c.patch_dim), (c.patch_dim, D), (rows, D), (c.patch_dim, D), (rows, c.patch_dim)
    )
    stem = [(x, W, y)] + ([(y, W.T, dx), (x.T, y, dW)] if case.work != "forward" else [])

    def work(_=None):
        for _ in range(c.num_layers):
            for a, b, out in products:
                np.matmul(a, b, out=out)
        for a, b, out in stem:
            np.matmul(a, b, out=out)

    if cores == 1:
        return work
    pool = ThreadPoolExecutor(cores)
    threadpoolctl.threadpool_limits(1, "blas")
    return lambda: list(pool.map(work, range(cores)))


def torch(case, *, compiled=False):
    """The same network in plain torch.nn with scaled_dot_product_attention."""
    import torch as t
    from torch_vit import ViT

    t.manual_seed(0)
    t.set_num_threads(2)
    images, labels = (t.from_numpy(a) for a in data(case))
    images = images.permute(0, 3, 1, 2).contiguous()
    model = ViT(case.config)
    if compiled:
        model = t.compile(model)
    if case.work == "forward":
        model.eval()

        def forward():
            with t.inference_mode():
                return model(images)

        return forward
    optimizer = t.optim.AdamW(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = t.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        if case.work == "step":
            optimizer.step()
        return loss.item()

    return step


def torch_compile(case):
    """The same after torch.compile."""
    return torch(case, compiled=True)


def jax(case):
    """The same network as plain JAX functions under jit."""
    import jax_vit

    return jax_vit.runner(case, *data(case))


def status(key):
    """A line of /proc/self/status, in bytes."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(key))


def main():
    name, case_name = sys.argv[1:]
    run = globals()[name](case(case_name))
    loaded = status("VmRSS")
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak is counted from here
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        start = time.perf_counter()
        result = run()
        if hasattr(result, "block_until_ready"):
            result.block_until_ready()
        print(time.perf_counter() - start, flush=True)
    print(status("VmHWM") - loaded, flush=True)


if __name__ == "__main__":
    main()
