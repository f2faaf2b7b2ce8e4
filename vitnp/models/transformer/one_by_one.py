"""A target written token by token, without doing anything twice.

The keys and values of the memory are made once, those of the tokens written so far are kept: a token costs the same
work wherever it stands, but for its scores with those before it. What is written is chosen in `engine.decoding`.
"""

from typing import Any, NamedTuple

from vitnp.backend.half import wide
from vitnp.blocks import decoder
from vitnp.inputs.sequences import padding_mask
from vitnp.models.transformer import model
from vitnp.ops import softmax
from vitnp.steps import s5_attention


class Seen(NamedTuple):
    """What is kept between two tokens, for n rows: keys and values (n, H, …, K) of each block."""

    memory: list  # [(K, V), …] of the source
    memory_mask: Any  # (n, 1, 1, S)
    written: list  # [(K, V), …] of the tokens written so far

    def of(self, rows):
        """The same of these rows, some perhaps several times."""
        memory, written = (
            [tuple(a[rows] for a in pair) for pair in pairs] for pairs in (self.memory, self.written)
        )
        return Seen(memory, self.memory_mask[rows], written)


def begin(source, p, config):
    """`Seen` of sources (B, S), before the first token."""
    memory = model.encode(source, p, config=config, keep="nothing")[0]
    blocks, how = p["decoder"].values(), {"num_heads": config.num_heads}
    of_memory = [s5_attention.keys_and_values(memory, block["cross"], **how) for block in blocks]
    none = [tuple(a[:, :, :0] for a in pair) for pair in of_memory]  # of no token
    return Seen(of_memory, padding_mask(source), none)


def step(ids, seen, p, config):
    """The last ids written (n,) → log-probabilities (n, V) of the next, and `Seen` with them. As `model.forward`."""
    place = seen.written[0][0].shape[2]
    x, _ = model.placed(ids[:, None], model.table_of(p, "target"), config, first=place)  # (n, 1, D)
    written, how = [], {"config": config, "memory_mask": seen.memory_mask}
    for block, memory, before in zip(p["decoder"].values(), seen.memory, seen.written, strict=True):
        x, saved = decoder.block_forward(x, block, memory=memory, before=before, **how)
        written.append((saved.attention.K, saved.attention.V))
    x, _ = model.normed(x, p.get("decoder_norm"), config)
    z, _ = model.to_logits(x[:, 0], p)
    return softmax.log(wide(z)), seen._replace(written=written)
