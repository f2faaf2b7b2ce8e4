"""One file per command: `add_options(parser)` names its options, `run(args)` does it and returns the exit status.

A command reads its arguments, calls the library and prints; it may import every other folder, and no folder imports it.
Heavy imports (matplotlib, scikit-learn) are made inside `run`, so that `vitnp --help` is quick.
"""
