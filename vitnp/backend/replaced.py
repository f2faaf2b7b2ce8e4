"""NumPy replaced on the disk while an older one is in memory, as `%pip install` in a notebook does it. Imports nothing.

The old one then loads parts of the new one, and fails somewhere inside, with nothing that says what to do.
"""

import re
from pathlib import Path

import numpy as np


def need_one_numpy():
    """Raise ImportError, with what to do, where the NumPy on the disk is not the one in memory."""
    try:
        text = Path(np.version.__file__).read_text("utf-8")
    except OSError:  # NumPy in a zip file, as some programs pack it
        return
    on_disk = re.search(r'^version = "(.+)"$', text, re.MULTILINE)
    if on_disk and on_disk[1] != np.__version__:
        raise ImportError(
            f"NumPy {np.__version__} is in memory, and {on_disk[1]} on the disk, where an installation replaced it; "
            "restart the session now (on Colab: Runtime → Restart session), and run the cells again"
        )
