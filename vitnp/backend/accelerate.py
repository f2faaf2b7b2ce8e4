"""Apple's Accelerate, a BLAS of macOS: its products warn of an overflow or a division where none was. Imports nothing.

It leaves the processor's floating-point flags set, and NumPy reads them after each product (numpy issue 24067). A true
overflow is not lost: whoever needs finite numbers looks at the numbers.
"""

import warnings

import numpy as np

MESSAGE = "(divide by zero|overflow|invalid value) encountered in (matmul|dot|vecdot|vecmat|matvec)"


def ignore_false_warnings():
    """Filter the warnings of matrix products, and no others, where NumPy's BLAS is Accelerate."""
    blas = np.show_config(mode="dicts")["Build Dependencies"].get("blas", {})
    if "accelerate" in blas.get("name", "").lower():
        warnings.filterwarnings("ignore", MESSAGE, RuntimeWarning)
