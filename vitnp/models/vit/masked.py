"""Masked patch prediction: a ViT learns from images without labels (ViT §4.6, App. B.1.2).

    y = A·x + m·e          half of the patch embeddings x corrupted; A has a 1 a row, or none where e, [mask], stands
    ŷ = LN(z_L)·W + b      at the corrupted patches: what the patch looked like, predicted from the patches around it

x, y ∈ R^{N×D}, A ∈ {0, 1}^{N×N}, m ∈ {0, 1}^N. Steps 1 and 2 come before, steps 3 to 7 between. Of the corrupted
patches 80% get e, 10% the embedding of another patch of the image, 10% keep their own.
What is predicted, and its loss, are the task's: `tasks/targets.py`.
"""

from typing import NamedTuple

from vitnp.backend.arrays import array_module, need_array, on_host
from vitnp.errors import InputError, need_int, need_real, shown
from vitnp.inputs.checks import (
    check_config,
    check_dtype,
    check_generator,
    parameter_of,
)
from vitnp.inputs.images import check_images
from vitnp.models import parts
from vitnp.models.vit import instead
from vitnp.models.vit import model as vit
from vitnp.models.vit.config import ViTConfig
from vitnp.ops import initializers, linear
from vitnp.steps import s1_patchify, s2_project

REPLACED, EXCHANGED = 0.8, 0.1  # of the corrupted patches


class Corruption(NamedTuple):
    """What is done to the patches of a batch."""

    rows: object  # (B, n) integers: which patches are corrupted, in order; these are to be predicted
    source: object  # (B, N) integers: whose embedding stands at each patch, −1 for [mask]

    def images(self, which):
        """Of these images alone."""
        return Corruption(self.rows[which], self.source[which])


class Saved(vit.Saved):
    """What each step saved; in place of step 8's what its own head saved, so neither backward takes the other's."""

    __slots__ = ()


def init(rng, config, *, outputs, dtype="float32"):
    """mask (D,), Normal(0, 0.02²) as in BERT, and the head {W (D, outputs), b (outputs,)}, zero as in step 8."""
    check_generator(rng)
    check_config(config, ViTConfig)
    check_dtype(dtype)
    need_int("outputs", outputs, at_least=1)
    D = config.hidden_size
    head = {"W": initializers.zeros((D, outputs), dtype), "b": initializers.zeros((outputs,), dtype)}
    return {"mask": initializers.normal(rng, (D,), 0.02, dtype), "head": head}


def check_tree(p, config):
    """Raise InputError unless p is such a tree, perhaps with "classify", which nobody reads."""
    check_config(config, ViTConfig)
    if config.pooled_norm or config.classifier == "map":
        raise InputError(
            "masked patches are predicted from tokens, and this model has a last layer that pools them; leave out "
            'pooled_norm, and classifier "map"'
        )
    instead.check_tree(p, config, "masked", init)


def check_corruption(corruption, batch_size, N):
    """Raise InputError unless it is a `Corruption` of so many images of N patches."""
    if not isinstance(corruption, Corruption):
        raise InputError(
            f"corruption is {shown(corruption)}; need a masked.Corruption, such as masked.draw gives"
        )
    for name, array, low in (("rows", corruption.rows, 0), ("source", corruption.source, -1)):
        need_array(f"corruption.{name}", array)
        n = N if name == "source" or array.ndim != 2 else array.shape[1]
        if array.shape != (batch_size, n) or not n or array.dtype.kind not in "iu":
            raise InputError(
                f"corruption.{name} is {array.dtype} of shape {array.shape}; need integers ({batch_size}, {N}), "
                "of rows as many as are corrupted"
            )
        if on_host(array) and not (low <= array.min() and array.max() < N):
            raise InputError(
                f"corruption.{name} runs from {array.min()} to {array.max()}; need {low} to {N - 1}"
            )
    rows = corruption.rows
    if on_host(rows) and not (rows[:, 1:] > rows[:, :-1]).all():
        raise InputError("corruption.rows are not in order, or one is there twice; sort each image's")


def draw(rng, batch_size, num_patches, *, ratio=0.5):
    """A `Corruption` of round(ratio·N) patches of each image, at least 1, drawn on the host."""
    check_generator(rng, needed=True)
    B, N = need_int("batch_size", batch_size, at_least=1), need_int("num_patches", num_patches, at_least=2)
    need_real("ratio", ratio, low=0, below=1, open_at_low=True)
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
    check_tree(p, config)
    images = check_images(images, config, parameter_of(p).dtype)
    check_corruption(corruption, len(images), config.num_patches)
    parts.check_how(rng, keep)
    x, patchify = s1_patchify.forward(images, patch_size=config.patch_size)  # (B, N, P·P·C)
    x, project = s2_project.forward(x, p["project"])  # → (B, N, D)
    x, corrupt = corrupt_forward(x, p["masked"], corruption.source)
    x, encoded = vit.encode(x, p, config, rng, keep=keep)  # → (B, N+1, D)
    first = x.shape[1] - config.num_patches  # the class token is predicted nothing from
    image = array_module(x).arange(len(x))[:, None]
    y, head = linear.forward(x[image, first + corruption.rows], p["masked"]["head"])  # (B, n, D) → (B, n, …)
    place = (x.shape, image, first + corruption.rows)
    saved = Saved(
        patchify, project, *encoded, None, (place, corrupt, head), parts.output(y, config.num_layers)
    )
    return y, saved


def backward_parts(dy, saved):
    """The backward pass, one part at a time, from dy (B, n, numbers): yields and returns as `vit.backward_parts`."""
    parts.check(dy, saved, Saved, "blocks")
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
    return s1_patchify.backward(dx, saved.patchify)


def backward(dy, saved):
    """dy (B, n, numbers) → dimages and dp."""
    return parts.together(backward_parts, dy, saved)
