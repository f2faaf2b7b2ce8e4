"""The lines of our code that make each named tensor of a ViT, and those that make its gradient.

A model's `tensors` says in which variable of which function a value is (`models.tensors`). Where that variable is a
parameter, or where another function has the arithmetic, ELSEWHERE says which lines to show. Nothing is executed.
"""

import ast
import functools
import inspect
import pathlib
import textwrap
from collections.abc import Callable
from typing import NamedTuple

import vitnp
from vitnp import models
from vitnp.analysis import trace
from vitnp.analysis.tensor_names import parted
from vitnp.blocks import attention_pool, encoder
from vitnp.engine import loss, probabilities
from vitnp.models.tensors import RETURNED, Local
from vitnp.models.vit import model
from vitnp.ops import gelu, linear, patch_mean, registers, softmax
from vitnp.steps import s1_patchify as s1
from vitnp.steps import s3_class_token as s3
from vitnp.steps import s4_position as s4
from vitnp.steps import s5_attention as s5
from vitnp.steps import s6_layer_norm as s6
from vitnp.steps import s8_classify as s8

ROOT = pathlib.Path(vitnp.__file__).parent.parent
MOST = 14  # lines


class Lines(NamedTuple):
    """The lines of a function that begin with these words."""

    function: Callable
    starts: tuple


NORM = Local(s6.normalize, "y")
INTO_NORM = Local(s6.normalize_backward, "dx")  # the gradient that LayerNorm hands back
INTO_BLOCK = Lines(encoder.block_backward, ("dx = rows.backward",))
ROW_0 = Lines(s8.backward, ("dx[:, 0]",))
ELSEWHERE = {  # name: (value, gradient); None is what `tensors` says
    "grid": (Local(s1.to_grid, RETURNED), None),
    "patches": (Local(s1.forward, RETURNED), Local(linear.input_gradient, RETURNED)),
    "patch_tokens": (Local(linear.affine, "y"), Local(s3.backward, RETURNED)),
    "tokens": (None, Local(s4.backward, "dx")),
    "E_pos": (None, Lines(s4.backward, ("return dx, positions",))),
    "z0": (None, INTO_BLOCK),
    "registers": (None, INTO_BLOCK),
    "input_norm": (NORM, INTO_BLOCK),
    "position": (Lines(encoder.forward, ("x = x + E_pos",)), INTO_BLOCK),
    "norm_1": (NORM, None),
    "attention.Q": (Local(s5.attention, "Q"), None),
    "attention.K": (Local(s5.keys_and_values, "K"), None),
    "attention.V": (Local(s5.keys_and_values, "V"), None),
    "attention.Q_heads": (None, Local(s5.attend_backward, "dQ")),
    "attention.K_heads": (None, Local(s5.attend_backward, "dK")),
    "attention.V_heads": (None, Local(s5.attend_backward, "dV")),
    "attention.S": (Lines(s5.attend, ("scaled =", "S = scaled")), Local(softmax.backward, "dx")),
    "attention.A": (Local(softmax.forward, "y"), None),
    "attention.O": (Lines(s5.attend, ("return dropout",)), Local(s5.ways_back, "dO")),
    "attention.concat": (None, Local(s5.ways_back, "dconcat")),
    "attention.output": (None, Lines(encoder.block_backward, ("da = stochastic_depth",))),
    "residual_1": (
        Lines(encoder.block_forward, ("x = x + a",)),
        Lines(encoder.block_backward, ("dx = dx + df",)),
    ),
    "norm_2": (NORM, None),
    "feed_forward.output": (None, Lines(encoder.block_backward, ("df = stochastic_depth",))),
    "residual_2": (Lines(encoder.block_forward, ("x = x + f",)), INTO_BLOCK),
    "mean": (None, ROW_0),
    "norm": (NORM, ROW_0),
    "pool.A": (Local(softmax.forward, "y"), None),
    "pool.attention": (None, Lines(attention_pool.backward, ("dprobe, dx",))),
    "pool.norm": (NORM, None),
    "pool": (None, ROW_0),
    "pre_logits": (Lines(s8.forward, ("r = xp.tanh",)), Lines(s8.backward, ("dr, dp[",))),
    "logits": (Lines(s8.forward, ("z, saved_head = linear",)), Local(loss.backward, RETURNED)),
    "p": (Local(softmax.forward, "y"), Local(trace._of_probabilities, RETURNED)),
}


def of(config):
    """{name in the trace, with blocks.i: (lines that make it, lines that make its gradient)}; see `lines_of`."""
    found, elsewhere = {}, ELSEWHERE | of_kind(config)
    for tensor in models.ask(config, "tensors", "named tensors")(config):
        block, name = parted(tensor.name)
        if block in ("", "blocks.0"):
            value, gradient = elsewhere.get(name, (None, None))
            both = lines_of(value or tensor.value), lines_of(gradient or tensor.gradient)
            found["blocks.i." * bool(block) + name] = both
    if config.num_classes:
        found |= {name: tuple(map(lines_of, elsewhere[name])) for name in ("logits", "p")}
    return found


def of_last_block(config):
    """The lines that make ∂z″ of the last block: no block reads it, but the last LayerNorm or the mean."""
    return lines_of(Local(patch_mean.backward, "dx") if config.pooled_norm else INTO_NORM)


