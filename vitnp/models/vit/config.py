"""The configuration of a ViT and the published sizes by name. Imports only `errors`."""

import dataclasses
import math

from vitnp.errors import MOST, InputError, need_choice, need_int, need_near, need_real
from vitnp.inputs.fields import check_fields
from vitnp.inputs.images import Preprocessing
from vitnp.ops.interpolate import INTERPOLATIONS

MOST_LAYERS = 10_000  # a block takes Python objects even where its arrays take no memory
# What says where a patch is; ops/positions.py and ops/relative.py say how.
POSITION_EMBEDDINGS = ("none", "1d", "2d", "relative", "sincos")


@dataclasses.dataclass(frozen=True)
class ViTConfig:
    """Everything that decides the shape and the arithmetic of a ViT; the default is ViT-B/16.

    Raises InputError for values that do not fit together.
    """

    image_size: tuple[int, int] = (224, 224)  # (height, width) in pixels; one number means a square
    patch_size: int = 16  # P, pixels
    in_channels: int = 3  # C
    hidden_size: int = 768  # D
    num_layers: int = 12  # L
    num_heads: int = 12  # H
    mlp_dim: int = 3072  # M
    num_classes: int = 1000  # 0: no head, the model returns the representation
    representation_size: int | None = None  # the width of the pre-logits tanh layer
    classifier: str = "token"  # or "gap": no class token, the mean of the tokens
    gelu: str = "tanh"  # or "erf"
    layer_norm_eps: float = 1e-6
    dropout_rate: float = 0.0
    attention_dropout_rate: float = 0.0
    position_embedding: str = "1d"  # one of POSITION_EMBEDDINGS
    position_at: str = "stem"  # or "every-layer", "every-layer-shared": where the table is added
    position_interpolation: str = "bilinear-aligned"  # of E_pos, when the image size changes
    preprocessing: Preprocessing = Preprocessing()

    def __post_init__(self):
        size = self.image_size
        size = tuple(size) if isinstance(size, tuple | list) else (size, size)
        object.__setattr__(self, "image_size", size)
        if isinstance(self.preprocessing, dict):  # as JSON has it
            check_fields(self.preprocessing, Preprocessing)
            object.__setattr__(self, "preprocessing", Preprocessing(**self.preprocessing))
        self._check_numbers()
        self._check_choices()
        height, width = size
        P = self.patch_size
        if height % P or width % P:
            near = (max(height // P, 1) * P, max(width // P, 1) * P)
            raise InputError(
                f"image_size {height}x{width} is not divisible by patch_size {P}; "
                f"use multiples of {P}, such as {near[0]}x{near[1]}"
            )
        if self.hidden_size % self.num_heads:
            raise InputError(
                f"hidden_size {self.hidden_size} is not divisible by num_heads {self.num_heads}; "
                f"every head needs the same width: use a multiple of {self.num_heads}"
            )

    def _check_numbers(self):
        if len(self.image_size) != 2:
            raise InputError(f"image_size is {self.image_size}; need (height, width)")
        whole = "patch_size in_channels hidden_size num_layers num_heads mlp_dim num_classes".split()
        checked = {
            name: need_int(
                name,
                getattr(self, name),
                at_least=0 if name == "num_classes" else 1,
                at_most=MOST_LAYERS if name == "num_layers" else MOST,
            )
            for name in whole
        }
        checked["image_size"] = tuple(need_int("image_size", side, at_least=1) for side in self.image_size)
        if self.representation_size is not None:
            size = need_int("representation_size", self.representation_size, at_least=1)
            checked["representation_size"] = size
        for name in ("dropout_rate", "attention_dropout_rate"):
            checked[name] = need_real(name, getattr(self, name), low=0, below=1)
        eps = need_real("layer_norm_eps", self.layer_norm_eps, low=0, below=math.inf, open_at_low=True)
        for name, value in (checked | {"layer_norm_eps": eps}).items():
            object.__setattr__(self, name, value)

    def _check_choices(self):
        need_choice("classifier", self.classifier, ("token", "gap"))
        need_choice("gelu", self.gelu, ("tanh", "erf"))
        self._check_positions()
        need_choice("position_interpolation", self.position_interpolation, INTERPOLATIONS)
        if not isinstance(self.preprocessing, Preprocessing):
            raise InputError(f"preprocessing is {self.preprocessing!r}; need an inputs.images.Preprocessing")
        for name in ("mean", "std"):
            if len(getattr(self.preprocessing, name)) not in (1, self.in_channels):
                raise InputError(
                    f"preprocessing {name} has {len(getattr(self.preprocessing, name))} numbers; "
                    f"need 1, or one for each of the {self.in_channels} channels"
                )

    def _check_positions(self):
        kind, at, D = self.position_embedding, self.position_at, self.hidden_size
        need_near("position_embedding", kind, POSITION_EMBEDDINGS)
        need_near("position_at", at, ("stem", "every-layer", "every-layer-shared"))
        parts = {"2d": 2, "sincos": 4}.get(kind, 1)
        if D % parts:
            fits = math.lcm(parts, self.num_heads)
            raise InputError(
                f'hidden_size {D} is not divisible by {parts}; position_embedding "{kind}" '
                f"has {parts} parts of equal width, so use {D + fits - D % fits}"
            )
        if at != "stem" and kind in ("none", "relative"):
            raise InputError(f'position_at is "{at}", but "{kind}" adds nothing to the tokens; use stem')
        if at == "every-layer" and kind == "sincos":
            raise InputError('a "sincos" table is fixed, every layer has the same; use every-layer-shared')

    @property
    def stem_position(self):
        """What step 4 adds: position_embedding, or "none" where the layers do."""
        return self.position_embedding if self.position_at == "stem" else "none"

    @property
    def grid(self):
        """(rows, columns) of patches."""
        return self.image_size[0] // self.patch_size, self.image_size[1] // self.patch_size

    @property
    def num_patches(self):
        """N, rows times columns."""
        return self.grid[0] * self.grid[1]

    @property
    def num_tokens(self):
        """N + 1 with the class token, N without."""
        return self.num_patches + (self.classifier == "token")

    @property
    def patch_dim(self):
        """P·P·C, how many values a patch has."""
        return self.patch_size**2 * self.in_channels

    @property
    def head_dim(self):
        """K = d_k = D/H, the width of one head."""
        return self.hidden_size // self.num_heads


# ViT Table 1 has B, L and H; Ti and S are the released code's.
SIZES = {
    "Ti": {"hidden_size": 192, "num_layers": 12, "num_heads": 3, "mlp_dim": 768},
    "S": {"hidden_size": 384, "num_layers": 12, "num_heads": 6, "mlp_dim": 1536},
    "B": {"hidden_size": 768, "num_layers": 12, "num_heads": 12, "mlp_dim": 3072},
    "L": {"hidden_size": 1024, "num_layers": 24, "num_heads": 16, "mlp_dim": 4096},
    "H": {"hidden_size": 1280, "num_layers": 32, "num_heads": 16, "mlp_dim": 5120},
}
PUBLISHED = "Ti/16 Ti/8 S/32 S/16 S/8 B/32 B/16 B/8 L/32 L/16 L/8 H/14 H/8".split()
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
