"""Every operator of a graph once, in its order: what each makes of what is known so far. Imports its neighbors.

Nothing is computed but shapes. What is none of a ViT's parts becomes `Unknown`, and so does all that is made of it: a
decoder behind the ViT may be anything.
"""

import numpy as np

from vitnp.errors import InputError, quoted
from vitnp.weights.onnx import attention, file, functions, layout, products, rules, streams
from vitnp.weights.onnx.asked import second
from vitnp.weights.onnx.constants import Constant, known
from vitnp.weights.onnx.fold import fold
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.onnx.moves import MOVES
from vitnp.weights.onnx.tensors import STREAMS, Image, Norm, Tensor, Unknown, depth

ADDS = ("Add", "Sum", "Sub", "Mul", "Div")


class Walk:
    """What is known of each tensor of a graph, for pictures of one size."""

    def __init__(self, path, model, picture, shape):
        """picture: the name of the graph's input that is one; shape: {"B": …, "C": …, "H": …, "W": …}, in its order."""
        self.path, self.model = path, model
        self.opset = max(
            (one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), default=1
        )
        self.values, self.makers = {}, {}  # by name: what is known, the node that made it
        self.norms, self.stream = [], None  # of streams; the stream with the most residuals
        self.broken = {}  # {a stream: why nothing is known of what reads it}: it may go on where no block is seen
        self.refused = {}  # {a stream: why nothing is known of what first reads it or its mean}
        self.reason = None  # the first Unknown that depends on the picture
        context = file.package().checker.C.CheckerContext()
        context.ir_version = model.ir_version
        context.opset_imports = {one.domain: one.version for one in model.opset_import}
        self.context = context
        for tensor in model.graph.initializer:
            self.values[tensor.name] = self._constant(tensor)
        for one in model.graph.input:
            self.values.setdefault(one.name, Unknown(f"a second input, {quoted(one.name)}"))
        self.values[picture] = image(shape)
        self.run(model.graph.node)

    def run(self, nodes):
        """Go through the nodes."""
        for node in nodes:
            self.check(node)
            try:
                inputs = [self.values[name] if name else None for name in node.input]
            except KeyError as problem:
                raise InputError(
                    f"{self.path}: the operator {quoted(node.op_type)} reads {quoted(problem.args[0])}, which nothing "
                    "before it makes; export the model again"
                ) from None
            made = self._made(node, inputs)
            made = made if isinstance(made, list) else [made] * len(node.output)
            for name, value in zip(node.output, made, strict=False):
                self.values[name], self.makers[name] = value, node
                self._keep(value)

    def check(self, node):
        """Raise InputError for a node that is not as ONNX has it: attributes of another kind, too few inputs."""
        onnx = file.package()
        try:
            if (
                node.op_type != "If"
            ):  # of its branches the one that is run is checked, and knows the names around it
                onnx.checker.check_node(node, self.context)
            schema = onnx.defs.get_schema(node.op_type, self.opset, "")
            optional = onnx.defs.OpSchema.FormalParameterOption.Optional
            for i, name in enumerate(node.input):
                if not name and schema.inputs[min(i, len(schema.inputs) - 1)].option != optional:
                    raise onnx.checker.ValidationError(f"its input {i} is left out")
        except (onnx.checker.ValidationError, onnx.defs.SchemaError, UnicodeDecodeError) as problem:
            why = str(problem).strip().partition("\n")[0]
            raise InputError(
                f"{self.path}: the operator {quoted(node.op_type)} is not as ONNX has it ({why[:120]}); "
                "export the model again"
            ) from None

    def _constant(self, tensor):
        try:
            return file.constant(self.path, tensor)
        except Unlike as problem:
            return Unknown(str(problem))

    def _keep(self, value):
        if isinstance(value, Tensor):
            if isinstance(value.base, STREAMS):
                if self.stream is None or depth(value.base) >= depth(self.stream):
                    self.stream = value.base
            elif isinstance(value.base, Norm) and value.base not in self.norms:
                self.norms.append(value.base)

    def _made(self, node, inputs):
        """What a node makes: a value, or a list of one for each output."""
        unknown = next((one for one in inputs if isinstance(one, Unknown)), None)
        try:
            if unknown is not None:
                raise Unlike(unknown.reason)
            attributes = file.attributes(self.path, node)
            return self._rule(node.op_type, inputs, attributes)
        except Unlike as problem:
            tensors = [one for one in inputs if isinstance(one, Tensor)]
            made = Unknown(str(problem))
            if tensors or unknown is not None:
                self.reason = self.reason or made.reason
            for one in tensors:
                stream = getattr(one.base, "x", one).base  # itself, or what its mean is of
                if isinstance(stream, STREAMS):
                    self.refused.setdefault(stream, made.reason)
                if isinstance(one.base, STREAMS):
                    where = f"in block {depth(stream) // 2 + 1}: " if node.op_type in ADDS else ""
                    self.broken.setdefault(stream, where + made.reason)
            return [made] * len(node.output)

    def _rule(self, op, inputs, attributes):
        first = inputs[0] if inputs else None
        if op == "Constant":
            return constant_of(attributes)
        if op == "If":
            return self._branch(first, attributes)
        if op == "Attention":
            return [attention.attention(inputs, attributes), *[Unknown("what attention keeps")] * 3]
        if not any(isinstance(one, Tensor) for one in inputs):
            return fold(op, inputs, attributes, self.opset)
        if op in MOVES and isinstance(first, Tensor):
            made = MOVES[op](first, inputs[1:], attributes)
            return [made, Unknown("dropout's mask")] if op == "Dropout" else made
        if op == "Conv":
            return products.conv(first, inputs[1], (inputs[2:] or [None])[0], attributes)
        if op == "MatMul":
            return attention.matmul(*inputs)
        if op == "Gemm":
            return products.gemm(*inputs[:2], (inputs[2:] or [None])[0], attributes)
        if op in ("Add", "Sum") and len(inputs) == 2:
            return rules.binary("Add", *inputs)
        if op in functions.BINARY:
            return rules.binary(op, *inputs)
        if op == "Softmax":
            old = self.opset < 13
            return attention.softmax(first, attributes.get("axis"), self.opset, 1 if old else -1)
        if op == "Concat":
            return streams.concatenated(inputs, attributes.get("axis", 0))
        if op == "ReduceMean":
            axes = second(inputs, attributes, "axes")
            return streams.mean(first, axes, attributes.get("keepdims", 1))
        if op == "LayerNormalization":
            return layer_norm(inputs, attributes)
        if op == "Gelu":
            how = attributes.get("approximate", "none")
            return rules.elementwise(first, functions.gelu_tanh if how == "tanh" else functions.gelu_erf)
        if op in functions.UNARY:
            return rules.elementwise(first, functions.UNARY[op])
        if op in ("IsNaN", "Where"):
            return attention.unmasked(op, inputs)
        raise Unlike(f"the operator {op}")

    def _branch(self, condition, attributes):
        """The branch of an If whose condition is known."""
        if not isinstance(condition, Constant) or condition.size != 1:
            raise Unlike("an If whose condition depends on the picture")
        graph = attributes["then_branch" if condition.read().all() else "else_branch"]
        for tensor in graph.initializer:
            self.values[tensor.name] = self._constant(tensor)
        self.run(graph.node)
        return [self.values.get(one.name, Unknown("an If that gives nothing")) for one in graph.output]


