"""Files of training scripts: what stands before the names, the keys around the weights, and what lies beside them."""

import argparse
import collections
import datetime
import functools
import pathlib

import numpy as np
import pytest
import safetensors.numpy
from checkpoint_files import TOKEN, arrays_of, opcodes, program_file, random_model, same, saved_file, text

from vitnp import InputError, preset, weights
from vitnp.commands.cli import main
from vitnp.errors import Assumed
from vitnp.weights import beside, families, kinds, recognized, wrapped
from vitnp.weights.stored import Stored
from vitnp.weights.vit import assumed

SIZE = {"image_size": TOKEN.image_size}


def behind(before, arrays):
    return {before + name: array for name, array in arrays.items()}


@functools.cache
def arrays_in(format, folder):
    (folder / format).mkdir(exist_ok=True)
    return arrays_of(folder / format, format, TOKEN)


@functools.cache
def right():
    return random_model(TOKEN)


@pytest.fixture
def timm(tmp_path_factory):
    """{name: array} of a random model, as timm has it."""
    return arrays_in("timm", tmp_path_factory.getbasetemp())


def refused(path, *parts, **options):
    with pytest.raises(InputError) as caught:
        weights.load(path, **SIZE, **options)
    message = str(caught.value)
    assert len(message) <= 300, message
    for part in parts:
        assert part in message, message
    return message


# ---- one model ----


BEFORE = [
    "module.",
    "_orig_mod.",
    "module._orig_mod.",
    "model.",
    "net.vit_model.",
    "encoder.",
    "teacher.backbone.",
]


@pytest.mark.parametrize("format", ["timm", "huggingface", "torchvision"])
@pytest.mark.parametrize("before", [*BEFORE, "visual.trunk."])
def test_what_stands_before_every_name_is_taken_off(tmp_path, tmp_path_factory, format, before):
    arrays = behind(before, arrays_in(format, tmp_path_factory.getbasetemp()))
    safetensors.numpy.save_file(arrays, tmp_path / "model.safetensors")
    p, _ = weights.load(tmp_path / "model.safetensors", **SIZE)
    assert same(p, right())


@pytest.mark.parametrize("before", ["module/", "model/params/"])
def test_also_before_googles_names(tmp_path, before):
    np.savez(tmp_path / "model.npz", **behind(before, arrays_of(tmp_path, "google", TOKEN)))
    assert same(weights.load(tmp_path / "model.npz", **SIZE)[0], right())


KEYS = [
    "state_dict",
    "model",
    "model_state_dict",
    "model_ema",
    "state_dict_ema",
    "ema",
    "net",
    "module",
    "network",
]
KEYS += ["weights", "params", "teacher", "student", "model.state_dict", "a.b.c.model"]


@pytest.mark.parametrize("key", KEYS)
def test_the_keys_of_training_scripts(tmp_path, timm, key):
    value = timm
    for part in reversed(key.split(".")):
        value = {"epoch": 3, part: value, "loss": 0.5}
    saved_file(tmp_path / "model.pth", value)
    assert same(weights.load(tmp_path / "model.pth", **SIZE)[0], right())
    notes = weights.inspect(tmp_path / "model.pth", **SIZE).notes
    plain = set(key.split(".")) <= wrapped.PLAIN
    assert any(f"called {key}.*" in note for note in notes) != plain


def test_a_prefix_is_taken_off_only_where_it_is_needed(tmp_path, tmp_path_factory):
    """encoder. and vit. belong to the names of two libraries."""
    for format in ("huggingface", "torchvision"):
        names = arrays_in(format, tmp_path_factory.getbasetemp())
        assert wrapped.prefixes(names) == [""]
        assert wrapped.prefixes(behind("vit.", names)) == ["vit."]


def test_the_same_dict_under_two_keys_is_one_model(tmp_path, timm):
    inner = opcodes(timm, storages := [])
    program = b"}(" + text("model") + inner + b"q\x05" + text("weights") + b"h\x05u"
    program_file(tmp_path / "model.pth", program, storages)
    assert same(weights.load(tmp_path / "model.pth", **SIZE)[0], right())


