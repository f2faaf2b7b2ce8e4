"""The gated recurrent unit, the stages of a plain CNN, and the two models made of them."""

from mutants.consistent import CONSISTENT
from mutants.kinds import Consistent, mistakes, wrong_rules

# ---- GRU ----

GRU = "ops/gru.py"
TIME = ("gru", "rnn", "rnn, patches, gap")
BACK = "dh[:, t - 1] += dh[:, t] * z[:, t] + du[:, t] @ W_h.T"
BEFORE = "h[:, t - 1] if t else xp.zeros((B, D), dy.dtype)"
DA, DU = "[da_r, da_z, da_n], axis=1", "[da_r, da_z, da_n * r[:, t]], axis=1"
mistakes(
    GRU,
    TIME,
    ("not through u = h·W_h to the state before", BACK, "dh[:, t - 1] += dh[:, t] * z[:, t]"),
    ("not through z⊙h to the state before", BACK, "dh[:, t - 1] += du[:, t] @ W_h.T"),
    ("not to the state before at all", BACK, "pass"),
    ("to the second state, but not to the first", "        if t:  #", "        if t > 1:  #"),
    ("from the first input to the last", "for t in reversed(range(T)):", "for t in range(T):"),
    ("the last state for the one before the first", BEFORE, "h[:, t - 1]"),
    ("no state before", BEFORE, "xp.zeros((B, D), dy.dtype)"),
    ("z: the sign", "(before - n[:, t])", "(n[:, t] - before)"),
    ("z: the state after for the one before", "(before - n[:, t])", "(h[:, t] - n[:, t])"),
    ("z: only what stays", "(before - n[:, t])", "before"),
    ("n: z for 1 − z", "dh[:, t] * (1.0 - z[:, t])", "dh[:, t] * z[:, t]"),
    ("n: all of the gradient", "dh[:, t] * (1.0 - z[:, t])", "dh[:, t]"),
    ("n: the slope of tanh forgotten", "dn * (1.0 - n[:, t] * n[:, t])", "dn"),
    ("n: the slope of σ for that of tanh", "(1.0 - n[:, t] * n[:, t])", "n[:, t] * (1.0 - n[:, t])"),
    ("r: the factor m forgotten", "sigmoid.backward(da_n * m[:, t],", "sigmoid.backward(da_n,"),
    ("r: the gradient above the tanh", "sigmoid.backward(da_n * m[:, t],", "sigmoid.backward(dn * m[:, t],"),
    ("r: the state for m, as where r stands before the product", "da_n * m[:, t],", "da_n * before,"),
    ("r: at the slope of z", "da_n * m[:, t], r[:, t])", "da_n * m[:, t], z[:, t])"),
    ("z: at the slope of r", "sigmoid.backward(dz, z[:, t])", "sigmoid.backward(dz, r[:, t])"),
    ("z: the slope of σ forgotten", "sigmoid.backward(dz, z[:, t])", "dz"),
    ("m: the factor r forgotten", DU, DA),
    ("the gates exchanged in da", DA, "[da_z, da_r, da_n], axis=1"),
    ("the gates exchanged in du", DU, "[da_z, da_r, da_n * r[:, t]], axis=1"),
    ("W_h: the state after", "h[:, :-1], du[:, 1:]", "h, du"),
    ("W_h: one input early", "h[:, :-1], du[:, 1:]", "h[:, :-1], du[:, :-1]"),
    ("W_h: the gradient of a", "h[:, :-1], du[:, 1:]", "h[:, :-1], da[:, 1:]"),
    ("W_x: the gradient of u", "linear.weight_gradient(x, da)", "linear.weight_gradient(x, du)"),
    ("b: the gradient of u", '"b": linear.bias_gradient(da)', '"b": linear.bias_gradient(du)'),
    ("c: the gradient of a", "linear.bias_gradient(du[", "linear.bias_gradient(da["),
    ("x: the gradient of u", "linear.input_gradient(da, W_x)", "linear.input_gradient(du, W_x)"),
)
mistakes(
    GRU,
    ("gru",),
    ("added to dy itself", "dh = dy.copy()", "dh = dy"),
    clause="unmodified",
)
mistakes(
    "ops/sigmoid.py",
    ("sigmoid", "gru", "rnn"),
    ("the factor σ forgotten", "dy * saved * (1.0 - saved)", "dy * (1.0 - saved)"),
    ("the factor 1 − σ forgotten", "dy * saved * (1.0 - saved)", "dy * saved"),
    ("the slope of tanh", "dy * saved * (1.0 - saved)", "dy * (1.0 - saved * saved)"),
)
CONSISTENT += [
    Consistent(
        "the reset and the update gate exchanged",
        GRU,
        (
            ("r[:, t], z[:, t] = gates[:, :D]", "z[:, t], r[:, t] = gates[:, :D]"),
            (DA, "[da_z, da_r, da_n], axis=1"),
            (DU, "[da_z, da_r, da_n * r[:, t]], axis=1"),
        ),
        "gru",
    ),
    Consistent(
        "z and 1 − z exchanged",
        GRU,
        (
            (
                "(1.0 - z[:, t]) * n[:, t] + z[:, t] * before",
                "z[:, t] * n[:, t] + (1.0 - z[:, t]) * before",
            ),
            (
                "dh[:, t] * (before - n[:, t]), dh[:, t] * (1.0 - z[:, t])",
                "dh[:, t] * (n[:, t] - before), dh[:, t] * z[:, t]",
            ),
            ("+= dh[:, t] * z[:, t] +", "+= dh[:, t] * (1.0 - z[:, t]) +"),
        ),
        "gru",
    ),
    Consistent(
        "c outside the reset gate, as one bias with b",
        GRU,
        (
            ('m[:, t] = u[:, 2 * D :] + p["c"]', "m[:, t] = u[:, 2 * D :]"),
            ("2 * D :] + r[:, t] * m[:, t])", '2 * D :] + p["c"] + r[:, t] * m[:, t])'),
            ("linear.bias_gradient(du[", "linear.bias_gradient(da["),
        ),
        "gru",
    ),
    Consistent(
        "tanh(x) for tanh(x/2)",
        "ops/sigmoid.py",
        (("t = 0.5 * x", "t = 1.0 * x"), ("dy * saved * (1.0 - saved)", "2.0 * dy * saved * (1.0 - saved)")),
        "sigmoid",
    ),
]
wrong_rules(
    GRU,
    "test_gru",
    "test_initial_weights",
    (
        "weights of one half of the range",
        "(inputs, 3 * width), width**-0.5",
        "(inputs, 3 * width), 0.5 * width**-0.5",
    ),
    ("scaled by the inputs", "(width, 3 * width), width**-0.5", "(width, 3 * width), (3 * width) ** -0.5"),
)

