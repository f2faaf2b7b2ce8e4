"""The wheel, built here without a network and unpacked: it works where there is no checkout."""

import email
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]
LARGEST = 30_000_000  # bytes

spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
hatch_build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hatch_build)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The path of the wheel."""
    folder = tmp_path_factory.mktemp("dist")
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(path)


@pytest.fixture(scope="module")
def names(wheel):
    """What is in it."""
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """A folder of packages with the wheel's alone."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def files(folder, pattern="*"):
    """The files of a folder of the project that match."""
    found = (path.relative_to(ROOT) for path in (ROOT / folder).rglob(pattern) if path.is_file())
    made = {"__pycache__", ".ipynb_checkpoints"}
    return {path.as_posix() for path in found if made.isdisjoint(path.parts)}


def test_what_is_in_it(wheel, names):
    """The package, all pages and pictures, all notebooks; nothing of how they are made, no sample pages, no tests."""
    expected = files("vitnp") | {f"vitnp/{name}" for name in files("docs") | files("notebooks", "*.ipynb")}
    samples = {f"vitnp/{name}" for name in files("docs/pages", "*.html")}
    assert (expected - names, samples & names) == (samples, set())
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"vitnp"}
    assert not [name for name in names if name.startswith("vitnp/notebooks/") and not name.endswith(".ipynb")]
    assert wheel.stat().st_size < LARGEST


def test_its_readme_has_no_link_that_leads_nowhere(wheel, names):
    (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    found = email.message_from_bytes(zipfile.ZipFile(wheel).read(metadata))
    assert found["Description-Content-Type"] == "text/markdown"
    text = found.get_payload(decode=True).decode("utf-8")
    assert "`vitnp lab DIR` copies the notebooks" in text
    assert not hatch_build.LINK.search(text)


def test_the_links_of_the_readme():
    text = "[![a](b.png)](c.md) ![d](e.png) [`f`](g/h.py#i) [j](https://k) [l](#m)"
    assert hatch_build.outside(text) == "  `f` [j](https://k) [l](#m)"
    at = "https://github.com/O/N"
    assert hatch_build.outside(text, at) == (
        f"[![a]({at}/raw/HEAD/b.png)]({at}/blob/HEAD/c.md) ![d]({at}/raw/HEAD/e.png) "
        f"[`f`]({at}/blob/HEAD/g/h.py#i) [j](https://k) [l](#m)"
    )


def run(site, folder, *words):
    """What `vitnp` of the wheel prints, in a folder outside of the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(site), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "vitnp", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_lab_copies_what_the_notebooks_name(site, tmp_path):
    out = run(site, tmp_path, "lab", "mine", "--lang", "ko")
    assert "ServerApp.root_dir=mine" in out
    for name in ("ko/00_tour.ipynb", "ko/solutions/05_attention.ipynb", "ko/student/05_attention.ipynb"):
        assert (tmp_path / "mine" / name).is_file()
    for name in ("docs/weights.md", "docs/pictures/look-query.png", "code/vitnp/steps/s5_attention.py"):
        assert (tmp_path / "mine" / name).is_file()


def test_a_picture_of_a_trained_vit(site, tmp_path):
    program = (
        "import sys, vitnp; from vitnp import show; print(vitnp.__file__); print(show.trained('query').path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [
        str(site / "vitnp/__init__.py"),
        str(site / "vitnp/docs/pictures/look-query.png"),
    ]


def test_a_workshop(site, tmp_path):
    """The templates, hints and readmes are data of the package."""
    run(site, tmp_path, "workshop", "new", "my_vit", "--lang", "en", "--steps", "1")
    assert (tmp_path / "my_vit/s1_patchify.py").is_file() and (tmp_path / "my_vit/README.md").is_file()
