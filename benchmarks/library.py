"""The libraries that are measured: version, threads and kernels, to be printed beside every figure."""

import os

CORES = os.cpu_count()  # threads of every library


def about(contender):
    """The library that a contender of `contenders.py` is."""
    if contender.startswith("torch"):
        import torch

        capability = torch.backends.cpu.get_cpu_capability()
        return f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {capability}"
    if contender == "jax":
        import jax

        return f"JAX {jax.__version__}, jit, {jax.devices()[0].platform}"
    if contender == "onnxruntime":
        import onnxruntime

        return f"ONNX Runtime {onnxruntime.__version__}, {CORES} threads, {onnxruntime.get_device()}"
    return numpy()


def numpy():
    """NumPy with the kernels that its BLAS picked, and the instructions its own loops use."""
    import numpy as np
    import threadpoolctl

    found = [i for i in threadpoolctl.threadpool_info() if i["user_api"] == "blas"]
    kernels = "; ".join(
        f"{i['internal_api']} {i['version']}, {i['architecture']} kernels, {i['num_threads']} threads"
        for i in {i["filepath"]: i for i in found if "numpy" in i["filepath"]}.values()
    )
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    features = " ".join(simd.get("baseline", []) + simd.get("found", []))
    return f"NumPy {np.__version__}, SIMD {features or 'unknown'}, {kernels or 'BLAS unknown'}"
