"""The relative links of a page of Markdown, for a copy of the page that is in another place."""

import posixpath
import re

# Files and folders: what else stands in (…) behind […] may be a formula.
LINK = re.compile(
    r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
    r"\((?P<path>[\w./-]+(?:\.(?:md|ipynb|py|png|jpg|toml|txt|pdf|html|json|npz)|/))(?P<part>#[^()\s]*)?\)"
)


def relinked(text, name, where):
    """The text of the project's file `name`; where(other) gives the link to the project's file `other`, or None.

    A link to what is nowhere becomes its text, and a picture that is nowhere its description.
    """

    def replaced(found):
        other = posixpath.normpath(posixpath.join(posixpath.dirname(name), found["path"]))
        link = where(other)
        if link is None:
            return found["text"]
        words = relinked(found["text"], name, where)  # a picture may be a link's text
        return f"{found['image']}[{words}]({link}{found['part'] or ''})"

    return LINK.sub(replaced, text)
