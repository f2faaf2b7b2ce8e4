"""The encoder–decoder against torch.nn.Transformer, on the same weights and inputs: every number of a step."""

import dataclasses
import pathlib

import numpy as np
import pytest
import torch_names
from safetensors.numpy import load_file

from vitnp import loss_and_grads, tree
from vitnp.blocks import decoder
from vitnp.inputs.sequences import PADDING, START, causal_mask
from vitnp.models import transformer
from vitnp.steps import s6_layer_norm
from vitnp.tasks.translation import Translation

GOLDEN = pathlib.Path(__file__).parent / "golden"
AS_TORCH = {
    "num_layers": 2,
    "hidden_size": 24,
    "dropout_rate": 0.0,
    "attention_bias": True,
    "final_norm": True,
    "layer_norm_eps": 1e-5,
}
STACKS = transformer.Config(num_heads=3, mlp_dim=40, **AS_TORCH)
TRANSLATE = transformer.Config(vocabulary_size=19, num_heads=4, mlp_dim=32, **AS_TORCH)
TOLERANCE = {"float32": 2e-5, "float64": 1e-5}  # the files are float32
DTYPES = pytest.mark.parametrize("dtype", TOLERANCE)


def expected(name):
    """What PyTorch computed, and its gradients under the names of its parameters."""
    found = dict(np.load(GOLDEN / f"{name}.expected.npz"))
    return found, {key.removeprefix("grad/"): a for key, a in found.items() if key.startswith("grad/")}


def cast(p, dtype):
    """The same tree in a dtype, each array of its own."""
    return tree.map(lambda leaf: np.ascontiguousarray(leaf, dtype), p)


def near(got, want):
    """To the tolerance of the largest number; a gradient that is zero but for rounding, as the key bias's, to 1e-6."""
    assert got.shape == want.shape
    bound = TOLERANCE[str(got.dtype)] * abs(want).max()
    assert abs(got - want).max() <= max(bound, 1e-6), abs(got - want).max() / abs(want).max()


@DTYPES
@pytest.mark.parametrize("keep", ["all", "inputs"])
def test_the_stacks(dtype, keep):
    """Embeddings in, as torch.nn.Transformer has neither tables nor positions."""
    e, grads = expected("torch_transformer")
    p = cast(torch_names.stacks(load_file(GOLDEN / "torch_transformer.weights.safetensors"), "", 2), dtype)
    src, tgt, dy = (e[name].astype(dtype) for name in ("src", "tgt", "output_grad"))
    source, target = (~e[f"{side}_padding"][:, None, None] for side in ("src", "tgt"))
    np.testing.assert_array_equal(causal_mask(6, tgt), ~e["tgt_mask"])
    how = {"config": STACKS, "keep": keep}
    x, encoder = decoder.forward(src, p["encoder"], mask=source, **how)
    memory, encoder_norm = s6_layer_norm.forward(x, p["encoder_norm"], eps=1e-5)
    near(memory, e["memory"])
    looks = {"mask": target & causal_mask(6, tgt), "memory": memory, "memory_mask": source}
    y, blocks = decoder.forward(tgt, p["decoder"], **looks, **how)
    y, decoder_norm = s6_layer_norm.forward(y, p["decoder_norm"], eps=1e-5)
    near(y, e["output"])
    assert (y * dy).sum() == pytest.approx(float(e["loss"]), rel=1e-5)

    dp, dmemory = {"encoder": {}, "decoder": {}}, 0.0
    dx, dp["decoder_norm"] = s6_layer_norm.backward(dy, decoder_norm)
    for i, dtgt, dm, found in decoder.backward_parts(dx, blocks):  # noqa: B007 (the last is read)
        dp["decoder"][i], dmemory = found, dmemory + dm
    near(dtgt, e["tgt_grad"])
    dx, dp["encoder_norm"] = s6_layer_norm.backward(dmemory, encoder_norm)
    for i, dsrc, none, found in decoder.backward_parts(dx, encoder):  # noqa: B007 (the last is read)
        assert none is None
        dp["encoder"][i] = found
    near(dsrc, e["src_grad"])
    compared(dp, torch_names.stacks(grads, "", 2))


def compared(dp, want):
    """Every gradient."""
    want = dict(tree.leaves(want))
    found = dict(tree.leaves(dp))
    assert found.keys() == want.keys() and len(want) > 60
    for name, leaf in found.items():
        near(leaf, want[name])


def translate(dtype):
    """What PyTorch computed, its gradients, and the parameters."""
    e, grads = expected("torch_translate")
    state = load_file(GOLDEN / "torch_translate.weights.safetensors")
    p = {"embed": {"E": state["table.weight"]}} | torch_names.stacks(state, "transformer.", 2)
    return e, grads, cast(p, dtype)


@DTYPES
def test_a_step_of_translation(dtype):
    e, grads, p = translate(dtype)
    target = e["tgt"][:, :-1]
    logits, _ = transformer.forward((e["src"], target), p, TRANSLATE)
    near(logits[target != PADDING], e["logits"][target != PADDING])
    value, dp = loss_and_grads(e["src"], e["tgt"], p, TRANSLATE, Translation(float(e["label_smoothing"])))
    assert value == pytest.approx(float(e["loss"]), rel=1e-5)
    table = {"embed": {"E": grads["table.weight"]}}
    compared(dp, table | torch_names.stacks(grads, "transformer.", 2))


@DTYPES
def test_the_likeliest_token_six_times(dtype):
    """Not stopped where END comes, as the file is not."""
    e, _, p = translate(dtype)
    ids, seen = [np.full(3, START)], transformer.begin(e["src"], p, TRANSLATE)
    for _ in range(6):
        log_p, seen = transformer.step(ids[-1], seen, p, TRANSLATE)
        ids.append(log_p.argmax(axis=1))
    np.testing.assert_array_equal(np.stack(ids, axis=1), e["greedy"])


def test_the_files_see_the_epsilon():
    """So that they would see it wrong."""
    e, _, p = translate("float64")
    config = dataclasses.replace(TRANSLATE, layer_norm_eps=1e-3)
    logits, _ = transformer.forward((e["src"], e["tgt"][:, :-1]), p, config)
    with pytest.raises(AssertionError):
        near(logits[:, 0], e["logits"][:, 0])
