"""Recipes: they check themselves, they are the paper's tables number by number, and the command shows them."""

import dataclasses
import math
import pathlib
import re

import pytest

from vitnp import InputError, preset
from vitnp.commands import cli
from vitnp.training import recipes
from vitnp.training.choices import recipe_of
from vitnp.training.recipes import LISTED, RECIPES, Recipe
from vitnp.training.wanted import Wanted

PLAIN = Recipe(epochs=2, batch_size=40, lr=1e-3)

# Typed from the slides (002, the first table), a row each, apart from vitnp's own table.
TABLE_3 = """
ViT-B/16 ViT-B/32           | JFT-300M     | 7     | 8e-4 | linear | 0.1  | 0.0
ViT-L/32                    | JFT-300M     | 7     | 6e-4 | linear | 0.1  | 0.0
ViT-L/16                    | JFT-300M     | 7/14  | 4e-4 | linear | 0.1  | 0.0
ViT-H/14                    | JFT-300M     | 14    | 3e-4 | linear | 0.1  | 0.0
R50x1 R50x2                 | JFT-300M     | 7     | 1e-3 | linear | 0.1  | 0.0
R101x1                      | JFT-300M     | 7     | 8e-4 | linear | 0.1  | 0.0
R152x1 R152x2               | JFT-300M     | 7     | 6e-4 | linear | 0.1  | 0.0
R50+ViT-B/16 R50+ViT-B/32   | JFT-300M     | 7     | 8e-4 | linear | 0.1  | 0.0
R50+ViT-L/32                | JFT-300M     | 7     | 2e-4 | linear | 0.1  | 0.0
R50+ViT-L/16                | JFT-300M     | 7/14  | 4e-4 | linear | 0.1  | 0.0
ViT-B/16 ViT-B/32           | ImageNet-21k | 90    | 1e-3 | linear | 0.03 | 0.1
ViT-L/16 ViT-L/32           | ImageNet-21k | 30/90 | 1e-3 | linear | 0.03 | 0.1
ViT-B/16 ViT-B/32 ViT-L/16 ViT-L/32 | ImageNet | 300 | 3e-3 | cosine | 0.3  | 0.1
"""
TABLE_4 = """
ImageNet           | 20000 | 0.003 0.01 0.03 0.06
CIFAR-100          | 10000 | 0.001 0.003 0.01 0.03
CIFAR-10           | 10000 | 0.001 0.003 0.01 0.03
Oxford-IIIT Pets   | 500   | 0.001 0.003 0.01 0.03
Oxford Flowers-102 | 500   | 0.001 0.003 0.01 0.03
VTAB (19 tasks)    | 2500  | 0.01
"""


def rows(table):
    """The cells of a table above."""
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def test_pre_training_is_the_first_table():
    wanted = set()
    for models, data, epochs, *numbers in rows(TABLE_3):
        for model in models.split():
            for some in epochs.split("/"):
                name = f"{model} on {data}" + (f", {some} epochs" if "/" in epochs else "")
                wanted.add(name)
                r, (lr, decay, weight_decay, dropout) = RECIPES[name], numbers
                assert (r.epochs, r.lr, r.schedule) == (int(some), float(lr), decay)
                assert (r.weight_decay, r.dropout) == (float(weight_decay), float(dropout))
                assert (r.optimizer, r.beta1, r.beta2) == ("adamw", 0.9, 0.999)
                assert (r.batch_size, r.warmup_steps) == (4096, 10_000)
                assert r.clip == (1.0 if data == "ImageNet" else math.inf)
                assert LISTED[name].settings["image_size"] == (224, 224)
                wide = {"ViT-B": 768, "ViT-L": 1024, "ViT-H": 1280}.get(model.removeprefix("R50+")[:5])
                assert LISTED[name].settings.get("representation_size") == wide
                assert f"(Table {6 if data == 'JFT-300M' else 5})" in LISTED[name].accuracy
                assert LISTED[name].model == model.replace("ViT-", "")
    assert {name for name in LISTED if " on " in name and not name.startswith(("fine", "BiT"))} == wanted


