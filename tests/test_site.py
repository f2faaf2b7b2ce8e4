"""`make site`: the notebooks as they are in a browser, the wheel, the first page; nothing is run, nothing fetched."""

import ast
import importlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from vitnp.errors import InputError

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "notebooks"))
adapted, changes, command, front, jupyterlite, versions, wheel = (
    importlib.import_module(f"lite.{name}")
    for name in ("adapted", "changes", "command", "front", "jupyterlite", "versions", "wheel")
)
sys.path.pop()
EDITIONS = adapted.editions()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The folder of all notebooks of the site."""
    folder = tmp_path_factory.mktemp("files")
    adapted.write(folder)
    return folder


def cells(path, kind):
    """The sources of the cells of a kind."""
    return [
        cell["source"] for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == kind
    ]


@pytest.mark.parametrize("place", EDITIONS.values())
def test_every_notebook_is_there_and_installs_the_package_first(place, files):
    found = sorted((files / place).glob("*.ipynb"))
    assert tuple(path.name[:2] for path in found) == changes.NUMBERS
    for path in found:
        texts, code = cells(path, "markdown"), cells(path, "code")
        assert code[0] == changes.SETUP, path
        assert texts[1].startswith(changes.BEFORE.in_("ko" if place.startswith("ko") else "en")), path
        assert "OWNER/NAME" not in "".join(texts), path


@pytest.mark.parametrize("place", EDITIONS.values())
def test_no_link_leaves_the_site(place, files):
    """Other than to the web: a page or a file of the project is named, and a notebook of the site is linked."""
    for path in (files / place).glob("*.ipynb"):
        for found in adapted_links("\n".join(cells(path, "markdown"))):
            assert (path.parent / found).is_file(), (path, found)


def adapted_links(text):
    from vitnp.course.lab.links import LINK

    return [found["path"] for found in LINK.finditer(text)]


@pytest.mark.parametrize("number", changes.REPLACED)
@pytest.mark.parametrize("place", EDITIONS.values())
def test_what_is_replaced_is_said_and_is_python(number, place, files):
    (path,) = (files / place).glob(f"{number}_*.ipynb")
    assert changes.SAID[number].in_("ko" if place.startswith("ko") else "en") in cells(path, "markdown")[1]
    code = "\n".join(cells(path, "code"))
    ast.parse(TransformerManager().transform_cell(code))
    assert all(code.count(new) == 1 for _, new in changes.REPLACED[number])
    assert "in the browser" in code


def test_lines_that_are_not_there_once_are_named():
    cell = {"cell_type": "code", "source": "a = 1\nb = 1", "outputs": [1], "execution_count": 1}
    with pytest.raises(InputError, match=r"05_x.ipynb has 'c = 1' in 0 cells, need it once"):
        adapted.replace([cell], "c = 1", "", "05_x.ipynb")
    with pytest.raises(InputError, match="need it once"):
        adapted.replace([cell], " = 1", "", "05_x.ipynb")
    adapted.replace([cell], "b = 1", "b = 2", "05_x.ipynb")
    assert (cell["source"], cell["outputs"], cell["execution_count"]) == ("a = 1\nb = 2", [], None)


def test_pyodide_has_what_the_project_requires():
    """Against the versions of Pyodide's lock file that pyodide.json keeps."""
    assert versions.unmet(versions.requirements(), versions.KEPT["versions"]) == []
    assert set(versions.requirements()) == set(versions.KEPT["versions"])


def test_a_requirement_that_pyodide_does_not_meet_is_named():
    older = versions.KEPT["versions"] | {"numpy": "1.26.4"}
    del older["tqdm"]
    found = versions.unmet(versions.requirements(), older)
    assert found[0].startswith("numpy<3,>=2.0 is required, and Pyodide has 1.26.4")
    assert found[1].startswith("tqdm") and found[1].endswith("Pyodide has none")
    assert len(found) == 2


def test_pyodide_json_is_compared_with_a_lock_file():
    kept = versions.KEPT["versions"]
    packages = {name: {"version": version} for name, version in kept.items() if name != "python"}
    lock = {"info": {"python": kept["python"]}, "packages": packages}
    assert versions.changed(lock) == []
    del packages["scipy"]
    packages["numpy"] = {"version": "9"}
    assert versions.changed(lock) == [
        f"pyodide.json has numpy {kept['numpy']}, the lock file 9",
        f"pyodide.json has scipy {kept['scipy']}, the lock file none",
    ]


def test_the_site_loads_the_pyodide_that_was_compared():
    kernel = jupyterlite.page(None)["jupyter-config-data"]["litePluginSettings"][jupyterlite.KERNEL]
    assert kernel == {
        "pyodideUrl": f"https://cdn.jsdelivr.net/pyodide/v{versions.KEPT['pyodide']}/full/pyodide.mjs"
    }


