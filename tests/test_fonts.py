"""Korean letters in pictures: the font is found, whatever matplotlib's list of fonts says."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import pytest
from matplotlib import font_manager

from vitnp.show import fonts, page

SERIF = "DejaVu Serif"  # comes with matplotlib; stands for a Korean font


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system without fonts: the folder where one can be installed. matplotlib knows its own sans-serif font."""
    known = [font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", known)
    monkeypatch.setattr(font_manager, "X11FontDirectories", [str(tmp_path)])
    monkeypatch.setattr(font_manager, "OSXFontDirectories", [])
    monkeypatch.setattr(fonts, "KOREAN", ("No Such Font", SERIF))
    return tmp_path


def test_a_system_without_a_korean_font(system):
    (system / "broken.ttf").write_bytes(b"no font")
    assert fonts.korean() is None


def test_a_font_that_matplotlib_knows(system, monkeypatch):
    monkeypatch.setattr(fonts, "add_new", lambda: pytest.fail("nothing to look for"))
    font_manager.fontManager.ttflist.append(SimpleNamespace(name=SERIF, fname="serif.ttf"))
    assert fonts.korean() == SERIF


def test_a_font_installed_after_matplotlibs_list_was_written(system):
    (system / "broken.ttf").write_bytes(b"no font")
    path = shutil.copy(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSerif.ttf", system)
    assert fonts.korean() == SERIF
    assert font_manager.fontManager.ttflist[-1].fname == path
    assert font_manager.findfont(SERIF) == path, "and matplotlib draws with it"


def test_in_a_process_with_an_empty_cache_and_with_a_stale_one(tmp_path):
    """Whatever fonts are here: the answer does not depend on the cache."""

    def found():
        program = "from vitnp.show import page; print(page.korean_font())"
        environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    empty = found()
    (cache,) = tmp_path.glob("fontlist-*.json")
    before = json.loads(cache.read_text())
    stale = {**before, "ttflist": [font for font in before["ttflist"] if font["name"] not in fonts.KOREAN]}
    cache.write_text(json.dumps(stale))
    assert found() == empty == str(page.korean_font())
