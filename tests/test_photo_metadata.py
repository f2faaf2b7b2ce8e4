"""Odd metadata never spoils nor turns a picture whose pixels are whole; a picture that is cut off is refused."""

import io
import re
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageFile

from vitnp.data import metadata, photo, readers
from vitnp.errors import InputError
from vitnp.system import quiet

SIDE, ORIENTATION = 24, 0x112
PIXELS = np.zeros((SIDE, SIDE, 3), np.uint8)
PIXELS[:, : SIDE // 2, 0] = PIXELS[:, SIDE // 2 :, 2] = 255
FORMS = {"JPEG": {"quality": 95}, "PNG": {}, "WEBP": {"lossless": True}} | (
    {"AVIF": {"quality": 95}} if readers.is_read("AVIF") else {}
)


def saved(form, **options):
    """The bytes of a picture whose left half is red and whose right half is blue."""
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, form, **(FORMS.get(form, {}) | options))
    return file.getvalue()


def upright(path, data):
    """Whether the bytes are read as that picture."""
    path.write_bytes(data)
    x = np.asarray(photo.read(path)).astype(int)
    return x.shape == PIXELS.shape and abs(x[4:-4, 4:8] - (255, 0, 0)).max() < 40


def exif(*entries, end="<"):
    """An EXIF block of entries (tag, type, count, four bytes)."""
    block = (b"II*\0" if end == "<" else b"MM\0*") + struct.pack(end + "IH", 8, len(entries))
    for tag, kind, count, value in entries:
        block += struct.pack(end + "HHI", tag, kind, count) + value
    return block + bytes(4)


def short(value, other=0):
    return struct.pack("<HH", value, other)


ODD = {
    "orientation as text": exif((ORIENTATION, 2, 4, b"six\0")),
    "orientation 9": exif((ORIENTATION, 3, 1, short(9))),
    "orientation 0": exif((ORIENTATION, 3, 1, short(0))),
    "orientation as a fraction that is not there": exif((ORIENTATION, 5, 1, struct.pack("<I", 800))),
    "GPS that is not there": exif((0x8825, 4, 1, struct.pack("<I", 99_999))),
    "a block within itself": exif((0x8769, 4, 1, struct.pack("<I", 8))),
    "a tag larger than the file": exif((0x10F, 2, 900_000, struct.pack("<I", 500))),
    "a type that is none": exif((0x9999, 77, 3, b"abcd")),
    "garbage": b"garbage" * 9,
    "cut off": b"II*\0\x08\0\0\0\x05\0",
    "nothing": b"",
}


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def chunk(name, data, crc=None):
    crc = zlib.crc32(name + data) if crc is None else crc
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def with_segment(marker, data):
    """The JPEG with a segment before its others."""
    whole = saved("JPEG")
    return whole[:2] + segment(marker, data) + whole[2:]


def with_chunk(name, data, crc=None, *, last=False):
    """The PNG with a chunk before or after its pixels."""
    whole = saved("PNG")
    place = whole.index(b"IEND") - 4 if last else 33
    return whole[:place] + chunk(name, data, crc) + whole[place:]


@pytest.mark.parametrize("block", ODD)
def test_odd_exif(tmp_path, block):
    assert upright(tmp_path / "a.jpg", with_segment(0xE1, b"Exif\0\0" + ODD[block]))
    for last in (False, True):
        assert upright(tmp_path / "a.png", with_chunk(b"eXIf", ODD[block], last=last))
    assert upright(tmp_path / "a.webp", saved("WEBP", exif=b"Exif\0\0" + ODD[block]))


def test_an_orientation_beside_odd_tags_counts(tmp_path):
    """Pillow's own turn writes the EXIF anew, and raises for these."""
    block = exif(
        (0x10F, 2, 900_000, struct.pack("<I", 500)), (ORIENTATION, 3, 1, short(3)), (0x9999, 77, 3, b"abcd")
    )
    for name, data in (
        ("a.jpg", with_segment(0xE1, b"Exif\0\0" + block)),
        ("a.png", with_chunk(b"eXIf", block)),
    ):
        (tmp_path / name).write_bytes(data)
        assert np.asarray(photo.read(tmp_path / name))[4, -5, 0] > 200, "the red half is on the right"


def test_the_orientation_stays_where_another_segment_is_odd(tmp_path):
    """The JPEG is read again without its color profile, and its EXIF still counts."""
    block = b"Exif\0\0" + exif((ORIENTATION, 3, 1, short(3)))
    whole = saved("JPEG")
    path = tmp_path / "a.jpg"
    path.write_bytes(whole[:2] + segment(0xE1, block) + segment(0xE2, b"ICC_PROFILE\0") + whole[2:])
    assert np.asarray(photo.read(path))[4, -5, 0] > 200


JPEG = {
    "a profile cut off": (0xE2, b"ICC_PROFILE\0"),
    "one of two parts of a profile": (0xE2, b"ICC_PROFILE\0\1\2abc"),
    "Adobe's marker cut off": (0xEE, b"Adobe\0"),
    "JFIF cut off": (0xE0, b"JFIF\0"),
    "Photoshop's, cut off": (0xED, b"Photoshop 3.0\x008BIM\x03\xed\xff"),
    "XMP that is no XML": (0xE1, b"http://ns.adobe.com/xap/1.0/\0<<<<\xff\xfe"),
    "XMP with an orientation that is none": (
        0xE1,
        b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="9"/>',
    ),
    "an index of pictures that are not there": (0xE2, b"MPF\0garbage"),
    "a comment of markers": (0xFE, b"\xff\xd9\xff\xda" * 3),
}