# Typed from the paper (Vaswani et al., 2017): §5.2 steps, §5.3 Adam and the rate, §5.4, Table 2 and Table 3.
TRANSFORMER = """
transformer-base | 512  | 100000 | 0.1 | 27.3
transformer-big  | 1024 | 300000 | 0.3 | 28.4
"""


def test_the_transformer_papers_recipes():
    for name, width, steps, dropout, bleu in rows(TRANSFORMER):
        r, listed = RECIPES[name], LISTED[name]
        assert (r.steps, r.dropout, r.label_smoothing) == (int(steps), float(dropout), 0.1)
        assert (r.optimizer, r.beta1, r.beta2, r.eps, r.weight_decay) == ("adam", 0.9, 0.98, 1e-9, 0.0)
        for t in (1, 1000, 4000, 16_000, int(steps)):
            assert r.rate(t, int(steps)) == pytest.approx(int(width) ** -0.5 * min(t**-0.5, t * 4000**-1.5))
        assert listed.accuracy.startswith(f"{bleu} BLEU") and listed.model == name
        assert preset(name).hidden_size == int(width)
    assert [name for name, listed in LISTED.items() if listed.reads == "sequences"] == [
        "translate",
        *(row[0] for row in rows(TRANSFORMER)),
    ]


def test_the_recipe_that_trains_a_translator_here():
    r = RECIPES["translate"]
    assert (r.schedule, r.optimizer, r.beta2, r.eps) == ("inverse-sqrt", "adam", 0.98, 1e-9)
    assert r.rate(r.warmup_steps, r.steps) == r.lr > r.rate(4 * r.warmup_steps, r.steps) == r.lr / 2


@pytest.mark.parametrize("name", ["translate", "Transformer-Base"])
def test_a_recipe_for_what_the_model_does_not_read(name):
    with pytest.raises(
        InputError, match="is for a model that reads sequences; type vitnp translate --recipe"
    ):
        recipe_of(Wanted(recipe=name), "digits")
    with pytest.raises(
        InputError, match='"digits" is for a model that reads images; type vitnp train --recipe'
    ):
        recipes.find("digits", "sequences")


BIT = """
BiT-S on ImageNet     | 1281167   | 90 | 30 60 80    | 81.30
BiT-M on ImageNet-21k | 14200000  | 90 | 30 60 80    | 85.39
BiT-L on JFT-300M     | 303000000 | 40 | 10 23 30 37 | 87.54
"""


def test_pre_training_of_bit():
    """Typed from its paper, §3.2."""
    for name, images, epochs, decays, accuracy in rows(BIT):
        r, steps = RECIPES[name], math.ceil(int(images) / 4096)
        total = int(epochs) * steps
        assert (r.epochs, r.batch_size, r.warmup_steps, r.weight_decay) == (int(epochs), 4096, 5000, 1e-4)
        assert (r.optimizer, r.momentum, r.schedule) == ("sgd", 0.9, "staircase")
        assert r.total_steps(int(images)) == total
        for n, epoch in enumerate(map(int, decays.split())):
            before, after = (r.rate(step, total) for step in (epoch * steps, epoch * steps + 1))
            assert before == pytest.approx(0.48 / 10**n) and after == pytest.approx(0.048 / 10**n)
        assert LISTED[name].model == "R152x4" and LISTED[name].settings == {"image_size": (224, 224)}
        assert LISTED[name].accuracy.startswith(f"{accuracy}% on ImageNet")
    assert sum(name.startswith("BiT") for name in LISTED) == 3


