"""Where one run's time goes, function by function, beside what its matrix products alone would take.

    python benchmarks/profile_ops.py B/16:8:backward [--workers 1] [--runs 3] [--by place] [--rows 30]

Times are CPU time of the working threads (with one worker, BLAS too has one thread), medians over the runs. A function
has its own time, without what the functions of vitnp that it calls take. "bare" is the time of the same matrix products
with nothing around them, "rest" what is left: the part that better code could save.
(Not profile.py: a script's folder comes first on the import path, and cProfile imports a module of that name.)
"""

import argparse
import collections
import contextlib
import functools
import importlib
import inspect
import os
import pkgutil
import statistics
import sys
import threading
import time
from unittest import mock

os.environ |= {"OPENBLAS_NUM_THREADS": "1"}  # before NumPy is loaded
import contenders
import library
import numpy as np
from workloads import at_least, case, check

import vitnp
from vitnp.analysis import cost

ROOMS = ("ops", "steps", "blocks", "models", "engine", "training", "inputs")
local = threading.local()


def place(names):
    """The last function with the one that called it, `s7_feed_forward.forward > linear.affine`."""
    return " > ".join(names[-2:])


def modules():
    """Every module of vitnp in a room that a step passes through."""
    for found in pkgutil.walk_packages(vitnp.__path__, "vitnp."):
        if found.name.split(".")[1] in ROOMS:
            yield importlib.import_module(found.name)


@contextlib.contextmanager
def wrapped(wrap):
    """Every function of these modules replaced by wrap(name, function), wherever a module has it under a name."""
    own = {m.__name__ for m in modules()}
    holders = [m for name, m in sys.modules.items() if name == "vitnp" or name.startswith("vitnp.")]
    with contextlib.ExitStack() as stack:
        for holder in holders:
            for key, f in list(vars(holder).items()):
                if inspect.isfunction(f) and f.__module__ in own and not inspect.isgeneratorfunction(f):
                    name = f"{f.__module__.rpartition('.')[2]}.{f.__name__}"
                    stack.enter_context(mock.patch.object(holder, key, wrap(name, f)))
        yield


class Clock:
    """Own CPU time and calls of every place in the stack of calls."""

    def __init__(self):
        self.seconds, self.calls, self.lock = collections.Counter(), collections.Counter(), threading.Lock()

    def wrap(self, name, f):
        @functools.wraps(f)
        def timed(*args, **options):
            outer, local.names = getattr(local, "names", ()), (*getattr(local, "names", ()), name)
            before, local.inside = getattr(local, "inside", 0.0), 0.0
            start = time.thread_time()
            try:
                return f(*args, **options)
            finally:
                spent = time.thread_time() - start
                with self.lock:
                    self.seconds[local.names] += spent - local.inside
                    self.calls[local.names] += 1
                local.names, local.inside = outer, before + spent

        return timed


class Watched(np.ndarray):
    """An array that notes the shapes and layouts of the matrix products it takes part in."""

    products, lock = collections.Counter(), threading.Lock()

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        plain = [a.view(np.ndarray) if isinstance(a, Watched) else a for a in inputs]
        if ufunc is np.matmul and all(a.ndim > 1 for a in plain):
            with self.lock:
                self.products[getattr(local, "names", ()), *(layout(a) for a in plain)] += 1
        if out is not None:
            options["out"] = tuple(a.view(np.ndarray) if isinstance(a, Watched) else a for a in out)
        result = getattr(ufunc, method)(*plain, **options)
        if out is not None:
            return out[0] if len(out) == 1 else out
        return result.view(Watched) if isinstance(result, np.ndarray) else result


def layout(a):
    """(shape, axes from the outermost in memory to the innermost, dtype): enough to make an array like it."""
    order = sorted(range(a.ndim), key=lambda axis: -abs(a.strides[axis]))
    return a.shape, tuple(order), a.dtype.str


def like(layout):
    """An array of that layout."""
    shape, order, dtype = layout
    return np.ones([shape[i] for i in order], dtype).transpose(np.argsort(order))


