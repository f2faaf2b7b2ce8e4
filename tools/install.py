"""Install vitnp into .venv and show how far it is: one line that moves, or in a log a line every few seconds.

    python3 tools/install.py PACKAGES MEGABYTES REQUIREMENT…

About how many packages and megabytes there will be in .venv, and what pip is to install. All that pip says
goes to .venv/install.log; its errors are shown. The exit status is pip's. Needs nothing but Python.
"""

import subprocess
import sys
import threading
import time
from pathlib import Path

VENV = Path(".venv")
LOG = VENV / "install.log"


def megabytes():
    """What is in .venv now."""
    total = 0
    for path in VENV.rglob("*"):
        try:
            total += path.lstat().st_size
        except FileNotFoundError:  # pip moves files while it works
            continue
    return total // 10**6


def say(line):
    """Where a person looks the line moves; else there is a new one every few seconds."""
    if sys.stdout.isatty():
        print(f"\r\033[K{line[:79]}", end="", flush=True)
    elif time.monotonic() >= say.next:
        say.next = time.monotonic() + 5
        print(line, flush=True)


say.next = 0.0


def watch(pip, state, total):
    """Until pip ends: what it does, and once it unpacks, how much is there."""
    while pip.poll() is None:
        step, count = state["step"], state["count"]
        if step.startswith("Installing collected"):
            say(f"  unpacking: {megabytes()} of about {total} MB in .venv")
        else:
            say(f"  {count} packages found   {step}")
        time.sleep(0.5)


def main():
    packages, total, *wanted = sys.argv[1:]
    python = next(path for path in (VENV / "bin/python", VENV / "Scripts/python.exe") if path.exists())
    print(
        f"installing {' '.join(wanted)} into .venv: about {packages} packages, {total} MB; once only",
        flush=True,
    )
    command = [
        python,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        *wanted,
    ]
    start, errors, state = time.monotonic(), [], {"step": "asking for the packages", "count": 0}
    with (
        open(LOG, "w", encoding="utf-8") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as pip,
    ):
        watcher = threading.Thread(target=watch, args=(pip, state, total))
        watcher.start()
        for line in pip.stdout:
            log.write(line)
            if line.startswith(("Collecting", "Processing", "Requirement already")):
                state["count"] += 1
            if line.startswith(("ERROR", "  ERROR", "error", "  error", "      ERROR")):
                errors.append(line.strip())
            if "Retrying" in line:
                state["step"] = "no connection, trying again"
            elif not line.startswith("WARNING"):
                words = line.split() or [state["step"]]  # of a file its name alone
                state["step"] = " ".join([words[0], *(word.rpartition("/")[2] for word in words[1:])])
        status = pip.wait()
        watcher.join()
    print("\r\033[K" if sys.stdout.isatty() else "", end="")
    if status:
        print(*dict.fromkeys(errors), sep="\n", file=sys.stderr)
        sys.exit(f"the packages could not be installed; is there a network? All that pip said: {LOG}")
    print(f"installed in {time.monotonic() - start:.0f} s: {megabytes()} MB in .venv", flush=True)


if __name__ == "__main__":
    main()
