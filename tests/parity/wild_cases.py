"""The cases of `wild`: a row a file."""

import functools
import re

import torch
from timm.layers import SwiGLUPacked
from timm.models.vision_transformer import ParallelScalingBlock
from torch import nn
from wild import DECODER, changed, linear, of_huggingface, of_timm, of_torchvision, with_head

GAP = {"classifier": "gap"}
CLIP = {"gelu": "quick", "layer_norm_eps": 1e-5}
SIGLIP = {"gelu": "tanh", "layer_norm_eps": 1e-6}
EPS = {"layer_norm_eps": 1e-6}
SWIGLU = functools.partial(SwiGLUPacked)


def several():
    """A head of two dense layers."""
    return nn.Sequential(nn.Linear(24, 8), nn.ReLU(), nn.Linear(8, 3))


def replaced_inside(model):
    """torchvision's heads.head replaced, not all of heads."""
    model.heads.head = nn.Sequential(nn.Dropout(), linear())


TIMM = [
    of_timm("qkv_bias=False", qkv_bias=False),
    of_timm("proj_bias=False", proj_bias=False),
    of_timm("no positions", told={"image_size": 32}, pos_embed="none"),
    of_timm("no_embed_class", no_embed_class=True),
    of_timm("registers with positions", reg_tokens=4),
    of_timm("registers without", reg_tokens=4, no_embed_class=True),
    of_timm("registers, mean, norm", reg_tokens=4, class_token=False, global_pool="avg", fc_norm=False),
    of_timm(
        "registers, mean, fc_norm", reg_tokens=4, class_token=False, global_pool="avg", no_embed_class=True
    ),
    of_timm("class token and mean", told=GAP, global_pool="avg", fc_norm=False),
    of_timm("class token, registers and mean", told=GAP, global_pool="avg", fc_norm=False, reg_tokens=2),
    of_timm("mean and fc_norm", global_pool="avg"),
    of_timm("class token and fc_norm", told={"classifier": "token"}, fc_norm=True),
    of_timm("attention pooling", "vit_base_patch16_siglip_224", {"gelu": "erf"}),
    of_timm("attention pooling, tanh", "vit_so400m_patch16_siglip_256", {"gelu": "tanh"}),
    of_timm("CLIP, erf", "vit_base_patch32_clip_224", {"gelu": "erf"}),
    of_timm("CLIP, quick GELU", "vit_base_patch32_clip_quickgelu_224", {"gelu": "quick"}),
    of_timm("DINOv2 with registers", "vit_small_patch14_reg4_dinov2"),
    of_timm("DeiT-III", "deit3_small_patch16_224"),
    of_timm("registers, LayerScale, positions", reg_tokens=3, init_values=1e-5),
    of_timm("head in a Sequential", change=with_head(lambda: nn.Sequential(nn.Dropout(), linear()))),
    of_timm("head of several layers", change=with_head(several), words="a head of 2 layers"),
    of_timm("distilled DeiT", "deit_tiny_distilled_patch16_224", words="distilled DeiT"),
    of_timm("qk_norm", words="qk_norm", qk_norm=True),
    of_timm("norms within the layers", words="norms within", scale_mlp_norm=True, scale_attn_norm=True),
    of_timm("parallel blocks", words="parallel blocks", block_fn=ParallelScalingBlock, change=id),
    of_timm("SwiGLU", words="SwiGLU", mlp_layer=SWIGLU, change=id),
    of_timm("registers and attention pooling", told={"gelu": "erf"}, global_pool="map", reg_tokens=4),
    of_timm("class token and attention pooling", told={"gelu": "erf"}, global_pool="map"),
    of_timm("BEiT", "beit_base_patch16_224", words="BEiT"),
    of_timm("EVA-02", "eva02_tiny_patch14_224", words="EVA"),
    of_timm("DINOv3", "vit_small_patch16_dinov3", words="DINOv3"),
    of_timm("rotary positions", "vit_small_patch16_rope_224", words="rotary"),
    of_timm("relative positions", "vit_relpos_small_patch16_224", words="relative positions"),
    of_timm(
        "Swin", "swin_tiny_patch4_window7_224", words="Swin", depths=(1, 1), embed_dim=24, num_heads=(2, 2)
    ),
]
HUGGING_FACE = [
    of_huggingface("ViT without biases of Q, K, V", "ViTForImageClassification", "ViTConfig", qkv_bias=False),
    of_huggingface("masked image modeling", "ViTForMaskedImageModeling", "ViTConfig", encoder_stride=8),
    of_huggingface("ViTMAEModel", "ViTMAEModel", "ViTMAEConfig", **DECODER),
    of_huggingface("ViTMAEForPreTraining", "ViTMAEForPreTraining", "ViTMAEConfig", **DECODER),
    of_huggingface("ViTMSNModel", "ViTMSNModel", "ViTMSNConfig", EPS),
    of_huggingface("ViTMSNForImageClassification", "ViTMSNForImageClassification", "ViTMSNConfig", EPS),
    of_huggingface("DeiTModel", "DeiTModel", "DeiTConfig"),
    of_huggingface("DeiTForImageClassification", "DeiTForImageClassification", "DeiTConfig"),
    of_huggingface("IJepaModel", "IJepaModel", "IJepaConfig"),
    of_huggingface("IJepaForImageClassification", "IJepaForImageClassification", "IJepaConfig"),
    of_huggingface(
        "DINOv2 with registers",
        "Dinov2WithRegistersModel",
        "Dinov2WithRegistersConfig",
        EPS,
        num_register_tokens=4,
    ),
    of_huggingface(
        "DINOv2 with registers, a backbone", "Dinov2WithRegistersBackbone", "Dinov2WithRegistersConfig", EPS
    ),
    of_huggingface("CLIPVisionModel", "CLIPVisionModel", "CLIPVisionConfig", CLIP),
    of_huggingface(
        "CLIPVisionModel, erf",
        "CLIPVisionModel",
        "CLIPVisionConfig",
        CLIP | {"gelu": "erf"},
        hidden_act="gelu",
    ),
    of_huggingface("CLIP with a projection", "CLIPVisionModelWithProjection", "CLIPVisionConfig", CLIP),
    of_huggingface("CLIP with its text tower", "CLIPModel", "CLIPConfig", CLIP),
    of_huggingface("SiglipVisionModel", "SiglipVisionModel", "SiglipVisionConfig", SIGLIP),
    of_huggingface("SigLIP with its text tower", "SiglipModel", "SiglipConfig", SIGLIP),
    of_huggingface(
        "SigLIP without its head", "SiglipVisionModel", "SiglipVisionConfig", SIGLIP, vision_use_head=False
    ),
    of_huggingface("SiglipForImageClassification", "SiglipForImageClassification", "SiglipConfig", SIGLIP),
    of_huggingface(
        "CLIP with classes", "CLIPForImageClassification", "CLIPConfig", words="CLIPForImageClassification"
    ),
    of_huggingface(
        "DINOv2 with registers and classes",
        "Dinov2WithRegistersForImageClassification",
        "Dinov2WithRegistersConfig",
        words="beside the mean of the patches",
    ),
    of_huggingface(
        "DINOv2 with SwiGLU",
        "Dinov2WithRegistersModel",
        "Dinov2WithRegistersConfig",
        words="SwiGLU",
        use_swiglu_ffn=True,
    ),
    of_huggingface(
        "distilled DeiT", "DeiTForImageClassificationWithTeacher", "DeiTConfig", words="distilled DeiT"
    ),
    of_huggingface("BEiT", "BeitModel", "BeitConfig", words="BEiT"),
    of_huggingface("BEiT with classes", "BeitForImageClassification", "BeitConfig", words="BEiT"),
    of_huggingface("Data2Vec", "Data2VecVisionModel", "Data2VecVisionConfig", words="Data2Vec"),
    of_huggingface("YOLOS", "YolosModel", "YolosConfig", words="YOLOS", image_size=[32, 32]),
    of_huggingface(
        "YOLOS, detection", "YolosForObjectDetection", "YolosConfig", words="YOLOS", image_size=[32, 32]
    ),
    of_huggingface("DINOv3", "DINOv3ViTModel", "DINOv3ViTConfig", words="ViT"),
    of_huggingface(
        "SigLIP 2, NaFlex", "Siglip2VisionModel", "Siglip2VisionConfig", words="SigLIP 2", num_patches=16
    ),
    of_huggingface(
        "Swin",
        "SwinForImageClassification",
        "SwinConfig",
        words="Swin",
        embed_dim=24,
        depths=[1],
        num_heads=[2],
        image_size=32,
        window_size=2,
    ),
]
TORCHVISION = [
    of_torchvision("heads = Linear", with_head(linear)),
    of_torchvision("heads = Sequential", with_head(lambda: nn.Sequential(nn.Dropout(), linear()))),
    of_torchvision("heads.head = Sequential", replaced_inside),
    of_torchvision("heads of several layers", with_head(several), words="a head of 2 layers"),
]


