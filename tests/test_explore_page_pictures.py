"""What the explore page draws and writes when layer and head change: pictures, lists, links, lines."""

import re

import numpy as np
import pytest
from explore_pages import made as made
from explore_pages import show, token_name
from explore_pages import small as small

PLACES = (
    (0, 0, 3),
    (1, 0, 3),
    (1, 2, 3),
    (1, 2, 9),
)  # (layer, head, token): from one to the next only one changes
A = "blocks.i.attention.A"


@pytest.fixture(autouse=True)
def quiet(small):
    """After every test: nothing but the file was asked for, nothing thrown, nothing in the console."""
    yield
    assert small.silent()


def pixels(found, canvas):
    """(rows, columns, 4) of a canvas."""
    width, height, data = found.page.evaluate(
        """(id) => {
          const canvas = document.getElementById(id);
          const {width, height} = canvas;
          const copy = Object.assign(document.createElement("canvas"), {width, height});
          const context = copy.getContext("2d", {willReadFrequently: true});
          context.drawImage(canvas, 0, 0);
          return [width, height, Array.from(context.getImageData(0, 0, width, height).data)];
        }""",
        canvas,
    )
    return np.array(data).reshape(height, width, 4)


def text(found, selector):
    return found.page.locator(selector).inner_text()


def test_the_map_and_the_matrix_have_the_weights(small, made):
    """Pixel by pixel, of every chosen layer, head and patch; the legend and the frame, too."""
    _, t, config = made
    for layer, head, token in PLACES:
        show(small, tensor=A, layer=layer, head=head, token=token, map="token", back=False)
        true = t[f"blocks.{layer}.attention.A"][0, head]
        patches = true[token, 1:].reshape(config.grid)
        covered = (
            pixels(small, "map")[..., 3] - 128
        ) / 127  # the map covers the photo more where it is higher
        np.testing.assert_allclose(covered, patches / patches.max(), atol=0.03)
        red = pixels(small, "heat-picture")[..., 0]  # of cividis: it grows with the value
        order = np.argsort(true, axis=None)
        assert (np.diff(red.ravel()[order]) >= -12).all() and red.ravel()[order[-1]] == 254
        times = patches.max() * config.num_tokens
        assert text(small, "#legend-top").endswith(f"= {times:.2g} × uniform (1/{config.num_tokens})")
        row, column = divmod(token - 1, config.grid[1])
        frame = small.page.locator("#chosen").evaluate(
            "({style}) => [parseFloat(style.left), parseFloat(style.top)]"
        )
        assert frame == pytest.approx([100 * column / config.grid[1], 100 * row / config.grid[0]], abs=1e-3)


def test_the_map_of_a_gradient_is_its_row_of_the_class_token(small, made):
    """In place of the attention: blue where it is negative, orange where it is positive; the pointer reads a value."""
    _, t, config = made
    show(small, tensor=A, layer=1, head=1, token=4, map="token", back=True)
    d = t.gradient("blocks.1.attention.A")[0, 1, 0]
    red, _, blue, alpha = pixels(small, "map").reshape(-1, 4).T
    clear = np.abs(d[1:]) > np.abs(d).max() / 10
    assert ((red > blue) == (d[1:] > 0))[clear].all() and clear.sum() > 4
    assert alpha.argmax() == np.abs(d[1:]).argmax()
    show(small, map="cls")
    key = 1 + int(np.abs(d[1:]).argmax())
    said = text(small, "#reading")
    value, error = re.search(rf"{re.escape(token_name(key, config))}, (\S+) ± (\S+)\.$", said).groups()
    assert abs(float(value.replace("−", "-")) - d[key]) <= 1.01 * float(error)


