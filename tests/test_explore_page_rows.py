"""Rows of a tensor on the explore page that are not of tokens: distances between two tokens, heads."""

import pytest
from explore_pages import ready, show, written
from test_page_collected import traced


@pytest.mark.parametrize(
    ("fields", "tensor", "names"),
    [
        ({"position_embedding": "relative"}, "blocks.i.attention.E_rel", ["distance −15", "distance 0"]),
        ({"classifier": "map"}, "pool.A", ["head 1", "head 2"]),
    ],
    ids=["distances", "heads"],
)
def test_they_have_their_own_names(opened, tmp_path, fields, tensor, names):
    """On the picture, where a click chooses no token; and the map of norms says that there is none of a token."""
    found = ready(opened, written(tmp_path / "page.html", *traced(**fields)))
    tokens = found.page.evaluate("vitnp.data.json.config.tokens")
    rows = {"blocks.i.attention.E_rel": (0, tokens - 1), "pool.A": (0, 1)}[tensor]
    count = {"blocks.i.attention.E_rel": 2 * tokens - 1, "pool.A": 3}[tensor]
    show(found, tensor=tensor, token=2, map="norm", back=False)
    picture = found.page.locator("#heat-picture")
    picture.scroll_into_view_if_needed()
    height = picture.bounding_box()["height"]
    for row, name in zip(rows, names, strict=True):
        picture.hover(position={"x": 3, "y": height * (row + 0.5) / count})
        assert found.page.locator("#heat-says").inner_text().startswith(f"{name}, ")
    picture.click(position={"x": 3, "y": height * 0.5})
    assert found.page.evaluate("vitnp.state.token") == 2
    assert "no row for each token" in found.page.locator("#reading").inner_text()
    assert "patch (" not in found.page.locator("#right").inner_text()
    assert found.silent()
