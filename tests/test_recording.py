"""The recording of local variables: which it keeps, of which thread, and that it leaves everything as it was."""

import cProfile
import functools
import sys
import threading
import types

import numpy as np
import pytest
from cases import model_point

from vitnp import vit
from vitnp.analysis import recording
from vitnp.analysis.recording import record
from vitnp.analysis.trace import trace
from vitnp.backend.tiles import tiled
from vitnp.models import preset
from vitnp.models.tensors import RETURNED, Local
from vitnp.steps import s2_project


def double(x, *, plus=0):
    """A parameter that gets another value, a variable, one that only some calls have, two results."""
    received = x
    x = 2 * x
    if plus:
        more = {"one": received + plus}
        x = more["one"]
    return x, received


def several(x):
    """Calls `double` three times, twice inside another function."""
    y, _ = double(x)
    return inner(y) + 1


def inner(y):
    y, _ = double(y, plus=10)
    y, _ = double(y)
    return y


X = np.arange(3.0)


def one(*local, **options):
    """What a run of `several` has of one local variable."""
    result, (array,) = record([Local(*local, **options)], several, X)
    np.testing.assert_array_equal(result, several(X))
    return array


def test_a_parameter_as_received_a_variable_as_left_and_the_first_of_what_is_returned():
    assert one(double, "x") is X
    np.testing.assert_array_equal(one(double, "received", 1), 2 * X)
    np.testing.assert_array_equal(one(double, RETURNED), 2 * X)
    np.testing.assert_array_equal(one(inner, RETURNED), 2 * (2 * X + 10))
    np.testing.assert_array_equal(one(double, "plus", 1), 10)


def test_which_call():
    for call in (0, 1, 2, -1):
        np.testing.assert_array_equal(
            one(double, RETURNED, call), [2 * X, 2 * X + 10, 4 * X + 20, 4 * X + 20][call]
        )
    np.testing.assert_array_equal(one(double, RETURNED, 0, inside=(inner, 0)), 2 * X + 10)
    np.testing.assert_array_equal(one(double, RETURNED, 0, inside=(double, 2)), 4 * X + 20)


def test_an_item():
    np.testing.assert_array_equal(one(double, "more", 1, item="one"), 2 * X + 10)


@pytest.mark.parametrize(
    "local",
    [
        Local(double, "nowhere"),
        Local(double, "more"),  # of the first call: it does not get there
        Local(double, RETURNED, 3),
        Local(double, RETURNED, inside=(inner, 1)),
        Local(double, "more", 1, item="two"),
        Local(tiled(double), "nowhere"),
        Local(trace, "images"),  # not called
    ],
)
def test_what_the_run_does_not_have_is_an_error(local):
    with pytest.raises(LookupError):
        record([local], several, X)


@tiled
def rowwise(x, *, factor):
    y = factor * x
    return (y + 1,)


@pytest.mark.parametrize("block", [1, 4, 8, 12, 24, 100])
def test_the_parts_of_a_tiled_function_are_put_together(monkeypatch, block):
    monkeypatch.setattr("vitnp.backend.tiles.BLOCK", block)
    x = np.arange(24.0).reshape(2, 3, 4)
    locals_ = [Local(rowwise, "y"), Local(rowwise, "x"), Local(rowwise, "y")]
    _, arrays = record(locals_, functools.partial(rowwise, factor=3.0), x)
    for array, true in zip(arrays, (3 * x, x, 3 * x), strict=True):
        np.testing.assert_array_equal(array, true)


def test_no_other_thread_is_recorded(monkeypatch):
    """Another thread runs the same model in the middle of the run."""
    config = preset("tiny")
    images, p = model_point(config)
    expected = trace(images, p, config, labels=np.array([1, 4]))
    forward = s2_project.forward

    def other_first(patches, p_project):
        if threading.current_thread() is here:
            thread = threading.Thread(target=vit.forward, args=(images[:1] / 2, p, config))
            thread.start()
            thread.join()
        return forward(patches, p_project)

    here = threading.current_thread()
    monkeypatch.setattr(s2_project, "forward", other_first)
    t = trace(images, p, config, labels=np.array([1, 4]))
    for a, b in zip(t.forward + t.backward, expected.forward + expected.backward, strict=True):
        np.testing.assert_array_equal(a.value, b.value, err_msg=a.name)


def test_event_by_event():
    """The recorder called by hand, since no debugger and no coverage looks into a profiler hook."""

    def event(what, function, returned=None, **f_locals):
        recorder(types.SimpleNamespace(f_code=function.__code__, f_locals=f_locals), what, returned)

    asked = [Local(double, name, call) for name in ("x", "plus", "received", RETURNED) for call in (0, 1)]
    asked += [Local(double, "received", inside=(inner, number)) for number in (0, 1)]
    recorder = recording.Recorder(asked)
    event("call", double, x=1, plus=2)
    event("c_call", double, max, x="no")
    event("c_return", double, max, x="no")
    event("call", several, x="no")
    event("return", several, "no", x="no", received="no")
    event("return", double, (6, 1), x="no", plus="no", received=5)
    event("call", inner, y=7)
    event("return", inner, 8, y=8)
    event("call", inner, y=9)
    event("call", double, x=3, plus=4)
    event("return", double, 10, x="no", plus="no", received=9)
    event("return", inner, 10, y=10)
    assert [recorder.take(local, 1) for local in asked[:-2]] == [1, 3, 2, 4, 5, 9, 6, 10]
    assert recorder.take(asked[-1], 1) == 9
    with pytest.raises(LookupError, match="double was not called, or has no variable received"):
        recorder.take(asked[-2], 1)
    assert recorder.running == []


def failing(x):
    double(x)
    raise ArithmeticError("in the run")


def test_the_profiler_of_before_is_there_again():
    seen = []

    def profiler(frame, event, _):
        if event == "call":
            seen.append(frame.f_code.co_name)

    for before in (None, profiler):
        for function in (several, failing):
            sys.setprofile(before)
            try:
                record([Local(double, "x")], function, X)
            except ArithmeticError as error:
                assert str(error) == "in the run"
            finally:
                after = sys.getprofile()
                several(X)
                sys.setprofile(None)
            assert after is before
    assert seen.count("several") == 2
    assert "double" not in seen[: seen.index("several")]


def test_beside_cprofile():
    """`python -m cProfile -m vitnp walk` works: the profile goes on after the recording."""
    profile = cProfile.Profile()
    profile.enable()
    record([Local(double, "x")], several, X)
    inner(X)
    profile.disable()
    assert "inner" in {getattr(entry.code, "co_name", "") for entry in profile.getstats()}


@pytest.mark.parametrize("fields", [{}, {"position_embedding": "relative", "gelu": "erf"}])
def test_nothing_recorded_is_written_into_afterwards(monkeypatch, fields):
    """Copies made at the moment of recording are what the arrays still are at the end."""
    copies = []

    class Copying(recording.Recorder):
        def keep(self, function, names, values):
            super().keep(function, names, values)
            copies.extend(
                (name, values[name], values[name].copy())
                for name in names
                if isinstance(values.get(name), np.ndarray)
            )

    monkeypatch.setattr(recording, "Recorder", Copying)
    config = preset("tiny", **fields)
    images, p = model_point(config)
    trace(images, p, config, labels=np.array([1, 4]))
    assert len(copies) > 60
    for name, array, copy in copies:
        np.testing.assert_array_equal(array, copy, err_msg=name)
