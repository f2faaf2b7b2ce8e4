"""ONNX files that are refused: one line that says what was met, and no memory taken for what a file claims."""

import builtins
import dataclasses
import tracemalloc

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_graphs import Graph, model, random_model

from vitnp import weights
from vitnp.commands import cli
from vitnp.errors import InputError

P, C = random_model()
N, D = C.num_tokens, C.hidden_size


def saved(folder, proto):
    """The path of a model written there."""
    path = folder / "vit.onnx"
    path.write_bytes(proto if isinstance(proto, bytes) else proto.SerializeToString())
    return path


def refused(path, *words):
    """Check that load and inspect refuse the file in one line with these words."""
    for read in (weights.load, weights.inspect):
        with pytest.raises(InputError) as caught:
            read(path)
        message = str(caught.value)
        assert message.startswith(str(path))
        assert all(word in message for word in words), message
        assert "\n" not in message


def small_product(g, y):
    return g.add("Mul", y, g.number(1.1))


# {what: (the change of `onnx_graphs.Spelled`, words of the message)}
CHANGES = {
    "a mask": (
        {"scores": lambda g, S: g.add("Add", S, g.array(np.tri(N, dtype="f4")[None, None]))},
        ["in block 1", "a mask, or relative positions"],
    ),
    "scores of another scale": ({"scores": small_product}, ["scores times 0.4158; need 1/√7"]),
    "a causal mask": (
        {"scores": lambda g, S: g.add("Where", g.array(np.tri(N) > 0), S, g.number(-np.inf))},
        ["a mask"],
    ),
    "weights that are changed": ({"weights": small_product}, ["attention weights that are changed"]),
    "softmax over the queries": (
        {"scores": lambda g, S: g.add("Transpose", S, perm=[0, 1, 3, 2])},
        ["a softmax that is not over the keys"],
    ),
    "QuickGELU": (
        {"gelu": lambda g, u: g.add("Mul", u, g.add("Sigmoid", g.add("Mul", u, g.number(1.702))))},
        ["in block 1", "the activation is QuickGELU; need GELU"],
    ),
    "ReLU": ({"gelu": lambda g, u: g.add("Relu", u)}, ["the activation is ReLU; need GELU"]),
    "SiLU": ({"gelu": lambda g, u: g.add("Mul", u, g.add("Sigmoid", u))}, ["the activation is SiLU"]),
    "no activation": ({"gelu": lambda g, u: u}, ["the activation is missing; need GELU"]),
    "another function": ({"gelu": lambda g, u: g.add("Mul", u, u)}, ["another than GELU"]),
    "registers": (
        {"patches": lambda g, x: g.add("Concat", g.array(np.ones((2, 3, D), "f4")), x, axis=1)},
        ["3 tokens beside the patches (registers"],
    ),
    "registers after the positions": (
        {"positions": lambda g, x: g.add("Concat", x, g.array(np.ones((2, 3, D), "f4")), axis=1)},
        ["registers"],
    ),
    "a norm before the blocks": (
        {"positions": lambda g, x: g.norm(x, g.p["norm"])},
        ["a LayerNorm before the blocks, as CLIP has it"],
    ),
    "another eps": ({"positions": lambda g, x: _later(g) or x}, ["different ε of LayerNorm: 1e-06, 1e-05"]),
    "a quantized table": (
        {"table": lambda g, x: g.add("DequantizeLinear", g.array(np.ones((1, N, D), "i1")), g.number(0.1))},
        ["a quantized model", "DequantizeLinear"],
    ),
    "a decoder that adds to the tokens": (
        {"mlp": lambda g, y: g.add("Sin", y)},
        ["in block 1", "the operator Sin"],
    ),
    "a last block that is no block": (
        {"last": lambda g, x: g.add("Add", g.add("Clip", x, g.number(-9)), g.add("Sin", g.norm(x, g.p["norm"])))},
        ["the operator Clip"],
    ),
    "a last block that multiplies": (
        {"last": lambda g, x: g.add("Mul", x, g.add("Sin", g.norm(x, g.p["norm"])))},
        ["in block 3: ", "the operator Sin"],
    ),
    "a part of the tokens": (
        {"positions": lambda g, x: g.add("Slice", x, g.ints(0), g.ints(9), g.ints(1))},
        ["a LayerNorm of a part of the tokens"],
    ),
}  # fmt: skip


