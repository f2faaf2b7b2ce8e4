"""The check of a student's step: right answers pass however they are written, wrong ones are told where."""

import re
import sys

import numpy as np
import pytest
from workshop_answers import OF_BACKWARD, OF_FORWARD, VARIANTS, WRONG

from vitnp.course.workshop import check, pace, points, stages, student, template, tried
from vitnp.course.workshop.checking import check_step
from vitnp.course.workshop.grading import grades
from vitnp.course.workshop.outcome import WIDTH
from vitnp.course.workshop.reference import reference
from vitnp.errors import InputError
from vitnp.system.output import width


def written(tmp_path, step, code):
    """The file of a step."""
    path = tmp_path / f"{template.STEPS[step]}.py"
    path.write_text(code, encoding="utf-8")
    return path


def edited(step, old, new):
    """The solution with one mistake."""
    code = template.whole(step)
    assert code.count(old) == 1, (step, old, code.count(old))
    return code.replace(old, new)


@pytest.mark.parametrize("step", template.STEPS)
@pytest.mark.parametrize("lang", ("ko", "en"))
def test_the_solution_passes(tmp_path, step, lang):
    outcome = check_step(step, written(tmp_path, step, template.whole(step, lang)), lang=lang)
    assert outcome.ok and not re.search("[✗…]", "".join(outcome.lines[1:]).replace(" …", ""))
    assert {"import", "shapes", "invariants", "numbers", "gradient", "contract"} <= set(outcome.passed)


def test_two_numbers_that_differ_are_printed_differently(tmp_path):
    """Without ε the first digits are the same: "0.71 in place of 0.71" helps nobody."""
    code = edited(6, "(var + eps) ** -0.5", "var ** -0.5")
    said = " ".join(check_step(6, written(tmp_path, 6, code), lang="en").lines)
    own, right = re.search(r"\] = (\S+), the\s+reference\s+has (\S+);", said).groups()
    assert own != right and float(own) == pytest.approx(float(right), rel=1e-4)


def test_a_step_without_parameters_returns_the_gradient_alone(tmp_path):
    """The README's contract has a pair."""
    code = edited(1, "return cut.reshape(B, H, W, C)", "return cut.reshape(B, H, W, C), {}")
    for lang, word in (("ko", "그래디언트 하나만"), ("en", "the gradient alone")):
        said = " ".join(" ".join(check_step(1, written(tmp_path, 1, code), lang=lang).lines).split())
        assert word in said


def test_there_are_enough():
    assert len(VARIANTS) >= 20 and len(WRONG) >= 40
    assert {step for step, _ in VARIANTS.values()} == set(template.STEPS)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_right_answer_written_otherwise_passes(tmp_path, name):
    step, code = VARIANTS[name]
    outcome = check_step(step, written(tmp_path, step, code), lang="en")
    assert outcome.ok, "\n".join(outcome.lines)


@pytest.mark.parametrize(
    ("step", "old", "new", "stage", "part", "ko", "en"), WRONG, ids=lambda value: str(value)[:30]
)
def test_a_wrong_answer_is_told_where(tmp_path, step, old, new, stage, part, ko, en):
    path = written(tmp_path, step, edited(step, old, new))
    for lang, word in (("ko", ko), ("en", en)):
        outcome = check_step(step, path, lang=lang)
        said = " ".join(" ".join(outcome.lines).split())
        assert (outcome.status, outcome.stage, outcome.part) == ("wrong", stage, part), said
        assert word in said, said
        assert max(map(width, outcome.lines)) <= WIDTH


@pytest.mark.parametrize("level", template.LEVELS)
@pytest.mark.parametrize("step", template.STEPS)
def test_the_first_blank_is_named(tmp_path, step, level):
    code = template.cut(step, level, "ko")
    outcome = check_step(step, written(tmp_path, step, code), lang="ko")
    first = next(iter(template.blanks_in(code)))
    assert (outcome.status, outcome.part) == ("blank", first)
    assert re.search(rf"… 빈칸 +{re.escape(first)} ", "\n".join(outcome.lines))


def test_what_is_written_of_a_blank_file_is_held_against_the_reference(tmp_path):
    code = template.cut(5).replace(
        'raise NotImplementedError("5.3 softmax: S (B, H, N, N) → A (B, H, N, N)")',
        "return np.exp(S) / np.exp(S).sum()",
    )
    code = code.replace(
        'raise NotImplementedError("5.2 merge: (B, H, N, K) → (B, N, D)")',
        "return x.swapaxes(1, 2).reshape(x.shape[0], x.shape[2], -1)",
    )
    outcome = check_step(5, written(tmp_path, 5, code), lang="en")
    assert outcome.part == "5.1" and "  Written: merge ✓ · softmax ✗" in outcome.lines
    assert "  Blanks left: 5.4, 5.5, 5.6, 5.7" in outcome.lines