def test_fine_tuning_is_the_second_table():
    for data, steps, rates in rows(TABLE_4):
        listed = LISTED[f"fine-tuning on {data}"]
        r = listed.recipe
        assert (r.steps, r.epochs, r.batch_size) == (int(steps), None, 512)
        assert r.warmup_steps == (50 if steps == "500" else 500)
        assert listed.rates == tuple(map(float, rates.split()))
        assert r.lr in listed.rates
        assert (r.optimizer, r.momentum, r.schedule, r.weight_decay, r.clip) == (
            "sgd",
            0.9,
            "cosine",
            0.0,
            1.0,
        )
        assert listed.settings == {"image_size": (384, 384)}
    assert sum(name.startswith("fine-tuning") for name in LISTED) == len(rows(TABLE_4))


def test_accuracies_of_the_paper():
    """A few of each table, typed from the paper."""
    for name, percent, table in (
        ("ViT-H/14 on JFT-300M", 88.08, 6),
        ("ViT-L/16 on JFT-300M, 7 epochs", 86.30, 6),
        ("R50+ViT-L/16 on JFT-300M, 14 epochs", 87.12, 6),
        ("ViT-B/32 on ImageNet-21k", 81.28, 5),
        ("ViT-L/32 on ImageNet", 71.16, 5),
    ):
        assert (
            LISTED[name].accuracy
            == f"{percent:.2f}% on ImageNet after fine-tuning, the paper's (Table {table})"
        )
    assert "98.95% with B/16" in LISTED["fine-tuning on CIFAR-10"].accuracy


def test_what_is_listed_can_be_run_and_says_where_it_was_measured():
    for name, listed in LISTED.items():
        assert listed.name == name
        assert RECIPES[name] is listed.recipe
        verb = "train" if listed.reads == "images" else "translate"
        assert listed.command.startswith((f"vitnp {verb} --recipe ", "none: "))
        for text in (listed.accuracy, listed.time):
            marks = ("the paper's (Table", "the BiT paper's", "measured (docs/", "not measured")
            assert any(mark in text for mark in marks), name
        if listed.command.startswith("vitnp") and listed.model:
            config = preset(listed.model, **listed.settings)
            assert f"--model {listed.model} " in listed.command
            assert config.reads == listed.reads
            if "image_size" in listed.settings:
                assert f" --image-size {config.image_size[0]} " in listed.command
            assert ("--image-size" in listed.command) == ("image_size" in listed.settings)
            for field in listed.settings.keys() - {"image_size"}:
                assert f"--set {field}={getattr(config, field)} " in listed.command


def test_vitnps_own_recipes():
    """Those of docs/results.md were measured with these numbers."""
    numbers = {
        name: (r.epochs, r.batch_size, r.lr, r.warmup_steps) for name, r in RECIPES.items() if " " not in name
    }
    assert numbers["cifar10-small"] == (60, 128, 1e-3, 2000)
    assert numbers["bit-digits"] == (40, 32, 5e-3, 72)
    assert numbers["bit-fashion"] == (12, 128, 5e-3, 500)
    assert numbers["efficientnet-digits"] == (16, 32, 2e-3, 72)
    assert RECIPES["bit-fashion"].augment == ("flip",)


@pytest.mark.parametrize(
    ("given", "name"), [("digits", "digits"), ("mnist", "mnist-small"), ("fashion-mnist", "fashion-small")]
)
def test_a_data_sets_own_recipe(given, name):
    assert recipe_of(Wanted(data=given), given).name == name


