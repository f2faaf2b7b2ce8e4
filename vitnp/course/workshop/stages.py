"""The first stages of a check, of forward: the slide's shapes, invariants, numbers. Each gives a `Text`, or `Failed`.

Imports `points`, `seen`, `tried`, `slides`, `analysis`.
"""

import itertools

import numpy as np

from vitnp.analysis.results import contents, unlike
from vitnp.course import slides
from vitnp.course.slides import by
from vitnp.course.workshop import points, seen
from vitnp.course.workshop.tried import Failed, need_array, need_shape
from vitnp.models import preset
from vitnp.system.language import Text

RELATIVE = 1e-9  # of two correct implementations in float64: the order of sums differs
ROUNDED = 1e-5  # below, an array may have been float32 on its way


def agrees(tried, right):
    """Whether y has the reference's numbers: then a helper may do what it likes."""
    try:
        numbers(tried, right)
    except (Exception, SystemExit):  # it is said in its own stage
        return False
    return True


def slide_shapes(step, tried, functions, *, agrees):
    """At B/16, one image: y, and what is seen of the helpers, have the shapes of the slide.

    agrees: y is right, so that a helper with another shape is another helper, and not shown.
    """
    values = {}
    with seen.watching(step, functions, values):
        y, _ = tried.forward(tried.x, tried.p)
    need_array(tried.pair.forward, "y", y)
    if tried.pair.forward == "loss_forward":
        need_shape("loss", y.shape, ())
        return Text("loss ()", "loss ()")
    shapes = {name: value.shape for name, value in values.items() if isinstance(value, np.ndarray)}
    config = preset("B/16", num_layers=1)
    checked = [c for c in slides.check(shapes, config) if c.tensor.name.replace(".i.", ".0.") in shapes]
    wrong = [c for c in checked if not c.ok]
    if wrong and not agrees:
        raise Failed(misshapen(wrong[0]))
    checked = [c for c in checked if c.ok]
    need_shape("y", y.shape, expected_shape(step, tried.x.shape))
    ko = en = in_groups([(c.tensor.slide_name, by(c.got)) for c in checked])
    for c in checked:
        if c.erratum:
            ko += f" (슬라이드의 {by(c.printed)}는 오타, {c.erratum.true}가 맞습니다)"
            en += f" (the slide's {by(c.printed)} is a misprint for {c.erratum.true})"
    return Text(ko, en)


def in_groups(pairs):
    """ "Q, K, V 197x768 · S 12x197x197": neighbors of one shape together."""
    groups = itertools.groupby(pairs, key=lambda pair: pair[1])
    return " · ".join(f"{', '.join(name for name, _ in group)} {shape}" for shape, group in groups)


def expected_shape(step, x):
    """The shape that y of B/16 has to have, for an x of such a shape."""
    s = points.SLIDE
    return {
        1: (x[0], s.rows * s.cols, s.P * s.P * s.C),
        2: (*x[:2], s.D),
        3: (x[0], x[1] + 1, x[2]),
        8: (x[0], s.classes),
    }.get(step, x)


def misshapen(c):
    """The sentence about a tensor that has not the slide's shape; a misprint of the slide is named."""
    got, expected = by(c.got), by(c.expected)
    ko = f"{c.tensor.slide_name}: {got}입니다. 슬라이드는 {expected}입니다."
    en = f"{c.tensor.slide_name}: {got}; the slide has {expected}."
    if c.erratum:
        ko += f" 슬라이드에 적힌 {c.erratum.printed}: {c.erratum.why_ko}."
        en += f" The slide prints {c.erratum.printed}: {c.erratum.why_en}."
    return Text(ko, en)


def invariants(step, tried, functions, *, agrees):
    """Finite; the same when asked again; nothing written to; the rows of softmax sum to 1, unless y agrees without."""
    before = contents({"x": tried.x, "p": tried.p})
    values = {}
    with seen.watching(step, functions, values):
        y, _ = tried.forward(tried.x, tried.p)
    after = contents({"x": tried.x, "p": tried.p})
    if written := [name for name in before if after.get(name) != before[name]]:
        raise Failed(
            Text(
                f"{tried.pair.forward}에서 입력 {written[0]}의 값이 바뀝니다. 새 배열을 만드세요(+= 대신 =).",
                f"{tried.pair.forward} writes into its input {written[0]}; make a new array (= in place of +=).",
            )
        )
    again, _ = tried.forward(tried.x, tried.p)
    if np.shape(again) != np.shape(y) or not np.array_equal(again, y, equal_nan=True):
        raise Failed(
            Text(
                f"{tried.pair.forward}: 두 번 부르면 결과가 달라집니다. 전역 변수나 난수를 쓰지 않았습니까?",
                f"{tried.pair.forward} gives another result when called again: a global, or a random number?",
            )
        )
    if not np.isfinite(y).all():
        raise Failed(Text("y에 NaN이나 무한대가 있습니다.", "y has NaN or infinity."))
    found = Text("두 번 불러도 같음 · 입력 그대로", "twice the same · inputs untouched")
    A = values.get(f"{seen.ATTENTION}A")
    if isinstance(A, np.ndarray) and A.ndim and A.size:
        sums = A.sum(axis=-1)
        if not np.abs(sums - 1).max() <= ROUNDED and not agrees:
            worst = float(sums.flat[np.abs(sums - 1).argmax()])
            raise Failed(
                Text(
                    f"softmax의 행의 합이 {worst:.6g}입니다. 1이어야 합니다. 어느 축으로 합했습니까?",
                    f"a row of the softmax sums to {worst:.6g}, not to 1: over which axis is the sum?",
                )
            )
        found = Text(f"softmax 행의 합 1 · {found.ko}", f"softmax rows sum to 1 · {found.en}")
    return found


def numbers(tried, right):
    """Three numbers of y beside the reference's, and all of them compared."""
    y, expected = (t.forward(t.x, t.p)[0] for t in (tried, right))
    need_shape("y" if np.ndim(expected) else "loss", np.shape(y), np.shape(expected))
    y, expected = np.asarray(y), np.asarray(expected)
    off = ~(np.abs(y - expected) <= RELATIVE * max(1.0, float(np.abs(expected).max())))
    places = list(dict.fromkeys((0, y.size // 2, y.size - 1)))
    if off.any():
        first = int(off.argmax())
        place, share = named_place(y, first), int(off.sum())
        own, other = unlike(y.flat[first], expected.flat[first])
        little = slight(y, expected)
        raise Failed(
            Text(
                f"{place} = {own}, 기준은 {other}입니다. 값 {y.size}개 가운데 {share}개가 다릅니다.{little.ko}",
                f"{place} = {own}, the reference has {other}; {share} of {y.size} values differ.{little.en}",
            )
        )
    said = " · ".join(f"{named_place(y, i)} = {y.flat[i]:.6g}" for i in places)
    return Text(said, said)


def slight(y, expected):
    """The sentence about arrays that are nearly the same; an empty one for others."""
    apart = float(np.abs(y - expected).max()) / max(1.0, float(np.abs(expected).max()))
    if not apart <= ROUNDED:
        return Text("", "")
    return Text(
        f" 차이는 {apart:.0e}뿐입니다. float32로 바꾸는 곳이 있거나 ε이 다르지 않습니까?",
        f" They are only {apart:.0e} apart: is something float32, or ε another one?",
    )


def named_place(y, flat):
    """ "y[0,1,2]" of the value at a flat index."""
    if not y.ndim:
        return "loss"
    return f"y[{','.join(map(str, np.unravel_index(flat, y.shape)))}]"
