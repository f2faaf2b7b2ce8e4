"""How a picture becomes the input, in the words of Hugging Face and of timm: read, and written. Imports `inputs`.

Hugging Face has it in preprocessor_config.json, timm in the pretrained_cfg of config.json.
"""

import math

from vitnp.errors import shown
from vitnp.inputs.images import Preprocessing, size
from vitnp.weights.vit.said import Fields, words

# By name, and by Pillow's number.
FILTERS = {"bilinear": "bilinear", "bicubic": "bicubic", 2: "bilinear", 3: "bicubic"}
NUMBERS = {"bilinear": 2, "bicubic": 3}
CROP_MODES = {"center": True, "squash": False}  # whether timm's keeps the aspect ratio
# What vitnp has in place of what it has not, as the --set that says it.
FILTER, RESIZE, CROP = "resize_filter=bicubic", "crop_fraction=1", "keep_aspect_ratio=true"

FIELDS = Fields(  # of preprocessor_config.json
    used=words(
        "do_resize size resample do_rescale rescale_factor do_normalize image_mean image_std do_center_crop crop_size "
        "crop_pct default_to_square image_processor_type feature_extractor_type"
    ),
    arrays=frozenset(),
    # how arrays are handed over; and colors, which vitnp always makes of a picture
    idle=words(
        "do_convert_rgb data_format input_data_format device return_tensors disable_grouping image_seq_length "
        "processor_class _valid_processor_keys do_reduce_labels do_convert_annotations pad_size"
    ),
    only={"do_pad": (None, False)},
)
HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
CLIP = {
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
    "size": {"shortest_edge": 224},
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
}
SHORTER = ("CLIP", "Bit", "Siglip")  # to which one number is the shorter side
SQUARE = {"size": {"height": 224, "width": 224}}
# {image_processor_type: what it does where the file says nothing}, transformers/models/*/image_processing_*.py
DEFAULTS = {
    "ViT": HALF | SQUARE | {"resample": 2},
    "Siglip": HALF | SQUARE | {"resample": 3},
    "CLIP": CLIP,
    "Bit": CLIP,
    "DeiT": HALF
    | {
        "resample": 3,
        "size": {"height": 256, "width": 256},
        "do_center_crop": True,
        "crop_size": {"height": 224, "width": 224},
    },
}


def pair(size):
    """(height, width) of what may be one number."""
    height, width = size if isinstance(size, list | tuple) else (size, size)
    return height, width


def of_huggingface(given, image_size, base, *, any_size=False):
    """preprocessor_config.json as ({field of Preprocessing: value}, [(what vitnp has not, …)], the size it makes).

    The second are pairs with the --set that says what to do in its place. image_size is the model's, or None; base the
    Preprocessing of such models. any_size: the model takes what the processor makes, as DINOv2 does, so its size
    decides; else it is None.
    """
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        return {}, [], None
    kind = _kind(given)
    given = DEFAULTS.get(kind, {}) | given
    if isinstance(given.get("size"), int) and not given.get("default_to_square", kind not in SHORTER):
        given["size"] = {"shortest_edge": given["size"]}
    changes, unlike, made = {}, [], None
    for theirs, ours in (("image_mean", "mean"), ("image_std", "std")):
        if theirs in given:
            changes[ours] = tuple(given[theirs])
    if given.get("do_normalize") is False:
        changes |= {"mean": (0.0,), "std": (1.0,)}
    # x·factor before the mean is taken off: in x/255, where vitnp takes it off, mean and std are so much smaller.
    factor = 255.0 * given.get("rescale_factor", 1 / 255) if given.get("do_rescale", True) else 255.0
    if not math.isclose(factor, 1.0):
        plain = {"mean": base.mean, "std": base.std} | changes
        changes |= {name: tuple(value / factor for value in plain[name]) for name in ("mean", "std")}
    if "resample" in given:
        if given["resample"] in FILTERS:
            changes["resize_filter"] = FILTERS[given["resample"]]
        else:
            unlike.append((f"preprocessor_config.json has resample {shown(given['resample'])}", FILTER))
    if "crop_pct" in given:  # of other models, which resize by it before they cut
        unlike.append((f"preprocessor_config.json has crop_pct {shown(given['crop_pct'])}", RESIZE))
    elif given.get("do_resize") is False:
        unlike.append(("preprocessor_config.json has do_resize false", RESIZE))
    elif "size" in given:
        sizes, problem, made = _resize(given, None if any_size else image_size)
        changes |= sizes
        unlike += problem
    Preprocessing(**changes)  # a value that is none is found while the file's name is known
    return changes, unlike, size(made) if any_size and made else None


