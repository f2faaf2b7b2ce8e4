"""What each library computes beside the shapes, as fields of the configuration: a row a library, or one of its kinds.

`load` takes the row of the format, or of the kind that the names of the arrays tell; a config.json beside the file goes
before it, and what the caller says before both: load(path, **PROFILES["timm-imagenet"]). Imports `inputs`, `system`,
`layer_scale`.
"""

import os

from vitnp.inputs.images import Preprocessing
from vitnp.system import reading
from vitnp.weights.vit import layer_scale

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}  # of its training images
OPENAI = {"mean": (0.48145466, 0.4578275, 0.40821073), "std": (0.26862954, 0.26130258, 0.27577711)}
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
    # timm/models/deit.py, with DeiT-III, and the DINO weights of vision_transformer.py
    "timm-imagenet": TIMM | {"preprocessing": Preprocessing(**IMAGENET, **TIMM_RESIZE, crop_fraction=0.9)},
    "timm-imagenet-384": TIMM | {"preprocessing": Preprocessing(**IMAGENET, **TIMM_RESIZE)},
    # timm/models/vision_transformer.py, vit_*_patch14_dinov2: 518 pixels, crop_pct 1.0
    "timm-dinov2": TIMM | {"preprocessing": Preprocessing(**IMAGENET, **TIMM_RESIZE)},
    # timm/models/vision_transformer.py, vit_*_clip_*: norm_layer with eps 1e-5
    "timm-clip": TIMM
    | {
        "layer_norm_eps": 1e-5,
        "preprocessing": Preprocessing(**OPENAI, **TIMM_RESIZE, crop_fraction=0.9),
    },
    # clip/model.py: nn.LayerNorm's epsilon 1e-5, QuickGELU; clip/clip.py: Resize(224, bicubic), CenterCrop(224)
    "openai": {
        "gelu": "quick",
        "layer_norm_eps": 1e-5,
        "position_interpolation": "bicubic",
        "preprocessing": Preprocessing(**OPENAI, **TIMM_RESIZE),
    },
    # dinov2/models/vision_transformer.py: interpolate_pos_encoding adds 0.1 to the size; dinov2/data/transforms.py:
    # make_classification_eval_transform, Resize(256, bicubic), CenterCrop(224)
    "dinov2": TORCH
    | {
        "position_interpolation": "bicubic-offset",
        "preprocessing": Preprocessing(**IMAGENET, **TIMM_RESIZE, crop_fraction=224 / 256),
    },
    # dinov2/hub/backbones.py, *_reg: interpolate_antialias=True, interpolate_offset=0.0
    "dinov2-registers": TIMM
    | {"preprocessing": Preprocessing(**IMAGENET, **TIMM_RESIZE, crop_fraction=224 / 256)},
    # deit/main.py: bicubic, align_corners=False; deit/README_revenge.md: --eval-crop-ratio 1.0
    "deit3": TORCH
    | {
        "position_interpolation": "bicubic",
        "preprocessing": Preprocessing(**IMAGENET, **TIMM_RESIZE),
    },
    # configuration_vit.py: hidden_act "gelu", layer_norm_eps 1e-12; modeling_vit.py: interpolate_pos_encoding,
    # bicubic, align_corners=False; ViTImageProcessor: mean = std = 0.5, Pillow's bilinear to exactly the size
    "huggingface": {
        "gelu": "erf",
        "layer_norm_eps": 1e-12,
        "position_interpolation": "bicubic",
        "preprocessing": Preprocessing(**PILLOW_BILINEAR),
    },
    # configuration_dinov2.py: layer_norm_eps 1e-6; modeling_dinov2.py: interpolate_pos_encoding, bicubic,
    # align_corners=False; facebook/dinov2-small, BitImageProcessor: shorter side 256, bicubic, middle 224
    "huggingface-dinov2": TORCH
    | {
        "position_interpolation": "bicubic",
        "preprocessing": Preprocessing(
            **IMAGENET, **TIMM_RESIZE, crop_fraction=224 / 256, crop_rounding="down"
        ),
    },
    # modeling_dinov2_with_registers.py: interpolate_pos_encoding, bicubic, align_corners=False, antialias=True
    "huggingface-dinov2-registers": TIMM
    | {
        "preprocessing": Preprocessing(
            **IMAGENET, **TIMM_RESIZE, crop_fraction=224 / 256, crop_rounding="down"
        ),
    },
    # configuration_clip.py: hidden_act "quick_gelu", layer_norm_eps 1e-5; modeling_clip.py: bicubic,
    # align_corners=False; CLIPImageProcessor: shorter side 224, bicubic, middle 224
    "huggingface-clip": {
        "gelu": "quick",
        "layer_norm_eps": 1e-5,
        "position_interpolation": "bicubic",
        "preprocessing": Preprocessing(**OPENAI, **TIMM_RESIZE, crop_rounding="down"),
    },
    # configuration_siglip.py: hidden_act "gelu_pytorch_tanh", layer_norm_eps 1e-6; modeling_siglip.py: bicubic,
    # align_corners=False; SiglipImageProcessor: mean = std = 0.5, bicubic to exactly the size
    "huggingface-siglip": {
        "gelu": "tanh",
        "layer_norm_eps": 1e-6,
        "position_interpolation": "bicubic",
        "preprocessing": Preprocessing(resize_filter="bicubic", antialias=True),
    },
    # torchvision/models/vision_transformer.py: interpolate_embeddings, bicubic, align_corners=True;
    # ViT_B_16_Weights.IMAGENET1K_V1: ImageClassification(crop_size=224), resize 256, bilinear; ViT_L_16_Weights: 242;
    # IMAGENET1K_SWAG_E2E_V1 and …_LINEAR_V1: bicubic, resized to the crop
    "torchvision": TORCH
    | {
        "position_interpolation": "bicubic-aligned",
        "preprocessing": Preprocessing(
            **IMAGENET, **PILLOW_BILINEAR, crop_fraction=224 / 256, keep_aspect_ratio=True
        ),
    },
}
PROFILES |= {
    "torchvision-242": PROFILES["torchvision"]
    | {
        "preprocessing": Preprocessing(
            **IMAGENET, **PILLOW_BILINEAR, crop_fraction=224 / 242, keep_aspect_ratio=True
        )
    },
    "torchvision-swag": PROFILES["torchvision"] | {"preprocessing": Preprocessing(**IMAGENET, **TIMM_RESIZE)},
}
# {beginning of the name of a published file: its row}, the digits are those of its SHA-256.
TORCHVISION = {
    "vit_b_16-c867db91": "torchvision",
    "vit_b_32-d86f8d99": "torchvision",
    "vit_l_32-c7638314": "torchvision",
    "vit_l_16-852ce7e3": "torchvision-242",
    "vit_b_16_swag-9ac1b537": "torchvision-swag",
    "vit_l_16_swag-4f3808c9": "torchvision-swag",
    "vit_h_14_swag-80465313": "torchvision-swag",
    "vit_b_16_lc_swag-4e70ced5": "torchvision-swag",
    "vit_l_16_lc_swag-4d563306": "torchvision-swag",
    "vit_h_14_lc_swag-c1eb923e": "torchvision-swag",
}
# A hybrid is its library's ViT with a stem.
STEM = {
    # vit_jax/models_resnet.py: nn.GroupNorm's epsilon 1e-6, StdConv: (w − mean)/(std + 1e-5)
    "google": {"group_norm_eps": 1e-6, "kernel_eps": 1e-5, "kernel_eps_at": "std"},
    # timm/models/vision_transformer_hybrid.py: StdConv2dSame(eps=1e-8); layers/norm.py: GroupNorm's eps 1e-5
    "timm": {"group_norm_eps": 1e-5, "kernel_eps": 1e-8, "kernel_eps_at": "variance"},
}
PROFILES |= {
    "google-hybrid": PROFILES["google"] | STEM["google"],
    "timm-hybrid": PROFILES["timm"] | STEM["timm"],
    "timm-hybrid-384": PROFILES["timm-384"] | STEM["timm"],
}