@pytest.mark.parametrize(
    ("code", "ko", "en"),
    [
        ("def forward(x:\n", "문법 오류 (s4_position.py, 1행)", "syntax error (s4_position.py, line 1)"),
        ("import nump\n", "멈춥니다: ModuleNotFoundError", "stops when it is run: ModuleNotFoundError"),
        ("import sys\nsys.exit(3)\n", "멈춥니다: SystemExit", "stops when it is run: SystemExit"),
        ("x = 1\n", "함수 forward: 없습니다", "there is no function forward"),
        (
            "def forward(z, p):\n    return z, ()\n",
            "함수 backward: 없습니다",
            "there is no function backward",
        ),
        ("forward = 3\n", "함수 forward: 없습니다", "there is no function forward"),
        ("def f():\n\treturn 1\n        return 2\n", "문법 오류", "syntax error"),
        ("a = '\0'\n", "문법 오류", "syntax error"),
        ("", "함수 forward: 없습니다", "there is no function forward"),
    ],
)
def test_a_file_that_cannot_be_checked(tmp_path, code, ko, en):
    path = written(tmp_path, 4, code)
    for lang, word in (("ko", ko), ("en", en)):
        outcome = check_step(4, path, lang=lang)
        assert (outcome.status, outcome.stage) == ("broken", "import")
        assert word in " ".join(" ".join(outcome.lines).split())


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    assert "cannot be read" in " ".join(check_step(4, tmp_path / "s4_position.py", lang="en").lines)
    (tmp_path / "s4_position.py").write_bytes(b"\xff\xfe\x00garbage\x80")
    assert check_step(4, tmp_path / "s4_position.py", lang="ko").status == "broken"


@pytest.mark.parametrize(
    "result",
    OF_FORWARD,
)
def test_whatever_forward_returns_is_told(tmp_path, result):
    code = edited(4, "return z0, ()", f"return {result}")
    outcome = check_step(4, written(tmp_path, 4, code), lang="en")
    assert outcome.status == "wrong" and "✗" in "\n".join(outcome.lines)


@pytest.mark.parametrize(
    "result",
    OF_BACKWARD,
)
def test_whatever_backward_returns_is_told(tmp_path, result):
    code = edited(4, 'return dz, {"E_pos": dE_pos}', f"return {result}")
    outcome = check_step(4, written(tmp_path, 4, code), lang="ko")
    assert outcome.status == "wrong" and "✗" in "\n".join(outcome.lines)


def test_the_line_of_an_exception_is_the_students(tmp_path):
    path = written(tmp_path, 5, edited(5, "A = softmax(S)", "A = softmax(S.reshape(3, 5, 7))"))
    assert "(s5_attention.py:" in " ".join(check_step(5, path, lang="en").lines)


def test_what_is_kept_in_a_global_is_found(tmp_path):
    code = edited(
        2, '    return x, (x_p, p["W"])', '    global kept\n    kept = x_p\n    return x, (x_p, p["W"])'
    )
    code = code.replace("    x_p, W = saved\n", "    _, W = saved\n    x_p = kept\n")
    outcome = check_step(2, written(tmp_path, 2, code), lang="en")
    assert (outcome.status, outcome.stage) == ("wrong", "contract")
    assert "hand on in saved" in " ".join(" ".join(outcome.lines).split())


def test_images_that_are_mixed_are_found(tmp_path):
    code = edited(6, "c = x - x.mean(axis=-1, keepdims=True)", "c = x - x.mean(axis=(0, -1), keepdims=True)")
    assert check_step(6, written(tmp_path, 6, code), lang="en").stage == "numbers"


def test_files_beside_may_be_imported_and_are_read_anew(tmp_path):
    (tmp_path / "mine.py").write_text("FACTOR = 1.0\n")
    path = written(tmp_path, 4, "from mine import FACTOR\n" + edited(4, "z + p", "FACTOR * z + p"))
    assert check_step(4, path).ok
    (tmp_path / "mine.py").write_text("FACTOR = 1.25\n")
    assert check_step(4, path).stage == "numbers"


@pytest.mark.parametrize("code", ["sys.path = []", "sys.path.clear()", "sys.path.append('elsewhere')"])
def test_where_modules_are_looked_for_stays(tmp_path, code):
    before, kept = sys.path, list(sys.path)
    assert check_step(3, written(tmp_path, 3, f"{template.whole(3)}\nimport sys\n{code}\n")).ok
    assert sys.path is before and sys.path == kept


