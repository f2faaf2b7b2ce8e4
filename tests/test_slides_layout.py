"""What stands on which slide: nothing is lost, nothing is too high, a picture is as large as it can be."""

import re

import pytest
from slide_decks import ROOT, cells, code_cell, deck, layout, markdown, picture, printed
from slides.blocks import CODE_CHARACTER, GAP, HEIGHT, WIDTH, Block, height, pixels, wrapped


def blocks(*kinds):
    """A group: a text, code of so many lines, output of so many, a picture of this size."""
    made = []
    for kind in kinds:
        if isinstance(kind, str):
            made += markdown.blocks(kind)
        elif isinstance(kind, tuple):
            made += cells.of_code(code_cell("show.grid(x)", picture(*kind)), "T")
        else:
            made.append(Block("code", tuple(f"x{i} = {i}" for i in range(kind))))
    return made


def kinds(slides, kind):
    return [piece.block for slide in slides for piece in slide.pieces if piece.block.kind == kind]


def lines(slides):
    return [line for block in kinds(slides, "code") for line in block.lines]


@pytest.mark.parametrize("count", [10, 17, 18, 19, 35, 100])
def test_long_code_goes_on_and_none_is_lost(count):
    slides = layout.lay_out([blocks("A text.", count)])
    assert lines(slides) == [f"x{i} = {i}" for i in range(count)]
    assert all(sum(height(piece.block, WIDTH) for piece in slide.pieces) <= HEIGHT + GAP for slide in slides)
    assert min(len(block.lines) for block in kinds(slides, "code")) >= 3


def test_code_is_cut_between_functions():
    functions = ("def f(x):", *["    y = 1"] * 11, "", "def g(x):", *["    y = 2"] * 9)
    first, second = layout.lay_out([[Block("code", functions)]])
    assert second.pieces[0].block.lines[0] in ("", "def g(x):")
    assert lines([first, second]) == list(functions)


def test_a_text_without_a_heading_joins_the_slide_if_it_fits():
    (slide,) = layout.lay_out([blocks("One.", 3), blocks("Two.")])
    assert [piece.step for piece in slide.pieces] == [True, False, True]
    assert len(layout.lay_out([blocks("One.", 12), blocks("Two.", 9)])) == 2


def test_code_and_its_result_stay_together():
    unit = [*blocks("One.", 6), Block("printed", ("1",) * 3)]
    slides = layout.lay_out([blocks("Before.", 6), unit])
    assert [[piece.block.kind for piece in slide.pieces] for slide in slides] == [
        ["text", "code"],
        ["text", "code", "printed"],
    ]


def test_code_and_its_result_leave_the_text_rather_than_each_other():
    unit = [*blocks("A text. " * 40, 10), Block("printed", ("1",) * 3)]
    texts, result = layout.lay_out([unit])
    assert {piece.block.kind for piece in texts.pieces} == {"text"}
    assert [piece.block.kind for piece in result.pieces] == ["code", "printed"]


def test_empty_lines_of_code_give_way_to_what_belongs_together():
    unit = [*blocks("A text."), Block("code", ("x = 1", "", "") * 6), Block("printed", ("1",) * 3)]
    (slide,) = layout.lay_out([unit])
    assert [piece.block.kind for piece in slide.pieces] == ["text", "code", "printed"]
    assert slide.pieces[1].block.lines == ("x = 1",) * 6


def test_a_formula_that_is_too_wide_has_its_parts_below_each_other():
    long = (
        r"r = \sigma(xW_r + b_r + hU_r), \quad z = \sigma(xW_z + b_z + hU_z), \quad n = xW_n + b_n + hU_n + c"
    )
    (block,) = markdown.blocks(f"$${long}$$")
    assert block.html.count(r"\\ ") == 2 and r"\begin{gathered}" in block.html
    assert "gathered" not in markdown.blocks(r"$$a = b, \quad c = d$$")[0].html


