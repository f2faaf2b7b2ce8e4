"""The ViT of vitnp as an ONNX graph, built from its parameters, and run by ONNX Runtime: forward alone.

Where ONNX has an operator for a formula, it is used, as by PyTorch's exporter at opset 23: LayerNormalization (since
opset 17), Gelu (20), Attention (23). ONNX Runtime's optimizer fuses the rest.
"""

import ctypes

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import vitnp

OPSET = 23  # the first with Attention


class Graph:
    """Operators and constants in the order they are added; each method returns the name of its output."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, array):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def add(self, operator, *inputs, **attributes):
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def reshape(self, x, *shape):
        return self.add("Reshape", x, self.constant(np.array(shape, np.int64)))

    def dense(self, x, W, b):
        return self.add("Add", self.add("MatMul", x, self.constant(W)), self.constant(b))

    def norm(self, x, p, eps):
        return self.add(
            "LayerNormalization", x, self.constant(p["gamma"]), self.constant(p["beta"]), axis=-1, epsilon=eps
        )


def model(p, c, batch_size):
    """The ONNX model: images (B, Hᵢ, Wᵢ, C) → logits (B, classes), float32, B = batch_size."""
    g, B, D, (rows, cols), P = Graph(), batch_size, c.hidden_size, c.grid, c.patch_size
    x = g.reshape("images", B, rows, P, cols, P, c.in_channels)
    x = g.reshape(g.add("Transpose", x, perm=[0, 1, 3, 2, 4, 5]), B, rows * cols, c.patch_dim)
    x = g.dense(x, p["project"]["W"], p["project"]["b"])
    cls = g.constant(np.broadcast_to(p["class_token"]["cls"], (B, 1, D)))
    x = g.add("Add", g.add("Concat", cls, x, axis=1), g.constant(p["position"]["E_pos"]))
    for i in range(c.num_layers):
        b = p["blocks"][i]
        a, y = b["attention"], g.norm(x, b["norm_1"], c.layer_norm_eps)
        Q, K, V = (g.dense(y, a[f"W_{n}"], a[f"b_{n}"]) for n in "QKV")
        y = g.add("Attention", Q, K, V, q_num_heads=c.num_heads, kv_num_heads=c.num_heads)
        x = g.add("Add", x, g.dense(y, a["W_O"], a["b_O"]))
        f, y = b["feed_forward"], g.norm(x, b["norm_2"], c.layer_norm_eps)
        y = g.dense(y, f["W1"], f["b1"])
        y = g.add("Gelu", y, approximate="tanh" if c.gelu == "tanh" else "none")
        x = g.add("Add", x, g.dense(y, f["W2"], f["b2"]))
    x = g.norm(x, p["norm"], c.layer_norm_eps)
    x = g.add("Gather", x, g.constant(np.array(0, np.int64)), axis=1)  # the class token
    logits = g.dense(x, p["classify"]["head"]["W"], p["classify"]["head"]["b"])
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [B, *c.image_size, c.in_channels])
    output = helper.make_tensor_value_info(logits, TensorProto.FLOAT, [B, c.num_classes])
    graph = helper.make_graph(g.nodes, "ViT", [images], [output], g.constants)
    return helper.make_model_gen_version(graph, opset_imports=[helper.make_opsetid("", OPSET)])


def forward(p, c, batch_size, threads):
    """A function from images to logits: the model as it is deployed, all graph optimizations on, on the CPU."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model(p, c, batch_size).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda images: session.run(None, {"images": images})[0]


def runner(case, images, threads):
    """The function that does the case's work once."""
    c = case.config
    run = forward(vitnp.vit.init(np.random.default_rng(0), c), c, len(images), threads)
    # Building the graph frees several copies of the parameters. A run would reuse that memory, and show no peak.
    ctypes.CDLL(None).malloc_trim(0)
    return lambda: run(images)
