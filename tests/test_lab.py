"""`vitnp lab`: copies of the notebooks whose links lead somewhere, and nothing of a student's is overwritten."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from vitnp.commands import cli
from vitnp.commands import lab as command
from vitnp.course import lab
from vitnp.course.lab import links
from vitnp.course.lab.placing import FILE, Placing
from vitnp.errors import InputError
from vitnp.system import shipped

ROOT = Path(__file__).parents[1]


def notebook(*texts, output=""):
    """The bytes of a notebook of these cells of code."""
    cells = [{"cell_type": "code", "source": [text], "outputs": [output]} for text in texts]
    return json.dumps({"cells": cells}).encode()


def relative_links(path):
    """The relative links of a page or of a notebook's texts."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        text = "\n\n".join(
            "".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown"
        )
    return [found["path"] for found in links.LINK.finditer(text)]


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("in_checkout", [True, False])
def test_every_link_of_a_copy_leads_somewhere(tmp_path, monkeypatch, lang, in_checkout):
    """In a checkout to the checkout's own pages, elsewhere to copies of them."""
    if in_checkout:
        monkeypatch.setattr(shipped, "PACKAGE", checkout(tmp_path))
    folder = tmp_path / "work"
    copied = lab.copy(folder, lang)
    assert copied.first == folder / lang / "00_tour.ipynb" and copied.first.is_file()
    assert copied.root == (tmp_path if in_checkout else folder)
    there = sorted(folder.rglob("*.ipynb"))
    sources = [name for name in lab.files("notebooks", ".ipynb") if lab.language_of(name) == lang]
    assert len(there) == copied.notebooks == len(sources) > 40
    assert (folder / "docs").exists() == (folder / "code").exists() == (not in_checkout)
    count = 0
    for page in there + sorted(folder.rglob("*.md")):
        for link in relative_links(page):
            target = Path(os.path.normpath(page.parent / link))
            assert target.exists() and target.is_relative_to(copied.root), f"{page}: {link}"
            count += 1
    assert count > 30
    assert any("solutions" in path.parts for path in there)


def checkout(folder):
    """A checkout with the real pages and notebooks; returns its package."""
    (folder / "pyproject.toml").touch()
    for name in ("docs", "notebooks", "vitnp", "tests", "README.md"):
        (folder / name).symlink_to(ROOT / name)
    return folder / "vitnp"


def test_a_student_edition_leads_to_the_complete_one(tmp_path):
    folder = lab.copy(tmp_path, "ko").first.parent
    assert "../05_attention.ipynb" in relative_links(folder / "student/05_attention.ipynb")
    assert "solutions/05_attention.ipynb" in relative_links(folder / "05_attention.ipynb")


def test_a_link_to_nowhere_becomes_its_text():
    text = (
        "[a](../tests/x.py) ![b](p.png) [c](https://x.y/z.md) $f[i](x)$ [`d`](ko/a.md#b) [![e](p.png)](a.md)"
    )
    where = {"docs/ko/a.md": "A.md", "docs/a.md": "B.md"}.get
    assert links.relinked(text, "docs/page.md", where) == (
        "a b [c](https://x.y/z.md) $f[i](x)$ [`d`](A.md#b) [e](B.md)"
    )


def place(folder, name, data):
    """The new editions written beside what is there."""
    placing = Placing(folder)
    placing.place(name, data)
    placing.record()
    return [path.name for path in placing.beside]


def test_what_was_not_changed_is_replaced_by_a_new_edition(tmp_path):
    path = tmp_path / "ko/a.ipynb"
    assert place(tmp_path, "ko/a.ipynb", notebook("1")) == []
    assert place(tmp_path, "ko/a.ipynb", notebook("2")) == []
    assert path.read_bytes() == notebook("2")
    path.unlink()
    assert place(tmp_path, "ko/a.ipynb", notebook("2")) == []
    assert path.read_bytes() == notebook("2"), "what was removed is written again"


