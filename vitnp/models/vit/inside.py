"""The named tensors of a ViT, in the order of the forward pass: where each value and each gradient is.

Names are dotted, with the letters of the slides: `patches`, `z0`, `blocks.0.attention.S`. The backward pass makes
the gradients in the reverse order. Imports `steps`, `encoder`, `ops`.
"""

from vitnp.blocks import attention_pool, encoder
from vitnp.models.tensors import RETURNED, Local, Tensor
from vitnp.ops import heads, patch_mean, positions, registers, relative
from vitnp.steps import s1_patchify as s1
from vitnp.steps import s2_project as s2
from vitnp.steps import s3_class_token as s3
from vitnp.steps import s4_position as s4
from vitnp.steps import s5_attention as s5
from vitnp.steps import s6_layer_norm as s6
from vitnp.steps import s7_feed_forward as s7
from vitnp.steps import s8_classify as s8

EACH = "each"  # in place of an item: block i takes item i


def _class_token(config):
    return config.classifier == "token"


def _table(config):
    return config.stem_position in ("1d", "2d", "sincos")


def _tables(config):
    return config.position_at != "stem"


def _relative(config):
    return config.position_embedding == "relative"


def _pre_logits(config):
    return config.representation_size is not None


def _registers(config):
    return config.num_registers > 0


def _input_norm(config):
    return config.input_norm


def _pooled_norm(config):
    return config.pooled_norm


def _mean_of_patches(config):
    return config.classifier == "gap" and _registers(config) and not config.pooled_norm


def _attention_pool(config):
    return config.classifier == "map"


def _no_attention_pool(config):
    return not _attention_pool(config)


