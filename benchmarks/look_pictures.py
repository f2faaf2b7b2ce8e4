"""Makes the pictures of docs/pictures that show a trained ViT: each is what one `vitnp look` draws, made smaller.

    python benchmarks/look_pictures.py [--weights FILE] [--photos DIR] [--out DIR]

The photos are scikit-image's (`pip install -e ".[photos]"`) and matplotlib's, found in these packages, or in DIR.
docs/pictures/README.md says what each picture shows, and under which license the weights and the photos are.
"""

import argparse
import shlex
import sys
import tempfile
from pathlib import Path

import few_colors
from photos import found
from PIL import Image

from vitnp.commands import cli
from vitnp.errors import InputError
from vitnp.training.place import writable

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH, COLORS = 1024, 192
# {picture: the photos and options of `vitnp look` that draw it}; query's block and heads were chosen by looking
LOOKS = {
    "query": "chelsea.png --block 7 --patch 6,6 --heads 1,6",
    "components": "chelsea.png astronaut.png coffee.png rocket.jpg grace_hopper.jpg",
    "filters": "chelsea.png",
    "positions": "chelsea.png",
    "distance": "chelsea.png",
    "attention": "chelsea.png --block 8",
    "rollout": "chelsea.png",
    "sinks": "chelsea.png",
}


def command(look, weights, lang="en"):
    """The words after `vitnp` that draw one of `LOOKS` into DIR, as one types them where the photos are."""
    name, images = look
    return f"look {images} --only {name} --weights {shlex.quote(str(weights))} --lang {lang} --out DIR"


def made(look, prefix, lang, args, out):
    """Draw one picture and write it smaller, in few colors; returns its path."""
    name, images = look
    with tempfile.TemporaryDirectory() as folder:
        places = {"DIR": folder}
        places |= {word: str(found(word, args.photos)) for word in images.split() if "." in word}
        words = shlex.split(command(look, args.weights, lang))
        status = cli.main([places.get(word, word) for word in words])
        if status:
            sys.exit(status)
        with Image.open(Path(folder) / f"{name}.png") as image:
            path = out / f"{prefix}-{name}.png"
            few_colors.save(image, path, COLORS, width=WIDTH)
    return path


def main(arguments=None, *, looks=LOOKS, prefix="look", weights="dinov2-s/14"):
    """All pictures, or none if a photo is missing."""
    parser = argparse.ArgumentParser(description="Draw the pictures of a trained ViT in both languages.")
    parser.add_argument("--weights", default=weights, metavar="FILE", help=f"default {weights}")
    parser.add_argument(
        "--photos", metavar="DIR", help="a folder that has photos, where scikit-image is not installed"
    )
    parser.add_argument("--out", default=PICTURES, metavar="DIR", help="default docs/pictures")
    args = parser.parse_args(arguments)
    try:
        for lang, folder in (("en", Path(args.out)), ("ko", Path(args.out) / "ko")):
            out = writable(folder)
            for look in looks.items():
                path = made(look, prefix, lang, args, out)
                said = command(look, args.weights, lang)
                print(f"$ vitnp {said}\n{path}  {path.stat().st_size:,} bytes", flush=True)
    except InputError as problem:
        sys.exit(f"{prefix}_pictures.py: {problem}")


if __name__ == "__main__":
    main()
