"""The live page of a small random model in a real browser, and what tests read off it."""

import numpy as np
import pytest

from vitnp import models
from vitnp.course.page import live

SMALL = models.preset("digits", patch_size=4, hidden_size=8, num_layers=2, num_heads=2, mlp_dim=6)


@pytest.fixture(scope="module")
def shown(opened, tmp_path_factory):
    """The page of a small random model."""
    rng = np.random.default_rng(0)
    p = models.of(SMALL).init(rng, SMALL)
    p["classify"]["head"]["W"] = rng.normal(0, 0.05, size=(8, 10)).astype("float32")  # it begins at zero
    return show(opened, tmp_path_factory.mktemp("live") / "small.html", p, SMALL)


@pytest.fixture
def page(shown):
    """The page as it began; at the end nothing was asked for and nothing was said."""
    page = shown.page
    if page.evaluate("document.documentElement.lang") != "ko":
        page.locator("#language").click()
    if page.locator("#reset-all").is_visible():
        page.locator("#reset-all").click()
    page.locator("#next-digit").click()
    yield page
    assert shown.silent()


def show(opened, path, p, config):
    path.write_text(live.live_page(p, config, "ko"), "utf-8")
    shown = opened(path, viewport={"width": 1280, "height": 720})
    shown.page.locator("#verdict:not(:empty)").wait_for()
    return shown


def cells(page, table, row):
    """The texts of a row of a table."""
    return page.locator(f"#{table} tbody tr").nth(row).locator("td").all_inner_texts()


def wait(page, condition):
    """Until JavaScript is true; the page's policy forbids `wait_for_function`."""
    for _ in range(200):
        if page.evaluate(f"!!({condition})"):
            return
        page.wait_for_timeout(20)
    raise AssertionError(condition)


def number(text):
    return float(text.replace("−", "-"))
