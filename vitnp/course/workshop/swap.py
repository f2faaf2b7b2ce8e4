"""The student's steps in the place of the library's, for as long as a block lasts.

Every model calls the steps through their modules, so nothing else has to change. Imports `adapters`, `steps`, `blocks`,
`engine`, `models`.
"""

import contextlib
import importlib

from vitnp.blocks import encoder
from vitnp.course.workshop import adapters, template
from vitnp.engine import loss
from vitnp.models.vit import model


@contextlib.contextmanager
def swapped(steps):
    """In the block the library's steps are these: {step: {name: function}}. Not for two threads with other steps.

    Raises InputError in the block for what a student's step cannot do: attention dropout, another activation.
    """
    changes = [(model, "rows_read", lambda config: None)]  # a student's block computes all rows
    for step, functions in steps.items():
        module = importlib.import_module(f"vitnp.steps.{template.STEPS[step]}")
        changes.append((module, "forward", adapters.FORWARDS[step](functions)))
        changes.append((module, "backward", adapters.BACKWARDS[step](functions)))
    if 6 in steps:
        changes.append((encoder, "block_forward", adapters.block_forward(steps[6])))
        changes.append((encoder, "block_backward", adapters.plain_backward(steps[6], "block_backward")))
    if 8 in steps:
        changes.append((loss, "forward", adapters.loss_forward(steps[8])))
        changes.append((loss, "backward", adapters.loss_backward(steps[8])))
    with contextlib.ExitStack() as stack:
        for module, name, function in changes:
            stack.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, function)
        yield
