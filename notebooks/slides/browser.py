"""A browser of the Chromium family: it prints the page as a PDF and measures what is on its slides."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from vitnp.errors import InputError
from vitnp.system.writing import beside

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
QUIET = (  # the browser asks for nothing of its own
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND"  # no request leaves the machine: every name is unknown
# The virtual time is for MathJax to set the formulas.
FLAGS = ("--headless", *QUIET, NO_NETWORK, "--virtual-time-budget=120000")
PATIENCE = 300  # seconds


def find():
    """The path of a browser, or None: the one that CHROME names, else the first that is there."""
    if named := os.environ.get("CHROME"):
        return shutil.which(named) or _no_browser(named)
    return next(filter(None, map(shutil.which, NAMES)), None) or next(filter(os.path.exists, PLACES), None)


def _no_browser(named):
    raise InputError(f"CHROME={named} is no program; name a browser, such as CHROME=/usr/bin/chromium")


def as_root():
    """What a browser needs to start for the root user, as in a container."""
    return ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()


def run(browser, *arguments):
    """What the browser prints. Raises InputError, with the last line it said, if it fails."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [browser, *FLAGS, *as_root(), f"--user-data-dir={profile}", *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise InputError(
                f"{browser} cannot print the slides ({problem}); name another with CHROME=…"
            ) from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise InputError(f"{browser} cannot print the slides ({said}); name another with CHROME=…")
    return done.stdout


def pdf(browser, page, out, *, notes=False):
    """Print the slides, one a page; with notes, a page of notes after each slide that has some."""
    query = "?print" + "&notes" * notes
    with beside(out) as part:
        run(browser, "--no-pdf-header-footer", f"--print-to-pdf={part}", page.resolve().as_uri() + query)


def check(browser, page):
    """(slides, [(slide, what is wrong, where)]): what is off its slide, below 26 px or a formula that is not set."""
    script = (Path(__file__).parent / "check.js").read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "page.html"
        before, end, after = page.read_text("utf-8").rpartition("</body>")  # there are others in reveal.js
        copy.write_text(f"{before}<script>{script}</script>{end}{after}", "utf-8")
        dom = run(browser, "--window-size=1280,720", "--dump-dom", copy.as_uri() + "?print")
    found = re.search(r'<script type="application/json" id="check">(.*?)</script>', dom, flags=re.DOTALL)
    if not found:
        raise InputError(f"{browser} did not finish measuring {page}; open it and look")
    said = json.loads(found[1])
    return said["slides"], [tuple(item) for item in said["found"]]
