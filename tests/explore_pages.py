"""Pages of `vitnp explore` for the tests in a browser: small models in which no two sizes are alike."""

import pytest
from test_page_collected import traced

from vitnp.course.page import explore

NAMES = ("cat", "dog", "pagoda", "flower", "rocket", "cup", "face")


def written(path, t, config, picture, **about):
    """A page in a file; its path."""
    about = {"model": "own", "image": "a.png", "parameters": 1, "label": 3, "names": NAMES} | about
    path.write_text(explore.page(t, config, picture, explore.About(**about), "en"), "utf-8")
    return path


def ready(opened, path, **context):
    """The opened page when its script has drawn it."""
    found = opened(path, **context)
    found.page.wait_for_selector("body[data-ready]", timeout=30_000)
    return found


def show(found, **state):
    """What `state` changes of what the page shows."""
    found.page.evaluate("(state) => vitnp.show(state)", state)


def token_name(token, config):
    """How the page calls a token."""
    first = config.num_tokens - config.num_patches
    row, column = divmod(token - first, config.grid[1])
    return f"patch ({row + 1}, {column + 1})" if token >= first else "[CLS]"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(path, trace, configuration) of a small model in which no two sizes are alike."""
    t, config, picture = traced()
    return written(tmp_path_factory.mktemp("page") / "small.html", t, config, picture), t, config


@pytest.fixture(scope="module")
def small(opened, made):
    """Its page on a projector."""
    return ready(opened, made[0], viewport={"width": 1280, "height": 720})
