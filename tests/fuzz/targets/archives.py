"""Archives of MNIST and CIFAR, altered: what is loaded has the pictures and labels that another reader finds."""

import functools
import gzip
import io
import pickle
import pickletools
import tarfile
import zlib

import numpy as np
from hypothesis import strategies as st

from fuzz import alter, nasty, readers
from fuzz.cases import Case
from fuzz.judge import Wrong
from fuzz.targets.weights import OPCODES
from vitnp import data
from vitnp.data import cifar, idx

IDX = tuple(name.removesuffix(".gz") for name in idx.NAMES)
SETS = ("mnist", "cifar10 binary", "cifar10 python", "cifar100 binary", "cifar100 python")
KINDS = (
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.DIRTYPE,
    tarfile.FIFOTYPE,
    tarfile.GNUTYPE_SPARSE,
    tarfile.CHRTYPE,
)
PAX = (
    {"size": "99999999999"}, {"GNU.sparse.map": "0,1,4294967296,1"}, {"GNU.sparse.size": "99999999999"}, {"path": "a"},
    {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "99999999999"}, {"size": "-1"},
    {"path": "\x1b[31m"}, {"size": nasty.LONGER}, {"mtime": "nan"}, {"size": "a"},
)  # fmt: skip


@functools.cache
def originals(name):
    """{name: bytes} of the members of a set of three training images a file, and three test images."""
    rng = np.random.default_rng(0)
    if name == "mnist":
        images, labels = rng.integers(0, 256, (3, 28, 28), np.uint8), np.array([3, 0, 9], np.uint8)
        each = [
            b"\0\0\x08" + bytes([a.ndim]) + np.array(a.shape, ">u4").tobytes() + a.tobytes()
            for a in (images, labels)
        ]
        return dict(zip(IDX, each * 2, strict=True))
    dataset, form = name.split()
    train, test, names = cifar.FILES[dataset][form == "python"]
    labels = rng.integers(0, 10, (3, 2 if dataset == "cifar100" else 1), np.uint8)
    pixels = rng.integers(0, 2, (3, cifar.PIXELS), np.uint8)
    classes = [f"class{i}" for i in range(cifar.CLASSES[dataset])]
    if form == "binary":
        part, words = np.concatenate([labels, pixels], 1).tobytes(), "\n".join(classes).encode()
    else:
        key, of_names = (
            (b"fine_labels", b"fine_label_names") if dataset == "cifar100" else (b"labels", b"label_names")
        )
        part = pickle.dumps({key: labels[:, -1].tolist(), b"data": pixels}, 2)
        words = pickle.dumps({of_names: [one.encode() for one in classes]}, 2)
    return dict.fromkeys((*train, *test), part) | {names: words}


