"""benchmarks/mini.py: its pictures are the same every time, its lessons what the teacher computes."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from vitnp import preset, vit
from vitnp.analysis.trace import trace
from vitnp.tasks import distillation

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
import mini
import mini_crops
import mini_teacher

rng = np.random.default_rng(0)
PHOTOS = {
    name: Image.fromarray(rng.integers(256, size=(40, 60, 3), dtype=np.uint8)) for name in mini_crops.PHOTOS
}
EMOJI = [Image.fromarray(rng.integers(256, size=(64, 64, 4), dtype=np.uint8))]


def test_fewer_crops_are_the_first_of_more():
    few, more = (np.stack([*mini_crops.crops(PHOTOS, EMOJI, n, 28, 0)]) for n in (3, 5))
    assert more.shape == (5, 28, 28, 3)
    assert more.dtype == np.uint8
    assert (few == more[:3]).all()
    assert len({picture.tobytes() for picture in more}) == 5


def test_no_photo_that_is_measured_on_is_learned_from():
    assert not set(mini_crops.HELD_OUT) & set(mini_crops.PHOTOS)


def teacher():
    """A tiny one with as many blocks as mini_teacher.MIDDLE needs."""
    config = distillation.without_head(
        preset("tiny", image_size=(40, 40), num_layers=mini_teacher.MIDDLE + 1)
    )
    return vit.init(np.random.default_rng(1), config), config


def test_lessons_are_made_once_and_are_what_the_trace_shows(tmp_path):
    pictures = [*mini_crops.crops(PHOTOS, EMOJI, 5, 40, 0)]
    p, config = teacher()
    lessons = mini_teacher.Lessons(tmp_path, 40)
    lessons.make(pictures, 5, (p, config))
    lessons.make(None, 5, None)  # there: nothing is asked
    found = lessons.opened()
    t = trace(mini_teacher.seen(found["pixels"][4], config), p, config)
    last = f"blocks.{config.num_layers - 1}.attention.A"
    for name, expected in (
        ("last", t["norm"][0]),
        ("middle", t[f"blocks.{mini_teacher.MIDDLE - 1}.residual_2"][0]),
        ("attention", t[last][0, :, 0]),
    ):
        assert np.allclose(found[name][4], expected, rtol=1e-2, atol=1e-3), name


def test_targets_are_principal_components_of_mean_square_one(monkeypatch):
    monkeypatch.setattr(mini_teacher, "COMPONENTS", 3)
    draw = np.random.default_rng(2)
    lessons = {name: draw.standard_normal((20, 10, 8)).astype("float16") for name in ("last", "middle")}
    lessons["attention"] = draw.random((20, 2, 10)).astype("float16")
    taught = mini_teacher.taught(lessons, slice(20), mini_teacher.fitted(lessons))
    assert taught.tokens.shape == (20, 10, 6)
    z = taught.tokens[:, 1:].reshape(-1, 6)
    assert np.allclose((z[:, :3] ** 2).mean(), 1, atol=1e-3)
    assert np.allclose(z[:, :3].T @ z[:, :3] / len(z), np.diag((z[:, :3] ** 2).mean(0)), atol=1e-3)
    assert np.allclose(taught.attention.sum(-1), 1)


def test_the_rate_warms_up_and_falls():
    rates = [mini.rate(step, 112) for step in range(mini.STEPS[112])]
    assert max(rates) <= mini.RATE[112]
    top = int(np.argmax(rates))
    assert abs(top - mini.WARM_UP[112]) <= 1
    assert rates[0] < 0.1 * max(rates) and rates[-1] < 1e-4 * max(rates)
