"""Every command that pages, notebooks and recipes print runs, on tiny data of the right form, cut to two steps."""

import re
import shlex

import pytest
from printed_commands import PLACEHOLDERS, cut, printed, words
from tiny_world import published_cache, things, typed, world  # noqa: F401  two fixtures

from vitnp.commands import cli

PRINTED = printed()
NOT_RUN = {  # these are only parsed
    "--backend cupy": "needs a GPU",
    "--watch": "goes on until Ctrl-C",
    " --open": "starts JupyterLab",
    " --real ": "needs ImageNet's validation images",
    "vitnp demo --out demo --lang": "takes as long as vitnp demo; test_demo has both languages",
    "weights fetch http://127.0.0.1": "needs the server of its page",
    "weights fetch EfficientNet-": "needs the hub",
    "NoisyStudent-": "needs the hub",
}
STATUS = {
    "vitnp predict a.png b.png e.png --weights digits.npz --top 2": 2
}  # as its page says: e.png is no image


@pytest.mark.parametrize("command", PRINTED, ids=str)
@pytest.mark.usefixtures("world")
def test_it_runs(command, capsys):
    given = words(command)
    if any(part in command for part in NOT_RUN):
        cli.parser(given).parse_args(given)
        return
    things(cut(given)) if "--help" not in given else None
    capsys.readouterr()
    status = typed(cut(given))
    said = capsys.readouterr()
    assert status == STATUS.get(command, 0), f"{PRINTED[command]}: {said.err}"


def test_enough_is_found():
    """What is known to be printed; a page whose commands are not found would pass."""
    assert len(PRINTED) > 120
    places = set(PRINTED.values())
    assert {"README.md", "docs/faq.md", "docs/weights.md", "notebooks/src/17_compare.py"} <= places
    assert "vitnp train --resume runs/digits" in PRINTED
    assert all(any(part in command for command in PRINTED) for part in (*NOT_RUN, *STATUS))
    used = {word for command in PRINTED for word in shlex.split(command)}
    assert used >= {"FILE", "RUN", "PICTURES", "IMAGE", "…"}
    left = {word for command in PRINTED for word in words(command) if re.fullmatch(r"[A-Z]{2,}", word)}
    assert left == set(), f"what {left} is here, is to be said in {PLACEHOLDERS!r}"
