"""Logits, every gradient and five steps of AdamW: the same numbers as the models' own libraries."""

import numpy as np
import pytest
import torch
from families import CASES, WORST, as_torch, logits, read, write

from vitnp import loss_and_grads, tree, vit, weights
from vitnp.engine import loss
from vitnp.training import optim

# Relative to the largest number of an array. Measured: 2.1e-6 and 4.3e-15; docs/weights.md says so.
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-14}
DTYPES = pytest.mark.parametrize("dtype", TOLERANCE, ids=["float32", "float64"])
EVERY = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def photos(config, batch_size=3):
    """Random images (B, Hᵢ, Wᵢ, C) in float64."""
    return np.random.default_rng(0).standard_normal((batch_size, *config.image_size, config.in_channels))


def loaded(case, model, tmp_path, file=None):
    """The model through its own file into ours."""
    path = tmp_path / (file or case.files[0])
    write(case, model, path)
    return weights.load(path, **case.overrides)


def assert_near(ours, theirs, what, scale=None):
    """max|ours − theirs| ≤ the tolerance·max|theirs|; WORST keeps the largest of `what`."""
    theirs = theirs.detach()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.numpy().dtype
    error = np.abs(ours - theirs.numpy()).max() / (scale or theirs.abs().max().item())
    kind = f"{what}, {ours.dtype}"
    WORST[kind] = max(WORST.get(kind, 0.0), float(error))
    assert error <= TOLERANCE[theirs.dtype]


@EVERY
@DTYPES
def test_logits_of_every_kind_of_file(tmp_path, case, dtype):
    model = case.model(dtype)
    for file in case.files:
        folder = tmp_path / file
        folder.mkdir()
        p, config = loaded(case, model, folder, file)
        images = photos(config)
        ours = vit.forward(images.astype(p["norm"]["gamma"].dtype), p, config)[0]
        assert_near(ours, logits(model, as_torch(images, dtype)), "logits")


@EVERY
@DTYPES
def test_every_gradient_by_name(tmp_path, case, dtype):
    """dp is written under the library's names, read by the library into a second model, and compared there."""
    model = case.model(dtype)
    p, config = loaded(case, model, tmp_path)
    images = photos(config)
    x = as_torch(images, dtype).requires_grad_()
    y = logits(model, x)
    dy = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=dtype)
    y.backward(dy)
    _, saved = vit.forward(images.astype(p["norm"]["gamma"].dtype), p, config)
    dimages, dp = vit.backward(dy.numpy(), saved)
    assert_near(dimages.transpose(0, 3, 1, 2), x.grad, "gradients")

    (tmp_path / "gradients").mkdir()
    path = tmp_path / "gradients" / case.files[0]
    weights.save(path, dp, config, format=case.format)
    ours = dict(read(case, case.build().to(dtype), path).named_parameters())
    theirs = {name: parameter.grad for name, parameter in model.named_parameters()}
    assert ours.keys() == theirs.keys()
    for name, gradient in theirs.items():
        # The key bias has the gradient zero (softmax cancels it): its rounding errors are held to the value bias's.
        scale = theirs[name.replace("k_proj.bias", "v_proj.bias")].abs().max().item()
        assert_near(ours[name].detach().numpy(), gradient, "gradients", scale)


@pytest.mark.parametrize(
    "case", [case for case in CASES if "no head" not in case.name], ids=lambda case: case.name
)
@DTYPES
def test_five_steps_of_adamw(tmp_path, case, dtype):
    model = case.model(dtype)
    p, config = loaded(case, model, tmp_path)
    images = photos(config, 4).astype(p["norm"]["gamma"].dtype)
    labels = np.array([0, 4, 2, 4])
    x, t = as_torch(images, dtype), torch.from_numpy(labels)

    matrices = [
        q for name, q in model.named_parameters() if q.ndim > 1 and "token" not in name and "pos" not in name
    ]
    others = [q for q in model.parameters() if all(q is not matrix for matrix in matrices)]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-2)
    theirs = []
    for _ in range(5):
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(logits(model, x), t)
        value.backward()
        optimizer.step()
        theirs.append(value.item())

    state, ours = optim.init(p), []
    for _ in range(5):
        value, dp = loss_and_grads(images, labels, p, config)
        optim.update(p, dp, state, lr=1e-2, weight_decay=0.1)
        ours.append(float(value))
    np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE[dtype])
    assert theirs[4] < theirs[0]


@DTYPES
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss(dtype, smoothing):
    z = torch.randn(6, 7, generator=torch.Generator().manual_seed(0), dtype=dtype, requires_grad=True)
    labels = np.array([0, 6, 3, 3, 1, 2])
    theirs = torch.nn.functional.cross_entropy(z, torch.from_numpy(labels), label_smoothing=smoothing)
    theirs.backward()
    ours, saved = loss.forward(z.detach().numpy(), labels, label_smoothing=smoothing)
    assert_near(np.asarray(ours), theirs, "loss")
    assert_near(loss.backward(1.0, saved), z.grad, "gradients of the loss alone")


def test_the_names_that_transformers_has_in_memory(tmp_path):
    """torch.save(model.state_dict()) of transformers 5 has other names than the files of save_pretrained."""
    case = next(case for case in CASES if case.format == "huggingface")
    model = case.model(torch.float32)
    model.config.save_pretrained(tmp_path)
    torch.save(model.state_dict(), tmp_path / "model.pth")
    p, config = weights.load(tmp_path / "model.pth")
    images = photos(config)
    ours = vit.forward(images.astype(np.float32), p, config)[0]
    assert_near(ours, logits(model, as_torch(images, torch.float32)), "logits")


@EVERY
def test_what_we_write_their_library_reads(tmp_path, case):
    """The parameters back through `save`: exactly the numbers that their library wrote."""
    model = case.model(torch.float32)
    p, config = loaded(case, model, tmp_path)
    (tmp_path / "ours").mkdir()
    path = tmp_path / "ours" / case.files[0]
    weights.save(path, p, config, format=case.format)
    for (name, a), b in zip(
        read(case, case.build(), path).named_parameters(), model.parameters(), strict=True
    ):
        assert torch.equal(a, b), name
    assert tree.count(p) == sum(q.numel() for q in model.parameters())