def named(given):
    """The name of the processor's class, or None."""
    return given.get("image_processor_type") or given.get("feature_extractor_type")


def is_known(given):
    """Whether the defaults of the processor's class are known; so they are where none is named."""
    return named(given) is None or _kind(given) in DEFAULTS


def _kind(given):
    """The name of the processor's class, without what all of them end in."""
    name = named(given)
    for ending in ("Fast", "Pil", "ImageProcessor", "FeatureExtractor"):
        name = name.removesuffix(ending) if isinstance(name, str) else None
    return name


def _resize(given, image_size):
    """How preprocessor_config.json resizes and crops, as `of_huggingface` gives it; image_size decides, where known."""
    side, keep = given["size"], False
    what = f"preprocessor_config.json resizes to {shown(side)}"
    what += f" for {image_size[0]}x{image_size[1]} pixels" if image_size else ", and crops to no square"
    if isinstance(side, dict) and side.keys() == {"shortest_edge"}:
        side, keep = side["shortest_edge"], True
    if isinstance(side, dict) and not {"height", "width"} <= side.keys():
        return {}, [(what, RESIZE)], None
    before = pair((side["height"], side["width"]) if isinstance(side, dict) else side)
    after = before
    if given.get("do_center_crop"):
        crop = given.get("crop_size", image_size or before)
        after = pair((crop["height"], crop["width"]) if isinstance(crop, dict) else crop)
    wanted = image_size or after
    fraction = after[0] / before[0]
    if int(after[0] / fraction) < before[0]:  # the last bit: preprocess divides, and must come to `before`
        fraction = math.nextafter(fraction, 0.0)
    like = after == wanted and tuple(int(side / fraction) for side in after) == before
    if keep:  # one number is meant, the shorter side's
        like = after == wanted and after[0] == after[1] and bool(given.get("do_center_crop"))
    if not like:
        return {}, [(what, RESIZE)], None
    crops = {"crop_rounding": "down"} if given.get("do_center_crop") else {}
    return {"crop_fraction": fraction, "keep_aspect_ratio": keep} | crops, [], after


def to_huggingface(config):
    """preprocessor_config.json of a configuration, as near as it can say it."""
    how, (height, width) = config.preprocessing, config.image_size
    channels = config.in_channels
    given = {
        "image_processor_type": "BitImageProcessor" if how.keep_aspect_ratio else "ViTImageProcessor",
        "do_convert_rgb": channels == 3,
        "do_normalize": True,
        "image_mean": list(how.mean) * (channels // len(how.mean)),
        "image_std": list(how.std) * (channels // len(how.std)),
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_resize": True,
        "resample": NUMBERS[how.resize_filter],
    }
    before = [int(side / how.crop_fraction) for side in (height, width)]
    stretched = dict(zip(("height", "width"), before, strict=True))
    sides = {"shortest_edge": max(before)} if how.keep_aspect_ratio else stretched
    crops = how.keep_aspect_ratio or before != [height, width]
    crop = {"crop_size": {"height": height, "width": width}} if crops else {}
    return given | {"size": sides, "do_center_crop": crops} | crop


def of_timm(given):
    """timm's pretrained_cfg as ({field of Preprocessing: value}, [(what vitnp has not, the --set in its place)])."""
    changes, unlike = {name: tuple(given[name]) for name in ("mean", "std") if name in given}, []
    if "crop_pct" in given:
        changes["crop_fraction"] = given["crop_pct"]
    for theirs, ours, values, advice in (
        ("interpolation", "resize_filter", FILTERS, FILTER),
        ("crop_mode", "keep_aspect_ratio", CROP_MODES, CROP),
    ):
        if theirs in given and given[theirs] in values:
            changes[ours] = values[given[theirs]]
        elif theirs in given:
            unlike.append((f"config.json has {theirs} {shown(given[theirs])}", advice))
    Preprocessing(**changes)
    return changes, unlike


def to_timm(config):
    """timm's pretrained_cfg of a configuration, as near as it can say it."""
    how, channels = config.preprocessing, config.in_channels
    return {
        "input_size": [channels, *config.image_size],
        "fixed_input_size": True,
        "interpolation": how.resize_filter,
        "crop_pct": how.crop_fraction,
        "crop_mode": "center" if how.keep_aspect_ratio else "squash",
        "mean": list(how.mean) * (channels // len(how.mean)),
        "std": list(how.std) * (channels // len(how.std)),
        "num_classes": config.num_classes,
    }
