"""`vitnp vtab`: fine-tune trained weights on the tasks of VTAB that a folder has, 1,000 images each, and print a table.

The ViT paper's one setting (Table 4), or with --sweep the setting that is best on 200 of the images; then all 1,000.
"""

import dataclasses
import json
import sys
from pathlib import Path

from vitnp import data
from vitnp.commands import series, vtab_table
from vitnp.commands.vtab_options import add_options as options
from vitnp.commands.vtab_options import asked, in_a_way, tasks
from vitnp.commands.vtab_same import need_same_images, of_images, of_weights
from vitnp.data import vtab
from vitnp.data.fitting import by
from vitnp.data.vtab import lists
from vitnp.errors import InputError, counted
from vitnp.system import reading
from vitnp.system.language import Text, translated
from vitnp.system.output import repeating_nothing, say, unless_gone
from vitnp.system.writing import beside, save_csv
from vitnp.training import signals
from vitnp.training.folder import MAY_CHANGE, outside
from vitnp.training.place import writable
from vitnp.training.progress import Diverged
from vitnp.training.setup import prepare

HELD_OUT = 0.2  # of the 1,000: 200
NAME, IMAGES = "vtab.json", "images_crc32"
DRAWN = (
    "note: VTAB's own 800 + 200 images are the first in the order of TensorFlow Datasets, which these files do not "
    "have; those that are drawn by a seed are other images"
)

HOW = Text("{}, 배치 {}, {}; {}; 증강: {}", "{}, batches of {}, {}; {}; augmentation: {}")
STRETCHED = Text("그림 전체를 {}에 맞춤(비율은 유지하지 않음)", "whole pictures, stretched to {}")
CROPPED = Text("그림을 {}로 자름", "pictures cropped to {}")
NONE = Text("없음", "none")


def add_options(parser):
    """The options of `vitnp vtab`."""
    options(parser)
    parser.set_defaults(run=run)


@repeating_nothing()
def run(args):
    """Train on the tasks that are not finished, write the results after each, print the table; 130 if stopped."""
    import tqdm

    wanted, ways = asked(args)
    places = vtab.places(args.data)
    names = tasks(args, places)
    outside(args.out, args.data)
    each = {name: dataclasses.replace(wanted, vtab=name, data=str(places[name].resolve())) for name in names}
    setup = prepare(dataclasses.replace(each[names[0]], **in_a_way(wanted, *ways[0])))
    say(how(setup, ways))
    found = {name: said(one, setup.config, len(ways) > 1) for name, one in each.items()}
    if not all(lists.are_there(places[name]) for name in names):
        say(translated(DRAWN))
    out = writable(args.out)
    about = described(args, wanted, ways)
    if args.overwrite:
        series.forget(out / NAME, lambda old: ["*/lr=*/*"])
    series.remember(out / NAME, about)
    rows, images = known(out / NAME)
    for name, (_, checksum) in found.items():
        need_same_images(name, images.setdefault(name, checksum), checksum, out)
    about |= {IMAGES: images}
    keep(out, about, rows)
    with signals.heard() as wish, tqdm.tqdm(total=len(names), unit=" task", disable=None, leave=False) as bar:
        for number, name in enumerate(names):
            bar.set_description(name)
            row = done_now(each[name], ways, out / name, wish)
            if row is None:
                done = f"{number} of {counted(len(names), 'task')} done"
                say(translated(f"stopped with {done}; the same command goes on"))
                return 130
            about_task = {"task": name, "group": vtab.find(name).group, "seed": wanted.seed}
            rows[name] = about_task | row | found[name][0]
            keep(out, about, rows)
            with unless_gone(sys.stdout):
                bar.write(f"  {name}: {vtab_table.accuracy_of(rows[name])}", file=sys.stdout)
            bar.update()
    say("\n".join(vtab_table.lines(rows)))
    if not any(row["accuracy"] is not None for row in rows.values()):
        raise InputError("every training diverged; give a smaller --lr, and --overwrite or another --out")
    say(translated(f"vtab.csv, vtab.json and a folder per task are in {out}"))
    return 0


