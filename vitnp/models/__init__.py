"""One module a model, all with the same few names; this is the one place that chooses among them."""

from vitnp.errors import InputError, did_you_mean
from vitnp.inputs.fields import check_fields
from vitnp.models.vit.config import PRESETS, ViTConfig


def preset(name, **overrides):
    """The configuration called `name`, "B/16" for example; any field of ViTConfig can be overridden.

    Raises InputError for an unknown name, naming the near ones, or an unknown field.
    """
    if name not in PRESETS:
        near = did_you_mean(name, PRESETS)
        raise InputError(f'model "{name}" is unknown; {near}choose from {", ".join(PRESETS)}')
    check_fields(overrides, ViTConfig)
    return ViTConfig(**(PRESETS[name] | overrides))
