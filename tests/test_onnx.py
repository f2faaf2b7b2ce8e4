"""ViTs in ONNX files: every spelling gives the same parameters, and the golden exports the numbers of ONNX Runtime."""

import dataclasses
import pathlib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_graphs import CONFIG, model, random_model

from vitnp import preset, trace, tree, vit, weights
from vitnp.weights.vit.layer_scale import folded

GOLDEN = pathlib.Path(__file__).parent / "golden"
SPELLINGS = [
    {},
    {"patches": "channels"},
    {"patches": "rows"},
    {"norm": "pow"},
    {"norm": "mul"},
    {"qkv": "split"},
    {"qkv": "joined"},
    {"qkv": "heads"},
    {"qkv": "inner"},
    {"scale": "both"},
    {"scale": "queries"},
    {"scale": "op", "opset": 23},
    {"gelu": "op", "opset": 20},
    {"batch": 1},
    {"batch": "B"},
]


def saved(folder, proto, name="vit.onnx"):
    """The path of a model written there."""
    path = folder / name
    path.write_bytes(proto.SerializeToString())
    return path


def relative(ours, theirs):
    """The largest difference, relative to the largest number."""
    return np.max(abs(ours - theirs)) / np.max(abs(theirs))


@pytest.mark.parametrize(
    "name", ["onnx_hf_vit", "onnx_timm_vit_dynamo", "onnx_torchvision", "onnx_timm_opset_11"]
)
def test_logits_of_exports(name):
    p, config = weights.load(GOLDEN / f"{name}.onnx")
    with np.load(GOLDEN / f"{name}.expected.npz") as expected:
        assert relative(vit.forward(expected["image"], p, config)[0], expected["logits"]) < 1e-5


def test_positions_resized_in_the_graph():
    path = GOLDEN / "onnx_hf_dinov2_resized.onnx"
    p, config = weights.load(path)
    with np.load(GOLDEN / "onnx_hf_dinov2_resized.expected.npz") as expected:
        assert relative(trace(expected["image"], p, config)["norm"], expected["tokens"]) < 1e-5
    assert (config.image_size, config.num_classes) == ((20, 20), 0)
    assert config.position_interpolation == "bicubic"


def test_another_size_comes_from_the_table_before_it_was_resized():
    path = GOLDEN / "onnx_hf_dinov2_resized.onnx"
    p, config = weights.load(path, image_size=35)
    stored = {one.name: numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}
    assert config.image_size == (35, 35)
    assert np.array_equal(p["position"]["E_pos"][1:], stored["onnx::Reshape_501"][0])
    again, _ = weights.load(path, image_size=20)
    assert np.array_equal(again["position"]["E_pos"], weights.load(path)[0]["position"]["E_pos"])


@pytest.mark.parametrize("spelling", SPELLINGS, ids=str)
def test_every_spelling_gives_the_same_parameters(tmp_path, spelling):
    p, config = random_model()
    found, read = weights.load(saved(tmp_path, model(p, config, **spelling)))
    assert (
        dataclasses.replace(
            read, preprocessing=config.preprocessing, position_interpolation="bilinear-aligned"
        )
        == config
    )
    for (name, ours), (other, theirs) in zip(tree.leaves(p), tree.leaves(found), strict=True):
        assert (name, ours.dtype) == (other, theirs.dtype)
        assert np.array_equal(ours, theirs), name


@pytest.mark.parametrize(
    ("fields", "spelling"),
    [
        ({"classifier": "gap"}, {}),
        ({"representation_size": 17}, {}),
        ({"gelu": "tanh"}, {"gelu": "tanh"}),
        ({"gelu": "tanh"}, {"gelu": "op", "opset": 20}),
        ({"layer_norm_eps": 1e-12}, {"norm": "pow"}),
        ({"position_embedding": "none"}, {}),
    ],
    ids=str,
)
def test_other_models(tmp_path, fields, spelling):
    p, config = random_model(dataclasses.replace(CONFIG, **fields))
    found, read = weights.load(saved(tmp_path, model(p, config, **spelling)))
    assert (
        dataclasses.replace(
            read, preprocessing=config.preprocessing, position_interpolation="bilinear-aligned"
        )
        == config
    )
    assert all(
        np.array_equal(a, b) for (_, a), (_, b) in zip(tree.leaves(p), tree.leaves(found), strict=True)
    )


