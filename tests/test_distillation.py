"""Distillation: the losses written out, what a student may be, and that a small one learns what it is taught."""

import re

import numpy as np
import pytest

from vitnp import loss_and_grads, preset, tree, vit
from vitnp.engine import batch
from vitnp.errors import InputError
from vitnp.models.vit import distilled
from vitnp.tasks import distillation
from vitnp.tasks.distillation import Taught, Tokens
from vitnp.training import optim

CONFIG = distillation.without_head(preset("tiny"))
B, T, H, J = 3, CONFIG.num_tokens, CONFIG.num_heads, 5


def point():
    """Images, a student, and what a teacher says, all in float64."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((B, *CONFIG.image_size, CONFIG.in_channels))
    p = distillation.student(vit.init(rng, CONFIG, "float64"), rng, CONFIG, outputs=J)
    attention = rng.random((B, H, T))
    return images, p, Taught(rng.standard_normal((B, T, J)), attention / attention.sum(-1, keepdims=True))


def test_the_outputs_are_the_tokens_through_the_head_and_the_scores_of_the_class_token():
    images, p, _ = point()
    y, _ = distilled.forward(images, p, CONFIG)
    whole = distillation.model(p)
    head = p["distilled"]["head"]
    assert np.allclose(y.tokens, vit.tokens(images, whole, CONFIG) @ head["W"] + head["b"])
    _, saved = vit.forward(images, whole, CONFIG)
    A = np.exp(y.scores) / np.exp(y.scores).sum(-1, keepdims=True)
    assert np.allclose(A, saved.blocks[-1].attention.A[:, :, 0])


def test_the_loss_written_out():
    images, p, taught = point()
    found, _ = loss_and_grads(images, taught, p, CONFIG, Tokens(0.3, 0.7))
    y, _ = distilled.forward(images, p, CONFIG)
    total = 0.0
    for b in range(B):
        squares = ((y.tokens[b] - taught.tokens[b]) ** 2).mean(axis=1)
        total += squares[1:].mean() + 0.3 * squares[0]
        for h in range(H):
            S = y.scores[b, h]
            total -= 0.7 / H * (taught.attention[b, h] * (S - np.log(np.exp(S).sum()))).sum()
    assert np.isclose(found, total / B)


def test_a_student_learns_both_and_right_counts_the_places_found():
    images, p, taught = point()
    task, state = Tokens(), optim.init(p)
    before = batch.count_right(task, images, taught, p, CONFIG)
    losses = []
    for _ in range(60):
        value, dp = loss_and_grads(images, taught, p, CONFIG, task)
        losses.append(value)
        optim.update(p, dp, state, lr=0.01)
    assert losses[-1] < 0.6 * losses[0]
    assert before < batch.count_right(task, images, taught, p, CONFIG) <= B


def test_the_model_in_the_tree_is_a_vit_without_a_head():
    _, p, _ = point()
    whole = distillation.model(p)
    assert tree.shapes(whole) == tree.shapes(vit.init(None, CONFIG))
    assert whole["blocks"] is p["blocks"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"classifier": "gap"}, 'the student has classifier "gap" and'),
        ({"position_embedding": "relative"}, 'position_embedding "relative" at "stem"; need'),
        ({"position_at": "every-layer"}, 'at "every-layer"; need'),
    ],
    ids=str,
)
def test_who_cannot_be_a_student(fields, said):
    config = distillation.without_head(preset("tiny", **fields))
    with pytest.raises(InputError, match=re.escape(said)):
        distillation.student(vit.init(None, config), None, config, outputs=J)


def test_what_is_no_teaching():
    images, p, taught = point()
    for wrong, said in (
        (np.zeros(B, int), "in place of labels is .*; need a tasks.distillation.Taught"),
        (taught._replace(tokens=taught.tokens[:, 1:]), r"taught.tokens is .*; need floats \(3, 31, 5\)"),
        (
            taught._replace(attention=taught.attention[:, :1]),
            r"taught.attention is .*; need floats \(3, 4, 31\)",
        ),
        (taught._replace(attention=2 * taught.attention), "soft labels are not probabilities"),
    ):
        with pytest.raises(InputError, match=said):
            loss_and_grads(images, wrong, p, CONFIG, Tokens())
    with pytest.raises(InputError, match="attention_weight is -1; need"):
        loss_and_grads(images, taught, p, CONFIG, Tokens(attention_weight=-1))
    with pytest.raises(InputError, match=r"p has no distilled.head; make the tree"):
        loss_and_grads(images, taught, vit.init(None, CONFIG), CONFIG, Tokens())


def test_a_backward_without_what_it_needs():
    images, p, _ = point()
    y, saved = distilled.forward(images, p, CONFIG, keep="nothing")
    with pytest.raises(InputError, match=r'saved holds 0 of . layers: .*keep="nothing"'):
        distilled.backward(y, saved)
    y, saved = distilled.forward(images, p, CONFIG)
    with pytest.raises(InputError, match=r"need a distilled.Outputs"):
        distilled.backward(y.tokens, saved)
    with pytest.raises(InputError, match=r"dy.scores has shape"):
        distilled.backward(y._replace(scores=y.scores[:1]), saved)