@pytest.mark.parametrize(
    ("count", "steps", "batch_size"),
    [
        (45, 100, 16),
        (199, 248, 16),
        (450, 281, 32),
        (1000, 625, 32),
        (1999, 1249, 32),
        (2000, 625, 64),
        (60_000, 2500, 64),
    ],
)
def test_photos_go_by_their_number(count, steps, batch_size):
    r = LISTED["photos"].by_count(count)
    assert (r.steps, r.batch_size, r.warmup_steps) == (steps, batch_size, steps // 10)
    assert (r.optimizer, r.momentum, r.clip, r.augment) == ("sgd", 0.9, 1.0, ("flip",))
    assert LISTED["photos"].by_count(count, 40).warmup_steps == 4


@pytest.mark.parametrize("field", ["batch_size", "warmup_steps"])
def test_numbers_that_a_recipe_needs(field):
    with pytest.raises(InputError, match=f"{field} is None"):
        dataclasses.replace(PLAIN, **{field: None})


def test_the_page_has_every_recipe():
    """docs/recipes.md: a row a recipe, or one for the two numbers of epochs, with its rate and accuracy."""
    page = (pathlib.Path(__file__).parents[1] / "docs" / "recipes.md").read_text("utf-8").splitlines()
    for name, listed in LISTED.items():
        (line,) = [line for line in page if line.startswith(f"| `{name.partition(',')[0]}` |")]
        assert re.search(rf"[ *]{listed.recipe.lr:g}[ *,]", line)
        percent = re.match(r"[\d.]+", listed.accuracy)
        assert percent is None or percent[0] in line
        assert re.search(rf"\b{listed.recipe.epochs or f'{listed.recipe.steps:,}'}\b", line)


def test_steps():
    assert PLAIN.steps_per_epoch(100) == 3
    assert PLAIN.total_steps(100) == 6
    assert dataclasses.replace(PLAIN, epochs=None, steps=50).total_steps(100) == 50


def test_the_rate_is_the_schedules():
    for schedule, half in (("cosine", 0.5), ("linear", 0.505)):
        r = Recipe(epochs=1, batch_size=1, lr=1e-3, schedule=schedule, warmup_steps=10)
        assert r.rate(5, 110) == pytest.approx(5e-4)
        assert r.rate(60, 110) == pytest.approx(half * 1e-3)


def test_update_options_are_all_that_update_takes():
    r = Recipe(
        steps=1, batch_size=1, lr=1.0, optimizer="sgd", momentum=0.8, beta1=0.7, beta2=0.6, weight_decay=0.5
    )
    assert r.update_options() == {
        "optimizer": "sgd",
        "momentum": 0.8,
        "beta1": 0.7,
        "beta2": 0.6,
        "eps": 1e-8,
        "weight_decay": 0.5,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("batch_size", 0),
        ("batch_size", None),
        ("micro_batch", 0),
        ("micro_batch", 41),
        ("warmup_steps", -1),
        ("warmup_steps", None),
        ("lr", 0.0),
        ("lr", math.nan),
        ("momentum", 1.0),
        ("beta1", -0.1),
        ("beta2", 1.0),
        ("weight_decay", -0.1),
        ("weight_decay", math.nan),
        ("clip", 0.0),
        ("clip", math.nan),
        ("dropout", 1.0),
        ("label_smoothing", 1.0),
        ("mixup", -1.0),
        ("average", 1.0),
        ("position_scale", math.inf),
        ("optimizer", "lion"),
        ("schedule", "step"),
        ("augment", "flip"),
    ],
)
def test_a_recipe_that_cannot_be(field, value):
    with pytest.raises(InputError, match=f"{field} is ") as refused:
        dataclasses.replace(PLAIN, **{field: value})
    assert str(value) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("field", "value", "needed"),
    [
        ("lr", math.inf, "a finite number above 0"),
        ("mixup", -1, "a finite number from 0 on"),
        ("dropout", 1.5, "a number from 0 to below 1"),
    ],
)
def test_a_refused_number_is_told_both_its_bounds(field, value, needed):
    with pytest.raises(InputError, match=f"^{field} is {value}; need {needed}$"):
        dataclasses.replace(PLAIN, **{field: value})


@pytest.mark.parametrize("augment", ["flip", (1,), ("flip", None)])
def test_augmentations_are_names(augment):
    with pytest.raises(InputError, match=r"^augment is .*; need a tuple of names"):
        dataclasses.replace(PLAIN, augment=augment)


@pytest.mark.parametrize("given", [{}, {"epochs": 1, "steps": 1}])
def test_epochs_or_steps(given):
    with pytest.raises(InputError, match=r"epochs is .* and steps is .*; give one of them"):
        Recipe(batch_size=1, lr=1.0, **given)


