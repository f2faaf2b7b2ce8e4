"""Pages in a real browser without a network: `opened(path)` is a page, and all that it said and asked for."""

import contextlib
import importlib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "notebooks"))
browser = importlib.import_module("slides.browser")  # the one that makes the slides' PDF
sys.path.pop()
FLAGS = (*browser.QUIET, browser.NO_NETWORK)


@dataclass
class Opened:
    """A page; `console` has (type, text) pairs, `errors` what was thrown and not caught, `requests` addresses."""

    page: Any
    console: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def silent(self):
        """Whether nothing but the file itself was asked for, nothing was thrown, and the console is empty."""
        assert self.console == []
        assert self.errors == []
        assert [address for address in self.requests if not address.startswith(("data:", "blob:"))] == [
            self.page.url.partition("#")[0]
        ]
        return True


@contextlib.contextmanager
def started():
    """The browser, through Playwright; None where no browser is installed."""
    path = browser.find()
    if not path:
        yield None
        return
    with importlib.import_module("playwright.sync_api").sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=[*FLAGS, *browser.as_root()])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests. They are skipped where there is none, or no Playwright."""
    pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
    with started() as found:
        if found is None:
            pytest.skip("needs Chromium, Chrome or Edge")
        yield found


@pytest.fixture(scope="module")
def opened(chromium):
    """`opened(path, **context)` opens a file in a window that shares nothing with others; it is closed with the module.

    context: viewport={"width": …, "height": …}, color_scheme, reduced_motion, has_touch, …
    """
    contexts = []

    def open_file(path, **context):
        contexts.append(chromium.new_context(**context))
        result = Opened(contexts[-1].new_page())
        result.page.on("console", lambda message: result.console.append((message.type, message.text)))
        result.page.on("pageerror", lambda error: result.errors.append(str(error)))
        result.page.on("request", lambda request: result.requests.append(request.url))
        result.page.goto(Path(path).resolve().as_uri())
        return result

    yield open_file
    for context in contexts:
        context.close()
