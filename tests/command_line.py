"""`vitnp …` without a new process."""

from vitnp.commands import cli

# The note on what a file does not say. The golden files have little JSON beside them, so most commands print it.
UNSAID = " does not say these, and the usual values are taken: "


def run(capsys, *words, unsaid=False):
    """(exit status, standard output, standard error) of one command; unsaid: with that note."""
    status = cli.main([*map(str, words)])
    captured = capsys.readouterr()
    lines = captured.err.splitlines(keepends=True)
    return status, captured.out, "".join(line for line in lines if unsaid or UNSAID not in line)
