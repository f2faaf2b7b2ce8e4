"""Hybrid files of other libraries: a ViT's names, and those of the stem."""
