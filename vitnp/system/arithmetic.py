"""What decides the last bits of a float: which kernels compute. Imports `blas`."""

import numpy as np

from vitnp.system import blas


def kernels():
    """{what: version, kernels} of NumPy and its BLAS: where they are equal, the same work gives the same bits."""
    libraries = [found for found in blas.controller().info() if found["user_api"] == "blas"]
    of_numpy = [
        found for found in libraries if "numpy" in found["filepath"]
    ] or libraries  # SciPy has one too
    found = {"numpy": f"{np.__version__} {' '.join(simd())}"}
    for library in of_numpy[:1]:
        found["blas"] = f"{library['internal_api']} {library['version']} {library.get('architecture', '')}"
    return found


def simd():
    """The instruction sets that NumPy found here and has kernels for."""
    return np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
