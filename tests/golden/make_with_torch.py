"""Makes interpolation.npz and torch_save.pth beside itself: run once, with PyTorch 2.13 on a CPU."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
SIZES = (((14, 14), (24, 24)), ((7, 7), (12, 12)), ((24, 24), (14, 14)), ((14, 14), (12, 20)))
METHODS = {
    "bicubic": {"align_corners": False},
    "bicubic-aligned": {"align_corners": True},
    "bicubic-antialias": {"align_corners": False, "antialias": True},
}


def interpolation():
    """torch.nn.functional.interpolate in its four ways, on random tables of one channel."""
    arrays = {}
    for grid, new_grid in SIZES:
        table = np.random.default_rng(0).standard_normal(grid)
        for method, options in METHODS.items():
            new = F.interpolate(torch.tensor(table)[None, None], size=new_grid, mode="bicubic", **options)
            arrays[f"{method} {grid[0]}x{grid[1]} {new_grid[0]}x{new_grid[1]}"] = new[0, 0].numpy()
        # As dinov2/models/vision_transformer.py: by a factor, 0.1 added to the new size.
        factors = tuple((new + 0.1) / old for new, old in zip(new_grid, grid, strict=True))
        new = F.interpolate(torch.tensor(table)[None, None], scale_factor=factors, mode="bicubic")
        arrays[f"bicubic-offset {grid[0]}x{grid[1]} {new_grid[0]}x{new_grid[1]}"] = new[0, 0].numpy()
    np.savez_compressed(HERE / "interpolation.npz", **arrays)


def torch_save():
    """Every kind of tensor that a state dict may hold, wrapped as training scripts do."""
    x = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 8
    tensors = {
        "float32": x,
        "transposed, same storage": x.T,
        "rows 1 and 2, same storage": x[1:],
        "float64": x.double(),
        "float16": x.half(),
        "bfloat16": x.bfloat16(),
        "int64": x.long(),
        "parameter": torch.nn.Parameter(x + 1),
        "expanded": x[0].expand(2, 4),
        "number": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
    }
    state_dict = OrderedDict(tensors)
    state_dict._metadata = OrderedDict({"": {"version": 1}})
    torch.save({"epoch": 3, "state_dict": state_dict, "optimizer": {"lr": 0.1}}, HERE / "torch_save.pth")


interpolation()
torch_save()
