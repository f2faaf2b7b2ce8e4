"""Step 1: cut the image into patches and flatten each (deck 003, step 1; ViT §3.1).

    x ∈ R^{Hᵢ×Wᵢ×C}  →  x_p ∈ R^{N×(P²·C)},  N = Hᵢ·Wᵢ/P²

Nothing is computed: every value of the image goes to one place. So backward is the inverse reordering.
"""

from vitnp.errors import InputError


def forward(images, *, patch_size):
    """Images (B, Hᵢ, Wᵢ, C) → patches (B, N, P·P·C), row by row from the top left.

    Within a patch the order is (row, column, channel), so the channel varies fastest.
    Raises InputError if the image is not divisible into whole patches.
    """
    grid = to_grid(images, patch_size=patch_size)
    B, rows, cols, P, _, C = grid.shape
    return grid.reshape(B, rows * cols, P * P * C), (rows, cols, patch_size)


def backward(dpatches, saved):
    """dpatches (B, N, P·P·C) → dimages (B, Hᵢ, Wᵢ, C)."""
    rows, cols, P = saved
    # patches = the image's values, reordered
    return unpatchify(dpatches, grid=(rows, cols), patch_size=P)


def to_grid(images, *, patch_size):
    """The slide's first picture, the grid of small images: (B, Hᵢ, Wᵢ, C) → (B, rows, cols, P, P, C)."""
    B, height, width, C = images.shape
    P = patch_size
    if height % P or width % P:
        raise InputError(
            f"an image of {height}x{width} cannot be cut into whole {P}x{P} patches; "
            f"use a height and width that are multiples of {P}, such as "
            f"{max(height // P, 1) * P}x{max(width // P, 1) * P}"
        )
    return images.reshape(B, height // P, P, width // P, P, C).swapaxes(2, 3)


def unpatchify(patches, *, grid, patch_size):
    """The inverse of forward: patches (B, N, P·P·C) → images (B, rows·P, cols·P, C)."""
    B, _, values = patches.shape
    (rows, cols), P = grid, patch_size
    small_images = patches.reshape(B, rows, cols, P, P, values // (P * P))
    return small_images.swapaxes(2, 3).reshape(B, rows * P, cols * P, -1)
