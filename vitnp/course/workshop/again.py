"""A step that is right at one small point: at a second one, of other sizes and ε, at B/16, and with large values.

Imports `points`, `reference`, `stages`, `student`, `tried`.
"""

import contextlib

import numpy as np

from vitnp import tree
from vitnp.analysis.results import cotangent, unlike
from vitnp.course.workshop import points, stages, student
from vitnp.course.workshop.tried import Failed, bound, leaves, need_shape
from vitnp.system.language import Text

TIMES = 1000  # as large: exp overflows from 709 on
SAME = 1e-7  # of the largest gradient
S = points.OTHER
OTHER = Text(f"다른 크기에서(B={S.B}, N={S.N}, D={S.D}, H={S.H}, ε={S.eps}): ", "")
OTHER = OTHER._replace(en=f"with other sizes (B={S.B}, N={S.N}, D={S.D}, H={S.H}, ε={S.eps}): ")
SLIDE = Text("B/16의 크기에서: ", "with the sizes of B/16: ")
EXPONENTIALS = (5, 7, 8)  # the steps that take some


@contextlib.contextmanager
def where(place):
    """The message of what fails in the block begins with the place."""
    try:
        yield
    except NotImplementedError:
        raise
    except Failed as failed:
        text, more = failed.text, {"table": failed.table, "leaves": failed.leaves, "right": failed.right}
        raise Failed(Text(place.ko + text.ko, place.en + text.en), **more) from None
    except (Exception, SystemExit) as error:
        crash = student.crash(error)
        raise Failed(Text(f"{place.ko}멈춥니다: {crash}", f"{place.en}stops: {crash}")) from None


def points_of(functions, right, pair, seed):
    """(the student's, the reference's) `Tried` at the second point."""
    return tuple(bound(these, pair, points.OTHER, seed) for these in (functions, right))


def forward(tried, right):
    """The numbers of y at the second point. Raises `Failed`."""
    with where(OTHER):
        stages.numbers(tried, right)


def backward(tried, right):
    """The gradients there, beside the reference's. Raises `Failed`."""
    with where(OTHER):
        got, expected = gradients(tried), gradients(right)
        largest = max(1.0, *(float(np.abs(leaf).max()) for leaf in expected.values()))
        for name, leaf in expected.items():
            need_shape(name, np.shape(got.get(name)), leaf.shape)
            off = ~(np.abs(got[name] - leaf) <= SAME * largest)
            if off.any():
                first = int(off.argmax())
                place = stages.named_place(leaf, first).replace("y", name, 1)
                own, other = unlike(got[name].flat[first], leaf.flat[first])
                raise Failed(
                    Text(
                        f"{place} = {own}, 기준은 {other}입니다.",
                        f"{place} = {own}, the reference has {other}.",
                    ),
                    leaves=(name,),
                )


def gradients(tried):
    """{"dx": array, "dW": …}."""
    y, saved = tried.forward(tried.x, tried.p)
    dx, dp = tried.backward(cotangent(y), saved)
    named = leaves(dp) if tried.p else tree.leaves(dp)
    return {"dx": dx} | {f"d{name}": leaf for name, leaf in named}


def overflows(step, tried, right):
    """The sentence about a y that is wrong for large inputs alone, which is only a remark; None for others."""
    if step not in EXPONENTIALS:
        return None
    try:
        y, expected = (np.asarray(t.forward(TIMES * t.x, t.p)[0]) for t in (tried, right))
        close = stages.ROUNDED * max(1.0, float(np.abs(expected).max()))
        if (np.abs(y - expected) <= close).all():
            return None
    except (Exception, SystemExit):  # what comes of such values is only a remark
        return None
    if np.isfinite(y).all():
        ko, en = "기준과 다른 값이 나옵니다", "it has other values than the reference"
    else:
        ko, en = "NaN이나 무한대가 나옵니다", "it has NaN or infinity"
    return Text(
        f"입력이 {TIMES}배로 커지면 {ko}. exp 전에 행마다 최댓값을 빼고, GELU는 np.tanh로 계산하세요.",
        f"where inputs are {TIMES} times as large {en}: subtract each row's maximum before exp; a GELU takes np.tanh.",
    )
