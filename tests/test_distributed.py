"""Two ranks of MPI do what one process does, and when one of them fails the run ends and says why."""

import functools
import io
import os
import pathlib
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from ranks import steps, training

from vitnp import InputError, tree
from vitnp.engine import ranks
from vitnp.system import launcher

pytestmark = pytest.mark.alone
RANKS = pathlib.Path(__file__).parent / "ranks"
MPIEXEC = pathlib.Path(sysconfig.get_path("scripts")) / "mpiexec"


def start(program, *arguments, size=2):
    """mpiexec with two ranks of tests/ranks/PROGRAM.py."""
    assert MPIEXEC.exists(), f"no {MPIEXEC}: pip install -r requirements.txt"
    command = [MPIEXEC, "-n", str(size), sys.executable, RANKS / f"{program}.py", *arguments]
    pipe = subprocess.PIPE
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PMI")}
    environ["PYTHONPATH"] = os.pathsep.join(map(str, (RANKS.parent, RANKS.parent.parent)))
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, encoding="utf-8", env=environ)


def finish(process):
    """(exit status, stdout, stderr); a run that hangs fails the test."""
    try:
        out, err = process.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.communicate()
        pytest.fail("the ranks hang")
    return process.returncode, out, err


@pytest.mark.parametrize("size", [2, 3])
def test_the_communicator(size):
    assert finish(start("communicator", size=size)) == (0, "", "")


