"""Which files of a folder are pictures, what is said of the others, and how links and names are read."""

import os
import re
import sys
import types
import unicodedata
from collections import Counter

import pytest
from PIL import Image
from test_data_folder import load, picture, pictures

from vitnp.data import folder, listing, photo, readers
from vitnp.errors import InputError
from vitnp.system import korean


def said(place):
    left = Counter()
    listing.pictures(place, left)
    return listing.said(left, "F")


def test_what_is_left_out_is_counted_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "is_read", lambda name: name != "HEIC")
    for name in ("a.png", "b.JPG", "c.jfif", "d.jpe", "e.avif", "f.dib", "g.apng"):
        (tmp_path / name).touch()
    assert said(tmp_path) == ""
    for name in ("x.txt", "y.TXT", "z.heic", "w.jxl", "no", "long.ending-of-many"):
        (tmp_path / name).touch()
    assert said(tmp_path) == (
        "6 files left out of F: 1 .heic (pip install pillow-heif, or save it as JPEG); "
        "1 .jxl (save it as JPEG or PNG); 2 .txt; 2 without an ending"
    )
    for i in range(4):
        (tmp_path / f"a.e{i}").touch()
    assert said(tmp_path).endswith("; and 3 more kinds")
    assert len(listing.pictures(tmp_path)) == 7


def test_the_line_is_never_longer_than_a_message(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "is_read", lambda name: name not in ("HEIC", "AVIF"))
    left = Counter([".heic", ".cr2", ".nef", ".avif", ".jxl", ".svg", ".pdf", *listing.KINDS])
    line = listing.said(left, tmp_path / ("n" * 400))
    assert line.startswith("13 files left out of …nnn") and len(line) == 300
    assert "nnn: 1 .avif (" in line and line.endswith(" more kinds")
    assert korean.of(line).endswith("가지")


def test_each_kind_is_said_in_korean():
    for kind in (*listing.KINDS, listing.NO_ENDING):
        assert not re.search("[a-z]{2}", korean.of(f"3 {kind}"))
    for ending in (".heic", ".avif", ".cr2", ".svg", ".jp2"):
        words = korean.of(f"1 file left out of F: 1 {ending}{listing.advice(ending)}")
        assert "save" not in words and words.startswith("F에서 파일 1개를 뺐습니다: 1 " + ending)
    words = korean.of(
        "/d/a has no pictures (.jpg, .png); fill it or remove it; left out: 2 .txt; 1 link to nothing"
    )
    assert (
        words
        == "/d/a에 그림(.jpg, .png)이 없습니다; 그림을 넣거나 폴더를 지우세요; 뺀 것: 2 .txt; 끊어진 링크 1개"
    )


