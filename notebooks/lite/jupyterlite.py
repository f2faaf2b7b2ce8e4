"""The notebooks inside JupyterLite: its files, our wheel, and the address of Pyodide."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lite import adapted
from lite.versions import KEPT, ROOT
from vitnp.errors import InputError

CDN = f"https://cdn.jsdelivr.net/pyodide/v{KEPT['pyodide']}/full/pyodide.mjs"
TOOLS = ROOT / ".venv-site" / ("Scripts" if os.name == "nt" else "bin")
WHEELS = ROOT / ".venv-site" / "wheels"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"


def build(out, wheels, *, pyodide=None):
    """Build JupyterLite into `out`. pyodide: a folder with Pyodide's files, served by the site in place of the CDN."""
    tool = TOOLS / ("jupyter-lite.exe" if os.name == "nt" else "jupyter-lite")
    if not tool.exists():
        raise InputError(f"JupyterLite is not in {TOOLS}; run make site, which installs it")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        adapted.write(folder / "files")
        if pyodide:
            shutil.copytree(pyodide, folder / "static" / "pyodide")
        _write(folder / "jupyter_lite_config.json", settings(folder, wheels, out))
        _write(folder / "jupyter-lite.json", page(pyodide))
        # the environment's other tools are its own: jupyter-lite looks for `jupyter` on the path
        environment = os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}"}
        done = subprocess.run(
            [tool, "build", "--lite-dir", folder],
            cwd=folder,  # where it leaves a file of its own
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode or not (out / "notebooks" / "index.html").exists():
        said = (done.stderr or done.stdout).strip().splitlines()[-15:]
        print(*said, sep="\n", file=sys.stderr)
        raise InputError("JupyterLite cannot build the site; its last lines are above")


def settings(folder, wheels, out):
    """What the builder reads."""
    return {
        "LiteBuildConfig": {
            "contents": [str(folder / "files")],
            "output_dir": str(out.resolve()),
            "apps": ["lab", "notebooks", "tree"],
            "no_sourcemaps": True,
        },
        # comm is the one package of the kernel that Pyodide has not: without it each start would ask PyPI
        "PipliteAddon": {"piplite_urls": [str(wheel) for wheel in (*wheels, *WHEELS.glob("comm-*.whl"))]},
    }


def page(pyodide):
    """What the page reads: where Pyodide is; and without it, for the test, nothing from anywhere else."""
    kernel = {"pyodideUrl": "./static/pyodide/pyodide.mjs" if pyodide else CDN}
    tested = {"disablePyPIFallback": True} if pyodide else {}
    data = {
        "appName": "vitnp",
        "litePluginSettings": {KERNEL: kernel | tested},
        "exposeAppInBrowser": bool(pyodide),
    }
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}


def _write(path, value):
    path.write_text(json.dumps(value, indent=1), "utf-8")
