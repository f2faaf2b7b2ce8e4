"""The notebooks of the site in a real Pyodide under Node: VITNP_PYODIDE names a folder with one that has NumPy."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "notebooks"))
adapted, changes, wheel = (
    importlib.import_module(f"lite.{name}") for name in ("adapted", "changes", "wheel")
)
sys.path.pop()
PYODIDE = os.environ.get("VITNP_PYODIDE")
pytestmark = [
    pytest.mark.skipif(
        not PYODIDE, reason="needs VITNP_PYODIDE=FOLDER, a Pyodide with NumPy's wheel: docs/browser.md"
    ),
    pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(the wheel, the folder of the notebooks)."""
    folder = tmp_path_factory.mktemp("site")
    adapted.write(folder / "files")
    return wheel.build(folder / "wheel"), folder / "files"


@pytest.mark.parametrize("number", changes.NUMBERS)
def test_a_notebook_runs(number, made):
    """Odd numbers in English, even ones in Korean: the code is the same but for the language of what it says."""
    package, files = made
    (notebook,) = files.glob(f"{'en' if int(number) % 2 else 'ko'}/{number}_*.ipynb")
    command = ["node", ROOT / "notebooks" / "lite" / "node.mjs", PYODIDE, package, notebook]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert [(i, cell["error"]) for i, cell in enumerate(found["cells"]) if cell["error"]] == []
    cpu = sum(cell["cpu"] for cell in found["cells"])
    print(f"{notebook.parent.name}/{number}: {len(found['cells'])} cells, {cpu:.0f} CPU seconds")
