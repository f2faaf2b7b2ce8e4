"""Write `cupy_names.txt`: every public name of CuPy's that vitnp or its stand-in in the tests could use.

    pip install "cupy-cuda13x>=14.1,<15" && python tests/golden/make_cupy_names.py

`import cupy` needs no GPU. Where CuPy is installed, `test_names.py` asks CuPy itself and compares this file with it.
"""

from pathlib import Path

FILE = Path(__file__).parent / "cupy_names.txt"


def names():
    """{"concatenate", "random.Generator", "ndarray.astype", …} of the CuPy that is installed."""
    import cupy

    owners = (
        "ndarray",
        "random",
        "random.Generator",
        "random.Philox4x3210",
        "linalg",
        "lib",
        "lib.stride_tricks",
    )
    found = {name for name in dir(cupy) if not name.startswith("_")}
    found |= {*owners}  # CuPy makes some of its names when they are first asked for
    for owner in owners:
        thing = cupy
        for part in owner.split("."):
            thing = getattr(thing, part)
        found |= {f"{owner}.{name}" for name in dir(thing) if not name.startswith("_")}
    special = {name for name in dir(cupy.ndarray) if name.startswith("__")}
    special -= {"__buffer__", "__release_buffer__"}  # Python's own, from 3.12 on
    return found | {f"ndarray.{name}" for name in special}


if __name__ == "__main__":
    import cupy

    lines = [f"# dir() of CuPy {cupy.__version__}, by make_cupy_names.py", *sorted(names())]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
