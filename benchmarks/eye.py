"""The arrays of notebook 18: what a trained ViT makes of a cat's photo, of its mirror image and of a second photo.

    python benchmarks/eye.py --weights dinov2-s/14 --photo chelsea.png --out vitnp/course/eye.npz

chelsea.png is in scikit-image's wheel, under skimage/data; the second photo is matplotlib's own grace_hopper.jpg. With
the same libraries on the same processor the file is the same to the byte. Prints its size and, for each depth, the
share of patches whose best match in the mirror image is their own mirror image. What is in the file, how it is rounded,
and whose weights and photos these are: `vitnp/course/eye.py`.
"""

import argparse
import sys

import matplotlib.cbook
import numpy as np

from vitnp import weights
from vitnp.analysis import look
from vitnp.analysis.trace import trace
from vitnp.course import eye
from vitnp.data import preprocess
from vitnp.errors import InputError
from vitnp.weights import fetch

QUERY, BLOCK = (5, 5), 7  # the patch on the pupil; the block in which its scores are clearest
DEPTHS, OTHER_DEPTH = (0, 3, 6, 8, 11, 13), 11


def pixels(image, config):
    """A preprocessed image (Hᵢ, Wᵢ, 3) as uint8: the resize gives whole numbers, so nothing is lost."""
    how = config.preprocessing
    return np.round(255 * (image * np.float32(how.std) + np.float32(how.mean))).astype(np.uint8)


def depths(t, config):
    """The patch tokens of a trace at all depths: z0, after each block, after the last norm."""
    blocks = [f"blocks.{i}.residual_2" for i in range(config.num_layers)]
    return [t[name][0, 1:] for name in ("z0", *blocks, "norm")]


def made(photo, other, p, config):
    """The `Eye` of two preprocessed photos, not rounded yet."""
    cat = trace(photo, p, config)
    mirror = trace(np.ascontiguousarray(photo[:, ::-1]), p, config)
    pairs = list(zip(depths(cat, config), depths(mirror, config), strict=True))
    own = look.mirrored(config.grid, like=photo)
    shares = [(look.matches(look.similarity(*pair))[0] == own).mean() for pair in pairs]

    A = [cat[f"blocks.{i}.attention.A"][0] for i in range(config.num_layers)]
    head = int(look.sinks(A[0], grid=config.grid)[1].argmax())
    query = 1 + QUERY[0] * config.grid[1] + QUERY[1]
    scores = [cat[f"blocks.{i}.attention.S"][0, :, query] for i in range(config.num_layers)]
    return eye.Eye(
        photo=pixels(photo, config),
        other=pixels(other, config),
        block=np.array(BLOCK),
        Q=cat[f"blocks.{BLOCK - 1}.attention.Q_heads"][0],
        K=cat[f"blocks.{BLOCK - 1}.attention.K_heads"][0],
        query=np.array(QUERY),
        S=np.stack(scores),
        sink=np.array(head + 1),
        A_sink=A[0][head],
        A_others=np.delete(A[0], head, axis=0).mean(axis=0),
        A_later=np.stack([weights.mean(axis=0) for weights in A[1:]]),
        depths=np.array(DEPTHS),
        tokens=np.stack([pairs[depth] for depth in DEPTHS]),
        shares=np.array(shares, np.float32),
        other_depth=np.array(OTHER_DEPTH),
        other_tokens=depths(trace(other, p, config), config)[OTHER_DEPTH],
    )


def main(arguments=None):
    """Write the file; 2 for a photo or weights that cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", required=True, help="a ViT of 12 blocks with a class token, dinov2-s/14")
    parser.add_argument("--photo", required=True, help="scikit-image's chelsea.png")
    parser.add_argument("--out", required=True, metavar="FILE", help="vitnp/course/eye.npz")
    options = parser.parse_args(arguments)
    try:
        p, config = weights.load(fetch.resolve(options.weights))
        hopper = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
        photo, other = (preprocess.load(path, config) for path in (options.photo, hopper))
    except InputError as problem:
        print(f"eye.py: {problem}", file=sys.stderr)
        return 2
    found = made(photo, other, p, config)
    eye.save(options.out, found)
    with open(options.out, "rb") as file:
        print(f"{options.out}  {len(file.read()):,} bytes")
    print("right matches:", " ".join(f"{share:.1%}" for share in found.shares))
    return 0


if __name__ == "__main__":
    sys.exit(main())
