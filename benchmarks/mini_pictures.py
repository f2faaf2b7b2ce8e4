"""Makes the pictures of docs/mini.md: each is what one `vitnp look --weights mini/14` draws, made smaller.

python benchmarks/mini_pictures.py [--photos DIR] [--out DIR]
"""

import argparse
import sys

from look_pictures import PICTURES, command, made

from vitnp.errors import InputError
from vitnp.training.place import writable

# china.jpg and grace_hopper.jpg are not among the photos that mini/14 learned from
LOOKS = {
    "attention": "china.jpg",
    "components": "china.jpg grace_hopper.jpg chelsea.png astronaut.png coffee.png",
    "positions": "china.jpg",
    "filters": "china.jpg",
    "distance": "china.jpg",
    "mirror": "grace_hopper.jpg",
}


def main():
    """All pictures, or none if a photo is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", default="mini/14", metavar="FILE", help="default mini/14")
    parser.add_argument(
        "--photos", metavar="DIR", help="a folder that has photos, where scikit-image is not installed"
    )
    parser.add_argument("--out", default=PICTURES, metavar="DIR", help="default docs/pictures")
    args = parser.parse_args()
    try:
        out = writable(args.out)
        for name in LOOKS:
            path = made(name, args, out, LOOKS, "mini")
            words = command(name, args.weights, LOOKS)
            print(f"$ vitnp {words}\n{path}  {path.stat().st_size:,} bytes", flush=True)
    except InputError as problem:
        sys.exit(f"{parser.prog}: {problem}")


if __name__ == "__main__":
    main()
