"""Masked patch prediction: a ViT learns from images without labels (ViT §4.6, App. B.1.2).

    y = A·x + m·e          half of the patch embeddings x corrupted; A has a 1 a row, or none where e, [mask], stands
    ŷ = LN(z_L)·W + b      at the corrupted patches: what the patch looked like, told by the patches around it

x, y ∈ R^{N×D}, A ∈ {0, 1}^{N×N}, m ∈ {0, 1}^N. Steps 1 and 2 come before, steps 3 to 7 between. Of the corrupted
patches 80% get e, 10% the embedding of another patch of the image, 10% keep their own.
Imports `vit`, `steps`, `loss`, `ops`, `checks`, `backend`, `errors`.
"""

from typing import NamedTuple

from vitnp.backend.arrays import array_module
from vitnp.engine import loss
from vitnp.errors import InputError, need_choice, need_real
from vitnp.inputs.checks import parameter_of
from vitnp.inputs.images import check_images
from vitnp.models import vit
from vitnp.ops import initializers, linear
from vitnp.steps import s1_patchify, s2_project

TARGETS = ("color", "downsized", "patch")
LEVELS = 8  # of a channel: 3 bits
SMALL = 4  # a side of the down-sized patch
REPLACED, EXCHANGED = 0.8, 0.1  # of the corrupted patches


class Corruption(NamedTuple):
    """What is done to the patches of a batch."""

    rows: object  # (B, n) integers: which patches are corrupted, in order; these are to be predicted
    source: object  # (B, N) integers: whose embedding stands at each patch, −1 for [mask]

    def images(self, which):
        """Of these images alone."""
        return Corruption(self.rows[which], self.source[which])


def check(config, *, target, ratio):
    """Raise InputError for an unknown target, a ratio outside (0, 1), or a model that cannot predict the target."""
    need_choice("target", target, TARGETS)
    need_real("mask_ratio", ratio, low=0, below=1, open_at_low=True)
    if config.num_patches < 2:
        raise InputError(
            "an image of one patch has no others to tell what was there; use a smaller patch_size"
        )
    if target != "patch" and config.in_channels > SMALL:
        raise InputError(
            f'{config.in_channels} channels make {LEVELS}^{config.in_channels} colors; use target "patch"'
        )
    if target == "downsized" and config.patch_size % SMALL:
        raise InputError(
            f'patch_size is {config.patch_size}; target "downsized" needs a multiple of {SMALL}: '
            'use "color" or "patch"'
        )


def outputs(config, target):
    """(how many predictions a patch, how many numbers each): classes, or the values of the patch."""
    if target == "patch":
        return 1, config.patch_dim
    return (SMALL * SMALL if target == "downsized" else 1), LEVELS**config.in_channels


def init(rng, config, *, target="color", dtype="float32"):
    """mask (D,), Normal(0, 0.02²) as in BERT, and the head {W, b}, zero as in step 8."""
    D, (count, size) = config.hidden_size, outputs(config, target)
    head = {
        "W": initializers.zeros((D, count * size), dtype),
        "b": initializers.zeros((count * size,), dtype),
    }
    return {"mask": initializers.normal(rng, (D,), 0.02, dtype), "head": head}


def draw(rng, batch_size, num_patches, *, ratio=0.5):
    """A `Corruption` of round(ratio·N) patches of each image, at least 1, drawn on the host."""
    B, N = batch_size, num_patches
    n = max(1, round(ratio * N))
    rows = rng.random((B, N)).argsort(axis=1)[:, :n]
    rows.sort(axis=1)
    kind = rng.random((B, n))
    other = (rows + rng.integers(1, N, (B, n))) % N  # never the patch itself
    xp = array_module(rows)
    corrupted = xp.where(kind < REPLACED, -1, xp.where(kind < REPLACED + EXCHANGED, other, rows))
    source = xp.arange(N) + xp.zeros((B, 1), rows.dtype)
    xp.put_along_axis(source, rows, corrupted, axis=1)
    return Corruption(rows, source)


def corrupt_forward(x, p, source):
    """y = A·x + m·e: patch tokens (B, N, D) → (B, N, D)."""
    xp = array_module(x)
    A = (source[:, :, None] == xp.arange(x.shape[1])).astype(x.dtype)  # (B, N, N)
    m = (source < 0).astype(x.dtype)[:, :, None]  # (B, N, 1)
    return A @ x + m * p["mask"], (A, m)


def corrupt_backward(dy, saved):
    """dy (B, N, D) → dx (B, N, D) and {mask}."""
    A, m = saved
    # y = A·x + m·e: a patch that stands in several places gets the sum of their gradients, one that is gone gets 0
    return A.swapaxes(-1, -2) @ dy, {"mask": (m * dy).sum(axis=(0, 1))}


