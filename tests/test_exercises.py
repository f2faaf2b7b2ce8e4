"""`check` and its judges: silent, ✓, or what was given, what is expected and a hint, in the chosen language."""

import importlib
import inspect
import re
import unicodedata

import numpy as np
import pytest
from test_notebooks import SOURCES, build

from vitnp.course.exercises import check, find, judge
from vitnp.errors import InputError
from vitnp.system import language
from vitnp.system.language import Text

LANGUAGES = language.LANGUAGES
WIDEST = 96  # columns of a slide; a Korean syllable takes two
HINT = Text("힌트", "a hint")
KNOWN = Text("아는 실수", "a known mistake")
SIX = np.arange(6.0).reshape(2, 3)
WITH_INF = np.where(SIX == 3, np.inf, SIX)
rng = np.random.default_rng(0)
X, W, B = rng.standard_normal((2, 5, 3)), rng.standard_normal((3, 4)), rng.standard_normal(4)


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.setattr(language, "_used", [])


def columns(line):
    """How many columns of a terminal a line takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def in_both(wrong):
    """{language: the lines} of a wrong answer; none is too long."""
    found = {lang: wrong.lines(lang) for lang in LANGUAGES}
    assert all(columns(line) <= WIDEST for lines in found.values() for line in lines), found
    assert "given" in found["en"][0] and "expected" in found["en"][0], found
    assert ("입력한" in found["ko"][0] or "있는" in found["ko"][0]) and "기대한" in found["ko"][0], found
    return found


def refused(judged, *args, **named):
    """The lines of what a judge says about a wrong answer."""
    try:
        judged(*args, **named)
    except judge.Wrong as wrong:
        return in_both(wrong)
    raise AssertionError("a wrong answer is taken for right")


def accepted(judged, *args, **named):
    """Whether a judge takes an answer for right."""
    try:
        judged(*args, **named)
    except judge.Wrong:
        return False
    return True


# --- check ---


@pytest.mark.parametrize("answer", [..., lambda vector: ..., lambda vector: (1, ...)])
def test_nothing_is_said_before_there_is_an_answer(answer, capsys):
    check("01.3", answer)
    check("02.3", answer if answer is ... else ..., 1, np.eye(3), np.ones(3))
    assert capsys.readouterr().out == ""


def test_one_of_two_answers_is_not_judged_alone(capsys):
    check("02.3", "wrong", ..., np.eye(3), np.ones(3))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("answer", [22_353_984, 22_353_984.0, np.int64(22_353_984), np.array(22_353_984)])
def test_right_is_right_in_any_kind_of_number(answer, capsys):
    assert check("05.1", answer) is None  # a notebook would show what it returns
    assert capsys.readouterr().out == "✓\n"


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        (
            "en",
            [
                "✗ 05.1  given 5,588,496, expected 4 times that number",
                "  These are values; each has 4 bytes.",
            ],
        ),
        (
            "ko",
            [
                "✗ 05.1  입력한 답: 5,588,496, 기대한 답: 이 값의 4배",
                "  값의 개수입니다. 값 하나는 4바이트입니다.",
            ],
        ),
    ],
)
def test_wrong_is_said_in_the_language_that_is_chosen(lang, lines, capsys):
    language.use(lang)
    check("05.1", 22_353_984 // 4)
    assert capsys.readouterr().out.splitlines() == lines


def test_an_exception_of_the_students_passes_through():
    def theirs(vector):
        raise ZeroDivisionError("theirs")

    with pytest.raises(ZeroDivisionError, match="theirs"):
        check("01.3", theirs)


def test_a_wrong_answer_is_all_that_is_caught(monkeypatch):
    """A defect of an exercise is not said to be a wrong answer."""
    monkeypatch.setattr("vitnp.course.exercises.n05.EXERCISES", {1: lambda answer: [][0]})
    with pytest.raises(IndexError):
        check("05.1", 1)


@pytest.mark.parametrize(
    "exercise", ["5.1", "05.4", "05.0", "05", "05.", "99.1", "", "05.1.1", "xx.1", "٠٥.1", 5.1, None]
)
def test_an_exercise_that_is_not_there_is_refused(exercise):
    with pytest.raises(InputError, match="there is no exercise"):
        check(exercise, 1)


@pytest.mark.parametrize("answers", [(), (1, 2)])
def test_other_than_the_cell_hands_over_is_refused(answers):
    with pytest.raises(InputError, match="needs 1: bytes_of_A"):
        check("05.1", *answers)


# --- the judges ---


@pytest.mark.parametrize(
    ("given", "en", "ko"),
    [
        (50, "given 50, expected 2 times that number", "입력한 답: 50, 기대한 답: 이 값의 2배"),
        (400, "given 400, expected that number divided by 4", "입력한 답: 400, 기대한 답: 이 값의 1/4"),
        (-100, "the same number with the other sign", "부호가 반대"),
        (-7, "a larger number", "더 큰 값"),
        (0, "a larger number", "더 큰 값"),
        (np.inf, "given inf, expected a smaller number", "더 작은 값"),
        (10**400, "a smaller number", "더 작은 값"),
        (10**9, "a much smaller number", "훨씬 더 작은 값"),
        (1e-9, "a much larger number", "훨씬 더 큰 값"),
        (12_345.0, "given 12,345, expected", "입력한 답: 12,345,"),
        (100.00001, "a slightly smaller number, the exact one", "조금 더 작은 값(정확한 값)"),
        (99.99999, "a slightly larger number, the exact one", "조금 더 큰 값(정확한 값)"),
        (1_234_567, "given 1,234,567", "입력한 답: 1,234,567"),
        (np.float32(0.5), "given 0.5, expected 200 times", "이 값의 200배"),
        (None, "given None, expected one real number", "입력한 답: None, 기대한 답: 실수 하나"),
        ("100", "given '100', expected one real number", "기대한 답: 실수 하나"),
        (True, "given True, expected one real number", "입력한 답: True"),
        (np.nan, "given nan, expected one real number", "입력한 답: nan"),
        (100 + 0j, "given (100+0j)", "입력한 답: (100+0j)"),
        ([100], "given [100]", "입력한 답: [100]"),
        (np.zeros((2, 3)), "given an array of shape (2, 3)", "shape가 (2, 3)인 배열"),
        (max, "given a function", "입력한 답: 함수"),
    ],
)
def test_a_wrong_number(given, en, ko):
    said = refused(judge.number, given, 100, HINT, known=[(7, KNOWN)])
    assert en in said["en"][0] and ko in said["ko"][0]
    assert (said["en"][1], said["ko"][1]) == (HINT.en, HINT.ko)


def test_a_known_wrong_number_has_its_own_hint():
    assert refused(judge.number, 7.0, 100, HINT, known=[(7, KNOWN)])["ko"][1] == KNOWN.ko


@pytest.mark.parametrize("given", [100, 100.0, 100 * (1 + 1e-12), np.array(100), np.float32(100)])
def test_a_right_number(given):
    assert accepted(judge.number, given, 100, HINT)


def test_of_two_known_wrong_numbers_the_nearer_is_meant():
    known = [(12.0001, KNOWN), (12, HINT)]
    assert refused(judge.number, 12.0001, 1e-4, HINT, known=known, rel=1e-5)["en"][1] == KNOWN.en


def test_whole_numbers_are_compared_as_they_are():
    assert accepted(judge.number, 2**64, 2**64, HINT)
    assert accepted(judge.number, 2.0**64, 2**64, HINT)
    refused(judge.number, 2**64 + 1, 2**64, HINT)
    assert accepted(judge.number, 1e-7, 0, HINT, rel=1e-5)
    refused(judge.number, 1e-4, 0, HINT, rel=1e-5)


@pytest.mark.parametrize(
    ("given", "en", "ko"),
    [
        (
            SIX.T,
            "given shape (3, 2), expected shape (2, 3)",
            "입력한 답의 shape: (3, 2), 기대한 shape: (2, 3)",
        ),
        (5.0, "given shape (), expected shape (2, 3)", "입력한 답의 shape: ()"),
        (
            SIX + np.eye(2, 3),
            "at [0, 0] given 1, expected 0; 2 of 6 values differ",
            "[0, 0]에서 입력한 답: 1, 기대한 답: 0",
        ),
        (SIX + 1e-6 * (SIX > 4), "at [1, 2] given 5.000001, expected 5; 1 of 6", "6개 중 1개가 다름"),
        (
            WITH_INF,
            "given inf in 1 of 6 places, first at [1, 0]",
            "6개 중 1개가 inf(처음은 [1, 0])",
        ),
        ([[1, 2, 3], [4]], "expected real numbers of shape (2, 3)", "shape가 (2, 3)인 실수 배열"),
        (None, "given None, expected real numbers", "입력한 답: None"),
        ("abc", "given 'abc', expected real", "입력한 답: 'abc'"),
        (SIX + 0j, "given complex128 of shape (2, 3)", "complex128 배열"),
        (SIX > 0, "given bool of shape (2, 3)", "bool 배열"),
        (lambda: SIX, "given a function", "입력한 답: 함수"),
    ],
)
def test_a_wrong_array(given, en, ko):
    said = refused(judge.array, given, SIX, HINT)
    assert en in said["en"][0] and ko in said["ko"][0]
    assert (said["en"][1], said["ko"][1]) == (HINT.en, HINT.ko)


@pytest.mark.parametrize("wrong", [SIX[::-1], SIX.T, SIX[0]])
def test_a_known_wrong_array_has_its_own_hint(wrong):
    assert refused(judge.array, wrong.tolist(), SIX, HINT, known=[(wrong, KNOWN)])["en"][1] == KNOWN.en


@pytest.mark.parametrize(
    "given", [SIX, SIX.tolist(), SIX.astype(int), SIX.astype("f4") * np.float32(1.000001)]
)
def test_a_right_array(given):
    assert accepted(judge.array, given, SIX, HINT)


def test_how_near_an_array_must_be():
    """By the share of the largest value, so that rounding in long sums is no mistake; of small ones 1e-9."""
    assert accepted(judge.array, 1e6 * SIX + 1e-4, 1e6 * SIX, HINT)
    refused(judge.array, 1e6 * SIX + 0.1, 1e6 * SIX, HINT)
    refused(judge.array, 1e-3 * SIX + 1e-8, 1e-3 * SIX, HINT)


@pytest.mark.parametrize("given", ["a.u", "A.U ", "a.g"])
def test_a_right_name(given):
    assert accepted(judge.name, given, ("a.u", "a.g"), HINT)


def test_a_wrong_name():
    assert refused(judge.name, 3, ("a",), HINT)["en"] == [
        'given 3, expected a string in quotes, such as "u"',
        HINT.en,
    ]
    assert refused(judge.name, "b", ("a",), HINT, known=[("B", KNOWN)])["ko"][1] == KNOWN.ko


def test_a_function_gets_copies():
    def writes(a):
        a[:] = 0
        return a

    mine = SIX.copy()
    judge.call(writes, mine)
    assert (mine == SIX).all()


@pytest.mark.parametrize(
    ("function", "en", "ko"),
    [
        (3, "given 3, expected a function that takes 2 values", "인자 2개를 받는 함수"),
        (lambda a: a, "given a function(a), expected one that takes 2 values", "입력한 답: 함수(a)"),
        (lambda a, b: None, "given a function that returns nothing", "아무것도 돌려주지 않는 함수"),
    ],
)
def test_a_function_of_another_kind(function, en, ko):
    said = refused(judge.call, function, 1, 2)
    assert en in said["en"][0] and ko in said["ko"][0]


def test_a_function_of_numpy_is_a_function():
    assert (judge.call(np.add, SIX, SIX) == 2 * SIX).all()


@pytest.mark.parametrize("given", [(1, 2), (1, 2, 3, 4), 7, "abc", None, np.zeros((2, 2))])
def test_as_many_values_as_there_are_names(given):
    assert "expected 3 values (a, b, c)" in refused(judge.several, given, ("a", "b", "c"), HINT)["en"][0]
    assert judge.several(np.arange(3), ("a", "b", "c"), HINT) == [0, 1, 2]


def test_a_part_is_named():
    def wrong_b():
        with judge.part("b"):
            judge.number(1, 2, HINT)

    assert refused(wrong_b)["en"][0].startswith("b: given 1")


def forward(x, p):
    """A linear layer."""
    return x @ p["W"] + p["b"], (x, p)


def backward(dy, saved):
    """Its backward."""
    x, p = saved
    return dy @ p["W"].T, {"W": np.einsum("bni,bno->io", x, dy), "b": dy.sum(axis=(0, 1))}


def changed(**how):
    """The backward with some of its gradients changed."""

    def wrong(dy, saved):
        dx, dp = backward(dy, saved)
        found = {name: how.get(name, lambda a: a)(a) for name, a in {"x": dx, **dp}.items()}
        return found.pop("x"), found

    return wrong


@pytest.mark.parametrize(
    ("theirs", "en", "ko"),
    [
        (
            changed(x=lambda a: 2 * a),
            r"gradient of x: given (\S+), expected (\S+) \(numeric\); right: W, b",
            "x 그래디언트",
        ),
        (
            changed(W=np.negative, b=np.negative),
            r"gradient of W: given .*; wrong too: b; right: x",
            "b도 다름; 맞는 것: x",
        ),
        (
            changed(W=np.transpose),
            r"gradient of W: given shape \(4, 3\), expected shape \(3, 4\)",
            "W 그래디언트",
        ),
        (changed(b=lambda a: None), "gradient of b: given None, expected real numbers", "b 그래디언트"),
        (changed(x=lambda a: a * np.inf), "gradient of x: given -?inf in 30 of 30", "30개가"),
        (
            lambda dy, saved: backward(dy, saved)[0],
            r"given an array of shape \(2, 5, 3\), expected \(dx, dp\)",
            "dp는 W, b",
        ),
        (lambda dy, saved: (dy, {"W": W}), "given W in dp, expected W, b", "있는 이름: W, 기대한 이름: W, b"),
        (lambda dy: dy, r"given a function\(dy\), expected one that takes 2", "함수\\(dy\\)"),
        (None, "given None, expected a function", "None"),
    ],
)
def test_a_wrong_gradient(theirs, en, ko):
    said = refused(judge.gradient, forward, theirs, X, {"W": W, "b": B}, HINT)
    assert re.search(en, said["en"][0]) and re.search(ko, said["ko"][0]), said


def writes_and_gives_lists(dy, saved):
    """Of x * x; x is the student's afterwards."""
    x = saved[0]
    x *= 2 * dy
    return x.tolist()


