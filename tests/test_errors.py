"""The messages: one line, the most similar names."""

from pathlib import Path

import numpy as np
import pytest

from vitnp.errors import InputError, counted, did_you_mean, known, nearest, one_line, printable, quoted, shown

NAMES = ["image_size", "hidden_size", "gelu", "B/16"]


@pytest.mark.parametrize(
    ("value", "options", "found"),
    [
        ("b/16", {}, ["B/16"]),
        ("Hidden_siez", {}, ["hidden_size", "image_size"]),
        ("hidden_siez", {"most": 1}, ["hidden_size"]),
        ("hidden_siez", {"most": 4, "cutoff": 0.8}, ["hidden_size"]),
        ("xyz", {}, []),
        ("geul", {"most": 4, "cutoff": 0.0}, ["gelu", "image_size", "hidden_size", "B/16"]),
        (16, {}, ["B/16"]),
    ],
)
def test_nearest(value, options, found):
    assert nearest(value, NAMES, **options) == found


def test_did_you_mean():
    assert did_you_mean("hidden_siez", NAMES) == "did you mean hidden_size or image_size? "
    assert did_you_mean("geul", NAMES) == "did you mean gelu? "
    assert did_you_mean("xyz", NAMES) == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\n lines\tand\u2028a third", "two lines and a third"),
        ("\x1b[2J\x07 한국어 ×", "\ufffd[2J\ufffd 한국어 ×"),
        ("a\u202eb", "a\ufffdb"),  # turns the direction of what follows
        ("\udcff", "\ufffd"),  # of a file's name that is no UTF-8
        (Path("a") / "b", "a/b"),
    ],
)
def test_one_line(text, line):
    assert one_line(text) == line
    assert str(InputError(text)) == line


def test_of_a_long_text_the_beginning_and_the_end_stay():
    for length in (300, 301, 1200, 1201, 10**7):
        text = "what is wrong" + "x" * (length - 23) + "what to do"
        line = one_line(text)
        assert len(line) == 300
        assert line.startswith("what is wrong") and line.endswith("what to do")
        assert ("…" in line) == (length > 300)
    assert one_line("0123456789" * 3, 20) == "012345678901 … 56789"


def endless():
    nest = []
    for _ in range(10**5):
        nest = [nest]
    return nest


def test_a_value_as_it_is_shown():
    for value, text in (
        (224, "224"),
        ("x", "'x'"),
        ((8, 12), "(8, 12)"),
        (10**5000, "a int too long to write"),
        ([0] * 10**6, "[0, 0, 0, 0, 0, 0, ...]"),
        (endless(), "[[[[[[[...]]]]]]]"),
    ):
        assert shown(value) == text
    assert len(shown("x" * 1000)) <= 60


def test_a_name_in_a_message():
    assert quoted("B/61") == '"B/61"'
    assert quoted("\x1b" * 100) == chr(34) + "\ufffd" * 37 + " … " + "\ufffd" * 20 + chr(34)
    assert quoted(None) == "None"


def test_what_is_no_string_is_none_of_the_names():
    assert known("a", {"a": 1})
    assert not known([], {"a": 1})
    assert not known(np.array(["a", "b"]), ("a", "b"))


def test_what_a_terminal_would_obey():
    assert printable("\x1b[2J 한 ×\n") == "\ufffd[2J 한 ×\ufffd"


def test_a_count_in_a_sentence():
    assert [counted(n, "step") for n in (0, 1, 2, 2000)] == ["0 steps", "1 step", "2 steps", "2,000 steps"]
    assert [counted(n, "class") for n in (1, 10)] == ["1 class", "10 classes"]
