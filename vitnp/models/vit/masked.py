"""Masked patch prediction: a ViT learns from images without labels (ViT §4.6, App. B.1.2).

    y = A·x + m·e          half of the patch embeddings x corrupted; A has a 1 a row, or none where e, [mask], stands
    ŷ = LN(z_L)·W + b      at the corrupted patches: what the patch looked like, predicted from the patches around it

x, y ∈ R^{N×D}, A ∈ {0, 1}^{N×N}, m ∈ {0, 1}^N. Steps 1 and 2 come before, steps 3 to 7 between. Of the corrupted
patches 80% get e, 10% the embedding of another patch of the image, 10% keep their own.
What is predicted, and its loss, are the task's: `tasks/targets.py`.
"""

from typing import NamedTuple

from vitnp.backend.arrays import array_module
from vitnp.inputs.checks import parameter_of
from vitnp.inputs.images import check_images
from vitnp.models import parts
from vitnp.models.vit import model as vit
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


def init(rng, config, *, outputs, dtype="float32"):
    """mask (D,), Normal(0, 0.02²) as in BERT, and the head {W (D, outputs), b (outputs,)}, zero as in step 8."""
    D = config.hidden_size
    head = {"W": initializers.zeros((D, outputs), dtype), "b": initializers.zeros((outputs,), dtype)}
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
    """The backward pass, one part at a time, from dy (B, n, numbers): yields and returns as `vit.backward_parts`."""
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
