"""Agreement with PyTorch's own ViTs. `make parity` installs them and runs this folder, where nothing may skip.

Without PyTorch (`make test`) the folder is not collected; the golden files of `tests/golden` stand for it there.
"""

import importlib.util
import os

if importlib.util.find_spec("torch") is None:
    collect_ignore_glob = ["*.py"]
else:
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import torch

    # PyPI's torchvision wants a PyTorch with CUDA for its compiled operators. Its ViT uses none of them, and
    # with these two declared the rest of the package can be imported beside a CPU build.
    for operator in ("nms", "qnms"):
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou) -> Tensor")
    torch.set_num_threads(1)

    def pytest_terminal_summary(terminalreporter):
        """The largest errors, for docs/weights.md."""
        from families import WORST

        for what, error in WORST.items():
            terminalreporter.write_line(f"largest relative error of {what}: {error:.1e}")
