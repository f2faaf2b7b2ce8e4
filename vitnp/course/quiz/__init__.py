"""The quiz bank: three multiple-choice questions per step, in both languages, on shapes, forward and backward.

`s1.toml` … `s8.toml` have the questions. Each wrong answer is what a known mistake of the workshop gives
(`mistake`, a key of `workshop/known/sN.toml`). `formats` writes them as Markdown, GIFT and Moodle XML.
"""

import functools
import pathlib
import random
import tomllib
from typing import NamedTuple

from vitnp.errors import need_choice
from vitnp.system.language import Text

STEPS = range(1, 9)
KINDS = {
    "shapes": Text("shape", "shapes"),
    "forward": Text("순전파", "forward"),
    "backward": Text("역전파", "backward"),
}
HERE = pathlib.Path(__file__).parent


class Option(NamedTuple):
    """One of the four answers."""

    text: Text
    why: Text  # the feedback: why it is right, or what the mistake would do
    mistake: str | None  # the key of the known mistake; None: this answer is right


class Question(NamedTuple):
    """A question with its answers in the order in which they are printed."""

    step: int
    number: int  # 1 to 3
    kind: str  # a key of KINDS
    text: Text
    options: tuple  # of Option

    @property
    def name(self):
        """ "5.1"."""
        return f"{self.step}.{self.number}"


@functools.cache
def load(step):
    """The questions of a step, 1 to 8. Raises InputError for another number."""
    need_choice("step", str(step), tuple(map(str, STEPS)))
    rows = tomllib.loads((HERE / f"s{step}.toml").read_text("utf-8"))["question"]
    return tuple(_question(step, number, row) for number, row in enumerate(rows, start=1))


def _question(step, number, row):
    right = Option(_text(row["right"]), _text(row["why"]), None)
    wrong = (Option(_text(other["text"]), _text(other["why"]), other["mistake"]) for other in row["wrong"])
    options = [right, *wrong]
    random.Random(f"{step}.{number}").shuffle(options)  # the same order always
    return Question(step, number, row["kind"], _text(row["question"]), tuple(options))


def _text(given):
    """[Korean, English], or [what is the same in both]."""
    return Text(given[0], given[-1])
