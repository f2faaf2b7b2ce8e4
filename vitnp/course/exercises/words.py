"""The sentences of the judges, in both languages: what was given, what is expected. Imports nothing of `exercises`."""

import math
import numbers

import numpy as np

from vitnp.analysis.results import unlike
from vitnp.errors import shown
from vitnp.system.language import Text

SHOWN = 30  # characters of a value: a line must fit a slide
NAMED = 4  # right leaves at most; more are counted
A_NUMBER = Text("실수 하나", "one real number")
A_STRING = Text('따옴표로 묶은 문자열(예: "u")', 'a string in quotes, such as "u"')
NO_RETURN = Text(
    "입력한 답: 아무것도 돌려주지 않는 함수, 기대한 답: return이 있는 함수",
    "given a function that returns nothing, expected one with a return",
)
A_NAME = Text("다른 이름", "another name")
A_MASK = Text("True와 False의 배열", "an array of True and False")
COMPARE = Text(
    "0과 1 대신 비교의 결과를 그대로 돌려주세요.", "Return the result of the comparison, not 0 and 1."
)


def expected(given, what):
    """ "given …, expected …"."""
    return Text(
        f"입력한 답: {value_ko(given)}, 기대한 답: {what.ko}", f"given {value(given)}, expected {what.en}"
    )


def value(given):
    """What was given, short: a number as people write it, an array by its shape."""
    if isinstance(given, np.ndarray) and given.ndim:
        return f"{_odd(given) or 'an array'} of shape {given.shape}"
    if isinstance(given, np.ndarray | np.generic):
        given = given.item()
    if isinstance(given, tuple | list) and any(isinstance(one, np.ndarray | dict) for one in given):
        return f"{type(given).__name__}({', '.join(type(one).__name__ for one in given[:4])})"
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        return "a function" if callable(given) else shown(given, SHOWN)
    if isinstance(given, numbers.Integral):
        return f"{given:,}" if abs(given) < 10**SHOWN else shown(given, SHOWN)
    given = float(given)
    return f"{int(given):,}" if given.is_integer() and abs(given) < 1e15 else f"{given:.6g}"


def value_ko(given):
    """The same in Korean."""
    if isinstance(given, np.ndarray) and given.ndim:
        return f"shape가 {given.shape}인 {_odd(given)} 배열".replace("  ", " ")
    return "함수" if callable(given) else value(given)


def _odd(given):
    """The dtype of an array that does not hold real numbers."""
    return "" if given.dtype.kind in "iuf" else str(given.dtype)


def compared(given, right):
    """How the right number differs from the given one, without saying it."""
    larger = given < right
    ratio = _ratio(given, right)
    if given == -right:
        return Text("절댓값은 같고 부호가 반대인 값", "the same number with the other sign")
    if ratio is None:
        return Text("더 큰 값", "a larger number") if larger else Text("더 작은 값", "a smaller number")
    if abs(ratio - 1) < 1e-3:
        return (
            Text("조금 더 큰 값(정확한 값)", "a slightly larger number, the exact one")
            if larger
            else Text("조금 더 작은 값(정확한 값)", "a slightly smaller number, the exact one")
        )
    if not 1e-4 < ratio < 1e4:
        return (
            Text("훨씬 더 큰 값", "a much larger number")
            if larger
            else Text("훨씬 더 작은 값", "a much smaller number")
        )
    if ratio > 1:
        return Text(f"이 값의 {ratio:.4g}배", f"{ratio:.4g} times that number")
    return Text(f"이 값의 1/{1 / ratio:.4g}", f"that number divided by {1 / ratio:.4g}")


def _ratio(given, right):
    """right / given where both have one sign, else None."""
    try:
        ratio = float(right) / float(given)
    except (ZeroDivisionError, OverflowError):
        return None
    return ratio if 0 < ratio < math.inf else None


def a_function(takes):
    """A function of so many values."""
    return Text(f"인자 {takes}개를 받는 함수", f"a function that takes {takes} values")


def parameters(signature, takes):
    """A function that takes other arguments."""
    return Text(
        f"입력한 답: 함수{signature}, 기대한 답: 인자 {takes}개를 받는 함수",
        f"given a function{signature}, expected one that takes {takes} values",
    )


