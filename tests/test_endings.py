"""Whatever ends a training: it says so, its status says so, and `--resume` goes on from what was kept, to the bit."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import ending
import pytest
from test_train_command import SMALL
from test_train_runs import same_models

import vitnp
from vitnp.commands import cli
from vitnp.system.lock import Locked

pytestmark = pytest.mark.usefixtures("plain_curves")

ROOT = Path(vitnp.__file__).parents[1]
WORDS = [*SMALL.split(), "--workers", "1", "--save-every", "4"]  # 12 steps, checkpoints after 4, 8 and 12


class Ending(NamedTuple):
    """A way to end after the sixth of twelve steps."""

    way: str  # of ending.py
    row: str  # of the table in docs/training.md
    status: int  # negative: of the signal that killed it
    step: int  # that `--resume` goes on after; 12: it was finished
    said: str = ""  # on standard error


ENDINGS = [
    Ending("kill", "SIGKILL, power cut", -signal.SIGKILL, 4),
    Ending("kill in a write", "the same, while a checkpoint is half written", -signal.SIGKILL, 4),
    Ending("ctrl-c", "Ctrl-C", 130, 7, "stopped after step 7; "),
    Ending("terminate", "SIGTERM", 143, 7, "stopped after step 7; "),
    Ending("hang up", "the terminal closed (SIGHUP)", 129, 7, "stopped after step 7; "),
    Ending(
        "corrupt picture", "an image that cannot be read", 2, 6, "7.png cannot be read; give a JPEG or PNG; "
    ),
    Ending(
        "no memory",
        "too little memory for a step",
        2,
        6,
        "needs more memory than there is; give --micro-batch; ",
    ),
    Ending(
        "no memory in an update",
        "the same, in the middle of an update",
        2,
        4,
        "the last good checkpoint is step-000000004",
    ),
    Ending(
        "defect",
        "a defect of vitnp",
        1,
        6,
        "a defect of ours\nstep-000000006.npz is saved: ",
    ),
    Ending("disk full", "the run's disk full", 2, 4, "File too large"),
    Ending("removed", "its folder removed", 2, 0, "was removed or moved while its training ran"),
    Ending(
        "moved",
        "its folder moved",
        2,
        7,
        "moved while its training ran; step-000000007.npz is saved: ",
    ),
]


def train(way, *words, **options):
    """The finished process of `ending.py WAY WORDS…`."""
    environ = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    command = [sys.executable, ending.__file__, way, *map(str, words)]
    return subprocess.run(command, text=True, env=environ, check=False, **streams)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folder of a run that nothing ended."""
    folder = tmp_path_factory.mktemp("undisturbed")
    process = train("nothing", *WORDS, "--out", folder / "run", cwd=folder)
    assert process.returncode == 0, process.stderr
    return folder / "run"


@pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.way)
def test_how_a_training_ends(capsys, undisturbed, tmp_path, end):
    process = train(end.way, *WORDS, "--out", tmp_path / "run", cwd=tmp_path)
    assert process.returncode == end.status, process.stderr
    assert end.said in process.stderr
    assert ("Traceback" in process.stderr) == (end.way == "defect")
    place = tmp_path / ("run-moved" if end.way == "moved" else "run")
    assert not (place / "model.npz").exists()
    capsys.readouterr()
    status = cli.main(["train", "--resume", str(place)])
    out, err = capsys.readouterr()
    if not end.step:
        assert (status, place.exists()) == (2, False)
        assert "holds no run to go on with" in err
        return
    assert status == 0, err
    assert f"resumed after step {end.step}\n" in out
    same_models(place, undisturbed)


def closed_pipe():
    """A pipe that nobody reads any more, as after `head`."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(
    "place", [closed_pipe, lambda: os.open("/dev/full", os.O_WRONLY)], ids=["head", "full"]
)
def test_a_display_that_cannot_be_written_ends_nothing(undisturbed, tmp_path, place, stream):
    nowhere = place()
    process = train("nothing", *WORDS, "--out", tmp_path / "run", cwd=tmp_path, **{stream: nowhere})
    os.close(nowhere)
    assert process.returncode == 0
    assert "Traceback" not in (process.stderr or "")
    same_models(tmp_path / "run", undisturbed)


def test_a_display_that_is_closed_ends_nothing(undisturbed, tmp_path):
    how = {"preexec_fn": lambda: (os.close(1), os.close(2))}
    assert (
        train(
            "nothing", *WORDS, "--out", tmp_path / "run", cwd=tmp_path, stdout=None, stderr=None, **how
        ).returncode
        == 0
    )
    same_models(tmp_path / "run", undisturbed)


def test_two_trainings_in_one_folder(capsys, undisturbed, tmp_path):
    """The second is refused, whether it is to begin or to go on; the lock is gone with its process."""
    train("kill", *WORDS, "--out", tmp_path, cwd=tmp_path)
    before = sorted(tmp_path.rglob("*"))
    locked = Locked(tmp_path, what="a training")
    for words in (["--resume"], [*WORDS, "--overwrite", "--out"]):
        assert cli.main(["train", *words, str(tmp_path)]) == 2
        assert capsys.readouterr().err == (
            f"vitnp: a training is in {tmp_path} at this moment; wait until it ends, or name another folder\n"
        )
    assert sorted(tmp_path.rglob("*")) == before
    locked.close()
    assert cli.main(["train", "--resume", str(tmp_path)]) == 0
    same_models(tmp_path, undisturbed)


def test_a_run_that_lost_its_notes_goes_on(capsys, undisturbed, tmp_path):
    train("kill", *WORDS, "--out", tmp_path, cwd=tmp_path)
    notes = (tmp_path / "run.json").read_text()
    (tmp_path / "run.json").unlink()
    assert cli.main(["train", *WORDS, "--out", str(tmp_path)]) == 2
    assert "already holds a run; go on with --resume" in capsys.readouterr().err
    assert cli.main(["train", "--resume", str(tmp_path)]) == 0
    assert (tmp_path / "run.json").read_text() == notes
    same_models(tmp_path, undisturbed)


def test_the_table_of_the_page():
    """docs/training.md says what these tests show."""
    page = (ROOT / "docs" / "training.md").read_text("utf-8")
    for end in ENDINGS:
        status = f"killed by {-end.status}" if end.status < 0 else f"{end.status}"
        found = "nothing is left" if not end.step else f"step {end.step}"
        assert f"| {end.row} | {status} | {found} |" in page
    assert page.count(" does not end |\n") == 2  # the displays and the two trainings above
