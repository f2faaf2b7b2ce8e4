"""The two tables of hyper-parameters of the ViT paper, which are also on the slides, row by row; BiT's pre-training.

A listed recipe is what to train, how, whence its numbers are, and what to expect.
"""

from vitnp.models import preset
from vitnp.training.recipes.listed import AT_A_TIME, NOT_HERE, SWEEP, Listed, train
from vitnp.training.recipes.recipe import Recipe

FREE_CHOICES = (
    "AdamW (decoupled) for the paper's Adam with weight decay, as the released code; linear ends at 1e-5"
)

# Table 3 of the ViT paper, slides 002: models, data, epochs, base lr, decay, weight decay, dropout. Of a model, all
# with batches of 4,096, 10,000 steps of warm-up, 224x224 pixels, Adam with β₁ 0.9 and β₂ 0.999.
PRETRAINING = (
    (("ViT-B/16", "ViT-B/32"), "JFT-300M", (7,), 8e-4, "linear", 0.1, 0.0),
    (("ViT-L/32",), "JFT-300M", (7,), 6e-4, "linear", 0.1, 0.0),
    (("ViT-L/16",), "JFT-300M", (7, 14), 4e-4, "linear", 0.1, 0.0),
    (("ViT-H/14",), "JFT-300M", (14,), 3e-4, "linear", 0.1, 0.0),
    (("R50x1", "R50x2"), "JFT-300M", (7,), 1e-3, "linear", 0.1, 0.0),
    (("R101x1",), "JFT-300M", (7,), 8e-4, "linear", 0.1, 0.0),
    (("R152x1", "R152x2"), "JFT-300M", (7,), 6e-4, "linear", 0.1, 0.0),
    (("R50+ViT-B/16", "R50+ViT-B/32"), "JFT-300M", (7,), 8e-4, "linear", 0.1, 0.0),
    (("R50+ViT-L/32",), "JFT-300M", (7,), 2e-4, "linear", 0.1, 0.0),
    (("R50+ViT-L/16",), "JFT-300M", (7, 14), 4e-4, "linear", 0.1, 0.0),
    (("ViT-B/16", "ViT-B/32"), "ImageNet-21k", (90,), 1e-3, "linear", 0.03, 0.1),
    (("ViT-L/16", "ViT-L/32"), "ImageNet-21k", (30, 90), 1e-3, "linear", 0.03, 0.1),
    (
        ("ViT-B/16", "ViT-B/32", "ViT-L/16", "ViT-L/32"),
        "ImageNet",
        (300,),
        3e-3,
        "cosine",
        0.3,
        0.1,
    ),  # "ViT-*"
)

# ImageNet top-1 in percent after fine-tuning at 384x384: Table 6 for JFT-300M, by epochs, and Table 5 for the others,
# which does not say which of the two numbers of epochs a ViT-L on ImageNet-21k had.
FINE_TUNED = {
    ("ViT-B/32", "JFT-300M", 7): 80.73,
    ("ViT-B/16", "JFT-300M", 7): 84.15,
    ("ViT-L/32", "JFT-300M", 7): 84.37,
    ("ViT-L/16", "JFT-300M", 7): 86.30,
    ("ViT-L/16", "JFT-300M", 14): 87.12,
    ("ViT-H/14", "JFT-300M", 14): 88.08,
    ("R50x1", "JFT-300M", 7): 77.54,
    ("R50x2", "JFT-300M", 7): 82.12,
    ("R101x1", "JFT-300M", 7): 80.67,
    ("R152x1", "JFT-300M", 7): 81.88,
    ("R152x2", "JFT-300M", 7): 84.97,
    ("R50+ViT-B/32", "JFT-300M", 7): 84.90,
    ("R50+ViT-B/16", "JFT-300M", 7): 85.58,
    ("R50+ViT-L/32", "JFT-300M", 7): 85.68,
    ("R50+ViT-L/16", "JFT-300M", 7): 86.60,
    ("R50+ViT-L/16", "JFT-300M", 14): 87.12,
    ("ViT-B/16", "ImageNet-21k", 90): 83.97,
    ("ViT-B/32", "ImageNet-21k", 90): 81.28,
    ("ViT-L/16", "ImageNet-21k", 30): 85.15,
    ("ViT-L/16", "ImageNet-21k", 90): 85.15,
    ("ViT-L/32", "ImageNet-21k", 30): 80.99,
    ("ViT-L/32", "ImageNet-21k", 90): 80.99,
    ("ViT-B/16", "ImageNet", 300): 77.91,
    ("ViT-B/32", "ImageNet", 300): 73.38,
    ("ViT-L/16", "ImageNet", 300): 76.53,
    ("ViT-L/32", "ImageNet", 300): 71.16,
}