def how(setup, ways):
    """How every task is trained, in a line."""
    recipe, prepared = setup.recipe, setup.config.preprocessing
    whole = not prepared.keep_aspect_ratio and prepared.crop_fraction == 1
    pictures = (STRETCHED if whole else CROPPED).in_().format(by(setup.config.image_size))
    ways = " | ".join(f"lr {lr:g}, {translated(counted(steps, 'step'))}" for lr, steps in ways)
    mixup = [f"mixup {recipe.mixup:g}"] if recipe.mixup else []
    augmented = ", ".join([*recipe.augment, *mixup]) or NONE.in_()
    return HOW.in_().format(ways, recipe.batch_size, recipe.optimizer, pictures, augmented)


def said(wanted, config, choose):
    """({column: number} of a task's images, their checksum), and a line on them. What does not fit is said here."""
    dataset = vtab.opened(wanted.vtab, wanted.data, seed=wanted.seed)
    data.fitted(dataset, config)
    checksum = of_images(dataset, wanted.data)
    if choose:
        to_choose = vtab.opened(wanted.vtab, wanted.data, seed=wanted.seed, choose=True)
        checksum = of_images(to_choose, wanted.data, checksum)
    train, test = (len(part) for part in dataset[:2])
    parts = [counted(train, "training image"), counted(test, "test image"), *dataset.notes]
    say(f"{wanted.vtab}: {'; '.join(map(translated, parts))}")
    return {"training_images": train, "test_images": test}, checksum


def described(args, wanted, ways):
    """What a series is, for the next call to compare with: all that its numbers depend on."""
    left_out = ("vtab", "hold_out", "lr", "steps", *MAY_CHANGE)
    about = {name: value for name, value in dataclasses.asdict(wanted).items() if name not in left_out}
    return about | {
        "data": str(Path(args.data).resolve()),
        "lr_and_steps": ways,
        "sha256_of_weights": of_weights(wanted.init),
    }


def known(path):
    """({task: row}, {task: checksum of its images}) of what an earlier call has left in the series' file."""
    there = json.loads(reading.text(path))
    rows, images = there.get("results", []), there.get(IMAGES, {})
    right = isinstance(rows, list) and all(map(vtab_table.is_row, rows)) and isinstance(images, dict)
    if not right or not {row["task"] for row in rows} <= images.keys():
        raise InputError(f"{path} is not as this command writes it; name another folder with --out")
    return {row["task"]: row for row in rows}, images


def done_now(wanted, ways, folder, wish):
    """{column: value} of a task: the best of the ways on the 200 images, then its accuracy on the test images.

    The accuracy is None where the training diverged; None in place of all that where `wish` stopped it.
    """
    if len(ways) > 1:
        tried = {}
        for way in ways:
            tried[way] = trained(dataclasses.replace(wanted, hold_out=HELD_OUT), way, folder, wish)
            if tried[way] is None:
                return None
        # of equal ones the fewest steps, then the smallest rate
        best = min(ways, key=lambda way: (-(tried[way]["accuracy"] or 0), way[1], way[0]))
    else:
        best = ways[0]
    found = trained(wanted, best, folder, wish)
    return None if found is None else {"lr": best[0], "steps": best[1]} | found


def trained(wanted, way, folder, wish):
    """{"accuracy", "seconds"} of one training, None where it diverged; None where `wish` stopped it."""
    place = folder / f"lr={way[0]}-steps={way[1]}" / ("test" if wanted.hold_out is None else "held-out")
    try:
        one = dataclasses.replace(wanted, **in_a_way(wanted, *way))
        epoch = None if wish() else series.trained(one, place, wish)
    except Diverged as problem:
        what = str(problem).partition(";")[0]  # the rest is advice on options of train
        say(f"{wanted.vtab}: {translated(what)}", sys.stderr)
        epoch = {}
    return (
        None if epoch is None else {"accuracy": epoch.get("test_accuracy"), "seconds": epoch.get("seconds")}
    )


def keep(out, about, rows):
    """Write the results: vtab.csv, and vtab.json with the means beside them."""
    ordered = [rows[name] for name in vtab.TASKS if name in rows]
    ordered = [{column: row[column] for column in vtab_table.COLUMNS} for row in ordered]
    if ordered:
        save_csv(out / "vtab.csv", ordered)
    with beside(out / NAME) as part:
        text = json.dumps(about | vtab_table.summary(rows) | {"results": ordered}, indent=1)
        Path(part).write_text(text + "\n", encoding="utf-8")
