"""What a ViT of another library has and vitnp has not: left out where it changes nothing, else refused by name.

Imports `errors`, `stored`, `heads`, `names`.
"""

import re

from vitnp.errors import InputError, shown, some_of
from vitnp.weights.stored import called
from vitnp.weights.vit import heads
from vitnp.weights.vit.names import block_of, names, spell

SWIGLU = "a ViT with a SwiGLU feed-forward network, which is not built here"
BOTH = "a head on the class token beside the mean of the patches, which is not built here"
PARALLEL = "a ViT with parallel blocks, which are not built here"
# (pattern of a name in models that are not ViTs of this kind, the model and what is not built), the surest first.
KINDS = (
    (r"\.modules_to_save\.", "a model under PEFT's names: save it after merge_and_unload()"),
    (
        r"time_embed(dings)?$|temporal_att(entio)?n\.|attention\.attention\.q_bias$",
        "TimeSformer or VideoMAE, a model of videos, which is not built here",
    ),
    (r"[xyhw]_position_embeddings\.", "LayoutLMv3, a model of documents, which is not built here"),
    (r"attn_mask_probs$|(^|\.)upscale_block\.", "EoMT, which segments images and is not built here"),
    (
        r"attention\.projection_layer\.|encoder\.layers\.\d+\.ls[12]$",
        "InternViT, the vision tower of InternVL, which is not built here",
    ),
    (
        r"\.self_attn\.(qkv|projection)\.",
        "the vision tower of BLIP or BLIP-2, whose names are not read",
    ),
    (r"class_pos_emb$", "MLCD: its rotary positions are not built here"),
    (
        r"encoder\.stages\.\d+\.layers\.\d+\.attn\.|stages\.\d+\.blocks\.\d+\.attn\.rel_pos_|(^|\.)blocks\.\d+\.proj\.",
        "Hiera or MViT: its stages are not built here",
    ),
    (r"\.rel_pos_[hw]$", "the image encoder of SAM or ViTDet: its relative positions are not built here"),
    (r"blocks_token_only\.", "CaiT: its class attention is not built here"),
    (r"\.gating_param$", "ConViT: its gated attention is not built here"),
    (r"stages\.\d+\.blocks\.\d+\.attn\.(q|sr)\.", "PVT: its stages are not built here"),
    (
        r"patch_embeddings\.backbone\.",
        "a hybrid of Hugging Face's, whose names are not read; take Google's or timm's file",
    ),
    (r"rope_embed\.|storage_tokens", "DINOv3: its rotary positions are not built here"),
    (r"detection_tokens|mid_position_emb", "YOLOS, a detector: its detection tokens are not built here"),
    (r"(^|\.)layers\.\d+\.blocks\.", "Swin: its attention in windows is not built here"),
    (
        r"relative_position_bias|\.lambda_[12]$|pooler\.layernorm\.",
        "BEiT or Data2Vec-Vision: the relative positions of their blocks are not built here",
    ),
    (r"(^|\.|shared_)rel_pos\.", "a ViT with relative positions of timm's kinds, which are not built here"),
    (r"\.q_bias$|(^|\.)rope\.|\.freqs$", "EVA or a ViT with rotary positions, which are not built here"),
    (r"\.[qk]_norm\.", "a ViT with norms of its queries and keys (qk_norm), which are not built here"),
    (r"blocks\.\d+\.(attn|mlp)\.norm\.", "a ViT with norms within its layers, which are not built here"),
    (r"\.attns\.|\.ffns\.|\.in_norm\.|\.(attn|mlp)_out_proj\.", PARALLEL),
    (r"\.mlp\.w12\.", SWIGLU),  # DINOv2's own code
    (r"\.mlp\.(weights_in|gate_proj|fc1_g)\.", SWIGLU),  # Hugging Face's files, its state_dict(), timm
    (
        r"(^|\.)dist_token$|(cls|distillation)_classifier\.",
        "a distilled DeiT: its second head, on a distillation token, is not built here",
    ),
    (
        r"linear_head\.",
        "DINOv2 with a head on the class token beside the mean of its patches, which is not built here",
    ),
    (r"attn_pool\.pos_embed$", "a ViT whose attention pooling has positions, which are not built here"),
    (r"patch_embed\.norm\.", "a ViT with a norm of the projected patches, which is not built here"),
    (r"running_mean$", "a model with a BatchNorm, which is not built here"),
)
# Parts of names that are read alone and not together, and what the model is.
TOGETHER = (
    (
        r"pre_layrnorm\.",
        r"^classifier\.",
        "CLIPForImageClassification: the mean of patches without the last LayerNorm, which is not built here",
    ),
    (
        r"(^|\.)norm\.weight$",
        r"(^|\.)fc_norm\.weight$",
        "a ViT with a LayerNorm before its pooling and one after it, which is not built here",
    ),
)
# Beginnings of names that the library itself does not read, and the array whose presence is the reason (None: always).
UNUSED = {
    "timm": (("pre_logits.", None),),
    "huggingface": (("vit.pooler.", "classifier.weight"), ("vit.head.", "classifier.weight")),
}
# How a head is read beside what is left out, though other code than the library's may read it.
HEADS = {
    "vit.pooler.": "on the class token, the pooler left out",
    "vit.head.": "on the mean of the patches, the attention pooling left out",
}
# And patterns of what does not belong to the ViT, with the reason why it is left out.
PRETRAINING = "as it is for pre-training alone"
DECODER = "the decoder of an MAE, of which this is the encoder"
TEXT = "the text tower, and what compares it with the images"
PROJECTION = "the projection to an embedding: the model gives what it projects"
OTHER_PARTS = {
    "google": ((r"txt/|[tb]$", TEXT),),
    "timm": (
        (r"mask_token$|masked_embed$|dino_head\.|ibot_head\.", PRETRAINING),
        (r"decoder_", DECODER),
        (r"visual\.proj$", PROJECTION),
        (r"(transformer|token_embedding|ln_final)\.|(positional_embedding|text_projection)$", TEXT),
        (r"(logit_scale|logit_bias|input_resolution|context_length|vocab_size)$", TEXT),
    ),
    "huggingface": (
        (r"vit\.embeddings\.mask_token$|decoder\.\d+\.", PRETRAINING),
        (r"decoder\.", DECODER),
        (r"visual_projection\.", PROJECTION),
        (r"text_model\.|text_projection\.|logit_scale$|logit_bias$", TEXT),
        (r"vit\.embeddings\.position_ids$", "as it counts the positions"),
    ),
}


