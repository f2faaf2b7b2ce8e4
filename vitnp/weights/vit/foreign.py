"""What a ViT of another library has and vitnp has not: left out where it changes nothing, else refused by name.

Imports `errors`, `stored`, `names`.
"""

from vitnp.errors import InputError, shown, some_of
from vitnp.weights.stored import called
from vitnp.weights.vit.names import block_of, names, spell

SWIGLU = "a SwiGLU feed-forward network, which is not built here"
BOTH = "a head on the class token beside the mean of the patches, which is not built here"
# Parts of the names in models that are not ViTs of this kind, and the reason for the refusal.
KINDS = {
    "patch_embeddings.backbone.": "a hybrid of Hugging Face's, whose names are not read; take Google's or timm's file",
    "running_mean": "a BatchNorm, which is not built here",
    "MAPHead": "attention pooling, which is not built here",
    "attn_pool.": "attention pooling, which is not built here",
    "fc_norm.": "a LayerNorm after the mean of the tokens, which is not built here",
    "reg_token": "register tokens, which are not built here",
    "register_tokens": "register tokens, which are not built here",
    "dist_token": "a distillation token, which is not built here",
    "distillation_token": "a distillation token, which is not built here",
    ".mlp.w12.": SWIGLU,  # DINOv2's own code
    ".mlp.weights_in.": SWIGLU,  # Hugging Face's files
    ".mlp.gate_proj.": SWIGLU,  # its state_dict()
    ".mlp.fc1_g.": SWIGLU,  # timm
    "linear_head.": BOTH,
}
# Beginnings of names that the library itself does not read, and the array whose presence is the reason (None: always).
UNUSED = {
    "timm": (("pre_logits.", None),),
    "huggingface": (("vit.pooler.", "classifier.weight"),),
}
# And of those that only the training without labels used.
OF_PRETRAINING = {
    "timm": ("mask_token", "dino_head.", "ibot_head."),
    "huggingface": ("vit.embeddings.mask_token",),
}


def spelled(path, family, arrays):
    """({name in `names.TABLES`: name in the file}, notes); InputError for another kind of ViT."""
    found, notes = {}, []
    for in_file in arrays:
        for part, what in KINDS.items():
            if part in in_file:
                raise InputError(f"{path} holds {called(in_file)}: {what}; name another file")
        name = spell(family, in_file)
        if name in found:
            both = " and ".join(called(one) for one in (found[name], in_file))
            raise InputError(f"{path} holds two models: {both} are the same array")
        found[name] = in_file
    reasons = [(f"as {family} does", start, because) for start, because in UNUSED.get(family, ())]
    reasons += [("as it is for pre-training alone", start, None) for start in OF_PRETRAINING.get(family, ())]
    for why, start, because in reasons:
        unused = [name for name in found if name.startswith(start)]
        if unused and (because is None or because in found):
            notes.append(f"left out, {why}: {some_of([called(found.pop(name)) for name in unused])}")
    return found, notes


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
            raise InputError(f"{path}: {sizes}: {SWIGLU}; name another file")
    head = theirs["classify.head.W"]
    if len(shapes.get(head, ())) == 2 and shapes[head][1] == 2 * hidden_size:
        raise InputError(
            f"{path}: {called(in_file[head])} is {shown(shapes[head])}, twice hidden_size {hidden_size}: {BOTH}; "
            "save the model without its head"
        )