def test_a_right_gradient():
    assert accepted(judge.gradient, forward, backward, X, {"W": W, "b": B}, HINT)
    assert accepted(judge.gradient, lambda x: (x * x, (x,)), writes_and_gives_lists, X, None, HINT)


def test_a_right_gradient_of_float32():
    def rounded(dy, saved):
        dx, dp = backward(dy, saved)
        return dx.astype("float32"), {name: leaf.astype("float32") for name, leaf in dp.items()}

    assert accepted(judge.gradient, forward, rounded, X, {"W": W, "b": B}, HINT)
    slightly = changed(W=lambda a: (1.001 * a).astype("float32"))
    assert "gradient of W" in refused(judge.gradient, forward, slightly, X, {"W": W, "b": B}, HINT)["en"][0]


def test_two_numbers_that_differ_are_not_written_alike():
    said = refused(judge.gradient, forward, changed(x=lambda a: a * (1 + 1e-8)), X, {"W": W, "b": B}, HINT)
    given, numeric = re.findall(r"[+-][\d.]+", said["en"][0])
    assert given != numeric


def test_the_numbers_beside_each_other():
    said = refused(judge.gradient, forward, changed(x=lambda a: 2 * a), X, {"W": W, "b": B}, HINT)
    given, numeric = re.findall(r"[+-][\d.]+", said["en"][0])
    assert float(given) == pytest.approx(2 * float(numeric), rel=1e-4)


