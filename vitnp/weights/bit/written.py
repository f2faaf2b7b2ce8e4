"""config.json beside timm's file of a BiT, written. Imports `models`, `vit`."""

from vitnp.models.bit import PRESETS
from vitnp.weights.bit.profiles import PROFILES, kind_of
from vitnp.weights.vit import processors, written

SHOWN = ("width", "units", "in_channels", "num_classes")  # the fields that the arrays show
TIMM = {name: f"resnetv2_{name[1:]}_bit" for name in PRESETS if name.startswith("R")}


def texts(path, format, config, class_names):
    """[(name, text)] of the JSON file beside the weights; there is none beside Google's."""
    if format != "timm":
        return []
    sizes = {"units": config.units, "width": config.width}
    known = next((name for name in TIMM if PRESETS[name] == sizes), "R50x1")
    given = {
        "architecture": TIMM[known],
        "num_classes": config.num_classes,
        "num_features": config.channels,
        "global_pool": "avg",
        "model_args": {"in_chans": config.in_channels},
        "pretrained_cfg": processors.to_timm(config) | {"fixed_input_size": False},
    }
    given |= {"label_names": list(class_names)} if class_names else {}
    row = PROFILES[kind_of(format, num_classes=config.num_classes, width=config.width)]
    return written.with_unsaid(path, format, config, {"config.json": given}, row, SHOWN)
