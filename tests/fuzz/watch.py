"""What one input takes and touches: memory, CPU time, programs, the network, files outside its folder."""

import contextlib
import errno
import os
import resource
import signal
import sys
from pathlib import Path

STARTED = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn")
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.sendto")
CHANGED = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.symlink", "shutil.rmtree")
FONTS = "fc-list"  # matplotlib asks it once, for a machine's fonts
OUTSIDE = "changes a file outside"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
ADDRESSES = (
    3 << 30
)  # bytes: what a process of the search may reserve beyond what it has; it protects the machine


class TooSlow(BaseException):
    """The budget of CPU time is spent. Not an Exception, so that nothing on the way takes it for its own."""


class Touched:
    """What was touched while `folder` is set; a hook of Python's audit events cannot be removed."""

    def __init__(self):
        self.folder, self.found, self.installed = None, [], False

    def install(self):
        """Listen from now on."""
        if not self.installed:
            sys.addaudithook(self.hear)
            self.installed = True

    def hear(self, event, arguments):
        """One event of the interpreter."""
        if self.folder is None:
            return
        if event in STARTED and arguments[0] != FONTS:
            self.found.append(f"starts a program ({event})")
        elif event in NETWORK:
            raise OSError("the fuzz has no network")
        elif changes(event, arguments) and not self.inside(arguments[0]):
            self.found.append(f"{OUTSIDE} ({event})")
            raise PermissionError(errno.EACCES, "the fuzz allows no change outside of its folder")

    def inside(self, path):
        """Whether a path is the input's own, or a cache of Python's or matplotlib's."""
        if not isinstance(
            path, str | bytes | os.PathLike
        ):  # an open file: it was looked at when it was opened
            return True
        place = os.path.abspath(os.fsdecode(path))
        return (
            place.startswith((str(self.folder), "/dev/")) or "__pycache__" in place or "matplotlib" in place
        )


def changes(event, arguments):
    """Whether the event changes the file or folder that it names first."""
    return event in CHANGED or (event == "open" and bool(arguments[2]) and bool(arguments[2] & WRITING))


TOUCHED = Touched()


@contextlib.contextmanager
def touching(folder):
    """A list that receives what is touched outside of the folder inside the block."""
    TOUCHED.install()
    TOUCHED.folder, TOUCHED.found = Path(folder).resolve(), []
    try:
        yield TOUCHED.found
    finally:
        TOUCHED.folder = None


@contextlib.contextmanager
def within(seconds):
    """Raise TooSlow in the block when it has taken so many seconds of CPU time."""

    def spent(number, frame):
        raise TooSlow

    before = signal.signal(signal.SIGPROF, spent)
    signal.setitimer(
        signal.ITIMER_PROF, seconds, 1.0
    )  # and again, where an `except` without a type took the first
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Memory:
    """How many bytes the process has taken at the most since this was made."""

    def __init__(self):
        with contextlib.suppress(OSError):  # elsewhere than on Linux the peak is that of the whole process
            Path("/proc/self/clear_refs").write_text("5", "ascii")
        self.before = peak()

    def taken(self):
        """Beyond what it had."""
        return max(peak() - self.before, 0)


def peak():
    """The bytes of memory that the process has had at the most, on Linux since the last reset."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    unit = 1 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def limit_addresses():
    """A limit for the whole process, so that the machine survives what the budget of one input would find too late."""
    with contextlib.suppress(OSError, ValueError):  # macOS has no such limit
        have = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (have + ADDRESSES, resource.RLIM_INFINITY))
