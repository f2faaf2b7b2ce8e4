"""What every model does: checks what is given to forward and to backward, and puts the parts of backward together."""

from typing import Any, NamedTuple

from vitnp import tree
from vitnp.backend.arrays import array_module, need_array, on_host
from vitnp.errors import InputError, need_bool, need_choice
from vitnp.inputs.checks import check_config, check_draws, check_parameters, parameter_of
from vitnp.inputs.images import check_images


def checked(images, p, config, rng, keep, whole, *, Config, init):
    """The images in the dtype of p, after InputError for any argument of a model's forward that is not as it says."""
    check_config(config, Config)
    check_parameters(p, init, config)
    images = check_images(images, config, parameter_of(p).dtype)
    check_how(rng, keep, whole)
    return images


def check_how(rng, keep, whole=True):
    """Raise InputError for a generator, or an option of a model's forward, that is none."""
    check_draws(rng)
    need_choice("keep", keep, ("all", "inputs", "nothing"))
    need_bool("whole", whole)


class Output(NamedTuple):
    """What a forward says of its y, so that `check` can refuse a dy that is not its gradient."""

    shape: tuple
    dtype: Any
    on_host: bool
    layers: int  # how many layers saved must hold: what `backward_parts` uses up


def output(y, layers):
    """The `Output` of a forward of so many layers."""
    return Output(y.shape, y.dtype, on_host(y), layers)


def check(dy, saved, Saved, layers):
    """Raise InputError unless saved is a forward's `Saved`, its list `layers` still whole, and dy in the form of y."""
    if type(saved) is not Saved:
        raise InputError(
            f"saved is a {type(saved).__name__} of {type(saved).__module__}; need what this model's forward returned "
            "beside y"
        )
    y, held = saved.output, len(getattr(saved, layers))
    if held != y.layers:
        raise InputError(
            f'saved holds {held} of {y.layers} layers: forward had keep="nothing", or backward_parts used it up; '
            'run forward again with keep="all" or "inputs"'
        )
    need_array("dy", dy, f" of shape {y.shape}")
    if dy.shape != y.shape:
        raise InputError(f"dy has shape {dy.shape}, y has {y.shape}; give the gradient of the loss for y")
    if dy.dtype.kind not in {"f", y.dtype.kind}:
        raise InputError(f"dy is {dy.dtype}; need {y.dtype} as y: dy.astype({y.dtype})")
    if on_host(dy) != y.on_host:
        raise InputError(
            f"dy is an array of {array_module(dy).__name__}, y is not; use backend.arrays.to_device"
        )


def together(backward_parts, dy, saved):
    """dx and dp, the same tree as p, of a model whose `backward_parts(dy, saved)` yields (name, dp) and returns dx.

    backward_parts uses the lists in saved up; here it is given copies, so that backward may be called again.
    """
    found, parts = [], backward_parts(dy, copied(saved))
    while True:
        try:
            found.append(next(parts))
        except StopIteration as end:
            return end.value, tree.from_leaves(reversed(found))  # in p's order


def copied(saved):
    """The same with every list in it copied, the arrays shared."""
    if isinstance(saved, list):
        return [copied(item) for item in saved]
    if isinstance(saved, tuple):
        items = [copied(item) for item in saved]
        return type(saved)(*items) if hasattr(saved, "_fields") else tuple(items)
    return saved
