"""One HTML file of parts: styles, scripts and data inside, and a policy under which it can ask for nothing else.

Imports nothing of vitnp.
"""

import base64
import hashlib
import html
import json
import struct
import zlib
from pathlib import Path

HERE = Path(__file__).parent
SHARED_STYLES, SHARED_SCRIPTS = ("shared/theme.css",), ("shared/dom.js", "shared/colors.js")
PAGE = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style></head>
<body>
{body}
<script type="text/plain" id="data">{data}</script>
<script>{script}</script>
</body></html>
"""


def page(title, lang, body, *, styles, scripts, blob):
    """The text of the file. styles, scripts: names of files in this folder, joined in this order after the shared ones.

    blob: what `packed` gives. The scripts share their names, and strict mode. The policy, `default-src 'none'`, lets
    the browser run just these scripts and styles, known by their hashes, and load nothing; pictures are data.
    """
    style = _joined(*SHARED_STYLES, *styles)
    script = f'"use strict";\n{{\n{_joined(*SHARED_SCRIPTS, *scripts)}}}\n'
    policy = f"default-src 'none'; img-src data: blob:; style-src {_hash(style)}; script-src {_hash(script)}"
    data = base64.b64encode(blob).decode("ascii")
    return PAGE.format(
        lang=lang, policy=policy, title=html.escape(title), style=style, body=body, data=data, script=script
    )


def packed(described, binary):
    """JSON and bytes, deflated: a length (uint32, little-endian), the JSON, zeros up to a multiple of 8, the bytes."""
    text = json.dumps(described, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    whole = struct.pack("<I", len(text)) + text
    whole += bytes(-len(whole) % 8) + binary
    pack = zlib.compressobj(9, strategy=zlib.Z_FILTERED)  # 4% less than the default for attention weights
    return pack.compress(whole) + pack.flush()


def read(name):
    """The text of a file in this folder."""
    return (HERE / name).read_text("utf-8")


def _joined(*names):
    return "".join(f"/* {name} */\n{read(name)}\n" for name in names)


def _hash(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
