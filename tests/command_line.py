"""`vitnp …` without a new process."""

from vitnp.commands import cli


def run(capsys, *words):
    """(exit status, standard output, standard error) of one command."""
    status = cli.main([*map(str, words)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err
