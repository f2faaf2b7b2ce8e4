"""How alike the positions of a model are (ViT Fig. 7, center)."""

from vitnp.analysis.look.checks import class_tokens, need_finite
from vitnp.analysis.look.matching import similarity
from vitnp.errors import InputError


def position_similarity(E_pos, *, grid):
    """The cosine of every patch's position embedding with every other's: (T, D) → (rows, cols, rows, cols).

    cos(e, f) = e·f / (‖e‖·‖f‖), −1…1; entry (r, c, i, j) compares the patch in row r, column c with that in row i,
    column j. The class token's row is left out. A row of zeros has no direction: its cosines are 0.
    Raises InputError where E_pos does not fit the grid. Source: ViT §4.5, Fig. 7 center.
    """
    need_finite("E_pos", E_pos)
    if E_pos.ndim != 2:
        raise InputError(
            f"E_pos is {E_pos.shape}; need (tokens, D): give p['position']['E_pos'] of the model"
        )
    class_tokens(E_pos.shape[0], grid, what=f"E_pos is {E_pos.shape}")
    rows, cols = grid
    e = E_pos[-rows * cols :]
    return similarity(e, e).reshape(rows, cols, rows, cols)
