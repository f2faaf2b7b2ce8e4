"""The later stages of a check, of backward: the gradients' shapes, their values, and what the contract adds.

Imports `tried`, `analysis`, `tree`.
"""

import functools

from vitnp import tree
from vitnp.analysis import clauses, derivatives
from vitnp.analysis.results import cast, cotangent, unlike
from vitnp.course.slides import by
from vitnp.course.workshop.stages import in_groups
from vitnp.course.workshop.tried import Failed, leaves
from vitnp.system.language import Text

SHOWN = 8  # gradients of a line: a block has 16


def gradient_shapes(tried):
    """dx has the shape of x, dp the names and shapes of p."""
    y, saved = tried.forward(tried.x, tried.p)
    dx, dp = tried.backward(cotangent(y), saved)
    got = {name: leaf.shape for name, leaf in leaves(dp)}
    want = {name: leaf.shape for name, leaf in tree.leaves(tried.p)}
    wrong = [("dx", dx.shape, tried.x.shape)] if dx.shape != tried.x.shape else []
    wrong += [(f"d{name}", got[name], want[name]) for name in want if name in got and got[name] != want[name]]
    if wrong:
        name, shape, expected = wrong[0]
        leaf = "x" if name == "dx" else name[1:]
        raise Failed(
            Text(
                f"{name}의 shape: {shape}. {leaf}의 shape {expected}와 같아야 합니다.",
                f"{name} has the shape {shape}; it has to be that of {leaf}, {expected}.",
            ),
            leaves=tuple(name for name, _, _ in wrong),
        )
    missing = [name for name in want if name not in got]
    extra = [name for name in got if name not in want]
    if missing or extra:
        raise Failed(
            Text(
                f"dp의 이름이 p와 다릅니다. 없는 것: {', '.join(missing) or '-'}; 남는 것: {', '.join(extra) or '-'}",
                f"dp has not p's names: missing {', '.join(missing) or '-'}; not in p: {', '.join(extra) or '-'}",
            ),
            leaves=tuple(f"d{name}" for name in missing),
        )
    pairs = [("dx", by(dx.shape)), *((f"d{name}", by(shape)) for name, shape in list(got.items())[:SHOWN])]
    return Text(*[in_groups(pairs) + " …" * (len(got) > SHOWN)] * 2)


def gradient(tried):
    """Each leaf's derivative along a random direction, by central differences, beside what backward says."""
    # differences alone: np.var, abs and scipy's erf are right, and take no complex step
    how = {"seeds": (0,), "complex_step": False}
    report = derivatives.check(tried.forward, on_a_copy(tried), tried.x, tried.p, **how)
    wrong = [leaf for leaf in report.leaves if not leaf.ok]
    if wrong:
        right = [f"d{leaf.name}" for leaf in report.leaves if leaf.ok]
        first = wrong[0]
        numeric, own = unlike(first.numeric, first.analytic)
        raise Failed(
            Text(
                f"d{first.name}: 수치 {numeric}, 내 값 {own}",
                f"d{first.name}: numeric {numeric}, yours {own}",
            ),
            table=report.leaves,
            leaves=tuple(f"d{leaf.name}" for leaf in wrong),
            right=tuple(right),
        )
    n, worst = len(report.leaves), report.worst[1]
    return Text(
        f"{n}개 모두 수치 미분과 같음 (상대 오차 {worst:.0e} 이하)",
        f"{n} of {n} agree with differences (relative error at most {worst:.0e})",
    )


def on_a_copy(tried):
    """backward, given a dy of its own: that it writes into dy, which would spoil the numbers here, is said later."""
    return lambda dy, saved: backward_of(tried, dy.copy(), saved)


def backward_of(tried, dy, saved):
    """(dx, dp) with dp in the order of p, which a student need not keep."""
    dx, dp = tried.backward(dy, saved)
    return dx, ordered(dp, tried.p)


def ordered(dp, p):
    """The same tree in the order of p."""
    return {name: ordered(dp[name], p[name]) if isinstance(p[name], dict) else dp[name] for name in p}


KEPT = {
    "unmodified": Text(
        "{leaf}의 값이 바뀝니다. backward는 dy, saved, 입력을 그대로 둡니다(새 배열을 만드세요).",
        "{leaf} is written into; backward leaves dy, saved and the inputs as they are (make a new array).",
    ),
    "interleaved": Text(
        "forward를 두 번 부른 다음 backward를 부르면 달라집니다: {leaf}. 필요한 값은 saved로 넘기세요.",
        "{leaf} changes when two forwards run before their backwards: hand on in saved what backward needs.",
    ),
    "batch": Text(
        "이미지를 한 장씩 넣으면 달라집니다: {leaf}. 이미지끼리 섞이지 않았습니까?",
        "{leaf} differs when the images come one by one: are images mixed?",
    ),
}


def contract(tried):
    """The clauses that a gradient check does not see."""
    kept = dict(KEPT)
    if tried.pair.forward == "loss_forward":
        del kept["batch"]  # a mean over the batch
    for clause, text in kept.items():
        x, p = cast(tried.x, tried.p, "float64")
        rows = clauses.CLAUSES[clause](tried.forward, functools.partial(backward_of, tried), x, p)
        if rows:
            leaf = rows[0].leaf or "saved"
            raise Failed(Text(text.ko.format(leaf=leaf), text.en.format(leaf=leaf)))
    return Text(
        "saved만으로 계산 · dy를 바꾸지 않음 · 이미지끼리 독립",
        "from saved alone · dy untouched · images independent",
    )