def test_what_was_changed_stays_and_the_new_edition_is_beside_it(tmp_path):
    path = tmp_path / "a.ipynb"
    mine = notebook("1", "mine")
    place(tmp_path, "a.ipynb", notebook("1"))
    path.write_bytes(mine)
    assert place(tmp_path, "a.ipynb", notebook("1")) == [], "no new edition: nothing to write"
    assert place(tmp_path, "a.ipynb", notebook("1", output="other")) == [], "nor if outputs alone differ"
    assert sorted(tmp_path.iterdir()) == [tmp_path / FILE, path]
    assert place(tmp_path, "a.ipynb", notebook("2")) == ["a-new.ipynb"]
    assert place(tmp_path, "a.ipynb", notebook("2")) == [], "said once"
    assert place(tmp_path, "a.ipynb", notebook("3")) == ["a-new.ipynb"]
    (tmp_path / "a-new.ipynb").write_bytes(notebook("3", "mine"))
    assert place(tmp_path, "a.ipynb", notebook("4")) == ["a-new-2.ipynb"]
    assert path.read_bytes() == mine
    assert (tmp_path / "a-new.ipynb").read_bytes() == notebook("3", "mine")
    assert (tmp_path / "a-new-2.ipynb").read_bytes() == notebook("4")


def test_a_file_that_was_there_before_is_the_students(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(b"mine")
    assert place(tmp_path, "a.ipynb", notebook("1")) == ["a-new.ipynb"]
    assert (tmp_path / "a.ipynb").read_bytes() == b"mine"


def test_a_record_of_another_kind_is_refused(tmp_path):
    for text in ("[1]", '{"a": 1}', "no JSON"):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(InputError, match="is not what vitnp lab writes; remove it"):
            Placing(tmp_path)


def test_the_command_says_what_to_do_next(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lab", "mine", "--lang", "ko"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"mine/ko: 노트북 \d+개, 풀이는 solutions 폴더에 있습니다\.", out[0])
    assert out[1] == "다음 순서: jupyter lab --ServerApp.root_dir=mine mine/ko/00_tour.ipynb"
    changed = tmp_path / "mine/ko/00_tour.ipynb"
    record = tmp_path / "mine" / FILE
    changed.write_bytes(notebook("mine"))
    record.write_text(record.read_text().replace('"edition": "', '"edition": "old'))
    assert cli.main(["lab", "mine", "--lang", "en"]) == 0
    assert cli.main(["lab", "mine", "--lang", "ko"]) == 0
    assert "새 판을 옆에 썼습니다: mine/ko/00_tour-new.ipynb" in capsys.readouterr().out


@pytest.mark.parametrize(("uid", "allowed"), [(0, ["--allow-root"]), (1000, [])])
def test_open_starts_jupyterlab_and_as_root_says_so(tmp_path, monkeypatch, uid, allowed):
    started = []
    monkeypatch.setattr(command.os, "geteuid", lambda: uid, raising=False)
    monkeypatch.setattr(command.os, "execv", lambda program, words: started.append([program, *words]))
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: object())
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lab", "w", "--lang", "en", "--open", "--", "--no-browser", "--port=9"]) == 0
    words = ["-m", "jupyterlab", "--ServerApp.root_dir=w", *allowed, "w/en/00_tour.ipynb"]
    assert started == [[sys.executable, sys.executable, *words, "--no-browser", "--port=9"]]


def test_the_command_refuses(tmp_path, monkeypatch, capsys):
    assert cli.main(["lab", str(tmp_path / "a"), "--", "--no-browser"]) == 2
    assert "--no-browser is for JupyterLab; give --open too" in capsys.readouterr().err
    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["lab", str(tmp_path / "a"), "--open"]) == 2
    assert "JupyterLab is not installed" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").touch()
    assert cli.main(["lab", str(tmp_path / "file")]) == 2
    assert "cannot write" in capsys.readouterr().err