@pytest.mark.parametrize(
    "wrapper", ["_orig_mod", "_checkpoint_wrapped_module", "_fsdp_wrapped_module", "module"]
)
@pytest.mark.parametrize("before", ["", "model."])
def test_pytorchs_own_wrappers_are_taken_off_within_a_name(tmp_path, timm, wrapper, before):
    arrays = {name.replace("blocks.0.", f"blocks.0.{wrapper}."): array for name, array in timm.items()}
    arrays = {name.replace("embed.proj", f"embed.{wrapper}.proj"): array for name, array in arrays.items()}
    safetensors.numpy.save_file(behind(before, arrays), tmp_path / "x.safetensors")
    p, _ = weights.load(tmp_path / "x.safetensors", **SIZE)
    assert same(p, right())


def test_a_wrapper_stays_where_without_it_two_names_are_one():
    names = dict.fromkeys(["a._orig_mod.b", "a.b"])
    assert beside.unwrapped(names) == names


def test_a_part_that_is_called_module_is_no_wrapper(tmp_path, timm):
    backbone = {name: array for name, array in timm.items() if not name.startswith("head.")}
    head = {name: array for name, array in timm.items() if name.startswith("head.")}
    arrays = behind("net.module.", backbone) | behind("net.", head) | {"net.n_averaged": np.ones((), "i8")}
    safetensors.numpy.save_file(arrays, tmp_path / "x.safetensors")
    said = dict(weights.inspect(tmp_path / "x.safetensors", **SIZE).taken)
    assert said["head"] == "net.head.bias and net.head.weight beside net.module.*"
    assert beside.unwrapped(dict.fromkeys(["net.module.x", "net.n_averaged"])).keys() == {
        "net.x",
        "net.n_averaged",
    }


COUNTERS = ["epoch", "best_acc1", "val_acc", "n_averaged", "train_loss", "lr", "optimizer.state.0", "top_5"]


@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize("before", ["", "model."])
def test_counters_and_measures_beside_the_arrays(tmp_path, timm, name, before):
    arrays = behind(before, timm) | {name: np.ones((), "f4")}
    safetensors.numpy.save_file(arrays, tmp_path / "x.safetensors")
    assert same(weights.load(tmp_path / "x.safetensors", **SIZE)[0], right())
    assert not left_out(tmp_path / "x.safetensors")


def test_a_model_under_the_name_of_a_measure_is_a_model(tmp_path, timm):
    path = tmp_path / "x.safetensors"
    safetensors.numpy.save_file(behind("best_acc.", timm), path)
    assert same(weights.load(path, **SIZE)[0], right())
    safetensors.numpy.save_file(behind("best_acc.", timm) | behind("last.", timm), path)
    refused(path, "more than one model: best_acc; last")
    safetensors.numpy.save_file(behind("best_acc.", timm) | timm, path)
    refused(path, "is unexpected")


def test_the_decoder_of_masked_images_is_for_pretraining(tmp_path, tmp_path_factory):
    arrays = arrays_in("huggingface", tmp_path_factory.getbasetemp()) | {"decoder.0.weight": np.ones(3, "f4")}
    safetensors.numpy.save_file(arrays, tmp_path / "x.safetensors")
    notes = weights.inspect(tmp_path / "x.safetensors", **SIZE).notes
    assert "left out, as it is for pre-training alone: decoder.0.weight" in notes


def test_the_mask_token_of_ibot(tmp_path, timm):
    safetensors.numpy.save_file(timm | {"masked_embed": np.ones((1, 192), "f4")}, tmp_path / "x.safetensors")
    assert same(weights.load(tmp_path / "x.safetensors", **SIZE)[0], right())


# ---- several ----

SEVERAL = {
    "DINO": ("student.module.backbone.", "teacher.backbone.", ("student", "teacher")),
    "timm": ("state_dict.", "state_dict_ema.", ("state_dict", "state_dict_ema")),
    "MoCo v3": ("module.base_encoder.", "module.momentum_encoder.", ("base_encoder", "momentum_encoder")),
    "MoCo": ("encoder_q.", "encoder_k.", ("encoder_q", "encoder_k")),
    "one within the other": ("model.", "model.ema.", ("model", "ema")),
}


