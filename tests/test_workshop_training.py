"""A student's steps in the place of the library's: the training follows it, and the slides' table is made by them."""

import re

import numpy as np
import pytest
from workshop_answers import VARIANTS

from vitnp import tree
from vitnp.commands.walk import random_parameters
from vitnp.course.workshop import report, student, template, training
from vitnp.course.workshop.reference import reference
from vitnp.course.workshop.swap import swapped
from vitnp.course.workshop.walk import walked
from vitnp.data import photo
from vitnp.engine import loss
from vitnp.errors import InputError
from vitnp.models import preset, vit
from vitnp.steps import s4_position, s5_attention
from vitnp.tasks import loss_and_grads

TINY = preset("tiny", num_classes=7, dropout_rate=0.0, attention_dropout_rate=0.0, representation_size=None)


def solutions(*steps):
    """{step: {name: function}} of the templates."""
    return {step: dict(reference(step)) for step in steps or template.STEPS}


def of_code(tmp_path, step, code):
    """{name: function} of a file."""
    path = tmp_path / f"{template.STEPS[step]}.py"
    path.write_text(code, encoding="utf-8")
    return student.functions(student.load(path))


def gradients(dtype, steps):
    """(loss, dp) of a small model with these steps."""
    rng = np.random.default_rng(0)
    p, _ = random_parameters(TINY, 0)
    images = rng.standard_normal((3, *TINY.image_size, TINY.in_channels)).astype(dtype)
    p = tree.map(lambda leaf: leaf.astype(dtype), p)
    with swapped(steps):
        value, dp = loss_and_grads(images, np.array([1, 0, 6]), p, TINY)
    return value, dict(tree.leaves(dp))


@pytest.mark.parametrize(
    "steps", [(1,), (2,), (3,), (4,), (5,), (6,), (7,), (8,), tuple(template.STEPS)], ids=str
)
def test_the_gradients_of_a_model_are_the_librarys(steps):
    value, dp = gradients("float64", {})
    own, own_dp = gradients("float64", solutions(*steps))
    assert own == pytest.approx(value, rel=1e-12) and list(own_dp) == list(dp)
    for name, leaf in dp.items():
        np.testing.assert_allclose(own_dp[name], leaf, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", [name for name, (step, _) in VARIANTS.items() if step in (5, 6, 7, 8)])
def test_a_right_answer_written_otherwise_trains(tmp_path, name):
    step, code = VARIANTS[name]
    value, dp = gradients("float32", {})
    own, own_dp = gradients("float32", {step: of_code(tmp_path, step, code)})
    assert own == pytest.approx(value, rel=1e-5)
    for leaf_name, leaf in dp.items():
        assert own_dp[leaf_name].dtype == np.float32
        np.testing.assert_allclose(own_dp[leaf_name], leaf, atol=2e-5, err_msg=leaf_name)


def test_afterwards_the_library_is_as_before():
    names = [
        (s5_attention, "forward"),
        (s5_attention, "backward"),
        (s4_position, "forward"),
        (loss, "forward"),
    ]
    before = [getattr(module, name) for module, name in names]
    with pytest.raises(ZeroDivisionError), swapped(solutions()):
        assert s5_attention.forward is not before[0]
        raise ZeroDivisionError
    assert [getattr(module, name) for module, name in names] == before


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"attention_dropout_rate": 0.1}, "neither attention dropout nor"),
        ({"position_embedding": "2d"}, "2d positions"),
        ({"gelu": "erf"}, "tanh GELU"),
        ({"classifier": "gap"}, r"reads the \[CLS\] token"),
        ({"dropout_rate": 0.1}, "no dropout"),
        ({"stochastic_depth_rate": 0.1}, "no stochastic depth"),
    ],
)
def test_what_a_students_steps_cannot_do_is_refused(fields, match):
    config = preset("tiny", representation_size=None, **fields)
    p = vit.init(np.random.default_rng(0), config)
    images = np.zeros((2, *config.image_size, config.in_channels), np.float32)
    steps = (
        solutions(4, 5, 7, 8)
        if fields.keys().isdisjoint(("dropout_rate", "stochastic_depth_rate"))
        else solutions()
    )
    with pytest.raises(InputError, match=match), swapped(steps):
        vit.forward(images, p, config, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("step", "old", "new", "match"),
    [
        (4, "dE_pos = dz0.sum(axis=0)", "dE_pos = dz0", "dE_pos of a student's step has the shape"),
        (5, '"b_O": db_O', '"bO": db_O', "db_O of a student's step"),
        (3, "dx = dz[:, 1:]", "dx = dz", "dx of a student's step has the shape"),
        (
            2,
            'x = x_p @ p["W"] + p["b"]',
            'x = (x_p @ p["W"] + p["b"])[0]',
            "y of a student's step has the shape",
        ),
        (
            4,
            "return z0, ()",
            "return z0",
            "forward of a student's step returns a ndarray, and needs y, saved",
        ),
        (4, 'return dz, {"E_pos": dE_pos}', "return None", "backward of a student's step returns a NoneType"),
        (4, 'return dz, {"E_pos": dE_pos}', "return dz, dE_pos", "dp of a student's step is a ndarray"),
    ],
)
def test_a_shape_with_which_the_library_cannot_go_on_is_refused(tmp_path, step, old, new, match):
    code = template.whole(step)
    assert old in code
    with pytest.raises(InputError, match=match):
        gradients("float64", {step: of_code(tmp_path, step, code.replace(old, new))})


