"""Every name that the library takes from the array's module is one that CuPy has, and so is all of the stand-in.

CuPy can be imported without a GPU; where it is not installed, the list of its names in `golden/cupy_names.txt` serves.
"""

import ast
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import strict

import vitnp
from vitnp.backend import erf
from vitnp.backend.tiles import in_float32
from vitnp.ops import gelu

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(Path(vitnp.__file__).parent.rglob("*.py"))
CUPY = importlib.util.find_spec("cupy") is not None


def committed():
    """The names in the file."""
    lines = (GOLDEN / "cupy_names.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if not line.startswith("#")}


def installed():
    """The names of the CuPy that is here."""
    sys.path.insert(0, str(GOLDEN))
    try:
        from make_cupy_names import names
    finally:
        sys.path.remove(str(GOLDEN))
    return names()


def used(text):
    """The dotted names taken from `xp` or from `array_module(…)`: {"exp", "random.Generator", …}."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        is_module = isinstance(node, ast.Name) and node.id == "xp"
        is_call = isinstance(node, ast.Call) and getattr(node.func, "id", None) == "array_module"
        if parts and (is_module or is_call):
            found |= {".".join(parts[::-1][: i + 1]) for i in range(len(parts))}
    return found - {"__name__"}


def test_every_name_used_is_cupys():
    have = installed() if CUPY else committed()
    wanted = {name: path.name for path in FILES for name in used(path.read_text("utf-8"))}
    assert {"exp", "concatenate", "random.Generator", "asnumpy"} <= wanted.keys()
    assert {name: file for name, file in wanted.items() if name not in have} == {}


def test_the_stand_in_has_nothing_that_cupy_lacks():
    have = installed() if CUPY else committed()
    functions = {*vars(strict.STRICT)} - {"__name__"}
    methods = {f"ndarray.{name}" for name in [*strict.ATTRIBUTES, *strict.METHODS]}
    operators = {f"ndarray.{name}" for name in vars(strict.Strict) if name.startswith("__")}
    ours = {"__array_namespace__", "__dict__", "__module__", "__weakref__", "__getattr__", "__firstlineno__"}
    operators -= {f"ndarray.{name}" for name in (*ours, "__static_attributes__")}
    generator = {f"random.Generator.{name}" for name in vars(strict.Generator) if not name.startswith("_")}
    assert (functions | methods | operators | generator) - have == set()


def test_a_name_that_cupy_lacks_would_be_found():
    text = "xp.exp(x); xp.block(x); array_module(x).random.Generator.normal(3); y.block()"
    assert used(text) - committed() == {"block", "random.Generator.normal"}


def test_the_committed_names_are_those_of_the_installed_cupy():
    cupy = pytest.importorskip("cupy")
    if cupy.__version__ not in (GOLDEN / "cupy_names.txt").read_text("utf-8"):
        pytest.skip(f"the list is of another version than CuPy {cupy.__version__}")
    assert installed() == committed()


def on_no_device(shape, dtype):
    """A cupy.ndarray of nothing: it has a shape and a dtype, which is all that fusing looks at."""
    import cupy

    memory = cupy.cuda.UnownedMemory(1 << 16, 1 << 20, None, 0)
    return cupy.ndarray(shape, dtype, cupy.cuda.MemoryPointer(memory, 0))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("formula", [gelu.gelu_tanh, gelu.both_tanh, gelu.gelu_erf, gelu.both_erf])
def test_cupy_makes_one_kernel_of_a_fused_formula(formula, dtype):
    """CuPy follows the formula to one kernel of the same dtype, whose code then waits for a GPU to be compiled."""
    pytest.importorskip("cupy")
    from cupy._core import _fusion_thread_local, fusion

    arrays = [on_no_device((4, 5), dtype)] * (2 if "both" in formula.__name__ else 1)
    history = fusion._FusionHistory()
    _fusion_thread_local.thread_local.history = history
    _fusion_thread_local.thread_local.is_old_fusing = True
    try:
        if dtype == "complex128" and "erf" in formula.__name__:
            assert not erf.has_complex_erf(sys.modules["cupy"])
            with pytest.raises(TypeError, match="erf"):
                history.get_fusion(in_float32(formula.__wrapped__), arrays, "formula")
            return
        kernel, _ = history.get_fusion(in_float32(formula.__wrapped__), arrays, "formula")
    finally:
        _fusion_thread_local.thread_local.history = None
        _fusion_thread_local.thread_local.is_old_fusing = False
    assert [p.dtype for p in kernel.in_params] == [np.dtype(dtype)] * len(arrays)
    assert [p.dtype for p in kernel.out_params] == [np.dtype(dtype)] * len(arrays)
    # Of two plain numbers CuPy computes the sum or product in float16: such must be done before, by Python.
    assert dtype == "float16" or "float16" not in kernel.operation
