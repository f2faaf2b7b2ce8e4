"""The NumPy that is there: replaced on the disk after it was loaded, or with a BLAS that warns without cause."""

import types
import warnings

import numpy as np
import pytest

from vitnp.backend import accelerate, replaced


def test_the_numpy_of_this_process_is_the_one_on_the_disk():
    replaced.need_one_numpy()


def test_a_numpy_that_was_replaced_says_restart(monkeypatch, tmp_path):
    """As in a notebook whose first cell installs another NumPy than the kernel has in memory."""
    file = tmp_path / "version.py"
    file.write_text('"""The version."""\nversion = "99.1.2"\n__version__ = version\n')
    monkeypatch.setattr(np, "version", types.SimpleNamespace(__file__=str(file)))
    with pytest.raises(
        ImportError, match=rf"NumPy {np.__version__} is in memory, and 99.1.2.*restart the ses"
    ):
        replaced.need_one_numpy()


def test_a_numpy_without_a_file_is_taken_as_it_is(monkeypatch):
    monkeypatch.setattr(np, "version", types.SimpleNamespace(__file__="packed.zip/numpy/version.py"))
    replaced.need_one_numpy()


@pytest.mark.parametrize("blas", [{"name": "accelerate"}, {"name": "scipy-openblas"}, {}])
def test_only_products_of_accelerate_are_quiet(monkeypatch, blas):
    monkeypatch.setattr(np, "show_config", lambda mode: {"Build Dependencies": {"blas": blas}})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        accelerate.ignore_false_warnings()
        for what in ("divide by zero", "overflow", "invalid value"):
            warnings.warn(f"{what} encountered in matmul", RuntimeWarning, stacklevel=1)
            warnings.warn(f"{what} encountered in multiply", RuntimeWarning, stacklevel=1)
    heard = {str(warning.message).split()[-1] for warning in said}
    assert heard == ({"multiply"} if blas.get("name") == "accelerate" else {"matmul", "multiply"})
    assert len(said) == (3 if heard == {"multiply"} else 6)


def test_this_numpy_names_its_blas():
    """What the backend reads at import."""
    assert np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
