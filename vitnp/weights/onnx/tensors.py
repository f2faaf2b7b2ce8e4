"""What a tensor that depends on the image is: what was computed of what. Imports its neighbors."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from vitnp.weights.onnx import layout
from vitnp.weights.onnx.functions import SAMPLES


@dataclass(frozen=True, eq=False)
class Tensor:
    """f(base), its axes in some order, perhaps a part of it."""

    base: object  # one of the classes below
    axes: tuple  # of tuples of layout.Atom
    offsets: dict = field(default_factory=dict)  # {layout.Root: first index} where a part was selected
    values: np.ndarray = field(default_factory=lambda: SAMPLES)  # f at SAMPLES

    @property
    def shape(self):
        """Its sizes, of this many images."""
        return layout.shape(self.axes)

    @property
    def plain(self):
        """Whether f is the identity and nothing was selected."""
        return self.values is SAMPLES and not self.offsets

    def axis(self, kind):
        """The number of the axis that runs through all of the root of this kind; Unlike if there is none."""
        for i, axis in enumerate(self.axes):
            if len(axis) == 1 and axis[0].root.kind == kind and axis == layout.whole(axis[0].root):
                return i
        raise layout.Unlike(f"an operator on a part of the {kind}")

    def root(self, kind):
        """The root of this kind, or None."""
        return next((atom.root for axis in self.axes for atom in axis if atom.root.kind == kind), None)

    def moved(self, axes, offsets=()):
        """The same with other axes; offsets: what to add to the first indices."""
        new = self.offsets | {root: self.offsets.get(root, 0) + more for root, more in dict(offsets).items()}
        return replace(self, axes=tuple(axes), offsets=new)


class Unknown(NamedTuple):
    """Nothing of a ViT's; what depends on it is not either."""

    reason: str


base = dataclass(frozen=True, eq=False)  # objects are equal only to themselves


@base
class Image:
    """The graph's input: (B, C, Hᵢ, Wᵢ) or (B, Hᵢ, Wᵢ, C)."""

    size: tuple  # (height, width)
    channels: int


@base
class Patches:
    """Patches times a matrix: steps 1 and 2."""

    W: object  # Constant (P, P, C, D)
    after: tuple  # ("Add" or "Mul", Constant (D,)), in order
    image: Image
    features: layout.Root


@base
class Tokens:
    """The class token before the patches: step 3."""

    stream: Tensor
    cls: object  # Constant (B, 1, D)


@base
class Positioned:
    """A table added to patches or tokens: step 4."""

    stream: Tensor
    table: object  # Constant (N, D) or (N + 1, D)


@base
class Residual:
    """A stream of tokens plus what a branch makes of them: step 6."""

    stream: Tensor
    branch: object  # parts.Attention or parts.FeedForward
    depth: int


@base
class Mean:
    """The mean over the features of x."""

    x: Tensor


@base
class Centered:
    """x − mean(x)."""

    x: Tensor


@base
class Variance:
    """The mean of the squares of x − mean(x)."""

    x: Tensor


@base
class Norm:
    """LayerNorm of x."""

    x: Tensor
    eps: float
    gamma: object = None  # Constant (D,)
    beta: object = None


@base
class Linear:
    """x·W, then vectors added or multiplied."""

    x: Tensor
    W: object  # Constant (in, out), its rows in the order of x's features
    after: tuple
    features: layout.Root


@base
class Scores:
    """Q·Kᵀ."""

    q: Linear
    k: Linear
    q_columns: np.ndarray  # (H, K): which columns of q's matrix
    k_columns: np.ndarray
    factor: float
    tokens: layout.Root
    keys: layout.Root
    heads: layout.Root


@base
class Weights:
    """Softmax over the keys, scaled as it should be."""

    scores: Scores


@base
class Attended:
    """Attention weights times V, for each head."""

    scores: Scores
    v: Linear
    v_columns: np.ndarray
    features: layout.Root


@base
class Pooled:
    """The mean over all tokens."""

    x: Tensor


@base
class Probabilities:
    """Softmax of anything but scores."""

    x: Tensor


@base
class IsNaN:
    """Where x is no number."""

    x: Tensor


STREAMS = (Patches, Tokens, Positioned, Residual)


def depth(stream):
    """How many residuals a stream has."""
    return stream.depth if isinstance(stream, Residual) else 0
