"""What runs a cell inside Pyodide under Node, where there is no Jupyter: IPython's shell, and pictures as a notebook's.

node.mjs calls `run`.
"""

import matplotlib.font_manager  # noqa: F401  writes its list of fonts now, and says so on stderr
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output


class Shell(InteractiveShell):
    """A shell without a window."""

    def enable_gui(self, gui=None):
        """Nothing to start: pictures are displayed when a cell ends."""


def run(source):
    """Run a cell: {"error": its last line or what it wrote to stderr, "drawn": its pictures}."""
    with capture_output() as said:
        result = SHELL.run_cell(source)
    problem = result.error_before_exec or result.error_in_exec
    error = f"{type(problem).__name__}: {problem}" if problem else said.stderr.strip()
    return {"error": error, "drawn": sum("image/png" in output.data for output in said.outputs)}


SHELL = Shell.instance()
SHELL.register_magic_function(lambda line: None, magic_name="pip")  # node.mjs has unpacked the wheel already
