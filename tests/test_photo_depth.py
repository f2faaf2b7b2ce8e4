"""16 bits as 8: by what the file says is white; and how large a picture may be, by VITNP_MAX_PIXELS."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from vitnp.data import photo
from vitnp.errors import InputError

ROWS, COLUMNS = 6, 8
OF_12 = np.linspace(0, 4095, ROWS * COLUMNS).astype(int).reshape(ROWS, COLUMNS)
AS_8 = OF_12 * 255 // 4095


def tiff(bits, data, *, photometric=1, most=None, more=()):
    """A gray TIFF without compression; most: the largest value that it says it has."""
    tags = {
        256: (3, COLUMNS),
        257: (3, ROWS),
        258: (3, bits),
        259: (3, 1),
        262: (3, photometric),
        277: (3, 1),
    }
    tags |= {278: (3, ROWS), 279: (4, len(data))} | ({} if most is None else {281: (3, most)}) | dict(more)
    tags[273] = (4, 8 + 2 + 12 * (len(tags) + 1) + 4)
    entries = b"".join(
        struct.pack("<HHI", tag, kind, 1)
        + (struct.pack("<HH", value, 0) if kind == 3 else struct.pack("<I", value))
        for tag, (kind, value) in sorted(tags.items())
    )
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4) + data


def packed(values):
    """Rows of 12 bits a value."""
    rows = ("".join(f"{value:012b}" for value in row) for row in values)
    return b"".join(int(row, 2).to_bytes(len(row) // 8, "big") for row in rows)


def of_16(values):
    return values.astype("<u2").tobytes()


def planar(values, order="<"):
    """A TIFF of three planes of the same values, without compression."""
    data = values.astype(order + "u2").tobytes()
    start = 8 + 2 + 12 * 9 + 4
    tags = {256: (3, 1, COLUMNS), 257: (3, 1, ROWS), 258: (3, 1, 16), 259: (3, 1, 1), 262: (3, 1, 2)}
    tags |= {273: (4, 3, start), 277: (3, 1, 3), 278: (3, 1, ROWS), 284: (3, 1, 2)}
    entries = b"".join(
        struct.pack(order + ("HHIHH" if kind == 3 else "HHII"), tag, kind, count, value, *[0] * (kind == 3))
        for tag, (kind, count, value) in tags.items()
    )
    offsets = struct.pack(order + "III", *(start + 12 + i * len(data) for i in range(3)))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    return head + entries + bytes(4) + offsets + data * 3


def png(values, *, sbit=None, transparent=None):
    """A PNG of 16 bits a value (rows, columns, channels), which Pillow does not write."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    kind = {1: 0, 3: 2, 4: 6}[values.shape[2]]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, kind, 0, 0, 0))
    header += b"" if sbit is None else chunk(b"sBIT", sbit)
    header += (
        b"" if transparent is None else chunk(b"tRNS", struct.pack(f">{len(transparent)}H", *transparent))
    )
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def gray(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    return np.asarray(photo.read(tmp_path / "a", in_channels=1))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (tiff(12, packed(OF_12)), AS_8),
        (tiff(16, of_16(OF_12), most=4095), AS_8),
        (
            tiff(16, of_16(OF_12 * 16), most=60_000),
            OF_12 * 16 // 257,
        ),  # a largest value, and no number of bits
        (tiff(16, of_16(OF_12 * 16)), OF_12 * 16 // 257),
        (tiff(16, of_16(OF_12 * 16), photometric=0), (65535 - OF_12 * 16) // 257),  # white is 0
        (tiff(16, of_16(OF_12 * 0)), OF_12 * 0),
        (tiff(16, of_16(OF_12), photometric=0, most=4095), 255 - AS_8),
        (tiff(16, of_16(OF_12 // 4), most=1023), AS_8),
        (planar(OF_12 * 16), OF_12 * 16 // 257),
        (planar(OF_12 * 16, ">"), OF_12 * 16 // 257),
        (png(OF_12[..., None], sbit=b"\x0c"), AS_8),
        (png(OF_12[..., None] * 16, sbit=b"\x0c"), OF_12 * 16 // 257),
        (b"P5 8 6 4095\n" + OF_12.astype(">u2").tobytes(), AS_8),
        (b"P5 8 6 65535\n" + (OF_12 * 16).astype(">u2").tobytes(), OF_12 * 16 // 257),
        (png(OF_12[..., None] * 16), OF_12 * 16 // 257),
    ],
)
def test_white_is_what_the_file_says(tmp_path, data, expected):
    assert abs(gray(tmp_path, data).astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    "data",
    [
        tiff(16, of_16(OF_12)),
        png(OF_12[..., None]),
        planar(OF_12),
        png(OF_12[..., None], sbit=b"\x0a"),
        b"P5 8 6 65535\n" + OF_12.astype(">u2").tobytes(),
        b"P6 8 6 65535\n" + np.repeat(OF_12, 3).astype(">u2").tobytes(),
        png(np.repeat(OF_12[..., None], 3, 2)),
        png(np.concatenate([np.repeat(OF_12[..., None], 3, 2), np.full((ROWS, COLUMNS, 1), 65535)], 2)),
    ],
)
def test_12_bits_that_nobody_says_are_not_guessed(tmp_path, data):
    with pytest.raises(
        InputError, match="has 16 bits, and no value is above 4,095: it is nearly of one color, or"
    ):
        gray(tmp_path, data)


@pytest.mark.parametrize(("bits", "largest"), [(8, 255), (10, 1023), (14, 4096), (14, 16383)])
@pytest.mark.parametrize("channels", [1, 3])
def test_other_numbers_of_bits_in_16(tmp_path, bits, largest, channels):
    values = np.full((ROWS, COLUMNS, channels), largest)
    with pytest.raises(
        InputError, match=f"no value is above {2**bits - 1:,}: .* or has {bits} bits and its white"
    ):
        gray(tmp_path, png(values))
    assert gray(tmp_path, png(values * 0 + 16384)).max() in (63, 64)


def test_colors_say_how_many_bits_they_have(tmp_path):
    low = png(np.repeat(OF_12[..., None], 3, 2), sbit=b"\x0c\x0c\x0c")
    with pytest.raises(InputError, match="has 12 bits in 16, and of colors only the upper 8 are read"):
        gray(tmp_path, low)
    half = png(np.repeat(OF_12[..., None] * 8, 3, 2), sbit=b"\x0f\x0f\x0f")
    with pytest.raises(InputError, match="has 15 bits in 16"):  # and is not read without what it says
        gray(tmp_path, half)
    scaled = png(np.repeat(OF_12[..., None] * 16, 3, 2), sbit=b"\x0c\x0c\x0c")
    assert abs(gray(tmp_path, scaled).astype(int) - OF_12 * 16 // 257).max() <= 1


def test_a_value_above_the_largest(tmp_path):
    with pytest.raises(
        InputError, match="says that its largest value is 4,095, and has 65,520; save it with 8"
    ):
        gray(tmp_path, tiff(16, of_16(OF_12 * 16), most=4095))


def test_cmyk_of_12_bits_in_16(tmp_path):
    """Ink of which there is little: nearly white."""
    data = tiff(16, of_16(np.repeat(OF_12, 4)), photometric=5, more=((277, (3, 4)),))
    with pytest.raises(InputError, match="no value is above 4,095"):
        gray(tmp_path, data)


@pytest.mark.parametrize(("channels", "key"), [(1, [30000]), (3, [30000] * 3)])
def test_a_transparent_value_becomes_white(tmp_path, channels, key):
    values = np.full((ROWS, COLUMNS, channels), 40000)
    values[0] = 30000
    x = gray(tmp_path, png(values, transparent=key))
    assert (x[0] == 255).all() and abs(x[1:].astype(int) - 156).max() <= 1


def test_signed_values_are_not_called_32_bits(tmp_path):
    data = tiff(16, of_16(OF_12), more=((339, (3, 2)),))
    with pytest.raises(
        InputError, match="has signed 16-bit pixels, whose white is not known; save it with 8 bits"
    ):
        gray(tmp_path, data)


@pytest.mark.parametrize("more", [(), ((274, (3, 6)),)])
def test_a_tiff_above_twice_pillows_limit(tmp_path, monkeypatch, more):
    """Also one that is turned: its memory is made before."""
    (tmp_path / "a").write_bytes(tiff(16, of_16(OF_12 * 16), more=more))
    usual = np.asarray(photo.read(tmp_path / "a"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    monkeypatch.setenv("VITNP_MAX_PIXELS", "48")
    np.testing.assert_array_equal(np.asarray(photo.read(tmp_path / "a")), usual)


@pytest.mark.parametrize("kind", [2, 3])
def test_xmp_of_an_odd_type(tmp_path, kind):
    assert gray(tmp_path, tiff(16, of_16(OF_12 * 16), more=((700, (kind, 0x3E78)),))).max() == 254


@pytest.mark.parametrize("more", [{50706: (4, 1)}, {254: (4, 1)}])
def test_the_preview_of_a_raw_photo_is_not_taken_for_it(tmp_path, more):
    with pytest.raises(InputError, match="holds the preview of a raw photo; develop it"):
        gray(tmp_path, tiff(16, of_16(OF_12 * 16), more=more.items()))


def test_a_picture_above_pillows_limit(tmp_path, monkeypatch):
    """Allowed by the environment, so every command has it; Pillow's own limit stays what it is."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3000)
    for form in ("PNG", "JPEG", "BMP", "GIF", "TIFF"):
        file = io.BytesIO()
        Image.new("RGB", (90, 50), "red").save(file, form)
        (tmp_path / "large").write_bytes(file.getvalue())
        with pytest.raises(InputError) as caught:
            photo.read(tmp_path / "large")
        assert "is 90x50, more than 0 million pixels; make it smaller first, or set" in str(caught.value)
        name, value = str(caught.value).split("set ")[1].split()[0].split("=")
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert photo.read(tmp_path / "large").size == (90, 50)
            patch.setenv(name, str(int(value) - 1))
            with pytest.raises(InputError, match="is 90x50"):
                photo.read(tmp_path / "large")
        assert Image.MAX_IMAGE_PIXELS == 3000
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # as others do
    assert photo.read(tmp_path / "large").size == (90, 50)


@pytest.mark.parametrize("value", ["0", "-5", "1e9", "many", str(2**32 + 1), "²"])
def test_a_limit_that_is_none(tmp_path, monkeypatch, value):
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    monkeypatch.setenv("VITNP_MAX_PIXELS", value)
    with pytest.raises(InputError, match=r"VITNP_MAX_PIXELS is '.*'; need a whole number of pixels from 1"):
        photo.read(tmp_path / "a.png")


def test_who_allows_more_has_flat_pictures_too(tmp_path, monkeypatch):
    Image.new("L", (2**12, 2**12 + 1)).save(tmp_path / "flat.png")
    with pytest.raises(
        InputError, match="nearly all of one color; make it smaller first, or set VITNP_MAX_PIXELS="
    ):
        photo.read(tmp_path / "flat.png")
    monkeypatch.setenv("VITNP_MAX_PIXELS", "99999999")
    assert photo.read(tmp_path / "flat.png", in_channels=1).size == (2**12, 2**12 + 1)


def test_a_scan_of_a_page_is_read(tmp_path):
    """1 bit a pixel: mostly white, and no bomb."""
    Image.new("1", (2**12, 2**12 + 1)).save(tmp_path / "page.png")
    assert photo.read(tmp_path / "page.png", in_channels=1).size == (2**12, 2**12 + 1)
