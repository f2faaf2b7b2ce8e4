"""What timm's config.json says of an EfficientNet: the name of the architecture, and its arguments."""

import re

from vitnp.errors import shown
from vitnp.weights.efficientnet.profiles import STRIDES, TF
from vitnp.weights.vit.said import Fields, NotBuilt, words

NONE = (None, False, "")
ARGUMENTS = Fields(
    used=words("pad_type bn_eps bn_momentum drop_rate drop_path_rate"),
    arrays=words(
        "num_classes in_chans num_features stem_size fix_stem block_args round_chs_fn channel_divisor"
    ),
    idle=words("device dtype"),
    only={
        "stem_kernel_size": (3, None),
        "output_stride": (32, None),
        "act_layer": (None, "swish", "silu"),
        "norm_layer": (None,),
        "se_layer": (None,),
        "aa_layer": NONE,
        "group_size": (None, 0),
        "global_pool": ("avg", None),
    },
)
FIELDS = {"bn_eps": "batch_norm_eps", "drop_rate": "dropout_rate", "drop_path_rate": "stochastic_depth_rate"}
TF_NAME = re.compile(r"tf_efficientnet_(b[0-8]|l2)(_ap|_ns|_ns_475)?")
# Architectures with the same arrays as those, and what is not built of them.
REFUSED = {
    r"efficientnet_(b\d\w?|l2)|tinynet_\w": "it pads all sides alike",
    r"efficientnet_b\d_pruned": "its units are pruned",
    r"efficientnet_blur_\w+": "it blurs before it takes every second place",
}
INSTEAD = "only tf_efficientnet_* is built here"


def fields(config, unknown):
    """{field of the configuration: value} of timm's config.json; a name that is not known here goes to `unknown`."""
    arguments, name = config.get("model_args") or {}, config.get("architecture")
    if not isinstance(arguments, dict):
        raise NotBuilt(f"model_args is {shown(arguments)}, no object of arguments")
    name = name.partition(".")[0] if isinstance(name, str) else name  # without the tag of the weights
    pad = arguments.get("pad_type", "same")
    if pad != "same":
        raise NotBuilt(f"model_args.pad_type is {shown(pad)}; {INSTEAD}")
    found = {}
    if isinstance(name, str) and TF_NAME.fullmatch(name):
        found = TF | {"strides": STRIDES}
    elif name is not None:
        for pattern, what in REFUSED.items():
            if isinstance(name, str) and re.fullmatch(pattern, name):
                raise NotBuilt(f"architecture is {name}: {what}; {INSTEAD}")
        unknown.append(f"architecture {shown(name)}")
    found |= {ours: arguments[theirs] for theirs, ours in FIELDS.items() if arguments.get(theirs) is not None}
    if (
        new := arguments.get("bn_momentum")
    ) is not None:  # the part of the new value; ours is that of the old
        if type(new) not in (int, float):
            raise NotBuilt(f"model_args.bn_momentum is {shown(new)}, no number")
        found["batch_norm_momentum"] = 1.0 - new
    return found
