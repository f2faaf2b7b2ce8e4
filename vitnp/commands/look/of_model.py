"""The pictures that need no image: the model with its shapes, its filters, its positions."""

import numpy as np

from vitnp import models
from vitnp.analysis import look
from vitnp.backend.arrays import array_module, to_host
from vitnp.ops import positions as tables


def architecture(model, how):
    """The model as boxes and arrows."""
    from vitnp import show

    said = f"the model with its shapes: {models.count(model.p):,} parameters"
    return show.diagram(model.config, lang=how.lang), said


def filters(model, how):
    """The principal components of the embedding filters."""
    from vitnp import show

    W, config = model.p["project"]["W"], model.config
    components, shares = look.filter_components(W, patch_size=config.patch_size)
    shares = to_host(shares)
    said = f"{len(shares)} principal components of {config.hidden_size} filters, {shares.sum():.1%} of the variance"
    return show.filters(components, shares, lang=how.lang), said


def positions(model, how):
    """How alike the positions are."""
    from vitnp import show

    E_pos = first_table(model.p, model.config)
    near, far = neighbors(to_host(look.position_similarity(E_pos, grid=model.config.grid)))
    said = f"cosine of positions: {near:.2f} of neighbors, {far:.2f} of opposite corners"
    return show.position_similarity(E_pos, model.config, lang=how.lang), said


def first_table(p, config):
    """The position table (tokens, D) that step 4 or the first block adds."""
    like, of_step = p["norm"]["gamma"], p.get("position", {})
    like = array_module(like).broadcast_to(like, (1, config.num_tokens, config.hidden_size))
    how = {"kind": config.position_embedding, "grid": config.grid, "like": like}
    return tables.forward(of_step.get(0, of_step), **how)[0]


def neighbors(cosine):
    """The mean cosine of adjacent patches, and the cosine of the patches at opposite corners."""
    rows, cols = cosine.shape[:2]
    beside = [cosine[r, c, r, c + 1] for r in range(rows) for c in range(cols - 1)]
    beneath = [cosine[r, c, r + 1, c] for r in range(rows - 1) for c in range(cols)]
    return float(np.mean(beside + beneath)), float(cosine[0, 0, -1, -1])
