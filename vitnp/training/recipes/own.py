"""The recipes that run on a laptop, and the two that go by the number of pictures."""

from vitnp.training.recipes import hyperrule, photos
from vitnp.training.recipes.listed import AT_A_TIME, NOT_HERE, SWEEP, UNTRIED, Listed, train
from vitnp.training.recipes.recipe import Recipe

# A patch token's values are near 1. Beside them E_pos of Normal(0, 0.02²) is not seen for hundreds of steps, which
# 1,437 digits do not give; at 0.5 the model knows from the first step where a patch lies.
SMALL = {"weight_decay": 0.1, "label_smoothing": 0.1, "clip": 1.0, "position_scale": 25.0}
CONVOLUTIONAL = {
    "weight_decay": 0.1,
    "label_smoothing": 0.1,
    "clip": 1.0,
}  # a convolutional network has no positions


def small():
    """Yield the recipes that run on a laptop."""
    yield own(
        "digits",
        "digits",
        Recipe(epochs=32, batch_size=32, lr=2e-3, warmup_steps=72, augment=("affine",), **SMALL),
        {},
        source="chosen by trials on its own splits (docs/results.md)",
        accuracy="99.1% ± 0.4 over seeds 0 to 9, measured (docs/results.md)",
        time="13 s on two cores, measured (docs/results.md)",
    )
    yield own(
        "mnist-small",
        "mnist",
        Recipe(epochs=10, batch_size=128, lr=2e-3, warmup_steps=500, augment=("affine",), **SMALL),
        {"image_size": (28, 28), "patch_size": 4},
    )
    yield own(
        "fashion-small",
        "fashion-mnist",
        Recipe(epochs=10, batch_size=128, lr=2e-3, warmup_steps=500, augment=("flip",), **SMALL),
        {},
        model="fashion",
    )
    yield own(
        "bit-digits",
        "digits",
        Recipe(epochs=40, batch_size=32, lr=5e-3, warmup_steps=72, augment=("affine",), **CONVOLUTIONAL),
        {},
        model="bit-digits",
        source="chosen by a few trials on its own splits",
        accuracy="99.1% ± 0.6 over seeds 0 to 2, measured (docs/recipes.md)",
        time="about 20 s on two cores, measured (docs/recipes.md)",
    )
    yield own(
        "bit-fashion",
        "fashion-mnist",
        Recipe(epochs=12, batch_size=128, lr=5e-3, warmup_steps=500, augment=("flip",), **CONVOLUTIONAL),
        {},
        model="bit-fashion",
        source="the rate of bit-digits; the rest by a few trials of four epochs",
        accuracy="91.2% ± 0.1 over seeds 0 to 2, measured (docs/recipes.md)",
        time="about 4.5 minutes on two cores, from an epoch measured (docs/recipes.md)",
    )
    yield own(
        "efficientnet-digits",
        "digits",
        Recipe(epochs=16, batch_size=32, lr=2e-3, warmup_steps=72, augment=("affine",), **CONVOLUTIONAL),
        {},
        model="efficientnet-digits",
        source="chosen by two trials on its own splits",
        accuracy="99.4% ± 0.6 over seeds 0 to 2, measured (docs/recipes.md)",
        time="about 25 s of one core, measured (docs/recipes.md)",
    )
    yield own(
        "efficientnet-fashion",
        "fashion-mnist",
        Recipe(epochs=12, batch_size=128, lr=2e-3, warmup_steps=500, augment=("flip",), **CONVOLUTIONAL),
        {},
        model="efficientnet-fashion",
    )
    wider = {"in_channels": 3, "hidden_size": 128, "num_layers": 6, "mlp_dim": 256}
    yield own(
        "cifar10-small",
        "cifar10",
        Recipe(epochs=60, batch_size=128, lr=1e-3, warmup_steps=2000, augment=("crop", "flip"), **SMALL),
        {"image_size": (32, 32), "patch_size": 4} | wider,
    )


def own(name, data, recipe, settings, *, model="digits", source=UNTRIED, accuracy=NOT_HERE, time=NOT_HERE):
    """A recipe of vitnp's own, for one of its small models with other settings."""
    command = train(name, data, model, settings)
    return Listed(name, recipe, model, data, settings, command, source, accuracy, time)


def by_pictures():
    """Yield the recipes that go by the number of pictures."""
    yield Listed(
        name="photos",
        recipe=photos.recipe(),
        model="",
        data="folder",
        settings={},
        command=train("photos", "folder", None, {}),
        source="steps and batch by the number of pictures, as BiT's rule; the rest as the ViT paper's fine-tuning",
        accuracy=NOT_HERE,
        time=NOT_HERE,
        rates=SWEEP,
        by_count=photos.recipe,
    )
    rule = hyperrule.recipe()
    yield Listed(
        name="bit-hyperrule",
        recipe=rule,
        model="",
        data="folder",
        settings={"image_size": (384, 384)},
        command=train("bit-hyperrule", "folder", None, {}, AT_A_TIME),
        source="BiT paper, §3.3; below 20,000 pictures the schedule of its released code",
        accuracy=NOT_HERE,
        time=NOT_HERE,
        rates=(rule.lr,),
        by_count=hyperrule.recipe,
        by_size=hyperrule.seen_of,
    )