def test_a_file_beside_may_be_imported_inside_a_function(tmp_path):
    (tmp_path / "mine.py").write_text("FACTOR = 1.0\n")
    inside = edited(4, "    z0 = z + p", "    from mine import FACTOR\n\n    z0 = FACTOR * z + p")
    assert check_step(4, written(tmp_path, 4, inside)).ok


def test_a_file_that_is_not_utf_8(tmp_path):
    path = tmp_path / "s4_position.py"
    path.write_bytes("TITLE = '위치'\n".encode("cp949") + template.whole(4, "en").encode())
    assert "UTF-8로 저장하세요" in " ".join(check_step(4, path, lang="ko").lines)


def test_other_seeds_and_sizes_say_the_same(tmp_path):
    sizes = points.Sizes(B=3, N=7, D=20, H=5, M=11, P=2, C=1, rows=2, cols=6, classes=4)
    for step in template.STEPS:
        path = written(tmp_path, step, template.whole(step))
        assert check_step(step, path, seed=7, sizes=sizes).ok


def test_functions_of_a_notebook(capsys):
    functions = reference(5)
    outcome = check(5, lang="ko", forward=functions["forward"], backward=functions["backward"])
    assert outcome.ok and capsys.readouterr().out.splitlines() == list(outcome.lines)
    outcome = check(6, lang="en", **{name: reference(6)[name] for name in ("forward", "backward")})
    assert outcome.ok  # the block is another notebook's


@pytest.mark.parametrize(
    ("step", "functions", "match"),
    [(9, {}, "step is 9"), (5, {}, "step 5 has the functions"), ("5", {}, "step is '5'")],
)
def test_a_call_that_says_nothing_is_refused(step, functions, match):
    with pytest.raises(InputError, match=match):
        check(step, **functions)


def test_a_function_of_a_notebook_that_is_missing():
    outcome = check(5, lang="en", forward=reference(5)["forward"])
    assert outcome.status == "broken" and "there is no function backward" in outcome.lines[-1]


def test_helpers_alone(capsys):
    """Before forward and backward are written: each beside the reference."""
    right = reference(5)
    outcome = check(5, lang="en", split=right["split"], softmax=right["softmax"])
    assert outcome.ok and capsys.readouterr().out.count("✓") == 2
    outcome = check(5, lang="en", softmax=lambda S: np.exp(S) / np.exp(S).sum())
    assert (outcome.status, outcome.part) == ("wrong", "5.3") and "the reference has 0." in outcome.lines[0]
    outcome = check(5, lang="ko", split=lambda x, H: x)
    assert "맞는 shape는 (2, 3, 5, 4)입니다" in outcome.lines[0]
    outcome = check(5, lang="en", dense_backward=lambda dy, x, W: dy)
    assert "it has to return 3 arrays" in outcome.lines[0]
    outcome = check(7, lang="en", gelu=lambda u: u.wrong)
    assert "stops: AttributeError" in outcome.lines[0]
    for nothing in (None, "text", float("nan")):
        assert check(7, lang="ko", gelu=lambda u, nothing=nothing: nothing).status == "wrong"


def test_a_helper_that_is_blank_alone(tmp_path):
    functions = student.functions(student.load(written(tmp_path, 5, template.cut(5))))
    outcome = check(5, lang="ko", merge=functions["merge"])
    assert outcome.status == "blank" and "5.2 merge" in outcome.lines[0]


def test_a_name_that_the_step_does_not_have():
    with pytest.raises(InputError, match="step 5 has the functions split, merge, softmax"):
        check(5, soft_max=lambda S: S)


def test_why_a_step_is_slow(tmp_path, monkeypatch):
    """That it is slow is said; it passes all the same. What is measured is not tested here."""
    path = written(tmp_path, 2, VARIANTS["project by einsum, saved as a list"][1])
    functions = student.functions(student.load(path))
    times = iter((1.7, 0.1))
    monkeypatch.setattr(pace, "seconds", lambda tried: next(times))
    pair = points.PAIRS[2][0]
    said = pace.slow(*(tried.bound(functions, pair, points.SMALL, 0) for _ in range(2)), functions)
    assert (
        said.en.startswith("17 times the reference") and "einsum in line" in said.en and "optimize" in said.ko
    )
    again = iter((9.0, 1.0))
    monkeypatch.setattr(pace, "seconds", lambda tried: next(again))
    outcome = check_step(2, path, lang="en")
    assert outcome.ok and "  ! time" in "\n".join(outcome.lines)


