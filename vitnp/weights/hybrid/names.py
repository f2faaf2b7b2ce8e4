"""The names of a hybrid's stem in Google's files and timm's, and their layouts; the rest is a ViT's.

Imports `residual`, `tables`, `vit`.
"""

from vitnp.weights import residual, tables
from vitnp.weights.vit import layouts
from vitnp.weights.vit import names as vit

UNITS = """
    ours                  google                  timm
    stem.stages.{s}.{u}.  block{S}/unit{U}/       patch_embed.backbone.stages.{s}.blocks.{u}.
    conv_1.W              conv1/kernel            conv1.weight
    norm_1.*              gn1/*                   norm1.*
    conv_2.W              conv2/kernel            conv2.weight
    norm_2.*              gn2/*                   norm2.*
    conv_3.W              conv3/kernel            conv3.weight
    norm_3.*              gn3/*                   norm3.*
    conv_shortcut.W       conv_proj/kernel        downsample.conv.weight
    norm_shortcut.*       gn_proj/*               downsample.norm.*
    """
TABLES = (
    """
    ours         google            timm
    stem.root.   -                 patch_embed.backbone.
    conv.W       conv_root/kernel  stem.conv.weight
    norm.*       gn_root/*         stem.norm.*
    """,
    UNITS,
)
ROOT = {
    format: tables.names(TABLES, format, vit.ENDINGS, [])["stem.root.conv.W"] for format in residual.LIBRARIES
}


def written_name(format, name, config):
    """In timm a root alone has its names without "stem."."""
    alone = format == "timm" and not config.stem_units
    return name.replace("backbone.stem.", "backbone.", 1) if alone else name


def of_stem(format, name):
    """Whether the name, in the tables' spelling, is of the stem."""
    if tables.numbers_in(UNITS, format, name):
        return True
    return name.startswith(("conv_root/", "gn_root/") if format == "google" else "patch_embed.backbone.")


def names(format, config):
    """{our name: name in the tables}."""
    stem = tables.names(TABLES, format, vit.ENDINGS, residual.numbers(config.stem_units))
    return stem | vit.names(format, config.num_layers)


def to_file(format, name, array, config):
    """Our array called `name` as the library has it; Google's norms of the stem are (1, 1, 1, C)."""
    if not name.startswith("stem."):
        return layouts.to_file(format, name, array, config)
    if array.ndim == 1:
        return array.reshape(1, 1, 1, -1) if format == "google" else array
    return residual.kernel_to_file(format, array)


def to_ours(format, name, array, shape):
    """The inverse of `to_file`, for one array of ours of that shape."""
    if not name.startswith("stem."):
        return layouts.to_ours(format, name, array, shape)
    return (residual.kernel_to_ours(format, array) if array.ndim == 4 else array).reshape(shape)