def test_the_list(capsys):
    assert cli.main(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[: len(LISTED)]] == list(LISTED)
    assert len(LISTED) == 48


@pytest.mark.parametrize(
    "name",
    ["digits", "vit-b/16 on imagenet-21k", "fine-tuning on CIFAR-10", "R50x1 on JFT-300M", "bit-hyperrule"],
)
def test_one_in_full(capsys, name):
    assert cli.main(["recipes", name]) == 0
    out = capsys.readouterr().out
    (listed,) = [found for known, found in recipes.LISTED.items() if known.lower() == name.lower()]
    for text in (listed.name, listed.command, listed.accuracy, listed.time, listed.source):
        assert text in out
    for field, value in dataclasses.asdict(listed.recipe).items():
        assert value is None or any(line.split() == [field, *str(value).split()] for line in out.splitlines())
    choices = ", ".join(f"{rate:g}" for rate in listed.rates)
    assert bool(re.search(rf"lr to choose from +{choices}$", out, re.MULTILINE)) == bool(listed.rates)


def test_an_unknown_name_names_the_near_ones(capsys):
    assert cli.main(["recipes", "cifar10"]) == 2
    err = capsys.readouterr().err
    assert err.startswith('vitnp: recipe "cifar10" is unknown; did you mean cifar10-small')
    assert err.count("\n") == 1


def test_the_command_shows_the_models_settings(capsys):
    assert cli.main(["recipes", "cifar10-small"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^ *command +vitnp train --recipe cifar10-small ", out, re.MULTILINE)
    assert re.search(r"^ *epochs +60$", out, re.MULTILINE) and not re.search(r"^ *steps ", out, re.MULTILINE)
    for field, value in LISTED["cifar10-small"].settings.items():
        assert re.search(rf"^\s+{field}\s+{re.escape(str(value))}$", out, re.MULTILINE), field


def test_memory_is_said_where_a_batch_is_large(capsys):
    """The paper's batches as a whole take hundreds of gigabytes, so their commands have --micro-batch."""
    assert cli.main(["recipes", "fine-tuning on CIFAR-10"]) == 0
    out = capsys.readouterr().out
    assert "--micro-batch 8 --out RUN" in out
    page = (pathlib.Path(__file__).parents[1] / "docs" / "recipes.md").read_text("utf-8")
    in_parts, whole = re.search(r"memory +([\d,]+) GB, and ([\d,]+) GB with all 512 images", out).groups()
    assert f"would take {whole} GB" in page and f"it takes {in_parts} GB" in page
    assert int(in_parts) < 16 < int(whole)
    assert cli.main(["recipes", "photos"]) == 0
    assert "memory" not in capsys.readouterr().out


def test_a_recipe_for_trained_weights_asks_for_them(capsys, tmp_path):
    words = ["train", "--data", "digits", "--recipe", "photos", "--out", str(tmp_path / "run")]
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert 'the recipe "photos" is for trained weights; name their file with --init FILE' in err
    few = "--set num_layers=1 --steps 1 --batch-size 2 --model digits --workers 1".split()
    assert cli.main([*words, *few]) == 0  # untrained, where it is said


@pytest.mark.parametrize(
    ("given", "advised"),
    [
        ({"data": "cifar10", "init": "x"}, ["photos", "fine-tuning on CIFAR-10"]),
        ({"data": "cifar100", "init": "x"}, ["photos", "fine-tuning on CIFAR-100"]),
        ({"data": "digits", "init": "x"}, ["photos"]),
        ({"data": "cifar100"}, ["cifar10-small", "photos"]),
    ],
)
def test_which_recipe_is_asked(given, advised):
    with pytest.raises(InputError, match="which recipe") as refused:
        recipe_of(Wanted(**given), given["data"])
    assert [
        name for name in LISTED if f'"{name}"' in str(refused.value) or f" {name}" in str(refused.value)
    ] == [name for name in LISTED if name in advised]