@pytest.mark.parametrize(("first", "second", "keys"), SEVERAL.values(), ids=SEVERAL)
def test_which_of_two_models_is_asked(tmp_path, timm, first, second, keys):
    other = {name: array + 1 for name, array in timm.items()}
    safetensors.numpy.save_file(behind(first, timm) | behind(second, other), tmp_path / "x.safetensors")
    refused(tmp_path / "x.safetensors", "more than one model", "say which with format= or --from", *keys)
    p, _ = weights.load(tmp_path / "x.safetensors", format=keys[0], **SIZE)
    assert same(p, right())
    q, _ = weights.load(tmp_path / "x.safetensors", format=keys[1], **SIZE)
    assert np.array_equal(q["norm"]["beta"], p["norm"]["beta"] + 1)
    found = weights.inspect(tmp_path / "x.safetensors", format=keys[0], **SIZE)
    assert any(note.startswith("left out, another model: ") for note in found.notes)
    refused(tmp_path / "x.safetensors", 'format "nobody" is unknown', *keys, format="nobody")


def test_an_average_in_a_callback_of_lightning_is_another_model(tmp_path, timm):
    saved = {"state_dict": behind("model.", timm), "callbacks": {"Checkpoint": {"best": np.ones((), "f4")}}}
    saved_file(tmp_path / "x.ckpt", saved)
    assert same(weights.load(tmp_path / "x.ckpt", **SIZE)[0], right())
    assert not left_out(tmp_path / "x.ckpt")
    saved["callbacks"]["EMA"] = {"ema_state_dict": behind("model.", timm)}
    saved_file(tmp_path / "x.ckpt", saved)
    refused(tmp_path / "x.ckpt", "more than one model: state_dict; callbacks")


@pytest.fixture
def google(tmp_path):
    """{name: array} of a random model, as Google has it."""
    return arrays_of(tmp_path, "google", TOKEN)


@pytest.mark.parametrize(
    ("model", "optimizer"),
    [("params/", "opt/0/mu/"), ("opt/target/", "opt/state/"), ("target/", "state/param_states/")],
)
def test_an_optimizer_of_jax_is_no_model(tmp_path, google, model, optimizer):
    np.savez(tmp_path / "x.npz", **behind(model, google), **behind(optimizer, google))
    assert same(weights.load(tmp_path / "x.npz", **SIZE)[0], right())
    assert not left_out(tmp_path / "x.npz")


def test_which_of_big_visions_two_is_asked(tmp_path, google):
    other = {name: array + 1 for name, array in google.items()}
    np.savez(tmp_path / "x.npz", **behind("params/", google), **behind("ema_params/", other))
    refused(tmp_path / "x.npz", "more than one model: params; ema_params")
    assert same(weights.load(tmp_path / "x.npz", format="params", **SIZE)[0], right())
    p, _ = weights.load(tmp_path / "x.npz", format="ema_params", **SIZE)
    assert np.array_equal(p["norm"]["beta"], right()["norm"]["beta"] + 1)


# ---- beside the model ----


def left_out(path, **options):
    """What every command says that it leaves out."""
    return [text for name, text in weights.inspect(path, **SIZE, **options).taken if name == "left out"]


OUTER = {
    "a head that reads the head": {"fc.weight": (3, 7), "fc.bias": (3,)},
    "layers after the head": {"classifier.1.weight": (3, 7), "classifier.1.bias": (3,)},
    "an adapter": {"adapter.weight": (3, 3, 1, 1), "adapter.bias": (3,)},
    "the normalization of RobustBench": {"normalize.mean": (1, 3, 1, 1), "normalize.std": (1, 3, 1, 1)},
    "buffers of a normalization": {"mean": (1, 3, 1, 1), "std": (1, 3, 1, 1)},
    "a BatchNorm": {"0.running_mean": (3,), "0.running_var": (3,)},
    "a prompt": {"prompt": (1, 4, 192), "prompt_2": (1, 4, 192)},
    "a temperature": {"temperature": (1,), "bias": (1,)},
}


@pytest.mark.parametrize("what", OUTER)
@pytest.mark.parametrize("key", ["", "state_dict."])
def test_what_lies_beside_a_model_with_a_head_is_said(tmp_path, timm, what, key):
    more = {name: np.ones(shape, "f4") for name, shape in OUTER[what].items()}
    safetensors.numpy.save_file(behind(f"{key}vit.", timm) | behind(key, more), tmp_path / "x.safetensors")
    with pytest.warns(Assumed) as warned:
        p, _ = weights.load(tmp_path / "x.safetensors", **SIZE)
    assert same(p, right())
    line, first = str(warned[0].message), sorted(more)[0]
    assert f": left out, beside the model: {key}{first} and 1 more; " in line
    assert len(line) <= 300
    assert "--set left" not in line


