"""An epoch on the digits as `vitnp train` does it, and the same loop in PyTorch: contenders of the work "epoch".

Shuffled batches, label smoothing, clipping, AdamW that decays matrices alone, then the accuracy on 256 training images
and on the test images. Without augmentation: SciPy's would be the same for both.
"""

import dataclasses

import numpy as np

from vitnp.data import digits
from vitnp.training import loop, recipes, setup

RECIPE = dataclasses.replace(
    recipes.RECIPES["digits"], epochs=1, augment=(), warmup_steps=0, schedule="linear"
)


def vitnp(config, workers):
    """A function that trains one epoch and returns its history."""
    rng, dataset = np.random.default_rng(0), digits.load(0)
    p = setup.initial_parameters(rng, config, RECIPE)
    return lambda: loop.train(p, config, dataset, RECIPE, rng=rng, how=loop.How(workers=workers))


def torch(model):
    """A function that trains one epoch and returns the accuracy on the test images."""
    import torch as t

    dataset = digits.load(0)
    parts = []
    for source in (dataset.train, dataset.test):
        images = t.from_numpy(source.images(range(len(source)))).permute(0, 3, 1, 2).contiguous()
        parts.append((images, t.from_numpy(source.labels)))
    (images, labels), (test_images, test_labels) = parts
    matrices = [q for q in model.parameters() if q.ndim == 2]
    others = [q for q in model.parameters() if q.ndim != 2]
    groups = [
        {"params": matrices, "weight_decay": RECIPE.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    optimizer = t.optim.AdamW(groups, lr=RECIPE.lr)

    def accuracy(images, labels):
        with t.inference_mode():
            parts = [model(images[i : i + 64]).argmax(-1) for i in range(0, len(images), 64)]
        return (t.cat(parts) == labels).float().mean().item()

    def epoch():
        model.train()
        steps = -(-len(labels) // RECIPE.batch_size)
        for i, rows in enumerate(t.randperm(len(labels)).split(RECIPE.batch_size)):
            for group in optimizer.param_groups:
                group["lr"] = RECIPE.lr * (1 - i / steps)
            optimizer.zero_grad(set_to_none=True)
            loss = t.nn.functional.cross_entropy(
                model(images[rows]), labels[rows], label_smoothing=RECIPE.label_smoothing
            )
            loss.backward()
            t.nn.utils.clip_grad_norm_(model.parameters(), RECIPE.clip)
            optimizer.step()
            loss.item()
        model.eval()
        accuracy(images[:256], labels[:256])
        return accuracy(test_images, test_labels)

    return epoch
