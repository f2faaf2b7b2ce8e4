"""Position tables at another image size: each library's own resizing, and PyTorch's interpolate."""

import numpy as np
import pytest
import scipy.ndimage
import timm.layers
import torch
import torchvision.models.vision_transformer
from families import Case, as_torch, huggingface_vit, logits, timm_vit, torchvision_vit, write

from vitnp import vit, weights
from vitnp.ops import interpolate

GRIDS = [((14, 14), (24, 24)), ((7, 7), (12, 12)), ((24, 24), (14, 14)), ((14, 14), (12, 20))]
BOTH_WAYS = [*GRIDS, ((12, 20), (14, 14)), ((3, 5), (5, 3)), ((1, 4), (2, 2)), ((2, 2), (1, 4))]
TORCH = {
    "bicubic": {"align_corners": False},
    "bicubic-aligned": {"align_corners": True},
    "bicubic-antialias": {"align_corners": False, "antialias": True},
}


def table(grid, cls=1):
    """A random E_pos (N+1, 6)."""
    return np.random.default_rng(0).standard_normal((grid[0] * grid[1] + cls, 6))


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
@pytest.mark.parametrize("cls", [0, 1])
@pytest.mark.parametrize("method", TORCH)
def test_pytorchs_interpolate_and_its_gradient(method, old, new, cls):
    E_pos, dy = table(old, cls), table(new, cls)
    grid = torch.from_numpy(E_pos[cls:].reshape(1, *old, 6)).permute(0, 3, 1, 2).requires_grad_()
    theirs = torch.nn.functional.interpolate(grid, size=new, mode="bicubic", **TORCH[method])
    theirs.backward(torch.from_numpy(dy[cls:].reshape(1, *new, 6)).permute(0, 3, 1, 2))
    ours, saved = interpolate.forward(E_pos, grid=old, new_grid=new, method=method)
    dours = interpolate.backward(dy, saved)
    for mine, its in ((ours, theirs.detach()), (dours, grid.grad)):
        np.testing.assert_allclose(mine[cls:], its.permute(0, 2, 3, 1).reshape(-1, 6), rtol=0, atol=1e-12)
    assert np.array_equal(ours[:cls], E_pos[:cls])
    assert np.array_equal(dours[:cls], dy[:cls])


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_the_scale_factor_of_dinov2(old, new):
    """dinov2/models/vision_transformer.py adds 0.1 to the new size and gives the quotient as a scale_factor."""
    factors = tuple((size + 0.1) / before for size, before in zip(new, old, strict=True))
    grid = torch.from_numpy(table(old)[1:].reshape(1, *old, 6)).permute(0, 3, 1, 2)
    theirs = torch.nn.functional.interpolate(grid, scale_factor=factors, mode="bicubic")
    ours, _ = interpolate.forward(table(old), grid=old, new_grid=new, method="bicubic-offset")
    np.testing.assert_allclose(ours[1:], theirs.permute(0, 2, 3, 1).reshape(-1, 6), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("old", "new"), GRIDS)
def test_scipys_zoom(old, new):
    E_pos = table(old)
    zoom = (new[0] / old[0], new[1] / old[1], 1)
    theirs = scipy.ndimage.zoom(E_pos[1:].reshape(*old, 6), zoom, order=1).reshape(-1, 6)
    ours, _ = interpolate.forward(E_pos, grid=old, new_grid=new, method="bilinear-aligned")
    np.testing.assert_allclose(ours[1:], theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_timms_own_function(old, new):
    theirs = timm.layers.resample_abs_pos_embed(torch.from_numpy(table(old))[None], new, old)
    ours, _ = interpolate.forward(table(old), grid=old, new_grid=new, method="bicubic-antialias")
    np.testing.assert_allclose(ours, theirs[0], rtol=0, atol=1e-5)  # it computes in float32


RESIZED = [
    (
        Case("timm", "timm", timm_vit(img_size=56, patch_size=14), {"num_heads": 3}),
        (42, 70),
        timm_vit(img_size=(42, 70), patch_size=14),
    ),
    (
        Case(
            "timm, gap",
            "timm",
            timm_vit(img_size=24, patch_size=4, class_token=False, global_pool="avg", fc_norm=False),
            {"num_heads": 3},
        ),
        (16, 40),
        timm_vit(img_size=(16, 40), patch_size=4, class_token=False, global_pool="avg", fc_norm=False),
    ),
    (
        Case("huggingface", "huggingface", huggingface_vit(image_size=32, patch_size=8), {}),
        (24, 56),
        None,
    ),
    (
        Case("torchvision", "torchvision", torchvision_vit(image_size=32, patch_size=8), {"num_heads": 3}),
        (48, 48),
        torchvision_vit(image_size=48, patch_size=8),
    ),
    (
        Case(
            "torchvision, smaller",
            "torchvision",
            torchvision_vit(image_size=56, patch_size=8),
            {"num_heads": 3},
        ),
        (24, 24),
        torchvision_vit(image_size=24, patch_size=8),
    ),
]


@pytest.mark.parametrize(
    ("case", "image_size", "build"), RESIZED, ids=lambda value: getattr(value, "name", "")
)
def test_a_whole_model_at_another_image_size(tmp_path, case, image_size, build):
    model = case.model(torch.float32)
    path = tmp_path / case.files[0]
    write(case, model, path)
    p, config = weights.load(path, **case.overrides | {"image_size": image_size})
    assert config.image_size == image_size
    images = np.random.default_rng(0).standard_normal((2, *image_size, 3)).astype(np.float32)
    x = as_torch(images, torch.float32)
    if case.format == "huggingface":
        theirs = model(x, interpolate_pos_encoding=True).logits
    else:
        resized = build().eval()
        state = model.state_dict()
        if case.format == "timm":
            state = timm.models.vision_transformer.checkpoint_filter_fn(state, resized)
        else:
            interpolate_embeddings = torchvision.models.vision_transformer.interpolate_embeddings
            state = interpolate_embeddings(image_size[0], config.patch_size, state)
        resized.load_state_dict(state, strict=True)
        theirs = logits(resized, x)
    ours = vit.forward(images, p, config)[0]
    np.testing.assert_allclose(ours, theirs.detach(), rtol=0, atol=1e-5 * theirs.abs().max().item())
