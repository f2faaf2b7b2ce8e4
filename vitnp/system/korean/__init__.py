"""The catalogue of messages: English templates and their Korean. Read once, when something is to be said in Korean.

Every line of the TOML files beside this one is `"template" = "template in Korean"`. A {} of the English template
matches anything, and may be empty; the value takes the place of the Korean {} of the same position, or of {1}, counted
from 0, where the order differs. A value is itself translated where a template matches it whole: "did you mean {}?" is
a template of its own. Of all ways to translate a message, the one whose templates account for the most letters is
taken. `counted.toml` has the nouns of `errors.counted`: "2 steps" is a number and a noun. A particle after a value is
written in both forms, such as 은(는), and `particles` keeps the one that fits.
"""

import functools
import re
import tomllib
from pathlib import Path

from vitnp.system.korean.particles import fitted

FOLDER = Path(__file__).parent
COUNTED = "counted.toml"
DEEPEST = 8  # levels of a message within a message
MOST = 1500  # texts that are tried for one message (200 for those of the code), so that none takes seconds
LEAST = 4  # letters of a template that may stand around what is not translated: "{} or {}" would make a line of both
TYPED = re.compile(r"(--[a-z-]* |=)$")  # before a value that is to be typed as it is: "--only patches"
PROSE = re.compile(r"[a-z]{2,}(?: [a-z]{2,}){2,}")  # three words of English: no name, no value
HOLE = re.compile(r"\{(\d*)\}")


def of(message, own=()):
    """The message in Korean; as it is where no template matches. A line break counts as a space, as in `one_line`.

    own: the user's words, such as the name of a file. They stay as they are: a folder may be called "test".
    """
    text = " ".join(str(message).split())
    among = [entry for entry in templates() if all(chunk in text for chunk in entry[0])]
    known = {(word, depth): (0, word) for word in own if word in text for depth in range(1, DEEPEST)}
    return fitted(best(text, 0, among, known)[1])


def best(text, depth, among, known):
    """(letters that templates account for, the text in Korean) of the best translation by the templates in `among`.

    known: {(text, depth): the result}, of what was asked before.
    """
    words = text.strip()
    if depth == DEEPEST or not words or words[0] == words[-1] == '"':  # a quoted value is the user's
        return 0, text
    if (text, depth) not in known:
        if len(known) >= MOST:
            return 0, text
        found = _counted(words)
        for chunks, korean in among:
            for values in splits(chunks, words):
                parts = [
                    (0, value) if TYPED.search(chunk) else best(value, depth + 1, among, known)
                    for chunk, value in zip(chunks, values, strict=False)  # the last chunk has none after it
                ]
                score = worth(chunks, parts, depth)
                if score > found[0]:
                    found = score, filled(korean, [part for _, part in parts])
        before, after = text[: text.index(words)], text[text.index(words) + len(words) :]
        known[text, depth] = found[0], before + found[1] + after
    return known[text, depth]


def worth(chunks, parts, depth):
    """The letters that a template and what stands in its places account for; 0 where it is not to be used."""
    letters = sum(map(len, chunks)) + sum(own for own, _ in parts)
    if depth:  # a piece of a sentence in English would be moved about in it
        return 0 if any(not own and PROSE.search(part) for own, part in parts) else letters
    weak = sum(map(str.isalpha, "".join(chunks))) < LEAST
    if weak and not all(own or not part for own, part in parts):
        return 0
    return letters + sum(
        chunk.count("; ") for chunk in chunks
    )  # what a clause says of another is outside of it


def splits(chunks, text):
    """Yield what stands between the chunks of a template, if it matches the text: each chunk as far left as possible,
    and as far right."""
    if len(chunks) == 1:
        if text == chunks[0]:
            yield []
        return
    left = values(chunks, text)
    if left is not None:
        yield left
        right = [value[::-1] for value in values([c[::-1] for c in chunks[::-1]], text[::-1])[::-1]]
        if right != left:
            yield right


def values(chunks, text):
    """What stands between two or more chunks, each as far left as possible; None where they do not match the text."""
    first, *middle, last = chunks
    start, end = len(first), len(text) - len(last)
    if start > end or not text.startswith(first) or not text.endswith(last):
        return None
    found = []
    for chunk in middle:
        at = text.find(chunk, start, end)
        if at < 0:
            return None
        found.append(text[start:at])
        start = at + len(chunk)
    return [*found, text[start:end]]


def filled(korean, found):
    """The Korean template with the values in its places."""
    order = iter(range(len(found)))
    return HOLE.sub(lambda hole: found[int(hole[1] or next(order))], korean)


def _counted(text):
    """The same of a number and a noun, "2,000 steps"; (0, the text) of anything else."""
    number, _, noun = text.partition(" ")
    for one in (noun, noun.removesuffix("s"), noun.removesuffix("es")):
        if number.replace(",", "").isdigit() and one in counted():
            return len(noun), filled(counted()[one], [number])
    return 0, text


@functools.cache
def templates():
    """(chunks of the English template, the Korean one) of every entry."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        if path.name != COUNTED:
            found |= read(path)
    return [(" ".join(english.split()).split("{}"), korean) for english, korean in found.items()]


@functools.cache
def counted():
    """{noun: how many of it, in Korean}."""
    return read(FOLDER / COUNTED)


def read(path):
    """{English: Korean} of one file."""
    return tomllib.loads(path.read_text("utf-8"))
