"""Members of a .tar or .tar.gz, read within bounds; nothing is written to the disk. Imports `errors`, `reading`.

Of Python's tarfile only the headers are used. Extensions of tar (GNU's long names and sparse files, what pax says of a
name or a size) can make a few bytes claim a terabyte, or take hours to read: an archive that has one is refused.
"""

import tarfile

from vitnp.errors import InputError, quoted
from vitnp.system import reading

BLOCK = 512  # bytes; headers and members begin at multiples of it
CHUNK = 2**20
MOST_PAX = 2**16  # bytes of what pax says of a member, such as when it was made
PAX = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
GNU = (tarfile.GNUTYPE_SPARSE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
MEANS_ANOTHER = (b"path=", b"size=", b"GNU.")  # what pax says of the member that follows
MEMBERS = 1000  # more than any archive that is read here
# A link, a device, a folder or a pipe: nothing follows its header.
EMPTY = (
    *(tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE),
    *(tarfile.DIRTYPE, tarfile.FIFOTYPE),
)


def members(path, wanted, *, most):
    """{name without folders: bytes} of the wanted files that the archive has.

    Raises InputError for a damaged archive, a name twice, and one of more than `most` bytes when it is unpacked.
    """
    found = {}
    with reading.named(path, advice="fetch it again"), reading.unpacked(path) as stream:
        total, most = 0, min(most, reading.most_unpacked(path))
        for count, header in enumerate(iter(lambda: _header(stream), None)):
            name, size = header.name.rpartition("/")[2], 0 if header.type in EMPTY else header.size
            total += size
            if size < 0 or total > most or count > MEMBERS:
                raise InputError(
                    f"{path} has more in it than {most:,} bytes in {MEMBERS:,} files; fetch it again"
                )
            if header.type in GNU or (header.type in PAX and _means_another(stream, size)):
                raise InputError(f"{path} has an extension of tar that is not read; fetch it again")
            if header.type in PAX:
                pass  # it is read
            elif header.type not in tarfile.REGULAR_TYPES[:2] or name not in wanted:
                _skip(stream, size)
            elif name in found:
                raise InputError(f"{path} has {quoted(name)} twice; fetch it again")
            else:
                found[name] = _exactly(stream, size)
            _skip(stream, -size % BLOCK)
        while chunk := stream.read(CHUNK):  # to the end, where gzip keeps a checksum of all
            total += len(chunk)
            if total > most:
                raise InputError(f"{path} goes on for more than {most:,} bytes; fetch it again")
    return found


def _header(stream):
    """The next header as a TarInfo; None at the end, which is a block of zeros."""
    block = _exactly(stream, BLOCK)
    return tarfile.TarInfo.frombuf(block, "utf-8", "replace") if block.strip(b"\0") else None


def _means_another(stream, size):
    """Whether pax says another name or size of the member that follows; its text is read then."""
    if size > MOST_PAX:
        return True
    text = _exactly(stream, size)
    return any(word in text for word in MEANS_ANOTHER)


def _exactly(stream, size):
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("it ends too early")
    return data


def _skip(stream, size):
    while size > 0:
        size -= len(_exactly(stream, min(size, CHUNK)))