def test_layer_scale_is_folded(tmp_path):
    p, config = random_model()
    scale = np.random.default_rng(1).standard_normal(config.hidden_size).astype(np.float32)
    change = dict.fromkeys(("attention", "mlp"), lambda g, y: g.add("Mul", g.array(scale), y))
    found, _ = weights.load(saved(tmp_path, model(p, config, change=change)))
    block, before = found["blocks"][1], p["blocks"][1]
    for part, W, b in (("attention", "W_O", "b_O"), ("feed_forward", "W2", "b2")):
        assert np.array_equal(block[part][W], folded(before[part][W], scale, 1))
        assert np.array_equal(block[part][b], folded(before[part][b], scale, 0))


def test_no_bias_is_a_bias_of_zeros(tmp_path):
    p, config = random_model()
    for block in p["blocks"].values():
        block["attention"]["b_Q"][:] = 0
    proto = model(p, config)
    zeros = {one.name for one in proto.graph.initializer if not numpy_helper.to_array(one).any()}
    for node in [node for node in proto.graph.node if node.op_type == "Add" and zeros & set(node.input)]:
        user = next(one for one in proto.graph.node if node.output[0] in one.input)
        user.input[list(user.input).index(node.output[0])] = node.input[0]
        proto.graph.node.remove(node)
    path = saved(tmp_path, proto)
    assert not weights.load(path)[0]["blocks"][0]["attention"]["b_Q"].any()
    assert "2 vectors that the graph leaves out are 0" in "; ".join(weights.inspect(path).notes)


@pytest.mark.parametrize(("dtype", "kind"), [(np.float16, np.float32), (np.float64, np.float64)])
def test_other_floats(tmp_path, dtype, kind):
    p, config = random_model()
    proto = model(p, config)
    for one in proto.graph.initializer:
        if one.data_type == TensorProto.FLOAT:
            one.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(one).astype(dtype), one.name))
    path = saved(tmp_path, proto)
    found, _ = weights.load(path)
    assert found["project"]["W"].dtype == kind
    assert np.array_equal(found["project"]["W"], p["project"]["W"].astype(dtype).astype(kind))
    assert any("of 16 bits are widened" in note for note in weights.inspect(path).notes) == (
        dtype == np.float16
    )


def test_what_stands_after_the_vit_is_left_out_and_said(tmp_path):
    p, config = random_model()

    def decoder(g, logits):
        return g.add(
            "Relu", g.dense(g.add("Softmax", logits, axis=-1), np.ones((13, 5), "f4"), np.ones(5, "f4"))
        )

    path = saved(tmp_path, model(p, config, outputs=["tokens", "logits"], change={"logits": decoder}))
    found, read = weights.load(path)
    assert read.num_classes == 0
    assert found["classify"] == {}
    notes = "; ".join(weights.inspect(path).notes)
    assert "what stands after the ViT is left out: 6 operators (Gather the first), 5 arrays" in notes


@pytest.mark.parametrize("op", ["Softmax", "LogSoftmax", "ArgMax", "Sigmoid"])
def test_what_is_made_of_the_logits_is_left_out(tmp_path, op):
    p, config = random_model()
    how = {} if op == "Sigmoid" else {"axis": -1}
    path = saved(tmp_path, model(p, config, change={"logits": lambda g, y: g.add(op, y, **how)}))
    found, read = weights.load(path)
    assert read.num_classes == 13
    np.testing.assert_array_equal(found["classify"]["head"]["W"], p["classify"]["head"]["W"])
    assert f"left out: 1 operators ({op} the first), 0 arrays" in "; ".join(weights.inspect(path).notes)