def test_inspect_says_it_as_a_note_alone(tmp_path, timm, capsys):
    arrays = behind("vit.", timm) | {"adapter.weight": np.ones(3, "f4")}
    safetensors.numpy.save_file(arrays, tmp_path / "x.safetensors")
    assert main(["weights", "inspect", str(tmp_path / "x.safetensors")]) == 0
    said = [line for line in capsys.readouterr().out.split("\n") if "adapter" in line]
    assert said == ["note: left out, beside the model that is called vit.*: adapter.weight"]


def test_the_line_where_nothing_else_is_taken():
    taken = [("left out", "a and 1 more"), ("head", "b")]
    assert assumed.line("x.pth", taken[:1], 300) == "x.pth: left out, beside the model: a and 1 more"
    assert "--set" not in assumed.line("x.pth", taken, 300)


QUIET = {
    "the other model's head": {"student.head.mlp.0.weight": (8, 192), "student.prompt": (3,)},
    "the projection of DINO": {
        "teacher.head.mlp.0.weight": (8, 192),
        "teacher.head.last_layer.weight_g": (8, 1),
    },
    "a loss": {"dino_loss.center": (1, 8)},
    "a text tower": {"teacher.text.blocks.0.norm.weight": (8,), "teacher.logit_scale": (1,)},
}


@pytest.mark.parametrize("what", QUIET)
def test_what_the_chosen_model_does_not_use_is_not_said(tmp_path, timm, what):
    arrays = behind("teacher.backbone.", timm) | behind("student.backbone.", timm)
    arrays |= {name: np.ones(shape, "f4") for name, shape in QUIET[what].items()}
    safetensors.numpy.save_file(arrays, tmp_path / "x.safetensors")
    assert not left_out(tmp_path / "x.safetensors", format="teacher")
    arrays["teacher.prompt"] = np.ones(3, "f4")
    safetensors.numpy.save_file(arrays, tmp_path / "x.safetensors")
    assert left_out(tmp_path / "x.safetensors", format="teacher") == ["teacher.prompt"]


def test_a_head_beside_a_backbone_is_said(tmp_path, timm):
    backbone = {name: array for name, array in timm.items() if not name.startswith("head.")}
    head = {"head.weight": np.ones((7, 192), "f4"), "head.bias": np.arange(7, dtype="f4")}
    path = tmp_path / "lightning.ckpt"
    saved_file(
        path, {"state_dict": behind("backbone.", backbone) | head | {"criterion.weight": np.ones(7, "f4")}}
    )
    p, config = weights.load(path, **SIZE)
    assert config.num_classes == 7
    assert np.array_equal(p["classify"]["head"]["b"], head["head.bias"])
    found = weights.inspect(path, **SIZE)
    assert any("taken to be the head" in note and "state_dict.head.weight" in note for note in found.notes)


@pytest.mark.parametrize(
    "beside",
    [
        {"head.0.weight": np.ones((7, 192), "f4"), "head.2.weight": np.ones((3, 7), "f4")},
        {"head.weight": np.ones((7, 384), "f4"), "head.bias": np.ones(7, "f4")},
        {"head.weight": np.ones((7, 192), "f4"), "bn.weight": np.ones(192, "f4")},
        {"projector.weight": np.ones((7, 192), "f4")},
    ],
)
def test_what_may_be_no_head_is_left_out_and_said(tmp_path, timm, beside):
    backbone = {name: array for name, array in timm.items() if not name.startswith("head.")}
    saved_file(tmp_path / "x.ckpt", behind("backbone.", backbone) | beside)
    found = weights.inspect(tmp_path / "x.ckpt", **SIZE)
    assert found.config.num_classes == 0
    assert any(
        note.startswith("left out, beside the model") and next(iter(beside)) in note for note in found.notes
    )


class Namespace(argparse.Namespace):
    """A class that no reader knows."""


