"""What can be looked at in an EfficientNet: its layers one by one, and its named tensors."""

import functools

from vitnp.blocks import mbconv
from vitnp.models.efficientnet.config import units
from vitnp.models.efficientnet.model import backward, forward
from vitnp.models.layers import Layer, only_dx
from vitnp.models.tensors import RETURNED, Local, Tensor
from vitnp.steps import s8_classify

STEP = 0  # no step of the ViT's


def layers(p, config):
    """Yield each `Layer`, with the running statistics: the stem, every unit, and the last convolution."""
    how = mbconv.How(config.batch_norm_eps, training=False)

    def layer(name, **more):
        given = {"p": p[name]["conv"], "p_norm": p[name]["norm"], "how": how}
        forward = functools.partial(mbconv.layer_forward, **given, **more)
        return Layer(name, forward, only_dx(mbconv.layer_backward))

    yield layer("stem", stride=config.stem_stride)
    for stage, unit, stride, _ in units(config):
        given = {"p": p["stages"][stage][unit], "how": how._replace(stride=stride)}
        forward = functools.partial(mbconv.forward, **given)
        yield Layer(f"stages.{stage}.{unit}", forward, only_dx(mbconv.backward))
    yield layer("top")


def tensors(config):
    """Yield every named `Tensor`: the maps of the stem, of every unit and of the last convolution, and their mean y."""
    count = sum(config.units)
    yield Tensor("image", STEP, Local(forward, "images"), Local(backward, RETURNED))
    yield Tensor("stem", STEP, *_layer(0, -1))
    for number, (stage, unit, _, _) in enumerate(units(config)):
        map_ = Local(mbconv.forward, RETURNED, number), Local(mbconv.backward, "dy", count - 1 - number)
        yield Tensor(f"stages.{stage}.{unit}", STEP, *map_)
    yield Tensor("feature_map", STEP, *_layer(-1, 0))
    yield Tensor("y", 8, Local(s8_classify.forward, "y"), Local(s8_classify.backward, "dy"))


def _layer(call, back):
    """Where the output of a `mbconv.layer_forward` is, and its gradient."""
    return Local(mbconv.layer_forward, RETURNED, call), Local(mbconv.layer_backward, "dy", back)
