"""PyTorch models exported to ONNX by either exporter."""

import contextlib
import io
import logging
import warnings

import torch


def export(model, path, size, *, dynamo, opset, batch=2, channels=3, folding=True, fused=True):
    """Write the model's graph; the images (B, C, Hᵢ, Wᵢ) it was traced with. batch "B": the graph takes any number.

    fused: timm's attention by PyTorch's one function, which exporters write out; else by its own products.
    """
    for module in model.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = fused
    x = torch.randn(batch if batch != "B" else 2, channels, *size, generator=torch.Generator().manual_seed(1))
    how = {"external_data": False} if dynamo else {"do_constant_folding": folding}
    if batch == "B":
        how |= (
            {"dynamic_shapes": ({0: torch.export.Dim("B")},)}
            if dynamo
            else {"dynamic_axes": {"image": {0: "B"}}}
        )
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        torch.onnx.export(
            model.eval(), (x,), str(path), input_names=["image"], opset_version=opset, dynamo=dynamo, **how
        )
        logging.disable(logging.NOTSET)
    return x
