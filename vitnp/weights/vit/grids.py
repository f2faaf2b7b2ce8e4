"""The grid of patches that a table of positions is of. Imports nothing of vitnp."""

import math


def of_table(rows, counts, P, maps, *, square=False):
    """((rows, columns) of the patches, how many rows of the table stand before theirs, open questions).

    counts: [how many may, …], the likeliest first. Of each the grid of one of the maps is taken, (height, width) of
    what is cut into patches of P, where it has as many patches, else a square; where several counts fit, it is asked.
    square: the file is known to have a square's where it can be one.
    """
    asked = [(height // P, width // P) for height, width in maps]
    fits = []
    for n in counts:
        side = math.isqrt(max(rows - n, 0))
        ways = ((side, side), *asked) if square else (*asked, (side, side))
        grids = [grid for grid in ways if 0 < math.prod(grid) == rows - n]
        fits += [(grid, n) for grid in grids[:1]]
    exact = [(grid, n) for grid, n in fits if grid in asked]
    if len(fits) == 1 or exact:
        return *(exact or fits)[0], []
    count = rows - counts[0]
    down = next((n for n in range(math.isqrt(max(count, 1)), 0, -1) if count % n == 0), 1)
    what = f"it has positions for {count} patches of {P}x{P}, which is no square"
    if fits:
        several = " or ".join(f"{rows - n} patches, if {n} tokens before them have some" for _, n in fits)
        what = f"its {rows} positions are for {several}"
    question = f"{what}; say the file's image_size=(height, width) or --image-size HxW"
    return *(fits or [((down, count // down), counts[0])])[0], [question]


def is_no_square(rows, before, grid):
    """Whether the grid of a table is no square though its patches, its rows without those before, make one."""
    count = (rows or 0) - before
    return grid[0] != grid[1] and count > 0 and math.isqrt(count) ** 2 == count


def without_table(P, maps):
    """The same of a file without a table, whose grid is that of the first map."""
    if maps:
        return (maps[0][0] // P, maps[0][1] // P), 0, []
    question = "it has no table of positions, which would show the grid of patches; say image_size= or --image-size HxW"
    return (1, 1), 0, [question]
