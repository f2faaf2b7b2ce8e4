"""The recipe for photos of one's own: tens to thousands of pictures, and a file of trained weights.

As BiT's rule (Kolesnikov et al., 2020, §3.3) it goes by the number of pictures alone; SGD, cosine and clipping are
those of the ViT paper's fine-tuning. Its random crops are left out: they need more steps than few pictures give.
"""

from vitnp.training.recipes.recipe import Recipe

PASSES = 20  # over the pictures
FEWEST, MOST = 100, 2500  # steps
TYPICAL = 1000  # pictures, where their number is not known yet


def recipe(count=TYPICAL, steps=None):
    """The `Recipe` for so many pictures to learn from; steps: where another number of them is asked for."""
    batch_size = 16 if count < 200 else 32 if count < 2000 else 64
    steps = steps or min(max(PASSES * count // batch_size, FEWEST), MOST)
    return Recipe(
        steps=steps,
        batch_size=batch_size,
        lr=0.003,
        warmup_steps=steps // 10,
        optimizer="sgd",
        momentum=0.9,
        clip=1.0,
        dropout=0.0,
        augment=("flip",),
    )