def test_a_slow_loop_is_named(tmp_path):
    path = written(tmp_path, 1, VARIANTS["patchify with loops"][1])
    functions = student.functions(student.load(path))
    assert "the loop in line" in pace.reason(functions, points.PAIRS[1][0]).en


def test_what_helpers_are_given_is_seen_and_they_are_put_back():
    from vitnp.course.workshop import seen

    functions = dict(reference(5))
    before = dict(functions)
    point = tried.bound(functions, points.PAIRS[5][0], points.SMALL, 0)
    values = {}
    with seen.watching(5, functions, values):
        y, _ = point.forward(point.x, point.p)
    assert functions == before and functions["forward"].__globals__["split"] is before["split"]
    A = values["blocks.0.attention.A"]
    np.testing.assert_allclose(A.sum(axis=-1), 1)
    assert values["blocks.0.attention.output"] is y
    assert values["blocks.0.attention.K"].shape == (2, 5, 12)


def test_errata_are_named_where_the_shapes_are_right(tmp_path):
    lines = check_step(5, written(tmp_path, 5, template.whole(5)), lang="ko").lines
    said = " ".join(" ".join(lines).split())
    assert "슬라이드의 97x64는 오타, 197x64가 맞습니다" in said and "12x197x197" in said
    assert stages.by((197, 64)) == "197x64"


CLASS = """
class Position:
    def forward(self, z, p):
        return z + p["E_pos"], None
    def backward(self, dy, saved):
        return dy, {"E_pos": dy.sum(0)}
    def __call__(self, *given):
        return self.forward(*given)
"""


@pytest.mark.parametrize(
    "code",
    [
        CLASS + "step = Position()\nforward, backward = step.forward, step.backward\n",
        CLASS + "import functools\nforward = functools.partial(Position.forward, None)\n"
        "backward = functools.partial(Position.backward, None)\n",
        CLASS + "forward, backward = Position(), Position().backward\n",
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Saved:\n    n: int\n"
        + CLASS
        + "forward, backward = Position(), Position().backward\n",
        CLASS.replace("dy.sum(0)", "np.matrix(dy.sum(0))").replace("\nclass", "import numpy as np\nclass")
        + "forward, backward = Position(), Position().backward\n",
    ],
    ids=("methods", "partials", "an object", "a dataclass", "a matrix"),
)
def test_what_is_called_forward_may_be_anything_that_can_be_called(tmp_path, code):
    outcome = check_step(4, written(tmp_path, 4, code), lang="en")
    assert outcome.ok, "\n".join(outcome.lines)


@pytest.mark.parametrize(
    ("step", "old", "new", "said", "not_said"),
    [
        (4, "return z0, ()", 'return z0.astype("float32"), ()', "y of forward is float32;", "differ"),
        (
            4,
            "dz0.sum(axis=0)",
            'dz0.sum(axis=0).astype("float32")',
            "dp[E_pos] of backward is float32;",
            "mixed",
        ),
        (4, "return z0, ()", "return z0 + 0j, ()", "y of forward is complex128;", "InputError"),
        (5, "A = softmax(S)", 'A = softmax(S.astype("float32"))', "is something float32", "over which axis"),
        (
            6,
            "(var + eps)",
            "var",
            "y[0,0,0] = -0.71402688, the reference has -0.71402689;",
            "backward is right",
        ),
    ],
)
def test_what_is_nearly_right_is_told_what_it_is(tmp_path, step, old, new, said, not_said):
    said_of_it = " ".join(
        " ".join(check_step(step, written(tmp_path, step, edited(step, old, new)), lang="en").lines).split()
    )
    assert said in said_of_it and not_said not in said_of_it, said_of_it
    assert "mistake is in computing dp" not in said_of_it


@pytest.mark.parametrize(
    ("step", "edits", "stage"),
    [
        (6, [("(var + eps)", "(var + 1e-6)")], "numbers"),
        (
            6,
            [('return y, (x_hat, inverse_std, p["gamma"])', 'return y, (x_hat, var**-0.5, p["gamma"])')],
            "gradient",
        ),
        (8, [("/ len(z)", "/ 2"), ("/ len(target)", "/ 2")], "numbers"),
        (5, [("dO = split(dconcat, num_heads)", "dO = split(dconcat, 3)")], "gradient"),
        (3, [("dz[:, 0].sum(axis=0)", "dz[0, 0] + dz[-1, 0]")], "gradient"),
    ],
)
def test_an_answer_for_one_size_or_epsilon_alone_is_wrong(tmp_path, step, edits, stage):
    code = template.whole(step)
    for old, new in edits:
        assert code.count(old) == 1
        code = code.replace(old, new)
    for lang, word in (("ko", "다른 크기에서(B=4"), ("en", "with other sizes (B=4")):
        outcome = check_step(step, written(tmp_path, step, code), lang=lang)
        assert (outcome.status, outcome.stage) == ("wrong", stage)
        assert word in " ".join(" ".join(outcome.lines).split())


