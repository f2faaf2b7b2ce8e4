"""Pyodide's core files from npm and the kernel's own packages from PyPI: a Pyodide that needs no CDN, without NumPy."""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from lite.versions import KEPT, changed
from vitnp.errors import InputError

NEEDED = ("micropip", "packaging", "ipython", "jedi")  # what the kernel imports


def fetch(folder):
    """Write them into a folder. Raises InputError without npm or PyPI, or if pyodide.json is not what the lock says."""
    with tempfile.TemporaryDirectory() as packed:
        said = run("npm", "pack", f"pyodide@{KEPT['pyodide']}", "--silent", "--pack-destination", packed)
        with tarfile.open(Path(packed, said.split()[-1])) as tar:
            tar.extractall(packed, filter="data")
        Path(packed, "package").replace(folder)
    path = folder / "pyodide-lock.json"
    lock = json.loads(path.read_text("utf-8"))
    if lines := changed(lock):
        raise InputError("; ".join(lines) + "; write the lock's versions into notebooks/lite/pyodide.json")
    lock["packages"] = {
        name: with_wheel(lock["packages"][name], folder) for name in closure(lock["packages"])
    }
    path.write_text(json.dumps(lock), "utf-8")


def closure(packages):
    """The names of NEEDED and of all that they need, as the lock file writes them."""
    found, rest = [], list(NEEDED)
    while rest:
        name = rest.pop().replace("_", "-")
        if name not in found:
            found.append(name)
            rest += packages[name]["depends"]
    return found


def with_wheel(package, folder):
    """An entry of the lock file with PyPI's wheel of the same version: Pyodide's own was packed again."""
    asked = f"{package['name']}=={package['version']}"
    python = f"--python-version={KEPT['versions']['python']}"
    options = [
        "--no-deps",
        "--only-binary=:all:",
        "--implementation=py",
        "--abi=none",
        "--platform=any",
        python,
    ]
    with tempfile.TemporaryDirectory() as there:
        run(sys.executable, "-m", "pip", "download", "--quiet", *options, "--dest", there, asked)
        (wheel,) = Path(there).glob("*.whl")
        data = wheel.read_bytes()
    (folder / wheel.name).write_bytes(data)
    depends = [name.replace("_", "-") for name in package["depends"]]
    return package | {
        "file_name": wheel.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "depends": depends,
    }


def run(*command):
    """What a command prints. Raises InputError, with its last line, if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as problem:
        raise InputError(f"{command[0]} cannot be started ({problem.strerror})") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise InputError(f"{' '.join(command[:4])} … fails: {said}")
    return done.stdout