def test_lists_are_those_of_the_place(small, made):
    """The largest keys of A; of ∂A the largest of either sign first; the classes by their logits."""
    _, t, config = made
    names = [token_name(k, config) for k in range(config.num_tokens)]
    for layer, head, token in PLACES:
        show(small, tensor=A, layer=layer, head=head, token=token, back=False)
        row = t[f"blocks.{layer}.attention.A"][0, head, token]
        key, weight = small.page.locator("#numbers tbody tr").first.locator("td").all_inner_texts()
        assert key == names[row.argmax()]
        assert float(weight.partition("%")[0]) / 100 == pytest.approx(row.max(), abs=1e-3)
    for layer, head, _ in PLACES[:3]:
        show(small, layer=layer, head=head, token=0, back=True)
        d = np.abs(t.gradient(f"blocks.{layer}.attention.A")[0, head, 0])
        keys = small.page.locator("#numbers tbody td:first-child").all_inner_texts()
        sizes = d[[names.index(key) for key in keys]]
        assert (np.diff(sizes) <= d.max() / 100).all() and sizes[0] == d.max()
    show(small, tensor="logits", back=False)
    logits = np.sort(t.logits[0])[::-1]
    shown = [float(s.replace("−", "-")) for s in small.page.locator(".bar-value").all_inner_texts()]
    assert shown == pytest.approx(logits, rel=1e-3)
    widths = small.page.locator(".fill").evaluate_all(
        "(all) => all.map((one) => parseFloat(one.style.width))"
    )
    assert widths == pytest.approx(100 * np.abs(logits) / np.abs(logits).max(), abs=0.1)


def test_the_pointer_reads_the_cell_under_it(small, made):
    """Of the matrix A, and of one head of Q with the corner of that head."""
    _, t, config = made
    layer, head = 1, 2
    show(small, tensor=A, layer=layer, head=head, token=0, back=False)
    picture = small.page.locator("#heat-picture")
    box, tokens = picture.bounding_box(), config.num_tokens
    picture.hover(position={"x": box["width"] * 12.5 / tokens, "y": box["height"] * 4.5 / tokens})
    said = text(small, "#heat-says")
    assert said.startswith(f"query {token_name(4, config)} → key {token_name(12, config)}: ")
    show(small, tensor="blocks.i.attention.Q_heads")
    Q = t[f"blocks.{layer}.attention.Q_heads"][0, head]
    corner = re.findall(r"-?[\d.]+(?:e[-+]\d+)?", text(small, "#corner"))
    assert np.array(corner, float) == pytest.approx(Q[:3, :4].ravel(), rel=1e-5)
    box = picture.bounding_box()
    x = box["width"] * 4.5 / config.head_dim
    picture.hover(position={"x": x, "y": box["height"] * 9.5 / tokens})
    column, value = re.search(r", column (\d+): (\S+) ±", text(small, "#heat-says")).groups()
    assert column == "4"
    largest = np.abs(t[f"blocks.{layer}.attention.Q"]).max()
    assert abs(float(value.replace("−", "-")) - Q[9, 4]) <= largest / 14


def test_a_pixel_chooses_its_patch(small, made):
    config = made[2]
    for back in (False, True):
        show(small, tensor="image", token=0, back=back)
        box = small.page.locator("#heat-picture").bounding_box()
        at = {"x": box["width"] * 3.5 / config.grid[1], "y": box["height"] * 1.5 / config.grid[0]}
        small.page.locator("#heat-picture").click(position=at)
        assert small.page.evaluate("vitnp.state.token") == 1 + config.grid[1] + 3
    small.page.keyboard.press("Escape")


def test_marked_lines_errata_and_links(small):
    """The marked lines are those of the JSON; what is printed stands before what is true; of ∂ the links are ∂."""
    show(small, tensor=A, layer=0, back=False)
    code = small.page.evaluate("(name) => vitnp.data.json.tensors[name].code", A)
    marked = [f"{n}{code['lines'][n - code['first']]}\n" for n in code["marked"]]
    assert small.page.locator(".line.marked").all_text_contents() == marked
    row = next(row for row in small.page.evaluate("vitnp.data.json.rows") if row["errata"])
    erratum = small.page.locator(f"#row-{row['key']} .erratum").first.text_content()
    assert f"“{row['errata'][0]['printed']}” · true: {row['errata'][0]['true']}" in erratum
    for back, links in (
        (False, ["Attention Score", "AttentionOutput"]),
        (True, ["∂AttentionOutput", "∂Attention Score"]),
    ):
        show(small, back=back)
        assert small.page.locator(".link").all_inner_texts() == links
        assert small.page.locator(".tensor.source b").all_inner_texts() == [links[0].removeprefix("∂")]


def test_the_code_of_a_gradient_in_the_last_block(small, made):
    """∂z″ of the last block comes from the last LayerNorm, of the others from the next block."""
    for layer, file in ((0, "encoder.py"), (made[2].num_layers - 1, "s6_layer_norm.py")):
        show(small, tensor="blocks.i.residual_2", layer=layer, back=True)
        assert small.page.locator("#code-file").inner_text().endswith(file)
    show(small, back=False)
