"""Every named tensor of every kind of ViT has a formula, and so has its gradient."""

import numpy as np
import pytest
from cases import NEIGHBORS, POSITIONS

from vitnp import models
from vitnp.course.page import formulas
from vitnp.models.vit.config import PRESETS

KINDS = {
    "tiny": {},
    "gap": {"classifier": "gap"},
    "no pre-logits": {"representation_size": None},
    "no head": {"num_classes": 0},
    "a single class": {"num_classes": 1},
    "erf": {"gelu": "erf"},
    **POSITIONS,
    **NEIGHBORS,
}


def names(config):
    """Those of the trace, each block's as blocks.i."""
    found = [tensor.name for tensor in models.ask(config, "tensors", "named tensors")(config)]
    found = [name for name in found if not name.startswith("blocks.") or name.startswith("blocks.0.")]
    found = [name.replace("blocks.0.", "blocks.i.") for name in found]
    return found + ["logits", "p"] * (config.num_classes > 0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_has_one(kind):
    config = models.preset("tiny", **KINDS[kind])
    found = formulas.every(config)
    assert list(found) == names(config)
    for name, (formula, back) in found.items():
        assert formula and "{" not in formula + back, name
        assert "∂" in back.partition("=")[0], name


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset(name):
    config = models.preset(name)
    assert set(formulas.every(config)) == set(names(config))


def test_known_formulas():
    config = models.preset("B/16")
    both = {name: formulas.of(f"blocks.i.attention.{name}", config) for name in ("S", "Q_heads", "A")}
    assert both["S"] == ("S⁽ⁱ⁾ = Q⁽ⁱ⁾·K⁽ⁱ⁾ᵀ / √d_k", "∂S⁽ⁱ⁾ = A⁽ⁱ⁾ ⊙ (∂A⁽ⁱ⁾ − Σₖ ∂A⁽ⁱ⁾ₖ·A⁽ⁱ⁾ₖ)")
    assert both["Q_heads"][1] == "∂Q⁽ⁱ⁾ = ∂S⁽ⁱ⁾·K⁽ⁱ⁾ / √d_k"
    assert both["A"][1] == "∂A⁽ⁱ⁾ = ∂O⁽ⁱ⁾·V⁽ⁱ⁾ᵀ"
    assert formulas.of("p", config)[1].splitlines() == ["∂p = −t / p", "p < 2⁻¹²⁶:  ∂p = −t / 2⁻¹²⁶"]
    assert float(np.finfo(np.float32).tiny) == 2.0**-126
    assert formulas.of("logits", config) == ("z = y·W + b", "∂z = p − t")


@pytest.mark.parametrize(("kind", "row"), [("1d", None), ("2d", "E_cls"), ("sincos", "0")])
def test_the_class_token_has_a_row_of_the_table(kind, row):
    """Or with its mean in place of it, none."""
    for classifier, wanted in (("token", row), ("gap", None)):
        config = models.preset("tiny", position_embedding=kind, classifier=classifier)
        _, *more = formulas.of("E_pos", config)[0].splitlines()
        assert more == ([f"E_pos[CLS] = {wanted}"] if wanted else [])
