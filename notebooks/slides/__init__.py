"""The slides of a lecture: notebooks or a lesson plan as one HTML file that needs no network, and a PDF.

    python notebooks/slides notebooks/ko/05_attention.ipynb
    python notebooks/slides --plan 90min --lang ko

`cells` reads a notebook, `code` and `markdown` turn its cells into blocks, `layout` puts blocks on slides, `deck` makes
the list of slides, `page` writes the HTML, `browser` prints and measures it, `command` is the command line.
"""
