"""SGD, Adam, AdamW, all schedules and clipping against PyTorch's own, 20 steps in float64."""

import numpy as np
import pytest
import torch

from vitnp import tree
from vitnp.training import optim, schedules

STEPS = 20
SHAPES = {"project": {"W": (30, 40), "b": (40,)}, "norm": {"gamma": (40,)}}


def a_tree(rng):
    return tree.map(rng.standard_normal, SHAPES)


def groups(p, weight_decay):
    """PyTorch's parameters (on copies), the decayed ones apart."""
    ours = {name: torch.tensor(leaf, requires_grad=True) for name, leaf in tree.leaves(p)}
    decayed = [leaf for name, leaf in ours.items() if optim.decays(name)]
    others = [leaf for name, leaf in ours.items() if not optim.decays(name)]
    return ours, [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


MAKERS = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=1e-2, momentum=0.9),
    "adam": lambda groups: torch.optim.Adam(groups, lr=1e-2, betas=(0.9, 0.98)),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.98)),
}


@pytest.mark.parametrize("together", [100, 10_000])
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.parametrize("optimizer", MAKERS)
def test_twenty_steps(optimizer, weight_decay, together, monkeypatch):
    """A cosine schedule with warm-up and clipping to norm 5 on the way, as a training has them."""
    monkeypatch.setattr(optim, "TOGETHER", together)
    rng = np.random.default_rng(0)
    p = a_tree(rng)
    theirs, torch_groups = groups(p, weight_decay)
    state, torch_optimizer = optim.init(p, optimizer), MAKERS[optimizer](torch_groups)
    clipped = 0
    for step in range(1, STEPS + 1):
        lr = schedules.cosine(step, lr=0.05, warmup_steps=4, total_steps=STEPS + 5)
        dp = a_tree(rng)
        optim.scale(dp, 5.0 / step)
        for name, leaf in theirs.items():
            leaf.grad = torch.tensor(tree.get(dp, name))
        for group in torch_optimizer.param_groups:
            group["lr"] = lr
        norm = torch.nn.utils.clip_grad_norm_(theirs.values(), 20.0).item()
        torch_optimizer.step()
        assert optim.clip(dp, 20.0) == pytest.approx(norm, rel=1e-12)
        clipped += norm > 20.0
        optim.update(
            p, dp, state, optimizer=optimizer, lr=lr, weight_decay=weight_decay, momentum=0.9, beta2=0.98
        )
    assert 0 < clipped < STEPS
    for name, leaf in tree.leaves(p):
        # PyTorch's clipping divides by the norm + 10⁻⁶.
        np.testing.assert_allclose(leaf, theirs[name].detach().numpy(), rtol=1e-5, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.parametrize("optimizer", MAKERS)
def test_twenty_steps_to_the_last_digits(optimizer, weight_decay):
    """The same without clipping."""
    rng = np.random.default_rng(1)
    p = a_tree(rng)
    theirs, torch_groups = groups(p, weight_decay)
    state, torch_optimizer = optim.init(p, optimizer), MAKERS[optimizer](torch_groups)
    for _ in range(STEPS):
        dp = a_tree(rng)
        for name, leaf in theirs.items():
            leaf.grad = torch.tensor(tree.get(dp, name))
        torch_optimizer.step()
        optim.update(
            p, dp, state, optimizer=optimizer, lr=1e-2, weight_decay=weight_decay, momentum=0.9, beta2=0.98
        )
    for name, leaf in tree.leaves(p):
        np.testing.assert_allclose(leaf, theirs[name].detach().numpy(), rtol=1e-11, atol=1e-13, err_msg=name)


def rates(schedule):
    """The rates of a PyTorch schedule, step by step."""
    optimizer = schedule.optimizer
    for _ in range(STEPS):
        yield optimizer.param_groups[0]["lr"]
        optimizer.step()
        schedule.step()


def plain(lr):
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)


def test_the_cosine():
    """PyTorch counts from 0 where vitnp counts from 1, so its first rate is ours of step 0."""
    theirs = rates(torch.optim.lr_scheduler.CosineAnnealingLR(plain(0.1), T_max=STEPS))
    ours = [schedules.cosine(step, lr=0.1, warmup_steps=0, total_steps=STEPS) for step in range(STEPS)]
    np.testing.assert_allclose(ours, list(theirs), rtol=1e-12)


def test_the_line():
    theirs = rates(
        torch.optim.lr_scheduler.LinearLR(plain(0.1), start_factor=1.0, end_factor=1e-4, total_iters=STEPS)
    )
    ours = [schedules.linear(step, lr=0.1, warmup_steps=0, total_steps=STEPS) for step in range(STEPS)]
    np.testing.assert_allclose(ours, list(theirs), rtol=1e-12)


def test_the_staircase():
    """PyTorch's step 0 is ours of step 1: it counts the updates made, we the update that is being made."""
    theirs = rates(torch.optim.lr_scheduler.MultiStepLR(plain(0.1), [STEPS // 4, STEPS // 2], gamma=0.1))
    how = {"lr": 0.1, "warmup_steps": 0, "total_steps": STEPS, "decay_at": (0.25, 0.5)}
    ours = [schedules.staircase(step, **how) for step in range(1, STEPS + 1)]
    np.testing.assert_allclose(ours, list(theirs), rtol=1e-12)


def test_the_warm_up():
    """Step 1 has lr/warmup_steps, step warmup_steps the whole lr: PyTorch's LinearLR from 1/warmup_steps."""
    theirs = rates(
        torch.optim.lr_scheduler.LinearLR(plain(0.1), start_factor=1 / 25, end_factor=1.0, total_iters=24)
    )
    ours = [schedules.cosine(step, lr=0.1, warmup_steps=25, total_steps=100) for step in range(1, STEPS + 1)]
    np.testing.assert_allclose(ours, list(theirs), rtol=1e-12)


def test_averaging():
    """PyTorch's averaged model with its exponential rule."""
    rng = np.random.default_rng(2)
    p = a_tree(rng)
    model = torch.nn.ParameterDict(
        {name.replace(".", "/"): torch.tensor(leaf) for name, leaf in tree.leaves(p)}
    )
    averaged = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9)
    )
    averaged.update_parameters(model)  # the first call copies
    mean = tree.map(np.copy, p)
    for _ in range(STEPS):
        p = a_tree(rng)
        with torch.no_grad():
            for name, leaf in tree.leaves(p):
                model[name.replace(".", "/")].copy_(torch.tensor(leaf))
        averaged.update_parameters(model)
        optim.average(mean, p, 0.9)
    for name, leaf in tree.leaves(mean):
        theirs = averaged.module[name.replace(".", "/")].detach().numpy()
        np.testing.assert_allclose(leaf, theirs, rtol=1e-11, atol=1e-13)
