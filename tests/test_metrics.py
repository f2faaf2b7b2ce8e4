"""Rows of metrics where the disk is full."""

import os

import pytest

from vitnp import InputError
from vitnp.training.metrics import Table


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_said_once(tmp_path):
    table = Table(tmp_path / "rows", ("a",))
    table.close()
    table.files = [open("/dev/full", "a") for _ in table.names]  # noqa: SIM115
    with pytest.raises(InputError, match="make room"):
        try:
            table.write({"a": 1})
        finally:
            table.close()
