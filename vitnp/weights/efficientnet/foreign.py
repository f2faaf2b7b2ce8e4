"""Models of timm with a first convolution of an EfficientNet's name, refused by name. Imports `errors`, `stored`."""

import re

from vitnp.errors import InputError
from vitnp.weights.stored import called

# (pattern of a name in other models, pattern of a name that they have not, the model and what is not built), the
# surest first.
KINDS = (
    (
        r"\.routing_fn\.",
        None,
        "CondConv (efficientnet_cc): its kernels, mixed for every image, are not built here",
    ),
    (r"\.conv_s2d\.", None, "EfficientNet-X or -H: its space-to-depth is not built here"),
    (r"\.(ghost\d|conv_cheap|cheap_operation)\.", None, "GhostNet, which is not built here"),
    (r"\.(dw_start|dw_mid|pw_exp)\.", None, "MobileNetV4, which is not built here"),
    (r"\.conv_exp\.", r"\.se\.", "EfficientNet-EdgeTPU or MobileNet-EdgeTPU: fused units are not built here"),
    (r"\.conv_exp\.", None, "EfficientNetV2: its fused units are not built here"),
    (r"^conv_head\.bias$", None, "MobileNetV3 or a model like it, which is not built here"),
    (r"^blocks\.\d+\.\d+\.conv\.", None, "MobileNetV3 or a model like it, which is not built here"),
    (r"\.conv_(dw|pwl?)\.\d+\.", None, "MixNet: its kernels of several sizes are not built here"),
    (
        r"^bn1\.(weight|bias)$",
        r"^bn1\.running_mean$",
        "an EfficientNet with another norm than BatchNorm, which is not built here",
    ),
)
LITE = "EfficientNet-Lite, MobileNet, MNASNet or a model like them: units without squeeze-and-excite are not built here"
GROUPED = "an EfficientNet with grouped kernels in place of depthwise ones, which is not built here"
DEPTHWISE = ".conv_dw.weight"


def check(path, shapes):
    """Raise InputError for another kind of model; shapes: {name in the file: shape}."""
    for there, absent, what in KINDS:
        name = next((name for name in shapes if re.search(there, name)), None)
        if name and not (absent and any(re.search(absent, other) for other in shapes)):
            raise _another(path, what, name)
    gated = {name.partition(".se.")[0] for name in shapes if ".se." in name}
    for name, shape in shapes.items():
        if name.endswith(DEPTHWISE) and len(shape) == 4 and shape[1] > 1:
            raise _another(path, GROUPED, name)
        if name.endswith(DEPTHWISE) and name.removesuffix(DEPTHWISE) not in gated:
            raise _another(path, LITE, name)


def _another(path, what, name):
    return InputError(f"{path} is {what} ({called(name)}); name another file")