def test_a_wide_picture_is_below_a_text_and_a_square_one_beside_it():
    (wide,) = layout.lay_out([blocks("A text.", (860, 300))])
    (square,) = layout.lay_out([blocks("A text.", 4, (420, 420))])
    assert wide.column == WIDTH and wide.picture[0] > 1100
    assert square.column < WIDTH - 500 and square.picture[1] > 500


def test_a_picture_without_room_has_a_slide_of_its_own():
    texts, alone = layout.lay_out([blocks("A text.", 10, (860, 420))])
    assert [piece.block.kind for piece in alone.pieces] == ["picture"]
    assert alone.picture[0] > 1100 and not texts.picture


def test_a_picture_is_never_much_larger_than_its_pixels():
    (slide,) = layout.lay_out([blocks((100, 100))])
    assert slide.picture == (140, 140)


def test_two_pictures_are_two_slides():
    assert len(layout.lay_out([blocks((860, 420), (860, 420))])) == 2


def test_long_output_is_cut_and_says_so():
    said = "\n".join(str(i) for i in range(50))
    slides = layout.lay_out([cells.of_code(code_cell("print(x)", printed(said)), "T")])
    (shown,) = kinds(slides, "printed")
    assert shown.lines[-1] == "…" and shown.full == said
    assert height(shown, WIDTH) <= HEIGHT + GAP


def test_a_long_line_is_broken_after_a_comma_and_indented():
    line = "    value = function(first_argument, second_argument, third_argument)"
    assert wrapped(line, 44) == [
        "    value = function(first_argument,",
        "        second_argument, third_argument)",
    ]
    assert wrapped("x" * 50, 20) == ["x" * 20, "    " + "x" * 16, "    " + "x" * 14]
    assert wrapped("short", 20) == ["short"]
    assert wrapped("'가나다라', '마바사아'", 18) == ["'가나다라',", "    '마바사아'"]  # 19.6 characters wide
    assert wrapped("x = 1  # the first of all", 20) == ["# the first of all", "x = 1"]


def test_korean_is_measured_wider():
    assert pixels("가나다라", 28) > 1.7 * pixels("abcd", 28)


def test_a_table_is_continued_with_its_header():
    rows = "\n".join(f"| row {i} | {i} |" for i in range(30))
    made = markdown.blocks(f"| name | value |\n|---|---|\n{rows}")
    assert len(made) > 1 and all("<th>name</th>" in block.html for block in made)
    assert re.findall(r"row (\d+)", "".join(block.html for block in made)) == [str(i) for i in range(30)]


def test_a_column_of_long_texts_takes_what_the_short_ones_leave():
    row = f"| Natural | {'Caltech 95.3, ' * 10}| 86.7 |\n"
    (block,) = markdown.blocks(f"| group | tasks | mean |\n|---|---|---|\n{row * 3}")
    assert block.html.count("<tr>") == 4 and block.extra < 450
    assert block.html.count('class="short"') == 6


def test_a_list_may_be_cut_between_its_items():
    made = markdown.blocks("1. one\n2. two\n\n- three")
    assert ['start="2"' in block.html for block in made] == [False, True, False]


@pytest.mark.parametrize("name", ["05_attention", "13_look_inside", "ko/14_bug_hunt", "ko/20_cnn_to_vit"])
def test_every_slide_of_a_notebook_is_within_its_room(name):
    lang = "ko" if "ko" in name else "en"
    for one in deck.of_notebooks([ROOT / "notebooks" / f"{name}.ipynb"], lang):
        room = deck.room_below(one.title, one.sub, one.kind)
        kinds = [piece.block for piece in one.slide.pieces if piece.block.kind != "picture"]
        total = sum(height(block, one.slide.column) for block in kinds)
        if one.slide.picture and one.slide.column == WIDTH:
            total += one.slide.picture[1]
        assert total <= room + GAP, (one.title, total, room)
        longest = max((len(row) for block in kinds if block.kind != "text" for line in block.lines
                       for row in wrapped(line, 74)), default=0)  # fmt: skip
        assert longest * CODE_CHARACTER <= WIDTH
