"""The pictures of the pages of `vitnp explore` in docs/pictures, in both languages, taken in Chromium.

    python benchmarks/page_pictures.py [--out DIR]

explore.png is docs/pages/cat.html on a projector, explore-phone.png the same on a phone, explore-live.png the page
of `vitnp explore --live` with a digit that is drawn there. Needs Chromium, Playwright and a Korean font.
"""

import argparse
import io
import sys
import tempfile
from pathlib import Path

import few_colors
from PIL import Image

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import browsing

from vitnp.commands import cli
from vitnp.training.place import writable

DOCS = Path(__file__).resolve().parent.parent / "docs"
COLORS = 96
PROJECTOR, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
# One eye of the cat: head and block as in docs/pictures/README.md, both counted from 1 there
EYE = {"tensor": "blocks.i.attention.A", "layer": 6, "head": 0, "map": "token", "back": False}
ROW, COLUMN = 6, 6
THREE = (
    (0.3, 0.2),
    (0.5, 0.12),
    (0.68, 0.25),
    (0.6, 0.42),
    (0.45, 0.48),
    (0.65, 0.56),
    (0.7, 0.75),
    (0.5, 0.88),
    (0.28, 0.8),
)


def on_the_eye(page):
    """Show the cat's eye."""
    page.wait_for_selector("body[data-ready]")
    first, cols = page.evaluate("[vitnp.data.json.config.first, vitnp.data.json.config.cols]")
    page.evaluate("(state) => vitnp.show(state)", EYE | {"token": first + (ROW - 1) * cols + COLUMN - 1})


def draw_three(page):
    """Draw a 3, and show what each head attends to."""
    box = page.locator("#pad").bounding_box()
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in THREE]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()
    page.mouse.move(0, 0)
    page.locator("#inside").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('inside').scrollIntoView()")


def take(browser, path, lang, size, prepare, target):
    """Write the picture of a page in one language; its bytes."""
    scale = 1.5 if size is PHONE else 1
    context = browser.new_context(viewport=size, device_scale_factor=scale, reduced_motion="reduce")
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    prepare(page)
    if page.evaluate("document.documentElement.lang") != lang:
        page.locator("#language").click()
    with Image.open(io.BytesIO(page.screenshot())) as image:
        written = few_colors.save(image, target, COLORS)
    context.close()
    return written


def main():
    """Take all of them."""
    parser = argparse.ArgumentParser(description="Take the pictures of the pages of vitnp explore.")
    parser.add_argument("--out", default=DOCS / "pictures", metavar="DIR", help="default docs/pictures")
    args = parser.parse_args()
    with browsing.started() as browser, tempfile.TemporaryDirectory() as folder:
        live = Path(folder) / "live.html"
        if status := cli.main(["explore", "--live", "--out", str(live)]):
            sys.exit(status)
        cat = DOCS / "pages" / "cat.html"
        for lang, out in (("en", writable(args.out)), ("ko", writable(Path(args.out) / "ko"))):
            for name, path, size, prepare in (
                ("explore", cat, PROJECTOR, on_the_eye),
                ("explore-phone", cat, PHONE, on_the_eye),
                ("explore-live", live, PROJECTOR, draw_three),
            ):
                target = out / f"{name}.png"
                written = take(browser, path, lang, size, prepare, target)
                print(f"{target}  {written:,} bytes", flush=True)


if __name__ == "__main__":
    main()
