"""The benchmarks measure what the page says: the cases, the turns, the tables. Times themselves are not tested."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl

from vitnp.analysis import cost
from vitnp.models import preset

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import contenders
import curves
import digits_epoch
import erf_cost
import library
import limit
import profile_ops
import speed
import turns
import workloads


@pytest.fixture
def free(monkeypatch):
    """An environment that decides nothing for the libraries."""
    for name in turns.DECIDE:
        monkeypatch.delenv(name, raising=False)


def result(*times, peak=10_000_000):
    return turns.Result(list(times), peak, 2 * peak, "made up")


def test_the_cifar_sized_case_is_the_one_that_was_asked_for():
    config, batch_size, work = workloads.case("cifar:50:step")
    assert (config.image_size, config.in_channels, config.patch_size, config.hidden_size) == (
        (32, 32),
        3,
        4,
        64,
    )
    assert (config.num_heads, config.num_layers, config.mlp_dim, config.dropout_rate) == (8, 4, 128, 0.1)
    assert (batch_size, work) == (50, "step")


def test_names_of_cases():
    config, batch_size, work = workloads.case("B/16@384+erf:2:forward")
    assert (config.image_size, config.gelu, config.hidden_size) == ((384, 384), "erf", 768)
    assert (batch_size, work) == (2, "forward")
    assert workloads.title("cifar+erf:50:step") == "CIFAR-sized, GELU erf, batch 50, training step with AdamW"


def test_the_cases_of_translation():
    config, batch_size, _ = workloads.case("translate:64:step")
    assert (config.source_length, config.target_length, batch_size) == (8, 15, 64)
    large = workloads.case("translate-large:32:step").config
    assert (large.hidden_size, large.num_layers, large.num_heads, large.mlp_dim) == (256, 4, 8, 1024)
    for name in workloads.TRANSLATIONS:
        source, target = workloads.data(workloads.case(name))
        c = workloads.case(name).config
        assert source.shape[1:] == (c.source_length,) and target.shape[1:] == (c.target_length + 2,)
        assert (target[:, 0] == 1).all() and ((target == 2).sum(axis=1) == 1).all()
        assert (source == 0).any() and (source[0] > 2).all() and target.max() < c.vocabulary_size
    assert workloads.title("translate:64:step") == "translate, batch 64, training step with AdamW"


def test_a_case_of_the_size_of_dinov2():
    config = workloads.case("S/14:8:forward").config
    assert (config.image_size, config.num_tokens, config.hidden_size) == ((224, 224), 257, 384)
    assert (config.num_layers, config.num_heads, config.mlp_dim) == (12, 6, 1536)


def test_every_case_has_its_twin_with_erf():
    vits = [name for name in workloads.TABLE if name not in workloads.RESNETS + workloads.TRANSLATIONS]
    tanh = [name for name in vits if workloads.case(name).config.gelu == "tanh"]
    assert [workloads.case(workloads.with_erf(name)).config.gelu for name in tanh] == ["erf"] * len(tanh)
    assert set(vits) == {*tanh, *map(workloads.with_erf, tanh)}
    assert set(workloads.QUICK) <= set(workloads.TABLE)
    assert set(speed.COMPILED) <= set(workloads.TABLE)


@pytest.mark.parametrize(
    "arguments",
    [
        ["digit:2:step"],
        ["digits:2"],
        ["digits:2:walk"],
        ["digits:0:step"],
        ["digits:two:step"],
        ["translate:64:forward"],
        ["translate+erf:64:step"],
        ["translate:64:step", "--against", "limit"],
        ["digits:2:step", "--against", "nobody"],
        ["digits:2:step", "--runs", "0"],
        ["digits:2:step", "--json", "/dev/null/x/y.json"],
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_runs(free, monkeypatch, capsys, arguments):
    monkeypatch.setattr(turns, "Contender", None)
    with pytest.raises(SystemExit, match="2"):
        speed.main(arguments)
    assert arguments[-1].removesuffix("/y.json") in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("command", "arguments", "message"),
    [
        (erf_cost, ["digits"], 'case "digits": it has not three parts; need MODEL:BATCH:WORK'),
        (erf_cost, ["digits:1:step", "--rounds", "1"], "1 is no whole number of at least 2"),
        (curves, ["--quick", "--out", "/dev/null/x"], "cannot write into /dev/null/x"),
    ],
)
def test_the_other_commands_too(free, monkeypatch, capsys, command, arguments, message):
    monkeypatch.setattr(turns, "Contender", None)
    with pytest.raises(SystemExit, match="2"):
        command.main(arguments)
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digits:32:epoch", "--against", "jax"], 'jax does not do "epoch" but forward, backward, step; leave it out'),
        (["digits:32:epoch", "--against", "torch,limit"], 'limit does not do "epoch"'),
        (["digits:32:epoch", "--against", "recompute"], 'recompute does not do "epoch"'),
        (["digits:32:epoch", "--alone", "--against", "jax"], 'jax does not do "epoch"'),
        (["digits:2:step", "--against", "onnxruntime"], 'onnxruntime does not do "step" but forward; leave it out'),
        (["digits:2:step", "digits:2:forward", "--against", "recompute"], "or choose from vitnp, vitnp_tanh, torch"),
        (["digits:2:step", "--against", "vitnp_tanh"], "this one has tanh; need MODEL+erf:BATCH:WORK"),
        (["R50x1:8:forward", "--against", "jax"], "jax has only the ViT; leave it out"),
        (["R50x1:8:backward", "--against", "vitnp_tanh"], "vitnp_tanh is the twin of a case with erf"),
        (["cifar:50:epoch"], "an epoch is of the digits model on its data; need digits:32:epoch"),
        (["digits:64:epoch"], "need digits:32:epoch"),
    ],
)  # fmt: skip
def test_a_contender_that_does_other_work_is_refused(free, monkeypatch, capsys, arguments, message):
    monkeypatch.setattr(turns, "Contender", None)
    with pytest.raises(SystemExit, match="2"):
        speed.main(arguments)
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_every_contender_says_what_it_does():
    assert set(workloads.DOES) == {"vitnp", *speed.COLUMNS}
    assert {work for works in workloads.DOES.values() for work in works} == set(workloads.WORK)
    names = [*workloads.TABLE, *workloads.QUICK, "digits:32:epoch", "digits+erf:32:epoch"]
    misfits = [workloads.misfit(one, workloads.case(name)) for name in names for one in speed.against(name)]
    assert set(misfits) == {None}
    assert speed.against("digits:32:epoch") == ["torch"]
    assert speed.against("S/14:8:forward") == ["torch", "jax", "onnxruntime", "limit"]
    assert speed.against("R50x1:8:forward") == speed.against("R50+B/16:8:forward") == ["torch", "limit"]
    assert speed.against("R50x1:8:backward") == ["torch", "limit", "recompute"]
    assert speed.against("translate:64:step") == ["torch", "recompute"]
    assert digits_epoch.RECIPE.batch_size == workloads.EPOCH_BATCH


@pytest.mark.parametrize("recompute", [[], ["--recompute"]])
def test_the_profile_is_of_what_has_products(monkeypatch, capsys, recompute):
    case = "digits:2:forward" if recompute else "digits:32:epoch"
    monkeypatch.setattr(sys, "argv", ["profile_ops.py", case, *recompute])
    with pytest.raises(SystemExit, match="2"):
        profile_ops.main()
    assert f'case "{case}"' in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("name", turns.DECIDE)
def test_what_decides_for_the_libraries_is_refused_in_one_line(free, monkeypatch, name):
    assert turns.refusal() is None
    monkeypatch.setenv(name, "1")
    with pytest.raises(SystemExit, match=f"^{name} set: .* env -u {name}$"):
        speed.main(["digits:1:forward"])
    with pytest.raises(SystemExit, match=name):
        curves.main(["--quick"])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are read from Linux's /proc")
def test_turns_of_real_processes(capfd):
    found = turns.measure("digits:2:step", ["vitnp", "nobody", "limit"], 2, warm_ups=1)
    assert list(found) == ["vitnp", "limit"]
    assert capfd.readouterr().out.count("left out: nobody") == 1
    for contender in found.values():
        assert len(contender.times) == 2
        assert min(contender.times) > 0
        assert 0 <= contender.peak < contender.whole
        assert contender.about.startswith(f"NumPy {np.__version__}, SIMD ")
        assert " kernels, " in contender.about


def test_turns_rotate(monkeypatch):
    order = []

    class Fake:
        def __init__(self, name, case):
            self.name, self.times = name, []

        def answer(self):
            return {"about": self.name}

        def ask(self, command):
            if command == "run":
                order.append(self.name)
                if self.name == "weak" and len(order) > 4:
                    raise turns.Left("weak: out of memory")
            return {"seconds": 1.0, "peak": 1, "whole": 2}

        def close(self):
            pass

    monkeypatch.setattr(turns, "Contender", Fake)
    monkeypatch.setattr(turns, "PAUSE", 0)
    found = turns.measure("any", ["a", "weak", "c"], 3, warm_ups=1)
    assert "".join(name[0] for name in order) == "awc" + "awc" + "ca" + "ac"
    assert list(found) == ["a", "c"]


@pytest.mark.parametrize(
    ("seconds", "median"), [([2.0], 2.0), ([0.1, 0.01, 0.02, 0.2], 0.06)], ids=["long", "short"]
)
def test_a_turn_is_as_many_calls_as_fit(monkeypatch, seconds, median):
    """The clock moves in the calls alone."""
    now, calls = [0.0], iter(seconds)

    def run():
        now[0] += next(calls)

    monkeypatch.setattr(contenders, "time", types.SimpleNamespace(perf_counter=lambda: now[0]))
    assert contenders.turn(run) == pytest.approx(median)
    assert list(calls) == []


def test_ratios_are_taken_round_by_round():
    assert turns.ratio(result(1, 2, 30), result(2, 4, 10))[0] == 0.5
    assert turns.ratio(result(3), result(2)) == (1.5, 1.5, 1.5)


def test_the_tables_of_the_page():
    found = {
        "B/16:8:backward": {
            "vitnp": result(2.0, 2.0),
            "torch": result(4.0, 4.0, peak=40_000_000),
            "limit": result(1.0, 1.0),
            "recompute": result(2.5, 2.5, peak=5_000_000),
        },
        "digits:32:step": {"vitnp": result(0.003, 0.003)},
    }
    times, memory = list(speed.time_table(found)), list(speed.memory_table(found))
    assert times[0] == "| work | vitnp | ÷ PyTorch | ÷ with recompute | limit ÷ vitnp |"
    assert times[2] == "| B/16, batch 8, forward and backward | 2.00 s | **0.50** | **0.80** | 0.50 |"
    assert times[3] == "| digits, batch 32, training step with AdamW | 3.0 ms | – | – | – |"
    assert memory[2].endswith("| 10 | 5 | 40 | 0.25, with recompute 0.12 |")
    assert all(line.count("|") == memory[0].count("|") for line in memory)


def test_the_libraries_of_the_tables_are_named_once():
    own = result(1.0)._replace(about="NumPy, 2 threads")
    theirs = result(1.0)._replace(about="PyTorch, 2 threads")
    found = {
        "digits:2:step": {"vitnp": own, "torch": theirs, "limit": own._replace(about="NumPy, 1 thread")},
        "digits:2:forward": {"vitnp": own, "torch": theirs},
    }
    assert list(speed.libraries(found)) == ["NumPy, 2 threads", "PyTorch, 2 threads"]


def test_the_kernels_are_those_in_use():
    """SIMD as NumPy found it on this processor, and of the BLAS libraries NumPy's own."""
    line = library.numpy()
    words = line.replace(",", "").split()
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    assert set(simd.get("found", [])) <= set(words)
    assert not set(simd.get("not found", [])) & set(words)
    for blas in threadpoolctl.threadpool_info():
        if blas["user_api"] == "blas" and "numpy" in blas["filepath"]:
            assert f"{blas['architecture']} kernels, {blas['num_threads']} threads" in line


