"""NumPy or CuPy: the only file that says cupy. Imports only `errors` and `tree`.

The array decides: `xp = array_module(x)` inside the maths, so both backends live in one process.
Moving between host and device happens at the border, with `to_device` and `to_host`, never in a step.
"""

import functools
import math
import sys

import numpy as np

from vitnp import tree
from vitnp.errors import InputError


def array_module(x):
    """The module whose functions take `x`: numpy, cupy, or whatever array type `x` names as its own."""
    if isinstance(x, np.ndarray | np.generic):
        return np
    if type(x).__module__.partition(".")[0] == "cupy":
        import cupy

        return cupy
    return x.__array_namespace__()


def on_host(x):
    """Whether x is a NumPy array: a look at its values then waits for no device."""
    return array_module(x) is np


def erf_sqrt2(x, x2):
    """erf(x/√2) = √(2/π) ∫₀ˣ exp(−t²/2) dt, element by element, in the dtype of x; given x² too.

    In float32 on NumPy it is `erf_float32`: SciPy's takes as long there as a layer's matrix products.
    """
    if array_module(x).__name__ == "cupy":
        import cupyx.scipy.special

        return cupyx.scipy.special.erf(x * SQRT_HALF)
    if x.dtype == np.float32:
        return erf_float32(x, x2)
    import scipy.special  # here: who uses the tanh form needs no SciPy

    return scipy.special.erf(x * SQRT_HALF)


SQRT_HALF = math.sqrt(0.5)

# c, b₀, a₁, b₁, a₂, b₂ of atanh(erf(x/√2))/x as a continued fraction in z = x², c·(z + b₀ + a₁/(z + b₁ + a₂/(z + b₂))):
# the fit that makes the largest error of erf_float32 on |x| ≤ 5.8 smallest, by benchmarks/fit_erf.py. Beyond, erf is 1
# to float32's last bit, and so is the tanh from 5.86 on: the fraction only grows there, at last to infinity.
ERF_COEFFICIENTS = (0.018137764, 65.24125, -147.0595, -23.586313, 1382.1007, 45.305206)


def erf_float32(x, x2):
    """erf(x/√2) as the tanh of x times a continued fraction in x², at most 3e-7 from it in float32."""
    c, b0, a1, b1, a2, b2 = ERF_COEFFICIENTS
    with np.errstate(over="ignore"):
        R = x2 + b2
        for a, b in ((a2, b1), (a1, b0)):  # in place: a third of the time
            np.divide(a, R, out=R)
            R += x2
            R += b
        R *= c
        R *= x
    return np.tanh(R, out=R)


def get(name="auto"):
    """The array module called "numpy" or "cupy"; "auto" is CuPy where a GPU answers, else NumPy, and says so once.

    Raises InputError for another name, or for "cupy" where no GPU can be used.
    """
    if name not in ("auto", "numpy", "cupy"):
        raise InputError(f'backend "{name}" is unknown; choose auto, numpy or cupy')
    if name == "numpy":
        return np
    try:
        import cupy

        cupy.zeros(1)  # one real allocation: an importable cupy without a driver fails here
        return cupy
    except Exception as problem:  # CuPy fails in many ways without a GPU, several of them its own types
        if name == "auto":
            say_once(f"vitnp: NumPy, as there is no GPU that CuPy can use here ({problem})")
            return np
        raise InputError(
            f"backend cupy cannot be used here ({problem}); install vitnp[cuda12] or vitnp[cuda13] "
            "on a machine with an NVIDIA GPU, or use --backend numpy"
        ) from None


@functools.cache
def say_once(line):
    """Print a line on stderr, the first time that it is said."""
    print(line, file=sys.stderr)


class DeviceDraws:
    """Random numbers drawn in the memory of `xp`, which is not NumPy: the same seeds, the same numbers.

    Every draw has a Philox generator of its own, whose state costs next to nothing; so a copy of this object, as
    `encoder` makes it to run a block again, draws the same once more.
    """

    def __init__(self, xp, *seeds, draws=0):
        self.xp, self.seeds, self.draws = xp, [int(seed) for seed in seeds], draws

    def random(self, shape, dtype):
        """Uniform in 0…1."""
        self.draws += 1
        xp = self.xp
        generator = xp.random.Generator(xp.random.Philox4x3210([*self.seeds, self.draws]))
        return generator.random(shape, dtype)

    def __deepcopy__(self, memo):
        return DeviceDraws(self.xp, *self.seeds, draws=self.draws)


def has_complex_erf(xp):
    """Whether `erf` takes complex numbers there, as the complex step needs: SciPy's does, CuPy's does not."""
    return xp is np


