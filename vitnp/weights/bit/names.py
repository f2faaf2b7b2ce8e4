"""The names of a BiT's parameters in Google's files and timm's, and their layouts. Imports `residual`, `tables`."""

from vitnp.weights import residual, tables

UNITS = """
    ours             google                               timm
    stages.{s}.{u}.  resnet/block{S}/unit{U:02d}/         stages.{s}.blocks.{u}.
    norm_1.*         a/group_norm/*                       norm1.*
    conv_1.W         a/standardized_conv2d/kernel         conv1.weight
    norm_2.*         b/group_norm/*                       norm2.*
    conv_2.W         b/standardized_conv2d/kernel         conv2.weight
    norm_3.*         c/group_norm/*                       norm3.*
    conv_3.W         c/standardized_conv2d/kernel         conv3.weight
    conv_shortcut.W  a/proj/standardized_conv2d/kernel    downsample.conv.weight
    """
TABLES = (
    """
    ours         google                                        timm
    -            -                                             -
    root.conv.W  resnet/root_block/standardized_conv2d/kernel  stem.conv.weight
    """,
    UNITS,
    """
    ours             google                 timm
    -                -                      -
    norm.*           resnet/group_norm/*    norm.*
    classify.head.*  resnet/head/conv2d/*   head.fc.*
    """,
)
ENDINGS = {
    "ours": (("W", "b"), ("gamma", "beta")),
    "google": (("kernel", "bias"), ("gamma", "beta")),
    "timm": (("weight", "bias"), ("weight", "bias")),
}


def names(format, units):
    """{our name: name in the library's files} of a BiT of so many units a stage; a shortcut's kernel for every unit."""
    return tables.names(TABLES, format, ENDINGS, residual.numbers(units))


def to_file(format, name, array):
    """Our array called `name` as the library has it; the head is a 1x1 convolution."""
    if name == "classify.head.W":
        return residual.kernel_to_file(format, array[None, None])
    return residual.kernel_to_file(format, array) if array.ndim == 4 else array


def to_ours(format, array, shape):
    """The inverse of `to_file`, for one array of ours of that shape."""
    return residual.kernel_to_ours(format, array).reshape(shape) if array.ndim == 4 else array
