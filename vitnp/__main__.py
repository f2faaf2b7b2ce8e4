"""`python -m vitnp`."""

import sys

from vitnp.commands.cli import main

sys.exit(main())