def products_of(work):
    """Counter of (names of the functions, left operand, right operand) over one run of `work`."""
    Watched.products.clear()

    def remember(name, f):
        @functools.wraps(f)
        def known(*args, **options):
            outer, local.names = getattr(local, "names", ()), (*getattr(local, "names", ()), name)
            try:
                return f(*args, **options)
            finally:
                local.names = outer

        return known

    makers = ("empty", "zeros", "ones", "empty_like", "zeros_like", "asarray", "concatenate")
    with wrapped(remember), contextlib.ExitStack() as stack:
        for name in makers:  # so that what is made on the way is watched as well
            make = getattr(np, name)
            stack.enter_context(
                mock.patch.object(np, name, lambda *a, make=make, **o: make(*a, **o).view(Watched))
            )
        work()
    return Watched.products.copy()


def bare(products):
    """{names: seconds} of the products alone, each kind timed by itself, the least of a few."""
    known, seconds = {}, collections.Counter()
    for (names, a, b), count in products.items():
        if (a, b) not in known:
            x, y = like(a), like(b)
            out, spent = x @ y, []
            while len(spent) < 3 or (sum(spent) < 0.02 and len(spent) < 200):
                start = time.thread_time()
                np.matmul(x, y, out=out)
                spent.append(time.thread_time() - start)
            known[a, b] = min(spent)
        seconds[names] += count * known[a, b]
    return seconds


def table(clocks, bare_seconds, by, rows):
    """Print one line a function, the slowest first."""
    label = place if by == "place" else lambda names: names[-1]
    runs, total_bare, calls = [], collections.Counter(), collections.Counter()
    for clock in clocks:
        run = collections.Counter()
        for names, spent in clock.seconds.items():
            run[label(names)] += spent
        runs.append(run)
    for names, count in clocks[0].calls.items():
        calls[label(names)] += count
    for names, spent in bare_seconds.items():
        total_bare[label(names)] += spent
    median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    whole = sum(median.values())
    print(f"\n{'function':58}{'calls':>7}{'own ms':>10}{'share':>8}{'bare ms':>10}{'rest ms':>10}")

    def line(name, calls, own, bare):
        print(
            f"{name:58}{calls:7}{own * 1e3:10.2f}{own / whole:8.1%}{bare * 1e3:10.2f}{(own - bare) * 1e3:10.2f}"
        )

    ordered = sorted(median, key=median.get, reverse=True)
    for key in ordered[:rows]:
        line(key, calls[key], median[key], total_bare[key])
    others = ordered[rows:]
    if others:
        line(
            f"{len(others)} others",
            sum(calls[k] for k in others),
            sum(median[k] for k in others),
            sum(total_bare[k] for k in others),
        )
    line("all", sum(calls.values()), whole, sum(total_bare.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("case", help="MODEL:BATCH:WORK as in speed.py, for example B/16:8:backward")
    parser.add_argument(
        "--workers", type=at_least(1), default=1, help="threads the batch is split over (default 1)"
    )
    parser.add_argument(
        "--runs", type=at_least(1), default=3, help="timed runs, the median counts (default 3)"
    )
    parser.add_argument(
        "--by", choices=("place", "function"), default="place", help="with the caller, or not"
    )
    parser.add_argument("--rows", type=int, default=30, help="lines of the table (default 30)")
    parser.add_argument(
        "--recompute", action="store_true", help="each block's forward made again in backward"
    )
    args = parser.parse_args()
    check(parser, [args.case], ["limit", "recompute"] if args.recompute else ["limit"])
    c = case(args.case)
    options = {"recompute": True} if args.recompute else {}
    work = contenders.vitnp(c, workers=args.workers, **options)
    products = products_of(contenders.vitnp(c, workers=args.workers, watch=Watched, **options))
    work()
    start = time.process_time()
    work()
    plain = time.process_time() - start
    clocks = [Clock() for _ in range(args.runs)]
    for clock in clocks:
        with wrapped(clock.wrap):
            work()
    print(library.numpy())
    table(clocks, bare(products), args.by, args.rows)
    found = sum(count * np.prod(a[0]) * b[0][-1] for (_, a, b), count in products.items())
    passes = 1 if c.work == "forward" else 3
    counted = passes * c.batch_size * sum(cost.multiply_adds(c.config, whole=False).values())
    print(
        f"without the clocks {plain * 1e3:.2f} ms of CPU time; products: {found / 1e9:.3f} G multiply–adds, "
        f"{found / counted:.3f} of what cost.py counts"
    )


if __name__ == "__main__":
    main()
