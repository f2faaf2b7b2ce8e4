"""ViT files of other libraries: names, layouts, and what each computes."""