def packed(members, kinds=None, pax=None):
    """The .tar.gz of [(name, bytes)]; kinds: {name: type of the member}; pax: {name: headers}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, inside in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(inside), (kinds or {}).get(name, tarfile.REGTYPE)
            info.linkname, info.pax_headers = "a", (pax or {}).get(name, {})
            tar.addfile(info, io.BytesIO(inside))
    return gzip.compress(out.getvalue(), 1, mtime=0)


@st.composite
def cases(draw):
    """A set with one member, or the archive around it, altered."""
    name = alter.one_of(draw, SETS)
    members = dict(originals(name))
    chosen = alter.one_of(draw, sorted(members))
    if name == "mnist":
        members[chosen] = some_idx(draw, members[chosen])
        files = {f"{one}.gz": gzip.compress(inside, 1, mtime=0) for one, inside in members.items()}
        if draw(st.booleans()):
            files[f"{chosen}.gz"] = alter.some_bytes(draw, files[f"{chosen}.gz"])
        return Case((name,), files)
    if draw(st.booleans()):
        members[chosen] = some_member(draw, name, members[chosen])
    dataset, form = name.split()
    archive = cifar.BINARY[dataset].name if form == "binary" else cifar.PYTHON[dataset]
    return Case((name,), {archive: some_archive(draw, list(members.items()), chosen)})


def some_idx(draw, inside):
    """An IDX file with another header, or altered bytes."""
    if draw(st.booleans()):
        return alter.some_bytes(draw, inside)
    place = draw(st.integers(0, 3)) * 4
    return inside[:place] + alter.one_of(draw, nasty.WHOLE).to_bytes(8, "big")[-4:] + inside[place + 4 :]


def some_member(draw, name, inside):
    """A member with altered bytes, or with an opcode put into its program."""
    if not name.endswith("python") or draw(st.booleans()):
        return alter.some_bytes(draw, inside)
    places = [place for _, _, place in pickletools.genops(inside)]
    place = alter.one_of(draw, places)
    return inside[:place] + alter.one_of(draw, OPCODES) + inside[place:]


def some_archive(draw, members, chosen):
    """The .tar.gz with one member of another name, kind or size, or altered bytes."""
    how = alter.one_of(
        draw, ("as it is", "rename", "double", "kind", "pax", "bytes", "packed bytes", "twice packed")
    )
    if how == "rename":
        members = [
            (alter.one_of(draw, nasty.NAMES[1:-1]) if name == chosen else name, inside)
            for name, inside in members
        ]
    elif how == "double":
        members.append((f"a/{chosen}", alter.one_of(draw, [inside for _, inside in members])))
    kinds = {chosen: alter.one_of(draw, KINDS)} if how == "kind" else None
    pax = {chosen: alter.one_of(draw, PAX)} if how == "pax" else None
    archive = packed(members, kinds, pax)
    if how == "bytes":
        archive = gzip.compress(alter.some_bytes(draw, gzip.decompress(archive)), 1, mtime=0)
    elif how == "packed bytes":
        archive = alter.some_bytes(draw, archive)
    elif how == "twice packed":
        archive = gzip.compress(archive, 1, mtime=0)
    return archive


def run(case, folder):
    """Load the set, and compare it with what another reader finds."""
    dataset, _, form = case.words[0].partition(" ")
    found = data.load(dataset, folder=folder)
    try:
        wanted = mnist(case.files) if dataset == "mnist" else pictures(case.files, dataset, form)
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError, ValueError) as problem:
        raise Wrong(f"{dataset} is accepted, and another reader has a {type(problem).__name__}") from problem
    for part, (pixels, labels) in zip((found.train, found.test), wanted, strict=True):
        images = part.images(np.arange(len(part)))
        if not np.array_equal(part.labels, labels):
            raise Wrong(f"{dataset}: other labels than the file has")
        if images.shape != pixels.shape or not np.array_equal(np.rint((images + 1) * 127.5), pixels):
            raise Wrong(f"{dataset}: other pixels than the file has")


def mnist(files):
    """[(pixels, labels)] of the four files."""
    arrays = []
    for name in IDX:
        inside = gzip.decompress(files[f"{name}.gz"])
        axes = inside[3]
        shape = np.frombuffer(inside, ">u4", axes, 4).astype(int)
        arrays.append(np.frombuffer(inside, np.uint8, offset=4 + 4 * axes).reshape(shape))
    return [(arrays[0][..., None], arrays[1]), (arrays[2][..., None], arrays[3])]


def pictures(files, dataset, form):
    """[(pixels, labels)] of the archive; a name that is there twice is not right."""
    (archive,), (train, test, _) = files.values(), cifar.FILES[dataset][form == "python"]
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = [
            (member.name.rpartition("/")[2], tar.extractfile(member)) for member in tar if member.isfile()
        ]
        readers.once([name for name, _ in members], "an archive")
        inside = {name: file.read() for name, file in members if name in (*train, *test)}
    return [together([part(inside[name], dataset, form) for name in names]) for names in (train, test)]


def part(inside, dataset, form):
    """(pixels of one file, its labels)."""
    if form == "binary":
        first = 2 if dataset == "cifar100" else 1
        rows = np.frombuffer(inside, np.uint8).reshape(-1, first + cifar.PIXELS)
        return rows[:, first:], rows[:, first - 1]
    saved = Arrays(io.BytesIO(inside), encoding="bytes").load()
    return saved[b"data"], np.array(saved.get(b"fine_labels", saved.get(b"labels")))


class Arrays(pickle.Unpickler):
    """Arrays and containers."""

    def find_class(self, module, name):
        if name in ("_reconstruct", "ndarray", "dtype", "scalar"):
            return super().find_class(module, name)
        raise ValueError(name)


def together(parts):
    """The images of all files as (n, 32, 32, 3), and their labels."""
    pixels, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels
