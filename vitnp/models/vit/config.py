"""The configuration of a ViT and the published sizes by name. Imports `inputs`, and the words of `ops` and `steps`."""

import dataclasses
import math
from typing import ClassVar

from vitnp.blocks.encoder import POSITIONS_AT
from vitnp.errors import InputError
from vitnp.inputs.fields import boolean, choice, real, whole
from vitnp.inputs.images import ImageConfig, check_memory
from vitnp.ops.gelu import GELUS
from vitnp.ops.interpolate import INTERPOLATIONS
from vitnp.ops.positions import POSITION_EMBEDDINGS
from vitnp.steps.s8_classify import CLASSIFIERS

MOST_LAYERS = 1000  # a block takes Python objects even where its arrays take no memory


@dataclasses.dataclass(frozen=True, kw_only=True)
class ViTConfig(ImageConfig):
    """Everything that decides the shape and the arithmetic of a ViT; the default is ViT-B/16.

    Raises InputError for values that do not fit together.
    """

    family: ClassVar[str] = "vit"
    attends: ClassVar[bool] = True
    patch_size: int = whole(16)  # P, pixels
    hidden_size: int = whole(768)  # D
    num_layers: int = whole(12, at_most=MOST_LAYERS)  # L
    num_heads: int = whole(12)  # H
    mlp_dim: int = whole(3072)  # M
    representation_size: int | None = whole(None)  # the width of the pre-logits tanh layer
    # "gap": no class token, the mean of the patch tokens; "map": none, attention pooling
    classifier: str = choice(*CLASSIFIERS, "map")
    num_registers: int = whole(0, at_least=0)  # tokens without a place, see `ops.registers`
    input_norm: bool = boolean(False)  # a LayerNorm before the first block, as CLIP's
    pooled_norm: bool = boolean(False)  # the last LayerNorm is of the mean of "gap", as timm's fc_norm
    pool_mlp_dim: int | None = whole(None)  # the M of attention pooling; None: mlp_dim
    gelu: str = choice(*GELUS)
    layer_norm_eps: float = real(1e-6, open_at_low=True)
    dropout_rate: float = real(0.0, below=1)
    attention_dropout_rate: float = real(0.0, below=1)
    stochastic_depth_rate: float = real(
        0.0, below=1
    )  # of the last block's branches, see `stochastic_depth_rates`
    position_embedding: str = choice(*POSITION_EMBEDDINGS, default="1d", near=True)
    position_at: str = choice(*POSITIONS_AT, near=True)  # where the table is added
    position_interpolation: str = choice(*INTERPOLATIONS)  # of E_pos, when the image size changes

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        super().fits()
        (height, width), P = self.map_size, self.patch_size
        if height % P or width % P:
            side = P * self.map_scale
            near = (max(round(height / P), 1) * side, max(round(width / P), 1) * side)
            raise InputError(
                f"{self.map_called} is not divisible by patch_size {P}; "
                f"use an image_size of multiples of {side}, such as {near[0]}x{near[1]}"
            )
        D, H = self.hidden_size, self.num_heads
        if D % H:
            raise InputError(
                f"hidden_size {D} is not divisible by num_heads {H}; "
                f"every head needs the same width: use a multiple of {H}"
            )
        width = max(D, self.representation_size or 0)
        check_memory(max(self.patch_dim, self.num_tokens, self.mlp_dim, self.num_classes, D) * width)
        kind, at = self.position_embedding, self.position_at
        parts = {"2d": 2, "sincos": 4}.get(kind, 1)
        if D % parts:
            multiple = math.lcm(parts, H)
            raise InputError(
                f'hidden_size {D} is not divisible by {parts}; position_embedding "{kind}" '
                f"has {parts} parts of equal width, so use {D + multiple - D % multiple}"
            )
        if at != "stem" and kind in ("none", "relative"):
            raise InputError(f'position_at is "{at}", but "{kind}" adds nothing to the tokens; use stem')
        if at == "every-layer" and kind == "sincos":
            raise InputError('a "sincos" table is fixed, every layer has the same; use every-layer-shared')
        if self.num_registers and (at != "stem" or kind == "relative"):
            raise InputError(
                f'registers have no position, but position_embedding is "{kind}" at "{at}"; leave out num_registers, '
                'or use another position_embedding at "stem"'
            )
        if self.pooled_norm and self.classifier != "gap":
            raise InputError(
                f'pooled_norm is of the mean of "gap", and classifier is "{self.classifier}"; leave one of them out'
            )
        if self.pool_mlp_dim is not None and self.classifier != "map":
            raise InputError(
                f'pool_mlp_dim is of attention pooling, "map", and classifier is "{self.classifier}"; leave one of '
                "them out"
            )

    @property
    def facts(self):
        """{what: value} that follows from the fields, for `vitnp info`."""
        rows, columns = self.grid
        patches = f"{rows} x {columns} = {self.num_patches}"
        return {"patches": patches, "tokens": self.num_tokens, "width of a head (d_k)": self.head_dim}

    @property
    def seen(self):
        """What the model sees of an image, in words."""
        return f"{super().seen} in {self.num_patches} patches"

    @property
    def drops(self):
        """Whether anything is dropped in training."""
        return self.dropout_rate + self.attention_dropout_rate + self.stochastic_depth_rate > 0

    @property
    def stochastic_depth_rates(self):
        """[rate·i/(L − 1)] of block i from 0: from 0 to the rate, as timm's drop_path_rate (a single block has 0)."""
        L = self.num_layers
        return [self.stochastic_depth_rate * i / max(L - 1, 1) for i in range(L)]

    @property
    def stem_position(self):
        """What step 4 adds: position_embedding, or "none" where the layers do."""
        return self.position_embedding if self.position_at == "stem" else "none"

    @property
    def grid(self):
        """(rows, columns) of patches."""
        return self.map_size[0] // self.patch_size, self.map_size[1] // self.patch_size

    @property
    def num_patches(self):
        """N, rows times columns."""
        return self.grid[0] * self.grid[1]

    @property
    def num_positions(self):
        """N + 1 with the class token, N without: the rows of E_pos."""
        return self.num_patches + (self.classifier == "token")

    @property
    def num_prefix(self):
        """How many tokens stand before the patches: the class token and the registers."""
        return self.num_positions - self.num_patches + self.num_registers

    @property
    def num_tokens(self):
        """All tokens of a block: `num_prefix` and the patches."""
        return self.num_prefix + self.num_patches

    @property
    def step_8(self):
        """How step 8 reads: "token" or "gap"; it reads one token where `models.vit.pooled` has made one."""
        alone = self.classifier == "gap" and not (self.pooled_norm or self.num_registers)
        return "gap" if alone else "token"

    @property
    def patch_dim(self):
        """P·P·C, how many values a patch has."""
        return self.patch_size**2 * self.map_channels

    @property
    def map_size(self):
        """(height, width) of what is cut into patches: the image; a hybrid's is a feature map."""
        return self.image_size

    @property
    def map_scale(self):
        """How many pixels high and wide a place of it is."""
        return 1

    @property
    def patch_pixels(self):
        """How many pixels of the image high and wide a patch is."""
        return self.patch_size * self.map_scale

    @property
    def map_called(self):
        """What it is, in words, with its size."""
        height, width = self.map_size
        return f"image_size {height}x{width}"

    @property
    def map_channels(self):
        """C, how many channels it has."""
        return self.in_channels

    @property
    def head_dim(self):
        """K = d_k = D/H, the width of one head."""
        return self.hidden_size // self.num_heads