def to_device(arrays, xp):
    """The same tree, or the one array, in the memory of `xp`."""
    return to_host(arrays) if xp is np else tree.map(xp.asarray, arrays)


def to_host(arrays):
    """The same tree with every array a NumPy array."""
    return tree.map(lambda a: a if isinstance(a, np.ndarray) else array_module(a).asnumpy(a), arrays)


def device_group(rank, size, place):
    """This process's GPU, number `place` of its machine, joined by NCCL with those of the other ranks of MPI.

    Raises InputError where a rank would have no GPU of its own, or NCCL is missing.
    """
    cupy = get("cupy")
    gpus = cupy.cuda.runtime.getDeviceCount()
    if place >= gpus:
        raise InputError(
            f"rank {rank} would be process {place + 1} on a machine with {gpus} GPUs; start one rank a GPU"
        )
    import cupyx.distributed

    cupy.cuda.Device(place).use()
    try:
        return cupyx.distributed.init_process_group(size, rank, use_mpi=True)
    except RuntimeError as problem:
        raise InputError(
            f"the GPUs cannot be joined ({problem}); pip install nvidia-nccl-cu12 or nvidia-nccl-cu13"
        ) from None


# A NumPy expression such as x * x * x writes every intermediate to memory, which for the arrays of a ViT costs
# several times the arithmetic. A block of BLOCK values (512 KiB in float32) stays in an L2 cache of 1 MiB, and its
# intermediates in memory that was in use a moment ago. On CuPy nothing is cut; there `fuse` makes one kernel.
BLOCK = 131_072


def each_block(f, *arrays, **same):
    """Call f on the same few values of every array at a time, as flat views: for formulas that write in place."""
    # An array that is not contiguous has no flat view: reshape would copy it, and what f writes would be lost.
    if array_module(arrays[0]) is not np or not all(a.flags.c_contiguous for a in arrays):
        f(*arrays, **same)
        return
    flat = [a.reshape(-1) for a in arrays]
    for start in range(0, flat[0].size, BLOCK):
        f(*(a[start : start + BLOCK] for a in flat), **same)


def fuse(f):
    """An element-wise formula, written as on the slide: in blocks on NumPy, one kernel on CuPy.

    f takes arrays of one shape and returns an array of that shape, or a tuple of them.
    """
    kernel = None

    @functools.wraps(f)
    def fused(*arrays):
        nonlocal kernel
        x = arrays[0]
        if array_module(x) is not np:
            if array_module(x).__name__ == "cupy":
                kernel = kernel or array_module(x).fuse(f)
                return kernel(*arrays)
            return f(*arrays)
        if x.ndim and x.size <= BLOCK:  # a lone number becomes an array of one: f may write in place
            return f(*arrays)
        flat = [a.reshape(-1) for a in arrays]
        results = None
        for start in range(0, x.size, BLOCK):
            part = f(*(a[start : start + BLOCK] for a in flat))
            parts = part if isinstance(part, tuple) else (part,)
            results = results or [np.empty(x.size, a.dtype) for a in parts]
            for result, values in zip(results, parts, strict=True):
                result[start : start + BLOCK] = values
        results = tuple(result.reshape(x.shape) for result in results)
        return results if isinstance(part, tuple) else results[0]

    return fused


def blocked(f):
    """A function that treats every row of the two leading axes (image, then token or head) on its own: a few rows at
    a time on NumPy. f returns a tuple of arrays; one it takes may be None; keyword arguments go to every call.

    `row_size` is how many values f's widest intermediate has in a row, by default those of its widest array.
    """

    @functools.wraps(f)
    def in_blocks(*arrays, row_size=0, **same):
        first = arrays[0]
        B, J = first.shape[:2]
        size = row_size or max(a.size for a in arrays if a is not None) // (B * J)
        if B * J * size <= BLOCK or array_module(first) is not np:
            return f(*arrays, **same)
        results = None
        for rows in row_blocks(B, J, BLOCK // size):
            parts = f(*(None if a is None else a[rows] for a in arrays), **same)
            results = results or tuple(np.empty((B, J, *a.shape[2:]), a.dtype) for a in parts)
            for result, values in zip(results, parts, strict=True):
                result[rows] = values
        return results

    return in_blocks


def row_blocks(B, J, rows):
    """Index pairs that cover (B, J), each of at most `rows` rows, and of at least one."""
    if rows >= J:
        return [(slice(i, i + rows // J), slice(None)) for i in range(0, B, rows // J)]
    step = max(rows, 1)
    return [(slice(i, i + 1), slice(j, j + step)) for i in range(B) for j in range(0, J, step)]
