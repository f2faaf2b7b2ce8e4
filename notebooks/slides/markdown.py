"""Markdown as blocks of a slide: formulas for MathJax, no links (a slide is not clicked), Korean never broken."""

import html
import re

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from slides import tables
from slides.blocks import GAP, ITEM_GAP, Block

FORMULA = 84  # pixels of a display formula; one with a fraction or a sum is higher
WIDEST = 45  # letters of a formula in one line
HIGH = re.compile(r"\\[td]?frac|\\sum|\\underbrace|\\prod|\\int")


def _formula(text, options):
    """What MathJax looks for, escaped for HTML."""
    opened, closed = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
    return f"{opened}{html.escape(text.strip(), quote=False)}{closed}"


def _parser():
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.use(dollarmath_plugin, renderer=_formula, allow_space=True)
    parser.add_render_rule("link_open", lambda *_: "")
    parser.add_render_rule("link_close", lambda *_: "")
    parser.add_render_rule("image", lambda self, tokens, i, *_: html.escape(tokens[i].content))
    return parser


PARSER = _parser()


def blocks(source):
    """The blocks of a Markdown text: one a paragraph, formula or table, one an item of a list."""
    alone = re.sub(r"^\$\$(.+?)\$\$$", _display, source, flags=re.MULTILINE | re.DOTALL)
    tokens, start, depth = PARSER.parse(alone), 0, 0
    out = []
    for i, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            out += _split(tokens[start : i + 1])
            start = i + 1
    return out


def _display(found):
    """A display formula as a paragraph of its own; one that is too wide has its parts below each other."""
    formula = found[1]
    if len(re.sub(r"[{}^_\s]", "", re.sub(r"\\[a-zA-Z]+", "x", formula))) > WIDEST and "quad" in formula:
        rows = r" \\ ".join(part.strip() for part in re.split(r"\\q?quad", formula))
        formula = rf"\begin{{gathered}} {rows} \end{{gathered}}"
    return f"\n$${formula}$$\n"


def _split(tokens):
    """A list as one block an item, anything else as one block."""
    kind = tokens[0].type
    if kind not in ("bullet_list_open", "ordered_list_open"):
        return _table(tokens) if kind == "table_open" else [_block(tokens, kind)]
    level, items, number = tokens[0].level + 1, [], int(tokens[0].attrGet("start") or 1)
    for token in tokens[1:-1]:
        if token.type == "list_item_open" and token.level == level:
            items.append([])
        items[-1].append(token)
    out = []
    for i, item in enumerate(items):
        opened = tokens[0].copy(attrs={"start": number + i} if kind == "ordered_list_open" else {})
        out.append(_block([opened, *item, tokens[-1]], kind))
    return out


def _block(tokens, kind):
    body = whole(PARSER.renderer.render(tokens, PARSER.options, {}))
    if kind == "math_block":
        rows = tokens[0].content.count(r"\\")
        return Block("text", (), body, GAP + FORMULA + 36 * bool(HIGH.search(tokens[0].content)) + 50 * rows)
    if kind == "fence":
        return Block("code", tuple(tokens[0].content.rstrip("\n").splitlines()))
    lines = [plain(token) for token in tokens if token.type == "inline"]
    if "list" in kind:
        return Block("text", tuple("    " + line for line in lines), body, ITEM_GAP)
    return Block("text", tuple(lines), body, GAP)


def _table(tokens):
    rows, texts = [], iter(token for token in tokens if token.type == "inline")
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(next(texts).content)
    return tables.blocks([[(PARSER.renderInline(cell), cell) for cell in row] for row in rows])


def paragraph(text):
    """A text that is one paragraph, also where Markdown would see a list: "1. the sums"."""
    (inline,) = PARSER.parseInline(text)
    return Block("text", (plain(inline),), f"<p>{whole(PARSER.renderInline(text))}</p>", GAP)


def plain(inline):
    """About what is seen of a text, for measuring it: a formula's commands count as a letter each."""
    out = []
    for child in inline.children:
        if child.type == "math_inline":
            out.append(re.sub(r"\\[a-zA-Z]+|[{}^_\\]", "x", child.content))
        elif child.type == "code_inline":
            out.append(child.content + " " * (len(child.content) // 6 + 1))  # wider letters, in a frame
        elif child.type in ("softbreak", "hardbreak"):
            out.append(" ")
        else:
            out.append(child.content)
    return "".join(out)


def whole(body):
    """HTML where a formula or code stays together with what follows without a space: a particle, a full stop."""
    piece = r'(<span class="math inline">[^<]*</span>|<code>[^<]*</code>)'
    return re.sub(piece + r"([^\s<]+)", r'<span class="whole">\1\2</span>', body)
