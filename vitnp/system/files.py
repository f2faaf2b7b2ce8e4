"""What can be read as a file. Imports `errors`."""

import os
import stat

from vitnp.errors import InputError


def need_regular(path, advice):
    """Raise InputError, with `advice`, for a pipe, which would be waited for, and for a device, which might never end.

    Of a path that is not there, or a folder, its reader says what is wrong.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(f"{path} is no regular file; {advice}")
