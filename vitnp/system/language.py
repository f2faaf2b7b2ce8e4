"""In which language a student is told something: Korean or English. Imports nothing of vitnp but `errors`."""

import contextlib
import os
from typing import NamedTuple

from vitnp.errors import need_choice

LANGUAGES = ("ko", "en")
_used = []  # what `use` set, for the whole process: a notebook is in one language


class Text(NamedTuple):
    """The same sentence in both languages."""

    ko: str
    en: str

    def in_(self, lang=None):
        """The sentence in the language that is `chosen`."""
        return getattr(self, chosen(lang))


def use(lang):
    """From here on, what is said without naming a language is said in this one."""
    need_choice("lang", lang, LANGUAGES)
    _used[:] = [lang]


@contextlib.contextmanager
def used(lang):
    """In the block what is said without naming a language is said in this one; None changes nothing."""
    before = _used[:]
    if lang is not None:
        use(lang)
    try:
        yield
    finally:
        _used[:] = before


def chosen(lang=None):
    """The language: the argument, else what `use` has set, else that of the locale (Korean, or English)."""
    if lang is not None:
        need_choice("lang", lang, LANGUAGES)
        return lang
    return _used[0] if _used else of_locale(os.environ)


def of_locale(environment):
    """ "ko" where the first of POSIX's variables that is set says Korean, else "en"."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "ko" if environment[name].lower().startswith(("ko", "korean")) else "en"
    return "en"


def translated(message, lang=None, *, own=()):
    """An error, or another English text of the command line, in the language that is `chosen`.

    The code writes errors in English; the catalogue `system.korean` has the Korean ones. What it does not know stays
    English, and so do the words in `own`, which the user has typed.
    """
    text = getattr(message, "whole", str(message))
    if chosen(lang) == "en":
        return text
    from vitnp.system import korean

    return korean.of(text, own)
