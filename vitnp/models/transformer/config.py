"""The sizes of an encoder–decoder Transformer, and those that have a name."""

import dataclasses
from typing import ClassVar

from vitnp.errors import InputError
from vitnp.inputs.fields import boolean, choice, real, whole
from vitnp.inputs.images import check_memory
from vitnp.inputs.sequences import SequenceConfig
from vitnp.ops.gelu import GELUS


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransformerConfig(SequenceConfig):
    """The default is the paper's base model (Vaswani et al., 2017, Table 3). Raises InputError for what cannot be."""

    family: ClassVar[str] = "transformer"
    attends: ClassVar[bool] = True
    hidden_size: int = whole(512)  # D, d_model in the paper
    num_layers: int = whole(6, at_most=1000)  # blocks of the encoder, and as many of the decoder
    num_heads: int = whole(8)  # H
    mlp_dim: int = whole(2048)  # M, d_ff
    dropout_rate: float = real(0.1, below=1)  # of embedding + position, and of each sublayer before the sum
    attention_dropout_rate: float = real(0.0, below=1)  # of the attention weights; not in the paper
    inner_dropout_rate: float = real(0.0, below=1)  # inside the feed-forward; not in the paper
    norm: str = choice("post", "pre")  # where the LayerNorm stands, see `blocks.decoder`
    final_norm: bool = boolean(False)  # a LayerNorm after each stack with "post" too, as torch.nn.Transformer
    activation: str = choice("relu", "gelu")
    gelu: str = choice(*GELUS)
    attention_bias: bool = boolean(False)
    tied: str = choice("all", "target", "none")  # which tables are one, see `model`
    layer_norm_eps: float = real(1e-6, open_at_low=True)

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        super().fits()
        D, H = self.hidden_size, self.num_heads
        if D % H or D % 2:
            raise InputError(
                f"hidden_size is {D} and num_heads {H}; need a hidden_size that is even, for sine and cosine, and a "
                "multiple of num_heads"
            )
        check_memory(D * max(D, self.mlp_dim, self.vocabulary_size))

    @property
    def drops(self):
        """Whether anything is dropped in training."""
        return max(self.dropout_rate, self.attention_dropout_rate, self.inner_dropout_rate) > 0

    @property
    def head_dim(self):
        """K, the width of one head."""
        return self.hidden_size // self.num_heads

    @property
    def normed(self):
        """Whether a LayerNorm follows each stack."""
        return self.norm == "pre" or self.final_norm

    @property
    def facts(self):
        """{what: value} that follows from the fields, for `vitnp info`."""
        return {"head dimension": self.head_dim}


PRESETS = {
    # Vaswani et al. (2017), Table 3.
    "transformer-base": {},
    "transformer-big": {"hidden_size": 1024, "num_heads": 16, "mlp_dim": 4096, "dropout_rate": 0.3},
    # What learns to read numbers in minutes; the vocabulary and the lengths are the data's.
    "translate-small": {
        "vocabulary_size": 27,
        "source_length": 8,
        "target_length": 15,
        "hidden_size": 64,
        "num_layers": 2,
        "num_heads": 4,
        "mlp_dim": 256,
        "norm": "pre",
    },
    # For the checks: all sizes different.
    "transformer-tiny": {
        "vocabulary_size": 19,
        "source_length": 7,
        "target_length": 5,
        "hidden_size": 12,
        "num_layers": 2,
        "num_heads": 3,
        "mlp_dim": 17,
        "dropout_rate": 0.0,
        "attention_bias": True,
    },
}
