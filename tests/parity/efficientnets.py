"""EfficientNets as timm builds its tf_ models, with random weights and statistics."""

import functools

import torch
from timm.models._efficientnet_builder import decode_arch_def
from timm.models.efficientnet import EfficientNet

SMALL = (("ds_r2_k3_s1_e1_c8_se0.25", "ir_r2_k3_s2_e2_c12_se0.25", "ir_r1_k5_s1_e4_c16_se0.25"), 8, 24)


def build(stages=SMALL[0], stem=SMALL[1], top=SMALL[2], **options):
    """A model of these stages, of which no number of channels is rounded."""
    return EfficientNet(
        block_args=decode_arch_def([[stage] for stage in stages]),
        num_features=top,
        stem_size=stem,
        round_chs_fn=lambda channels: channels,
        act_layer=torch.nn.SiLU,
        norm_layer=functools.partial(torch.nn.BatchNorm2d, eps=1e-3, momentum=0.01),
        pad_type="same",
        **{"num_classes": 5} | options,
    )


def random(model, dtype=torch.float64, seed=0):
    """The model with every parameter and every running statistic random, no ones and no zeros."""
    model, generator = model.to(dtype), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, a in model.state_dict().items():
            noise = torch.randn(a.shape, generator=generator, dtype=torch.float64)
            if a.ndim > 1:  # outputs about as large as inputs
                noise *= (2 / a[0].numel()) ** 0.5
            elif name.endswith("running_var"):
                noise = torch.exp(0.3 * noise)
            elif name.endswith("weight"):
                noise = 1 + 0.2 * noise
            else:
                noise *= 0.3
            if a.is_floating_point():
                a.copy_(noise)
    return model
