"""The lock on a folder: of one process, gone with it, and it knows where the folder is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import vitnp
from vitnp import InputError
from vitnp.system import lock
from vitnp.system.lock import Locked

HOLD = """
import sys
from vitnp.system.lock import Locked
locked = Locked(sys.argv[1], what="a training")
print("held", flush=True)
sys.stdin.read()
"""


def test_one_process_at_a_time(tmp_path):
    """Another process holds it until it is killed."""
    environ = os.environ | {"PYTHONPATH": str(Path(vitnp.__file__).parents[1])}
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=r"^a training is in .* at this moment; wait until it ends"):
            Locked(tmp_path, what="a training")
        other.kill()
        other.wait()
        Locked(tmp_path, what="a training").close()
    assert list(tmp_path.iterdir()) == []


def test_where_the_folder_is(tmp_path):
    (tmp_path / "run").mkdir()
    locked = Locked(tmp_path / "run", what="a training")
    assert locked.is_there()
    os.rename(tmp_path / "run", tmp_path / "moved")
    assert not locked.is_there()
    (tmp_path / "run").mkdir()  # another one
    assert not locked.is_there()
    if sys.platform == "linux":
        assert locked.moved_to() == tmp_path / "moved"
    (tmp_path / "moved").rmdir()
    assert locked.moved_to() is None
    locked.close()


def test_a_folder_that_cannot_be_used(tmp_path):
    with pytest.raises(
        InputError, match=r"^cannot use .*missing \(No such file or directory\); name another"
    ):
        Locked(tmp_path / "missing", what="a training")


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def no_locks(handle):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(lock, "lock", no_locks)
    assert Locked(tmp_path, what="a training").is_there()
