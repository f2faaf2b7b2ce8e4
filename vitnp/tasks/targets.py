"""What masked patch prediction predicts of a corrupted patch: the targets, their loss, and how often it is right."""

from vitnp.backend.arrays import array_module
from vitnp.engine import loss
from vitnp.errors import InputError, need_choice, need_real
from vitnp.inputs.checks import check_config
from vitnp.inputs.images import ImageConfig
from vitnp.steps import s1_patchify

TARGETS = ("color", "downsized", "patch")
LEVELS = 8  # of a channel: 3 bits
SMALL = 4  # a side of the down-sized patch


def check(config, *, target, ratio):
    """Raise InputError for an unknown target, a ratio outside (0, 1), or a model that cannot predict the target."""
    check_config(config, ImageConfig)
    if not hasattr(config, "num_patches"):
        raise InputError(f"a model of the family {config.family} has no patches to corrupt; use a ViT")
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
    """(how many predictions per patch, how many numbers each): classes, or the values of the patch."""
    if target == "patch":
        return 1, config.patch_dim
    return (SMALL * SMALL if target == "downsized" else 1), LEVELS**config.in_channels


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
