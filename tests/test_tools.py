"""What make runs: the installer shows what it does and what went wrong, the short check stops at the first mistake."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import check

TOOLS = Path(check.__file__).parent


def install(folder, script):
    """tools/install.py in a folder whose .venv has this script for a Python."""
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    python.chmod(0o755)
    command = [sys.executable, str(TOOLS / "install.py"), "20", "400", "-e", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.skipif(os.name != "posix", reason="the Python of the test is a shell script")
def test_what_is_installed_is_said_before_and_after(tmp_path):
    done = install(tmp_path, 'echo "Collecting numpy"; echo "$@"')
    lines = done.stdout.splitlines()
    assert lines[0] == "installing -e . into .venv: about 20 packages, 400 MB; once only"
    assert lines[-1].endswith("MB in .venv")
    assert done.returncode == 0
    said = (tmp_path / ".venv/install.log").read_text("utf-8")
    assert said == "Collecting numpy\n-m pip install --disable-pip-version-check --progress-bar off -e .\n"


@pytest.mark.skipif(os.name != "posix", reason="the Python of the test is a shell script")
def test_an_install_that_fails_says_why_in_two_lines(tmp_path):
    script = 'echo "WARNING: Retrying"; echo "ERROR: No matching distribution" >&2; exit 3'
    done = install(tmp_path, script)
    assert done.returncode != 0
    assert done.stderr.splitlines() == [
        "ERROR: No matching distribution",
        "the packages could not be installed; is there a network? All that pip said: .venv/install.log",
    ]


def test_the_check_stops_at_the_first_mistake(monkeypatch, capsys):
    good, bad = ("compileall", "-q", "tools/check.py"), ("vitnp", "no-such-command")
    stages = [("one", good, "look at one"), ("two", bad, "look at two"), ("three", good, "look at three")]
    monkeypatch.setattr(check, "STAGES", stages)
    assert check.main() == 1
    said = capsys.readouterr().out
    assert "no-such-command" in said
    assert said.splitlines()[-2:] == [
        "two: look at two",
        "this alone again: .venv/bin/python -m vitnp no-such-command",
    ]
    assert "three" not in said
    monkeypatch.setattr(check, "STAGES", stages[::2])
    assert check.main() == 0


def test_every_stage_has_its_files():
    assert len(check.STEPS) == 8
    words = [word for _, command, _ in check.STAGES for word in command if word.startswith("tests/")]
    assert all((TOOLS.parent / word).exists() for word in words)