def of_kind(config):
    """What of ELSEWHERE is otherwise in a model that is not the slides'."""
    gelu_forward, gelu_both = gelu.FORMS[config.gelu]
    found = {
        "feed_forward.u": (None, Local(gelu_both, RETURNED)),
        "feed_forward.g": (Local(gelu_forward, "y"), None),
    }
    if not config.num_classes:
        found["pre_logits"] = (ELSEWHERE["pre_logits"][0], Lines(s8.backward, ("dr, dp = dz",)))
    if config.classifier != "token":
        found["patch_tokens"] = (ELSEWHERE["patch_tokens"][0], Local(s4.backward, "dx"))
        found["norm"] = (NORM, Lines(s8.backward, ("dx[:] =",)))
    if config.classifier == "map":
        found["norm"] = (NORM, Lines(s5.attention_backward, ("return",)))
    if config.pooled_norm:
        found |= {"mean": (None, INTO_NORM), "norm": (NORM, ROW_0)}
    elif config.classifier == "gap" and config.num_registers:
        found["norm"] = (NORM, Local(patch_mean.backward, "dx"))
    if config.input_norm:
        found |= {"z0": (None, INTO_NORM), "registers": (None, INTO_NORM)}
    if config.num_registers:
        found["z0"] = (None, Local(registers.backward, "dx"))
    if config.position_embedding == "relative":
        S = ("scaled =", "S = scaled", "S += S_rel")
        found["attention.S"] = (Lines(s5.attend, S), ELSEWHERE["attention.S"][1])
        dQ = ("dQ, dK = ", "dQ *= scale", "dQ_rel, dE_rel = ", "return dQ + dQ_rel")
        found["attention.Q_heads"] = (None, Lines(s5.attend_backward, dQ))
    if config.position_at != "stem":
        one = ("E_pos, saved = positions", "return [E_pos] *")
        each = ("tables = ", "return [E_pos for")
        lines = Lines(encoder.positions_forward, each if config.position_at == "every-layer" else one)
        found["E_pos"] = (lines, Local(model.blocks_backward_parts, "dE_pos"))
    if probabilities.independent(config):
        found["p"] = (Lines(probabilities.of, ("return xp.exp",)), ELSEWHERE["p"][1])
    return found


@functools.cache
def lines_of(local):
    """{"file", "function", "first", "lines", "marked"} of a `Local` or of `Lines`.

    lines are those of the function below its docstring, of which `first` is the first one's number in the file: all, or
    so many around the marked ones. marked are the numbers of those that assign the variable (for RETURNED of the return
    as well), of a parameter those that read it first.
    """
    function = inspect.unwrap(local.function)
    source, first = inspect.getsourcelines(function)
    body = ast.parse(textwrap.dedent("".join(source))).body[0].body
    body = body[1:] if ast.get_docstring(ast.Module(body, [])) else body
    nodes = begun(body, local.starts, source) if isinstance(local, Lines) else assigned(body, local)
    marked = sorted({n for node in nodes for n in range(node.lineno, node.end_lineno + 1)})
    low, high = around(marked, body[0].lineno, len(source))
    return {
        "file": pathlib.Path(inspect.getsourcefile(function)).relative_to(ROOT).as_posix(),
        "function": function.__name__,
        "first": first + low - 1,
        "lines": textwrap.dedent("".join(source[low - 1 : high])).splitlines(),
        "marked": [first + n - 1 for n in marked],
    }


def begun(body, starts, source):
    """The statements that begin with the words, in order; every one of them must be there once."""
    found = []
    for words in starts:
        these = [s for s in statements(body) if source[s.lineno - 1].strip().startswith(words)]
        if len(these) != 1:
            raise LookupError(f"{len(these)} statements begin with {words!r}")
        found += these
    return found


def assigned(body, local):
    """The statements that assign the variable, or read a parameter first; of RETURNED what is returned first, too."""
    returned, name = [], local.name
    if name == RETURNED:
        values = [s.value for s in statements(body) if isinstance(s, ast.Return)]
        returned = [value.elts[0] if isinstance(value, ast.Tuple) else value for value in values]
        name = returned[-1].id if isinstance(returned[-1], ast.Name) else None
    found = [s for s in statements(body) if name and assigns(s, name, local.item)]
    if not found + returned:
        reads = [s for s in statements(body) if any(getattr(n, "id", None) == name for n in ast.walk(s))]
        found = reads[:1]
    return found + returned


def assigns(statement, name, item):
    """Whether it gives the variable, or with a text as item that item of it, a value."""
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    targets = [t for target in targets for t in getattr(target, "elts", [target])]
    if isinstance(item, str):
        keys = [t.slice for t in targets if isinstance(t, ast.Subscript) and named(t.value, name)]
        return any(getattr(key, "value", None) == item for key in keys)
    return any(named(getattr(t, "value", t) if isinstance(t, ast.Subscript) else t, name) for t in targets)


def named(node, name):
    """Whether it is the variable of that name."""
    return isinstance(node, ast.Name) and node.id == name


def statements(body):
    """Every statement that has no others in it, in the order of the lines."""
    for statement in body:
        inside = [*getattr(statement, "body", ()), *getattr(statement, "orelse", ())]
        yield from statements(inside) if inside else (statement,)


def around(marked, first, last):
    """(first, last) of at most MOST lines with the marked ones in the middle, or of all that are marked."""
    low, high = marked[0], marked[-1]
    more = max(MOST - (high - low + 1), 0)
    low = max(first, min(low - more // 2, last - MOST + 1))
    return low, min(last, max(high, low + MOST - 1))
