"""A trace as a thing to hold: its table, the memory that it holds, and what is said of a name that it has not."""

import gc
import tracemalloc

import numpy as np
import pytest
from cases import NEIGHBORS, POSITIONS, model_point

from vitnp import InputError, tree
from vitnp.analysis import trace_table
from vitnp.analysis.trace import Record, Trace, trace
from vitnp.models import preset

MODELS = {
    "tiny": {},
    "gap, no pre-logits": {"classifier": "gap", "representation_size": None},
    "one layer": {"num_layers": 1},
    "no head": {"num_classes": 0},
    **POSITIONS,
    **NEIGHBORS,
}
models = pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS)


def traced(fields, labels=(1, 4), of="loss"):
    """The trace of a generic tiny model and two images."""
    config = preset("tiny", **fields)
    images, p = model_point(config)
    return trace(images, p, config, np.array(labels) if labels and config.num_classes else None, of=of)


def made(*shapes, dtype="float32"):
    """A trace of tensors {name: shape}, without a run."""
    values = {name: np.zeros(shape, dtype) for name, shape in shapes}
    return Trace([Record(name, 1, value) for name, value in values.items()], np.zeros((2, 3)))


def written_out(t):
    """[(name, shape)] as the table says them, every block written out."""
    found = []
    for section in trace_table.sections(t.forward):
        for block in section.blocks or ("",):
            found += [(f"{block}.{row.name}" if block else row.name, row.shape) for row in section.rows]
    return found


def test_the_table_of_a_small_model():
    """Every letter: two images of 8x8 pixels, two blocks, three heads."""
    fields = {"image_size": (8, 8), "patch_size": 4, "in_channels": 1, "hidden_size": 6, "num_layers": 2}
    config = preset("tiny", **fields, num_heads=3, mlp_dim=5, num_classes=7, representation_size=None)
    images, p = model_point(config)
    images, p = images.astype("float32"), tree.map(lambda leaf: leaf.astype("float32"), p)
    assert repr(trace(images, p, config)) == (
        "Trace of 47 tensors, float32: 10.4 KiB of memory\n"
        "without gradients, which need labels\n"
        "\n"
        "step  name                   shape               memory\n"
        "1     image                  (2, 8, 8, 1)        512 bytes\n"
        "1     grid                   (2, 2, 2, 4, 4, 1)  view of image\n"
        "1     patches                (2, 4, 16)          512 bytes\n"
        "2     patch_tokens           (2, 4, 6)           192 bytes\n"
        "3     tokens                 (2, 5, 6)           240 bytes\n"
        "4     E_pos                  (5, 6)              120 bytes\n"
        "4     z0                     (2, 5, 6)           240 bytes\n"
        "      blocks.0, blocks.1, each:\n"
        "6       norm_1               (2, 5, 6)           240 bytes\n"
        "5       attention.Q          (2, 5, 6)           240 bytes\n"
        "5       attention.Q_heads    (2, 3, 5, 2)        view of attention.Q\n"
        "5       attention.K          (2, 5, 6)           240 bytes\n"
        "5       attention.K_heads    (2, 3, 5, 2)        view of attention.K\n"
        "5       attention.V          (2, 5, 6)           240 bytes\n"
        "5       attention.V_heads    (2, 3, 5, 2)        view of attention.V\n"
        "5       attention.S          (2, 3, 5, 5)        600 bytes\n"
        "5       attention.A          (2, 3, 5, 5)        600 bytes\n"
        "5       attention.O          (2, 3, 5, 2)        240 bytes\n"
        "5       attention.concat     (2, 5, 6)           240 bytes\n"
        "5       attention.output     (2, 5, 6)           240 bytes\n"
        "6       residual_1           (2, 5, 6)           240 bytes\n"
        "6       norm_2               (2, 5, 6)           240 bytes\n"
        "7       feed_forward.u       (2, 5, 5)           200 bytes\n"
        "7       feed_forward.g       (2, 5, 5)           200 bytes\n"
        "7       feed_forward.output  (2, 5, 6)           240 bytes\n"
        "6       residual_2           (2, 5, 6)           240 bytes\n"
        "6     norm                   (2, 5, 6)           240 bytes\n"
        "8     y                      (2, 6)              view of norm\n"
        "8     logits                 (2, 7)              56 bytes\n"
        "8     p                      (2, 7)              56 bytes"
    )


