"""`make check` stops at the first mistake and says what to do."""

import check

from vitnp import preset, tree, vit


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


def test_a_wrong_gradient_names_the_file_of_its_step():
    table = ["tiny: 3 leaves", "leaf  numeric  analytic", "x  1.0  1.0 ✓"]
    wrong = [
        *table,
        "blocks.0.norm_1.gamma  1.0  2.0 ✗ WRONG",
        "blocks.1.feed_forward.b1  1.0  2.0 ✗ WRONG",
        "sum",
    ]
    shown = check.marked(wrong)
    assert shown == [table[1], *wrong[3:5]]
    assert check.file_of(shown[-1]) == ", vitnp/steps/s7_feed_forward.py"
    error = "ValueError: gradient of blocks.0.attention.W_Q is missing, the leaf is (20,)"
    assert check.marked(["Traceback", "  File …", error]) == [error]
    assert check.file_of(error) == ", vitnp/steps/s5_attention.py"
    assert check.marked(["another error"]) == ["another error"]
    assert check.file_of("another error") == ""
    leaves = {name for name, _ in tree.leaves(vit.init(None, preset("tiny")))}
    assert all((check.ROOT / check.file_of(name).removeprefix(", ")).exists() for name in leaves)
