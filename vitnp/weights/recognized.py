"""Which model a file holds, by the names of its arrays: for messages about files that cannot be read.

Imports `errors`, `stored`.
"""

import re

from vitnp.weights.stored import called

AROUND = r"(?:^|[./])"  # the beginning of a part of a name
# (pattern of a name, the model), the surest first: of a file without a ViT, and beside a ViT.
MODELS = (
    (
        r"lora_(A|B|embedding|down|up)\b",
        "a LoRA adapter to be merged into its model",
    ),
    (r"exp_avg(_sq)?$|momentum_buffer$", "the state of an optimizer"),
    (
        rf"{AROUND}decoder_(blocks|embed|pred)\b|decoder\.decoder_",
        "a masked autoencoder (MAE) with its decoder",
    ),
    (r"prompt_encoder\.|mask_decoder\.", "SAM, which segments images"),
    (r"\.rel_pos_[hw]$", "the image encoder of SAM or ViTDet, with relative positions"),
    (r"positional_embedding_vlm$|tile_(positional_)?embedding\b", "the vision tower of Llama"),
    (rf"{AROUND}embeds\.(proj\.|pos_embed|reg_token)", "NaFlexViT, with any number of patches"),
    (r"\.attention_biases$", "LeViT or a ViT with biases of its attention"),
    (r"attention\.spatial_reduction\.|attn\.sr\.", "PVT, with stages"),
    (r"text_decoder\.|attn_pool\.(query|ln_[qk])\b", "a CoCa"),
    (r"message_attn\.", "X-CLIP, a model of videos"),
    (rf"{AROUND}pre_layernorm\.", "OWL-ViT, a detector"),
    (rf"{AROUND}patch_conv\.", "the vision tower of Pixtral, with rotary positions"),
    (r"patch_embeddings\.proj\.", "V-JEPA 2, a model of videos"),
    (rf"{AROUND}embeddings\.projection\.", "ViTDet under Hugging Face's names"),
    (r"\.ls_[12]\.gamma$", "a CLIP with LayerScale under open_clip's names"),
    (r"detection_tokens", "YOLOS, a detector"),
    (rf"{AROUND}(class|bbox|query)_embed\.|bbox_predictor\.", "DETR or a detector like it"),
    (rf"{AROUND}(rpn|roi_heads)\.", "a detector with proposed regions (R-CNN)"),
    (r"model\.\d+\.(cv\d|m|dfl|bn|conv)\.", "YOLO, a detector"),
    (rf"{AROUND}(decode_head|auxiliary_head|aux_classifier)\.", "a model that segments images"),
    (r"adaLN_modulation", "a diffusion transformer (DiT)"),
    (r"(down|up)_blocks\.\d|(input|output)_blocks\.\d|time_embed(ding)?\.", "a diffusion model (UNet)"),
    (r"quant_conv\.|(en|de)coder\.(down|up)\.\d+\.block", "an autoencoder of images (VAE)"),
    (r"rope_embed|storage_tokens", "DINOv3, with rotary positions"),
    (rf"{AROUND}rope\.|\.freqs$|\.q_bias$", "EVA or a ViT with rotary positions"),
    (rf"{AROUND}swin|{AROUND}layers\.\d+\.blocks\.|features\.\d+\.\d+\.attn\.relative", "Swin"),
    (r"relative_position_bias", "BEiT or a ViT with relative positions"),
    (r"conv_dw\.|dwconv\.|pwconv\d|layer_scale_parameter|features\.\d+\.\d+\.layer_scale", "ConvNeXt"),
    (
        r"\.depthwise_conv\.depthwise_|\.squeeze_excite\.",
        "an EfficientNet under Hugging Face's names, of which timm's are read",
    ),
    (
        r"features\.\d+\.\d+\.block\.\d+\.\d+\.",
        "an EfficientNet under torchvision's names, of which timm's are read",
    ),
    (
        rf"{AROUND}_conv_stem\.|\._depthwise_conv\.",
        "an EfficientNet under the names of another PyTorch code, of which timm's are read",
    ),
    (
        rf"{AROUND}conv_stem\.|\.conv_pwl?\.|features\.\d+\.(\d+\.)?(block|conv)\.|\.(ex|re)pand_1x1\.",
        "a MobileNet or a model like it",
    ),
    (r"denseblock\d", "a DenseNet"),
    (rf"{AROUND}layer[1-4]\.\d+\.(conv|bn)\d|{AROUND}resnet\.(encoder|embedder)", "a ResNet with BatchNorm"),
    (rf"{AROUND}(Mixed_\d|inception\d)", "an Inception network"),
    (r"mlp_tokens\.|MixerBlock|token_mixing", "an MLP-Mixer"),
    (rf"{AROUND}(conv_root|gn_root)/|block\d+/unit\d+/", "a ResNet in front of a ViT (a hybrid)"),
    (r"to_patch_embedding\.", "a ViT of vit-pytorch, which has other norms than the published ones"),
    (
        r"transformer\.embeddings\.patch_embeddings\.",
        "a ViT under the names of jeonsworld's code, which are not read",
    ),
    (r"patch_embed\.projection\.|\.ln1\.", "a ViT under mmpretrain's names, which are not read"),
    (rf"{AROUND}visual\.", "a CLIP of another kind"),
    (rf"{AROUND}text_model\.|text_projection|token_embedding\.", "the text tower of a CLIP"),
    (r"feature_extractor\.conv_layers|\.conv_layers\.\d", "a model of speech (wav2vec 2.0)"),
    (rf"{AROUND}(wte|wpe)\.|attn\.c_attn\.", "GPT-2, a language model"),
    (r"word_embeddings\.|token_type_embeddings", "BERT or a language model like it"),
    (r"embed_tokens\.|lm_head\.|\.SelfAttention\.|self_attn\.q_proj\.", "a language model"),
)
# And of a file without a ViT alone.
ALONE = (
    (rf"{AROUND}(cls|class|dist|distillation)_token", "a ViT under names that are not read"),
    (r"weight_[ih]h_l\d", "a recurrent network of PyTorch"),
    (r"self_attn\.in_proj_weight", "a transformer of PyTorch's nn.TransformerEncoder"),
    (r"running_mean$", "a network with BatchNorm"),
    (rf"{AROUND}features\.\d+\.weight$", "a VGG or an AlexNet"),
    (rf"{AROUND}conv\d*(_\d+)?\.weight$", "a small convolutional network"),
)
HEAD = re.compile(r"((.*[./])?(head|heads|fc|classifier|linear|[0-9]+)\.)?(weight|bias)")


def model(names):
    """(what the names of a file without a ViT show, the name that shows it); ("", "") where they show nothing."""
    what, name = _first(MODELS + ALONE, names)
    if not what and 0 < len(names) < 9 and all(HEAD.fullmatch(name) for name in names):
        return "a head or a few dense layers alone", called(next(iter(names)))
    return what, name


def beside(names):
    """What the names show that a ViT has not; "" where they show nothing."""
    return _first(MODELS, names)[0]


def _first(models, names):
    for pattern, what in models:
        found = re.compile(pattern)
        if name := next((name for name in names if found.search(name)), None):
            return what, called(name)
    return "", ""