@pytest.mark.parametrize(
    "name",
    [
        *(
            "._a.png",
            ".hidden.png",
            "Thumbs.db",
            ".DS_Store",
            "desktop.ini",
            "__MACOSX/a.png",
            "@eaDir/a.png",
        ),
        *("System Volume Information/a.png", "lost+found/a.png", "__pycache__/a.png"),
    ],
)
def test_what_is_hidden_and_what_systems_leave_is_not_said(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    assert (listing.pictures(tmp_path), said(tmp_path)) == ([], "")


def test_every_ending_has_a_reader():
    assert {*listing.ENDINGS} <= {*readers.FORMATS, *readers.NEEDS}
    assert {*readers.OTHERS} <= {*readers.NEEDS}
    assert len({one for own in (listing.ENDINGS | readers.OTHERS).values() for one in own}) == sum(
        map(len, (listing.ENDINGS | readers.OTHERS).values())
    )


def test_linked_folders_are_read_each_once(tmp_path):
    picture(tmp_path / "a/deep/1.png")
    picture(tmp_path / "other/2.png")
    for name, target in {
        "link": "../other",
        "again": "../other",
        "up": "..",
        "itself": ".",
        "deep/back": "..",
        "loop": "loop",
        "gone": "nowhere",
        "one.png": "../other/2.png",
        "lost.png": "nowhere.png",
    }.items():
        (tmp_path / "a" / name).symlink_to(target)
    os.mkfifo(tmp_path / "a/pipe.png")
    found = [path.relative_to(tmp_path / "a").as_posix() for path in listing.pictures(tmp_path / "a")]
    assert found == ["again/2.png", "deep/1.png", "one.png"]
    assert said(tmp_path / "a") == (
        "8 files left out of F: 4 link to a folder that is read already or holds it; 3 link to nothing; "
        "1 pipe or device"
    )


def test_a_class_that_is_linked_and_a_folder_in_two_classes(tmp_path):
    pictures(tmp_path / "pool", {"cats": 3, "dogs": 3})
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cat").symlink_to("../pool/cats")
    (tmp_path / "data/dog").symlink_to("../pool/dogs")
    found = load(tmp_path / "data")
    assert (found.class_names, len(found.train) + len(found.test), found.notes) == (("cat", "dog"), 6, ())
    (tmp_path / "data/dog/more").symlink_to("../cats")
    found = load(tmp_path / "data")
    assert len(found.train) + len(found.test) == 9
    assert [note.rpartition(" are linked to one folder")[0].count("data/") for note in found.notes] == [2]
    (tmp_path / "data/root").symlink_to(".")
    with pytest.raises(InputError, match=r"root has no pictures .*read already"):
        load(tmp_path / "data")


def test_one_picture_in_two_classes_by_a_link(tmp_path):
    pictures(tmp_path / "train", {"a": 3, "b": 3})
    pictures(tmp_path / "val", {"a": 1, "b": 1})
    (tmp_path / "train/a/twice.png").symlink_to("0.png")  # within one class
    assert load(tmp_path).notes == ()
    for place in ("train/b", "val/a"):  # another class, the part to test with
        (tmp_path / place / "more.png").symlink_to(tmp_path / "train/a/0.png")
        (note,) = load(tmp_path).notes
        words = (
            f"train/a/0.png and {tmp_path}/{place}/more.png are linked to one picture, which counts in both"
        )
        assert note == f"{tmp_path}/{words}"
        (tmp_path / place / "more.png").unlink()


def test_an_empty_class_to_test_with_is_one_that_is_missing(tmp_path):
    pictures(tmp_path / "train", {"a": 2, "b": 2})
    pictures(tmp_path / "val", {"a": 1})
    (tmp_path / "val/b").mkdir()
    found = load(tmp_path)
    assert found.notes == (f"{tmp_path}/val has no pictures of 1 of 2 classes, which are not measured: b",)
    assert found.test.labels.tolist() == [0]
    (tmp_path / "val/a/0.png").unlink()
    with pytest.raises(InputError, match=r"val/a has no pictures"):
        load(tmp_path)


def test_a_folder_of_pictures_says_what_it_leaves_out(tmp_path):
    pictures(tmp_path / "train", {"a": 3, "b": 3, "c": 2})
    pictures(tmp_path / "val", {"a": 1})
    pictures(tmp_path / "test", {"a": 1})
    (tmp_path / "README").touch()
    (tmp_path / "train/labels.csv").touch()
    (tmp_path / "train/a/notes.txt").touch()
    picture(tmp_path / "train/loose.png")
    notes = load(tmp_path).notes
    assert notes == (
        f"{tmp_path}/val has no pictures of 2 of 3 classes, which are not measured: b, c",
        f"5 files left out of {tmp_path}: 1 .csv; 1 .txt; 1 folder beside the two parts; "
        "1 picture beside the folders of classes; 1 without an ending",
    )
    lines = []
    load(tmp_path, say=lines.append)
    assert lines == [*notes]
    assert folder.fitted(load(tmp_path), load(tmp_path).train.config).notes == notes


def nfd(name):
    return unicodedata.normalize("NFD", name)


def test_names_that_crossed_from_a_mac(tmp_path):
    """train/ in NFD and val/ in NFC; the classes are in NFC, and the files in the same order in both."""
    pictures(tmp_path / "train", {nfd("고양이"): 2, nfd("é"): 2, "z": 1})
    pictures(tmp_path / "val", {"고양이": 1, "é": 1, "z": 1})
    found = load(tmp_path)
    assert found.class_names == ("z", "é", "고양이")
    assert (found.test.labels.tolist(), found.notes) == ([0, 1, 2], ())
    names = ["é.png", "f.png", "ea.png"]
    for form, place in ((nfd, tmp_path / "mac"), (str, tmp_path / "other")):
        for name in names:
            picture(place / form(name))
        found = [listing.composed(path.name) for path in listing.pictures(place)]
        assert found == ["ea.png", "f.png", "é.png"]


def test_two_folders_of_one_name(tmp_path):
    pictures(tmp_path, {"é": 2, nfd("é"): 2, "b": 2})
    with pytest.raises(InputError, match="has two folders of one name, é, in two Unicode forms; put their"):
        load(tmp_path)


HEIC = b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf" + bytes(40)


def test_heic_says_what_to_install_and_is_read_with_it(tmp_path, monkeypatch):
    """The reader of the package pillow-heif is used, and not registered with Pillow."""
    path = tmp_path / "a.jpg"  # as a phone may call it
    path.write_bytes(HEIC)
    monkeypatch.setattr(readers.importlib.util, "find_spec", lambda name: None)
    assert ".heic" not in listing.suffixes()
    with pytest.raises(
        InputError, match=r"a\.jpg is HEIC, which is not read here; pip install pillow-heif, or save it"
    ):
        photo.read(path)
    monkeypatch.undo()
    package = types.ModuleType("pillow_heif")
    image = Image.new("RGB", (7, 5), "red")
    image.tile = []
    package.HeifImageFile = lambda file: image
    package.__spec__ = types.SimpleNamespace()
    monkeypatch.setitem(sys.modules, "pillow_heif", package)
    before = dict(Image.OPEN)
    assert ".heic" in listing.suffixes()
    assert photo.read(path).size == (7, 5)
    assert before == Image.OPEN


@pytest.mark.parametrize(
    ("start", "name", "advice"),
    [
        (b"\xff\x0a", "JPEG XL", "save it as JPEG or PNG"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL", "save it as JPEG or PNG"),
        (b"%PDF-1.7", "PDF", "save it as PNG"),
        (b"<svg xmlns=", "SVG", "save it as PNG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a drawing -->\n<svg xmlns=', "SVG", "save it as PNG"),
        (b"II*\0\x10\0\0\0CR\2\0", "a raw photo", "develop it, and save it as JPEG or PNG"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "a raw photo", "develop it"),
        (b"FUJIFILMCCD-RAW 0201", "a raw photo", "develop it"),
        (b"IIU\0\x08\0\0\0", "a raw photo", "develop it"),
    ],
)
def test_what_is_not_read_is_named(tmp_path, start, name, advice):
    (tmp_path / "a.png").write_bytes(start + bytes(40))
    with pytest.raises(InputError, match=f"a.png is {name}, which is not read here; {advice}"):
        photo.read(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["nef", "ARW", "dng", "cr2", "cr3", "raf", "orf", "rw2"])
def test_a_raw_photo_is_known_by_its_ending(tmp_path, ending):
    """Most begin as a TIFF does, whose picture is a small preview."""
    Image.new("RGB", (8, 6)).save(tmp_path / f"a.{ending}", "TIFF")
    (tmp_path / f"b.{ending}").write_bytes(b"II*\0" + bytes(40))
    with pytest.raises(InputError, match="holds the preview of a raw photo; develop it, and save it as JPEG"):
        photo.read(tmp_path / f"a.{ending}")
    with pytest.raises(
        InputError, match=r"is a raw photo, which is not read here; develop it, and save it as"
    ):
        photo.read(tmp_path / f"b.{ending}")
    assert (
        said(tmp_path)
        == f"2 files left out of F: 2 .{ending.lower()} (develop it, and save it as JPEG or PNG)"
    )


def test_what_pillow_does_not_read_of_a_format(tmp_path):
    file = tmp_path / "a.jpg"
    Image.new("RGB", (8, 6)).save(file)
    data = file.read_bytes()
    place = data.index(b"\xff\xc0") + 4
    file.write_bytes(data[:place] + b"\x0c" + data[place + 1 :])  # 12 bits
    with pytest.raises(
        InputError, match="is JPEG that is damaged, or of a kind that Pillow does not read; save"
    ):
        photo.read(file)


def test_an_old_pillow_without_avif(tmp_path, monkeypatch):
    (tmp_path / "a.avif").write_bytes(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(40))
    monkeypatch.setattr(readers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"a\.avif is AVIF, which is not read here; pip install --upgrade pillow"
    ):
        photo.read(tmp_path / "a.avif")
    assert said(tmp_path) == "1 file left out of F: 1 .avif (pip install --upgrade pillow)"
