"""The model of cost behind docs/scaling.md: its limits, and that the page shows what the command prints."""

import sys
from pathlib import Path

import pytest

from vitnp.models import preset

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import scaling

ROOT = Path(__file__).resolve().parents[1]
B16 = preset("B/16")
FREE = scaling.Network("free", float("inf"), 0.0)


def test_the_page_shows_what_the_command_prints():
    page = (ROOT / "docs" / "scaling.md").read_text("utf-8")
    assert "\n".join(scaling.tables()) in page


def test_one_rank_sends_nothing():
    one = scaling.step(B16, scaling.CPU, scaling.ETHERNET, ranks=1)
    assert one.sum == 0.0
    assert one.backward == 2 * one.forward
    # 4,096 images at the 2.49 s for 8 of docs/scaling.md
    assert one.forward + one.backward == pytest.approx(4096 / 8 * 2.49)


def test_bytes_of_a_ring():
    """Over a link of one byte a second, ranks that copy for nothing: 2(n − 1)/n times the gradients' bytes."""
    slow = scaling.Network("slow", 1.0, 0.0)
    rank = scaling.Rank("a rank", 1e12, float("inf"))
    for ranks in (2, 8):
        sent = 2 * (ranks - 1) / ranks * 4 * 86_567_656
        assert scaling.step(B16, rank, slow, ranks=ranks).sum == pytest.approx(sent)
        assert scaling.step(B16, rank, slow, ranks=ranks, itemsize=2).sum == pytest.approx(sent / 2)


def test_latency_counts_pieces_and_rounds():
    """346 MB are six pieces of 64 MiB; 8 ranks need 2·3 messages for each."""
    late = scaling.Network("late", float("inf"), 1.0)
    rank = scaling.Rank("a rank", 1e12, float("inf"))
    assert scaling.step(B16, rank, late, ranks=8).sum == 6 * 2 * 3


def test_what_limits_efficiency():
    """Of a perfect network only the update is left, which every rank makes in full; sharded, nothing is."""
    copies_nothing = scaling.CPU._replace(memory=float("inf"))
    assert scaling.efficiency(B16, copies_nothing, FREE, ranks=64) == pytest.approx(1.0)
    full, sharded = (scaling.efficiency(B16, scaling.CPU, FREE, ranks=64, sharded=s) for s in (False, True))
    assert full < sharded < 1.0
    found = [scaling.efficiency(B16, scaling.GPU, scaling.INFINIBAND, ranks=2**i) for i in range(13)]
    assert found[0] == 1.0
    assert found == sorted(found, reverse=True)


def test_overlapped_it_takes_the_longer_of_both():
    assert scaling.Step(1, 2, 3, 4).seconds() == 10
    assert scaling.Step(1, 2, 3, 4).seconds(overlap=True) == 8
    assert scaling.Step(1, 3, 2, 4).seconds(overlap=True) == 8