# What the kinds with LayerScale are called in a note.
CALLED = {
    "huggingface-dinov2": "Hugging Face's DINOv2",
    "huggingface-dinov2-registers": "Hugging Face's DINOv2 with registers",
    "timm-dinov2": "timm's DINOv2",
    "dinov2-registers": "DINOv2 with registers as its authors' code has it",
    "timm-imagenet": "timm's DeiT-III",
    "dinov2": "DINOv2 as its authors' code has it",
    "deit3": "DeiT-III as its authors' code has it",
}


def kind_of(family, found, *, class_row=True):
    """The name of the row for a file of these arrays, {name in `names.TABLES`: name in the file}.

    class_row: whether the table of positions has a row for the class token.
    """
    reg = "-registers" if any("register_tokens" in in_file for in_file in found.values()) else ""
    if tower := _tower(family, found):
        return tower
    if not layer_scale.is_in(family, found):
        return family
    if family == "huggingface":
        return f"huggingface-dinov2{reg}"
    if any("gamma_" in in_file for in_file in found.values()):
        return "deit3"
    if reg or "mask_token" in found:
        return f"dinov2{reg}"
    if "cls_token" not in found:
        return family
    return "timm-dinov2" if class_row or "reg_token" in found else "timm-imagenet"


def _tower(family, found):
    """The row for the images' tower of CLIP or SigLIP; None for another model."""
    if family == "timm" and any(in_file.startswith("visual.") for in_file in found.values()):
        return "openai"
    if family == "timm":
        return "timm-clip" if "norm_pre.weight" in found else None
    if family == "huggingface" and any("patch_embedding." in in_file for in_file in found.values()):
        return "huggingface-clip" if "vit.embeddings.cls_token" in found else "huggingface-siglip"
    return None


def own_row(kind, path, fields):
    """The name of the row for this file of a kind: torchvision resizes in its own way for each of its weights."""
    if kind != "torchvision":
        return kind
    if row := _published_row(path):
        return row
    if min(fields["image_size"]) >= 384 or fields["hidden_size"] == 1280:  # there are SWAG's alone
        return "torchvision-swag"
    large = (fields["hidden_size"], fields["patch_size"]) == (1024, 16)
    return "torchvision-242" if large else "torchvision"


def is_published(family, path, file_names):
    """Whether the file shows that it is a published one, of which the profile's row says everything.

    Google's own files have the positions in posembed_input, big_vision's have not and are resized in many ways.
    """
    if family == "google":
        return any("posembed_input/" in name for name in file_names)
    return family == "torchvision" and _published_row(path) is not None


def _published_row(path):
    """The row of the published file of torchvision's that is called so; None for any other name."""
    name = os.path.basename(reading.name_of(path))
    return next((row for start, row in TORCHVISION.items() if name.startswith(start)), None)


def profile(kind, image_size):
    """The row for a kind's model made for images of that size."""
    large = f"{kind}-384"
    return PROFILES[large if min(image_size) >= 384 and large in PROFILES else kind]