# ---- stages of a plain CNN ----

STAGE = "blocks/conv_stage.py"
STAGES = ("conv_stage", "conv_stage, recomputed", "cnn")
mistakes(
    STAGE,
    STAGES,
    ("ReLU's slope forgotten", "du = relu.backward(dy, saved_relu)", "du = dy"),
    ("b: the gradient above the ReLU", '"b": column_sums(du)', '"b": column_sums(dy)'),
    ("b: the mean for the sum", '"b": column_sums(du)', '"b": column_sums(du) / len(du)'),
    (
        "kernel and input: the gradient above the ReLU",
        "conv.backward(du, saved_conv)",
        "conv.backward(dy, saved_conv)",
    ),
    ("the layers from the first on", "reversed(list(enumerate(layers)))", "enumerate(layers)"),
    ("a layer's gradient one layer early", "dx, dp[layer] =", "dx, dp[layer + 1] ="),
)
mistakes(
    STAGE,
    ("conv_stage, recomputed", "cnn, recomputed"),
    ("computed once more with another pool", "pool_size=saved.pool_size)", "pool_size=saved.pool_size + 1)"),
    (
        "computed once more without the pool's place",
        "forward(saved.x, saved.p,",
        "forward(-saved.x, saved.p,",
    ),
)
mistakes(
    STAGE,
    ("conv_stage", "cnn"),
    ("the layers in another order", "return dx, dict(reversed(dp.items()))", "return dx, dp"),
    clause="tree",
)
CONSISTENT += [
    Consistent(
        "no ReLU",
        STAGE,
        (("relu.forward(u)", "(u, u)"), ("relu.backward(dy, saved_relu)", "dy")),
        "conv_stage",
    ),
    Consistent(
        "the mean for the maximum",
        STAGE,
        (("pool.max_forward", "pool.mean_forward"), ("pool.max_backward", "pool.mean_backward")),
        "conv_stage",
    ),
]

