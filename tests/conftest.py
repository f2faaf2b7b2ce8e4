"""What every test shares: fixed hypothesis examples, no windows, English, Ctrl-C, one BLAS thread per worker."""

import os
import signal

import hypothesis
import pytest
from browsing import chromium as chromium
from browsing import opened as opened

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ["LC_ALL"] = "C.UTF-8"  # what commands say is English, on a Korean machine too
if (
    "PYTEST_XDIST_WORKER" in os.environ
):  # as many workers as cores: more BLAS threads would wait for each other
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# A shell starts what is to run in the background without Ctrl-C; the tests of Ctrl-C need Python's own.
signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("vitnp", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("vitnp")


@pytest.fixture
def plain_curves(monkeypatch):
    """A training's picture is empty: to draw it takes longer than to train a tiny model. `test_show.py` looks at it."""
    from matplotlib.figure import Figure

    monkeypatch.setattr("vitnp.show.curves", lambda history: Figure(figsize=(1, 1)))


@pytest.fixture
def of_ten(monkeypatch):
    """VTAB with 8 + 2 images in place of 800 + 200."""
    from vitnp.data.vtab import draw

    monkeypatch.setattr(draw, "TRAIN", 8)
    monkeypatch.setattr(draw, "CHOOSE", 2)