FIRST = (
    Tensor("image", 1, Local(s1.forward, "images"), Local(s1.backward, RETURNED)),
    Tensor("grid", 1, Local(s1.forward, "grid"), Local(s1.unpatchify, "small_images")),
    Tensor("patches", 1, Local(s2.forward, "patches"), Local(s2.backward, RETURNED)),
    Tensor("patch_tokens", 2, Local(s2.forward, RETURNED), Local(s2.backward, "dx")),
    Tensor("tokens", 3, Local(s3.forward, RETURNED), Local(s3.backward, "dz"), _class_token),
    Tensor("E_pos", 4, Local(s4.forward, "E_pos"), Local(positions.backward, "dE_pos"), _table),
    Tensor("z0", 4, Local(s4.forward, RETURNED), Local(s4.backward, "dy")),
    Tensor("registers", 4, Local(registers.forward, RETURNED), Local(registers.backward, "dz"), _registers),
    Tensor(
        "input_norm", 6, Local(s6.forward, RETURNED), Local(encoder.block_backward, RETURNED, -1), _input_norm
    ),
)
BLOCK = (
    Tensor(
        "E_pos",
        4,
        Local(encoder.forward, "E_pos", item=EACH),
        Local(encoder.positions_backward, "dE_pos", item=EACH),
        _tables,
    ),
    Tensor(
        "position", 4, Local(encoder.block_forward, "x"), Local(encoder.block_backward, RETURNED), _tables
    ),
    Tensor("norm_1", 6, Local(s6.forward, RETURNED, 0), Local(s5.backward, RETURNED)),
    Tensor("attention.Q", 5, Local(heads.split, "x", 0), Local(heads.merge, RETURNED, 0)),
    Tensor("attention.Q_heads", 5, Local(heads.split, RETURNED, 0), Local(heads.merge, "x", 0)),
    Tensor("attention.K", 5, Local(heads.split, "x", 1), Local(heads.merge, RETURNED, 1)),
    Tensor("attention.K_heads", 5, Local(heads.split, RETURNED, 1), Local(heads.merge, "x", 1)),
    Tensor("attention.V", 5, Local(heads.split, "x", 2), Local(heads.merge, RETURNED, 2)),
    Tensor("attention.V_heads", 5, Local(heads.split, RETURNED, 2), Local(heads.merge, "x", 2)),
    Tensor(
        "attention.E_rel",
        5,
        Local(relative.forward, "E_rel"),
        Local(s5.ways_back, "dp", item="E_rel"),
        _relative,
    ),
    Tensor("attention.S_rel", 5, Local(s5.attend, "S_rel"), Local(s5.attend_backward, "dS"), _relative),
    Tensor("attention.S", 5, Local(s5.attend, "S"), Local(s5.attend_backward, "dS")),
    Tensor("attention.A", 5, Local(s5.attention, "A"), Local(s5.attend_backward, "dA")),
    Tensor("attention.O", 5, Local(heads.merge, "x"), Local(heads.split, RETURNED)),
    Tensor("attention.concat", 5, Local(heads.merge, RETURNED), Local(heads.split, "x")),
    Tensor("attention.output", 5, Local(s5.attention, RETURNED), Local(s5.ways_back, "dy")),
    Tensor("residual_1", 6, Local(s6.forward, "x", 1), Local(s5.ways_back, "dy")),
    Tensor("norm_2", 6, Local(s6.forward, RETURNED, 1), Local(s7.backward, RETURNED)),
    Tensor("feed_forward.u", 7, Local(s7.forward, "u"), Local(s7.backward, "du")),
    Tensor("feed_forward.g", 7, Local(s7.forward, "g"), Local(s7.backward, "dg")),
    Tensor("feed_forward.output", 7, Local(s7.forward, RETURNED), Local(s7.backward, "dv")),
    Tensor("residual_2", 6, Local(encoder.block_forward, RETURNED), Local(encoder.block_backward, "dx")),
)
POOL, UNPOOL = (attention_pool.forward, 0), (attention_pool.backward, 0)
MEAN = Local(patch_mean.forward, RETURNED), Local(patch_mean.backward, "dy")
LAST = (
    Tensor("mean", 8, *MEAN, _pooled_norm),
    Tensor("norm", 6, Local(s6.forward, RETURNED, -1), Local(s6.backward, "dy"), _no_attention_pool),
    Tensor("mean", 8, *MEAN, _mean_of_patches),
    Tensor("norm", 6, Local(s6.forward, RETURNED, -2), Local(s6.backward, "dy", 1), _attention_pool),
    Tensor(
        "pool.A",
        8,
        Local(s5.attention, "A", inside=POOL),
        Local(s5.attend_backward, "dA", inside=UNPOOL),
        _attention_pool,
    ),
    Tensor(
        "pool.attention",
        8,
        Local(s5.attention, RETURNED, inside=POOL),
        Local(s5.ways_back, "dy", inside=UNPOOL),
        _attention_pool,
    ),
    Tensor(
        "pool.norm",
        8,
        Local(s6.forward, RETURNED, inside=POOL),
        Local(s7.backward, RETURNED, inside=UNPOOL),
        _attention_pool,
    ),
    Tensor(
        "pool",
        8,
        Local(attention_pool.forward, RETURNED),
        Local(attention_pool.backward, "dy"),
        _attention_pool,
    ),
    Tensor("y", 8, Local(s8.forward, "y"), Local(s8.backward, "dy")),
    Tensor("pre_logits", 8, Local(s8.forward, "r"), Local(s8.backward, "dr"), _pre_logits),
)


def tensors(config):
    """Yield every `Tensor` of such a model, block by block."""
    yield from _of(config, FIRST)
    for i in range(config.num_layers):
        for tensor in _of(config, BLOCK):
            value = _of_call(tensor.value, i, encoder.block_forward, i)
            gradient = _of_call(tensor.gradient, i, encoder.block_backward, config.num_layers - 1 - i)
            yield tensor._replace(name=f"blocks.{i}.{tensor.name}", value=value, gradient=gradient)
    yield from _of(config, LAST)


def _of(config, table):
    return [tensor for tensor in table if tensor.only(config)]


def _of_call(local, i, function, number):
    """Block i's own: item i, or what was called inside the block's call of `function`."""
    if local.item == EACH:
        return local._replace(item=i)
    return local._replace(inside=(function, number))