# ---- the models ----

CNN, RNN = "models/cnn.py", "models/rnn.py"
mistakes(
    CNN,
    ("cnn", "cnn, recomputed"),
    (
        "a stage's gradient one stage early",
        'f"stages.{len(saved.stages)}"',
        'f"stages.{len(saved.stages) + 1}"',
    ),
    ("the places in another order", "dx.reshape(saved.shape)", "dx.transpose(0, 2, 1).reshape(saved.shape)"),
)
mistakes(
    RNN,
    ("rnn", "rnn, recomputed"),
    (
        "a layer's gradient one layer early",
        'f"layers.{len(saved.layers)}"',
        'f"layers.{len(saved.layers) + 1}"',
    ),
    (
        "the rows from below",
        "return dx.reshape(saved.shape) if",
        "return dx[:, ::-1].reshape(saved.shape) if",
    ),
    (
        "the last state's gradient at every state",
        "dx = rows.backward(dx, saved.rows)",
        "dx = 0 * rows.backward(dx, saved.rows) + dx",
    ),
)
mistakes(
    RNN,
    ("rnn, patches, gap",),
    ("patches as rows", "s1_patchify.backward(dx, saved.patches)", "dx.reshape(saved.shape)"),
)
CONSISTENT += [
    Consistent("the first state read", RNN, (("slice(-1, None)", "slice(0, 1)"),), "rnn"),
    Consistent("the first place for the mean", CNN, (('classifier="gap"', 'classifier="token"'),), "cnn"),
    Consistent(
        "the rows from below",
        RNN,
        (
            ("images.reshape(len(images), config", "images[:, ::-1].reshape(len(images), config"),
            ("dx.reshape(saved.shape) if", "dx.reshape(saved.shape)[:, ::-1] if"),
        ),
        "rnn",
    ),
]
wrong_rules(
    CNN,
    "test_cnn",
    "test_every_named_tensor_and_its_gradient",
    ("layers counted from the first on the way back", "(stages - i) * layers - 1 - j", "i * layers + j"),
    ("dy for du", '"du", back', '"dy", back'),
    fields={},
)
wrong_rules(
    CNN,
    "test_cnn",
    "test_multiply_adds_are_those_of_a_run",
    (
        "every convolution as the first",
        "inputs * outputs + (config.convolutions - 1) * outputs * outputs",
        "config.convolutions * inputs * outputs",
    ),
    ("no pool", "outputs, rows // config.pool_size, columns", "outputs, rows, columns"),
    fields={},
)
wrong_rules(
    "ops/initializers.py",
    "test_cnn",
    "test_initial_weights",
    ("LeCun's deviation for He's", "math.sqrt(2.0 / shape[0])", "math.sqrt(1.0 / shape[0])"),
)
wrong_rules(
    RNN,
    "test_rnn",
    "test_another_size_needs_inputs_of_as_many_values",
    (
        "patches of another width refused",
        "new.inputs != config.inputs:",
        "new.image_size[1] != config.image_size[1]:",
    ),
)
