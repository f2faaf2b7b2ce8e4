"""The readers of MNIST's and CIFAR's files, on small files written exactly as theirs, whole and broken."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import tracemalloc

import numpy as np
import pytest
from python2 import python2

from vitnp import InputError, data
from vitnp.data import cifar, idx, published
from vitnp.system import pickles

RNG = np.random.default_rng(0)


def idx_bytes(array, kind=8):
    """0, 0, kind, axes, the lengths, the numbers."""
    return bytes((0, 0, kind, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def mnist_files(folder, *, packed=True, train=7, test=3):
    """The four files, and what is in them."""
    arrays = {}
    for name in idx.NAMES:
        n = train if name.startswith("train") else test
        shape = (n, 28, 28) if "images" in name else (n,)
        arrays[name] = RNG.integers(0, 10 if "labels" in name else 256, shape, dtype=np.uint8)
        raw = idx_bytes(arrays[name])
        path = folder / (name if packed else name.removesuffix(".gz"))
        path.write_bytes(gzip.compress(raw) if packed else raw)
    return list(arrays.values())


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_mnist(name, packed, tmp_path):
    images, labels, test_images, test_labels = mnist_files(tmp_path, packed=packed)
    found = data.load(name, folder=tmp_path)
    assert (len(found.train), len(found.test), found.train.shape) == (7, 3, (28, 28, 1))
    np.testing.assert_array_equal(found.train.labels, labels)
    np.testing.assert_array_equal(found.test.labels, test_labels)
    np.testing.assert_allclose(found.train.images(range(7))[..., 0], images / 127.5 - 1.0, atol=1e-6)
    np.testing.assert_allclose(found.test.images([2])[0, ..., 0], test_images[2] / 127.5 - 1.0, atol=1e-6)
    assert len(found.class_names) == 10


WHOLE = idx_bytes(np.zeros((2, 28, 28), np.uint8))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (WHOLE[:-1], "says 2 x 28 x 28 and holds 1,567 numbers; it was cut short"),
        (WHOLE + b"\0", "holds more than 1,568 numbers"),
        (gzip.compress(WHOLE, mtime=0)[:-20], "is cut off or damaged"),
        (b"\x1f\x8b" + WHOLE, "is cut off or damaged"),
        (b"", "begins with nothing; need 00 00 08 03"),
        (WHOLE[:8], "ends after 8 bytes, within its own header; fetch it again"),
        (WHOLE[:2], "begins with 00 00; need 00 00 08 03"),
        (idx_bytes(np.zeros((2, 28, 28), ">f4"), 13), "begins with 00 00 0d 03; need 00 00 08 03"),
        (idx_bytes(np.zeros(2, np.uint8)), "begins with 00 00 08 01; need 00 00 08 03"),
    ],
)
def test_an_idx_file_that_is_none(raw, message, tmp_path):
    mnist_files(tmp_path)
    (tmp_path / idx.NAMES[0]).write_bytes(raw)
    with pytest.raises(InputError, match=message):
        data.load("mnist", folder=tmp_path)


@pytest.mark.parametrize(
    "shape", [(0, 28, 28), (2**32 - 1, 0, 2**32 - 1), (2**32 - 1,) * 3, (2**28 + 1, 1, 1)]
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_idx_header_that_no_memory_holds(shape, pack, tmp_path):
    (tmp_path / "images").write_bytes(pack(bytes((0, 0, 8, 3)) + struct.pack(">3I", *shape)))
    with pytest.raises(InputError, match="need at least 1 number and at most 268,435,456"):
        idx.read(tmp_path / "images", axes=3)


def test_an_idx_file_of_zeros_that_would_take_all_memory(tmp_path):
    """200 MB of zeros are packed as 200 kB; MNIST becomes five times as many."""
    (tmp_path / "images").write_bytes(gzip.compress(bytes((0, 0, 8, 1)) + struct.pack(">I", 2**26 + 1), 9))
    with pytest.raises(InputError, match="says 67,108,865, too many for its size; fetch it again"):
        idx.read(tmp_path / "images", axes=1)


def test_what_follows_in_an_idx_file_is_not_read(tmp_path):
    """Two hundred kB of gzip can hold 200 MB."""
    (tmp_path / "images").write_bytes(gzip.compress(WHOLE + bytes(2 * 10**8), 1))
    tracemalloc.start()
    with pytest.raises(InputError, match="says 2 x 28 x 28 and holds more than 1,568 numbers"):
        idx.read(tmp_path / "images", axes=3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


def test_idx_files_of_two_sets(tmp_path):
    mnist_files(tmp_path)
    (tmp_path / idx.NAMES[1]).write_bytes(idx_bytes(np.zeros(6, np.uint8)))
    with pytest.raises(InputError, match=r"7 images, .* 6 labels; they are not of one set"):
        data.load("mnist", folder=tmp_path)
    (tmp_path / idx.NAMES[1]).write_bytes(idx_bytes(np.full(7, 10, np.uint8)))
    with pytest.raises(InputError, match="has the label 10; need 0 to 9"):
        data.load("mnist", folder=tmp_path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(
        InputError, match=r"has no train-images-idx3-ubyte.gz; put the file of https://.* there"
    ):
        data.load("mnist", folder=tmp_path)


def cifar_parts(dataset, form):
    """{member: bytes} of a small archive, and (images, labels) to learn from."""
    train, test, names = cifar.FILES[dataset][form == "python"]
    classes = [f"class{i}" for i in range(cifar.CLASSES[dataset])]
    members, batches = {}, []
    for member in [*train, *test]:
        images = RNG.integers(0, 256, (4, cifar.PIXELS), dtype=np.uint8)
        labels = RNG.integers(0, len(classes), 4, dtype=np.uint8)
        batches.append((images, labels))
        if form == "python":
            key = b"labels" if dataset == "cifar10" else b"fine_labels"
            members[member] = python2({b"data": images, key: labels.tolist(), b"filenames": [b"a.png"] * 4})
        else:
            coarse = [labels[:, None] // 5] if dataset == "cifar100" else []
            members[member] = np.hstack([*coarse, labels[:, None], images]).astype(np.uint8).tobytes()
    if form == "python":
        key = b"label_names" if dataset == "cifar10" else b"fine_label_names"
        members[names] = python2({key: [name.encode() for name in classes]})
    else:
        members[names] = "\n".join(classes).encode() + b"\n\n"
    return members, [np.concatenate(parts) for parts in zip(*batches[: len(train)], strict=True)]


def archive(path, folder, members):
    """A .tar.gz with the members in a folder."""
    with tarfile.open(path, "w:gz") as tar:
        top = tarfile.TarInfo(folder)
        top.type = tarfile.DIRTYPE
        tar.addfile(top)
        for name, raw in members.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))


@pytest.mark.parametrize("unpacked", [False, True])
@pytest.mark.parametrize("form", ["binary", "python"])
@pytest.mark.parametrize("dataset", ["cifar10", "cifar100"])
def test_cifar(dataset, form, unpacked, tmp_path):
    members, (images, labels) = cifar_parts(dataset, form)
    inner = cifar.FOLDERS[dataset][form == "python"]
    if unpacked:
        (tmp_path / inner).mkdir()
        for name, raw in members.items():
            (tmp_path / inner / name).write_bytes(raw)
    else:
        name = cifar.PYTHON[dataset] if form == "python" else cifar.BINARY[dataset].name
        archive(tmp_path / name, inner, members)
    found = data.load(dataset, folder=tmp_path)
    assert (len(found.train), len(found.test), found.train.shape) == (len(labels), 4, (32, 32, 3))
    np.testing.assert_array_equal(found.train.labels, labels)
    x = found.train.images([1])[0]
    for channel in range(3):  # a plane a color, row by row
        plane = images[1, 1024 * channel : 1024 * (channel + 1)].reshape(32, 32)
        np.testing.assert_allclose(x[..., channel], plane / 127.5 - 1.0, atol=1e-6)
    assert found.class_names[3] == "class3"


@pytest.mark.parametrize(
    ("form", "member", "change", "message"),
    [
        ("binary", "test_batch.bin", lambda raw: raw[:-1], "has 12,291 bytes; need records of 3,073"),
        ("binary", "test_batch.bin", lambda raw: b"", "has 0 bytes; need records of 3,073"),
        ("binary", "data_batch_3.bin", lambda raw: None, "has no data_batch_3.bin; it is not whole"),
        ("binary", "data_batch_1.bin", lambda raw: b"\x0a" + raw[1:], "has the label 10; cifar10 has 10"),
        ("binary", "batches.meta.txt", lambda raw: b"cat\ndog\n", "has 2 names; cifar10 has 10"),
        ("binary", "batches.meta.txt", lambda raw: None, "has no batches.meta.txt"),
        ("binary", "batches.meta.txt", lambda raw: b"a\n" * 40_000, "has 80,000 bytes; the names"),
        ("python", "batches.meta", lambda raw: python2({b"label_names": 5}), "has 0 names; cifar10 has 10"),
        ("python", "test_batch", lambda raw: raw[:-9], "is a damaged pickle"),
        (
            "python",
            "test_batch",
            lambda raw: b"cos\nsystem\n(S'true'\ntR.",
            "is refused: it asks for 'os.system'",
        ),
        ("python", "test_batch", lambda raw: python2([1]), "holds a list; need a dict"),
        ("python", "test_batch", lambda raw: python2({b"labels": [1]}), "has no data with labels"),
        (
            "python",
            "test_batch",
            lambda raw: python2({b"labels": [1], b"data": np.zeros((1, 3072))}),
            "has not 3,072 uint8 values for each of its 1 labels",
        ),
        (
            "python",
            "test_batch",
            lambda raw: python2({b"labels": [1] * 3, b"data": np.zeros((4, 3072), np.uint8)}),
            "for each of its 3 labels",
        ),
    ],
)
def test_a_cifar_that_is_broken(form, member, change, message, tmp_path):
    members, _ = cifar_parts("cifar10", form)
    members[member] = change(members[member])
    name = cifar.PYTHON["cifar10"] if form == "python" else cifar.BINARY["cifar10"].name
    archive(tmp_path / name, "x", {name: raw for name, raw in members.items() if raw is not None})
    with pytest.raises(InputError, match=message):
        data.load("cifar10", folder=tmp_path)


def batch(
    labels=(3, 255), *, dtype=b"u1", fortran=False, shape=(2, cifar.PIXELS), raw=bytes(2 * cifar.PIXELS)
):
    """What a pickle of two pictures holds, or one thing else."""
    array = cifar.Array()
    array.shape, array.fortran, array.data = shape, fortran, raw
    array.dtype = dtype and cifar.Dtype(dtype)
    return {b"labels": list(labels), b"data": array}


@pytest.mark.parametrize(
    "change",
    [
        {"labels": (3, 256)},
        {"labels": (-1, 3)},
        {"labels": (3, 3.0)},
        {"labels": (3, b"3")},
        {"labels": (3,)},
        {"dtype": b"i1"},
        {"dtype": None},
        {"fortran": True},
        {"shape": (cifar.PIXELS, 2)},
        {"raw": bytes(2 * cifar.PIXELS - 1)},
        {"raw": [0] * (2 * cifar.PIXELS)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_one_wrong_thing_in_a_pickle(change, monkeypatch):
    monkeypatch.setattr(cifar, "unpickled", lambda what, data: batch(**change))
    with pytest.raises(
        InputError, match=r"^file has not 3,072 uint8 values for each of its [12] labels; fetch"
    ):
        cifar.pickled("file", b"")


@pytest.mark.parametrize("missing", [{b"labels": (3, 3)}, {b"labels": None}, {b"data": bytes(6144)}], ids=str)
def test_data_and_labels_are_both_needed(missing, monkeypatch):
    monkeypatch.setattr(cifar, "unpickled", lambda what, data: batch() | missing)
    with pytest.raises(InputError, match=r"^file has no data with labels; need cifar-10-binary.tar.gz"):
        cifar.pickled("file", b"")


@pytest.mark.parametrize("dtype", ["u1", b"u1"])
def test_a_pickle_of_two_pictures(dtype, monkeypatch):
    monkeypatch.setattr(cifar, "unpickled", lambda what, data: batch(dtype=dtype))
    images, labels = cifar.pickled("file", b"")
    assert (images.shape, labels.tolist()) == ((2, 3072), [3, 255])


def test_the_seeds_of_a_split():
    assert len(data.load("digits", seed=2**32 - 1).test) == 360
    with pytest.raises(InputError, match=f"seed is {2**32}; need a whole number"):
        data.load("digits", seed=2**32)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_names_what_it_has_made(protocol):
    """By PUT with a number, or MEMOIZE without one; what comes back is read as it was."""
    twice = ("a", 1)
    data = pickle.dumps({"x": twice, "y": [twice, "a"]}, protocol=protocol)
    pickles.check(data)
    assert pickles.load(data, {}) == {"x": twice, "y": [twice, "a"]}


def test_a_pickle_keeps_nothing_outside_itself():
    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return "elsewhere" if obj == "data" else None

    stream = io.BytesIO()
    Pickler(stream, protocol=2).dump({"data": 1})
    with pytest.raises(pickles.Refused, match="something outside the pickle"):
        pickles.load(stream.getvalue(), {})


def test_an_archive_of_something_else(tmp_path):
    archive(tmp_path / cifar.BINARY["cifar10"].name, "x", {"readme.txt": b"text"})
    with pytest.raises(InputError, match=r"has neither data_batch_1.bin nor data_batch_1$"):
        data.load("cifar10", folder=tmp_path)


def test_an_archive_cut_short(tmp_path):
    members, _ = cifar_parts("cifar10", "binary")
    path = tmp_path / cifar.BINARY["cifar10"].name
    archive(path, "x", members)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="is cut off or damaged"):
        data.load("cifar10", folder=tmp_path)


def member(name, size, kind=tarfile.REGTYPE):
    """The header of a member, whatever follows."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