def forward(images, p, config, corruption, rng=None, *, keep="all"):
    """Images (B, Hᵢ, Wᵢ, C) → predictions (B, n, numbers) at the corrupted patches. A generator turns dropout on.

    p is a ViT's tree without "classify" and with "masked", what `init` gives; keep as for `vit.forward`.
    """
    images = check_images(images, config, parameter_of(p).dtype)
    x, patchify = s1_patchify.forward(images, patch_size=config.patch_size)  # (B, N, P·P·C)
    x, project = s2_project.forward(x, p["project"])  # → (B, N, D)
    x, corrupt = corrupt_forward(x, p["masked"], corruption.source)
    x, encoded = vit.encode(x, p, config, rng, keep=keep)  # → (B, N+1, D)
    first = x.shape[1] - config.num_patches  # the class token is predicted nothing from
    image = array_module(x).arange(len(x))[:, None]
    y, head = linear.forward(x[image, first + corruption.rows], p["masked"]["head"])  # (B, n, D) → (B, n, …)
    place = (x.shape, image, first + corruption.rows)
    return y, vit.Saved(patchify, project, *encoded, (place, corrupt, head))


def backward_parts(dy, saved):
    """The way back, a part at a time, as `vit.backward_parts`: from dy (B, n, numbers)."""
    (shape, image, rows), corrupt, head = saved.classify
    dx_rows, dp_head = linear.backward(dy, head)
    # y = x[image, rows]·W + b: no row twice, and nothing from the others
    dx = array_module(dy).zeros(shape, dy.dtype)
    dx[image, rows] = dx_rows
    dx = yield from vit.encode_backward_parts(dx, saved)
    dx, dp = corrupt_backward(dx, corrupt)
    yield "masked", dp | {"head": dp_head}
    dx, dp = s2_project.backward(dx, saved.project)
    yield "project", dp
    yield "images", s1_patchify.backward(dx, saved.patchify)


def targets(images, config, corruption, target):
    """What is to be predicted of the corrupted patches, from the images as the model takes them.

    "color": classes (B, n, 1), the mean color in 3 bits a channel, 8²·red + 8·green + blue. "downsized": (B, n, 16),
    the same of the 4x4 means of the patch. "patch": its values (B, n, P·P·C).
    """
    patches, _ = s1_patchify.forward(images, patch_size=config.patch_size)
    x = patches[array_module(images).arange(len(images))[:, None], corruption.rows]  # (B, n, P·P·C)
    if target == "patch":
        return x
    side, P = (SMALL if target == "downsized" else 1), config.patch_size
    x = x.reshape(*x.shape[:2], side, P // side, side, P // side, config.in_channels).mean(axis=(3, 5))
    return color(x, config.preprocessing).reshape(*x.shape[:2], -1)


def color(x, preprocessing):
    """Values (…, C) of (x₀ − mean)/std → the class of x₀'s color, 0 … 8^C − 1: each channel in 8 equal steps of 0…1."""
    xp = array_module(x)
    mean, std = (xp.asarray(value, dtype=x.dtype) for value in (preprocessing.mean, preprocessing.std))
    levels = xp.floor((x * std + mean) * LEVELS)
    levels = xp.minimum(xp.maximum(levels, 0), LEVELS - 1).astype("int64")
    return sum(levels[..., c] * LEVELS ** (x.shape[-1] - 1 - c) for c in range(x.shape[-1]))


def loss_forward(y, t, *, target):
    """The mean over corrupted patches: cross-entropy of the classes, or for "patch" (1/(P·P·C))·Σ (ŷ − t)².

    y (B, n, numbers) and t as `targets` gives it → a number.
    """
    if target == "patch":
        difference = y - t
        return (difference * difference).mean(), difference
    value, saved = loss.forward(y.reshape(t.size, -1), t.reshape(-1))
    return value, (y.shape, saved)


def loss_backward(dloss, saved, *, target):
    """dy (B, n, numbers)."""
    if target == "patch":
        return saved * (2.0 * dloss / saved.size)
    shape, saved_loss = saved
    return loss.backward(dloss, saved_loss).reshape(shape)


def right(y, t, config, *, target):
    """How often the color is predicted right, 0…1: of the class with the largest number, or of the patch's mean."""
    if target == "patch":
        flat = (*y.shape[:2], -1, config.in_channels)
        y, t = (color(x.reshape(flat).mean(axis=2), config.preprocessing) for x in (y, t))
        return (y == t).mean()
    return (y.reshape(*t.shape, -1).argmax(axis=-1) == t).mean()