def image(shape):
    """The Tensor of the graph's input."""
    kinds = {"B": "images", "C": "channels", "H": "rows", "W": "columns"}
    base = Image((shape["H"], shape["W"]), shape["C"])
    return Tensor(base, tuple(layout.whole(layout.Root(size, kinds[one])) for one, size in shape.items()))


def constant_of(attributes):
    """The value of a Constant node."""
    for name, kind in (
        ("value_int", np.int64),
        ("value_ints", np.int64),
        ("value_float", "f4"),
        ("value_floats", "f4"),
    ):
        if name in attributes:
            return known(np.array(attributes[name], kind))
    if isinstance(attributes.get("value"), Constant):
        return attributes["value"]
    raise Unlike("a Constant of text, or with few numbers that are not zero")


def layer_norm(inputs, attributes):
    """The operator LayerNormalization."""
    x, gamma, beta = (*inputs, None)[:3]
    if not isinstance(x, Tensor) or attributes.get("axis", -1) not in (-1, len(x.axes) - 1):
        raise Unlike("a LayerNorm over more than the features")
    norm = streams.norm_of(x, functions.rounded(attributes.get("epsilon", 1e-5)))
    made = Tensor(norm, x.axes)
    made = rules.binary("Mul", made, gamma)
    made = made if beta is None else rules.binary("Add", made, beta)
    return [made, Unknown("a LayerNorm's mean"), Unknown("a LayerNorm's deviation")]
