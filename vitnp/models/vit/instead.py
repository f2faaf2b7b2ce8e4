"""The tree of a ViT that learns something else than classes: another part in the place of "classify".

The part is a module's own: {"head": {"W", "b"}, …}, made by its `init(rng, config, outputs=…)`.
"""

import functools

from vitnp import tree
from vitnp.inputs.checks import check_config, check_parameters, parameter_of
from vitnp.models.vit import model as vit
from vitnp.models.vit.config import ViTConfig


def check_tree(p, config, name, init):
    """Raise InputError unless p is a ViT's tree with the part `name`, perhaps with "classify", which nobody reads.

    How many numbers are predicted, the head in p says.
    """
    check_config(config, ViTConfig)
    parameter_of(p)
    p = {part: leaves for part, leaves in p.items() if part != "classify"}
    head = dict(tree.leaves({name: p.get(name)})).get(f"{name}.head.b")
    check_parameters(p, _init_of(name, init, getattr(head, "size", 0) or 1), config)


@functools.cache
def _init_of(name, init, outputs):
    """`_init` for so many outputs, always the same object: `check_parameters` keeps the shapes that it makes."""
    return functools.partial(_init, name=name, init=init, outputs=outputs)


def _init(rng, config, *, name, init, outputs):
    p = vit.init(rng, config)
    del p["classify"]
    return p | {name: init(rng, config, outputs=outputs)}
