"""What each library computes beside the shapes, as fields of ViTConfig: a row a family.

`load` takes the row of the format; a config.json beside the file goes before it, and what the caller says before
both: load(path, **PROFILES["timm-imagenet"]).
"""

from vitnp.inputs.images import Preprocessing

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}  # of its training images
PILLOW_BILINEAR = {"resize_filter": "bilinear", "antialias": True}
TIMM_RESIZE = {"resize_filter": "bicubic", "antialias": True, "keep_aspect_ratio": True}
TORCH = {"gelu": "erf", "layer_norm_eps": 1e-6}  # nn.GELU; both give their LayerNorms 1e-6
TIMM = TORCH | {"position_interpolation": "bicubic-antialias"}

PROFILES = {
    # vit_jax/models_vit.py: nn.gelu is jax.nn.gelu(approximate=True), nn.LayerNorm's epsilon is 1e-6;
    # vit_jax/checkpoint.py: scipy.ndimage.zoom(order=1); vit_jax/input_pipeline.py: tf.image.resize, (x − 127.5)/127.5
    "google": {
        "gelu": "tanh",
        "layer_norm_eps": 1e-6,
        "position_interpolation": "bilinear-aligned",
        "preprocessing": Preprocessing(resize_filter="bilinear", antialias=False),
    },
    # timm/layers/pos_embed.py: bicubic, antialias=True; timm/models/vision_transformer.py, the augreg weights:
    # mean = std = 0.5, bicubic, crop_pct 0.9; those for 384 pixels 1.0
    "timm": TIMM | {"preprocessing": Preprocessing(**TIMM_RESIZE, crop_fraction=0.9)},
    "timm-384": TIMM | {"preprocessing": Preprocessing(**TIMM_RESIZE)},
    # timm/models/deit.py, and the DINO weights of vision_transformer.py
    "timm-imagenet": TIMM | {"preprocessing": Preprocessing(**IMAGENET, **TIMM_RESIZE, crop_fraction=0.9)},
    # configuration_vit.py: hidden_act "gelu", layer_norm_eps 1e-12; modeling_vit.py: interpolate_pos_encoding,
    # bicubic, align_corners=False; ViTImageProcessor: mean = std = 0.5, Pillow's bilinear to exactly the size
    "huggingface": {
        "gelu": "erf",
        "layer_norm_eps": 1e-12,
        "position_interpolation": "bicubic",
        "preprocessing": Preprocessing(**PILLOW_BILINEAR),
    },
    # torchvision/models/vision_transformer.py: interpolate_embeddings, bicubic, align_corners=True;
    # ViT_B_16_Weights.IMAGENET1K_V1: ImageClassification(crop_size=224), resize 256, bilinear
    "torchvision": TORCH
    | {
        "position_interpolation": "bicubic-aligned",
        "preprocessing": Preprocessing(
            **IMAGENET, **PILLOW_BILINEAR, crop_fraction=224 / 256, keep_aspect_ratio=True
        ),
    },
}


def profile(family, image_size):
    """The row for a family's model made for images of that size."""
    if family == "timm" and min(image_size) >= 384:
        family = "timm-384"
    return PROFILES[family]
