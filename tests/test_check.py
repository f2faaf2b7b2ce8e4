"""`make check` stops at the first mistake and says what to do."""

import check


def test_the_check_stops_at_the_first_mistake(monkeypatch, capsys):
    good, bad = ("compileall", "-q", "tests/check.py"), ("vitnp", "no-such-command")
    stages = [("one", good, "look at one"), ("two", bad, "look at two"), ("three", good, "look at three")]
    monkeypatch.setattr(check, "STAGES", stages)
    assert check.main() == 1
    said = capsys.readouterr().out
    assert "no-such-command" in said
    assert said.splitlines()[-2:] == [
        "two: look at two",
        "this alone again: .venv/bin/python -m vitnp no-such-command",
    ]
    assert "three" not in said
    monkeypatch.setattr(check, "STAGES", stages[::2])
    assert check.main() == 0


def test_every_stage_has_its_files():
    assert len(check.STEPS) == 8
    words = [word for _, command, _ in check.STAGES for word in command if word.startswith("tests/")]
    assert all((check.ROOT / word).exists() for word in words)