@pytest.mark.parametrize("what", JPEG)
def test_odd_segments_of_a_jpeg(tmp_path, what):
    assert upright(tmp_path / "a.jpg", with_segment(*JPEG[what]))


PNG = {
    "a checksum that is wrong": (b"tEXt", b"Comment\0hi", 5),
    "text without an end": (b"tEXt", b"Comment"),
    "packed text that is not packed": (b"zTXt", b"a\0\0xxxx"),
    "text packed in a way that is none": (b"zTXt", b"a\0\7xxxx"),
    "international text of other bytes": (b"iTXt", b"a\0\1\0en\0k\0\xff\xff"),
    "a profile that is not packed": (b"iCCP", b"n\0\0zzzz"),
    "a profile packed in a way that is none": (b"iCCP", b"n\0\5zzzz"),
    "no profile": (b"iCCP", b""),
    "a resolution of one byte": (b"pHYs", b"\0"),
    "a gamma of one byte": (b"gAMA", b"\0"),
    "colors of two bytes": (b"cHRM", b"\0\0"),
    "an animation of one byte": (b"acTL", b"\0"),
}


@pytest.mark.parametrize("what", PNG)
@pytest.mark.parametrize("last", [False, True])
def test_odd_chunks_of_a_png(tmp_path, what, last):
    assert upright(tmp_path / "a.png", with_chunk(*PNG[what], last=last))


@pytest.mark.skipif(not readers.is_read("AVIF"), reason="this Pillow reads no AVIF")
def test_odd_exif_of_an_avif(tmp_path):
    whole = saved("AVIF", exif=exif((0x131, 2, 4, b"abc\0")))
    place = whole.index(b"II*\0")
    broken = whole[:place] + b"XX" + whole[place + 2 :]
    assert upright(tmp_path / "a.avif", broken)
    assert metadata.of_avif(broken, False) != broken


@pytest.mark.parametrize("form", FORMS)
def test_a_profile_that_is_none(tmp_path, form):
    assert upright(tmp_path / "a", saved(form, icc_profile=b"bad"))


def test_several_pictures_in_a_file_are_the_first(tmp_path):
    for form in ("MPO", "GIF", "TIFF", "PNG", "WEBP", *(["AVIF"] if "AVIF" in FORMS else [])):
        blue = Image.new("RGB", (SIDE, SIDE), "blue")
        assert upright(tmp_path / form, saved(form, save_all=True, append_images=[blue]))


@pytest.mark.parametrize("form", [*FORMS, "GIF", "BMP", "TIFF", "PPM"])
def test_what_is_cut_off_is_refused(tmp_path, form):
    """Not filled with gray."""
    rng = np.random.default_rng(0)
    file, path = io.BytesIO(), tmp_path / "cut"
    Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(file, form)
    whole = file.getvalue()
    pixels = whole.index(b"IDAT") if form == "PNG" else len(whole)
    end = pixels + 1500 if form == "PNG" else len(whole) - 40
    path.write_bytes(whole[:end])
    with pytest.raises(InputError, match=re.escape(f"{path} ")):
        photo.read(path)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_flawless_file_is_read_once(tmp_path, monkeypatch):
    for strip in ("of_jpeg", "of_png", "of_avif"):
        monkeypatch.setattr(metadata, strip, lambda *_: pytest.fail("a second time"))
    for form in FORMS:
        assert upright(tmp_path / form, saved(form))


def test_colors_by_adobes_marker(tmp_path):
    """A CMYK JPEG has its colors inverted where Adobe's marker is, which stays where a profile is odd."""
    cmyk = Image.fromarray(PIXELS).convert("CMYK")
    file = io.BytesIO()
    cmyk.save(file, "JPEG", quality=95)
    whole = file.getvalue()
    assert upright(tmp_path / "a.jpg", whole)
    assert upright(tmp_path / "b.jpg", whole[:2] + segment(0xE2, b"ICC_PROFILE\0") + whole[2:])


def test_warning_filters_stay_as_they_are(tmp_path):
    """In threads, whose blocks overlap, also where somebody's catch_warnings begins or ends in between."""
    (tmp_path / "a.jpg").write_bytes(with_segment(0xE1, b"Exif\0\0" + ODD["cut off"]))
    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        assert len({image.size for image in pool.map(photo.read, [tmp_path / "a.jpg"] * 200)}) == 1
    assert warnings.filters == before
    inner, outer = quiet.warnings_of("PIL"), warnings.catch_warnings()
    inner.__enter__()
    with outer:
        inner.__exit__(None, None, None)
        assert warnings.filters == before
    assert warnings.filters == before
    with warnings.catch_warnings():
        inner = quiet.warnings_of("PIL")
        inner.__enter__()
    inner.__exit__(None, None, None)
    assert warnings.filters == before


def test_what_others_warn_of_is_heard():
    with quiet.warnings_of(r"PIL\b"), pytest.warns(UserWarning, match="mine"):
        warnings.warn("mine", stacklevel=1)
    with quiet.warnings_of(r"PIL\b"), quiet.warnings_of(r"PIL\b"):
        warnings.warn_explicit("theirs", UserWarning, "f.py", 1, module="PIL.Image")
    with pytest.warns(UserWarning, match="theirs"):
        warnings.warn_explicit("theirs", UserWarning, "f.py", 1, module="PIL.Image")
