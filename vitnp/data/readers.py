"""The formats of pictures that are read, by Pillow's readers, and what the others need. Imports `errors`.

None of these readers starts a program, as EPS does, or opens a second file. They are asked one by one, whatever a file
is called, and not by `Image.open`: its limit of pixels is the whole process's, and `bounds` has one of its own.
"""

import importlib
import importlib.util
import struct
from pathlib import Path

from vitnp.errors import InputError

FORMATS = {  # and the module of Pillow's reader
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "BMP": "PIL.BmpImagePlugin",
    "DIB": "PIL.BmpImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "PPM": "PIL.PpmImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
}
ADMITTED = f"{', '.join([*FORMATS][:-1])} or {[*FORMATS][-1]}"
RAW = "a raw photo"
OTHERS = {  # pictures that are not read: their endings; what to do is in NEEDS
    "JPEG XL": (".jxl",),
    "JPEG 2000": (".jp2", ".j2k", ".jpx", ".jpf"),
    "SVG": (".svg", ".svgz"),
    "PDF": (".pdf",),
    RAW: (".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".raf", ".orf", ".dng", ".rw2", ".pef", ".srw"),
}
HEIF_PACKAGE = "pillow_heif"  # which is no dependency; its reader is used where it is there
PACKAGES = r"(PIL|pillow_heif)\b"  # what warns of odd metadata, which is harmless
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
NEEDS = {  # a format that is not read everywhere: what to do about it
    "AVIF": "pip install --upgrade pillow",
    "HEIC": "pip install pillow-heif, or save it as JPEG",
    "JPEG XL": "save it as JPEG or PNG",
    "JPEG 2000": "save it as JPEG or PNG",
    "SVG": "save it as PNG",
    "PDF": "save it as PNG",
    RAW: "develop it, and save it as JPEG or PNG",
}
SIGNATURES = {  # of what is no picture to these readers, and has a name
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"%PDF-": "PDF",
    b"<svg": "SVG",
    b"FUJIFILMCCD-RAW": RAW,
    b"II*\0\x10\0\0\0CR": RAW,  # of Canon; those of other makers begin as a TIFF
    b"IIRO": RAW,
    b"IIRS": RAW,
    b"MMOR": RAW,
    b"IIU\0": RAW,
}
LOOKED_AT = 2048  # bytes in which an SVG has to begin, after its declaration of XML and comments


def is_read(name):
    """Whether pictures of a format are read here: AVIF by a Pillow that has it, HEIC by the package pillow-heif."""
    module = {"AVIF": "PIL._avif", "HEIC": HEIF_PACKAGE}.get(name)
    return name in FORMATS if module is None else importlib.util.find_spec(module) is not None


def opened(path, file):
    """The Pillow image of an open file, of which only the header was read. Raises InputError for no picture."""
    from PIL import Image

    start = file.read(LOOKED_AT)
    if (name := kind(start)) and not is_read(name):
        raise InputError(f"{path} is {name}, which is not read here; {NEEDS[name]}")
    if name == "HEIC":
        file.seek(0)
        return importlib.import_module(HEIF_PACKAGE).HeifImageFile(file)
    form = None
    for one in [name] if name else [one for one in FORMATS if one != "AVIF"]:
        importlib.import_module(FORMATS[one])
        reader, accepts = Image.OPEN[one]
        try:
            if accepts(start[:16]):
                form = form or one
                file.seek(0)
                return reader(file, "")
        except (
            SyntaxError,
            IndexError,
            TypeError,
            struct.error,
        ):  # as `Image.open` does: another may read it
            continue
    if Path(path).suffix.lower() in OTHERS[RAW]:
        raise InputError(f"{path} is {RAW}, which is not read here; {NEEDS[RAW]}")
    if form:
        raise InputError(
            f"{path} is {form} that is damaged, or of a kind that Pillow does not read; save it as PNG with 8 bits"
        )
    raise InputError(f"{path} is not an image that is read here; give a {ADMITTED}")


def kind(start):
    """The name of a format that is not read everywhere, by the first bytes of a file; None for any other."""
    if start[4:8] == b"ftyp":
        brands = [start[8:12], *(start[i : i + 4] for i in range(16, min(boxed(start), len(start)), 4))]
        if b"avif" in brands or b"avis" in brands:
            return "AVIF"
        if start[8:12] == b"crx ":  # of Canon
            return RAW
        return "HEIC" if any(brand in HEIF_BRANDS for brand in brands) else None
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith((b"<?xml", b"<!")) and b"<svg" in text:
        return "SVG"
    start = text if text.startswith(b"<svg") else start
    return next((name for signature, name in SIGNATURES.items() if start.startswith(signature)), None)


def boxed(start):
    """How many bytes the first box of an ISO file has."""
    return int.from_bytes(start[:4], "big")
