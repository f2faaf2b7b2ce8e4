"""The first page of the site, in both languages: the notebooks, the interactive pages, and what is not tested."""

import html
import json
import re
from pathlib import Path
from string import Template

from lite import adapted
from lite.jupyterlite import CDN
from vitnp.system.language import Text

TEMPLATE = Path(__file__).with_name("front.html")
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
OTHER = {"ko": "-en", "en": "-ko"}  # the end of the names of pages that begin in the other language
WORDS = {
    "first": Text(
        "ViT의 모든 단계를 NumPy로 한 줄씩, 순전파와 역전파까지. 설치할 것은 없습니다.",
        "Every step of a ViT in NumPy, line by line, forward and backward. Nothing to install.",
    ),
    "pages": Text("인터랙티브 페이지", "Interactive pages"),
    "notebooks": Text("노트북", "Notebooks"),
    "solutions": Text("풀이", "solutions"),
    "how": Text(
        "노트북은 이 브라우저 안에서 실행됩니다. 노트북을 열면 브라우저가 Python(Pyodide {version})을, 첫 셀을 "
        "실행하면 NumPy 등의 패키지를 cdn.jsdelivr.net에서 내려받으므로 네트워크가 필요합니다. 인터랙티브 페이지는 "
        "내려받은 뒤에는 네트워크 없이도 열립니다.",
        "The notebooks run inside this browser. When one opens, the browser loads Python (Pyodide {version}) from "
        "cdn.jsdelivr.net, and its first cell NumPy and other packages. So they need a network. The interactive pages "
        "need none once they are saved.",
    ),
    "untested": Text(
        "자동 테스트가 확인하는 것은 여기까지입니다. 이 사이트가 만들어지고, 내려받은 Pyodide {version}의 핵심 "
        "파일로 커널이 시작되고, vitnp가 설치됩니다. 필요한 버전은 모두 Pyodide {version}에 있습니다. 노트북 "
        "전체는 더 오래된 Pyodide 0.27.7에서 실행해 보았습니다. CDN에서 받은 NumPy로는 실행해 보지 못했습니다. "
        "셀이 실패하면 알려 주세요.",
        "What our tests cover: this site builds, the kernel starts from a copy of Pyodide {version}'s core files, and "
        "vitnp installs. Pyodide {version} has every version that vitnp requires. The whole notebooks were run in the "
        "older Pyodide 0.27.7. They were not run with the NumPy of the CDN. Please tell us of a cell that fails.",
    ),
}


def write(out, pages):
    """Write out/index.html; pages are the files of the interactive pages, inside out."""
    version = CDN.split("/")[4].removeprefix("v")
    parts = {}
    for lang in ("ko", "en"):
        parts |= {f"{name}_{lang}": text.in_(lang).format(version=version) for name, text in WORDS.items()}
        parts[f"list_{lang}"] = "\n".join(line(path, lang) for path in adapted.built("ko" * (lang == "ko")))
        links = [page_link(path, out, lang) for path in pages if not path.stem.endswith(OTHER[lang])]
        parts[f"links_{lang}"] = "\n".join(links)
        parts[f"hidden_{lang}"] = "" if links else " hidden"
    (out / "index.html").write_text(Template(TEMPLATE.read_text("utf-8")).substitute(parts), "utf-8")


def line(path, lang):
    """A notebook in the list, by its title, with its solutions."""
    title = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"]).partition("\n")[0].lstrip("# ")
    address = "lite/notebooks/index.html?path="
    solutions = html.escape(WORDS["solutions"].in_(lang))
    return (
        f'<li><a href="{address}{lang}/{path.name}">{html.escape(title)}</a> '
        f'<a class="small" href="{address}{lang}/solutions/{path.name}">{solutions}</a></li>'
    )


def page_link(path, out, lang):
    """A page to touch in the list, by its title. A page in both languages begins in that of the list."""
    address = f"{path.relative_to(out).as_posix()}#{lang}"
    found = TITLE.search(path.read_text("utf-8")[:20_000])
    return f'<li><a href="{address}">{found[1].strip() if found else html.escape(path.stem)}</a></li>'