# ViT Table 1 has B, L and H; Ti and S are the released code's. DINOv2 has S, B and L with patches of 14.
SIZES = {
    "Ti": {"hidden_size": 192, "num_layers": 12, "num_heads": 3, "mlp_dim": 768},
    "S": {"hidden_size": 384, "num_layers": 12, "num_heads": 6, "mlp_dim": 1536},
    "B": {"hidden_size": 768, "num_layers": 12, "num_heads": 12, "mlp_dim": 3072},
    "L": {"hidden_size": 1024, "num_layers": 24, "num_heads": 16, "mlp_dim": 4096},
    "H": {"hidden_size": 1280, "num_layers": 32, "num_heads": 16, "mlp_dim": 5120},
}
PUBLISHED = "Ti/16 Ti/8 S/32 S/16 S/14 S/8 B/32 B/16 B/14 B/8 L/32 L/16 L/14 L/8 H/14 H/8".split()
PRESETS = {
    name: SIZES[name.partition("/")[0]] | {"patch_size": int(name.partition("/")[2])} for name in PUBLISHED
}
# The model of the gradient check: every kind of leaf, small enough for differences in float64, and no two sizes alike
# (5x6 patches, P·P·C = 192, heads of width 7, 31 tokens), so that two exchanged axes cannot go unseen.
PRESETS["tiny"] = {
    "image_size": (40, 48),
    "patch_size": 8,
    "hidden_size": 28,
    "num_layers": 2,
    "num_heads": 4,
    "mlp_dim": 20,
    "num_classes": 13,
    "representation_size": 17,
}
# scikit-learn's handwritten digits, 8x8 gray.
PRESETS["digits"] = {
    "image_size": (8, 8),
    "patch_size": 2,
    "in_channels": 1,
    "hidden_size": 64,
    "num_layers": 4,
    "num_heads": 4,
    "mlp_dim": 128,
    "num_classes": 10,
}
# MNIST and Fashion-MNIST, 28x28 gray: the same in patches of 4x4.
PRESETS["fashion"] = PRESETS["digits"] | {"image_size": (28, 28), "patch_size": 4}
