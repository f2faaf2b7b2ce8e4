"""An EfficientNet in timm's files; see `families` for the names here. Imports `models`, `inputs`, its neighbors."""

from vitnp.inputs.fields import check_changes
from vitnp.models.efficientnet import Config
from vitnp.weights import settings
from vitnp.weights.efficientnet import foreign, infer, profiles
from vitnp.weights.efficientnet import names as ours
from vitnp.weights.efficientnet.written import texts
from vitnp.weights.families import Described
from vitnp.weights.vit import assumed

__all__ = [
    "describe",
    "names",
    "obstacle",
    "shows",
    "spell",
    "texts",
    "to_file",
    "to_ours",
    "written_name",
]
BOTH_PADDINGS = (
    "the same arrays may be of a timm model without tf_ in its name, which pads all sides alike and has "
    "batch_norm_eps 1e-5; that padding is not built here"
)


def shows(format, file_names):
    """The name of the first convolution."""
    return "conv_stem.weight" if format == "timm" and "conv_stem.weight" in file_names else None


def spell(format, name):
    """There is one spelling."""
    return name


def written_name(format, name, config):
    """There is one spelling."""
    return name


def names(format, config):
    """{our name: name in the tables}."""
    return ours.names(config.units, config.expansions)


def to_file(format, name, array, config):
    """Our array as the library has it."""
    return ours.to_file(name, array)


def to_ours(format, name, array, shape):
    """The inverse of `to_file`."""
    return ours.to_ours(array, shape)


def describe(path, format, stored, *, image_size=None, guess=False, **overrides):
    """The `Described` of a file; image_size is the model's, as the arrays fit any."""
    check_changes(overrides, Config)
    stored = {name: one for name, one in stored.items() if not name.endswith(ours.COUNTER)}
    shapes = {name: array.shape for name, array in stored.items()}
    foreign.check(path, shapes)
    seen = infer.sizes(path, shapes)
    row = profiles.row(seen)
    beside = settings.beside(path, format, seen, row["preprocessing"], Config=Config)
    fields = row | seen | beside.fields
    how, questions = settings.preprocessing(row["preprocessing"], seen["in_channels"], beside, overrides)
    size = image_size or beside.fields.get("image_size") or beside.image_size
    fields |= {"preprocessing": how, "image_size": size or row["image_size"]}
    taken = []
    if "strides" not in {*fields, *overrides}:
        fields["strides"], more = _strides(seen)
        questions += more
        if not profiles.published(seen):
            taken.append(("strides", "/".join(map(str, fields["strides"]))))
    config = settings.configured(path, format, Config, fields, overrides, [] if guess else questions)
    notes = [*beside.notes]
    if size is None:
        height, width = config.image_size
        notes.append(
            f"an EfficientNet takes images of any size, and the file names none: taken to be {height}x{width}"
            + (", for which its weights were trained" if profiles.published(seen) else "")
            + "; another is image_size= or --image-size N"
        )
        taken.append(("image_size", f"{height}x{width}"))
    if "strides" not in beside.fields:  # which the name of a tf_ model says, and the padding too
        notes.append(BOTH_PADDINGS)
        taken.append(("padding", "same"))
    taken += assumed.of("efficientnet", config, overrides, beside)
    spelled = {name: name for name in stored}
    return Described(format, config, stored, spelled, notes, questions, None, {}, taken)


def _strides(seen):
    """(strides, questions) of arrays, which do not show them: known for the stages of the published models."""
    base = Config()
    if (seen["kernels"], seen["expansions"]) == (base.kernels, base.expansions):
        return profiles.STRIDES, []
    count = len(seen["units"])
    guess = (1, *(2,) * (count - 1))
    such = ",".join(map(str, guess))
    return guess, [
        f"it does not say the strides of its {count} stages; say them with strides= or --set strides={such}"
    ]


def obstacle(format, config):
    """Why the library's files cannot hold the model."""
    return "" if format == "timm" else f"{format} has no place for an EfficientNet"
