"""Pictures that somebody made to do harm: nothing runs, nothing hangs, nothing takes all memory; one line each."""

import io
import os
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from vitnp import preset
from vitnp.data import bounds, files, metadata, photo, preprocess, readers
from vitnp.errors import InputError

READ = [form for form in readers.FORMATS if readers.is_read(form)]  # an older Pillow has no AVIF
SIDE = 24
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(ran) print\n%%EOF\n"


def picture():
    """A picture whose left half is red and whose right half is blue."""
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    pixels[:, : SIDE // 2, 0] = pixels[:, SIDE // 2 :, 2] = 255
    return Image.fromarray(pixels)


def saved(form, image=None, **options):
    """The picture's bytes in a format of Pillow."""
    file = io.BytesIO()
    (image or picture()).save(file, form, **options)
    return file.getvalue()


def refused(path):
    """The one line with which a picture is refused."""
    with pytest.raises(InputError) as caught:
        photo.read(path)
    said = str(caught.value)
    assert said.isprintable() and len(said) <= 300
    return said


@pytest.mark.parametrize("form", READ)
def test_every_admitted_format_is_read_whatever_it_is_called(tmp_path, form):
    path = tmp_path / "picture.txt"
    path.write_bytes(saved(form))
    pixels = np.asarray(photo.read(path)).astype(int)
    assert abs(pixels[4, 4] - (255, 0, 0)).max() < 30
    assert abs(pixels[4, -5] - (0, 0, 255)).max() < 30


@pytest.mark.parametrize("ways", ["predict", "folder"])
def test_postscript_is_never_executed(tmp_path, monkeypatch, ways):
    """Pillow gives EPS, whatever the file is called, to the Ghostscript that it finds on the PATH."""
    bin, ran, path = tmp_path / "bin", tmp_path / "ran", tmp_path / "cat.png"
    bin.mkdir()
    for name in ("gs", "gswin32c", "gswin64c"):
        (bin / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (bin / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(bin), prepend=os.pathsep)
    path.write_bytes(POSTSCRIPT)
    config = preset("tiny")
    with pytest.raises(
        InputError, match=r"cat\.png is not an image that is read here; give a JPEG, PNG, BMP, DIB, GIF"
    ):
        if ways == "predict":
            preprocess.load(path, config)
        else:
            files.FolderSource([path], [0], config).images([0])
    assert not ran.exists()


# What Pillow reads besides, as it writes it, or as its reader knows it: some of these start programs, open other files
# or are decoded by Python alone.
OTHERS = {form: saved(form) for form in ("DDS", "EPS", "ICNS", "ICO", "JPEG2000", "PCX", "SGI", "TGA")}
OTHERS |= {
    "BUFR": b"BUFR" + bytes(40),
    "CUR": b"\0\0\2\0" + bytes(60),
    "DCX": b"\xb1\x68\xde\x3a" + bytes(60),
    "FITS": b"SIMPLE  =                    T".ljust(80) + b"END".ljust(2800),
    "FLI": bytes(4) + b"\x12\xaf" + bytes(130),
    "FPX": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "GRIB": b"GRIB\0\0\0\1" + bytes(40),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(40),
    "PSD": b"8BPS\0\1" + bytes(60),
    "WMF": b"\xd7\xcd\xc6\x9a\0\0" + bytes(60),
    "XBM": b"#define im_width 9\n#define im_height 9\nstatic char im_bits[] = {\n0x00};\n",
    "XPM": b"/* XPM */\nstatic char *x[] = {\n",
}


@pytest.mark.parametrize("form", OTHERS)
def test_no_other_format_is_read(tmp_path, form):
    path = tmp_path / "picture.png"
    path.write_bytes(OTHERS[form])
    said = (
        "is JPEG 2000, which is not"
        if form == "JPEG2000"
        else f"is not an image that is read here; give a {readers.ADMITTED}"
    )
    assert said in refused(path)


def test_what_is_no_file(tmp_path, monkeypatch):
    """A pipe without a writer and a device without an end would be waited for."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.png")
    os.symlink("loop.png", "loop.png")
    assert "is no regular file" in refused("pipe.png")
    assert "is no regular file" in refused("/dev/zero")
    assert "(Is a directory)" in refused(".")
    assert "cannot be read (" in refused("loop.png")
    assert "cannot be read (" in refused("a" * 300)
    assert "cannot be read (" in refused("nul\0.png")
    assert "there is no file \ufffd[2J.png" in refused("\x1b[2J.png")


@pytest.mark.parametrize("size", [(2**16 + 1, 1), (1, 2**16 + 1)])
def test_a_side_that_is_too_long(tmp_path, size):
    path = tmp_path / "line.png"
    path.write_bytes(saved("PNG", Image.new("1", size)))
    assert refused(path).endswith("; a side may have 65,536 pixels: crop it first")
    path.write_bytes(saved("PNG", Image.new("1", [side - 1 or 1 for side in size])))
    assert max(photo.read(path).size) == 2**16


@pytest.mark.parametrize("form", ["BMP", "PNG", "GIF", "PPM"])
def test_a_claim_of_more_pixels_than_there_are_is_not_believed(tmp_path, form):
    """A header of a few bytes that says 60,000x60,000."""
    side = 60_000
    headers = {
        "BMP": b"BM"
        + struct.pack("<IHHI", 0, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, *[0] * 6),
        "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", side, side) + b"\x08\x02\0\0\0",
        "GIF": b"GIF89a"
        + struct.pack("<HH", side, side)
        + b"\0\0\0\x2c\0\0\0\0"
        + struct.pack("<HH", side, side),
        "PPM": b"P6 60000 60000 255\n",
    }
    path = tmp_path / "large.png"
    path.write_bytes(headers[form] + bytes(40))
    assert str(path) in refused(path)


@pytest.mark.skipif("AVIF" not in READ, reason="this Pillow reads no AVIF")
@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((30_000, 3_000), "is 30000x3000, more than 89 million pixels"),
        ((8_000, 8_000), "nearly all of one color"),
        ((60_000, 60_000), ""),  # more than libavif takes
    ],
)
def test_an_avif_that_claims_more_pixels_than_it_has(tmp_path, size, said):
    """Its size stands apart from its pixels, and nothing is decoded before that is looked at."""
    data, path = saved("AVIF"), tmp_path / "large.avif"
    place = data.index(b"ispe") + 8
    path.write_bytes(data[:place] + struct.pack(">II", *size) + data[place + 8 :])
    assert said in refused(path)


@pytest.mark.parametrize(("height", "fits"), [(2**10, True), (2**10 + 1, False)])
def test_a_bmp_of_runs(tmp_path, height, fits):
    """Lines that end after one pixel: a few kilobytes of them took 20 seconds."""
    path = tmp_path / "runs.bmp"
    header = struct.pack("<IiiHHIIiiII", 40, 2**12, height, 1, 8, 1, 0, 0, 0, 256, 0)
    start = b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + header + bytes(range(256)) * 4
    path.write_bytes(start + b"\x01\x01\0\0" * height)
    if fits:
        assert photo.read(path).size == (2**12, height)
    else:
        assert "is a compressed BMP of more than 4,194,304 pixels" in refused(path)


def progressive(extra):
    """A progressive JPEG with its last scan `extra` times more, and the number of its scans."""
    data = saved("JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + extra * last + data[-2:], data.count(b"\xff\xda") + extra


def test_a_jpeg_of_a_thousand_scans(tmp_path):
    """Each scan of a few bytes goes over all pixels: half a megabyte took a minute."""
    path = tmp_path / "scans.jpg"
    few, count = progressive(0)
    for extra, fits in ((bounds.MOST_SCANS - count, True), (bounds.MOST_SCANS - count + 1, False)):
        data, count_now = progressive(extra)
        path.write_bytes(data)
        if fits:
            assert photo.read(path).size == (SIDE, SIDE)
        else:
            assert f"is a JPEG of {count_now} scans, more than {bounds.MOST_SCANS}" in refused(path)
    assert bounds.scans(few) == count
    assert bounds.scans(saved("JPEG")) == 1


def test_scans_are_counted_in_the_picture_alone():
    """A thumbnail in its metadata, and the film that a phone puts behind it, hold the same two bytes."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + b"\xff\xda" * 500
    assert bounds.scans(saved("JPEG", exif=exif) + b"\xff\xda" * 500) == 1


def test_a_comment_or_a_profile_that_unpacks_to_much(tmp_path, monkeypatch):
    """A PNG's text may be packed a thousand times: Pillow's bound ends it, and the picture is read without it."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    data, path = saved("PNG"), tmp_path / "text.png"
    packed = zlib.compress(bytes(2**27), 9)
    for name in (b"zTXt", b"iCCP"):
        path.write_bytes(data[:33] + chunk(name, b"Comment\0\0" + packed) + data[33:])
        assert photo.read(path).tobytes() == picture().tobytes()
        with monkeypatch.context() as patch:
            patch.setattr(metadata, "variants", lambda file: [file])
            assert "cannot be read (Decompressed data too large" in refused(path)


def test_a_transparency_longer_than_its_palette(tmp_path):
    """Pillow finds it only when the colors are converted."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    data, path = saved("PNG", picture().quantize(2)), tmp_path / "palette.png"
    place = data.index(b"IDAT") - 4
    path.write_bytes(data[:place] + chunk(b"tRNS", bytes(500)) + data[place:])
    assert "palette.png cannot be read (" in refused(path)


@pytest.mark.parametrize(("height", "fits"), [(2**12, True), (2**12 + 1, False)])
def test_a_large_picture_of_one_color(tmp_path, height, fits):
    path = tmp_path / "flat.png"
    path.write_bytes(saved("PNG", Image.new("L", (2**12, height))))
    if fits:
        assert photo.read(path).size == (2**12, height)
    else:
        size = path.stat().st_size
        assert refused(path).startswith(f"{path} is 4096x4097 in {size:,} bytes, nearly all of one color")
        path.write_bytes(path.read_bytes() + bytes(2**18))
        assert photo.read(path).size == (2**12, height), "as large as a picture of many colors"


def test_a_large_picture_is_in_memory_once(tmp_path, monkeypatch):
    """A flat PNG of a few bytes may have 89 million pixels: turned and converted as copies, they took 700 MB."""
    path, copied = tmp_path / "large.png", []
    path.write_bytes(saved("PNG"))
    for name in ("copy", "convert"):
        monkeypatch.setattr(Image.Image, name, lambda self, *given: copied.append(1))
    assert photo.read(path).size == (SIDE, SIDE)
    assert copied == []


def test_on_white_in_bands():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (photo.BAND + 3, 5, 4), dtype=np.uint8)
    whole = Image.alpha_composite(Image.new("RGBA", (5, photo.BAND + 3), "white"), Image.fromarray(pixels))
    np.testing.assert_array_equal(np.asarray(photo.on_white(Image.fromarray(pixels))), np.asarray(whole))


def test_many_directories_and_frames_are_not_walked(tmp_path, monkeypatch):
    """Only the first picture of a file is read, however many come after it."""
    asked = []
    for form in ("GIF", "TIFF"):
        reader = type(Image.open(io.BytesIO(saved(form))))
        monkeypatch.setattr(reader, "n_frames", property(lambda self: asked.append(1)))
        path = tmp_path / f"many.{form}"
        path.write_bytes(saved(form, save_all=True, append_images=[Image.new("RGB", (SIDE, SIDE))] * 3))
        pixels = np.asarray(photo.read(path))
        assert tuple(pixels[4, 4]) == (255, 0, 0)
    assert asked == []


def test_a_picture_beyond_the_memory_names_itself(tmp_path, monkeypatch):
    def full(*_, **__):
        raise MemoryError

    path = tmp_path / "large.png"
    path.write_bytes(saved("PNG", picture().convert("L")))
    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "convert", full)
        assert refused(path) == f"{path} needs more memory than there is; make the picture smaller first"
    monkeypatch.setattr(preprocess, "_sampled", full)
    with pytest.raises(InputError, match=f"{path} needs more memory than there is"):
        preprocess.load(path, preset("tiny"))


def test_a_mistake_of_ours_is_not_called_a_bad_picture(tmp_path, monkeypatch):
    path = tmp_path / "good.png"
    path.write_bytes(saved("PNG"))
    monkeypatch.setattr(bounds, "need_bounded", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        photo.read(path)


@pytest.mark.parametrize("form", READ)
def test_altered_bytes_are_read_or_refused(tmp_path, form):
    """200 files of each format, a few bytes of each changed or cut off."""
    rng, whole, path = np.random.default_rng(0), np.frombuffer(saved(form), np.uint8), tmp_path / "altered"
    config, outcomes = preset("tiny"), set()
    for _ in range(200):
        data = whole.copy()
        places = rng.integers(0, rng.choice([60, len(data)]), rng.integers(1, 4))
        data[places % len(data)] = rng.integers(0, 256, len(places))
        path.write_bytes(data[: rng.choice([len(data), rng.integers(1, len(data))])].tobytes())
        try:
            x = preprocess.load(path, config)
            assert x.shape == (*config.image_size, 3) and np.isfinite(x).all()
            outcomes.add("read")
        except InputError as problem:
            assert re.search(rf"{path} (is|has|cannot be read)", str(problem))
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
