"""A hybrid in Google's files and timm's; see `families` for the names here. Imports `models`, `residual`, `vit`."""

import functools

from vitnp.models import hybrid
from vitnp.weights import residual
from vitnp.weights.hybrid import names as tables
from vitnp.weights.hybrid.names import names, to_file, to_ours, written_name
from vitnp.weights.vit import files as vit
from vitnp.weights.vit import written
from vitnp.weights.vit.infer import Before
from vitnp.weights.vit.names import spell

__all__ = ["describe", "names", "obstacle", "shows", "spell", "texts", "to_file", "to_ours", "written_name"]
# timm's name for each stem; with model_args any of them makes a ViT of any size behind it.
TIMM = {
    (): "vit_tiny_r_s16_p8_224",
    (2, 2, 2, 2): "vit_small_r26_s32_224",
    (3, 4, 9): "vit_base_r50_s16_224",
    (3, 4, 6, 3): "vit_large_r50_s32_224",
}


def shows(format, file_names):
    """The patch projection, where there is a stem too."""
    if format not in residual.LIBRARIES:
        return None
    stem = any(tables.of_stem(format, spell(format, name)) for name in file_names)
    return vit.shows(format, file_names) if stem else None


def describe(path, format, stored, **told):
    """The `Described` of a file; Google's norms of the stem are (C,) too, as newer code writes them."""
    flat = {
        name: one for name, one in stored.items() if format == "google" and _is_flat(spell(format, name), one)
    }
    found = vit.describe(
        path, format, stored | {name: _with_axes(one) for name, one in flat.items()}, stem=stem, **told
    )
    if flat:
        found.notes.append(
            f"{len(flat)} arrays of the stem's norms are (C,), read as the published (1, 1, 1, C)"
        )
    return found


def _is_flat(name, stored):
    """Whether it is a norm (C,) of the stem."""
    norm = name.rpartition("/")[2] in ("scale", "bias") and tables.of_stem("google", name)
    return norm and len(stored.shape) == 1


def _with_axes(stored):
    """A norm (C,) as (1, 1, 1, C), still in its file."""
    shape = (1, 1, 1, *stored.shape)
    return stored._replace(shape=shape, read=lambda: stored.read().reshape(shape))


def stem(path, format, shapes):
    """The `Before` that the shapes of the stem show."""
    inputs, width = residual.channels(path, format, shapes, tables.ROOT[format], "hybrid's stem")
    units = residual.units_in(path, tables.UNITS, format, shapes)
    fields = {"in_channels": inputs, "stem_width": width, "stem_units": units}
    return Before(
        hybrid.Config,
        "hybrid",
        fields,
        functools.partial(residual.groups, width),
        pixels=4 * 2 ** max(len(units) - 1, 0),
        map_size=lambda size: hybrid.map_size(size, units),
    )


def obstacle(format, config):
    """Why the library's files cannot hold the model."""
    return (
        vit.obstacle(format, config)
        if format in residual.LIBRARIES
        else f"{format} has no place for a hybrid"
    )


def texts(path, format, config, class_names):
    """[(name, text)] of the JSON files beside the weights."""
    return written.texts(
        path, format, config, class_names, architecture=TIMM.get(config.stem_units, TIMM[3, 4, 9])
    )