def spelled(path, family, arrays):
    """({name in `names.TABLES`: name in the file}, notes); InputError for another kind of ViT."""
    found, notes = {}, []
    for pattern, what in KINDS:
        if name := next((name for name in arrays if re.search(pattern, name)), None):
            raise _another(path, what, name)
    _check_parts(path, arrays)
    for in_file in arrays:
        name = spell(family, in_file)
        if name in found:
            both = " and ".join(called(one) for one in (found[name], in_file))
            raise InputError(f"{path} holds two models: {both} are the same array")
        found[name] = in_file
    unused = [(f"as {family} does", re.escape(start), needs) for start, needs in UNUSED.get(family, ())]
    unused += [(why, pattern, None) for pattern, why in OTHER_PARTS.get(family, ())]
    for why, pattern, needs in unused:
        names_of_it = [name for name in found if re.match(pattern, name)]
        if names_of_it and (needs is None or needs in found):
            notes.append(f"left out, {why}: {some_of([called(found.pop(name)) for name in names_of_it])}")
    kernel = found.get(names(family, 0)["project.W"])
    rank = len(arrays[kernel].shape) if kernel else 0
    if family == "huggingface" and rank == 2:
        raise _another(path, "SigLIP 2 with any number of patches (NaFlex), which is not built here", kernel)
    if family == "huggingface" and rank == 5:
        raise _another(path, "a ViT of videos, whose patches have a time; it is not built here", kernel)
    return heads.replaced(path, family, found), notes


def _check_parts(path, arrays):
    """Raise InputError for parts that are built here, but not together."""
    for one, other, what in TOGETHER:
        both = [next((name for name in arrays if re.search(part, name)), None) for part in (one, other)]
        if all(both):
            raise _another(path, what, *both)
    scale = next((name for name in arrays if ".gamma_" in name), None)
    if scale and not any("pos_embed" in name for name in arrays):
        raise _another(path, "DINOv3 or EVA: its positions are rotary, which are not built here", scale)


def _another(path, what, *names):
    """The InputError for a file that is something else, which these names in it show."""
    return InputError(f"{path} is {what} ({', '.join(map(called, names))}); name another file")


def left_in_doubt(family, arrays, architectures):
    """[(part, how it is read)] of what is left out as the library does, though other code may have used it.

    arrays: names in the spelling of `names.TABLES`; architectures: the classes of transformers that are named.
    """
    if family == "timm":
        return [("pre_logits", "left out")] if any(name.startswith("pre_logits.") for name in arrays) else []
    if any(str(name).endswith("ForImageClassification") for name in architectures):
        return []
    parts = [start for start, needs in UNUSED.get(family, ()) if needs in arrays]
    return [("head", HEADS[start]) for start in parts if any(name.startswith(start) for name in arrays)]


def check_shapes(path, family, in_file, shapes, hidden_size):
    """Raise InputError for another kind of ViT under the names of this one.

    in_file, shapes: {name in `names.TABLES`: name in the file, shape}.
    """
    if family == "google":
        return
    theirs = names(family, 1)
    for i in sorted({block_of(family, name) for name in shapes} - {None}):
        first, second = (
            theirs[f"blocks.0.feed_forward.{leaf}"].replace("0", str(i), 1) for leaf in ("b1", "W2")
        )
        b1, W2 = shapes.get(first), shapes.get(second)
        # timm joins the two matrices of SwiGLU, of which half as many values come out.
        if b1 and W2 and len(W2) == 2 and b1[0] == 2 * W2[1]:
            sizes = f"{called(in_file[first])} has {b1[0]} outputs, {called(in_file[second])} {W2[1]} inputs"
            raise _another(path, SWIGLU, sizes)
    head = theirs["classify.head.W"]
    if len(shapes.get(head, ())) == 2 and shapes[head][1] == 2 * hidden_size:
        raise InputError(
            f"{path}: {called(in_file[head])} is {shown(shapes[head])}, twice hidden_size {hidden_size}: {BOTH}; "
            "save the model without its head"
        )