EXTRAS = {
    "args": argparse.Namespace(lr=1e-3, of=[1, {2: (3,)}]),
    "mine": Namespace(x=Namespace(y=1)),
    "accuracy": np.float64(88.1),
    "state": np.random.default_rng(0).bit_generator.state,
    "counter": collections.Counter("aab"),
    "default": collections.defaultdict(list, {1: [2]}),
    "queue": collections.deque([1, 2], 9),
    "when": datetime.datetime(2026, 1, 1),
    "where": pathlib.PurePosixPath("a/b"),
    "call": functools.partial(max, 1, key=abs),
    "kinds": {1, 2, "a"},
    "frozen": frozenset({1}),
    "exact": 2**80,
    "size": b"ctorch\nSize\n(K\x01K\x02t\x85R",
    "dtype": b"ctorch\nfloat16\n",
    "omega": b"comegaconf.dictconfig\nDictConfig\n)\x81}" + text("_content") + b"Nsb",
    "items": b"cmine\nMap\n)R(K\x01K\x02u",
    "list": b"cmine\nList\n)R(K\x01K\x02e",
    "called twice": b"cmine\nmaker\n)R)R",
    "class with a state": b"cmine\nKind\n}" + text("x") + b"K\x01sb",
}


@pytest.mark.parametrize("name", EXTRAS)
def test_what_a_training_saves_beside_the_weights_is_not_needed(tmp_path, timm, name):
    saved_file(tmp_path / "model.pth", {"before": EXTRAS[name], "state_dict": timm, "after": EXTRAS[name]})
    assert same(weights.load(tmp_path / "model.pth", **SIZE)[0], right())


def made(maker, *arguments):
    """Opcodes of torch._utils.maker(*arguments)."""
    return b"ctorch._utils\n" + maker + b"\n(" + b"".join(arguments) + b"tR"


TENSOR = opcodes(np.ones(3, "f4"), [])
STORAGE = b"(" + text("storage") + b"c%b\n" + text("0") + text("cpu") + b"K\x03tQ"
EMPTY = b"ccollections\nOrderedDict\n)R"
LAYOUT = b"K\x00K\x03\x85K\x01\x85\x89" + EMPTY
BYTES, COMPLEX = STORAGE % b"torch.storage\nUntypedStorage", STORAGE % b"torch\nComplexFloatStorage"
FLOAT8 = b"ctorch\nfloat8_e4m3fn\n"
OWN = b"ctorch._utils\n_rebuild_tensor_v2\ncmine\nTensor\n)N"
KINDS = {
    "quantized": made(b"_rebuild_qtensor", STORAGE % b"torch\nQInt8Storage"),
    "sparse": made(b"_rebuild_sparse_tensor", TENSOR),
    "on the device meta": made(b"_rebuild_meta_tensor_no_storage", b"N"),
    "complex": made(b"_rebuild_tensor_v2", COMPLEX, LAYOUT),
    "8-bit floats": made(b"_rebuild_tensor_v3", BYTES, LAYOUT, FLOAT8),
    "a class of its own": b"ctorch._tensor\n_rebuild_from_type_v2\n(" + OWN + b"tR",
    "a NumPy array": b"cnumpy.core.multiarray\n_reconstruct\n)R",
    "within the pickle": b"ctorch.storage\n_load_from_bytes\n)R",
}


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_that_are_not_read_are_named_where_the_model_needs_them(tmp_path, timm, kind):
    path = tmp_path / "model.pth"
    saved_file(path, {"state_dict": timm | {"norm.weight": KINDS[kind]}})
    refused(path, kind, "norm.weight", ".safetensors")
    saved_file(path, {"state_dict": timm, "norm.weight": KINDS[kind]})
    assert same(weights.load(path, **SIZE)[0], right())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda tensor: made(b"_rebuild_parameter", tensor, b"\x88" + EMPTY),
        lambda tensor: made(b"_rebuild_parameter_with_state", tensor, b"\x88" + EMPTY + b"}"),
    ],
)
def test_parameters_are_their_tensors(tmp_path, timm, wrap):
    storages = []
    program = {name: wrap(opcodes(array, storages)) for name, array in timm.items()}
    program_file(tmp_path / "model.pth", opcodes(program, []), storages)
    assert same(weights.load(tmp_path / "model.pth", **SIZE)[0], right())