PAX = b"19 GNU.sparse.map=1"
ARCHIVES = {
    "a terabyte": (member("x/test_batch.bin", 2**40), "has more in it than 67,108,864 bytes"),
    "a terabyte that nobody wants": (member("x/readme", 2**40), "has more in it than 67,108,864 bytes"),
    "a negative size": (member("x/readme", -512), "has more in it"),
    "many empty files": (b"".join(member(f"x/{i}", 0) for i in range(1002)), "bytes in 1,000 files"),
    "a name twice": (2 * (member("x/test_batch.bin", 3) + bytes(512)), 'has "test_batch.bin" twice'),
    "zeros without end": (bytes(2**27), "goes on for more than 67,108,864 bytes"),
    "an extension of gigabytes": (member("pax", 2**33, tarfile.XHDTYPE), "has more in it"),
    "a sparse map that is none": (
        member("pax", 19, tarfile.XHDTYPE) + PAX.ljust(512, b"\0") + bytes(512),
        "has an extension of tar that is not read",
    ),
    "another name": (
        member("pax", 22, tarfile.XHDTYPE) + b"22 path=data_batch_1.b".ljust(512, b"\0") + bytes(512),
        "has an extension of tar that is not read",
    ),
    "a time, which is harmless": (
        member("pax", 12, tarfile.XHDTYPE) + b"12 mtime=1.5".ljust(512, b"\0") + bytes(512),
        "has neither",
    ),
    "a long name": (member("x", 0, tarfile.GNUTYPE_LONGNAME) + bytes(512), "an extension of tar that"),
    "a sparse file": (member("x/data_batch_1.bin", 0, tarfile.GNUTYPE_SPARSE) + bytes(512), "an extension"),
    "a link": (member("x/data_batch_1.bin", 9, tarfile.SYMTYPE) + bytes(512), "has neither"),
    "a header that is none": (b"x" * 512, "is cut off or damaged"),
    "no end": (member("x/readme", 0), "is cut off or damaged (it ends too early)"),
}


