"""Korean words in Roman letters (신라 → silla), by the package koroman, an extra. Imports `errors`.

The letters follow the pronunciation: a syllable's last consonant depends on the first one of the next syllable. The
words are random syllables, so that there is no end to them and no list of words is needed. The package writes a "-"
between the same two consonants (섹켄 → sek-ken); it is left out, as it is no letter.
"""

import functools
import unicodedata

from vitnp.errors import InputError, install

MOST_SYLLABLES = 5  # of a word
LETTERS = tuple("abcdeghijklmnoprstuwy")
MOST_LETTERS = 7 * MOST_SYLLABLES  # two consonants, a vowel of three letters, ng: 꽹 → kkwaeng
MOST_JAMO = 3 * MOST_SYLLABLES


@functools.cache
def syllables():
    """The 2,350 syllables of the standard KS X 1001, nearly all that are in use: those of two bytes in EUC-KR.

    Unicode has 11,172; Python's codec writes the others as eight bytes.
    """
    every = map(chr, range(ord("가"), ord("힣") + 1))
    return tuple(syllable for syllable in every if len(syllable.encode("euc_kr")) == 2)


@functools.cache
def jamo():
    """The letters that the syllables are made of, sorted."""
    return tuple(sorted(set(unicodedata.normalize("NFD", "".join(syllables())))))


def package():
    """The package koroman. Raises InputError where it is not installed."""
    try:
        import koroman
    except ImportError:
        raise InputError(
            f"Roman letters need the package koroman; install it with {install('translate')}"
        ) from None
    return koroman


def romanized(words):
    """The Roman letters of each word, without "-". What a program added to the package's own dictionary is not used."""
    # All words in one call: the package applies its 60 rules to a text one by one, and none reaches over a line's end.
    lines = package().romanize("\n".join(words), use_custom_dictionary=False)
    return lines.replace("-", "").split("\n")


def draw(rng, n):
    """n random words of 1 to 5 syllables; each length is as likely as another."""
    lengths = rng.integers(1, MOST_SYLLABLES, n, endpoint=True).tolist()
    drawn = iter(rng.integers(0, len(syllables()), sum(lengths)).tolist())
    return ["".join(syllables()[next(drawn)] for _ in range(length)) for length in lengths]
