"""A page of `vitnp explore` read back in Python, as its scripts read it."""

import base64
import json
import re
import struct
import zlib

import numpy as np

from vitnp.course.page import encode


class Read:
    """The data of a page: `json`, and the arrays as the page shows them."""

    def __init__(self, text):
        self.text = text
        whole = zlib.decompress(base64.b64decode(re.search(r'id="data">([^<]*)<', text)[1]))
        length = struct.unpack_from("<I", whole)[0]
        self.json = json.loads(whole[4 : 4 + length].decode("utf-8"))
        self.binary = whole[-(-(4 + length) // 8) * 8 :]

    def numbers(self, at, shape, dtype="u1"):
        """An array of the binary part."""
        count = int(np.prod(shape))
        return np.frombuffer(self.binary, np.dtype(dtype).newbyteorder("<"), count, at).reshape(shape)

    def matrix(self, array):
        """(values of the bins, their errors, norms of the rows) of an array of kind "tokens"."""
        levels = self.numbers(array["at"], (array["rows"], array["bins"])).astype(int) - encode.LEVELS
        norms = (self.numbers(array["norms_at"], (array["rows"],)) / 255) ** 2 * array["norms_scale"]
        return encode.value(levels, array["scale"]), encode.error(levels, array["scale"]), norms

    def attention(self):
        """(A, its errors, S where it can be told, else NaN), each (L, H, T, T)."""
        c, s = self.json["config"], self.json["scores"]
        shape = (c["layers"], c["heads"], c["tokens"], c["tokens"])
        levels = self.numbers(s["at"], shape).astype(float)
        peaks = self.numbers(s["peaks_at"], shape[:3], "f4")[..., None].astype(float)
        lse = self.numbers(s["lse_at"], shape[:3], "f4")[..., None]
        n = self.numbers(s["levels_at"], shape[:3])[..., None].astype(float)
        A = encode.value(levels, peaks, n)
        S = np.log(np.where(levels > 0, A, np.nan)) + lse
        return A, np.minimum(encode.error(levels, peaks, n), s["largest_error"]), S

    def row_of_class_token(self, name):
        """(values, errors) of row 0 of ∂A or ∂S: (L, H, T)."""
        c, s = self.json["config"], self.json["scores"]
        shape = (c["layers"], c["heads"], c["tokens"])
        levels = self.numbers(s[f"grad_{name}_at"], shape).astype(int) - encode.ROW
        scales = self.numbers(s[f"grad_{name}_scales_at"], shape[:2], "f4")[..., None].astype(float)
        return encode.value(levels, scales, encode.ROW), encode.error(levels, scales, encode.ROW)
