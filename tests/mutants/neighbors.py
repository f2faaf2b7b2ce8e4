"""What other libraries' ViTs have: registers, a mean of the patches, attention pooling, quick GELU."""

from mutants.kinds import mistakes

mistakes(
    "ops/registers.py",
    ("registers after 1", "vit, registers"),
    ("in front of the class token", "[x[:, :after], reg, x[:, after:]]", "[reg, x]"),
    ("gradient of the first image only", "dz[:, after : after + R].sum(axis=0)", "dz[0, after : after + R]"),
    ("the registers' gradient goes to the patches", "dz[:, after + R :]]", "dz[:, after:-R]]"),
)
mistakes(
    "ops/patch_mean.py",
    ("patch_mean from 1", "vit, norm of the mean, registers", "vit, registers, gap"),
    ("the tokens before the patches get a share", "    dx[:, first:] = dy", "    dx[:] = dy"),
    ("divided by all tokens", "(shape[1] - first)", "shape[1]"),
)
mistakes(
    "blocks/attention_pool.py",
    ("attention_pool", "vit, attention pooling"),
    ("the residual forgotten", "attention_backward(dy + df,", "attention_backward(df,"),
    ("the way through the MLP forgotten", "attention_backward(dy + df,", "attention_backward(dy,"),
    ("the probe of the first image only", "dprobe.sum(axis=(0, 1))", "dprobe[0, 0]"),
)
mistakes(
    "models/vit/model.py",
    ("vit, norm before the blocks",),
    (
        "the way through the first norm forgotten",
        "        dx, dp = s6_layer_norm.backward(dx, input_norm)\n",
        "        _, dp = s6_layer_norm.backward(dx, input_norm)\n",
    ),
)
mistakes(
    "ops/gelu.py",
    ("gelu quick", "vit, quick gelu"),
    ("slope without the factor", "    slope *= QUICK\n", ""),
    (
        "of the logistic function's own slope",
        "    slope = 1.0 - Phi\n    slope *= Phi\n    slope *= QUICK\n",
        "    slope = 1.0 - Phi\n    slope *= QUICK\n",
    ),
)