# Table 4 of the ViT paper, slides 002: data, steps, base learning rates; the recipe's rate, which is the released
# code's; the part that the paper held out (App. B.1.1); a command's data; the accuracy. All with SGD of momentum 0.9,
# batches of 512, a cosine, no weight decay, gradients clipped to norm 1, 384x384 pixels.
FINE_TUNING = (
    (
        "ImageNet",
        20_000,
        (0.003, 0.01, 0.03, 0.06),
        0.03,
        0.01,
        "folder",
        "83.97% with B/16, 85.15% with L/16",
    ),
    ("CIFAR-100", 10_000, SWEEP, 0.03, 0.02, "cifar100", "91.67% with B/16, 93.44% with L/16"),
    ("CIFAR-10", 10_000, SWEEP, 0.01, 0.02, "cifar10", "98.95% with B/16, 99.16% with L/16"),
    ("Oxford-IIIT Pets", 500, SWEEP, 0.03, 0.1, "folder", "94.43% with B/16, 94.73% with L/16"),
    ("Oxford Flowers-102", 500, SWEEP, 0.03, 0.1, "folder", "99.38% with B/16, 99.61% with L/16"),
    ("VTAB (19 tasks)", 2_500, (0.01,), 0.01, 0.2, "folder", "72.72%, the mean of the 19 tasks, with L/16"),
)


def pretraining():
    """Yield a `Listed` for every model and number of epochs of Table 3."""
    for models, data, all_epochs, lr, schedule, weight_decay, dropout in PRETRAINING:
        for model, epochs in ((model, epochs) for model in models for epochs in all_epochs):
            name = f"{model} on {data}" + (f", {epochs} epochs" if len(all_epochs) > 1 else "")
            recipe = Recipe(
                epochs=epochs,
                batch_size=4096,
                lr=lr,
                schedule=schedule,
                warmup_steps=10_000,
                weight_decay=weight_decay,
                dropout=dropout,
                **({"clip": 1.0} if data == "ImageNet" else {}),
                augment=("inception_crop", "flip"),
            )
            short = model.replace("ViT-", "")
            settings = {"image_size": (224, 224)}
            width = getattr(preset(short), "hidden_size", None)
            if width:  # the head of a ViT's pre-training has a hidden layer as wide as the model (App. D.3)
                settings["representation_size"] = width
            table = "Table 6" if data == "JFT-300M" else "Table 5"
            yield Listed(
                name=name,
                recipe=recipe,
                model=short,
                data=data,
                settings=settings,
                command=train(name, "folder", short, settings, AT_A_TIME),
                source=f"ViT paper, Table 3 (slides 002); {FREE_CHOICES}; crop and flip as the released code",
                accuracy=f"{FINE_TUNED[model, data, epochs]:.2f}% on ImageNet after fine-tuning, the paper's ({table})",
                time=NOT_HERE,
            )


# BiT's own pre-training (Kolesnikov et al., 2020, §3.2): name, data, epochs, when the rate falls to a tenth, in epochs;
# ImageNet top-1 in percent of R152x4 after fine-tuning. SGD with momentum 0.9, batches of 4,096, 0.03 a 256 images,
# weight decay 1e-4, 5,000 steps of warm-up, 224x224 pixels.
BIT = (
    ("BiT-S", "ImageNet", 90, (30, 60, 80), 81.30),
    ("BiT-M", "ImageNet-21k", 90, (30, 60, 80), 85.39),
    ("BiT-L", "JFT-300M", 40, (10, 23, 30, 37), 87.54),
)


def bit_pretraining():
    """Yield a `Listed` for each of the data sets that BiT was pre-trained on."""
    for kind, data, epochs, decays, accuracy in BIT:
        name, settings = f"{kind} on {data}", {"image_size": (224, 224)}
        recipe = Recipe(
            epochs=epochs,
            batch_size=4096,
            lr=0.03 * 4096 / 256,
            schedule="staircase",
            decay_at=tuple(epoch / epochs for epoch in decays),
            warmup_steps=5000,
            optimizer="sgd",
            momentum=0.9,
            weight_decay=1e-4,
            augment=("inception_crop", "flip"),
        )
        yield Listed(
            name=name,
            recipe=recipe,
            model="R152x4",
            data=data,
            settings=settings,
            command=train(name, "folder", "R152x4", settings, AT_A_TIME),
            source="BiT paper, §3.2; crop and flip as the ViT paper's",
            accuracy=f"{accuracy:.2f}% on ImageNet after fine-tuning, the BiT paper's with R152x4",
            time=NOT_HERE,
        )


def fine_tuning():
    """Yield a `Listed` for every row of Table 4."""
    for data, steps, rates, lr, hold_out, ours, accuracy in FINE_TUNING:
        name = f"fine-tuning on {data}"
        recipe = Recipe(
            steps=steps,
            batch_size=512,
            lr=lr,
            warmup_steps=500 if steps > 500 else 50,
            optimizer="sgd",
            momentum=0.9,
            clip=1.0,
            dropout=0.0,
            augment=("inception_crop", "flip"),
        )
        settings = {"image_size": (384, 384)}
        yield Listed(
            name=name,
            recipe=recipe,
            model="",
            data=data,
            settings=settings,
            command=train(name, ours, None, settings, AT_A_TIME),
            source="ViT paper, Table 4 (slides 002); warm-up, crop and flip as the released code",
            accuracy=f"{accuracy}, pre-trained on ImageNet-21k, the paper's (Table {2 if 'VTAB' in data else 5})",
            time=NOT_HERE,
            rates=rates,
            hold_out=hold_out,
        )