def test_pictures_of_any_size(tmp_path):
    """A graph that leaves all sides open: its table of positions tells a square, else the caller."""
    square = preset("tiny", representation_size=None, gelu="erf", image_size=(40, 40))
    for config, asked in ((square, None), (CONFIG, (40, 48))):
        p, config = random_model(config)
        proto = model(p, config, batch="B")
        for side, name in zip(proto.graph.input[0].type.tensor_type.shape.dim, "bchw", strict=True):
            side.dim_param = name
        path = saved(tmp_path, proto)
        assert weights.load(path, image_size=asked)[1].image_size == config.image_size
    with pytest.raises(ValueError, match="give image_size= or --image-size HxW"):
        weights.load(path)


def test_functions_of_the_file_are_written_out(tmp_path):
    p, config = random_model()
    proto = model(p, config, change={"gelu": lambda g, u: g.add("Erf_gelu", u, domain="own")})
    nodes = [
        helper.make_node("Constant", [], ["two"], value_float=2.0),
        helper.make_node("Constant", [], ["one"], value_float=1.0),
        helper.make_node("Sqrt", ["two"], ["root"]),
        helper.make_node("Div", ["u", "root"], ["v"]),
        helper.make_node("Erf", ["v"], ["e"]),
        helper.make_node("Add", ["e", "one"], ["f"]),
        helper.make_node("Mul", ["f", "u"], ["g"]),
        helper.make_node("Div", ["g", "two"], ["y"]),
    ]
    opsets = [helper.make_opsetid("", 17)]
    proto.functions.append(helper.make_function("own", "Erf_gelu", ["u"], ["y"], nodes, opsets))
    proto.opset_import.append(helper.make_opsetid("own", 1))
    found, read = weights.load(saved(tmp_path, proto))
    assert read.gelu == "erf"
    assert np.array_equal(found["blocks"][1]["feed_forward"]["W2"], p["blocks"][1]["feed_forward"]["W2"])


def test_an_if_whose_condition_is_known_is_followed(tmp_path):
    p, config = random_model()

    def branch(name, x):
        return helper.make_graph(
            [helper.make_node("Identity", [x], [name])],
            name,
            [],
            [helper.make_tensor_value_info(name, 1, None)],
        )

    def change(g, x):
        condition = g.array(np.array(True))
        return g.add("If", condition, then_branch=branch("then", x), else_branch=branch("otherwise", "image"))

    found, _ = weights.load(saved(tmp_path, model(p, config, change={"read": change})))
    assert np.array_equal(found["classify"]["head"]["W"], p["classify"]["head"]["W"])


def test_a_mask_that_masks_nothing(tmp_path):
    p, config = random_model()
    N = config.num_tokens
    change = {"scores": lambda g, S: g.add("Add", S, g.array(np.zeros((1, 1, N, N), np.float32)))}
    weights.load(saved(tmp_path, model(p, config, change=change)))


def test_the_processor_beside_the_file(tmp_path):
    p, config = random_model()
    path = saved(tmp_path, model(p, config))
    assert weights.load(path)[1].preprocessing.mean == (0.485, 0.456, 0.406)
    assert any("--set preprocessing.FIELD=VALUE" in note for note in weights.inspect(path).notes)
    (tmp_path / "preprocessor_config.json").write_text(
        '{"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}'
    )
    assert weights.load(path)[1].preprocessing.mean == (0.1, 0.2, 0.3)
    assert weights.load(path, gelu="tanh", layer_norm_eps=1e-3)[1].gelu == "tanh"


def test_convert_to_every_format(tmp_path):
    p, config = random_model()
    path = saved(tmp_path, model(p, config))
    found, read = weights.load(path)
    images = np.random.default_rng(2).standard_normal((2, *config.image_size, 3)).astype(np.float32)
    for format in ("vitnp", "google", "timm", "huggingface"):
        ending = "npz" if format in ("vitnp", "google") else "safetensors"
        out = tmp_path / format / f"model.{ending}"
        out.parent.mkdir()
        weights.save(out, found, read, format=format)
        again, config_again = weights.load(
            out, image_size=config.image_size, num_heads=4, gelu="erf", layer_norm_eps=1e-6
        )
        assert np.array_equal(vit.forward(images, again, config_again)[0], vit.forward(images, p, config)[0])
