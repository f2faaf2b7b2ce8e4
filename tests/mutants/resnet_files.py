"""Mistakes in reading and writing the files of BiT and of hybrids: names, orders of axes, constants, sizes."""

from mutants.kinds import wrong_rules

WHERE, SAME = "test_golden_resnets", "test_logits_loss_and_every_gradient"
GOOGLE_BIT, TIMM_BIT = "bit_r_small.weights.npz", "timm_bit_small.weights.safetensors"
GOOGLE_HYBRID, TIMM_HYBRID = "google_hybrid.weights.npz", "timm_hybrid_small.weights.safetensors"

wrong_rules(
    "weights/bit/names.py",
    WHERE,
    SAME,
    ("units are counted from 0", "unit{U:02d}/", "unit{u:02d}/"),
    ("stages are counted from 0", "resnet/block{S}/", "resnet/block{s}/"),
    ("units in one digit", "{U:02d}", "{U}"),
    ("the third norm for the second", "b/group_norm/*  ", "c/group_norm/*  "),
    (
        "gamma for beta",
        '"google": (("kernel", "bias"), ("gamma", "beta"))',
        '"google": (("kernel", "bias"), ("beta", "gamma"))',
    ),
    name=GOOGLE_BIT,
)
wrong_rules(
    "weights/bit/profiles.py",
    WHERE,
    SAME,
    ("timm's ε of the kernels", '"kernel_eps": 1e-10', '"kernel_eps": 1e-8'),
    name=GOOGLE_BIT,
)
wrong_rules(
    "weights/bit/profiles.py",
    WHERE,
    SAME,
    ("Google's ε of the kernels", '"kernel_eps": 1e-8', '"kernel_eps": 1e-10'),
    ("the hybrid's ε of the norms", 'TIMM = {"group_norm_eps": 1e-5', 'TIMM = {"group_norm_eps": 1e-6'),
    name=TIMM_BIT,
)
wrong_rules(
    "weights/residual.py",
    WHERE,
    SAME,
    ("rows and columns exchanged on reading", "W.transpose(2, 3, 1, 0)", "W.transpose(3, 2, 1, 0)"),
    ("rows and columns exchanged on writing", "W.transpose(3, 2, 0, 1)", "W.transpose(3, 2, 1, 0)"),
    name=TIMM_BIT,
)
wrong_rules(
    "weights/vit/profiles.py",
    WHERE,
    SAME,
    ("BiT's ε of the norms", '"google": {"group_norm_eps": 1e-6', '"google": {"group_norm_eps": 1e-5'),
    ("ε at the variance", '"kernel_eps_at": "std"', '"kernel_eps_at": "variance"'),
    ("BiT's ε of the kernels", '"kernel_eps": 1e-5, "kernel', '"kernel_eps": 1e-10, "kernel'),
    name=GOOGLE_HYBRID,
)
wrong_rules(
    "weights/vit/profiles.py",
    WHERE,
    SAME,
    ("Google's ε of the norms", '"timm": {"group_norm_eps": 1e-5', '"timm": {"group_norm_eps": 1e-6'),
    ("ε at the deviation", '"kernel_eps_at": "variance"', '"kernel_eps_at": "std"'),
    ("Google's ε of the kernels", '"kernel_eps": 1e-8, "kernel', '"kernel_eps": 1e-5, "kernel'),
    (
        "a hybrid has no row of its own",
        '"timm-hybrid": PROFILES["timm"] | STEM["timm"]',
        '"timm-hybrid": PROFILES["timm"]',
    ),
    name=TIMM_HYBRID,
)
wrong_rules(
    "weights/vit/layouts.py",
    WHERE,
    SAME,
    ("the patches have the image's channels", "config.map_channels", "config.in_channels"),
    name=GOOGLE_HYBRID,
)
wrong_rules(
    "weights/hybrid/names.py",
    WHERE,
    SAME,
    ("units are counted from 0", "block{S}/unit{U}/ ", "block{S}/unit{u}/ "),
    ("the second kernel's norm after the first", "gn1/* ", "gn2/* "),
    ("another family's kernels", "conv_proj/kernel", "conv3/kernel"),
    name=GOOGLE_HYBRID,
)
wrong_rules(
    "weights/hybrid/files.py",
    WHERE,
    SAME,
    ("norms (C,) are not read", "return norm and len(stored.shape) == 1", "return False"),
    name="google_hybrid_stem.weights.npz",
)
OTHER = "test_checkpoints_resnets"
wrong_rules(
    "weights/hybrid/files.py",
    OTHER,
    "test_the_image_size_of_a_square_hybrid_is_read_off_its_positions",
    ("every stage halves", "2 ** max(len(units) - 1, 0)", "2 ** len(units)"),
    ("the root does not halve twice", "pixels=4 * 2", "pixels=2 * 2"),
    units=(2, 2, 2, 2),
    patch=1,
    size=32,
)
wrong_rules(
    "weights/vit/infer.py",
    OTHER,
    "test_a_size_that_gives_the_same_map_is_taken",
    (
        "the size that was said is not taken",
        'fields["image_size"] = next(told, ',
        'fields["image_size"] = next(iter(()), ',
    ),
)
BIT_SIZE = "test_a_bits_size_and_pictures_are_the_librarys"
wrong_rules(
    "weights/bit/profiles.py",
    OTHER,
    BIT_SIZE,
    ("ImageNet-21k is not known", "num_classes == IMAGENET_21K", "num_classes == 21_841"),
    ("the crop is left out", ", crop_fraction=0.875)", ")"),
    format="timm",
    classes=21843,
    width=32,
    size=224,
    fraction=0.875,
    keep=True,
)
wrong_rules(
    "weights/bit/profiles.py",
    OTHER,
    BIT_SIZE,
    ("the largest at 448", "width == 256", "width == 64"),
    ("stretched", '{"keep_aspect_ratio": True}', '{"keep_aspect_ratio": False}'),
    format="timm",
    classes=1000,
    width=256,
    size=480,
    fraction=1.0,
    keep=True,
)
wrong_rules(
    "models/hybrid.py",
    OTHER,
    "test_a_hybrid_is_resized_as_a_vit",
    (
        "the positions stay",
        "return vit.steps_resized(p, config, image_size)",
        "return p, dataclasses.replace(config, image_size=image_size)",
    ),
)
wrong_rules(
    "models/bit.py",
    OTHER,
    "test_a_bit_takes_any_size",
    ("the size stays", "dataclasses.replace(config, image_size=image_size)", "config"),
)
