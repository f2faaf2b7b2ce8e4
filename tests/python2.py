"""Pickles as Python 2 wrote them."""

import io
import pickle
import struct


class Python2(pickle._Pickler):
    """Pickles as Python 2 wrote them for CIFAR: protocol 2, every text a string of bytes."""

    dispatch = pickle._Pickler.dispatch.copy()

    def bytes_as_str(self, text):
        self.write(b"T" + struct.pack("<i", len(text)) + text)
        self.memoize(text)

    dispatch[bytes] = bytes_as_str


def python2(thing):
    """The pickle of a thing; NumPy's module as it was called then."""
    stream = io.BytesIO()
    Python2(stream, 2).dump(thing)
    return stream.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