@models
def test_the_table_has_every_tensor_once(fields):
    t = traced(fields)
    assert written_out(t) == list(t.shapes.items())
    lines = repr(t).splitlines()
    assert len(lines) <= 45
    heading = lines.index("") + 1
    rows = [line for line in lines[heading + 1 :] if not line.startswith(" ")]
    assert len(rows) == sum(len(section.rows) for section in trace_table.sections(t.forward))


def test_the_depth_adds_no_line():
    assert len(repr(traced({"num_layers": 9})).splitlines()) == len(
        repr(traced({"num_layers": 2})).splitlines()
    )
    assert "\n      blocks.0 … blocks.8, each:\n" in repr(traced({"num_layers": 9}))
    assert "\n      blocks.0:\n" in repr(traced({"num_layers": 1}))


def test_blocks_that_differ_are_not_one():
    """By a shape, by a name, by a dtype; and a table of many different ones is cut, which it says."""
    same = ("blocks.0.x", (2, 3)), ("blocks.1.x", (2, 3))
    t = made(("image", (2, 9)), *same, ("blocks.2.x", (2, 4)), ("blocks.3.y", (2, 4)), ("p", (2, 3)))
    assert written_out(t) == list(t.shapes.items())
    titles = [section.title for section in trace_table.sections(t.forward)]
    assert titles == ["", "blocks.0, blocks.1, each", "blocks.2", "blocks.3", ""]
    half = Record("blocks.0.x", 1, np.zeros((2, 3), "float16"))
    both = Trace([half, made(*same).forward[1]], np.zeros((2, 3)))
    assert len(trace_table.sections(both.forward)) == 2
    assert "float16, float32: 36 bytes" in repr(both)
    assert repr(both).count("float16") == 2  # in the heading and in its row
    many = made(*((f"blocks.{i}.x", (2, i + 1)) for i in range(50)))
    lines = repr(many).splitlines()
    assert len(lines) <= 45
    assert lines[-1] == "… 61 more lines; list(t) gives every name"


def test_a_table_that_all_blocks_share():
    """It lies in memory once, and so is it said and counted."""
    t = traced({"position_at": "every-layer-shared"})
    (line,) = [line for line in repr(t).splitlines() if " E_pos " in line]
    assert line.endswith("(31, 28)            6.8 KiB, then view of blocks.0.E_pos")
    own = traced({"position_at": "every-layer"})
    size = t["blocks.0.E_pos"].nbytes
    values = [trace_table.values(one.forward) for one in (own, t)]
    assert trace_table.nbytes(values[0]) - trace_table.nbytes(values[1]) == size


def test_the_memory_is_what_is_freed():
    """With the trace goes as much memory as it says, but for Python's objects and what the caller holds too."""
    config = preset("tiny", image_size=(160, 192))
    images, p = model_point(config)
    for labels in (None, np.array([1, 4])):
        tracemalloc.start()
        t = trace(images, p, config, labels)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        held = t.nbytes - t["image"].nbytes - t["E_pos"].nbytes
        del t
        gc.collect()
        freed = before - tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert held <= freed < 1.01 * held + 200_000, (held, freed)


def test_a_view_holds_the_whole_array():
    whole = np.zeros((10, 4))
    assert trace_table.nbytes([whole[:1]]) == 320
    assert trace_table.nbytes([whole[:1], whole[5:].T], [whole, np.zeros(2)]) == 336
    records = [Record("a", 1, whole[:1]), Record("b", 1, whole[5:]), Record("c", 1, whole[:2])]
    rows = trace_table.sections(records)[0].rows
    assert [(row.nbytes, row.views) for row in rows] == [((320,), ("",)), ((0,), ("",)), ((0,), ("a",))]


def test_slices_of_one_array_are_no_views_of_one_another():
    """As where the caller keeps every block's table in one array: counted once, and not said to be shared."""
    whole = np.zeros((2, 8, 8))
    records = [Record(f"blocks.{i}.E_pos", 4, whole[i]) for i in range(2)]
    t = Trace([*records, Record("z", 4, np.zeros((1, 4)))], np.zeros((1, 2)))
    assert t.nbytes == 1024 + 32
    assert "E_pos  (8, 8)  1.0 KiB, then in an array above" in repr(t)


