"""Writes tests/golden/onnx_torchvision.* and onnx_timm_opset_11.*: exports of tiny random ViTs, and their logits.

.venv-parity/bin/python tests/parity/make_onnx.py
"""

import pathlib

import conftest  # noqa: F401  (declares what PyPI's torchvision lacks beside a CPU build)
import numpy as np
import onnx
import onnxruntime
import torch
from families import torchvision_vit
from onnx_exports import export
from test_parity_onnx import CASES, random

SMALL = {"image_size": 15, "patch_size": 5, "hidden_dim": 12, "num_heads": 3, "mlp_dim": 20}
GOLDEN = pathlib.Path(__file__).parents[1] / "golden"


def torchvision():
    """A smaller one than the tests compare: the file is kept."""
    return random(torchvision_vit(**SMALL)), (15, 15), "logits"


def main():
    timm = CASES["timm, LayerScale, no qkv bias"]
    for name, case, how in (
        ("onnx_torchvision", torchvision, {"dynamo": False, "opset": 17, "batch": "B"}),
        ("onnx_timm_opset_11", timm, {"dynamo": False, "opset": 11, "fused": False}),
    ):
        model, size, _ = case()
        path = GOLDEN / f"{name}.onnx"
        x = export(model, path, size, **how)
        proto = onnx.load(path)
        for node in proto.graph.node:  # half of the file otherwise
            node.ClearField("name")
            node.ClearField("doc_string")
            node.ClearField("metadata_props")
        path.write_bytes(proto.SerializeToString())
        session = onnxruntime.InferenceSession(path)
        logits = session.run(None, {"image": x.numpy()})[0]
        with torch.no_grad():
            assert np.allclose(logits, model(x).numpy(), atol=1e-5)
        np.savez(GOLDEN / f"{name}.expected.npz", image=x.numpy().transpose(0, 2, 3, 1), logits=logits)


if __name__ == "__main__":
    main()
