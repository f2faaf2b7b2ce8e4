"""The README as a wheel has it, and the page of a package index: a relative link leads nowhere from there.

With the address of the repository in pyproject.toml (`[project.urls]`, `Repository`, as of GitHub) the links lead
there. Without one they are plain text, and pictures are left out.
"""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?!https?:|#)([^()\s]+)\)")
WHERE = """
## In an installed package

`vitnp lab DIR` copies the notebooks, the pages that this one names (`docs/…`) and the code (`vitnp/…`) to a folder. The
`make` commands are for a checkout: type `vitnp` in place of `.venv/bin/vitnp`.
"""


class Readme(MetadataHookInterface):
    """Gives the README to the metadata."""

    PLUGIN_NAME = "custom"

    def update(self, metadata):
        text = Path(self.root, "README.md").read_text("utf-8")
        address = metadata.get("urls", {}).get("Repository")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": outside(text, address) + WHERE,
        }


def outside(text, address=None):
    """The text of a page of the repository, with links that work outside of it."""

    def replaced(found):
        image, words, path = found.groups()
        words = LINK.sub(replaced, words)
        if address:
            return f"{image}[{words}]({address}/{'raw' if image else 'blob'}/HEAD/{path})"
        return "" if image else words

    return LINK.sub(replaced, text)
