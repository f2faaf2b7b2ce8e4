"""How long a student's step takes beside the reference, and why: a remark; the step passes all the same."""

import ast
import inspect
import textwrap
import time

import numpy as np

from vitnp.system.language import Text

SLOWER, AT_LEAST = 5.0, 0.05  # times the reference, and seconds more: below, nobody waits


def slow(tried, right, functions):
    """The sentence about a step that takes more than five times as long as the reference at B/16; None for others."""
    own, expected = seconds(tried), seconds(right)
    if own < SLOWER * expected or own - expected < AT_LEAST:
        return None
    why = reason(functions, tried.pair)
    return Text(
        f"기준의 {own / expected:.0f}배 ({own:.2f} s, 기준 {expected:.2f} s). {why.ko}",
        f"{own / expected:.0f} times the reference ({own:.2f} s beside {expected:.2f} s). {why.en}",
    )


def seconds(tried):
    """How long forward and backward take together."""
    began = time.perf_counter()
    y, saved = tried.forward(tried.x, tried.p)
    tried.backward(np.ones_like(y), saved)
    return time.perf_counter() - began


def reason(functions, pair):
    """What is slow in these functions and their helpers, as far as their text tells."""
    for function in (functions[pair.backward], functions[pair.forward], *functions.values()):
        try:
            nodes = list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))))
            first = function.__code__.co_firstlineno - 1
        except (OSError, TypeError, SyntaxError, AttributeError):
            continue
        for node in nodes:
            if slow_einsum(node):
                line = first + node.lineno
                return Text(
                    f"{line}행의 einsum: optimize=True를 주거나 @로 쓰면 행렬 곱이 됩니다.",
                    f"einsum in line {line}: with optimize=True, or written with @, it is a matrix product.",
                )
        loops = [node for node in nodes if isinstance(node, ast.For | ast.ListComp | ast.GeneratorExp)]
        if loops:
            line = first + loops[0].lineno
            return Text(
                f"{line}행의 반복문: 모든 이미지와 토큰을 배열 연산 하나로 계산할 수 있습니다.",
                f"the loop in line {line}: one array operation does all images and tokens.",
            )
    return Text("맞는 답이니 그대로 두어도 됩니다.", "It is right, and may stay.")


def slow_einsum(node):
    """Whether a node calls einsum without `optimize`."""
    called = (
        isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "einsum"
    )
    return called and not any(keyword.arg == "optimize" for keyword in node.keywords)
