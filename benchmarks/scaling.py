"""Several ranks: what a step takes here, measured, and what it would take on hundreds of machines, predicted.

    env -u OPENBLAS_CORETYPE python benchmarks/scaling.py measure B/16:8 --ranks 1,2,4
    python benchmarks/scaling.py predict
    python benchmarks/scaling.py picture docs/pictures/scaling.png

`measure` needs the extra mpi, and prints a Markdown table; MODEL:BATCH is one batch, however many ranks share it.
`predict` prints the tables of docs/scaling.md from the model of cost below, whose every number is an argument of `Rank`
or `Network`. The first rank's rate is the measured one of docs/benchmarks.md; the others are assumptions.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import library

from vitnp.analysis import cost
from vitnp.engine.ranks import CHUNK
from vitnp.models import preset

# ---- the model of cost ----


class Rank(NamedTuple):
    """What one rank can do."""

    name: str
    rate: float  # multiply–adds a second in forward and backward
    memory: float  # bytes a second: what the update and the packing of gradients wait for


class Network(NamedTuple):
    """What lies between two ranks."""

    name: str
    bandwidth: float  # bytes a second, each way
    latency: float  # seconds a message


BACKWARD = 2  # times the multiply–adds of forward
PACKING = 4 * 4  # bytes through memory for a gradient: into the buffer and out of it, each a read and a write
UPDATE = 7 * 4  # AdamW reads θ, g, m and v and writes θ, m and v
BATCH = 4096  # the paper's, in pre-training

# B/16, batch 8, forward and backward in 2.49 s on 2 cores (docs/scaling.md).
CPU = Rank("2 CPU cores", 8 * 3 * sum(cost.multiply_adds(preset("B/16")).values()) / 2.49, 10e9)
GPU = Rank("GPU at 20e12/s", 20e12, 3e12)
ETHERNET = Network("10 Gb/s Ethernet", 10e9 / 8, 30e-6)
INFINIBAND = Network("100 Gb/s", 100e9 / 8, 5e-6)
# Nodes of 8 GPUs that add up among themselves first; then each sends an eighth through a port of its own.
NODES = Network("NVLink, 8 × 400 Gb/s", 8 * 400e9 / 8, 5e-6)
PAIRS = ((CPU, ETHERNET), (CPU, INFINIBAND), (GPU, ETHERNET), (GPU, INFINIBAND), (GPU, NODES))


class Step(NamedTuple):
    """Seconds of one step on each of the ranks."""

    forward: float
    backward: float
    sum: float
    update: float

    def seconds(self, *, overlap=False):
        """The whole step; overlapped, the sum goes on beside backward and only what is left of it is waited for."""
        around = self.forward + self.update
        return around + (max(self.backward, self.sum) if overlap else self.backward + self.sum)


def step(config, rank, network, *, ranks, batch=BATCH, itemsize=4, sharded=False):
    """The `Step` of a batch over so many ranks.

        forward = (images a rank)·(multiply–adds)/rate       backward = 2·forward
        sum     = 2·(n − 1)/n·bytes/bandwidth + 2·log₂n·latency·chunks + packing

    The bytes are those of a ring and of every other way that sends the fewest; 2·log₂n messages are what a
    reduce-scatter by halves and a gather by doubling need, as MPICH does (Thakur, Rabenseifner & Gropp, 2005).
    itemsize: bytes of a gradient on the way. sharded: each rank holds and updates 1/n of the optimizer's state; the
    sum is then a reduce-scatter and a gather of parameters, as many bytes.
    """
    parameters = sum(cost.parameters(config).values())
    size = parameters * itemsize
    images = math.ceil(batch / ranks)
    forward = images * sum(cost.multiply_adds(config).values()) / rank.rate
    messages = 2 * math.ceil(math.log2(ranks)) * math.ceil(size / CHUNK)
    sum_ = 2 * (ranks - 1) / ranks * size / network.bandwidth + messages * network.latency
    packing = PACKING * parameters / rank.memory * (ranks > 1)
    update = UPDATE * parameters / rank.memory / (ranks if sharded else 1)
    return Step(forward, BACKWARD * forward, sum_ + packing, update)


def efficiency(config, rank, network, *, ranks, batch=BATCH, overlap=False, **how):
    """What n ranks do of n times the work of one, 0…1, one batch over all of them."""
    one = step(config, rank, network, ranks=1, batch=batch).seconds()
    return one / (
        ranks * step(config, rank, network, ranks=ranks, batch=batch, **how).seconds(overlap=overlap)
    )


def most_ranks(config, rank, network, *, least, batch=BATCH, **how):
    """The largest power of two of ranks, at most one an image, that is still as efficient as `least`."""
    fit = [
        n
        for n in (2**i for i in range(int(math.log2(batch)) + 1))
        if efficiency(config, rank, network, ranks=n, batch=batch, **how) >= least
    ]
    return max(fit)


def tables():
    """The predicted tables, as Markdown."""
    models = {name: preset(name) for name in ("B/16", "H/14")}
    yield "| model | parameters | bytes summed a step | multiply–adds an image, forward and backward |"
    yield "|---|---|---|---|"
    for name, config in models.items():
        count, work = sum(cost.parameters(config).values()), sum(cost.multiply_adds(config).values())
        yield f"| {name} | {count:,} | {4 * count / 1e6:,.0f} MB | {(1 + BACKWARD) * work / 1e9:,.1f}e9 |"
    yield f"\nOne batch of {BATCH:,} over all ranks: seconds of a step's parts on 256 of them, and how far it goes.\n"
    yield "| model | a rank | network | compute | sum | update | efficiency at 256 | most ranks at ≥ 80% | at ≥ 50% |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, config in models.items():
        for rank, network in PAIRS:
            at = step(config, rank, network, ranks=256)
            most = [most_ranks(config, rank, network, least=least) for least in (0.8, 0.5)]
            yield (
                f"| {name} | {rank.name} | {network.name} | {short(at.forward + at.backward)} | {short(at.sum)} | "
                f"{short(at.update)} | {efficiency(config, rank, network, ranks=256):.0%} | {most[0]:,} | {most[1]:,} |"
            )
    yield "\nEfficiency at 1,024 ranks, and what each remedy would make of it.\n"
    yield "| model | a rank | network | " + " | ".join(REMEDIES) + " |"
    yield "|---" * (3 + len(REMEDIES)) + "|"
    for name, config in models.items():
        for rank, network in PAIRS:
            found = [efficiency(config, rank, network, ranks=1024, **how) for how in REMEDIES.values()]
            row = " | ".join(f"{value:.0%}" for value in found)
            yield f"| {name} | {rank.name} | {network.name} | {row} |"
    yield "\nMemory of a rank in float32, and what would travel if a layer were split over ranks.\n"
    yield (
        "| model | parameters, gradients, AdamW's two means | the means sharded over 64 | kept for backward, an image "
        "| layers split: bytes summed an image |"
    )
    yield "|---|---|---|---|---|"
    for name, config in models.items():
        size = 4 * sum(cost.parameters(config).values())
        kept = sum(cost.saved_bytes(config).values())
        split = 4 * config.num_layers * config.num_tokens * config.hidden_size * 4  # 2 sums a block, each way
        sizes = (4 * size, 2 * size + 2 * size / 64, kept, split)
        yield f"| {name} | " + " | ".join(f"{size / 1e9:.2f} GB" for size in sizes) + " |"


def short(seconds):
    """Seconds with about two digits, in the unit that suits."""
    value, unit = (seconds, "s") if seconds >= 1 else (1e3 * seconds, "ms")
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.2g} {unit}"


REMEDIES = {
    "as it is": {},
    "sum beside backward": {"overlap": True},
    "float16 gradients": {"itemsize": 2},
    "optimizer sharded": {"sharded": True},
    "all three": {"overlap": True, "itemsize": 2, "sharded": True},
    "batch 16,384": {"batch": 4 * BATCH},
}

# ---- what it takes here ----


def measure(case, ranks, steps):
    """A Markdown table: one process on all cores, then so many ranks that share them."""
    yield f"{library.numpy()}\n"
    yield "| ranks × threads | images/s | ÷ one process | forward and backward | sum | update | sum ÷ step |"
    yield "|---|---|---|---|---|---|---|"
    first = None
    for n in ranks:
        found = run(case, n, steps)
        total = found["compute"] + found["sum"] + found["update"]
        speed = found["images"] / total
        first = first or speed
        yield (
            f"| {n} × {found['workers']} | {speed:.3g} | {speed / first:.2f} | {found['compute']:.3g} s | "
            f"{1e3 * found['sum']:.3g} ms | {1e3 * found['update']:.3g} ms | {found['sum'] / total:.1%} |"
        )


def run(case, ranks, steps):
    """What rank 0 of benchmarks/scaling_rank.py prints."""
    mpiexec = Path(sysconfig.get_path("scripts")) / "mpiexec"
    here = Path(__file__).parent
    command = [mpiexec, "-n", str(ranks), sys.executable, here / "scaling_rank.py", case, str(steps)]
    environ = os.environ | {"PYTHONPATH": str(here.parent)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environ, check=True)
    return json.loads(done.stdout)


def picture(path):
    """Predicted efficiency against the number of ranks, a panel a model."""
    from vitnp import show
    from vitnp.show import page, styling

    figure, told = page.blank(), []
    panels = figure.subplots(1, 2, sharey=True)
    counts = [2**i for i in range(13)]
    for panel, name in zip(panels, ("B/16", "H/14"), strict=True):
        for (rank, network), color in zip(PAIRS, COLORS, strict=True):
            dashes, over = ("--", 3) if rank is CPU else ("-", 2)
            values = [100 * efficiency(preset(name), rank, network, ranks=n) for n in counts]
            label = f"{rank.name}, {network.name}"
            panel.plot(counts, values, dashes, color=color, linewidth=2.5, label=label, zorder=over)
            told.append(f"{name}, {label}: {values[-1]:.0f}%")
        panel.axhline(80, color=styling.QUIET, linewidth=1)
        panel.set_xscale("log", base=2)
        panel.set_xticks(counts[::2], [f"{n:,}" for n in counts[::2]])
        panel.set_ylim(0, 102)
        panel.set_title(f"ViT-{name}, one batch of {BATCH:,}", fontsize=styling.LABEL)
        panel.set_xlabel("ranks (log scale)", fontsize=styling.LABEL)
        page.ticks(panel)
        styling.grid(panel)
    panels[0].set_ylabel("efficiency, % (predicted)", fontsize=styling.LABEL)
    names = panels[0].get_legend_handles_labels()
    figure.legend(*names, loc="outside lower center", ncols=2, fontsize=styling.SMALL, frameon=False)
    described = f"Predicted efficiency over the number of ranks; at {counts[-1]:,}: {'; '.join(told)}."
    show.save(page.finished(figure, described), path)


COLORS = ("#E69F00", "#D55E00", "#56B4E9", "#0072B2", "#009E73")


def main():
    """The three commands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("case", help="MODEL:BATCH, for example B/16:8")
    measuring.add_argument("--ranks", default="1,2,4")
    measuring.add_argument("--steps", type=int, default=7)
    commands.add_parser("predict")
    commands.add_parser("picture").add_argument("path")
    args = parser.parse_args()
    if args.command == "picture":
        picture(args.path)
        return
    ranks = [int(n) for n in args.ranks.split(",")] if args.command == "measure" else ()
    for line in measure(args.case, ranks, args.steps) if ranks else tables():
        print(line, flush=True)


if __name__ == "__main__":
    main()
