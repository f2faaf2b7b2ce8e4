"""The workshop: a student writes the eight steps, is told what is wrong, and trains a ViT with their own code.

templates/    the steps' files with their solutions, the one source of what a student gets
template.py   what `new` cuts from them, at three levels
"""
