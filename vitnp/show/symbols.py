"""How the symbols of a sentence are written in a picture: in a font that has them, or as their code points.

A picture of a sentence must name its symbols, whatever alphabet they are of. A font draws an empty box for a character
that it does not have, so every label's characters are looked for in the fonts of this computer first.
"""

import unicodedata

from matplotlib import font_manager

from vitnp.errors import printable
from vitnp.show import page

BLANK = "␣"
LONGEST = 12  # characters of a word; of a longer one the beginning is written
# What Unicode calls the three forms of a jamo (ᄒ ᅡ ᆫ), which are drawn on top of each other. As letters (ㅎ ㅏ ㄴ) they
# stand on their own.
JAMO = ("HANGUL CHOSEONG ", "HANGUL JUNGSEONG ", "HANGUL JONGSEONG ")
# Fonts for formulas, whose tables of characters are their own, and one that has a sign for every block of Unicode.
NO_TEXT = ("cm", "STIX", "Last Resort")


def labels(symbols):
    """[(the symbol as it is written, the fonts for it)], one pair per symbol."""
    written = [written_as(symbol) for symbol in symbols]
    fonts = fonts_of("".join(written))
    return [
        (
            "".join(c if c in fonts else f"U+{ord(c):04X}" for c in text),
            list(dict.fromkeys(fonts[c] for c in text if c in fonts)),
        )
        for text in written
    ]


def not_drawn(symbols):
    """The characters of the symbols that no font of this computer has, sorted; they are written as code points."""
    text = "".join(map(written_as, symbols))
    return sorted(set(text) - fonts_of(text).keys())


def written_as(symbol):
    """The symbol as text that can be seen: blanks as ␣, jamo as letters, a long word cut."""
    text = "".join(map(_letter, str(symbol)))
    text = printable(text.replace(" ", BLANK)) or BLANK
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def fonts_of(text):
    """{character: name of the first font that has it}: matplotlib's own, a Korean one, then all others."""
    wanted, found = set(text), {}
    for font in sorted(font_manager.fontManager.ttflist, key=_order):
        if not wanted:
            break
        if font.name.startswith(NO_TEXT):
            continue
        try:
            face = font_manager.get_font(font.fname)
        except (OSError, RuntimeError):  # removed since matplotlib made its list, or not a font
            continue
        found |= {c: font.name for c in wanted if face.get_char_index(ord(c))}
        wanted -= found.keys()
    return found


def _order(font):
    """What a font is sorted by: plain before bold, the two fonts of every picture before the others."""
    known = ("DejaVu Sans", page.korean_font())
    return known.index(font.name) if font.name in known else len(known)


def _letter(character):
    """A jamo as the letter of the same name; any other character as it is."""
    name = unicodedata.name(character, "")
    for form in JAMO:
        if name.startswith(form):
            try:
                return unicodedata.lookup("HANGUL LETTER " + name.removeprefix(form))
            except KeyError:  # an old one, which has no letter of its own
                return character
    return character
