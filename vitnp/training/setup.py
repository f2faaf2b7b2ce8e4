"""What a training is made of, from what is asked for."""

from vitnp import models, tree


def initial_parameters(rng, config, recipe):
    """What the model's init draws, position embeddings (E_pos, E_rel, …) `recipe.position_scale` times as large."""
    p = models.of(config).init(rng, config)
    for name, leaf in tree.leaves(p):
        if name.rpartition(".")[2].startswith("E_"):
            leaf *= recipe.position_scale
    return p
