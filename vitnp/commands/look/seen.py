"""An image in the model. Each pass is made when a picture first asks for it, and kept for the others."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from vitnp import models
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.backend.arrays import array_module, to_device
from vitnp.commands.weights import need_finite, no_classes
from vitnp.data import photo, preprocess
from vitnp.errors import InputError, one_line
from vitnp.inputs.checks import parameter_of

LONGEST_NAME = 24  # letters of a class in a title


class Model(NamedTuple):
    """A model and what its file knows."""

    p: dict
    config: object
    names: list  # of the classes; empty if it knows none

    missing = property(lambda self: no_classes(self.p, self.config))


class Seen:
    """One image, and what the model computes from it; `how` is what was asked for."""

    def __init__(self, path, model, how):
        self.model, self.how, self.config = model, how, model.config
        picture = photo.read(path, in_channels=self.config.in_channels)
        self.image = preprocess.apply(picture, self.config, name=path)
        self.patch = how.patch
        if how.in_pixels:
            self.patch = patch_at(how.patch, picture.size[::-1], self.config)

    @cached_property
    def x(self):
        """The image where the parameters are."""
        return to_device(self.image, array_module(parameter_of(self.model.p)))

    @cached_property
    def label(self):
        """The class to be explained, by default the predicted one; None where the model knows none."""
        if self.model.missing or self.how.label is not None:
            return self.how.label
        logits, _ = models.of(self.config).forward(self.x[None], self.model.p, self.config, keep="nothing")
        need_finite(logits, "logits")
        return int(logits[0].argmax())

    @property
    def name(self):
        """The name of that class in parentheses, " (tabby cat)", or ""."""
        if self.label is None or self.model.names[self.label] == f"class {self.label}":
            return ""
        return f" ({one_line(self.model.names[self.label], LONGEST_NAME)})"

    @cached_property
    def trace(self):
        """Every tensor, and the gradients of the class's logit if rollout is to show them."""
        label = self.label if self.how.wants("rollout") and self.model.config.attends else None
        t = trace(self.x, self.model.p, self.config, labels=label, of="logit")
        need_finite(t.logits, "logits")
        return t

    @property
    def weights(self):
        """The attention weights A (1, H, T, T) of every block."""
        return [self.trace[f"blocks.{i}.attention.A"] for i in range(self.config.num_layers)]

    @cached_property
    def mirrored(self):
        """The trace of the mirror image."""
        return trace(self.x[:, ::-1].copy(), self.model.p, self.config)

    @cached_property
    def sinks(self):
        """(patch, share) of every head: two arrays (L, H), a row a block."""
        xp = array_module(self.x)
        how = {"grid": self.config.grid, "registers": self.config.num_registers}
        found = [look.sinks(A[0], **how) for A in self.weights]
        return tuple(xp.stack([*values]) for values in zip(*found, strict=True))

    @cached_property
    def tokens(self):
        """The patch tokens (N, D) after the block asked for, by default after the last norm."""
        return patch_tokens(self.trace, self.config, block=self.how.block)

    def forget(self):
        """Free what a pass left, save for the tokens, if a picture of all images needs them."""
        if self.how.wants("components") and self.model.config.attends:
            self.tokens = self.tokens.copy()  # the rest of the trace goes
        for name in ("trace", "mirrored", "sinks"):
            self.__dict__.pop(name, None)


def patch_tokens(t, config, *, block):
    """The patch tokens (N, D) of one image after a block; None: after the last norm."""
    if block is None and config.pooled_norm:  # the last norm is of their mean
        block = config.num_layers - 1
    z = t["norm"] if block is None else t[f"blocks.{block}.residual_2"]
    return z[0, config.num_prefix :]


def layers(t, config):
    """{layer: its patch tokens (N, D)} of one image: "pixels", "z0", after each block, from "1", and "norm".

    "pixels" are the patches, a hybrid's those of the feature map.
    """
    first = config.num_positions - config.num_patches  # z0 has no registers yet
    blocks = {str(i + 1): patch_tokens(t, config, block=i) for i in range(config.num_layers)}
    start = {"pixels": t["patches"][0], "z0": t["z0"][0, first:]}
    return start | blocks | {"norm": patch_tokens(t, config, block=None)}


def patch_at(place, size, config):
    """The patch (row, column) that shows the pixel (y, x) of a picture of `size` (height, width)."""
    top, left, height, width = preprocess.seen(size, config)
    shares = [(np.arange(size[0]) + 0.5 - top) / height, (np.arange(size[1]) + 0.5 - left) / width]
    # the rows and the columns whose centers the model sees
    inside = [np.flatnonzero((share >= 0) & (share < 1)) for share in shares]
    if not all(len(pixels) for pixels in inside):
        raise InputError(
            "the model sees less than a pixel of the picture; write --patch ROW,COLUMN, counted from 1,1"
        )
    if not all(at in pixels for at, pixels in zip(place, inside, strict=True)):
        (top, bottom), (left, right) = ((pixels[0], pixels[-1]) for pixels in inside)
        raise InputError(
            f"--patch {place[0]}px,{place[1]}px is outside of what the model sees of a picture of {size[0]}x{size[1]} "
            f"pixels; choose from {top}px,{left}px to {bottom}px,{right}px"
        )
    side = config.patch_pixels
    return tuple(
        int(share[at] * (n / side)) for share, at, n in zip(shares, place, config.image_size, strict=True)
    )
