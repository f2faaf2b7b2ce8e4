"""ViTs of ours as ONNX graphs in the spellings that exporters have, and graphs that only look like one."""

import math

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from vitnp import gradcheck, preset, tree, vit

CONFIG = preset(
    "tiny", representation_size=None, gelu="erf"
)  # 5x6 patches of 8, D 28, 4 heads of 7, MLP 20, 13 classes


def random_model(config=CONFIG, dtype=np.float32):
    """(p, config), no two numbers alike."""
    p = gradcheck.random_like(vit.init(None, config), np.random.default_rng(0))
    return tree.map(lambda leaf: leaf.astype(dtype), p), config


class Graph:
    """Operators and arrays in the order they are added; each method returns the name of its output."""

    def __init__(self):
        self.nodes, self.arrays = [], []

    def array(self, array, name=None):
        name = name or f"array_{len(self.arrays)}"
        self.arrays.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def ints(self, *numbers):
        return self.array(np.array(numbers, np.int64))

    def add(self, operator, *inputs, outputs=1, **attributes):
        names = [f"{operator}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def reshape(self, x, *shape):
        return self.add("Reshape", x, self.ints(*shape))

    def swap(self, x, *order):
        return self.add("Transpose", x, perm=order)

    def number(self, value):
        return self.array(np.float32(value))

    def dense(self, x, W, b):
        return self.add("Add", self.add("MatMul", x, self.array(W)), self.array(b))

    def model(self, output, shape, opset, name="image", kind=TensorProto.FLOAT):
        """The ModelProto with one input of this shape and these outputs."""
        images = helper.make_tensor_value_info(name, kind, shape)
        results = [helper.make_tensor_value_info(one, TensorProto.FLOAT, None) for one in output]
        graph = helper.make_graph(self.nodes, "g", [images], results, self.arrays)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def model(p, c, *, opset=17, batch=2, outputs=None, **spelling):
    """The ModelProto of a ViT: images (B, C, Hᵢ, Wᵢ) → logits. spelling: of `Spelled`."""
    g = Spelled(p, c, batch, **spelling)
    g.opset = opset
    tokens, logits = g.vit()
    names = {"tokens": tokens, "logits": logits}
    shape = [batch, *((*c.image_size, 3) if g.patches == "rows" else (3, *c.image_size))]
    return g.model([names[one] for one in outputs or ["logits"]], shape, opset)


class Spelled(Graph):
    """One ViT, each part in one of several spellings; change: {part: function of (graph, tensor)} put after it."""

    def __init__(
        self,
        p,
        c,
        batch=2,
        *,
        patches="conv",
        norm="op",
        qkv="three",
        scale="scores",
        gelu="erf",
        change=None,
    ):
        super().__init__()
        self.p, self.c, self.B, self.change = p, c, batch if isinstance(batch, int) else -1, change or {}
        self.patches, self.norm_as, self.qkv, self.scale, self.gelu_as = patches, norm, qkv, scale, gelu

    def mean(self, x, axis, keepdims=1):
        if self.opset < 18:
            return self.add("ReduceMean", x, axes=[axis], keepdims=keepdims)
        return self.add("ReduceMean", x, self.ints(axis), keepdims=keepdims)

    def changed(self, part, x):
        return self.change[part](self, x) if part in self.change else x

    def vit(self):
        p, c, D = self.p, self.c, self.c.hidden_size
        x = self.changed("patches", self.patch_tokens("image"))
        if c.classifier == "token":
            B = self.B if self.B > 0 else 1
            cls = self.array(np.broadcast_to(p["class_token"]["cls"], (B, 1, D)))
            if self.B < 0:
                first = self.add("Slice", self.add("Shape", x), self.ints(0), self.ints(1), self.ints(0))
                cls = self.add("Expand", cls, self.add("Concat", first, self.ints(1, D), axis=0))
            x = self.add("Concat", cls, x, axis=1)
        if "position" in p:
            E_pos = self.changed("table", self.array(p["position"]["E_pos"][None], "E_pos"))
            x = self.changed("positions", self.add("Add", x, E_pos))
        for i in range(c.num_layers):
            b = p["blocks"][i]
            y = self.attention(self.norm(x, b["norm_1"]), b["attention"])
            x = self.add("Add", self.changed("attention", y), x)
            f, y = b["feed_forward"], self.norm(x, b["norm_2"])
            y = self.gelu(self.dense(y, f["W1"], f["b1"]))
            x = self.add("Add", x, self.changed("mlp", self.dense(y, f["W2"], f["b2"])))
        tokens = x = self.norm(self.changed("last", x), p["norm"])
        if c.classifier == "token":
            read = self.add("Gather", x, self.array(np.int64(0)), axis=1)
        else:
            read = self.mean(x, 1, keepdims=0)
        read = self.changed("read", read)
        if c.representation_size:
            r = p["classify"]["pre_logits"]
            read = self.add("Tanh", self.dense(read, r["W"], r["b"]))
        head = p["classify"]["head"]
        logits = self.add("Gemm", read, self.array(head["W"].T), self.array(head["b"]), transB=1)
        return tokens, self.changed("logits", logits)

    def patch_tokens(self, image):
        p, c, D, P = self.p["project"], self.c, self.c.hidden_size, self.c.patch_size
        rows, columns = c.grid
        if self.patches == "conv":
            kernel = self.array(p["W"].reshape(P, P, 3, D).transpose(3, 2, 0, 1))
            x = self.add("Conv", image, kernel, self.array(p["b"]), strides=[P, P])
            return self.swap(self.reshape(x, self.B, D, rows * columns), 0, 2, 1)
        if self.patches == "rows":  # (B, Hᵢ, Wᵢ, C), each patch in our own order
            x = self.reshape(image, self.B, rows, P, columns, P, 3)
            x = self.reshape(self.swap(x, 0, 1, 3, 2, 4, 5), self.B, rows * columns, P * P * 3)
            return self.dense(x, p["W"], p["b"])
        x = self.reshape(image, self.B, 3, rows, P, columns, P)  # channel first
        x = self.reshape(self.swap(x, 0, 2, 4, 1, 3, 5), self.B, rows * columns, 3 * P * P)
        W = p["W"].reshape(P, P, 3, D).transpose(2, 0, 1, 3).reshape(3 * P * P, D)
        return self.dense(x, W, p["b"])

    def norm(self, x, p, eps=None):
        eps = self.c.layer_norm_eps if eps is None else eps
        gamma, beta = self.array(p["gamma"]), self.array(p["beta"])
        if self.norm_as == "op":
            return self.add("LayerNormalization", x, gamma, beta, axis=-1, epsilon=eps)
        centered = self.add("Sub", x, self.mean(x, -1))
        if self.norm_as == "pow":
            squares = self.add("Pow", centered, self.number(2))
            deviation = self.add("Sqrt", self.add("Add", self.mean(squares, -1), self.number(eps)))
            y = self.add("Div", centered, deviation)
        else:  # "mul"
            variance = self.mean(self.add("Mul", centered, centered), -1)
            y = self.add("Sqrt", self.add("Add", self.number(eps), variance))
            y = self.add("Mul", self.add("Reciprocal", y), centered)
        return self.add("Add", self.add("Mul", y, gamma), beta)

    def attention(self, x, p):
        H, K, N = self.c.num_heads, self.c.head_dim, self.c.num_tokens
        D = H * K
        W, b = ([p[f"{kind}_{n}"] for n in "QKV"] for kind in "Wb")
        if self.qkv == "three":
            q, k, v = (
                self.swap(self.reshape(self.dense(x, *pair), self.B, N, H, K), 0, 2, 1, 3)
                for pair in zip(W, b, strict=True)
            )
        elif self.qkv == "split":
            y = self.dense(x, np.concatenate(W, 1), np.concatenate(b))
            parts = self.add("Split", y, self.ints(D, D, D), outputs=3, axis=2)
            q, k, v = (self.swap(self.reshape(one, self.B, N, H, K), 0, 2, 1, 3) for one in parts)
        elif self.qkv == "joined":  # (3, B, H, N, K)
            y = self.dense(x, np.concatenate(W, 1), np.concatenate(b))
            y = self.swap(self.reshape(y, self.B, N, 3, H, K), 2, 0, 3, 1, 4)
            q, k, v = (self.add("Gather", y, self.array(np.int64(i)), axis=0) for i in range(3))
        elif self.qkv == "heads":  # each head's q, k, v beside each other
            W, b = (np.stack([one.reshape(*one.shape[:-1], H, K) for one in found], -2) for found in (W, b))
            y = self.reshape(self.dense(x, W.reshape(D, 3 * D), b.reshape(3 * D)), self.B, N, H, 3 * K)
            parts = self.add("Split", self.swap(y, 0, 2, 1, 3), self.ints(K, K, K), outputs=3, axis=3)
            q, k, v = parts
        else:  # "inner": the head is the fastest index
            W, b = (
                [one.reshape(*one.shape[:-1], H, K).swapaxes(-1, -2).reshape(one.shape) for one in found]
                for found in (W, b)
            )
            q, k, v = (
                self.swap(self.reshape(self.dense(x, *pair), self.B, N, K, H), 0, 3, 1, 2)
                for pair in zip(W, b, strict=True)
            )
        op = self.scale == "op"
        y = self.add("Attention", q, k, v) if op else self.add("MatMul", self.weights(q, k), v)
        y = self.reshape(self.swap(y, 0, 2, 1, 3), self.B, N, D)
        return self.dense(y, p["W_O"], p["b_O"])

    def weights(self, q, k):
        K = self.c.head_dim
        k = self.swap(k, 0, 1, 3, 2)
        if self.scale == "both":
            q, k = (self.add("Mul", one, self.number(K**-0.25)) for one in (q, k))
        if self.scale == "queries":
            q = self.add("Mul", q, self.number(K**-0.5))
        S = self.add("MatMul", q, k)
        if self.scale == "scores":
            S = self.add("Div", S, self.number(math.sqrt(K)))
        return self.changed("weights", self.add("Softmax", self.changed("scores", S), axis=-1))

    def gelu(self, u):
        if "gelu" in self.change:
            return self.change["gelu"](self, u)
        if self.gelu_as == "op":
            return self.add("Gelu", u, approximate="tanh" if self.c.gelu == "tanh" else "none")
        if self.gelu_as == "tanh":
            cube = self.add("Mul", self.add("Pow", u, self.number(3)), self.number(0.044715))
            inner = self.add("Mul", self.add("Add", u, cube), self.number(math.sqrt(2 / math.pi)))
            factor = self.add("Add", self.add("Tanh", inner), self.number(1))
            return self.add("Mul", self.add("Mul", u, self.number(0.5)), factor)
        factor = self.add(
            "Add", self.add("Erf", self.add("Div", u, self.number(math.sqrt(2)))), self.number(1)
        )
        return self.add("Mul", self.add("Mul", u, factor), self.number(0.5))
