"""The two branches of a block, checked: attention and the feed-forward network. Imports its neighbors."""

from dataclasses import dataclass

from vitnp.weights.onnx import functions
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.onnx.tensors import STREAMS, Attended, Linear, Norm


@dataclass(frozen=True, eq=False)
class Attention:
    """Step 5 of a block, and the norm before it."""

    norm: Norm
    attended: Attended
    output: Linear


@dataclass(frozen=True, eq=False)
class FeedForward:
    """Step 7 of a block, and the norm before it."""

    norm: Norm
    first: Linear
    gelu: str
    second: Linear


def branch(tensor, stream):
    """What is added to a stream, as one of the two. Raises Unlike, saying what it is instead."""
    output = tensor.base
    if not isinstance(output, Linear) or not tensor.plain:
        raise Unlike("tokens are added to something else than what a matrix gives")
    inside = output.x.base
    if isinstance(inside, Attended) and output.x.plain:
        norms = {linear.x.base for linear in (inside.scores.q, inside.scores.k, inside.v)}
        norm = _norm(norms, stream)
        return Attention(norm, inside, output)
    if isinstance(inside, Linear) and not output.x.offsets:
        norm = _norm({inside.x.base}, stream)
        gelu = functions.name_of(output.x.values)
        if gelu not in ("erf", "tanh"):
            raise Unlike(f"the activation is {gelu or 'another than GELU'}; need GELU")
        return FeedForward(norm, inside, gelu, output)
    raise Unlike("a branch that is neither attention nor a feed-forward network of two layers")


def _norm(norms, stream):
    """The one LayerNorm that a branch begins with."""
    norm = norms.pop()
    if norms:
        raise Unlike("queries, keys and values are made of different tokens")
    if isinstance(norm, STREAMS):
        raise Unlike("a branch without a LayerNorm before it: post-norm, as BERT has it")
    if not isinstance(norm, Norm):
        raise Unlike("a branch that does not begin with a LayerNorm")
    if norm.x.base is not stream.base or not norm.x.plain:
        raise Unlike("a branch that reads other tokens than those it is added to: blocks side by side")
    return norm
