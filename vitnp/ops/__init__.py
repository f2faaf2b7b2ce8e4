"""Mathematics without a slide of its own. An op imports only `backend`.

`y, saved = forward(x)` and `dx = backward(dy, saved)`; with parameters, `forward(x, p)` and
`dx, dp = backward(dy, saved)`.
"""
