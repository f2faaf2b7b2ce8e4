"""The sizes of an EfficientNet that the arrays of timm's file show. Imports `errors`, `residual`, `tables`, `names`."""

from vitnp.errors import InputError
from vitnp.weights import residual, tables
from vitnp.weights.efficientnet.names import WIDE, names
from vitnp.weights.stored import called

WHAT = "timm EfficientNet"  # in words
USUAL = 0.25  # squeeze_ratio of every published model


def sizes(path, shapes):
    """{field of the configuration: value} of {name in the file: shape}; InputError for what shows none, or another."""
    stem = tables.shape(path, shapes, "conv_stem.weight", 4, WHAT)
    units = residual.units_in(path, WIDE, "timm", shapes)
    stages, inputs, squeezed = [], stem[0], set()
    for stage in range(max(len(units), 1)):
        wide = any(f"blocks.{stage}.{unit}.conv_pwl.weight" in shapes for unit in (0, 1))
        theirs = names((1,) * (stage + 1), (6 if wide else 1,) * (stage + 1))
        found = _unit(path, shapes, theirs, f"stages.{stage}.0.", inputs)
        squeezed.add((inputs, found["squeezed"]))
        stages.append(found)
        inputs = found["outputs"]
        if units[stage : stage + 1] > (1,):
            second = tables.shape(path, shapes, f"blocks.{stage}.1.se.conv_reduce.weight", 4, WHAT)
            squeezed.add((inputs, second[0]))
    top = tables.shape(path, shapes, "conv_head.weight", 4, WHAT)
    return {
        "in_channels": stem[1],
        "stem_channels": stem[0],
        "channels": tuple(stage["outputs"] for stage in stages),
        "units": units,
        "kernels": tuple(stage["kernel"] for stage in stages),
        "expansions": tuple(stage["expansion"] for stage in stages),
        "head_channels": top[0],
        "squeeze_ratio": _ratio(path, squeezed),
        "num_classes": _classes(path, shapes),
    }


def _unit(path, shapes, theirs, ours, inputs):
    """{what: size} of a stage's first unit; ours: what stands before our names of its arrays."""

    def shape(name):
        return tables.shape(path, shapes, theirs[ours + name], 4, WHAT)

    depthwise, squeeze, project = (shape(f"{name}.W") for name in ("depthwise", "squeeze", "project"))
    if depthwise[0] % inputs:
        raise InputError(
            f"{path} is an EfficientNet whose units are pruned, which is not built here "
            f"({called(theirs[ours + 'depthwise.W'])} has {depthwise[0]} channels, no whole multiple of {inputs}); "
            "name another file"
        )
    return {
        "expansion": depthwise[0] // inputs,
        "kernel": depthwise[2],
        "squeezed": squeeze[0],
        "outputs": project[0],
    }


def _ratio(path, squeezed):
    """The squeeze_ratio that makes each of these (channels of a unit's input, of its squeeze layer)."""
    low = max((narrow / inputs for inputs, narrow in squeezed if narrow > 1), default=0)
    high = min((narrow + 1) / inputs for inputs, narrow in squeezed)
    for ratio in (USUAL, low, (low + high) / 2):
        if ratio and all(max(int(inputs * ratio), 1) == narrow for inputs, narrow in squeezed):
            return ratio
    raise InputError(
        f"{path}: its squeeze layers have no common part of their units' inputs, as in an EfficientNet; "
        "name another file"
    )


def _classes(path, shapes):
    """The number of classes, by the head's bias or else by its kernel; 0 where the file has neither."""
    for name, rank in (("classifier.bias", 1), ("classifier.weight", 2)):
        if name in shapes:
            return tables.shape(path, shapes, name, rank, WHAT)[0]
    return 0
