"""Attention sinks: heads in which all patches send their attention to one and the same patch."""

from vitnp.analysis.look.checks import class_tokens_of


def sinks(A, *, grid, registers=0):
    """The patch that receives most attention in each head, and how much of it: (…, H, T, T) → two arrays (…, H).

    The share of patch k is the mean of A_qk over the query patches q; 1 means that every patch looks at k alone, and
    1/T is uniform attention. First the patch with the largest share, row·cols + column, then that share. [CLS] and
    registers are left out as queries and as keys; what goes to them is missing from the share. A head whose share is
    near 1 says nothing about the photo, but rollout takes the mean of the heads and shows that one patch.
    Raises InputError where A does not fit the grid.
    Source: Xiao et al., 2023, "Efficient Streaming Language Models with Attention Sinks"; Darcet et al., 2023,
    "Vision Transformers Need Registers" (patches of large norm, which collect what has no place).
    """
    first = class_tokens_of(A, grid, registers) + registers
    received = A[..., first:, first:].mean(axis=-2)
    return received.argmax(axis=-1), received.max(axis=-1)
