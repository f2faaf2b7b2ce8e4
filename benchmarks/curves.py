"""How time and memory grow with the batch, the image and the model: pictures, and the numbers behind them.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE python benchmarks/curves.py

Forward and backward of vitnp, PyTorch and JAX, interleaved; writes docs/benchmarks.json, docs/pictures/scaling-*.png.
`--draw` makes the pictures again from the numbers.
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path

from matplotlib.ticker import LogLocator
from turns import measure, refusal
from workloads import at_least, case, check_folder

from vitnp.show import page, styling
from vitnp.show.styling import BLUE, GREEN, LABEL, ORANGE, SMALL

DOCS = Path(__file__).resolve().parents[1] / "docs"
CURVES = {  # what grows: its name on the axis, the cases
    "batch": ("images in the batch, S/16", [f"S/16:{size}:backward" for size in (1, 2, 4, 8, 16, 32)]),
    "image": (
        "tokens of an image of 112² to 384² pixels, B/16",
        [f"B/16{side}:2:backward" for side in ("@112", "@160", "", "@288", "@384")],
    ),
    "model": (
        "parameters of Ti, S, B and L/16, millions",
        [f"{size}/16:4:backward" for size in ("Ti", "S", "B", "L")],
    ),
}
QUICK = {
    "batch": (CURVES["batch"][0], [f"digits:{size}:backward" for size in (1, 8)]),
    "image": (CURVES["image"][0], [f"digits{side}:4:backward" for side in ("@4", "")]),
    "model": (CURVES["model"][0], ["digits:4:backward", "cifar:4:backward"]),
}
# name: label, color and marker; told apart by both
LOOK = {
    "vitnp": ("vitnp", BLUE, "o"),
    "torch": ("PyTorch eager", ORANGE, "s"),
    "jax": ("JAX jit", GREEN, "^"),
}


def place(kind, name):
    """Where a case stands on the axis of a curve."""
    c = case(name)
    if kind == "batch":
        return c.batch_size
    if kind == "image":
        return c.config.num_tokens
    from vitnp import tree, vit

    return tree.count(vit.init(None, c.config)) / 1e6


def numbers(curves, runs):
    """{case: {contender: {median seconds, times, peak bytes, about}}}; a case of two curves is measured once."""
    found = {}
    for name in dict.fromkeys(name for _, names in curves.values() for name in names):
        results = measure(name, list(LOOK), runs, warm_ups=1)
        found[name] = {
            key: {
                "median_s": statistics.median(r.times),
                "times_s": r.times,
                "peak_bytes": r.peak,
                "about": r.about,
            }
            for key, r in results.items()
        }
        print(
            name,
            *(f"{key} {r['median_s'] * 1e3:.1f} ms" for key, r in found[name].items()),
            sep="   ",
            flush=True,
        )
    return found


def picture(kind, label, names, found):
    """Time per image, and the peak memory of a step, over what grows."""
    figure, ends = page.blank(6.4), []
    left, right = figure.subplots(1, 2)
    for key, (words, color, marker) in LOOK.items():
        points = [name for name in names if key in found[name]]
        x = [place(kind, name) for name in points]
        look = {"color": color, "marker": marker, "markersize": 11, "linewidth": 3, "label": words}
        seconds = [found[n][key]["median_s"] / case(n).batch_size for n in points]
        memory = [found[n][key]["peak_bytes"] / 1e9 for n in points]
        left.plot(x, seconds, **look)
        right.plot(x, memory, **look)
        if points:
            ends.append((words, memory[-1], color, seconds[-1]))
    for axes, title in (
        (left, "seconds per image, forward and backward"),
        (right, "peak memory of the step, GB"),
    ):
        axes.set(xscale="log", yscale="log")
        ticks = [place(kind, name) for name in names]
        axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
        axes.minorticks_off()
        axes.yaxis.set_major_locator(LogLocator(subs=fine(*axes.get_ylim())))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_title(title, fontsize=LABEL)
        axes.set_xlabel(label, fontsize=SMALL)
        page.ticks(axes)
        styling.grid(axes)
    styling.name_ends(right, [end[:3] for end in ends], size=SMALL)
    page.note(figure, "both axes are logarithmic")
    told = "; ".join(f"{words} {seconds:.3g} s and {memory:.3g} GB" for words, memory, _, seconds in ends)
    return page.finished(figure, f"Seconds per image and peak memory over {label}. At the largest: {told}.")


def fine(low, high):
    """Where a logarithmic axis has ticks, so that it has three or more: at 1, 2, 5, or at every digit."""
    return (1, 2, 5) if high > 8 * low else (1, 1.5, 2, 3, 4, 5, 6, 8)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--runs", type=at_least(1), default=3, help="rounds of each point, after one to warm up (default 3)"
    )
    parser.add_argument(
        "--out", type=Path, default=DOCS, help="folder of benchmarks.json and pictures/ (default docs)"
    )
    parser.add_argument("--quick", action="store_true", help="tiny models, to see that it works")
    parser.add_argument(
        "--draw", action="store_true", help="no measuring: the pictures of the numbers that are there"
    )
    args = parser.parse_args(arguments)
    check_folder(parser, args.out)
    curves, path = (QUICK if args.quick else CURVES), args.out / "benchmarks.json"
    if not args.draw:
        if problem := refusal():
            sys.exit(problem)
        found = numbers(curves, args.runs)
        path.with_suffix(".part").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        os.replace(path.with_suffix(".part"), path)
    found = json.loads(path.read_text("utf-8"))
    (args.out / "pictures").mkdir(parents=True, exist_ok=True)
    for kind, (label, names) in curves.items():
        target = args.out / "pictures" / f"scaling-{kind}.png"
        picture(kind, label, names, found).savefig(target, dpi=100)
        print(f"written: {target}")


if __name__ == "__main__":
    main()
