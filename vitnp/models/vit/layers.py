"""The layers of a ViT, one by one: the patches as tokens, and the encoder's blocks."""

import functools

from vitnp.blocks import encoder
from vitnp.models.layers import Layer, only_dx
from vitnp.steps import s1_patchify, s2_project, s3_class_token


def layers(p, config):
    """Yield each `Layer`. The positions, which come from no pixel, are left out."""
    yield Layer("project", functools.partial(project_forward, p=p, config=config), project_backward)
    for i, block in p["blocks"].items():
        forward = functools.partial(encoder.block_forward, p=block, config=config)
        yield Layer(f"blocks.{i}", forward, only_dx(encoder.block_backward))


def project_forward(x, p, config):
    """Steps 1 to 3: images (B, Hᵢ, Wᵢ, C) → tokens (B, N, D), with a class token (B, N+1, D)."""
    x, patchify = s1_patchify.forward(x, patch_size=config.patch_size)
    x, project = s2_project.forward(x, p["project"])
    class_token = None
    if config.classifier == "token":
        x, class_token = s3_class_token.forward(x, p["class_token"])
    return x, (patchify, project, class_token)


def project_backward(dx, saved):
    """dx of the tokens → dx (B, Hᵢ, Wᵢ, C)."""
    patchify, project, class_token = saved
    if class_token is not None:
        dx, _ = s3_class_token.backward(dx, class_token)
    dx, _ = s2_project.backward(dx, project)
    return s1_patchify.backward(dx, patchify)
