"""What the name of an architecture says in timm's config.json, which has model_args only where they differ from it.

timm/models/vision_transformer.py, deit.py and vision_transformer_hybrid.py; tests/parity asks timm for every name.
"""

import re

from vitnp.weights.vit.said import NotBuilt

# {size in the name: (hidden_size, num_heads)}
SIZES = {
    "tiny": (192, 3),
    "xsmall": (256, 4),
    "wee": (256, 4),
    "little": (320, 5),
    "small": (384, 6),
    "medium": (512, 8),
    "mediumd": (512, 8),
    "betwixt": (640, 10),
    "base": (768, 12),
    "so150m2": (832, 13),
    "so150m": (896, 14),
    "large": (1024, 16),
    "so400m": (1152, 16),
    "huge": (1280, 16),
    "giant": (1408, 16),
    "giantopt": (1536, 16),
    "gigantic": (1664, 16),
}
# Names of other models (timm/models/eva.py, vision_transformer_relpos.py), though they begin like a ViT's.
OTHERS = re.compile(r"vit_s?relpos_|eva_giant_|vit_\w+_(rope|dinov3|lingbot|sapiens2)")
NAME = re.compile(
    rf"(?:vit|deit|deit3|flexivit|eva)_({'|'.join(sorted(SIZES, key=len, reverse=True))})(?:_|$)"
)
# What stands in names of models that the arrays do not show to be others, and what they are.
REFUSED = {
    "giant_patch14_dinov2": "a SwiGLU feed-forward network",
    "giant_patch14_reg": "a SwiGLU feed-forward network",
    "_rpn_": "LayerNorms after attention and MLP (ResPostBlock)",
    "_xp_": "RMSNorm and normalized queries and keys",
    "_radio_": "RADIO, without the last LayerNorm",
    "aimv2_": "AIMv2, with RMSNorm and SwiGLU",
    "beit3_": "BEiT-3, with LayerNorms inside attention and MLP",
    "_dwee_": "differential attention",
    "_dpwee_": "differential attention",
    "_dlittle_": "differential attention",
    "_pwee_": "attention and MLP side by side",
    "_18x2_": "attention and MLP side by side",
    "_intern300m_": "InternViT, without the last LayerNorm",
    "test_vit3": "pooling over the class token, too",
    "test_vit4": "RMSNorm",
}
TANH = re.compile(r"_patch32_siglip_|_giantopt_|_so400m_patch16_siglip_|_large_patch16_siglip_(gap_)?512")
AVERAGE = re.compile(r"_gap_|^eva_large_|^test_vit2$")
MAP = re.compile(r"_siglip_|_map_")
NO_CLASS_ROW = re.compile(r"^(deit3|flexivit)_|_reg\d_(gap|dinov2|tipsv2)|_mci_")


def facts(name):
    """{field of the configuration: value} that the name says; None for a name that is not known here.

    "no_class_row" among them is `said.Beside`'s, "classifier" is usual. Raises NotBuilt for a model that is not built
    here.
    """
    for part, what in REFUSED.items():
        if part in name:
            raise NotBuilt(f"architecture is {name}: {what}, which is not built here")
    if name in ("test_vit", "test_vit2"):
        sizes = (64, 2)
    else:
        found = None if OTHERS.match(name) else NAME.match(name)
        if found is None:
            return None
        sizes = _sizes(name, found[1])
    gelu = "tanh" if TANH.search(name) else "quick" if "_clip_quickgelu_" in name else "erf"
    return {
        "hidden_size": sizes[0],
        "num_heads": sizes[1],
        "gelu": gelu,
        "layer_norm_eps": 1e-5 if "_clip_" in name else 1e-6,
        "classifier": "gap" if AVERAGE.search(name) else "map" if MAP.search(name) else "token",
        "no_class_row": bool(NO_CLASS_ROW.search(name)) and "_so150m" not in name,
    }


def _sizes(name, size):
    """(hidden_size, num_heads), with the names that do not follow their size."""
    if "_plus_" in name:
        return 896, 14
    if name.startswith("vit_small_resnet"):
        return 768, 8
    return (768, 16) if name == "vit_base_patch16_gap_224" else SIZES[size]
