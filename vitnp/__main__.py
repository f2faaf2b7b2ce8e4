"""`python -m vitnp`."""

import sys

from vitnp.cli import main

sys.exit(main())
