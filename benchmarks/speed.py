"""vitnp against PyTorch, JAX, ONNX Runtime and the bare matrix products, interleaved in one run; ratios first.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE python benchmarks/speed.py            every row of docs/benchmarks.md
    … benchmarks/speed.py --quick                                                      four rows, few runs
    … benchmarks/speed.py B/16:8:backward cifar:50:step --against torch,jax,limit      what you name
    … benchmarks/speed.py H14-step                         one AdamW step of ViT-H/14: its memory, up to 20 GiB

A case is MODEL:BATCH:WORK, with WORK forward, backward (forward and backward) or step (with AdamW); B/16+erf has the
other GELU, B/16@384 another image size; digits:32:epoch is an epoch of
`vitnp train`, against torch alone. The last lines are the page's tables. Contenders: `pip install -e .[bench]`.
Linux only: there a process can ask for its own peak.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from turns import measure, ratio, refusal
from workloads import DOES, QUICK, TABLE, at_least, case, check, check_folder, title

from vitnp.analysis import cost

COLUMNS = {
    "torch": "÷ PyTorch",
    "torch_compile": "÷ torch.compile",
    "jax": "÷ JAX",
    "onnxruntime": "÷ ONNX Runtime",
    "recompute": "÷ with recompute",
    "vitnp_tanh": "÷ its tanh twin",
    "limit": "limit ÷ vitnp",
}
NAMES = {
    "vitnp": "vitnp",
    "recompute": "recompute",
    "torch": "PyTorch",
    "torch_compile": "torch.compile",
    "jax": "JAX",
    "onnxruntime": "ONNX Runtime",
}
COMPILED = ("B/16:8:backward", "cifar:50:step", "digits:32:step")  # a compilation takes a minute


def against(name, *, quick=False):
    """The contenders of a case of the table."""
    c = case(name)
    if c.config.reads == "sequences":
        return ["torch", "recompute"]
    found = ["torch", "jax", "onnxruntime", "limit"] if c.config.family == "vit" else ["torch", "limit"]
    if c.config.family == "vit" and c.config.gelu == "erf":
        found.append("vitnp_tanh")
    elif c.work != "forward":
        found.append("recompute")
    if name in COMPILED and not quick:
        found.append("torch_compile")
    return [contender for contender in found if c.work in DOES[contender]]


def report(name, results):
    """Print a case as soon as it is measured: ratios first, with their quartiles."""
    own = results["vitnp"]
    print(f"\n{name}   ratios: vitnp ÷ contender, median (quartiles) of {len(own.times)} rounds")
    c = case(name)
    passes = 1 if c.work == "forward" else 3
    products = passes * c.batch_size * sum(cost.multiply_adds(c.config).values())
    for contender, result in results.items():
        middle, low, high = ratio(own, result)
        print(
            f"  {contender:14}{middle:7.3f} ({low:.3f}–{high:.3f})   median {milliseconds(result):>10}   "
            f"peak {result.peak / 1e6:7.0f} MB   {2 * products / statistics.median(result.times) / 1e9:6.0f} GFLOP/s   "
            f"{result.about}",
            flush=True,
        )


def milliseconds(result):
    """The median time, for people."""
    seconds = statistics.median(result.times)
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"


def libraries(found):
    """The libraries of the tables with their kernels, a line each."""
    return dict.fromkeys(results[key].about for key in NAMES for results in found.values() if key in results)


def time_table(found):
    """Markdown: a row a case, the time and its ratios."""
    columns = [key for key in COLUMNS if any(key in results for results in found.values())]
    yield f"| work | vitnp | {' | '.join(COLUMNS[key] for key in columns)} |"
    yield "|---" * (len(columns) + 2) + "|"
    for name, results in found.items():
        cells = [title(name), milliseconds(results["vitnp"])]
        for key in columns:
            if key not in results:
                cells.append("–")
            elif key == "limit":
                cells.append(f"{ratio(results['limit'], results['vitnp'])[0]:.2f}")
            else:
                cells.append(f"**{ratio(results['vitnp'], results[key])[0]:.2f}**")
        yield f"| {' | '.join(cells)} |"


def memory_table(found):
    """Markdown: a row a case, everyone's peak, and vitnp's as parts of PyTorch's."""
    columns = [key for key in NAMES if any(key in results for results in found.values())]
    yield f"| peak above the loaded parameters, MB | {' | '.join(NAMES[key] for key in columns)} | ÷ PyTorch |"
    yield "|---" * (len(columns) + 2) + "|"
    for name, results in found.items():
        cells = [f"{results[key].peak / 1e6:.0f}" if key in results else "–" for key in columns]
        parts = [f"{results[key].peak / max(results['torch'].peak, 1):.2f}" for key in ("vitnp", "recompute")
                 if key in results and "torch" in results]  # fmt: skip
        yield f"| {title(name)} | {' | '.join(cells)} | {', with recompute '.join(parts) or '–'} |"


def one_step(name, contenders):
    """Each contender alone, once: for a step that fills the memory."""
    for contender in contenders:
        for result in measure(name, [contender], 1, warm_ups=0).values():
            print(
                f"{name} {contender}: {result.whole / 2**30:.2f} GiB, the whole process at the peak of the step; "
                f"{result.peak / 2**30:.2f} GiB above parameters and means; {milliseconds(result)}; {result.about}",
                flush=True,
            )


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", help="default: the table")
    parser.add_argument("--quick", action="store_true", help="four rows, few runs")
    parser.add_argument(
        "--runs", type=at_least(1), help="rounds (default 7 for presets with an image of 224, else 31)"
    )
    parser.add_argument("--against", help="contenders, separated by commas (default: those of the table)")
    parser.add_argument("--alone", action="store_true", help="one run each, one after the other: memory only")
    parser.add_argument("--json", metavar="PATH", type=Path, help="also write every time and peak there")
    args = parser.parse_args(arguments)
    if problem := refusal():
        sys.exit(problem)
    if args.cases == ["H14-step"]:
        args.cases, args.alone = ["H/14:1:step"], True
    names = args.cases or (QUICK if args.quick else TABLE)
    chosen = args.against.split(",") if args.against else None
    check(parser, names, chosen or ())
    if args.json:
        check_folder(parser, args.json.parent)
    if args.alone:
        for name in names:
            alone = [one for one in ("vitnp", "recompute") if case(name).work in DOES[one]]
            one_step(name, chosen or alone)
        return
    found = {}
    for name in names:
        others = chosen or against(name, quick=args.quick)
        small = case(name).config.reads == "sequences" or min(case(name).config.image_size) < 100
        runs = args.runs or (31 if small else 7) // (3 if args.quick else 1)
        results = measure(name, ["vitnp", *others], runs)
        if "vitnp" in results:
            found[name] = results
            report(name, results)
    print("", *libraries(found), "", *time_table(found), "", *memory_table(found), sep="\n")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({n: {k: r._asdict() for k, r in results.items()} for n, results in found.items()}, file)


if __name__ == "__main__":
    main()
