"""A picture's file without its metadata: what nobody looks at does not spoil a picture. Imports nothing of vitnp.

Pillow refuses a PNG whose comment has a wrong checksum, or a JPEG whose color profile is cut off. The pixels are whole.
"""

import io

MOST = 2**28  # bytes of a file that is looked at a second time
JFIF, EXIF, ADOBE = 0xE0, 0xE1, 0xEE  # segments of a JPEG; the first and the last say what the colors are
WHOLE = {JFIF: 16, ADOBE: 14}  # bytes of one that is not cut off
PNG = b"\x89PNG\r\n\x1a\n"
NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")  # chunks of a PNG


def variants(file):
    """Yield the open file, then, for who needs another, copies of it: with its EXIF alone, and with no metadata."""
    yield file
    file.seek(0)
    data = file.read(MOST + 1)
    if data.startswith(PNG):
        strip = of_png
    elif data.startswith(b"\xff\xd8"):
        strip = of_jpeg
    elif data[4:8] == b"ftyp":
        strip = of_avif
    else:
        return
    if len(data) > MOST:
        return
    before = data
    for exif in (True, False):
        bare = strip(data, exif)
        if bare is not None and bare != before:
            yield io.BytesIO(bare)
            before = bare


def of_png(data, exif):
    """The chunks of a PNG that the pixels need, and its EXIF; None where they are no chunks."""
    place, found = len(PNG), [PNG]
    while place < len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        if end > len(data):
            return None
        name = data[place + 4 : place + 8]
        if name in NEEDED or (exif and name == b"eXIf"):
            found.append(data[place:end])
        place = end
        if name == b"IEND":
            break
    return b"".join(found)


def of_jpeg(data, exif):
    """The segments of a JPEG that the pixels need, and its EXIF; None where they are no segments."""
    place, found = 2, [data[:2]]
    while data[place : place + 1] == b"\xff":
        marker = data[place + 1] if place + 1 < len(data) else 0
        if marker == 0xFF:  # a byte that fills
            place += 1
            continue
        if marker == 0xDA:  # the pixels
            return b"".join([*found, data[place:]])
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        own = marker == EXIF and exif and data[place + 4 : place + 9] == b"Exif\0"
        if (
            end - place - 2 >= WHOLE.get(marker, MOST)
            or own
            or not (0xE0 <= marker <= 0xEF or marker == 0xFE)
        ):
            found.append(data[place:end])
        if end <= place + 2:
            return None
        place = end
    return None


def of_avif(data, exif):
    """An AVIF whose EXIF has a name that no reader knows, so that nothing moves; how it is turned stands elsewhere."""
    place = max(data.find(b"mdat"), 0)
    return data if exif else data[:place].replace(b"Exif", b"none") + data[place:]
