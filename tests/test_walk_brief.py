"""`vitnp walk`: the language of the locale, the table on one screen, colors on a terminal."""

import re

import command_line
import pytest

from vitnp.analysis.trace import trace
from vitnp.commands import walk, walk_brief
from vitnp.system.color import marked
from vitnp.system.output import width

KOREAN = re.compile("[가-힣]")


def run(capsys, *words):
    """(exit status, lines of standard output, standard error) of `vitnp walk …`."""
    status, out, err = command_line.run(capsys, "walk", *words)
    return status, out.splitlines(), err


@pytest.fixture(scope="module")
def b_16():
    """The lines of B/16 in each language, of one layer: all layers have the same shapes."""

    def lines(capsys, lang):
        status, lines, err = run(capsys, "--set", "num_layers=1", "--brief", "--lang", lang)
        assert (status, err) == (0, "")
        return lines

    return lines


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_table_is_one_screen(capsys, b_16, lang):
    """22 rows and the verdict: with the prompt 24 lines of at most 80 columns, nothing cut off."""
    lines = b_16(capsys, lang)
    assert len(lines) == 22 + 1
    assert max(map(width, lines)) < 80
    assert not any("…" in line for line in lines)
    assert bool(KOREAN.search("".join(lines))) == (lang == "ko")
    marks = [line for line in lines if line.endswith("✓")]
    assert len(marks) == 20 and len({width(line) for line in marks}) == 1  # the marks in one column


def test_the_table_has_every_tensor_and_erratum(capsys, b_16):
    lines = b_16(capsys, "en")
    page = "\n".join(lines)
    assert re.findall(r"^ (\d) ", page, re.MULTILINE) == list("12345678")
    assert "Q⁽ⁱ⁾, K⁽ⁱ⁾, V⁽ⁱ⁾   12x197x64      197x64" in page
    assert "AttentionOutput    12x197x64      97x64 ≠         ✓" in page
    assert sum("≠" in line for line in lines[:-1]) == 6
    assert lines[-1] == "B/16 · china.jpg: 29 tensors, all shapes true; ≠ 6 errata on the slides"
    assert "random weights" in lines[-2]


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("name", ["hybrid-tiny", "bit-digits"])
def test_other_models_fit_in_80_columns(capsys, name, lang):
    status, lines, _ = run(capsys, "--model", name, "--brief", "--lang", lang)
    assert status == 0 and max(map(width, lines)) < 80
    assert "no slide" not in "".join(lines) and "슬라이드 없음" not in "".join(lines)


def test_the_gradients_are_a_line_more(capsys):
    _, lines, _ = run(capsys, "--model", "tiny", "--brief", "--backward", "--lang", "en")
    assert lines[-1].startswith("backward: 48 gradients, loss = ")


def test_a_wrong_shape_is_seen(capsys, monkeypatch):
    def wrong(*args, **options):
        t = trace(*args, **options)
        t.forward[:] = [r._replace(value=r.value[:, :-1]) if r.name == "z0" else r for r in t.forward]
        return t

    monkeypatch.setattr(walk, "trace", wrong)
    status, lines, _ = run(capsys, "--model", "tiny", "--brief", "--lang", "en")
    assert status == 1
    assert any(line.endswith("✗ 31x28") for line in lines)
    assert "1 WRONG: z0" in lines[-1]


@pytest.mark.parametrize("words", ["--json", "--lang both"])
def test_one_screen_is_one_table_in_one_language(capsys, words):
    status, out, err = run(capsys, "--brief", *words.split())
    assert (status, out) == (2, [])
    assert f"leave out {words}" in err and err.count("\n") == 1


@pytest.mark.parametrize(("locale", "korean"), [("ko_KR.UTF-8", True), ("en_US.UTF-8", False), ("C", False)])
@pytest.mark.parametrize("brief", [(), ("--brief",)])
def test_the_language_is_the_locales(capsys, monkeypatch, locale, korean, brief):
    monkeypatch.setenv("LC_ALL", locale)
    _, lines, _ = run(capsys, "--model", "tiny", *brief)
    # what the slides print is Korean in every language, and stands in quotes
    assert bool(KOREAN.search(re.sub('"[^"]*"', "", "".join(lines)))) == korean


class Stream:
    def __init__(self, terminal):
        self.isatty = lambda: terminal


@pytest.mark.parametrize(
    ("terminal", "environment", "colored"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_marks_are_colored_on_a_terminal(monkeypatch, terminal, environment, colored):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    text = marked("a ✓ b ✗ c ≠", Stream(terminal))
    assert text == ("a \033[32m✓\033[0m b \033[31m✗\033[0m c \033[33m≠\033[0m" if colored else "a ✓ b ✗ c ≠")


def test_a_long_name_is_cut_to_its_column():
    assert walk_brief.shortened("헤드 결합", 9) == "헤드 결합"
    assert walk_brief.shortened("헤드 결합", 8) == "헤드 결…"
    assert width(walk_brief.shortened("헤드 결합", 7)) <= 7
