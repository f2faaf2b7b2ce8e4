"""The learning rate against its formula, written out, and at the points a reader would check."""

import itertools
import math

import numpy as np
import pytest

from vitnp import InputError
from vitnp.training import schedules

PLAN = {"lr": 2e-3, "warmup_steps": 10, "total_steps": 110}


def test_warm_up_is_linear():
    for step in range(1, 11):
        assert schedules.cosine(step, **PLAN) == pytest.approx(2e-3 * step / 10, rel=1e-15)


@pytest.mark.parametrize(
    ("step", "share"), [(10, 1.0), (35, (1 + math.sqrt(0.5)) / 2), (60, 0.5), (85, (1 - math.sqrt(0.5)) / 2)]
)
def test_quarters_of_the_cosine(step, share):
    assert schedules.cosine(step, **PLAN) == pytest.approx(2e-3 * share, rel=1e-12)


def test_the_end_is_zero_and_stays_zero():
    assert schedules.cosine(110, **PLAN) == pytest.approx(0.0, abs=1e-18)
    assert schedules.cosine(500, **PLAN) == pytest.approx(0.0, abs=1e-18)


def test_it_falls_after_the_warm_up():
    rates = [schedules.cosine(step, **PLAN) for step in range(10, 111)]
    assert all(later < earlier for earlier, later in itertools.pairwise(rates))


def test_without_warm_up_the_first_step_is_nearly_full():
    assert schedules.cosine(1, lr=1.0, warmup_steps=0, total_steps=100) == pytest.approx(
        0.5 * (1 + math.cos(math.pi / 100)), rel=1e-15
    )


def test_fewer_steps_than_the_warm_up():
    """`--epochs 1` for a recipe with a long warm-up: the ramp is cut off, nothing divides by zero."""
    assert schedules.cosine(5, lr=1.0, warmup_steps=10, total_steps=5) == 0.5
    assert schedules.cosine(10, lr=1.0, warmup_steps=10, total_steps=10) == 1.0


def test_a_python_float():
    """A NumPy float64 would turn float32 parameters into float64."""
    assert type(schedules.cosine(3, **PLAN)) is float


@pytest.mark.parametrize(
    ("step", "want"), [(5, 0.5), (10, 1.0), (35, 0.75), (60, 0.5), (85, 0.25), (110, 0.0), (500, 0.0)]
)
def test_linear_at_known_points(step, want):
    """A ramp of 10 steps, a line of 100, down to 0 where it is told so."""
    got = schedules.linear(step, lr=1.0, warmup_steps=10, total_steps=110, end=0.0)
    assert got == pytest.approx(want, abs=1e-15)


def test_linear_ends_where_the_released_code_does():
    """10⁻⁵ + (lr − 10⁻⁵)·(1 − p): between the two ends a straight line."""
    assert schedules.linear(110, **PLAN) == pytest.approx(1e-5, rel=1e-12)
    assert schedules.linear(10, **PLAN) == pytest.approx(2e-3, rel=1e-12)
    assert schedules.linear(60, **PLAN) == pytest.approx((2e-3 + 1e-5) / 2, rel=1e-12)


@pytest.mark.parametrize("name", ["cosine", "linear"])
def test_every_smooth_schedule(name):
    """The warm-up is the same ramp in all; no warm-up and a cut one are no special case; a Python float."""
    schedule = schedules.SCHEDULES[name]
    rates = [schedule(step, **PLAN) for step in range(1, 111)]
    assert rates[:10] == pytest.approx([2e-3 * step / 10 for step in range(1, 11)], rel=1e-12)
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[9:]))
    assert schedule(5, lr=1.0, warmup_steps=10, total_steps=5) == pytest.approx(0.5)
    assert 0.9 < schedule(1, lr=1.0, warmup_steps=0, total_steps=100) < 1.0
    assert type(schedule(3, **PLAN)) is float


BIT = {  # the released code's: the end of the warm-up, the steps after which the rate is a tenth, the last step
    (0.4, 0.6, 0.8): (100, 200, 300, 400, 500),
    (0.3, 0.6, 0.9): (500, 3000, 6000, 9000, 10_000),
}