def test_a_known_wrong_gradient_has_its_own_hint():
    said = refused(
        judge.gradient,
        forward,
        changed(b=lambda a: a / 10),
        X,
        {"W": W, "b": B},
        HINT,
        known=[(changed(b=lambda a: a / 10), KNOWN), (changed(b=lambda a: a / 2), HINT)],
    )
    assert said["ko"][1] == KNOWN.ko


def test_the_point_is_not_the_cotangent():
    """Exercises draw x with seed 0; were the check's dy the same, RMSNorm's gradient would be next to nothing."""

    def rms(x):
        inverse = (x * x).mean(axis=-1, keepdims=True) ** -0.5
        return x * inverse, (x * inverse, inverse)

    def back(dy, saved):
        y, inverse = saved
        return (dy - y * (dy * y).mean(axis=-1, keepdims=True)) * inverse

    for seed in range(3):
        x = np.random.default_rng(seed).standard_normal((2, 5, 12))
        assert accepted(judge.gradient, rms, back, x, None, HINT)


# --- all exercises ---


def checks(source):
    """(exercise, the names of what is handed over) of every check cell of a notebook."""
    for cell in build.read(source):
        if "check" in build.tags(cell) and (call := re.fullmatch(r'check\("([\d.]+)", (.*)\)', cell.source)):
            yield call[1], call[2].split(", ")


