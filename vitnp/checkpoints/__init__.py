"""Reading and writing parameters with their configuration. Imports `config`, `tree`, `vit` for the shapes."""

from vitnp.checkpoints.native import load, save

__all__ = ["load", "save"]