@pytest.mark.parametrize(("size", "batch_size"), [(2, 4), (3, 5)])
@pytest.mark.parametrize("dropout", ["no dropout", "dropout"])
def test_training_steps_are_those_of_one_process(size, batch_size, dropout, tmp_path):
    """Batches of 4, 4, 3 images over two ranks, and of 5, 5, 1 over three: two of them then have none."""
    out = tmp_path / "p.npz"
    assert finish(start("steps", out, dropout, str(batch_size), size=size)) == (0, "", "")
    alone = ranks.Alone()
    losses, p = steps.train(alone, dropout=dropout == "dropout", batch_size=batch_size)
    with np.load(out) as found:
        np.testing.assert_allclose(found["losses"], losses, rtol=1e-12)
        for name, leaf in tree.leaves(p):
            np.testing.assert_allclose(found[name], leaf, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("freeze", ["none", "backbone"])
@pytest.mark.parametrize("size", [2, 3])
def test_a_training_is_that_of_one_process(size, freeze, tmp_path):
    """Dropout, an average and unequal shares, one of them empty: losses, accuracies and parameters."""
    assert finish(start("training", tmp_path / "out.npz", freeze, size=size))[0] == 0
    history, p = training.run(ranks.Alone(), freeze)
    with np.load(tmp_path / "out.npz") as found:
        np.testing.assert_allclose(found["history"], history, rtol=1e-12)
        for name, leaf in tree.leaves(p):
            np.testing.assert_allclose(found[name], leaf, rtol=1e-12, atol=1e-12, err_msg=name)


def test_a_killed_training_goes_on_to_the_same_bits(tmp_path):
    """A rank killed in step 6 leaves the checkpoint of step 4; from there on it is as if never stopped."""
    options = ("--steps", "8", "--save-every", "2", "--dropout", "0.1", "--set", "num_layers=1")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    status, out, _ = finish(start("train", "0", "0", *options, "--out", whole))
    assert status == 0
    assert "2 ranks of 1 thread" in out
    status, _, err = finish(start("train", "1", "6", *options, "--out", killed))
    assert status == signal.SIGKILL
    assert "Traceback" not in err
    assert [file.stem for file in sorted((killed / "checkpoints").glob("*.npz"))] == [
        "step-000000002",
        "step-000000004",
    ]
    status, out, err = finish(start("train", "0", "0", "--resume", killed))
    assert (status, err) == (0, "")
    assert "resumed after step 4" in out
    with np.load(whole / "model.npz") as a, np.load(killed / "model.npz") as b:
        for name in a.files:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_bad_options_are_said_once(tmp_path):
    status, out, err = finish(start("train", "0", "0", "--batch-size", "0", "--out", tmp_path / "run"))
    assert (status, out, err.count("\n"), err.count("batch_size is 0")) == (2, "", 1, 1)


def test_ranks_with_gpus():
    assert finish(start("gpus", "2")) == (0, "", "")


def test_fewer_gpus_than_ranks():
    status, _, err = finish(start("gpus", "1"))
    assert status == 2
    assert "rank 1 would be process 2 on a machine with 1 GPUs; start one rank a GPU" in err


def test_alone():
    with ranks.connect() as comm:
        assert type(comm) is ranks.Alone
        assert (comm.rank, comm.size, comm.share(5)) == (0, 1, (0, 5))
        assert 1 <= comm.cores <= os.cpu_count()
        p = {"W": np.ones(3)}
        comm.sum_gradients(p)
        tree.map(np.testing.assert_array_equal, p, {"W": np.ones(3)})
        assert comm.broadcast(p) is p
        assert comm.sum_numbers(1, 2.5) == (1.0, 2.5)
        comm.barrier()


@pytest.mark.parametrize(
    ("others", "cores"),
    [([{0, 1, 2, 3}, {0, 1, 2, 3}], 2), ([{0, 1, 2, 3}, {4, 5, 6, 7}], 4), ([{0, 1, 2, 3}] * 8, 1)],
)
def test_a_rank_shares_its_cores_with_those_that_may_use_them(monkeypatch, others, cores):
    class World:
        rank, size, COMM_TYPE_SHARED = 0, len(others), None

        def Split_type(self, kind=None):
            return self

        def allgather(self, mine):
            return others

        Dup = Free = Split_type

    limits = []
    monkeypatch.setattr(ranks.cores, "own", lambda: {0, 1, 2, 3})
    monkeypatch.setattr(
        ranks.blas, "controller", lambda: SimpleNamespace(limit=lambda **how: limits.append(how))
    )
    World.COMM_WORLD = World()
    assert ranks.Mpi(World).cores == cores
    assert limits == [{"limits": cores, "user_api": "blas"}]


def test_alone_an_error_is_raised_as_it_is():
    with pytest.raises(InputError, match="need"), ranks.connect():
        raise InputError("need")


@pytest.mark.parametrize("told", [{}, {"PMI_RANK": "0", "PMI_SIZE": "1"}])
def test_one_process_loads_no_mpi(told):
    code = "import sys; from vitnp.engine import ranks; ranks.connect(); print('mpi4py' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | told)
    assert done.stdout == "False\n"


def test_mpiexec_with_one_process_is_alone(monkeypatch):
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "1")
    assert type(ranks.connect()) is ranks.Alone


