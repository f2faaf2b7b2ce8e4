"""Pictures of the documentation in few bytes: a palette of few colors, and a smaller width."""

from PIL import Image


def save(image, path, colors, *, width=None, spread=False):
    """Write a Pillow image as PNG with at most so many colors. Returns its bytes.

    width: in pixels, if smaller. spread: what a color is off by goes to its neighbors, so that no bands are seen.
    """
    image = image.convert("RGB")
    if width is not None:
        image = image.resize((width, round(width * image.height / image.width)), Image.Resampling.LANCZOS)
    dither = Image.Dither.FLOYDSTEINBERG if spread else Image.Dither.NONE
    few = image.quantize(colors, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=dither)
    few.save(path, "PNG", optimize=True)
    return path.stat().st_size
