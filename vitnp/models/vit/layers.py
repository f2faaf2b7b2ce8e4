"""The layers of a ViT, one by one: the patches as tokens with their positions, and the encoder's blocks."""

import functools

from vitnp.blocks import encoder
from vitnp.models import parts
from vitnp.models.layers import Layer, only_dx
from vitnp.models.vit import model
from vitnp.steps import s1_patchify, s2_project


def layers(p, config):
    """Yield each `Layer`. The positions are added, but come from no pixel: they have no layer of their own."""
    yield Layer("project", functools.partial(project_forward, p=p, config=config), project_backward)
    for i in p["blocks"]:
        forward = functools.partial(block_forward, p=p, config=config, i=i)
        yield Layer(f"blocks.{i}", forward, only_dx(encoder.block_backward))


def project_forward(x, p, config):
    """Steps 1 to 4: images (B, Hᵢ, Wᵢ, C) → tokens (B, N, D), with a class token (B, N+1, D)."""
    x, patchify = s1_patchify.forward(x, patch_size=config.patch_size)
    x, project = s2_project.forward(x, p["project"])
    x, placed = model.placed(x, p, config)
    return x, (patchify, project, placed)


def project_backward(dx, saved):
    """dx of the tokens → dx (B, Hᵢ, Wᵢ, C)."""
    patchify, project, placed = saved
    dx, _ = parts.together(functools.partial(model.placed_backward_parts, of_layers={}), dx, placed)
    dx, _ = s2_project.backward(dx, project)
    return s1_patchify.backward(dx, patchify)


def block_forward(x, p, config, i):
    """Block i, with a position table added at its beginning where it has one. Its backward is the block's."""
    E_pos, _ = encoder.positions_forward(p.get("position", {}), config=config, like=x)
    x = x if E_pos is None else x + E_pos[i]
    return encoder.block_forward(x, p["blocks"][i], config=config)