@pytest.mark.parametrize(("raw", "message"), ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_that_asks_for_much(raw, message, tmp_path):
    """It is refused before a member takes memory: each bound by what CIFAR can need."""
    (tmp_path / cifar.BINARY["cifar10"].name).write_bytes(gzip.compress(raw, 1))
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        data.load("cifar10", folder=tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message in str(caught.value)
    assert peak < 10e6


def test_an_archive_whose_checksum_is_wrong(tmp_path):
    """At the end of gzip, behind the last member."""
    members, _ = cifar_parts("cifar10", "binary")
    path = tmp_path / cifar.BINARY["cifar10"].name
    archive(path, "x", members)
    raw = bytearray(path.read_bytes())
    raw[-8] ^= 1
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"is cut off or damaged \(CRC check failed"):
        data.load("cifar10", folder=tmp_path)


def test_an_archive_that_is_unpacked_but_for_its_tar(tmp_path):
    members, (images, _) = cifar_parts("cifar10", "binary")
    path = tmp_path / cifar.BINARY["cifar10"].name
    archive(path, "x", members)
    path.write_bytes(gzip.decompress(path.read_bytes()))
    assert len(data.load("cifar10", folder=tmp_path).train) == len(images)


def test_an_unpacked_file_larger_than_any_of_cifar(tmp_path, monkeypatch):
    members, _ = cifar_parts("cifar10", "binary")
    for name, raw in members.items():
        (tmp_path / name).write_bytes(raw)
    monkeypatch.setattr(cifar, "MOST", 12_291)
    with pytest.raises(InputError, match=r"data_batch_1\.bin has more than 12,291 bytes"):
        data.load("cifar10", folder=tmp_path)
    monkeypatch.setattr(cifar, "MOST", 12_292)
    data.load("cifar10", folder=tmp_path)


@pytest.mark.parametrize("name", ["minst", "CIFAR10"])
def test_an_unknown_name_and_the_near_ones(name):
    with pytest.raises(InputError, match=r"did you mean (mnist|cifar10)"):
        data.load(name)


def test_a_download_is_checked_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path))
    asked = []

    def download(url, part):
        asked.append(url)
        part.write_bytes(b"what is there")

    monkeypatch.setattr(published.transfer, "download", download)
    right = published.File("https://example.org/a.bin", hashlib.md5(b"what is there").hexdigest())
    (path,) = published.find("set", [right])
    assert path.read_bytes() == b"what is there"
    assert published.find("set", [right]) == [path]
    assert len(asked) == 1
    with pytest.raises(InputError, match="is not the file it was"):
        published.find("other", [right._replace(md5="0" * 32)])
    assert not list((tmp_path / "data/other").iterdir())


def test_without_a_network_it_says_where_to_put_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path))

    def download(url, part):
        raise InputError(f"cannot reach {url}")

    monkeypatch.setattr(published.transfer, "download", download)
    with pytest.raises(
        InputError, match=r"cifar10 is not here yet: cannot reach .*; its place is .*cifar-10-binary.tar.gz"
    ):
        data.load("cifar10")
