"""Where the files are that come with vitnp beside its code: `docs`, `notebooks`.

In a checkout they are beside the package, in an installed wheel inside it (`pyproject.toml` puts them there).
"""

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def checkout():
    """The checkout that this vitnp runs from, or None for an installed wheel."""
    root = PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "notebooks").is_dir() else None


def folder(name):
    """The folder "docs" or "notebooks"; "vitnp" is the package itself."""
    if name == PACKAGE.name:
        return PACKAGE
    return (checkout() or PACKAGE) / name
