"""What a check found, and its lines for a screen of 80 columns. Imports `system`."""

import re
from typing import NamedTuple

from vitnp.system.output import width

WIDTH = 80
LABEL = 17  # columns of a stage's name
COMMAND = re.compile(r"vitnp workshop [a-z]+(?: (?:--[a-z-]+|[\d.]+))*")


class Outcome(NamedTuple):
    """A step's check. `status`: "passed", "blank", "wrong" or "broken"; `stage`: the one where it ended."""

    step: int
    status: str
    stage: str
    lines: tuple
    part: str | None = None  # such as "5.4", where the mistake is, or the blank
    mistake: str | None = None  # the key of a known mistake
    family: str | None = None  # the key of its family
    leaves: tuple = ()  # the gradients that are wrong
    passed: tuple = ()  # the stages that were passed

    @property
    def ok(self):
        """Whether nothing is wrong and nothing is missing."""
        return self.status == "passed"


def padded(text, columns):
    """The text with blanks up to so many columns."""
    return text + " " * (columns - width(text))


def stage_lines(mark, label, text):
    """ "  ✓ label   text", wrapped, the further lines below the text."""
    first, *rest = wrapped(text, WIDTH - LABEL - 5) or [""]
    return [
        f"  {mark} {padded(label, LABEL)} {first}".rstrip(),
        *(f"{'':{LABEL + 5}}{line}" for line in rest),
    ]


def paragraph(text, indent="  "):
    """The text in lines that fit the screen."""
    return [indent + line for line in wrapped(text, WIDTH - len(indent))]


def wrapped(text, columns):
    """The text in lines of at most so many columns, broken at blanks; a longer word is cut.

    A command of the workshop is one word, so that it can be copied.
    """
    lines, line = [], ""
    text = COMMAND.sub(lambda command: command[0].replace(" ", "\0"), text)
    for word in text.split(" "):
        word = word.replace("\0", " ")
        if line and width(line) + 1 + width(word) > columns:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while width(line) > columns:
            head = next(line[:n] for n in range(len(line), 0, -1) if width(line[:n]) <= columns)
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line] if line else lines
