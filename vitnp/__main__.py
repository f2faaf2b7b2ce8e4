"""`python -m vitnp`, and the command `vitnp`: the command line, interrupted quietly also while it is imported."""

import sys


def main():
    """Run the command that was typed and return its exit status."""
    try:
        from vitnp.commands import cli

        return cli.main()
    except KeyboardInterrupt:  # during the import, or once more while the first one is said
        print("vitnp: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