def _later(g):
    """From here on, LayerNorm's ε is another."""
    g.c = dataclasses.replace(g.c, layer_norm_eps=1e-6 if len(g.nodes) < 10 else 1e-5)
    g.norm_of, norms = g.norm, []

    def norm(x, p):
        norms.append(x)
        return g.norm_of(x, p, 1e-6 if len(norms) == 1 else 1e-5)

    g.norm = norm


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_no_vit_of_ours_is_named(tmp_path, what):
    change, words = CHANGES[what]
    refused(saved(tmp_path, model(P, C, change=change)), *words)


def network(shape, build, kind=TensorProto.FLOAT, name="image"):
    """A model with one input, made by build(graph, its name)."""
    g = Graph()
    return g.model([build(g, name)], shape, 17, name, kind)


def cnn(g, x):
    for _ in range(3):
        channels = 3 if x == "image" else 8
        x = g.add("Conv", x, g.array(np.ones((8, channels, 3, 3), "f4")), strides=[2, 2], pads=[1, 1, 1, 1])
        x = g.add("Relu", x)
    return x


def hybrid(g, x):
    x = g.reshape(cnn(g, x), 2, 8, 16)
    for _ in range(2):
        x = g.add("MatMul", g.add("Softmax", g.add("MatMul", g.swap(x, 0, 2, 1), x)), g.swap(x, 0, 2, 1))
        x = g.swap(x, 0, 2, 1)
    return x


def test_other_networks_are_named(tmp_path):
    refused(saved(tmp_path, network([2, 3, 32, 32], cnn)), "holds a CNN, not a ViT", "kernel [3, 3]")
    refused(saved(tmp_path, network([2, 3, 32, 32], hybrid)), "holds a hybrid of convolutions and attention")
    text = network([1, 16], lambda g, x: g.add("Cast", x, to=1), TensorProto.INT64, "input_ids")
    refused(saved(tmp_path, text), 'takes "input_ids" with 2 axes and no picture', "a model of text")
    refused(
        saved(tmp_path, network([2, 3, 32, 32], lambda g, x: g.add("Relu", x))), "holds a network, not a ViT"
    )


def test_a_foreign_operator_is_refused_by_name(tmp_path):
    proto = model(P, C, change={"gelu": lambda g, u: g.add("FastGelu", u, domain="com.microsoft")})
    refused(saved(tmp_path, proto), 'the operator "FastGelu" of "com.microsoft"')


def test_numbers_in_another_file_are_never_read(tmp_path):
    proto = model(P, C)
    for place in ("numbers.bin", "../../etc/passwd", "/etc/passwd"):
        one = proto.graph.initializer[5]
        one.ClearField("raw_data")
        one.data_location = TensorProto.EXTERNAL
        del one.external_data[:]
        one.external_data.add(key="location", value=place)
        refused(saved(tmp_path, proto), f'keeps "{one.name}" in another file, which is never read')


def test_a_number_in_a_shape_takes_no_memory(tmp_path):
    proto = model(P, C)
    matrix = next(one for one in proto.graph.initializer if list(one.dims) == [D, D])
    for dims in ([10**9, D], [10**9, 10**9], [2**62, 2**62], [D, D + 1], [D - 1, D], [-D, D]):
        del matrix.dims[:]
        matrix.dims.extend(dims)
        path = saved(tmp_path, proto)
        tracemalloc.start()
        refused(path, f'the array "{matrix.name}" has {4 * D * D:,} bytes, too few or too many')
        assert tracemalloc.get_traced_memory()[1] < 2**24
        tracemalloc.stop()