CHECKS = [found for source in SOURCES for found in checks(source)]


@pytest.mark.parametrize(
    ("exercise", "handed"), CHECKS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_a_notebook_checks_is_there(exercise, handed):
    assert len(inspect.signature(find(exercise)).parameters) == len(handed)


def test_a_notebook_checks_every_exercise_once():
    assert len(CHECKS) == len({exercise for exercise, _ in CHECKS}) >= 33
    for exercise, _ in CHECKS:
        module = importlib.import_module(f"vitnp.course.exercises.n{exercise[:2]}")
        assert list(module.EXERCISES) == list(
            range(1, sum(exercise[:3] == other[:3] for other, _ in CHECKS) + 1)
        )


KINDS = [
    None,
    "text",
    np.nan,
    np.zeros((7, 7, 7)),
    [1, [2]],
    {},
    object(),
    10**400,
    -3.25,
    (),
    [None],
    np.array("x"),
]
ALONE = [
    exercise for exercise, handed in CHECKS if len(handed) == 1
]  # no array of the notebook beside the answer


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("exercise", ALONE)
def test_an_answer_of_any_kind_is_refused_in_at_most_three_lines(exercise, lang, capsys):
    """And a function that returns it."""
    language.use(lang)
    for kind in KINDS:
        for answer in (kind, lambda *given, kind=kind: kind):
            check(exercise, answer)
            said = capsys.readouterr().out
            assert said.startswith(f"✗ {exercise}  ") and len(said.splitlines()) <= 3, (kind, said)
