"""Files written under another name: renamed when complete, never half a file under the real name."""

import os
import stat

import pytest

from vitnp.errors import InputError
from vitnp.system import writing


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("resume", [False, True])
def test_the_name_is_given_at_the_end(tmp_path, resume):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with writing.beside(path, resume=resume) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
@pytest.mark.parametrize(("resume", "left"), [(False, ["a.txt"]), (True, ["a.txt", "a.txt.part"])])
def test_a_block_that_fails_changes_nothing(tmp_path, error, resume, left):
    """Only a download, which can be resumed, keeps what it has."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(InputError if error is OSError else error):  # noqa: SIM117
        with writing.beside(path, resume=resume) as part:
            part.write_text("half")
            raise error
    assert path.read_text() == "old"
    assert names(tmp_path) == left


def test_a_resumed_block_finds_what_was_left(tmp_path):
    (tmp_path / "a.txt.part").write_text("half, ")
    with writing.beside(str(tmp_path / "a.txt"), resume=True) as part, part.open("a") as file:
        file.write("whole")
    assert (tmp_path / "a.txt").read_text() == "half, whole"


@pytest.mark.parametrize("path", ["missing/a.txt", "file/a.txt", "a" * 300])
def test_what_the_system_refuses_is_one_line(tmp_path, path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as problem:  # noqa: SIM117
        with writing.beside(tmp_path / path, advice="do something else") as part:
            part.write_text("")
    message = str(problem.value)
    assert message.startswith(f"cannot write {tmp_path / path} ("[:180])
    assert message.endswith("); do something else")
    assert "\n" not in message


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout", "pipe"])
def test_a_device_is_not_replaced_by_a_file(tmp_path, monkeypatch, path):
    """Root could; replace is a no-op, so that a failure of this test harms no device."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    replaced = []
    monkeypatch.setattr(writing.os, "replace", lambda *names: replaced.append(names))
    with pytest.raises(InputError, match=f"^{path} is no regular file; "):  # noqa: SIM117
        with writing.beside(path):
            pass
    assert not replaced and stat.S_ISFIFO(os.stat("pipe").st_mode)


@pytest.mark.parametrize("path", [".", "folder"])
def test_a_folder_is_not_replaced_by_a_file(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="Is a directory"):  # noqa: SIM117
        with writing.beside(path) as part:
            part.write_text("")
    assert names(tmp_path) == ["folder"]
