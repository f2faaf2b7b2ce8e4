"""Small notebooks for the tests of the slides, and stand-ins for reveal.js and MathJax."""

import base64
import importlib
import io
import json
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "notebooks"))  # where the package `slides` is

browser, cells, code, command, deck, layout, markdown, page = (
    importlib.import_module(f"slides.{name}")
    for name in ("browser", "cells", "code", "command", "deck", "layout", "markdown", "page")
)


def text(source, **metadata):
    """A text cell."""
    return {"cell_type": "markdown", "source": source, "metadata": metadata}


def code_cell(source, *outputs, tags=()):
    """A code cell with its outputs."""
    metadata = {"tags": list(tags)}
    return {
        "cell_type": "code",
        "source": source,
        "outputs": outputs,
        "metadata": metadata,
        "execution_count": 3,
    }


def printed(said):
    """The output of print."""
    return {"output_type": "stream", "name": "stdout", "text": said}


def picture(width=86, height=42, **metadata):
    """The output of a cell that draws."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#0072b2").save(file, "PNG")
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<Figure size 960x400>"}
    return {"output_type": "display_data", "data": data, "metadata": metadata}


OPENING = """# 5 · 어텐션
**5단계: Q, K, V 생성** ·
*Step 5: make Q, K, V*

강의자료 003, 5단계 · 파일 `s5.py` · **40분** · [풀이](../solutions/ko/05.ipynb)"""

CELLS = (
    text(OPENING),
    code_cell("import numpy as np", tags=["setup"]),
    text("## 5단계: 스코어\n값 $d_k$를 봅시다.\n$$S = QK$$\n끝."),
    code_cell("S = Q @ K\nassert S.shape == (2, 2)\nS", printed("array([1, 2])\n")),
    code_cell("assert S.any()"),
    text("다음 그림을 보세요."),
    code_cell("rows = S * 2\nshow.grid(rows)", picture()),
    text("**1.** ★ 몇 개입니까?"),
    code_cell("N = ...", tags=["exercise"]),
    code_cell('check("05.1", N)', tags=["check"]),
)


def write(path, cells):
    """A notebook file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": list(cells)}), "utf-8")
    return path


def stand_ins(folder):
    """Files in place of the installed ones; MathJax's begins at once, as if it had set all formulas."""
    names = {f"{page.REVEAL}/{name}": "" for name in ("LICENSE", "dist/reset.css", "dist/reveal.css")}
    names |= {f"{page.REVEAL}/dist/reveal.js": "'</script><!--'", page.APACHE: "Apache License"}
    names |= {f"{page.REVEAL}/plugin/notes/notes.js": "", page.MATHJAX: "begin()"}
    for name, content in names.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    return folder


def one_slide(*blocks):
    """A page with what is given, whether it fits or not."""
    return deck.Page("Title", layout.Slide(tuple(layout.Piece(block, False) for block in blocks)))
