"""The answers of the quiz: the solved files of the workshop give the right one, each known mistake its wrong one."""

import re

import numpy as np
import pytest
from test_quiz import QUESTIONS

from vitnp.course.workshop import known
from vitnp.course.workshop.known import kinds

BY_NAME = {question.name: question for question in QUESTIONS}
# Shapes are found at small sizes, each of which stands for one of the question's: 2 images for 8, 3 tokens for 197, …
SLIDE = {2: 8, 3: 197, 5: 768, 7: 3072, 10: 1536, 11: 512}


def at_slide(shape):
    """The shape at the size of the question."""
    return tuple(SLIDE[size] for size in shape)


def zeros(*shape):
    return np.zeros(shape)


def patch(code):
    """Where x_p[0, 17, 500] comes from: the image holds the number of each value."""
    x_p = code["forward"](np.arange(224 * 224 * 3.0).reshape(1, 224, 224, 3), patch_size=16)[0]
    return tuple(map(int, np.unravel_index(int(x_p[0, 17, 500]), (224, 224, 3))))


def linear(code, x, W, b):
    return code["forward"](np.array(x, float), {"W": np.array(W, float), "b": np.array(b, float)})


def project_shapes(code):
    _, saved = linear(code, zeros(2, 3, 5), zeros(5, 11), zeros(11))
    return at_slide(code["backward"](zeros(2, 3, 11), saved)[1]["W"].shape)


def projected(code):
    return list(linear(code, [[[1, 2]]], [[1, 0], [3, -4]], [1, 1])[0][0, 0])


def project_bias(code):
    _, saved = linear(code, zeros(2, 3, 4), zeros(4, 5), zeros(5))
    db = code["backward"](np.ones((2, 3, 5)), saved)[1]["b"]
    return float(np.unique(db)[0])


def class_token(code):
    (name,) = re.findall(r'p\["(\w+)"\]', kinds.whole(3))[:1]
    _, saved = code["forward"](zeros(2, 2, 1), {name: zeros(1)})
    dy = np.array([[1.0, 10, 100], [2, 20, 200]])[..., None]
    return float(code["backward"](dy, saved)[1][name][0])


def position_shapes(code):
    return at_slide(code["forward"](zeros(2, 3, 5), {"E_pos": zeros(3, 5)})[0].shape)


def positioned(code):
    out = code["forward"](np.array([[[1.0, 2]]]), {"E_pos": np.array([[3.0, -1]])})[0][0, 0]
    return [round(float(value), 2) for value in out]


def position_backward(code):
    _, saved = code["forward"](zeros(3, 5, 2), {"E_pos": zeros(5, 2)})
    dz, dp = code["backward"](np.ones((3, 5, 2)), saved)
    return float(dz[0, 0, 0]), float(dp["E_pos"][0, 0])


def softmax_backward(code):
    return [float(v) for v in code["softmax_backward"](np.array([[1.0, 0]]), np.array([[0.5, 0.5]]))[0]]


def normalized(code):
    p = {"gamma": np.ones(4), "beta": np.zeros(4)}
    out = code["forward"](np.array([[[0.0, 0, 4, 4]]]), p, eps=1e-12)[0][0, 0]
    return [round(float(value), 2) for value in out]


def feed_forward(code):
    p = {"W1": np.ones((1, 1)), "b1": zeros(1), "W2": np.ones((1, 1)), "b2": zeros(1)}
    return round(float(code["forward"](np.array([[[-1.0]]]), p)[0][0, 0, 0]), 3)


def feed_forward_shapes(code):
    p = {"W1": zeros(5, 7), "b1": zeros(7), "W2": zeros(7, 5), "b2": zeros(5)}
    _, saved = code["forward"](zeros(2, 3, 5), p)
    dp = code["backward"](zeros(2, 3, 5), saved)[1]
    return at_slide(dp["W1"].shape), at_slide(dp["b1"].shape)


def classify_shapes(code):
    _, saved = code["forward"](zeros(2, 3, 5), {"W": np.ones((5, 7)), "b": zeros(7)})
    return at_slide(code["backward"](np.ones((2, 7)), saved)[0].shape)


def loss(code):
    target = np.zeros((2, 1000))
    target[:, 3] = 1
    return float(f"{code['loss_forward'](np.zeros((2, 1000)), target)[0]:.5g}")


def loss_backward(code):
    target = np.array([[1.0, 0, 0]])
    _, saved = code["loss_forward"](np.log([[0.7, 0.2, 0.1]]), target)
    return [round(float(value), 2) for value in code["loss_backward"](1.0, saved)[0]]


RUN = {
    "1.2": patch,
    "2.1": project_shapes,
    "2.2": projected,
    "2.3": project_bias,
    "3.3": class_token,
    "4.1": position_shapes,
    "4.2": positioned,
    "4.3": position_backward,
    "5.3": softmax_backward,
    "6.2": normalized,
    "7.1": feed_forward_shapes,
    "7.2": feed_forward,
    "8.1": classify_shapes,
    "8.2": loss,
    "8.3": loss_backward,
}
LAST = ("4.1", "8.1")  # only the last, or the first, shape of the answer is computed


def numbers(text):
    """The numbers of an answer: "dz 0.5, dE_pos 1.5" → [0.5, 1.5]; 1/4 is a quarter."""
    found = re.findall(r"−?\d+(?:/\d+)?(?:\.\d+)?", text.replace("E_pos", ""))
    return [float(a) / float(b or 1) for a, _, b in (n.replace("−", "-").partition("/") for n in found)]


def flat(value):
    return (
        [part for each in value for part in flat(each)] if isinstance(value, tuple | list) else [float(value)]
    )


@pytest.mark.parametrize(
    ("name", "mistake"), [(n, option.mistake) for n in RUN for option in BY_NAME[n].options]
)
def test_an_answer_is_what_the_code_gives(name, mistake):
    """The solved file for the right answer, the file with the known mistake in it for a wrong one."""
    step = int(name[0])
    code = kinds.with_mistakes(known.BY_KEY[f"{step}_{mistake}"]) if mistake else kinds.solution(step)
    (option,) = (option for option in BY_NAME[name].options if option.mistake == mistake)
    given = numbers(option.text.en)
    try:
        found = flat(RUN[name](code))
    except ValueError:  # a shape that does not fit is what the feedback says
        assert mistake in ("no_class", "one_row")
        return
    if name in LAST:
        given = given[-len(found) :] if name == "4.1" else given[: len(found)]
    assert given == pytest.approx(found, abs=6e-3 if name == "8.3" else 6e-4), (given, found)