def of_openai(state):
    """The images' tower of Hugging Face's CLIP under OpenAI's names, beside the text tower."""
    found = {"transformer.resblocks.0.ln_1.weight": torch.ones(16), "logit_scale": torch.ones(())}
    pairs = (
        (r"^vision_model\.", ""),
        (r"embeddings\.class_embedding", "class_embedding"),
        (r"embeddings\.position_embedding\.weight", "positional_embedding"),
        (r"embeddings\.patch_embedding", "conv1"),
        (r"pre_layrnorm", "ln_pre"),
        (r"post_layernorm", "ln_post"),
        (r"encoder\.layers", "transformer.resblocks"),
        (r"layer_norm", "ln_"),
        (r"mlp\.fc1", "mlp.c_fc"),
        (r"mlp\.fc2", "mlp.c_proj"),
        (r"self_attn", "attn"),
    )
    for name, tensor in state.items():
        for pattern, new in pairs:
            name = re.sub(pattern, new, name)
        found[f"visual.{name}"] = tensor
    for name in [name for name in found if ".q_proj." in name]:
        parts = [found.pop(name.replace("q_proj", f"{letter}_proj")) for letter in "qkv"]
        found[name.replace("q_proj.", "in_proj_")] = torch.cat(parts)
    return found


def of_mae(state):
    """A ViT's encoder with the parts of an MAE's decoder, in a dict with what a training keeps."""
    decoder = {"mask_token": torch.ones(1, 1, 16), "decoder_pos_embed": torch.ones(1, 17, 16)}
    decoder |= {"decoder_embed.weight": torch.ones(16, 24), "decoder_blocks.0.norm1.bias": torch.ones(16)}
    return {"model": state | decoder}


OWN = [
    changed(of_huggingface("", "CLIPVisionModel", "CLIPVisionConfig", CLIP), "OpenAI, CLIP", of_openai),
    changed(of_timm("", num_classes=0), "MAE as its authors have it", of_mae),
    changed(
        of_timm("", global_pool="avg"),
        "MAE, fine-tuned, as its authors have it",
        lambda state: {"model": state},
    ),
]
