"""Write the golden files of timm's EfficientNet into tests/golden, where no PyTorch is needed.

Run once, in the environment of `make parity`: python tests/parity/make_golden_efficientnet.py. Weights and running
statistics are random, float32; what is expected was computed in float64 and is kept in float32.
"""

import pathlib

import conftest  # noqa: F401  (declares what torchvision lacks beside a CPU build)
import numpy as np
import safetensors.torch
import torch
from efficientnets import build, random
from families import as_torch

PATH = pathlib.Path(__file__).parent.parent / "golden" / "timm_efficientnet_small"
STAGES = ("ds_r1_k3_s1_e1_c4_se0.25", "ir_r2_k3_s2_e2_c8_se0.25", "ir_r1_k5_s1_e2_c12_se0.25")


def passes(model, images, labels, mode):
    """{mode/what: array} of one forward and backward in a mode."""
    x = as_torch(images, torch.float64).requires_grad_()
    model.zero_grad()
    logits = model(x)
    loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels))
    loss.backward()
    found = {"logits": logits.detach().numpy(), "loss": np.float64(loss.item())}
    found["images_grad"] = x.grad.numpy().transpose(0, 2, 3, 1)
    found |= {f"grad/{name}": parameter.grad.numpy() for name, parameter in model.named_parameters()}
    return {f"{mode}/{name}": np.float32(value) for name, value in found.items()}


model = random(build(STAGES, 4, 12), torch.float32)
safetensors.torch.save_file(model.state_dict(), f"{PATH}.weights.safetensors")
model = model.double()
rng = np.random.default_rng(1)
images, labels = rng.standard_normal((3, 13, 18, 3), "f4"), np.array([4, 0, 2])
expected = {"images": images, "labels": labels} | passes(model.eval(), images, labels, "evaluation")
expected |= passes(model.train(), images, labels, "training")
after = {name: a.numpy() for name, a in model.named_buffers() if a.ndim}
expected |= {f"after/{name}": np.float32(a) for name, a in after.items()}
np.savez_compressed(f"{PATH}.expected.npz", **expected)
