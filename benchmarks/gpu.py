"""vitnp with CuPy against PyTorch eager on the same GPU, interleaved in one run; ratios first. `make gpu` runs it.

    python benchmarks/gpu.py                      B/16, 64 images: float32, TF32, float16; kernels a block
    python benchmarks/gpu.py --batch 16           a smaller GPU
    python benchmarks/gpu.py --extra              which extra of vitnp the driver here takes: cuda12 or cuda13

Each contender is a process of its own, as TF32 is set before the first matrix product, and waits while the other
runs. Every time is from an idle GPU to an idle GPU. Ends with status 2, in one line, where no GPU answers.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# (what is printed, dtype, TF32, work): the same for both contenders
ROWS = (
    ("float32, forward + backward", "float32", False, "backward"),
    ("TF32, forward + backward", "float32", True, "backward"),
    ("float32, forward", "float32", False, "forward"),
    ("float16, forward", "float16", False, "forward"),
)
DRIVERS = (("cuda13", 580), ("cuda12", 525))  # the first driver of each CUDA's, NVIDIA's compatibility table


def extra(driver):
    """The extra of vitnp for a driver such as "580.65.06"; ValueError, in one line, for one that is too old."""
    for name, first in DRIVERS:
        if int(driver.split(".")[0]) >= first:
            return name
    raise ValueError(f"the NVIDIA driver here is {driver}; CuPy 14 needs 525 or newer")


def driver():
    """The driver's version as nvidia-smi says it; ValueError where there is none."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        raise ValueError("no GPU here: nvidia-smi does not answer") from None


def start(name, args, dtype, tf32, work):
    """A worker's process, waiting; RuntimeError with the last line it said where it does not get so far."""
    options = ["--model", args.model, "--batch", str(args.batch), "--dtype", dtype, "--work", work]
    process = subprocess.Popen(
        [sys.executable, str(HERE / "gpu_workers.py"), name, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HERE.parent), "CUPY_TF32": str(int(tf32))},
    )
    if process.stdout.readline().strip() != "ready":
        said = process.communicate()[1].strip().splitlines()
        raise RuntimeError(f"{name} does not run: {said[-1] if said else 'it said nothing'}")
    return process


def ask(process, line):
    """A line to the worker, and the number it answers."""
    print(line, file=process.stdin, flush=True)
    return float(process.stdout.readline())


def measure(args, dtype, tf32, work):
    """{name: (times, bytes)}, the contenders taking turns; one that does not run is left out, and why is printed."""
    processes, results = {}, {}
    for name in ("vitnp", "torch"):
        try:
            processes[name] = start(name, args, dtype, tf32, work)
        except RuntimeError as problem:
            print(f"  left out: {problem}")
    times = {name: [] for name in processes}
    for _ in range(args.runs):
        for name, process in processes.items():
            times[name].append(ask(process, "go"))
    for name, process in processes.items():
        results[name] = times[name], ask(process, "quit")
        process.wait()
    return results


def line(title, results):
    """A row of the table: the ratio, then the medians and what each held."""
    ratio = "       —"
    if len(results) == 2:
        pairs = zip(results["vitnp"][0], results["torch"][0], strict=True)
        ratio = f"{statistics.median(a / b for a, b in pairs):8.3f}"
    cells = [
        f"{name} {statistics.median(times) * 1e3:9.2f} ms {held / 2**20:8.0f} MiB"
        for name, (times, held) in results.items()
    ]
    return f"{title:30}{ratio}   " + "   ".join(cells)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="B/16")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--extra", action="store_true", help="print cuda12 or cuda13, and nothing else")
    args = parser.parse_args()
    try:
        version = driver()
        name = extra(version)
    except ValueError as problem:
        print(f"benchmarks/gpu.py: {problem}; nothing is measured", file=sys.stderr)
        return 2
    if args.extra:
        print(name)
        return 0
    return table(args, version)


def table(args, version):
    """Print everything; 2 where CuPy cannot use the GPU."""
    sys.path.insert(0, str(HERE.parent))
    from vitnp.backend import arrays
    from vitnp.errors import InputError

    try:
        cupy = arrays.get("cupy")
    except InputError as problem:
        print(f"benchmarks/gpu.py: {problem}; nothing is measured", file=sys.stderr)
        return 2
    device = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    print(f"{device}, driver {version}, CuPy {cupy.__version__}")
    print(
        f"{args.model}, {args.batch} images, medians of {args.runs} runs; the ratio is vitnp ÷ PyTorch eager"
    )
    for title, dtype, tf32, work in ROWS:
        print(line(title, measure(args, dtype, tf32, work)), flush=True)
    counted = subprocess.run(
        [sys.executable, str(HERE / "gpu_workers.py"), "kernels", "--model", args.model],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
        check=False,
    )
    said = (counted.stdout or counted.stderr).strip().splitlines()
    number = said[-1] if said else "nothing was said"
    print(
        f"kernels a block, forward + backward: {number if counted.returncode == 0 else f'not counted ({number})'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
