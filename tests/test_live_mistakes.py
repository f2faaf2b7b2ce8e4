"""Each mistake in the JavaScript of the live page's ViT changes a number that `test_live_numbers.py` compares."""

import live_browser
import pytest
from live_browser import page as page
from live_by_hand import CHANGES, LABEL, ODD, difference, odd, right_numbers

CHANGE = "all but the scale"
MISTAKES = {  # what it is: (the right text, the wrong one)
    "softmax backward with the diagonal only": ("(dy.data[j] - sum)", "dy.data[j] * (1 - y.data[j])"),
    "no temperature in softmax backward": ("(dy.data[j] - sum)) / temperature", "(dy.data[j] - sum))"),
    "no first residual": ("add(x, a)", "a"),
    "no second residual": ("add(residual_1, f)", "f"),
    "no gradient through the first residual": ("add(dresidual_1, dx_1)", "dx_1"),
    "no gradient through the second residual": ("add(dx, dx_2)", "dx_2"),
    "layer norm backward without the mean": (" - along_mean", ""),
    "layer norm backward without the variance": (" - x_hat.data[i] * along_x_hat", ""),
    "layer norm without epsilon": ("+ eps)", ")"),
    "keys of the values' weights": ("affine(x, p.W_K, p.b_K)", "affine(x, p.W_V, p.b_V)"),
    "the gradient of x through Q alone": ("add(add(dx_Q, dx_K), dx_V)", "dx_Q"),
    "no scale in the gradient of K": ("times(how.scale, matmul(transposed(dS)", "(matmul(transposed(dS)"),
    "scores not transposed in backward": ("matmul(transposed(dS), Q_heads)", "matmul(dS, Q_heads)"),
    "a head that is off has a gradient": ("const of_on = only_heads(dO, how.heads)", "const of_on = dO"),
    "another head is off": ("heads[Math.floor(i / size)]", "heads.at(-1 - Math.floor(i / size))"),
    "the slope of GELU without x": ("probability + value * slope", "probability + slope"),
    "the density of erf without ½": ("Math.exp((-x * x) / 2)", "Math.exp(-x * x)"),
    "tanh without its slope": ("value * (1 - r.data[i] * r.data[i])", "value"),
    "no gradient of b": ("transposed(x), dy), sum_rows(dy)]", "transposed(x), dy), times(0, sum_rows(dy))]"),
    "patches shuffled back the other way": ("[i, order ? order[i] : i]", "[order ? order[i] : i, i]"),
    "a gradient of positions that are off": ("E_pos: on ? map_array", "E_pos: true ? map_array"),
    "no class token": ("z.data.set(p.cls.data);", ""),
    "the target is not subtracted": ("value - (i === label ? 1 : 0)", "value"),
    "no last columns of a product": ("column < m; column += 4", "column + 4 <= m; column += 4"),
    "no last row of a product": ("row < n; row += 2", "row + 2 <= n; row += 2"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(page, mistake):
    right, wrong = MISTAKES[mistake]
    assert live_browser.SOURCE.count(right) == 1, "the code has changed: change the mistake too"
    live_browser.load(page, live_browser.SOURCE.replace(right, wrong))
    found = live_browser.both(page, *odd(), ODD, LABEL, CHANGES[CHANGE])
    assert difference(found, right_numbers(CHANGE)) > 1e-5
