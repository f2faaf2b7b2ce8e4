"""One contender, one case, one process: `contenders.py NAME CASE` makes the model, then does as it is told.

    run    the work, for one turn    → {"seconds": the median of its calls}
    reset  count the peak from here  → {}
    quit                             → {"peak": bytes above the loaded parameters, "whole": bytes of the process}

The first answer is {"about": the library and its kernels}; {"failed": why} takes the place of any of them.
"""

import contextlib
import dataclasses
import json
import os
import statistics
import sys
import time

from library import CORES, about
from workloads import case, data, misfit

SMOOTHING = 0.1  # of the labels of a translation
TURN = 0.3  # a step of milliseconds, run once, would be timed on caches that hold the contender's before


def vitnp(case, *, workers=None, watch=None, **options):
    """This library, through its public functions; `watch` is an array type that the parameters are to have."""
    import numpy as np

    import vitnp
    from vitnp import models, tree
    from vitnp.training import optim

    if case.work == "epoch":
        import digits_epoch

        return digits_epoch.vitnp(case.config, workers)
    images, labels = data(case)
    task = task_of(case)
    p = models.of(case.config).init(np.random.default_rng(0), case.config)
    if watch:
        p, images = tree.map(lambda leaf: leaf.view(watch), p), images.view(watch)
    rng = np.random.default_rng(1)
    options |= {"workers": workers}
    if case.work == "forward":
        return lambda: vitnp.predict(images, p, case.config, **options)
    if case.work == "backward":
        return lambda: vitnp.loss_and_grads(images, labels, p, case.config, task, rng=rng, **options)[0]
    state = optim.init(p)

    def step():
        loss, dp = vitnp.loss_and_grads(images, labels, p, case.config, task, rng=rng, **options)
        optim.update(p, dp, state, lr=1e-3)
        return loss

    return step


def task_of(case):
    """What is learned."""
    from vitnp.tasks import Classification
    from vitnp.tasks.translation import Translation

    return Translation(SMOOTHING) if case.config.reads == "sequences" else Classification()


def vitnp_tanh(case):
    """This library with the other GELU: what the erf costs."""
    return vitnp(case._replace(config=dataclasses.replace(case.config, gelu="tanh")))


def recompute(case):
    """This library, each block's forward made again in its backward."""

    return vitnp(case, recompute=True)


def limit(case):
    """The same multiply–adds as bare matrix products, each thread its share of the batch, results thrown away."""
    import limit as products

    return products.runner(case, CORES)


def torch(case, *, compiled=False):
    """The same network in plain torch.nn with scaled_dot_product_attention."""
    import torch as t
    from torch_resnet import BiT, Hybrid
    from torch_translate import Translate
    from torch_vit import ViT

    t.manual_seed(0)
    t.set_num_threads(CORES)
    images, labels = (t.from_numpy(a) for a in data(case))
    Model = {"bit": BiT, "hybrid": Hybrid, "transformer": Translate}.get(case.config.family, ViT)
    if Model is not Translate:
        images = images.permute(0, 3, 1, 2)  # convolutions are faster on images as they are, channels last
        images = images.contiguous() if Model is ViT else images
    model = Model(case.config)
    if compiled:
        model = t.compile(model)
    if case.work == "forward":
        model.eval()

        def forward():
            with t.inference_mode():
                return model(images)

        return forward
    if case.work == "epoch":
        import digits_epoch

        return digits_epoch.torch(model)
    optimizer = t.optim.AdamW(model.parameters(), lr=1e-3)
    if case.work == "step":  # the two means from the start, as the others have them
        for q in model.parameters():
            means = {name: t.full_like(q, 0.0).detach() for name in ("exp_avg", "exp_avg_sq")}
            optimizer.state[q] = {"step": t.tensor(0.0), **means}

    def step():
        optimizer.zero_grad(set_to_none=True)
        if Model is Translate:
            loss = model.loss(images, labels, SMOOTHING)
        else:
            loss = t.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        if case.work == "step":
            optimizer.step()
        return loss.item()

    return step


def torch_compile(case):
    """The same after torch.compile."""
    return torch(case, compiled=True)


def jax(case):
    """The same network as plain JAX functions under jit."""
    import jax_vit

    return jax_vit.runner(case, *data(case))


def onnxruntime(case):
    """The same network as an ONNX graph in ONNX Runtime."""
    import onnx_vit

    images, _ = data(case)
    return onnx_vit.runner(case, images, CORES)


def status(key):
    """A line of /proc/self/status, in bytes."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(key))


def turn(run):
    """The median seconds of a call, one after another for at least TURN seconds: as in a training loop."""
    times, end = [], time.perf_counter() + TURN
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def serve(name, case_name, commands, tell):
    """Make the contender and do as told."""
    if why := misfit(name, case(case_name)):
        raise ValueError(why)
    run = globals()[name](case(case_name))
    loaded = status("VmRSS")
    tell(about=about(name))
    for command in commands:
        if command.strip() == "run":
            tell(seconds=turn(run))
        elif command.strip() == "reset":
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")  # the peak is counted from here
            tell()
        else:
            tell(peak=status("VmHWM") - loaded, whole=status("VmHWM"))
            return


def main():
    """Answers go out on a stream of their own: a library that prints does not disturb them."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def tell(**answer):
        print(json.dumps(answer), file=answers, flush=True)

    try:
        serve(*sys.argv[1:], sys.stdin, tell)
    except ModuleNotFoundError as problem:
        tell(failed=f"{problem.name} is not installed; pip install -e .[bench]")
    except Exception as problem:  # whatever a library of others raises: one line, and the others go on
        with contextlib.suppress(BrokenPipeError):
            tell(failed=f"{type(problem).__name__}: {str(problem).strip().partition(chr(10))[0][:200]}")


if __name__ == "__main__":
    main()