def test_the_heading_adds_up():
    t = traced({})
    heading = " ".join(repr(t).splitlines()[:3]).replace("(", "").split()
    numbers = [float(heading[i - 1]) for i, word in enumerate(heading) if word.startswith("KiB")]
    assert repr(t).splitlines()[1].startswith("with 48 gradients (")
    (whole,) = [float(heading[i - 1]) for i, word in enumerate(heading) if word.startswith("MiB")]
    assert len(numbers) == 3 and whole == round(t.nbytes / 2**20, 1)
    assert sum(numbers) == pytest.approx(t.nbytes / 2**10, abs=0.2)
    assert numbers[2] == pytest.approx(tree.nbytes(t.dp) / 2**10, rel=0.1)
    assert repr(traced({}, of="logit")).splitlines()[1].startswith("with 47 gradients (")
    assert traced({}, labels=None).nbytes < t.nbytes


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("blocks.2.A", "; the nearest name is blocks.2.attention.A"),
        ("blocks.1.S", "; the nearest name is blocks.1.attention.S"),
        ("blocks.0.attention.s", "; the nearest name is blocks.0.attention.S"),
        ("blocks.0.u", "; the nearest name is blocks.0.feed_forward.u"),
        (
            "concat",
            "; the nearest name is blocks.0.attention.concat; the other blocks, to blocks.2, have the same",
        ),
        ("Z0", "; the nearest name is z0"),
        ("blocks.2.a", "; the nearest name is blocks.2.attention.A"),
        ("blocks[2].A", "; the nearest name is blocks.2.attention.A"),
        ("block.2.attention.A", "; the nearest name is blocks.2.attention.A"),
        ("layers.2.A", "; the nearest name is blocks.2.attention.A"),
        ("A", "; the nearest name is blocks.0.attention.A; the other blocks, to blocks.2, have the same"),
        (
            "output",
            "; the nearest names are blocks.0.attention.output, blocks.0.feed_forward.output; "
            "the other blocks, to blocks.2, have the same",
        ),
        (
            "attention",
            "; the nearest names are blocks.0.attention.Q, blocks.0.attention.Q_heads, blocks.0.attention.K",
        ),
        (
            "blocks.1.attention",
            "; the nearest names are blocks.1.attention.Q, blocks.1.attention.Q_heads, blocks.1.attention.K",
        ),
        ("blocks.1", ": it is a block of 18 tensors, such as blocks.1.norm_1"),
        ("blocks.3", ": its blocks are blocks.0 to blocks.2"),
        (
            "blocks.12.attention.A",
            ": its blocks are blocks.0 to blocks.2; the nearest name is blocks.2.attention.A",
        ),
        ("blocks.-1.A", ": its blocks are blocks.0 to blocks.2; the nearest name is blocks.2.attention.A"),
        (
            f"blocks.{'9' * 30}.A",
            ": its blocks are blocks.0 to blocks.2; the nearest name is blocks.2.attention.A",
        ),
        (
            "blocks.2.norm1",
            "; the nearest names are blocks.2.norm_1, blocks.2.norm_2, blocks.2.residual_1",
        ),
        (3, ': a name is a string, such as "image"; list(t) gives all of them'),
        (None, ': a name is a string, such as "image"; list(t) gives all of them'),
        (("z0",), ': a name is a string, such as "image"; list(t) gives all of them'),
    ],
)
def test_what_is_said_of_a_name_that_is_not_there(asked, said):
    t = traced({"num_layers": 3})
    name = f'"{asked}"' if isinstance(asked, str) else repr(asked)
    for lookup, what in ((t.__getitem__, ""), (t.gradient, "gradient of ")):
        with pytest.raises(InputError) as problem:
            lookup(asked)
        assert str(problem.value) == f"the trace has no {what}{name}{said}"
    assert asked not in t
    assert t.get(asked, 7) == 7


@pytest.mark.parametrize(
    "asked", ["", ".", "blocks.", "blocks.1.", "x" * 100_000, "9" * 10_000, "a\nb", "[1]", np.zeros(3)]
)
def test_any_other_name_is_one_line(asked):
    t = traced({"num_layers": 1})
    with pytest.raises(InputError, match=r"^the trace has no ") as problem:
        t[asked]
    assert len(str(problem.value)) <= 300 and str(problem.value).isprintable()
    assert asked not in t


def test_one_block_and_no_gradient_of_p():
    with pytest.raises(InputError, match=r"its block is blocks.0; the nearest name is blocks.0.attention.A$"):
        traced({"num_layers": 1})["blocks.1.A"]
    with pytest.raises(InputError, match=r"the nearest name is blocks.0.attention.A$"):
        traced({"num_layers": 1})["A"]
    with pytest.raises(
        InputError, match=r'^no gradient of "p": with of="logit" the first is that of "logits"$'
    ):
        traced({}, of="logit").gradient("p")


def test_a_record_is_a_line():
    t = traced({})
    assert repr(t.forward[0]) == "Record(image, step 1, (2, 40, 48, 3), float64)"
