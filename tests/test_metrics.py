"""The rows of a training: CSV and JSON lines alike, continued without a row twice, and TensorBoard's events."""

import json
import os
import sys

import pytest

from vitnp import InputError
from vitnp.training.metrics import Events, Table, rows_until


def test_rows_in_both_forms(tmp_path):
    table = Table(tmp_path / "rows", ("step", "loss"), [{"step": 1, "loss": 0.1}])
    table.write({"step": 2, "loss": 1 / 3})
    assert (tmp_path / "rows.csv").read_bytes() == b"step,loss\n1,0.1\n2,0.3333333333333333\n"  # at once
    table.close()
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [{"step": 1, "loss": 0.1}, {"step": 2, "loss": 1 / 3}]


def test_rows_up_to_a_step(tmp_path):
    """A line that was cut off is none."""
    assert rows_until(tmp_path / "rows", ("step",), 9) == []
    (tmp_path / "rows.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"st')
    assert rows_until(tmp_path / "rows", ("step",), 2) == [{"step": 1}, {"step": 2}]


def test_what_is_no_number_is_null(tmp_path):
    """In float16 the norm of a step that is left out; JSON has no infinity."""
    table = Table(tmp_path / "rows", ("step", "norm"))
    table.write({"step": 1, "norm": float("inf")})
    table.close()
    assert (tmp_path / "rows.csv").read_text() == "step,norm\n1,\n"
    assert (tmp_path / "rows.jsonl").read_text() == '{"step": 1, "norm": null}\n'


def test_no_events_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    events = Events(tmp_path, 0)
    events.write(1, loss=0.5)
    events.close()
    assert list(tmp_path.iterdir()) == []


def test_events_that_tensorboard_reads(tmp_path):
    """A second file says where it goes on, so that TensorBoard leaves out what the first has beyond."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for start, steps in ((0, (1, 2, 3)), (2, (3, 4))):
        events = Events(tmp_path, start)
        for step in steps:
            events.write(step, loss=step + start / 10)
        events.close()
    found = EventAccumulator(str(tmp_path))
    found.Reload()
    points = [(event.step, round(event.value, 4)) for event in found.Scalars("loss")]
    assert points == [(1, 1.0), (2, 2.0), (3, 3.2), (4, 4.2)]


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
