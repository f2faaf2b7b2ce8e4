"""Makes vitnp/weights/digits-2.npz: the ViT that `vitnp train --data digits` trains, in float16.

    python benchmarks/digits_weights.py --out runs/digits-2

Trains the preset "digits" for half a minute as `vitnp demo` does (seed 0), rounds its parameters to float16, writes the
file and prints what docs/mini.md says of it. The same command gives the same file on the same processor.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from vitnp import tree, weights
from vitnp.commands import cli
from vitnp.course.page import live
from vitnp.errors import InputError
from vitnp.weights.published import BOX

NAME, SEED = "digits/2", 0


def main():
    """The file, its size and its accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--out", default="runs/digits-2", type=Path, metavar="DIR", help="folder of the training run"
    )
    parser.add_argument("--file", default=BOX[NAME], metavar="FILE", help="default: the package's own")
    args = parser.parse_args()
    words = ["train", "--data", "digits", "--seed", str(SEED), "--overwrite", "--out", str(args.out)]
    if status := cli.main(words):
        sys.exit(status)
    try:
        p, config = weights.load(args.out / "model.npz")
        rounded = tree.map(lambda leaf: leaf.astype("float16"), p)
        weights.save(args.file, rounded, config)
    except InputError as problem:
        sys.exit(f"{parser.prog}: {problem}")
    print(f"{args.file}  {Path(args.file).stat().st_size:,} bytes, {tree.count(p):,} parameters")
    pixels, labels = live.test_digits()
    for name, each in {"as trained": p, "in float16": rounded}.items():
        share = live.accuracy(each, config, pixels, labels)
        print(f"{name}: {share * len(labels):.0f} of {len(labels)} test digits, {share:.2%}")
    change = tree.map(lambda leaf: np.abs(leaf - leaf.astype("float16")).max(), p)
    largest = max(float(leaf) for _, leaf in tree.leaves(change))
    print(f"largest change of a parameter by the rounding: {largest:.1e}")


if __name__ == "__main__":
    main()
