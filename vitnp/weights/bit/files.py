"""A BiT in Google's files and timm's; see `families` for the names here. Imports `models`, `inputs`, its neighbors."""

from vitnp.errors import InputError
from vitnp.inputs.fields import check_changes
from vitnp.models.bit import Config
from vitnp.weights import residual, settings, tables
from vitnp.weights.bit import names as ours
from vitnp.weights.bit.profiles import PROFILES, kind_of
from vitnp.weights.bit.written import texts
from vitnp.weights.families import Described
from vitnp.weights.stored import called
from vitnp.weights.vit import assumed

__all__ = ["describe", "names", "obstacle", "shows", "spell", "texts", "to_file", "to_ours", "written_name"]
ELSEWHERE = "take Google's .npz of storage.googleapis.com/bit_models, or timm's"
# Parts of the names in other ResNets, and the reason for the refusal.
KINDS = {
    "running_mean": "a BatchNorm, which BiT has not; name the weights of a BiT",
    "norm-pre-head": f"a BiT under the names of the JAX code, which are not read; {ELSEWHERE}",
    "conv_head": f"the head that the JAX code makes anew, which is not read; {ELSEWHERE}",
    "head/dense": f"the head that the TF2 code makes anew, which is not read; {ELSEWHERE}",
    "conv_root": f"a BiT under the names of the JAX code, which are not read; {ELSEWHERE}",
}


def shows(format, file_names):
    """The first name of the root, in timm's files of the first unit's norm, which stands before a convolution."""
    if format not in residual.LIBRARIES:
        return None
    first = "root_block/" if format == "google" else "stages.0.blocks.0.norm1."
    return next((name for name in file_names if name.removeprefix("resnet/").startswith(first)), None)


def spell(format, name):
    """There is one spelling."""
    return name


def written_name(format, name, config):
    """There is one spelling."""
    return name


def names(format, config):
    """{our name: name in the tables}."""
    return ours.names(format, config.units)


def to_file(format, name, array, config):
    """Our array as the library has it."""
    return ours.to_file(format, name, array)


def to_ours(format, name, array, shape):
    """The inverse of `to_file`."""
    return ours.to_ours(format, array, shape)


def describe(path, format, stored, *, image_size=None, guess=False, **overrides):
    """The `Described` of a file; image_size is the model's, as the arrays fit any."""
    for name in stored:
        for part, what in KINDS.items():
            if part in name:
                raise InputError(f"{path} holds {called(name)}: {what}")
    check_changes(overrides, Config)
    shapes = {name: array.shape for name, array in stored.items()}
    theirs = ours.names(format, ())
    inputs, width = residual.channels(path, format, shapes, theirs["root.conv.W"], "BiT")
    seen = {
        "in_channels": inputs,
        "width": width,
        "units": residual.units_in(path, ours.UNITS, format, shapes),
        "num_classes": _classes(path, format, shapes, theirs),
    }
    row = PROFILES[kind_of(format, num_classes=seen["num_classes"], width=width)]
    beside = settings.beside(path, format, seen, row["preprocessing"], Config=Config)
    fields = row | seen | beside.fields
    questions = residual.groups(width, fields, overrides)
    how, more = settings.preprocessing(row["preprocessing"], inputs, beside, overrides)
    size = image_size or beside.fields.get("image_size") or beside.image_size
    fields |= {"preprocessing": how, "image_size": size or row["image_size"]}
    questions += more
    config = settings.configured(path, format, Config, fields, overrides, [] if guess else questions)
    notes = [*beside.notes]
    if size is None:
        height, width = config.image_size
        notes.append(
            f"a BiT takes images of any size, and the file names none: taken to be {height}x{width}, as its library "
            "tests it; another is image_size= or --image-size N"
        )
    spelled = {name: name for name in stored}
    timm = format == "timm"
    taken = [("image_size", "x".join(map(str, config.image_size)))] if timm and size is None else []
    taken += assumed.of("bit", config, overrides, beside, picture=timm)
    return Described(format, config, stored, spelled, notes, questions, None, {}, taken)


def _classes(path, format, shapes, theirs):
    """The number of classes, by the head's bias or else by its kernel; 0 where the file has neither."""
    bias, kernel = theirs["classify.head.b"], theirs["classify.head.W"]
    if bias in shapes:
        return tables.shape(path, shapes, bias, 1, f"BiT ({format})")[0]
    if kernel not in shapes:
        return 0
    found = tables.shape(path, shapes, kernel, 4, f"BiT ({format})")
    return found[-1] if format == "google" else found[0]


def obstacle(format, config):
    """Why the library's files cannot hold the model."""
    return "" if format in residual.LIBRARIES else f"{format} has no place for a BiT"