def a_tuple(names):
    """So many values, each with its name."""
    inside = ", ".join(names)
    return Text(f"값 {len(names)}개 ({inside})", f"{len(names)} values ({inside})")


def an_array(shape):
    """An array of real numbers."""
    return Text(f"shape가 {shape}인 실수 배열", f"real numbers of shape {shape}")


def shapes(given, right):
    """Two shapes."""
    return Text(
        f"입력한 답의 shape: {given}, 기대한 shape: {right}", f"given shape {given}, expected shape {right}"
    )


def not_finite(found):
    """NaN or infinity: how many, and where the first is."""
    bad = ~np.isfinite(found)
    at = place(bad)
    first = found[tuple(np.argwhere(bad)[0])] if found.ndim else found
    return Text(
        f"입력한 답: {bad.size:,}개 중 {bad.sum():,}개가 {first}(처음은 {at}), 기대한 답: 유한한 값",
        f"given {first} in {bad.sum():,} of {bad.size:,} places, first at {at}; expected finite values",
    )


def first_difference(found, right, apart):
    """The first place that differs, what is given and expected there, and how many differ."""
    at, where = place(apart), tuple(np.argwhere(apart)[0]) if apart.ndim else ()
    given, wanted = unlike(found[where] + 0.0, right[where] + 0.0)  # + 0.0, as nobody writes -0
    n, size = f"{apart.sum():,}", f"{apart.size:,}"
    many = Text(f"{size}개 모두 다름", f"all {size} values differ")
    if n != size:
        many = Text(f"{size}개 중 {n}개가 다름", f"{n} of {size} values differ")
    return Text(
        f"{at}에서 입력한 답: {given}, 기대한 답: {wanted}; {many.ko}",
        f"at {at} given {given}, expected {wanted}; {many.en}",
    )


def place(mask):
    """The first place where a mask is true, as one writes an index."""
    return f"[{', '.join(map(str, np.argwhere(mask)[0]))}]"


def a_pair(p):
    """What a backward returns that has parameters."""
    inside = ", ".join(p)
    return Text(f"(dx, dp) (dp는 {inside}의 dict)", f"(dx, dp), dp a dict of {inside}")


def names(dp, p):
    """The names in dp beside those of p."""
    given, wanted = (", ".join(map(str, some)) or "∅" for some in (dp, p))
    return Text(f"dp에 있는 이름: {given}, 기대한 이름: {wanted}", f"given {given} in dp, expected {wanted}")


def labelled(label, what):
    """A sentence about one part of an answer; the label is a name in the code, or a Text."""
    ko, en = label if isinstance(label, Text) else (label, label)
    return Text(f"{ko}: {what.ko}", f"{en}: {what.en}")


def of_leaf(leaf):
    """The label of the gradient of a leaf."""
    return Text(f"{leaf} 그래디언트", f"gradient of {leaf}")


def gradients(leaves, of, off):
    """Of the first wrong leaf the number beside the numeric one (along a random direction); which leaves are right.

    off: the names of those that are wrong.
    """
    called = {"x": of}
    wrong = [leaf._replace(name=called.get(leaf.name, leaf.name)) for leaf in leaves if leaf.name in off]
    right = [called.get(leaf.name, leaf.name) for leaf in leaves if leaf.name not in off]
    given, numeric = unlike(wrong[0].analytic, wrong[0].numeric, "+")
    also = ", ".join(leaf.name for leaf in wrong[1:])
    ko, en = (f"; {also}도 다름", f"; wrong too: {also}") if also else ("", "")
    if len(right) > NAMED:
        ko, en = f"{ko}; 나머지 {len(right)}개는 맞음", f"{en}; the other {len(right)} are right"
    elif right:
        ko, en = f"{ko}; 맞는 것: {', '.join(right)}", f"{en}; right: {', '.join(right)}"
    return labelled(
        of_leaf(wrong[0].name),
        Text(
            f"입력한 답 {given}, 기대한 답 {numeric} (수치 미분){ko}",
            f"given {given}, expected {numeric} (numeric){en}",
        ),
    )
