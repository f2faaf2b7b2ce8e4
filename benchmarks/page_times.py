"""How large a page of `vitnp explore` is, how soon it is ready, how long a hover takes, how far its numbers may be off.

    python benchmarks/page_times.py docs/pages/cat.html [PAGE …] [--loads 5]

Ready: from the start of the navigation until the page can be touched, the median of the loads, in a new window each.
Hover: the pointer enters a patch; from the event until the page is drawn and laid out again, the median and the 95th
percentile over all patches, in three layers and all maps. Errors are the largest that the page states of an attention
weight, and how far the sum of a row is from 1. Needs Chromium and Playwright; prints what it ran on.
"""

import argparse
import platform
import statistics
import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import browsing
from page_files import Read

READY = """
addEventListener("DOMContentLoaded", () => new MutationObserver((_, observer) => {
  if (document.body.dataset.ready) {
    observer.disconnect();
    window.ready_at = performance.now();
  }
}).observe(document.body, {attributes: true}));
"""
HOVERS = """() => {
  const photo = document.getElementById("photo");
  const {rows, cols, layers} = vitnp.data.json.config;
  const box = photo.getBoundingClientRect();
  const times = [];
  for (const layer of [0, layers >> 1, layers - 1]) {
    for (const map of ["token", "cls", "rollout", "norm"]) {
      vitnp.show({layer, map});
      for (let patch = 0; patch < rows * cols; patch += 1) {
        const clientX = box.left + (box.width * ((patch % cols) + 0.5)) / cols;
        const clientY = box.top + (box.height * (Math.floor(patch / cols) + 0.5)) / rows;
        const start = performance.now();
        photo.dispatchEvent(new PointerEvent("pointermove", {clientX, clientY, pointerType: "mouse", bubbles: true}));
        document.body.getBoundingClientRect();
        times.push(performance.now() - start);
      }
    }
  }
  return times;
}"""


def processor():
    """The name of the processor, as far as the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))


def loaded(browser, path):
    """(milliseconds until it was ready, those of every hover) of one load in a new window."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.add_init_script(READY)
    page.goto(path.resolve().as_uri())
    page.wait_for_selector("body[data-ready]")
    found = page.evaluate("window.ready_at"), page.evaluate(HOVERS)
    context.close()
    return found


def measured(browser, path, loads):
    """Print what was measured of one page."""
    found = [loaded(browser, path) for _ in range(loads)]
    hovers = np.concatenate([times for _, times in found])
    A, errors, _ = Read(path.read_text("utf-8")).attention()
    print(f"{path}  {path.stat().st_size / 1e6:.2f} MB")
    print(f"  ready {statistics.median(ready for ready, _ in found):.0f} ms, {loads} loads")
    median, high = np.quantile(hovers, (0.5, 0.95))
    print(f"  hover {median:.1f} ms, 95% below {high:.1f} ms, {len(hovers)} hovers")
    print(
        f"  weight off by {errors.max():.4f} at most, sum of a row by {np.abs(A.sum(axis=-1) - 1).max():.4f}"
    )


def main():
    """Measure every page that is named."""
    parser = argparse.ArgumentParser(description="Measure pages of vitnp explore.")
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    parser.add_argument("--loads", type=int, default=5, metavar="N", help="of each page (default 5)")
    args = parser.parse_args()
    with browsing.started() as browser:
        print(
            f"{processor()}, Chromium {browser.version}, load {Path('/proc/loadavg').read_text().split()[0]}"
        )
        for path in args.pages:
            measured(browser, path, args.loads)


if __name__ == "__main__":
    main()
