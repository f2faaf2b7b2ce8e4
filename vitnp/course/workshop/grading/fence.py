"""What a student's code may not do while it is graded, in the process that it runs in.

The system's limits end what takes too much; Python's audit hook refuses what a step never needs: another process, the
network, a file to write, files to read that are not Python's or the student's own. It is a fence against accidents and
idle curiosity. Code that means to break out of Python can: for such students run `grade` in a container.

Imports nothing of vitnp: the time and memory are the caller's.
"""

import os
import sys

MB = 2**20
MOST_FILE = 16 * MB  # bytes of a file written
REFUSED = (  # by the beginnings of the names of Python's audit events
    *(
        "socket.",
        "subprocess.",
        "ctypes.",
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
    ),
    *(
        "os.system",
        "os.kill",
        "os.killpg",
        "pty.",
        "shutil.",
        "ftplib.",
        "smtplib.",
        "urllib.",
        "http.",
        "signal.",
    ),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod"),
    *(
        "os.chown",
        "os.chflags",
        "os.setxattr",
        "os.removexattr",
        "os.utime",
        "os.chdir",
        "os.putenv",
        "os.unsetenv",
    ),
    *("gc.", "sys.addaudithook", "sqlite3.", "tempfile.", "webbrowser.", "mmap."),
    *("fcntl.", "resource.", "syslog.", "winreg.", "msvcrt."),
)
READS = ("open", "os.listdir", "os.scandir", "os.walk")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
SYSTEM = ("/proc/self", "/sys", "/dev/null", "/dev/urandom", "/etc/localtime", "/usr/share/zoneinfo")


def limit(*, seconds, memory):
    """Let the system end this process after so many CPU seconds, and refuse more than `memory` MB.

    On Windows there are no such limits, and macOS keeps none on memory; the clock of the caller remains.
    """
    try:
        import resource
    except ImportError:
        return
    bounds = {
        "RLIMIT_CPU": int(seconds) + 1,
        "RLIMIT_AS": int(memory * MB),
        "RLIMIT_FSIZE": MOST_FILE,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_NPROC": 0,  # no further process or thread; root may have them all the same, up to the fence
    }
    for name, most in bounds.items():
        kind = getattr(resource, name, None)
        if kind is not None:
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            try:
                resource.setrlimit(kind, (most, most))
            except (ValueError, OSError):  # a system that has the name and not the limit
                continue


def close(folder):
    """From here on the process may read Python's files and the folder's, and do nothing else outside of itself."""
    places = [folder, *SYSTEM, sys.prefix, sys.base_prefix, *(path for path in sys.path if path)]
    allowed = tuple({os.path.realpath(place) for place in places})
    realpath, fsdecode = os.path.realpath, os.fsdecode

    def may_read(path):
        if path is None or isinstance(path, int):  # where the process is; what is open already
            return True
        real = realpath(fsdecode(path))
        return any(real == place or real.startswith(place + os.sep) for place in allowed)

    def hook(event, arguments):
        if event in READS:
            path, flags = arguments[0], arguments[2] if event == "open" and len(arguments) > 2 else 0
            if isinstance(path, int):
                return
            if flags & WRITES or not may_read(path):
                raise PermissionError(f"{event} of {path!r} is not allowed while a step is graded")
        elif event.startswith(REFUSED):
            raise PermissionError(f"{event} is not allowed while a step is graded")

    no_other_way(hook)
    sys.addaudithook(hook)


def no_other_way(hook):
    """Of the one way to another process that has no event, that of `multiprocessing`, make a refusal."""
    try:
        import _posixsubprocess
    except ImportError:
        return

    def fork_exec(*arguments):
        hook("subprocess.Popen", arguments)

    _posixsubprocess.fork_exec = fork_exec
