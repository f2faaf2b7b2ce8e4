"""What each library's BiT computes beside the shapes, as fields of BiTConfig; see `vit.profiles`. Imports `inputs`.

A file of BiT takes images of any size; this is the size that its library tests it at.
"""

from vitnp.inputs.images import Preprocessing
from vitnp.weights.vit.profiles import PILLOW_BILINEAR

IMAGENET_21K = 21_843  # classes
TIMM = {"group_norm_eps": 1e-5, "kernel_eps": 1e-8}
TIMM_RESIZE = PILLOW_BILINEAR | {"keep_aspect_ratio": True}

PROFILES = {
    # bit_pytorch/models.py: nn.GroupNorm's eps 1e-5, StdConv2d's 1e-10; train.py: Resize to 480x480, mean = std = 0.5
    "google-bit": {
        "group_norm_eps": 1e-5,
        "kernel_eps": 1e-10,
        "image_size": (480, 480),
        "preprocessing": Preprocessing(**PILLOW_BILINEAR),
    },
    # timm/models/resnetv2.py: StdConv2d(eps=1e-8), input_size and crop_pct of the files fine-tuned on ImageNet
    "timm-bit": TIMM | {"image_size": (448, 448), "preprocessing": Preprocessing(**TIMM_RESIZE)},
    # … of R152x4
    "timm-bit-480": TIMM | {"image_size": (480, 480), "preprocessing": Preprocessing(**TIMM_RESIZE)},
    # … of the files with the classes of ImageNet-21k
    "timm-bit-i21k": TIMM
    | {"image_size": (224, 224), "preprocessing": Preprocessing(**TIMM_RESIZE, crop_fraction=0.875)},
}


def kind_of(format, *, num_classes, width):
    """The name of the row for a library's file with so many classes and channels of the root."""
    if format == "timm" and num_classes == IMAGENET_21K:
        return "timm-bit-i21k"
    return "timm-bit-480" if format == "timm" and width == 256 else f"{format}-bit"
