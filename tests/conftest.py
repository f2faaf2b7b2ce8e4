"""What every test shares: the same hypothesis examples in every run, and no window for a picture."""

import os

import hypothesis

os.environ.setdefault("MPLBACKEND", "Agg")

hypothesis.settings.register_profile("vitnp", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("vitnp")
