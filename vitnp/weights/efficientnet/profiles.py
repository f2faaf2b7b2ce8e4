"""What timm's tf_efficientnet_* compute beside the shapes, as fields of EfficientNetConfig; see `vit.profiles`.

An EfficientNet takes images of any size; this is the size that its weights were trained for. Imports `inputs`,
`models`.
"""

from vitnp.inputs.images import Preprocessing
from vitnp.models.efficientnet import PRESETS, Config
from vitnp.weights.vit.profiles import IMAGENET, TIMM_RESIZE

# timm/models/_efficientnet_builder.py: BN_EPS_TF_DEFAULT, which the models called tf_ have
TF = {"batch_norm_eps": 1e-3}
# timm/models/efficientnet.py: the strides of _gen_efficientnet's stages
STRIDES = (1, 2, 2, 2, 1, 2, 1)
# … and crop_pct of its default_cfgs
CROPS = {
    "EfficientNet-B0": 0.875,
    "EfficientNet-B1": 0.882,
    "EfficientNet-B2": 0.89,
    "EfficientNet-B3": 0.904,
    "EfficientNet-B4": 0.922,
    "EfficientNet-B5": 0.934,
    "EfficientNet-B6": 0.942,
    "EfficientNet-B7": 0.949,
    "EfficientNet-B8": 0.954,
    "EfficientNet-L2": 0.96,
}
PROFILES = {
    f"timm-{name.lower()}": TF
    | {
        "image_size": PRESETS[name]["image_size"],
        "preprocessing": Preprocessing(**IMAGENET, **TIMM_RESIZE, crop_fraction=crop),
    }
    for name, crop in CROPS.items()
}
# The fields that the arrays show.
SHOWN = (
    "in_channels",
    "stem_channels",
    "channels",
    "units",
    "kernels",
    "expansions",
    "head_channels",
    "squeeze_ratio",
    "num_classes",
)


def published(seen):
    """The preset of which a published model with these SHOWN fields has the sizes; None for other sizes."""
    inner = [name for name in SHOWN if name not in ("in_channels", "num_classes")]
    sizes = {name: Config(**PRESETS[name]) for name in CROPS}
    return next((name for name in CROPS if all(getattr(sizes[name], f) == seen[f] for f in inner)), None)


def row(seen):
    """The fields that arrays with these SHOWN fields leave open: the published model's, or else those of B0."""
    name = published(seen) or "EfficientNet-B0"
    return {"dropout_rate": PRESETS[name]["dropout_rate"]} | PROFILES[f"timm-{name.lower()}"]
