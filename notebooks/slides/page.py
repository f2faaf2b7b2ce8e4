"""The one HTML file: the slides, and within it reveal.js, MathJax and what their licenses ask for."""

import html
import sys
from pathlib import Path

from slides import code
from slides.blocks import WIDTH, columns, pixels, wrapped
from slides.markdown import PARSER
from vitnp.errors import InputError

HERE = Path(__file__).resolve().parent
ASSETS = Path(sys.prefix) / "slides"  # where make slides installs requirements.txt
REVEAL = "sphinx_revealjs/_static/revealjs"
MATHJAX = "sphinx-mathjax-offline/static/mathjax/tex-svg-full.js"
APACHE = "sphinx_revealjs-3.2.1.dist-info/licenses/LICENSE"
INSTALL = "install it once, with a network: make slides"

PAGE = """<!DOCTYPE html>
<html lang="{lang}"{dark}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<!-- reveal.js:
{reveal_license}-->
<!-- MathJax 3.2.2, copyright The MathJax Consortium, under the following license:
{apache_license}-->
<style>{reset_css}</style>
<style id="of-reveal" media="screen">{reveal_css}</style>
<style>{own_css}</style>
<style id="of-print" media="print">{print_css}</style>
</head>
<body>
<div class="reveal"><div class="slides">
{sections}
</div></div>
<script>{reveal_js}</script>
<script>{notes_js}</script>
<script>{own_js}</script>
<script>{mathjax_js}</script>
</body>
</html>
"""


def asset(name, folder=None):
    """The text of an installed file. Raises InputError if it is not there."""
    path = (folder or ASSETS) / name
    try:
        return path.read_text("utf-8")
    except OSError:
        raise InputError(f"{path.name} of the slides is not in {folder or ASSETS}; {INSTALL}") from None


def script(text):
    """JavaScript as it may stand between script tags."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def page(pages, title, lang, *, dark=False, assets=None):
    """The HTML file, as a text."""
    return PAGE.format(
        lang=lang,
        dark=' class="dark"' * dark,
        title=html.escape(title),
        reveal_license=asset(f"{REVEAL}/LICENSE", assets),
        apache_license=asset(APACHE, assets),
        reset_css=asset(f"{REVEAL}/dist/reset.css", assets),
        reveal_css=asset(f"{REVEAL}/dist/reveal.css", assets),
        own_css=(HERE / "slides.css").read_text("utf-8"),
        print_css=(HERE / "print.css").read_text("utf-8"),
        sections="\n".join(section(one, i + 1, len(pages)) for i, one in enumerate(pages)),
        reveal_js=script(asset(f"{REVEAL}/dist/reveal.js", assets)),
        notes_js=script(asset(f"{REVEAL}/plugin/notes/notes.js", assets)),
        own_js=(HERE / "slides.js").read_text("utf-8"),
        mathjax_js=script(asset(MATHJAX, assets)),
    )


def section(one, number, count):
    """A slide."""
    kind = f' class="{one.kind}"' if one.kind else ""
    sub = f'<div class="sub">{html.escape(one.sub)}</div>' if one.sub else ""
    notes = "".join(f"<p><b>{html.escape(label)}</b> {lines(text)}</p>" for label, text in one.notes)
    notes = f'<aside class="notes">{notes}</aside>' if notes else ""
    return (
        f'<section{kind}><div class="slide"><h2>{inline(one.title)}</h2>{sub}<div class="body">{body(one.slide)}</div>'
        f'<footer><span class="corner">{html.escape(shortened(one.corner))}</span>'
        f'<span class="number">{number} / {count}</span></footer></div>'
        f"{notes}</section>"
    )


def lines(text):
    """A text in which lines stay lines."""
    return html.escape(text).replace("\n", "<br>")


def inline(title):
    """A heading, with its code and formulas."""
    return PARSER.renderInline(title)


def shortened(corner):
    """The corner in one line: whole words, as many as fit beside the number."""
    words = corner.split(" ")
    while pixels(" ".join(words), 20) > WIDTH - 220:
        words.pop()
    return corner if len(words) == corner.count(" ") + 1 else " ".join(words).rstrip(",;:") + " …"


def body(slide):
    """The pieces of a slide, each step a fragment of reveal.js; what comes first is there at once."""
    steps = _steps(slide.pieces)
    made = [(_is_picture(step), fragment(step, i, slide)) for i, step in enumerate(steps)]
    if slide.column == WIDTH:
        return "".join(text for _, text in made)
    texts = "".join(text for is_picture, text in made if not is_picture)
    pictures = "".join(text for is_picture, text in made if is_picture)
    return (
        f'<div class="columns"><div style="flex: none; width: {slide.column}px">{texts}</div>{pictures}</div>'
    )


def _is_picture(step):
    return step[0].kind == "picture"


def _steps(pieces):
    steps = []
    for piece in pieces:
        if piece.step or not steps:
            steps.append([])
        steps[-1].append(piece.block)
    return steps


def fragment(step, i, slide):
    """The blocks that appear together; the first are there from the start."""
    inner = "".join(block_html(block, slide) for block in step)
    return f'<div class="fragment" data-fragment-index="{i}">{inner}</div>' if i else f"<div>{inner}</div>"


def block_html(block, slide):
    """One block."""
    if block.kind == "text":
        return block.html
    if block.kind == "picture":
        wide, high = slide.picture
        source = f"data:image/png;base64,{block.html}"
        alt = html.escape(block.lines[0], quote=True)
        return f'<figure><img alt="{alt}" width="{wide}" height="{high}" src="{source}"></figure>'
    rows = [part for line in block.lines for part in wrapped(line, columns(slide.column))]
    text = code.colored(rows) if block.kind == "code" else html.escape("\n".join(rows))
    return f'<pre class="{block.kind}">{text}</pre>'
