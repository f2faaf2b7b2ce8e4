"""What GELU by erf costs beside tanh: steps in turns in one process, as a small model's takes a few milliseconds.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE python benchmarks/erf_cost.py

Prints the median of each and of the quotients round by round, and NumPy's kernels.
"""

import argparse
import statistics
import sys
import time

import library
from contenders import vitnp
from turns import refusal
from workloads import at_least, case, check, title, with_erf


def seconds(step):
    """How long a call takes."""
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "cases", nargs="*", default=["digits:32:step", "cifar:50:step"], metavar="MODEL:BATCH:WORK"
    )
    parser.add_argument("--rounds", type=at_least(2), default=200, metavar="N")
    args = parser.parse_args(arguments)
    if problem := refusal():
        sys.exit(problem)
    check(parser, args.cases)
    check(parser, map(with_erf, args.cases))
    print(library.numpy())
    for name in args.cases:
        tanh, erf = (vitnp(case(twin)) for twin in (name, with_erf(name)))
        rounds = [(seconds(tanh), seconds(erf)) for _ in range(args.rounds + 2)][2:]  # without the warm-up
        times = [1e3 * statistics.median(column) for column in zip(*rounds, strict=True)]
        quotients = statistics.quantiles([b / a for a, b in rounds])
        print(
            f"{title(name)}: tanh {times[0]:.2f} ms, erf {times[1]:.2f} ms; erf ÷ tanh, median (quartiles) of "
            f"{args.rounds} rounds: {quotients[1]:.3f} ({quotients[0]:.3f}–{quotients[2]:.3f})"
        )


if __name__ == "__main__":
    main()
