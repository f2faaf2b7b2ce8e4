"""What is learned. A task is an object with these methods:

batch(inputs, labels, p, config, rng, part)   arrays in p's memory, the inputs on their first axis; all that the
                                              task draws is drawn here, for images part[0] … of part[1]
loss(arrays, p, config, rng, *, keep)         the mean loss of a slice of them; back(dloss), which yields
                                              (part's name, its dp) as a model's backward_parts does, every
                                              leaf once, and after the last leaf nobody goes on; and the batch's
                                              statistics, see `models.statistics`, {} where there are none
right(arrays, p, config)                      how many of the slice the model gets right
learned(p)                                    the leaves that learn, a tree that shares p's arrays
uses_labels                                   whether the labels are learned
frozen                                        True where the model below the head runs as in evaluation; left out: no
"""

from vitnp.engine import batch
from vitnp.inputs.fields import check_names
from vitnp.tasks.classification import Classification


def loss_and_grads(images, labels, p, config, task=Classification(), rng=None, **plan):
    """The mean loss over the batch and its gradient for every leaf that learns: a number, a tree like p.

    images (B, Hᵢ, Wᵢ, C); labels integers (B,) or probabilities (B, classes); task: what is learned, by default
    `Classification`, softmax cross-entropy. A generator means training: dropout, and BatchNorm with
    the batch's statistics. plan: fields of `engine.batch.Plan`
    (workers, micro_batch, recompute, part, loss_scale), which change no more than rounding.
    Raises InputError for images, labels, an rng or an option that do not fit.
    """
    check_names(plan, batch.Plan._fields, "option of loss_and_grads")
    loss, dp, _ = batch.run(task, images, labels, p, config, rng, batch.Plan(**plan))
    return loss, dp
