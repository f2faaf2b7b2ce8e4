"""One batch of any model for any task, split over threads: the loss and its gradients, counts, and predictions.

Each thread runs the model on its own slice of the batch with a single-threaded BLAS; the gradients are added in the
order of the slices, so the same number of workers gives the same bits.
"""

from typing import NamedTuple

from vitnp import models, tree
from vitnp.backend.arrays import array_module, is_array, on_host
from vitnp.backend.draws import BatchShare, DeviceDraws
from vitnp.engine.split import is_small, need_workers, slices
from vitnp.engine.sums import Sum
from vitnp.errors import InputError, need_bool, need_int, need_real, shown
from vitnp.inputs.checks import check_generator, check_part, parameter_of
from vitnp.inputs.images import for_batch
from vitnp.system import threads


class Plan(NamedTuple):
    """How a batch is done. It changes the result by no more than rounding."""

    workers: int | None = None  # threads; None: as many as pay, at most one per core. A device has one
    micro_batch: int | None = None  # the most inputs in work at a time; None: all
    recompute: bool = False  # keep only each block's input and run the block again in the backward pass
    part: tuple | None = None  # (first, B): inputs first, first + 1, … of a batch of B, or none of them
    loss_scale: float = 1.0  # the gradients are those of loss·loss_scale, see `precision`


def run(task, inputs, labels, p, config, rng=None, plan=Plan()):
    """(mean loss over the batch, its gradient for every leaf that learns, the batch's statistics), see `tasks`.

    Where p is decides where all is done. A device gives the loss as an array of no axes, which nobody has waited for.
    Of a part of a batch the loss and its gradient are that part's share: those of all parts add up to the batch's.
    Where training normalizes over the batch, it is not split. The statistics are those of `models.statistics`.
    """
    check_task(task)
    check_generator(rng)
    plan = checked(plan)
    count = count_of(inputs)
    first, B = check_part(plan.part, count or 0)
    if plan.part and count == 0:
        parameter_of(p)
        if rng is not None:
            rng.integers(2**63)  # the dropout seed, drawn as by a part that has inputs
        return 0.0, tree.map(lambda leaf: leaf * 0.0, task.learned(p)), {}
    arrays = task.batch(inputs, labels, p, config, rng, (first, B))
    seed = None if rng is None else rng.integers(2**63)  # drawn also where nothing drops
    drops = seed is not None and config.drops
    on_cpu, n = on_host(parameter_of(p)), len(arrays[0])
    micro_batch = n if plan.micro_batch is None else plan.micro_batch
    keep = "inputs" if plan.recompute else "all"
    together = seed is not None and config.batch_statistics and not getattr(task, "frozen", False)
    if together:
        check_together(n, B, micro_batch)
    workers = 1 if together else plan.workers
    total, values, statistics = Sum(), [], {}

    def one(number, start, stop):
        drop, at = None, (first + start, first + stop)
        if drops or together:
            drop = BatchShare(seed, *at, B) if on_cpu else DeviceDraws(array_module(arrays[0]), seed, at[0])
        value, back, found = task.loss([a[start:stop] for a in arrays], p, config, drop, keep=keep)
        weight = (stop - start) / B  # the mean over the slice → its share of the mean over the batch
        awaited = tree.count(task.learned(p))
        statistics.update(found)
        for name, dp in back(weight * plan.loss_scale):
            dp = models.learned(dp)
            awaited -= tree.count(dp)
            total.add(number, name, dp)
            del dp  # added: it need not live on beside the next part's
            if awaited == 0:
                break  # after the last part comes the gradient of the inputs, which nobody reads here
        return value * weight

    for begin in range(0, n, micro_batch):
        edges = slices(begin, min(begin + micro_batch, n), config, workers, on_cpu)
        numbered = [(len(values) + i, *edge) for i, edge in enumerate(edges)]
        values += threads.run(lambda s: one(*s), numbered, small=is_small(config), host=on_cpu)
    return sum(values), total.tree(), statistics


def check_together(n, B, micro_batch):
    """Raise InputError unless all B inputs of a batch are done at once, as BatchNorm in training needs them."""
    if n < B:
        raise InputError(
            f"{n} inputs are a part of a batch of {B}, over which BatchNorm normalizes; give the whole batch to one "
            "process"
        )
    if micro_batch < n:
        raise InputError(
            f"micro_batch is {micro_batch}, and BatchNorm normalizes over the whole batch of {n}; leave it out, or use "
            "a smaller batch_size"
        )


def check_task(task):
    """Raise InputError unless it has the methods of a task, see `tasks`."""
    if isinstance(task, type) or not all(
        hasattr(task, name) for name in ("batch", "loss", "right", "learned")
    ):
        raise InputError(f"task is {shown(task)}; need a task, such as tasks.Classification()")


def count_of(inputs):
    """How many inputs there are; None for what has no axis, which the task refuses."""
    return len(inputs) if is_array(inputs) and inputs.ndim else None


def checked(plan):
    """The plan in Python's numbers: NumPy's would make float64 of a share of the loss, and so of every gradient.

    Raises InputError for a plan that cannot be; whether its part can, `check_part` says.
    """
    if not isinstance(plan, Plan):
        raise InputError(f"plan is {shown(plan)}; need an engine.batch.Plan")
    need_bool("recompute", plan.recompute)
    micro_batch, scale = plan.micro_batch, need_real("loss_scale", plan.loss_scale, low=0, open_at_low=True)
    if micro_batch is not None:
        micro_batch = need_int("micro_batch", micro_batch, at_least=1)
    return plan._replace(workers=need_workers(plan.workers), micro_batch=micro_batch, loss_scale=scale)


def count_right(task, inputs, labels, p, config, rng=None, workers=None):
    """How many of the inputs a task's model gets right, a sum over them; on a device an array of no axes."""
    check_task(task)
    check_generator(rng)
    arrays = task.batch(inputs, labels, p, config, rng, (0, count_of(inputs) or 0))
    on_cpu = on_host(parameter_of(p))
    parts = slices(0, len(arrays[0]), config, workers, on_cpu)
    return sum(
        threads.run(
            lambda s: task.right([a[slice(*s)] for a in arrays], p, config),
            parts,
            small=is_small(config),
            host=on_cpu,
        )
    )


def predict(images, p, config, *, workers=None, batch_size=64):
    """Logits (B, classes), `batch_size` images at a time; nothing is kept for a backward."""
    model = models.of(config)
    return _of_images(
        lambda part: model.forward(part, p, config, keep="nothing", whole=False)[0],
        *(images, p, config, workers, batch_size),
    )


def tokens(images, p, config, *, workers=None, batch_size=64):
    """All tokens after the last LayerNorm (B, N+1, D), as `predict` gives logits; the head is not asked.

    Row 0 is the class token where the model has one, the others are the patches, row by row.
    """
    tokens_of = models.ask(config, "tokens", "tokens")
    return _of_images(lambda part: tokens_of(part, p, config), *(images, p, config, workers, batch_size))


def _of_images(f, images, p, config, workers, batch_size):
    """f(some images) of all images, put together: a batch at a time, each split over the threads."""
    like = parameter_of(p)
    images = for_batch(images, config, like)
    need_int("batch_size", batch_size, at_least=1)
    on_cpu, found = on_host(like), []
    for start in range(0, len(images), batch_size):
        parts = slices(start, min(start + batch_size, len(images)), config, workers, on_cpu)
        found += threads.run(lambda s: f(images[slice(*s)]), parts, small=is_small(config), host=on_cpu)
    return array_module(found[0]).concatenate(found)
