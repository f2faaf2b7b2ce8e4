"""Whole numbers as Korean words (12345 → 만이천삼백사십오), and back. Imports `errors`.

Korean counts in groups of four digits: a group below 10,000 is read with 천, 백, 십, and followed by the name of its
place (만 10⁴, 억 10⁸, 조 10¹², 경 10¹⁶). A 일 (one) is left out before 천, 백 and 십, and before 만 if the whole group
is one; before 억, 조 and 경 it stays.
"""

import re
import unicodedata

from vitnp.errors import InputError, need_int, quoted, shown

DIGITS = "영일이삼사오육칠팔구"
ZERO = DIGITS[0]
SMALL = ((1000, "천"), (100, "백"), (10, "십"))  # the places in a group; the last has no name
LARGE = ((10**16, "경"), (10**12, "조"), (10**8, "억"), (10**4, "만"))  # the groups; the last has no name
GROUP = 10**4
MOST = 10**20 - 1

# A digit and its place; the digit may be left out, or the place with it.
READ = re.compile("".join(f"(?:([{DIGITS[1:]}]?){name})?" for _, name in SMALL) + f"([{DIGITS[1:]}])?")


def to_words(number):
    """The number in Korean words, without blanks. Raises InputError for what is no whole number from 0 to 10²⁰ − 1."""
    number = need_int("the number", number, at_least=0, at_most=MOST)
    words = []
    for value, name in LARGE:
        group, number = divmod(number, value)
        if group:
            words.append(name if (group, name) == (1, "만") else group_words(group) + name)
    return "".join(words) + group_words(number) or ZERO


def group_words(number):
    """The words of a number below 10,000; "" for 0."""
    words = []
    for value, name in SMALL:
        digit, number = divmod(number, value)
        if digit:
            words.append(name if digit == 1 else DIGITS[digit] + name)
    return "".join(words) + (DIGITS[number] if number else "")


def to_number(text):
    """The number that Korean words say, in any of the usual spellings: a 일 may be there or not, and blanks too.

    Raises InputError for what is no number.
    """
    if not isinstance(text, str):
        raise InputError(f"the words of a number are {shown(text)}; need a string")
    words = "".join(unicodedata.normalize("NFC", text).split())
    if words == ZERO:
        return 0
    total, rest = 0, words
    for value, name in LARGE:
        group, there, after = rest.partition(name)
        if there:
            total += value * (group_number(group, text) if group else 1)
            rest = after
    if rest or not words:
        total += group_number(rest, text)
    return total


def group_number(words, text):
    """The number below 10,000 that words without 만, 억, … say; text: the whole, for the refusal."""
    found = READ.fullmatch(words)
    if not words or not found:
        raise InputError(
            f"{quoted(text)} is no number in Korean words; write it as in 만 이천삼백사십오 (12345) or 영 (0)"
        )
    places = [*(value for value, _ in SMALL), 1]
    # "" is a place without a digit before it, which counts once; None is a place that is not there.
    digits = [1 if digit == "" else DIGITS.index(digit or ZERO) for digit in found.groups()]
    return sum(value * digit for value, digit in zip(places, digits, strict=True))