@pytest.mark.parametrize("name", launcher.RANKS)
def test_without_mpi4py(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setenv(name, "0")
    with pytest.raises(InputError, match=r'mpi4py cannot be used .*pip install "vitnp\[mpi\]"'):
        ranks.connect()
    monkeypatch.setenv(name, "1")  # said once
    with pytest.raises(SystemExit, match="2"):
        ranks.connect()


def test_mpiexec_of_another_mpi():
    """It starts two processes, each of which is alone in its own world: both would write the same files."""
    code = (
        "import os; os.environ.update(OMPI_COMM_WORLD_RANK='0', OMPI_COMM_WORLD_SIZE='2')\n"
        "from vitnp.engine import ranks; ranks.connect()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "mpiexec started 2 processes, but mpi4py sees 1" in done.stderr


def test_bad_input_on_every_rank_is_said_once():
    assert finish(start("fail", "input", "all")) == (2, "", "vitnp: batch_size is 0; need at least 1\n")


@pytest.mark.parametrize("rank", ["0", "1"])
def test_bad_input_on_one_rank_ends_all(rank):
    status, _, err = finish(start("fail", "input", rank))
    assert status == 2
    assert f"vitnp: rank {rank} of 2: batch_size is 0; need at least 1\n" in err
    assert "Traceback" not in err


def test_a_bug_on_one_rank_ends_all_with_its_traceback():
    status, _, err = finish(start("fail", "bug", "1"))
    assert status == 1
    assert "vitnp: rank 1 of 2: a bug\n" in err
    assert "ZeroDivisionError: a bug" in err


@pytest.mark.parametrize("rank", ["0", "1"])
def test_the_reason_is_heard_though_mpiexec_is_slow(rank):
    status, _, err = finish(start("fail", "unheard", rank))
    assert status == 2
    assert f"vitnp: rank {rank} of 2: batch_size is 0; need at least 1\n" in err


def test_a_rank_aborts_once_its_reason_has_been_read(monkeypatch):
    """MPI_Abort may end mpiexec before it reads the pipe."""
    reader, writer = os.pipe()

    class World:
        def Abort(self, status):
            ended.append((status, launcher.unread(sys.stderr)))

    def listen():
        while not launcher.unread(sys.stderr):
            time.sleep(0.01)
        time.sleep(0.2)  # who does not wait has aborted by now
        heard.append(os.read(reader, 1000))

    ended, heard, comm = [], [], ranks.Mpi.__new__(ranks.Mpi)
    comm.rank, comm.size, comm.world = 1, 2, World()
    monkeypatch.setattr(os, "_exit", lambda status: None)
    monkeypatch.setattr(launcher, "wait_until_read", functools.partial(launcher.wait_until_read, 240.0))
    listener = threading.Thread(target=listen)
    with open(reader, "rb"), open(writer, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        listener.start()
        comm.abort("a reason")
        listener.join()
    assert heard == [b"vitnp: rank 1 of 2: a reason\n"]
    assert ended == [(2, 0)]


def test_what_a_pipe_holds_unread(monkeypatch, tmp_path):
    reader, writer = os.pipe()
    with open(reader, "rb", buffering=0) as listener, open(writer, "w") as stream:
        assert launcher.unread(stream) == 0
        print("a reason", file=stream, flush=True)
        assert launcher.unread(stream) == 9
        monkeypatch.setattr(sys, "stderr", stream)
        launcher.wait_until_read(0.01)  # nobody reads: it ends all the same
        listener.read(9)
        assert launcher.unread(stream) == 0
    with open(tmp_path / "file", "w") as stream:
        print("a reason", file=stream, flush=True)
        stream.seek(0)  # as far as it was written, FIONREAD would give 0 of a file too
        assert launcher.unread(stream) == 0
    assert launcher.unread(io.StringIO("a reason")) == 0
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows
    assert launcher.unread(sys.__stderr__) == 0


def test_a_rank_that_leaves_ends_all():
    status, _, err = finish(start("fail", "exit", "1"))
    assert status == 5
    assert "rank 1 of 2" in err


def test_a_killed_rank_ends_all():
    status, out, err = finish(start("fail", "killed", "1"))
    assert status == signal.SIGKILL
    assert "EXIT CODE: 9" in out + err


def test_an_interrupted_run_ends():
    process = start("fail", "interrupted", "all")
    process.stdout.read(2 * len("ready\n"))  # of both ranks, in any order
    process.send_signal(signal.SIGINT)
    status, _, err = finish(process)
    assert status
    assert err.count("KeyboardInterrupt") == 1


@pytest.mark.parametrize("size", [1, 2, 3, 5, 11, 100])
def test_chunks_are_full_and_complete(size):
    arrays = np.split(np.arange(11), [0, 1, 4, 4, 9])
    found = [np.concatenate(pieces) for pieces in ranks.chunks(arrays, size)]
    np.testing.assert_array_equal(np.concatenate(found), np.arange(11))
    assert {len(chunk) for chunk in found[:-1]} <= {size}
    assert 1 <= len(found[-1]) <= size