@pytest.mark.parametrize(
    "shape",
    [(10**9, 10**9), (2**62,)],
)
def test_a_shape_made_in_the_graph_takes_no_memory(tmp_path, shape):
    def change(g, x):
        large = g.add("Expand", g.number(0), g.ints(*shape))
        return g.add("Add", x, g.add("ConstantOfShape", g.add("Shape", g.add("Tile", large, g.ints(*shape)))))

    tracemalloc.start()
    refused(saved(tmp_path, model(P, C, change={"positions": change})))
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_a_file_cut_short_at_every_place(tmp_path):
    whole = model(P, C).SerializeToString()
    for end in [3, 5, 9, 30, *range(100, len(whole) - 1, len(whole) // 37), len(whole) - 1]:
        refused(saved(tmp_path, whole[:end]))


def test_what_is_no_protobuf(tmp_path):
    refused(saved(tmp_path, b"\x08\x0a\x12" + b"\xff" * 100), "is cut off or damaged")
    refused(saved(tmp_path, b"no ONNX at all"), "is not a file of weights; need .npz, .safetensors, .onnx")
    refused(saved(tmp_path, helper.make_model(helper.make_graph([], "g", [], []))), "has no operators")


def test_operators_that_are_not_as_onnx_has_them(tmp_path):
    proto = model(P, C)
    softmax = next(node for node in proto.graph.node if node.op_type == "Softmax")
    softmax.attribute[0].CopyFrom(helper.make_attribute("axis", "last"))
    refused(saved(tmp_path, proto), 'the operator "Softmax" is not as ONNX has it')
    proto = model(P, C)
    del proto.graph.node[3]
    refused(saved(tmp_path, proto), "which nothing before it makes")
    proto = model(P, C)
    proto.graph.node[5].input[0] = ""
    refused(saved(tmp_path, proto), "is not as ONNX has it")


def test_functions_that_grow_without_end(tmp_path):
    proto = model(P, C, change={"gelu": lambda g, u: g.add("f0", u, domain="own")})
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    for i in range(9):
        nodes = [helper.make_node(f"f{i + 1}", ["x"], [f"y{j}"], domain="own") for j in range(20)]
        proto.functions.append(helper.make_function("own", f"f{i}", ["x"], ["y0"], nodes, opsets))
    proto.opset_import.append(helper.make_opsetid("own", 1))
    refused(saved(tmp_path, proto), "operators; the largest ViT has")
    loop = [helper.make_node("f0", ["x"], ["y0"], domain="own")]
    proto.functions.append(helper.make_function("own", "f9", ["x"], ["y0"], loop, opsets))
    refused(saved(tmp_path, proto), "calls itself")


def test_subgraphs_that_depend_on_the_picture(tmp_path):
    def change(g, x):
        condition = g.add("Cast", g.add("ReduceMean", x, axes=[0, 1, 2], keepdims=0), to=TensorProto.BOOL)
        branch = helper.make_graph(
            [helper.make_node("Identity", [x], ["y"])], "b", [], [helper.make_tensor_value_info("y", 1, None)]
        )
        return g.add("If", condition, then_branch=branch, else_branch=branch)

    refused(saved(tmp_path, model(P, C, change={"positions": change})), "holds a Transformer, not a ViT")


def test_blocks_without_an_end(tmp_path):
    proto = model(P, C)
    last = [node for node in proto.graph.node if node.op_type == "LayerNormalization"][-1]
    last.op_type = "Identity"
    del last.input[1:], last.attribute[:]
    refused(saved(tmp_path, proto), "no LayerNorm after the last block")


def test_numbers_that_are_no_numbers(tmp_path):
    proto = model(P, C)
    matrix = next(one for one in proto.graph.initializer if list(one.dims) == [D, D])
    array = numpy_helper.to_array(matrix).copy()
    array[1, 2:4] = np.nan
    matrix.CopyFrom(numpy_helper.from_array(array, matrix.name))
    path = saved(tmp_path, proto)
    assert weights.inspect(path).wrong == [f"{matrix.name} holds 2 values that are NaN or infinite"]
    with pytest.raises(InputError, match="holds 2 values that are NaN"):
        weights.load(path)


def test_without_the_package(tmp_path, monkeypatch):
    path, real = saved(tmp_path, model(P, C)), builtins.__import__

    def missing(name, *others):
        if name == "onnx":
            raise ImportError(name)
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError, match=r'pip install "vitnp\[onnx\]"'):
        weights.load(path)


def test_the_commands(tmp_path, capsys):
    path = saved(tmp_path, model(P, C))
    assert cli.main(["weights", "inspect", str(path)]) == 0
    assert ": onnx, 40 arrays" in capsys.readouterr().out
    assert cli.main(["weights", "convert", str(path), str(tmp_path / "x.onnx"), "--format", "onnx"]) == 2
    assert "ONNX files are recognized by themselves and not written; choose vitnp" in capsys.readouterr().err
    with pytest.raises(
        InputError, match="is an ONNX file, and no file of timm; leave format= and --from out"
    ):
        weights.load(path, format="timm")
    with pytest.raises(InputError, match="ONNX files are recognized by themselves"):
        weights.save(tmp_path / "x.onnx", P, C, format="onnx")


def test_settings_that_do_not_fit_the_graph(tmp_path):
    path = saved(tmp_path, model(P, C))
    with pytest.raises(InputError, match="need"):
        weights.load(path, hidden_size=56)
    with pytest.raises(InputError, match='which does not fit "2d"'):
        weights.load(path, position_embedding="2d")
