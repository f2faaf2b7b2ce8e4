"""The wheel that the site serves: the package without the pages and notebooks that an installation brings."""

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from lite.versions import ROOT
from vitnp.errors import InputError

# The notebooks stand in the site itself; of the pages, notebook 13 shows the pictures of trained models.
LEFT_OUT = re.compile(r"vitnp/(notebooks/|docs/(?!pictures/(ko/)?look-))")


def build(folder):
    """Build it into a folder; returns its path."""
    with tempfile.TemporaryDirectory() as whole:
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", whole]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        found = sorted(Path(whole).glob("*.whl"))
        if done.returncode or not found:
            raise InputError(
                f"hatchling cannot build the wheel: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
            )
        folder.mkdir(parents=True, exist_ok=True)
        return smaller(found[0], folder / found[0].name)


def smaller(wheel, out):
    """Write a wheel without LEFT_OUT, also in its list of files; returns where."""
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if LEFT_OUT.match(member.filename):
                continue
            data = old.read(member)
            if member.filename.endswith(".dist-info/RECORD"):
                data = b"".join(
                    line for line in data.splitlines(keepends=True) if not LEFT_OUT.match(line.decode())
                )
            new.writestr(member, data)
    return out
