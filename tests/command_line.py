"""`vitnp …` without a new process."""

from vitnp import cli


def run(capsys, *words):
    """(exit status, standard output, standard error) of one command."""
    try:
        status = cli.main([*map(str, words)])
    except SystemExit as stop:  # argparse's own refusal
        status = stop.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err