@pytest.mark.parametrize("decay_at", BIT)
def test_the_staircase_is_bits(decay_at):
    warm_up, *ends, total = BIT[decay_at]
    plan = {"lr": 0.003, "warmup_steps": warm_up, "total_steps": total, "decay_at": decay_at}
    for n, (first, last) in enumerate(zip([warm_up, *ends], [*ends, total], strict=True)):
        for step in (first + 1, last):
            assert schedules.staircase(step, **plan) == pytest.approx(0.003 / 10**n, rel=1e-12)
    assert schedules.staircase(warm_up // 4, **plan) == pytest.approx(0.003 / 4, rel=1e-12)
    assert schedules.staircase(total + 100, **plan) == schedules.staircase(total, **plan)
    assert type(schedules.staircase(3, **plan)) is float


def test_a_staircase_without_stairs_and_one_cut_off():
    plan = {"lr": 1.0, "warmup_steps": 10}
    assert schedules.staircase(90, **plan, total_steps=90, decay_at=()) == 1.0
    assert schedules.staircase(4, **plan, total_steps=5, decay_at=(0.8,)) == pytest.approx(0.4)
    assert schedules.staircase(5, **plan, total_steps=5, decay_at=(0.8,)) == pytest.approx(0.05)
    assert schedules.staircase(1, lr=1.0, warmup_steps=0, total_steps=100) == 1.0


@pytest.mark.parametrize(("width", "steps"), [(512, 100_000), (1024, 300_000)])
def test_the_transformers_schedule(width, steps):
    """Its own formula (Vaswani et al., 2017, §5.3): d^−0.5 · min(t^−0.5, t · w^−1.5), w = 4000."""
    plan = {"lr": width**-0.5 * 4000**-0.5, "warmup_steps": 4000, "total_steps": steps}
    for step in (1, 2, 1000, 3999, 4000, 4001, 16_000, steps, steps + 7):
        want = width**-0.5 * min(step**-0.5, step * 4000**-1.5)
        assert schedules.inverse_sqrt(step, **plan) == pytest.approx(want, rel=1e-12)
    assert schedules.inverse_sqrt(4000, **plan) == pytest.approx(plan["lr"], rel=1e-15)


def test_an_inverse_root_without_warm_up_and_one_cut_off():
    assert schedules.inverse_sqrt(1, lr=1.0, warmup_steps=0, total_steps=9) == 1.0
    assert schedules.inverse_sqrt(9, lr=1.0, warmup_steps=0, total_steps=9) == pytest.approx(1 / 3)
    assert schedules.inverse_sqrt(5, lr=1.0, warmup_steps=10, total_steps=5) == 0.5


@pytest.mark.parametrize(
    ("decay_at", "said"),
    [
        (0.3, "decay_at is 0.3; need a tuple of numbers from 0 to 1, such as "),
        ("0.3", "decay_at is '0.3'; need a tuple"),
        ((0.3, 1.2), "decay_at is 1.2; need a number from 0 to at most 1"),
        ((0.3, math.nan), "decay_at is nan; need"),
        (("a",), "decay_at is 'a'; need a number"),
        ((0.6, 0.3), "decay_at is .*; need each number larger than the one before"),
        ((0.3, 0.3), "decay_at is .*; need each number larger"),
    ],
    ids=str,
)
def test_stairs_that_cannot_be(decay_at, said):
    with pytest.raises(InputError, match=f"^{said}"):
        schedules.staircase(1, **PLAN, decay_at=decay_at)


def test_one_step_after_the_warm_up_is_the_last():
    assert schedules.linear(11, lr=1.0, warmup_steps=10, total_steps=11, end=0.0) == 0.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"step": -1}, "step is -1; need a whole number of at least 1"),
        ({"step": 0}, "step is 0; need"),
        ({"step": 1.5}, "step is 1.5; need"),
        ({"step": True}, "step is True; need"),
        ({"total_steps": 0}, "total_steps is 0; need a whole number of at least 1"),
        ({"warmup_steps": -1}, "warmup_steps is -1; need a whole number of at least 0"),
        ({"lr": -1.0}, "lr is -1.0; need a finite number from 0 on"),
        ({"lr": math.nan}, "lr is nan"),
        ({"lr": 1j}, "lr is 1j"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_what_no_schedule_takes(name, change, said):
    with pytest.raises(InputError, match=f"^{said}"):
        schedules.SCHEDULES[name](**{"step": 1} | PLAN | change)


def test_an_end_that_cannot_be():
    with pytest.raises(InputError, match=r"^end is -1\.0"):
        schedules.linear(1, **PLAN, end=-1.0)


@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_numbers_of_numpy_give_a_python_float(name):
    schedule = schedules.SCHEDULES[name]
    got = schedule(np.int64(3), lr=np.float64(2e-3), warmup_steps=np.int32(10), total_steps=np.int64(110))
    assert type(got) is float
    assert got == schedule(3, **PLAN)
