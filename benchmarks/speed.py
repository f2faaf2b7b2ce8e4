"""vitnp against PyTorch, JAX and the bare matrix products, interleaved in one run; ratios first.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE python benchmarks/speed.py B/16:8:backward cifar:50:step

A case is MODEL:BATCH:WORK, with WORK forward, backward (forward and backward) or step (with AdamW). Each contender
has a process of its own that waits while another runs; the medians of `--runs` rounds after a warm-up are printed.
The contenders need `pip install torch==2.13.0 jax`; one that is not installed is left out.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

CONTENDERS = ("vitnp", "torch", "torch_compile", "jax", "limit")


class Contender:
    """A process that runs one contender's case when told."""

    def __init__(self, name, case):
        here = Path(__file__).parent
        self.process = subprocess.Popen(
            [sys.executable, str(here / "contenders.py"), name, case],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(here.parent)},
        )
        self.times, self.name = [], name
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{name} does not run here")

    def run(self):
        """One timed run."""
        print("go", file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def close(self):
        """Peak memory above the loaded parameters, in bytes."""
        print("quit", file=self.process.stdin, flush=True)
        peak = int(self.process.stdout.readline())
        self.process.wait()
        return peak


def measure(case, names, runs):
    """{name: (times, peak bytes)} with the contenders taking turns."""
    contenders = []
    for name in names:
        try:
            contenders.append(Contender(name, case))
        except (RuntimeError, ValueError) as problem:
            print(f"  left out: {problem}")
    for c in contenders:
        c.run()
        c.run()
    for _ in range(runs):
        for c in contenders:
            c.times.append(c.run())
    return {c.name: (c.times, c.close()) for c in contenders}


def report(case, results):
    """A block of the table: the ratios pair by pair, then the times and peaks."""
    own = results["vitnp"][0]
    print(f"\n{case}")
    for name, (times, peak) in results.items():
        ratio = statistics.median(a / b for a, b in zip(own, times, strict=True))
        print(
            f"  vitnp ÷ {name:14}{ratio:7.3f}   median {statistics.median(times) * 1e3:9.2f} ms   "
            f"min {min(times) * 1e3:9.2f} ms   peak {peak / 1e6:8.0f} MB",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--against", default=",".join(CONTENDERS[1:]), help="contenders, separated by commas")
    args = parser.parse_args()
    kernels()
    for case in args.cases:
        report(case, measure(case, ["vitnp", *args.against.split(",")], args.runs))


def kernels():
    """Print which BLAS kernels NumPy uses here."""
    import numpy as np
    import threadpoolctl

    info = [i for i in threadpoolctl.threadpool_info() if i["user_api"] == "blas"]
    print(
        f"numpy {np.__version__}; "
        + "; ".join(
            f"{i['internal_api']} {i['version']} {i['architecture']} kernels, {i['num_threads']} threads"
            for i in info
        )
    )


if __name__ == "__main__":
    main()
