"""A built site in Chromium that reaches no other machine: the kernel starts, the site's own wheel installs."""

import functools
import http.server
import tempfile
import threading
import urllib.parse
from contextlib import contextmanager
from pathlib import Path

from slides import browser

from lite import core, jupyterlite, wheel
from vitnp.errors import InputError

FLAGS = (*browser.QUIET, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
PATIENCE = 300_000  # milliseconds, on a busy machine
# Starts a kernel, runs some code in it, and gives back all that it said.
RUN = """async (code) => {
  const app = window.jupyterapp;
  await app.started;
  const kernel = await app.serviceManager.kernels.startNew({ name: "python" });
  const future = kernel.requestExecute({ code });
  const said = [];
  future.onIOPub = (message) => {
    const { text, evalue, ename } = message.content;
    if (text) said.push(text);
    if (ename) said.push(`${ename}: ${evalue}`);
  };
  await future.done;
  return said.join("");
}"""
# NumPy is not there, and `import vitnp` needs none.
CODE = """
import sys

assert sys.platform == "emscripten"
import piplite

await piplite.install("vitnp", deps=False)
import vitnp
from vitnp.system import threads

print(vitnp.__version__, threads.can_start(), sys.version.split()[0])
"""


def check():
    """Build a site around npm's Pyodide, start it, and say what was seen."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        core.fetch(folder / "pyodide")
        jupyterlite.build(
            folder / "site" / "deep" / "lite", [wheel.build(folder / "wheel")], pyodide=folder / "pyodide"
        )
        with served(folder / "site") as address:
            said, outside = started(f"{address}/deep/lite/lab/index.html")
    if outside:
        raise InputError(f"the site asked for {outside[0]}, which is not on this machine")
    version, can_start, python = said.split()
    print(f"the kernel starts (Python {python}), vitnp {version} installs, threads can start: {can_start}")


def started(address):
    """(what CODE prints, requests to other machines)."""
    from playwright.sync_api import sync_playwright

    path = browser.find()
    if not path:
        raise InputError("no Chromium, Chrome or Edge found; name one with CHROME=…")
    outside = []

    def note(request):
        if urllib.parse.urlsplit(request.url).hostname not in (None, "", "127.0.0.1"):
            outside.append(request.url)

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=[*FLAGS, *browser.as_root()])
        context = chromium.new_context()
        context.on("request", note)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_function("window.jupyterapp")
        said = page.evaluate(RUN, CODE)
        chromium.close()
    return said, outside


@contextmanager
def served(folder):
    """The address of a folder that is served to this machine alone."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Says nothing per request."""

    def log_message(self, *arguments):
        """Nothing."""