def test_the_wheel_is_without_pages_and_notebooks(tmp_path):
    record = "vitnp-1.dist-info/RECORD"
    kept = [
        "vitnp/vit.py",
        "vitnp/docs/pictures/look-query.png",
        "vitnp/docs/pictures/ko/look-query.png",
        record,
    ]
    gone = ["vitnp/docs/faq.md", "vitnp/docs/pictures/cost.png", "vitnp/notebooks/05.ipynb"]
    with zipfile.ZipFile(tmp_path / "whole.whl", "w") as whole:
        for name in (*kept[:-1], *gone):
            whole.writestr(name, name)
        whole.writestr(record, "".join(f"{name},sha256=x,1\n" for name in (*kept, *gone)))
    with zipfile.ZipFile(wheel.smaller(tmp_path / "whole.whl", tmp_path / "small.whl")) as small:
        assert small.namelist() == kept
        assert small.read(record).decode() == "".join(f"{name},sha256=x,1\n" for name in kept)
        assert small.read("vitnp/vit.py") == b"vitnp/vit.py"


def test_the_first_page_leads_to_all_that_is_there(tmp_path, files):
    """By relative links: the site may be hosted below any path."""
    (tmp_path / "lite" / "files").parent.mkdir()
    pages = [tmp_path / "pages" / name for name in ("cat.html", "live-en.html", "live-ko.html")]
    pages[0].parent.mkdir()
    for path in pages:
        path.write_text(f"<title>{path.stem} &amp; more</title>", "utf-8")
    front.write(tmp_path, pages)
    text = (tmp_path / "index.html").read_text("utf-8")
    korean, english = text.split('<section lang="en" id="en">')
    for path in files.rglob("*.ipynb"):
        link = f'href="lite/notebooks/index.html?path={path.relative_to(files).as_posix()}"'
        assert text.count(link) == 1
    assert text.count('href="') == len(list(files.rglob("*.ipynb"))) + 5
    assert 'href="pages/cat.html#ko">cat &amp; more<' in korean
    assert 'href="pages/cat.html#en">' in english and 'href="#en"' in korean
    assert "live-ko" in korean and "live-en" not in korean
    assert "live-en" in english and "live-ko" not in english
    assert 'href="/' not in text and 'href="http' not in text
    front.write(tmp_path, [])
    assert (tmp_path / "index.html").read_text("utf-8").count("<div hidden>") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--oot", "x"], "unrecognized arguments: --oot x; such as"),
        (["--out", "notebooks"], "is no site of vitnp"),
    ],
)
def test_bad_input_is_one_line(arguments, said, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert command.main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_a_site_is_replaced_only_when_the_new_one_is_complete(tmp_path, monkeypatch, capsys):
    out = tmp_path / "site"
    out.mkdir()  # an empty folder is accepted
    steps = []

    def lite(folder, wheels):
        folder.mkdir(parents=True)
        (folder / "jupyter-lite.json").write_text(str(len(steps)))

    def write(folder, pages):
        steps.append(folder)
        if len(steps) == 2:
            raise KeyboardInterrupt

    for of, name, does in ((jupyterlite, "build", lite), (front, "write", write)):
        monkeypatch.setattr(of, name, does)
    monkeypatch.setattr(wheel, "build", lambda folder: folder)
    monkeypatch.setattr(command, "pages", lambda folder: [])
    assert command.main(["--out", str(out)]) == 0
    assert command.main(["--out", str(out)]) == 130
    assert (out / "lite" / "jupyter-lite.json").read_text() == "0"
    assert capsys.readouterr().err == "make site: stopped; a site that was there before is as it was\n"
    with pytest.raises(InputError, match="cannot write"):
        command.put(tmp_path / "nothing", out, tmp_path / "old")
    assert command.main(["--out", str(out)]) == 0
    assert (out / "lite" / "jupyter-lite.json").read_text() == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_without_jupyterlite_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(jupyterlite, "TOOLS", tmp_path)
    with pytest.raises(InputError, match="run make site"):
        jupyterlite.build(tmp_path / "out", [])


def test_a_python_without_ssl_imports_what_downloads():
    """As Pyodide's may be; an address that begins with https then is an error in one line."""
    program = (
        "import pathlib, urllib.request; del urllib.request.HTTPSHandler\n"
        "from vitnp.system.transfer import download\n"
        "try: download('https://127.0.0.1:9/x', pathlib.Path('nowhere'))\n"
        "except Exception as problem: print(type(problem).__name__, problem)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stderr == ""
    assert done.stdout.startswith("InputError cannot reach https://127.0.0.1:9/x (unknown url type: https)")