def test_a_backward_that_stops_at_the_slides_size_is_told(tmp_path):
    line = "    x, p, Q, K, V, A, concat = saved\n"
    code = edited(5, line, f"{line}    if x.shape[2] == 768:\n        x + ()\n")
    outcome = check_step(5, written(tmp_path, 5, code), lang="en")
    assert outcome.status == "wrong" and outcome.part == "5.7"
    assert "with the sizes of B/16: stops: " in " ".join(" ".join(outcome.lines).split())


def test_a_gradient_under_another_name_is_not_called_missing(tmp_path):
    path = written(tmp_path, 2, edited(2, '{"W": dW, "b": db}', '{"dW": dW, "db": db}'))
    outcome = check_step(2, path, lang="en")
    assert outcome.stage == "gradient shapes" and outcome.family is None
    path = written(tmp_path, 2, edited(2, '{"W": dW, "b": db}', '{"W": dW}'))
    assert check_step(2, path, lang="en").family == "zero"


SWAPPED = [
    ("def softmax_backward(dA, A):", "def softmax_backward(A, dA):"),
    ("dS = softmax_backward(dA, A)", "dS = softmax_backward(A, dA)"),
]
OTHER_HEADS = [
    ("    return heads.swapaxes(1, 2)", "    return heads.transpose(2, 0, 1, 3)"),
    (
        "    B, H, N, K = x.shape\n    tokens = x.swapaxes(1, 2)",
        "    H, B, N, K = x.shape\n    tokens = x.transpose(1, 2, 0, 3)",
    ),
    ("num_heads, d_k = Q.shape[1]", "num_heads, d_k = Q.shape[0]"),
]


@pytest.mark.parametrize("other", (SWAPPED, OTHER_HEADS), ids=("arguments", "heads first"))
def test_a_helper_that_is_right_in_its_own_way_is_not_blamed(tmp_path, other):
    def outcome(*more):
        code = template.whole(5)
        for old, new in [*other, *more]:
            assert code.count(old) == 1, old
            code = code.replace(old, new)
        return check_step(5, written(tmp_path, 5, code), lang="en")

    assert outcome().ok
    wrong = outcome(("dK = dS.swapaxes(-1, -2) @ Q", "dK = dS @ Q"))
    assert wrong.part == "5.7" and "called by itself" not in " ".join(wrong.lines)


@pytest.mark.parametrize(
    ("step", "old", "new"),
    [
        (5, "np.exp(S - S.max(axis=-1, keepdims=True))", "np.exp(S)"),
        (5, "np.exp(S - S.max(axis=-1, keepdims=True))", "np.exp(S - S.max())"),
        (8, "above = z - z.max(axis=-1, keepdims=True)", "above = z"),
    ],
)
def test_what_overflows_passes_with_a_remark(tmp_path, step, old, new):
    path = written(tmp_path, step, edited(step, old, new))
    for lang, word in (("ko", "! 큰 값"), ("en", "! large values")):
        outcome = check_step(step, path, lang=lang)
        assert outcome.ok and word in "\n".join(outcome.lines)
        assert max(map(width, outcome.lines)) <= WIDTH


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/ np.sqrt(Q.shape[-1])", "/ 8"),
        ("/ np.sqrt(Q.shape[-1])", "/ np.sqrt(num_heads)"),
        ("/ np.sqrt(d_k)", "/ 8"),
        ("/ np.sqrt(d_k)", "/ 7"),
    ],
)
def test_another_constant_in_the_scores_is_one_of_the_scale(tmp_path, old, new):
    assert check_step(5, written(tmp_path, 5, edited(5, old, new)), lang="en").family == "scale"


def test_the_three_points_have_no_size_in_common_that_a_constant_could_stand_for():
    a, b, c = (points.SMALL, points.OTHER, grades.SIZES)
    for letter in points.Sizes._fields[:-1]:
        assert getattr(b, letter) not in (getattr(a, letter), getattr(c, letter)), letter
    assert b.D // b.H not in (a.D // a.H, c.D // c.H)