def test_pictures_from_numbers(tmp_path, capsys):
    found = {
        name: {key: {"median_s": 0.1, "peak_bytes": 1e6} for key in ("vitnp", "torch")}
        for _, names in curves.CURVES.values()
        for name in names
    }
    (tmp_path / "benchmarks.json").write_text(json.dumps(found), "utf-8")
    curves.main(["--draw", "--out", str(tmp_path)])
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        f"scaling-{kind}.png" for kind in ("batch", "image", "model")
    ]
    tokens = [curves.place("image", name) for name in curves.CURVES["image"][1]]
    assert (tokens[0], tokens[-1]) == (50, 577)
    assert [curves.place("batch", name) for name in curves.CURVES["batch"][1]] == [1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("name", ["bit-tiny", "hybrid-tiny", "tiny"])
def test_the_limit_has_the_products_of_the_model(name):
    """A ViT's with the dx of the patches, a residual network's without the dx of its root."""
    config = preset(name)
    counted = cost.multiply_adds(config)
    inputs = counted.get("root", counted.get("stem root", 0))
    head = sum(n for part, n in counted.items() if part in ("head", "pre-logits"))
    for work, times in (("forward", 1), ("backward", 3)):
        done = [a.size * b.shape[-1] for a, b, _ in limit.products(workloads.Case(config, 1, work), 1)]
        assert sum(done) == times * (sum(counted.values()) - head) - (inputs if times == 3 else 0)


@pytest.mark.parametrize("name", ["digits:2:step", "cifar:2:forward"])
def test_the_profile_finds_every_product(name):
    script = [sys.executable, str(turns.HERE / "profile_ops.py"), name, "--runs", "1"]
    done = subprocess.run(script, capture_output=True, text=True, check=True, env=dict(os.environ))
    lines = done.stdout.splitlines()
    assert lines[0].startswith(
        "NumPy"
    )  # which ops are slow enough for the table depends on the machine's other work
    c = workloads.case(name)
    counted = sum(cost.multiply_adds(c.config, whole=False).values())
    products = c.batch_size * counted * (1 if c.work == "forward" else 3)
    assert f"products: {products / 1e9:.3f} G" in lines[-1]
    np.testing.assert_allclose(float(lines[-1].split()[-5]), 1.0, atol=0.02)


def test_the_cost_of_erf(capsys, free):
    erf_cost.main(["digits:2:step", "--rounds", "3"])
    kernels, figure = capsys.readouterr().out.splitlines()
    assert kernels == library.numpy()
    assert figure.startswith("digits, batch 2, training step with AdamW: tanh")


def test_the_cost_of_erf_is_not_measured_on_kernels_somebody_chose(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    with pytest.raises(SystemExit, match="OPENBLAS_CORETYPE"):
        erf_cost.main([])
