"""Which pixels one place of a map depends on, layer after layer, found by the backward pass.

The gradient of the place in the middle is not zero where a pixel has a part in it. One image may hide a pixel: a ReLU
is closed, or another pixel is the maximum. So a pixel counts if its gradient is not zero in any of several images.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

from vitnp import models
from vitnp.backend.arrays import array_module
from vitnp.blocks import conv_stage, encoder
from vitnp.errors import InputError
from vitnp.inputs.checks import check_parameters
from vitnp.inputs.images import check_images
from vitnp.ops import pool
from vitnp.steps import s1_patchify, s2_project


class Layer(NamedTuple):
    """A layer of a model, alone."""

    name: str
    forward: Callable  # x → y, saved
    backward: Callable  # dy, saved → dx


def receptive_fields(images, p, config):
    """Yield (name of a layer, mask (Hᵢ, Wᵢ)) from the first layer on: which pixels its middle place depends on.

    A CNN's layers are its convolutions and pools, a ViT's the projection of patches and the encoder's blocks, of which
    the patch in the middle is asked. Raises InputError for another family's model.
    """
    check_parameters(p, models.of(config).init, config)
    x, run = check_images(images, config, "float64"), []
    for layer in layers(p, config):
        x, saved = layer.forward(x)
        run.append((layer, saved))
        dx = middle(x, config)
        for below, kept in reversed(run):
            dx = below.backward(dx, kept)
        yield layer.name, (dx != 0).any(axis=(0, 3))


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
    else:  # tokens, patch after patch
        rows, columns = config.grid
        dy[:, rows // 2 * columns + columns // 2] = 1.0
    return dy


def layers(p, config):
    """The `Layer`s of a model up to its last map."""
    if config.family == "cnn":
        return list(of_cnn(p, config))
    if config.family == "vit":
        return list(of_vit(p, config))
    raise InputError(f"receptive fields of the family {config.family} are not drawn; use a CNN's or a ViT's")


def of_cnn(p, config):
    """Yield each convolution with its ReLU, and each pool."""
    for i, stage in p["stages"].items():
        for j, layer in stage.items():
            forward = functools.partial(conv_stage.layer_forward, p=layer)
            yield Layer(f"stages.{i}.{j}", forward, only_dx(conv_stage.layer_backward))
        how = {"kernel": config.pool_size, "stride": config.pool_size}
        yield Layer(f"stages.{i}.pool", functools.partial(pool.max_forward, **how), pool.max_backward)


def of_vit(p, config):
    """Yield the projection of patches, and each block. Positions and [CLS] hide no pixel, and are left out."""

    def forward(x):
        patches, saved = s1_patchify.forward(x, patch_size=config.patch_size)
        z, saved_project = s2_project.forward(patches, p["project"])
        return z, (saved, saved_project)

    def backward(dz, saved):
        return s1_patchify.backward(s2_project.backward(dz, saved[1])[0], saved[0])

    yield Layer("project", forward, backward)
    for i, block in p["blocks"].items():
        forward = functools.partial(encoder.block_forward, p=block, config=config)
        yield Layer(f"blocks.{i}", forward, only_dx(encoder.block_backward))


def only_dx(backward):
    """A backward without the gradients of the parameters."""
    return lambda dy, saved: backward(dy, saved)[0]
