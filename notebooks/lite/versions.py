"""vitnp's requirements against the versions of Pyodide, of which pyodide.json keeps the few that matter."""

import json
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
KEPT = json.loads(Path(__file__).with_name("pyodide.json").read_text("utf-8"))


def requirements():
    """What pyproject.toml requires, and of which Python: {name: `packaging` requirement}."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [Requirement(line) for line in project["dependencies"]]
    return {one.name: one for one in wanted} | {"python": Requirement(f"python{project['requires-python']}")}


def unmet(wanted, versions):
    """The requirements that a set of versions does not meet, as lines."""
    return [
        f"{one} is required, and Pyodide has {versions.get(name, 'none')}"
        for name, one in wanted.items()
        if name not in versions or not one.specifier.contains(versions[name])
    ]


def of_lock(lock, names):
    """{name: version} of Pyodide's lock file, the names that it has."""
    found = {name: lock["packages"][name]["version"] for name in names if name in lock["packages"]}
    return found | {"python": lock["info"]["python"]}


def changed(lock):
    """Where pyodide.json is not what a lock file says, as lines."""
    found = of_lock(lock, KEPT["versions"])
    return [
        f"pyodide.json has {name} {version}, the lock file {found.get(name, 'none')}"
        for name, version in KEPT["versions"].items()
        if found.get(name) != version
    ]
