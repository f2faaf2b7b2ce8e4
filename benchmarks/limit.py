"""The multiply–adds of a model as bare matrix products, each thread its share of the batch, results thrown away."""

import functools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import threadpoolctl

from vitnp.blocks import resnet
from vitnp.blocks.bottleneck import WIDER


def runner(case, cores):
    """A function that does the products of the case once."""
    cores = min(cores, case.batch_size)
    todo = products(case, cores)

    def work(_=None):
        for a, b, out in todo:
            np.matmul(a, b, out=out)

    if cores == 1:
        return work
    pool = ThreadPoolExecutor(cores)
    threadpoolctl.threadpool_limits(1, "blas")
    return lambda: list(pool.map(work, range(cores)))


def products(case, cores):
    """[(a, b, where a·b goes)] of one thread; of the head none, which is small."""
    c, backward, images, found = case.config, case.work != "forward", case.batch_size / cores, []
    if c.family == "bit":
        found += residual(c, images, c.width, c.units, backward)
    if c.family == "hybrid":
        found += residual(c, images, c.stem_width, c.stem_units, backward)
    if c.family in ("vit", "hybrid"):
        found += encoder(c, images, backward)
    return found


@functools.cache
def array(*shape, use="read"):
    """Ones; products of one shape share them."""
    return np.ones(shape, np.float32)


def product(a, b):
    """(a, b, where a·b goes)."""
    return a, b, array(*a.shape[:-1], b.shape[-1], use="written")


def dense(rows, inputs, outputs, backward):
    """y = x·W and, backward, dx and dW."""
    x, W, dy = array(rows, inputs), array(inputs, outputs), array(rows, outputs)
    return [product(x, W)] + ([product(dy, W.T), product(x.T, dy)] if backward else [])


def encoder(c, images, backward):
    """Of the patches and of all blocks of a ViT."""
    N, D, M, K = c.num_tokens, c.hidden_size, c.mlp_dim, c.head_dim
    rows, heads = int(images * N), int(images * c.num_heads)
    block = []
    for inputs, outputs in [(D, D)] * 4 + [(D, M), (M, D)]:
        block += dense(rows, inputs, outputs, backward)
    Q, S = array(heads, N, K), array(heads, N, N)
    block += [product(Q, Q.swapaxes(1, 2)), product(S, Q)]
    if backward:
        of_S = product(S.swapaxes(1, 2), Q)
        block += [product(Q, Q.swapaxes(1, 2)), of_S, product(S, Q), of_S]
    return block * c.num_layers + dense(int(images * c.num_patches), c.patch_dim, D, backward)


def residual(c, images, width, sizes, backward):
    """Of all convolutions, each window in a row of its own; of the first no dx, which training does not need."""
    (rows, columns), *after = resnet.sizes_of(c.image_size, sizes, same=c.how.same)
    places = [int(images * h * w) for h, w in after]
    found = dense(int(images * rows * columns), 49 * c.in_channels, width, backward)
    found = [found[0], *found[2:]]
    inputs = width
    for stage, unit, stride in resnet.units(sizes):
        narrow, n = width * 2**stage, places[stage + 1]
        found += dense(places[stage] if unit == 0 else n, inputs, narrow, backward)
        found += dense(n, 9 * narrow, narrow, backward) + dense(n, narrow, WIDER * narrow, backward)
        if stride > 1 or inputs != WIDER * narrow:
            found += dense(n, inputs, WIDER * narrow, backward)
        inputs = WIDER * narrow
    return found