def test_two_epochs_of_the_students_steps():
    """The loss is the library's; what eight epochs reach, test_workshop_whole_way says."""
    own = training.trained(solutions(), epochs=2, seed=0)
    library = training.trained({}, epochs=2, seed=0)
    np.testing.assert_allclose(own.losses, library.losses, rtol=1e-3)
    assert training.compared(len(own.losses)) == [1, 10, 90]
    assert training.compared(360) == [1, 10, 100, 360]
    assert report.lines_of_losses(own.losses, library.losses)[0][3] < 1e-5


def test_half_a_softmax_still_learns_and_leaves_the_librarys_loss(tmp_path):
    """The argument for a gradient check: training does not fail, it is only worse."""
    code = template.whole(5).replace("return A * (dA - common)", "return A * (1 - A) * dA")
    own = training.trained({5: of_code(tmp_path, 5, code)}, epochs=2, seed=0)
    library = training.trained({}, epochs=2, seed=0)
    assert own.losses[-1] < 0.9 * own.losses[0]
    assert training.first_apart(own.losses, library.losses) < 30


def test_where_losses_part():
    assert training.first_apart([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) is None
    assert training.first_apart([1.0, 2.01, 3.0], [1.0, 2.0, 3.0]) == 2
    assert training.first_apart([1.0, float("nan")], [1.0, 2.0]) == 2
    assert [training.compared(n) for n in (0, 1, 45, 100)] == [[], [1], [1, 10, 45], [1, 10, 100]]


@pytest.fixture(scope="module")
def small_photo():
    config = preset("B/16", num_layers=2)
    return photo.sample(config.image_size), random_parameters(config, 0)[0], config


def test_the_table_of_the_slides_is_made_by_their_code(small_photo):
    found = walked(*small_photo, solutions())
    of_library = [line.tensor.name for line in found if not line.theirs]
    assert of_library == ["image", "grid", "E_pos"]  # which no function of theirs returns
    assert all(line.ok for line in found)
    shapes = {line.tensor.name: line.shape for line in found}
    assert shapes["blocks.i.attention.O"] == (12, 197, 64) and shapes["p"] == (1, 1000)


def test_only_what_is_theirs_is_called_theirs(small_photo, tmp_path):
    found = walked(*small_photo, solutions(7))
    assert {line.tensor.name for line in found if line.theirs} == {
        "blocks.i.feed_forward.u",
        "blocks.i.feed_forward.g",
        "blocks.i.feed_forward.output",
    }
    for step in (6, 8):  # what their functions are given is made by another step
        found = walked(*small_photo, solutions(step))
        assert not {line.tensor.name for line in found if line.theirs} & {"z0", "residual_0", "patches"}
        assert {line.row.step or 6 for line in found if line.theirs} == {step}
    wrong = of_code(tmp_path, 5, template.whole(5).replace(" / np.sqrt(Q.shape[-1])", ""))
    found = walked(*small_photo, {5: wrong})
    not_ok = [line.tensor.name for line in found if not line.ok]
    assert not_ok[0] == "blocks.i.attention.S" and "blocks.i.attention.Q" not in not_ok


def test_the_report_is_one_page_that_needs_no_other_file(tmp_path):
    run = training.trained({}, epochs=1, seed=0)
    picture = tmp_path / "result.png"
    picture.write_bytes(b"\x89PNG")
    whose = {step: (step == 5, "✓" if step == 5 else "–", 2) for step in template.STEPS}
    for lang, title in (("ko", "&lt;김&gt;의 ViT"), ("en", "The ViT of &lt;김&gt;")):
        path = tmp_path / "report.html"
        about = {"name": "<김>", "seed": 0}
        report.write(path, picture, own=run, library=run, whose=whose, about=about, lang=lang)
        page = path.read_text("utf-8")
        assert title in page and f'lang="{lang}"' in page and "data:image/png;base64," in page
        assert not re.search(r'(src|href)="(?!data:)', page)
        assert f"{run.history[-1].test_accuracy:.1%}" in page
