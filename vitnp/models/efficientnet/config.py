"""The configuration of an EfficientNet, and the published sizes by name."""

import dataclasses
import math
from typing import ClassVar

from vitnp.errors import InputError
from vitnp.inputs.fields import MOST, real, whole
from vitnp.inputs.images import ImageConfig, check_memory
from vitnp.inputs.residual import counts

CHANNELS = {"what": "channels", "such_as": (16, 24), "at_least": 1, "at_most": MOST}


@dataclasses.dataclass(frozen=True, kw_only=True)
class EfficientNetConfig(ImageConfig):
    """The sizes of an EfficientNet; the default is B0."""

    family: ClassVar[str] = "efficientnet"
    batch_statistics: ClassVar[bool] = True
    stem_channels: int = whole(32)
    stem_stride: int = whole(2, at_most=100)
    # of each stage: its output's channels, its units, its kernels, the stride of its first unit, E/I of its units
    channels: tuple[int, ...] = counts(16, 24, 40, 80, 112, 192, 320, **CHANNELS)
    units: tuple[int, ...] = counts(1, 2, 2, 3, 3, 4, 1, at_least=1)
    kernels: tuple[int, ...] = counts(3, 3, 5, 3, 5, 5, 3, what="kernel sizes", at_most=100)
    strides: tuple[int, ...] = counts(1, 2, 2, 2, 1, 2, 1, what="strides", at_most=100)
    expansions: tuple[int, ...] = counts(1, 6, 6, 6, 6, 6, 6, what="expansions", at_most=100)
    head_channels: int = whole(1280)
    squeeze_ratio: float = real(0.25, open_at_low=True, at_most=1)  # of a unit's input channels
    batch_norm_eps: float = real(1e-3, open_at_low=True)
    batch_norm_momentum: float = real(0.99, below=1)
    dropout_rate: float = real(0.2, below=1)  # before the head
    stochastic_depth_rate: float = real(0.2, below=1)  # unit i of L has rate·i/L, i from 0

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        super().fits()
        for name in ("units", "kernels", "strides", "expansions"):
            if len(getattr(self, name)) != len(self.channels):
                raise InputError(
                    f"{name} has {len(getattr(self, name))} numbers and channels {len(self.channels)}; "
                    "give one number for each stage"
                )
        widest = max(e * c for e, c in zip(self.expansions, self.channels, strict=True))
        check_memory(max(widest * max(self.channels), self.head_channels * max(self.num_classes, widest)))

    @property
    def drops(self):
        """Whether anything is dropped in training."""
        return self.dropout_rate + self.stochastic_depth_rate > 0

    def squeezed(self, inputs):
        """The width of the squeeze layer of a unit with so many input channels."""
        return max(int(inputs * self.squeeze_ratio), 1)

    @property
    def map_size(self):
        """(height, width) of the last feature map."""
        size = self.image_size
        for stride in (self.stem_stride, *self.strides):
            size = tuple(-(-n // stride) for n in size)
        return size

    @property
    def facts(self):
        """{what: value} that follows from the fields, for `vitnp info`."""
        rows, columns = self.map_size
        last_map = f"{rows} x {columns} x {self.head_channels}"
        return {"last feature map": last_map, "units": sum(self.units)}


def scaled(width, depth, size, dropout_rate):
    """The fields of B0 with `width` times the channels, rounded to 8, and `depth` times the units, rounded up."""
    base = {field.name: field.default for field in dataclasses.fields(EfficientNetConfig)}

    def channels(n):
        new = max(8, int(n * width + 4) // 8 * 8)
        return new if new >= 0.9 * n * width else new + 8  # never more than 10% fewer

    return {
        "image_size": (size, size),
        "stem_channels": channels(base["stem_channels"]),
        "channels": tuple(map(channels, base["channels"])),
        "units": tuple(math.ceil(n * depth) for n in base["units"]),
        "head_channels": channels(base["head_channels"]),
        "dropout_rate": dropout_rate,
        # values 0…1 less ImageNet's mean, over its deviation
        "preprocessing": {
            "mean": (0.485, 0.456, 0.406),
            "std": (0.229, 0.224, 0.225),
            "resize_filter": "bicubic",
            "antialias": True,
            "keep_aspect_ratio": True,
            "crop_fraction": round(size / (size + 32), 3),
        },
    }


# (width, depth, pixels, dropout) of the papers
SIZES = {
    "B0": (1.0, 1.0, 224, 0.2),
    "B1": (1.0, 1.1, 240, 0.2),
    "B2": (1.1, 1.2, 260, 0.3),
    "B3": (1.2, 1.4, 300, 0.3),
    "B4": (1.4, 1.8, 380, 0.4),
    "B5": (1.6, 2.2, 456, 0.4),
    "B6": (1.8, 2.6, 528, 0.5),
    "B7": (2.0, 3.1, 600, 0.5),
    "B8": (2.2, 3.6, 672, 0.5),
    "L2": (4.3, 5.3, 800, 0.5),
}
PRESETS = {f"EfficientNet-{name}": scaled(*size) for name, size in SIZES.items()}
# scikit-learn's handwritten digits, 8x8 gray, and Fashion-MNIST, 28x28: about as many parameters as the ViT's presets
# "digits" and "fashion". A momentum of 0.99 needs hundreds of steps to forget the first statistics; they train for few.
_SMALL = {
    "in_channels": 1,
    "num_classes": 10,
    "stem_channels": 16,
    "channels": (16, 24, 64),
    "units": (1, 2, 3),
    "kernels": (3, 3, 5),
    "expansions": (1, 4, 4),
    "head_channels": 192,
    "batch_norm_momentum": 0.9,
    "dropout_rate": 0.1,
    "stochastic_depth_rate": 0.1,
}
PRESETS["efficientnet-fashion"] = _SMALL | {"image_size": (28, 28), "strides": (1, 2, 2)}
PRESETS["efficientnet-digits"] = _SMALL | {"image_size": (8, 8), "stem_stride": 1, "strides": (1, 2, 2)}
# For the checks: every kind of leaf, all sizes different, with and without a shortcut.
PRESETS["efficientnet-tiny"] = {
    "image_size": (13, 18),
    "in_channels": 5,
    "stem_channels": 4,
    "channels": (6, 9),
    "units": (1, 2),
    "kernels": (3, 5),
    "strides": (1, 2),
    "expansions": (1, 2),
    "head_channels": 11,
    "squeeze_ratio": 0.75,
    "num_classes": 7,
    "batch_norm_momentum": 0.9,
}


def units(config):
    """(stage, unit, stride, rate of stochastic depth) of every unit."""
    number, total = 0, sum(config.units)
    for stage, count in enumerate(config.units):
        for unit in range(count):
            yield (
                stage,
                unit,
                1 if unit else config.strides[stage],
                config.stochastic_depth_rate * number / total,
            )
            number += 1
