"""Rules of training: optimizers, schedules, linear evaluation."""

from mutants.kinds import wrong_rules

TWENTY = "test_twenty_steps_of_the_textbook"
MEAN1, MEAN2 = "    m += (1.0 - beta1) * g\n", "    square *= 1.0 - beta2\n"
SORTED = "in sorted(tree.leaves(p), key=by_name)"
wrong_rules(
    "training/optim.py",
    "test_optim",
    TWENTY,
    ("m without its factor", MEAN1, "    m += g\n"),
    ("m not forgotten", "    m *= beta1\n", ""),
    ("β₁ and β₂ exchanged in m", MEAN1, "    m += (1.0 - beta2) * g\n"),
    ("v without its factor", MEAN2, ""),
    ("v not forgotten", "    v *= beta2\n", ""),
    ("v of g, not of g²", "square = g * g", "square = abs(g)"),
    ("the root of v forgotten", "change = v**0.5", "change = v**1.0"),
    ("ε forgotten", "    change += eps\n", "    change += 0.1 * eps + 1e-7\n"),
    ("m̂ without its correction", "correction2**0.5 / correction1, eps", "correction2**0.5, eps"),
    (
        "v̂ without its correction",
        "rate, tiny = lr * correction2**0.5 / correction1",
        "rate, tiny = lr / correction1",
    ),
    ("steps counted from 2", "1.0 - beta1 ** state", "1.0 - beta1 * beta1 ** state"),
    ("the step not counted", '    state["step"] += 1\n', '    state["step"] += state["step"] == 0\n'),
    ("decay of every leaf", "if decayed and shrink != 1.0:", "if shrink != 1.0:"),
    ("decay of none", "if decayed and shrink != 1.0:", "if False:"),
    ("decay without the learning rate", "1.0 - lr * weight_decay", "1.0 - weight_decay"),
    ("decay in the gradient (Adam with L2)", "added = 0.0 if optimizer ==", "added = 0.0 if optimizer !="),
    ("uphill", "theta -= change", "theta += change"),
    ("every group gets the first one's moments", "        start += g.size\n", ""),
    ("the last group forgotten", "    if group:\n        yield group\n", ""),
    optimizer="adamw",
    together=6,
)
wrong_rules(
    "training/optim.py",
    "test_optim",
    TWENTY,
    ("decay of every leaf, in the gradient", "if added and decayed else g", "if added else g"),
    ("decay of none, in the gradient", "g + added * theta if added and decayed else g", "g"),
    ("every leaf gets the first one's change", "            end += theta.size\n", ""),
    ("decay decoupled for Adam", 'if optimizer == "adamw" else 1.0', "if True else 1.0"),
    optimizer="adam",
    together=1000,
)
wrong_rules(
    "training/optim.py",
    "test_optim",
    TWENTY,
    ("momentum forgotten", "    m *= momentum\n", "    m *= 0.0\n"),
    (
        "momentum in the gradient's place",
        "    m += g\n    return",
        "    m += (1.0 - momentum) * g\n    return",
    ),
    ("the gradient alone", "return lr * m", "return lr * g"),
    ("the learning rate forgotten", "return lr * m", "return 1.0 * m"),
    ("the learning rate in the momentum", "m += g\n    return lr * m", "m += lr * g\n    return 1.0 * m"),
    optimizer="sgd",
    together=1,
)
wrong_rules(
    "training/optim.py",
    "test_optim",
    "test_the_order_of_the_leaves_is_nothing",
    ("moments in the order of the tree", SORTED, "in tree.leaves(p)"),
    optimizer="adamw",
)
wrong_rules(
    "training/optim.py",
    "test_optim",
    "test_a_leaf_without_a_flat_view",
    ("a copy is updated in place of the leaf", " and theta.flags.c_contiguous:", ":"),
)
wrong_rules(
    "training/optim.py",
    "test_optim",
    "test_clip_scales_all_leaves_alike",
    ("the norm a leaf at a time", "squares = sum(g @ g for g in flat)", "squares = max(g @ g for g in flat)"),
    ("scaled to 1/norm", "scale(dp, max_norm / norm)", "scale(dp, 1.0 / norm**2)"),
    ("not scaled", "            scale(dp, max_norm / norm)", "            pass"),
)
wrong_rules(
    "training/optim.py",
    "test_optim",
    "test_clip_leaves_a_small_gradient_alone",
    ("small gradients made larger", "if max_norm < norm < math.inf:", "if max_norm < 1e300:"),
)
wrong_rules(
    "training/optim.py",
    "test_optim",
    "test_polyak_averaging",
    ("the share of the past and of the present exchanged", "change *= 1.0 - decay", "change *= decay"),
    ("the sum of all", "change = theta - averaged", "change = theta + 0.0"),
    ("the parameters moved, not their mean", "averaged += change", "theta -= change"),
)
wrong_rules(
    "training/schedules.py",
    "test_schedules",
    "test_warm_up_is_linear",
    ("no warm-up", "min(1.0, step / warmup_steps)", "min(1.0, step)"),
    ("a warm-up from 0", "step / warmup_steps)", "(step - 1) / warmup_steps)"),
)
wrong_rules(
    "training/schedules.py",
    "test_schedules",
    "test_the_end_is_zero_and_stays_zero",
    ("a cosine from the start of the warm-up", "max(total_steps - warmup_steps, 1)", "total_steps"),
    ("a whole cosine", "math.cos(math.pi * p)", "math.cos(2.0 * math.pi * p)"),
    ("beyond the end the rate rises again", "min(max((step", "max(max((step"),
)
wrong_rules(
    "training/schedules.py",
    "test_schedules",
    "test_linear_ends_where_the_released_code_does",
    ("an end of 0", "end=1e-5", "end=0.0"),
    ("the end added", "end + (lr - end)", "end + lr"),
)
wrong_rules(
    "training/schedules.py",
    "test_schedules",
    "test_the_staircase_is_bits",
    ("the rate falls a step too early", "step > round(share", "step >= round(share"),
    ("a half in place of a tenth", "0.1**decays", "0.5**decays"),
    ("one stair alone", "lr * 0.1**decays", "lr * 0.1 ** min(decays, 1)"),
    (
        "shares of the steps after the warm-up",
        "share * total_steps)",
        "share * (total_steps - warmup_steps))",
    ),
    decay_at=(0.4, 0.6, 0.8),
)
wrong_rules(
    "training/schedules.py",
    "test_schedules",
    "test_the_transformers_schedule",
    ("no root", "math.sqrt(max(warmup_steps, 1) / step)", "(max(warmup_steps, 1) / step)"),
    ("the warm-up is steeper", "warmup(step, warmup_steps) * min", "warmup(2 * step, warmup_steps) * min"),
    ("a fall from the first step on", "math.sqrt(max(warmup_steps, 1) / step)", "math.sqrt(1 / step)"),
    width=512,
    steps=100_000,
)
wrong_rules(
    "training/recipes/recipe.py",
    "test_recipes",
    "test_update_options_are_all_that_update_takes",
    ("ε is not the recipe's", '"beta2", "eps")', '"beta2")'),
)
SENTENCES = "test_sentence_training"
wrong_rules(
    "data/loader.py",
    SENTENCES,
    "test_new_pairs_at_every_step",
    ("the source is read without chance", "source.read(rows, rng)", "source.read(rows)"),
)
wrong_rules(
    "tasks/evaluate.py",
    SENTENCES,
    "test_the_accuracy_is_of_whole_sentences",
    ("each batch counts as much", "/ len(rows)", "/ (64 * -(-len(rows) // 64))"),
)
wrong_rules(
    "data/sentences/sources.py",
    SENTENCES,
    "test_a_model_that_does_not_fit",
    ("a longer model is refused", "has < value if", "has != value if"),
    ("any length fits", "has < value if name in LENGTHS", "False if name in LENGTHS"),
    ("any symbols fit", "else has != value:", "else False:"),
)
RULE, NUMBER = "training/recipes/hyperrule.py", "test_the_rule_goes_by_the_number"
SIZE = "test_the_rule_goes_by_the_size"
MANY = {"warm_up": 500, "decay_at": (0.3, 0.6, 0.9), "mixup": 0.1}
wrong_rules(
    RULE,
    "test_hyperrule",
    NUMBER,
    ("20,000 pictures are few", "if count < MEDIUM", "if count <= MEDIUM"),
    count=20_000,
    steps=10_000,
    **MANY,
)
wrong_rules(
    RULE,
    "test_hyperrule",
    NUMBER,
    ("500,000 are not many", "if count < LARGE", "if count <= LARGE"),
    count=500_000,
    steps=20_000,
    **MANY,
)
wrong_rules(
    RULE,
    "test_hyperrule",
    NUMBER,
    ("mixup for few", "(0.4, 0.6, 0.8), 0.0", "(0.4, 0.6, 0.8), 0.1"),
    ("the paper's shares for few", "(0.4, 0.6, 0.8)", "(0.3, 0.6, 0.9)"),
    ("a warm-up that does not go by the steps", "warm_up * steps // own", "warm_up"),
    count=1,
    steps=500,
    warm_up=100,
    decay_at=(0.4, 0.6, 0.8),
    mixup=0.0,
)
wrong_rules(
    RULE,
    "test_hyperrule",
    SIZE,
    ("96x96 is small", "pictures[1] < SMALL_PICTURE", "pictures[1] <= SMALL_PICTURE"),
    pictures=(96, 96),
    asked=None,
    image_size=(384, 384),
    crop="crop_384_of_448",
)
wrong_rules(
    RULE,
    "test_hyperrule",
    SIZE,
    ("by one side", "pictures[0] * pictures[1]", "pictures[0] ** 2"),
    pictures=(300, 30),
    asked=None,
    image_size=(128, 128),
    crop="crop_128_of_160",
)
wrong_rules(
    "analysis/linear_eval.py",
    "test_linear_eval",
    "test_against_least_squares",
    ("targets of 0 and 1", "1.0, -1.0)", "1.0, 0.0)"),
    ("not centered", "(x - mean) / std", "x / std"),
    ("not scaled", "(x - mean) / std", "(x - mean)"),
    ("no penalty", "l2 * np.eye(D)", "0.0 * np.eye(D)"),
    n=200,
    l2=1024.0,
)
wrong_rules(
    "analysis/linear_eval.py",
    "test_linear_eval",
    "test_against_least_squares",
    ("no penalty, few images", "l2 * np.eye(n)", "1e-6 * np.eye(n)"),
    ("a penalty of l2², few images", "l2 * np.eye(n)", "l2 * l2 * np.eye(n)"),
    n=12,
    l2=1024.0,
)
