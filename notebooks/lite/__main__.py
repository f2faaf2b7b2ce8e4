"""`python notebooks/lite`: the folder is run as a program, so its parent has to be importable."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lite.command import main

if __name__ == "__main__":
    sys.exit(main())
