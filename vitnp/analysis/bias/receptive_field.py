"""Which pixels one place of a map depends on, and how much, layer after layer, found by the backward pass.

The gradient of the place in the middle is not zero where a pixel has a part in it. One image may hide a pixel: a ReLU
is closed, or another pixel is the maximum. So a pixel counts if its gradient is not zero in any of several images.

Most of those pixels have little part in it: the effective receptive field (Luo et al., 2016) is the part of the field
where most of the gradient's squares are.
"""

import math

from vitnp import models
from vitnp.backend.arrays import array_module
from vitnp.errors import InputError, need_real
from vitnp.inputs.checks import check_parameters, parameter_of
from vitnp.inputs.images import check_images


def receptive_fields(images, p, config):
    """Yield (name of a layer, mask (Hᵢ, Wᵢ)) from the first layer on: which pixels its middle place depends on.

    As `pixel_gradients`.
    """
    for name, dx in pixel_gradients(images, p, config):
        yield name, seen(dx)


def pixel_gradients(images, p, config):
    """Yield (name of a layer, dx (B, Hᵢ, Wᵢ, C)) from the first layer on: the gradient of its middle place.

    The layers are those of the model's `layers`; of tokens the patch in the middle is asked. Raises InputError for a
    model that has none.
    """
    layers = models.ask(config, "layers", "layers to go through one by one")
    check_parameters(p, models.of(config).init, config)
    x, run = check_images(images, config, parameter_of(p).dtype), []
    for layer in layers(p, config):
        x, saved = layer.forward(x)
        run.append((layer, saved))
        dx = middle(x, config)
        for below, kept in reversed(run):
            dx = below.backward(dx, kept)
        yield layer.name, dx


def seen(dx):
    """The pixels (Hᵢ, Wᵢ) with a gradient, dx (B, Hᵢ, Wᵢ, C), in any image."""
    return (dx != 0).any(axis=(0, 3))


def parts_of_gradient(dx):
    """How much of the squared gradient dx (B, Hᵢ, Wᵢ, C) every pixel has: (Hᵢ, Wᵢ), the sum is 1.

    Where each pixel is disturbed on its own, this is the part of the output's variance that comes from it.
    """
    sizes = (dx * dx).sum(axis=(0, 3))
    total = float(sizes.sum())
    if not 0 < total < math.inf:
        raise InputError(
            f"the squared gradient of the middle place is {total:g} in all; need a map that depends on its pixels"
        )
    return sizes / total


def effective_area(parts, share=0.9):
    """The smallest number of pixels that together have this share of the squared gradient, see `parts_of_gradient`."""
    need_real("share", share, low=0, at_most=1, open_at_low=True)
    xp = array_module(parts)
    together = xp.cumsum(-xp.sort(-parts.reshape(-1)))
    return min(int((together < share - 1e-9).sum()) + 1, parts.size)


def extent(mask):
    """(rows, columns) of the smallest rectangle that holds all pixels of a mask (Hᵢ, Wᵢ) that count."""
    xp = array_module(mask)
    sizes = []
    for axis in (1, 0):
        places = xp.flatnonzero(mask.any(axis=axis))
        sizes.append(int(places[-1] - places[0]) + 1 if len(places) else 0)
    return tuple(sizes)


def middle(y, config):
    """The gradient of the sum of all channels at the place in the middle: ones there, zeros elsewhere."""
    dy = array_module(y).zeros(y.shape, y.dtype)
    if y.ndim == 4:
        dy[:, y.shape[1] // 2, y.shape[2] // 2] = 1.0
    else:  # tokens: the patches row by row, behind a class token if there is one
        rows, columns = config.grid
        dy[:, y.shape[1] - rows * columns + rows // 2 * columns + columns // 2] = 1.0
    return dy
