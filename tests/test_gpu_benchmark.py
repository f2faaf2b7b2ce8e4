"""The parts of `benchmarks/gpu.py` that need no GPU: which CUDA a driver takes, a row of the table, and its refusal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import gpu

    return gpu


def test_the_extra_of_a_driver(gpu):
    assert gpu.extra("580.65.06") == gpu.extra("610.1") == "cuda13"
    assert gpu.extra("579.99") == gpu.extra("525.60.13") == "cuda12"
    with pytest.raises(ValueError, match=r"470\.1.*525 or newer"):
        gpu.extra("470.1")


def test_a_row(gpu):
    results = {"vitnp": ([2.0, 3.0, 4.0], 2.0**20), "torch": ([1.0, 2.0, 4.0], 2.0**21)}
    row = gpu.line("float32", results).split()
    assert row == "float32 1.500 vitnp 3000.00 ms 1 MiB torch 2000.00 ms 2 MiB".split()
    assert gpu.line("float32", {"vitnp": results["vitnp"]}).split()[:2] == ["float32", "—"]


def test_without_a_gpu_it_says_so(tmp_path):
    """Status 2 and one line, with an nvidia-smi that is not there and with one that has no CuPy beside it."""
    for smi in (None, "echo 580.65.06"):
        if smi:
            (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{smi}\n")
            (tmp_path / "nvidia-smi").chmod(0o755)
        env = os.environ | {"PATH": str(tmp_path), "CUDA_VISIBLE_DEVICES": "-1"}
        done = subprocess.run(
            [sys.executable, str(BENCHMARKS / "gpu.py")], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2, done.stderr
        assert done.stderr.endswith("nothing is measured\n")
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""