def test_a_tensor_that_says_its_own_type(tmp_path, timm):
    layout = b"K\x00K\x03\x85K\x01\x85\x89" + EMPTY
    own = made(
        b"_rebuild_tensor_v3", STORAGE % b"torch.storage\nUntypedStorage", layout, b"ctorch\nfloat32\n"
    )
    saved_file(tmp_path / "model.pth", {"x": own, "first": np.arange(3, dtype="f4")})
    assert kinds.read(tmp_path / "model.pth")["x"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("key", ["", "model", "ema"])
def test_a_whole_model_is_refused_by_its_class(tmp_path, key):
    model = b"ctimm.models\nViT\n)\x81}" + text("training") + b"\x88sb"
    saved_file(tmp_path / "model.pth", {"epoch": 3, key: model} if key else model)
    refused(tmp_path / "model.pth", "an object of the class timm.models.ViT", "save model.state_dict()", key)


def test_an_optimizer_alone(tmp_path):
    saved_file(
        tmp_path / "optimizer.pt", {"state": {0: {"exp_avg": np.ones(3, "f4")}}, "param_groups": [{"lr": 1}]}
    )
    refused(tmp_path / "optimizer.pt", "the state of an optimizer")


# ---- which model it is ----

NAMES = {
    "MAE": "decoder_blocks.0.norm1.weight",
    "hybrid": "block1/unit01/conv1/kernel",
    "Swin": "layers.0.blocks.0.attn.relative_position_bias_table",
    "BEiT": "blocks.0.attn.relative_position_bias_table",
    "ConvNeXt": "stages.0.blocks.0.conv_dw.weight",
    "ResNet with BatchNorm": "layer1.0.conv1.weight",
    "Hugging Face's names, of which timm's": "efficientnet.encoder.blocks.0.squeeze_excite.reduce.weight",
    "torchvision's names, of which timm's": "features.1.0.block.0.0.weight",
    "another PyTorch code, of which timm's": "_blocks.0._depthwise_conv.weight",
    "MobileNet": "features.1.conv.0.0.weight",
    "DenseNet": "features.denseblock1.denselayer1.norm1.weight",
    "text tower of a CLIP": "text_model.embeddings.token_embedding.weight",
    "BERT": "bert.embeddings.word_embeddings.weight",
    "GPT-2": "transformer.wte.weight",
    "a language model": "model.layers.0.self_attn.q_proj.weight",
    "diffusion model": "down_blocks.0.resnets.0.conv1.weight",
    "VAE": "encoder.down.0.block.0.conv1.weight",
    "DiT": "blocks.0.adaLN_modulation.1.weight",
    "LoRA": "base_model.model.encoder.layer.0.query.lora_A.weight",
    "optimizer": "state.blocks.0.attn.qkv.weight.exp_avg",
    "EVA": "blocks.0.attn.q_bias",
    "DINOv3": "rope_embed.periods",
    "DETR": "bbox_embed.layers.0.weight",
    "YOLOS": "vit.embeddings.detection_tokens",
    "YOLO,": "model.22.cv2.0.0.conv.weight",
    "R-CNN": "rpn.head.conv.0.0.weight",
    "SAM": "prompt_encoder.point_embeddings.0.weight",
    "vit-pytorch": "to_patch_embedding.1.weight",
    "jeonsworld": "transformer.embeddings.patch_embeddings.weight",
    "recurrent": "lstm.weight_ih_l0",
    "BatchNorm": "bn1.running_mean",
    "small convolutional": "conv1.weight",
    "a head": "fc.weight",
    "MLP-Mixer": "blocks.0.mlp_tokens.fc1.weight",
    "SAM or ViTDet": "vision_encoder.layers.0.attn.rel_pos_h",
    "Llama": "positional_embedding_vlm",
    "tower of Llama": "gated_positional_embedding.tile_embedding.weight",
    "NaFlexViT": "embeds.proj.weight",
    "LeViT": "stages.0.blocks.0.attn.attention_biases",
    "PVT": "encoder.layers.0.blocks.0.attention.spatial_reduction.weight",
    "X-CLIP": "encoder.layers.0.message_attn.k_proj.weight",
    "OWL-ViT": "vision_model.pre_layernorm.weight",
    "Pixtral": "patch_conv.weight",
    "V-JEPA": "encoder.embeddings.patch_embeddings.proj.weight",
    "ViTDet under": "embeddings.projection.weight",
    "CoCa": "text_decoder.resblocks.0.ln_1.weight",
    "LayerScale under open_clip's names": "visual.transformer.resblocks.0.ls_1.gamma",
}


@pytest.mark.parametrize("what", NAMES)
def test_another_model_is_named(tmp_path, what):
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file({NAMES[what]: np.ones(3, "f4")}, path)
    message = refused(path, what, "name another file")
    assert NAMES[what] in message


# Names of models that have a ViT's patch projection and are none that is read.
BESIDE_PATCHES = {
    "VideoMAE": "encoder.layer.0.attention.attention.q_bias",
    "TimeSformer or": "blocks.0.temporal_attn.qkv.weight",
    "TimeSformer": "encoder.layer.0.temporal_attention.attention.qkv.weight",
    "InternVL": "encoder.layer.0.attention.projection_layer.weight",
    "BLIP": "encoder.layers.0.self_attn.qkv.weight",
    "MLCD": "class_pos_emb",
    "EoMT": "attn_mask_probs",
    "LayoutLMv3": "embeddings.x_position_embeddings.weight",
    "SAM or ViTDet": "blocks.0.attn.rel_pos_h",
    "CaiT": "blocks_token_only.0.norm1.weight",
    "ConViT": "blocks.0.attn.gating_param",
    "Hiera or MViT": "stages.0.blocks.0.attn.rel_pos_h",
    "Hiera": "encoder.stages.0.layers.0.attn.qkv.weight",
    "PVT": "stages.0.blocks.0.attn.sr.weight",
    "relative positions of timm": "shared_rel_pos.mlp.fc1.weight",
    "PEFT": "classifier.modules_to_save.default.weight",
}


@pytest.mark.parametrize("what", BESIDE_PATCHES)
@pytest.mark.parametrize("format", ["timm", "huggingface"])
def test_another_model_with_patches_is_named(tmp_path, tmp_path_factory, what, format):
    arrays = arrays_in(format, tmp_path_factory.getbasetemp()) | {BESIDE_PATCHES[what]: np.ones(3, "f4")}
    safetensors.numpy.save_file(arrays, tmp_path / "x.safetensors")
    refused(tmp_path / "x.safetensors", what, BESIDE_PATCHES[what], "name another file")


def test_patches_with_a_time(tmp_path, tmp_path_factory):
    arrays = dict(arrays_in("huggingface", tmp_path_factory.getbasetemp()))
    name = next(name for name in arrays if name.endswith("projection.weight"))
    arrays[name] = np.ascontiguousarray(np.stack([arrays[name]] * 2, 2))
    safetensors.numpy.save_file(arrays, tmp_path / "x.safetensors")
    refused(tmp_path / "x.safetensors", "a ViT of videos", name)


def test_hundreds_of_names_are_not_listed(tmp_path, timm):
    more = {f"blocks.0.x{i}.{'x' * 20}.lora_A": np.ones(1, "f4") for i in range(500)}
    safetensors.numpy.save_file(timm | more, tmp_path / "adapter.safetensors")
    refused(tmp_path / "adapter.safetensors", "a LoRA adapter", "beside the timm model", "inspect lists all")
    safetensors.numpy.save_file(
        {f"{'y' * 90}.{i}": np.ones(1, "f4") for i in range(500)}, tmp_path / "y.safetensors"
    )
    refused(tmp_path / "y.safetensors", "no patch projection")


def test_no_pattern_is_one_of_a_vit_that_is_read(tmp_path_factory):
    for format in ("timm", "huggingface", "torchvision"):
        names = arrays_in(format, tmp_path_factory.getbasetemp())
        assert recognized.beside(names) == ""


def test_the_search_takes_no_time():
    """Names without end, each with many places to cut."""
    one = Stored((1,), np.dtype("f4"), None)
    names = {f"{'a.' * 200}{i}.patch_embed.proj.weight": one for i in range(200)}
    assert len(wrapped.prefixes(names)) == wrapped.MOST


@pytest.mark.parametrize("format", ["google", "timm", "huggingface", "torchvision"])
@pytest.mark.parametrize("family", ["vit", "bit", "hybrid"])
def test_every_model_is_found_behind_a_prefix(family, format):
    config = {"vit": TOKEN, "bit": preset("bit-tiny"), "hybrid": preset("hybrid-tiny")}[family]
    if families.files(family).obstacle(format, config):
        return
    written = families.files(family).names(format, config).values()
    assert wrapped.prefixes({f"net.{name}": None for name in written if name}) == ["net."]
