"""The layers of a residual network's body, one by one, which BiT and the hybrid's stem have in common."""

import functools

from vitnp.blocks import bottleneck, resnet
from vitnp.models import vit
from vitnp.models.layers import Layer, only_dx


def layers(p, config, sizes, *, pre, prefix=""):
    """Yield each `Layer` of a body with parameters p = {root, stages}: the root, then every unit.

    sizes: the numbers of units per stage; pre: whether the units are pre-activation, as `resnet.stages_forward` has it.
    """
    forward = functools.partial(resnet.root_forward, p=p["root"], how=config.how)
    yield Layer(f"{prefix}root", forward, root_backward)
    forward, backward = bottleneck.both(pre)
    for stage, unit, stride in resnet.units(sizes):
        how = {"p": p["stages"][stage][unit], "how": config.how, "stride": stride}
        yield Layer(f"{prefix}stages.{stage}.{unit}", functools.partial(forward, **how), only_dx(backward))


def layers_of_hybrid(p, config):
    """Yield each `Layer` of a hybrid: its stem's, then the ViT's with the feature map in place of the image."""
    yield from layers(p["stem"], config, config.stem_units, pre=False, prefix="stem.")
    yield from vit.layers(p, config)


def root_backward(dy, saved):
    """dy (B, Hᵢ/4, Wᵢ/4, width) → dimages (B, Hᵢ, Wᵢ, C)."""
    dx, _ = resnet.root_backward(dy, saved)
    return resnet.images_backward(dx, saved)
