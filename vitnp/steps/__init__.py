"""The corridor: eight doors, one a slide. A step imports only `ops`, `backend` and `errors`.

Every step is a pair of plain functions:

    y, saved = forward(x, p, *, static)
    dx, dp   = backward(dy, saved)

`saved` is all that backward needs; `dp` is the same tree as `p`; `dx` is ∂loss/∂x in the shape of x.
"""
