"""What differs in a browser: which notebooks there are, and the few lines of code that would take minutes there.

NumPy in Pyodide has no optimized BLAS, and nothing runs in parallel (docs/browser.md has times). A replacement
is (lines of a built notebook, lines instead); the lines must be there exactly once.
"""

from vitnp.system.language import Text

NUMBERS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "13", "14")

# The first cell. A kernel without %pip (Colab, a desktop) never comes to that line.
SETUP = """\
import sys

if sys.platform == "emscripten":  # in the browser
    %pip install -q vitnp
"""

BEFORE = Text(
    "**브라우저에서 실행하는 노트북입니다.** 설치할 것은 없습니다. 첫 셀이 NumPy 등 패키지를 내려받습니다. "
    "계산은 여러분의 컴퓨터에 설치한 Python보다 훨씬 느립니다. 고친 내용은 이 브라우저에만 남습니다. "
    "보관하려면 *File → Download*로 내려받으세요.",
    "**This notebook runs in your browser.** Nothing is installed. The first cell downloads NumPy and other packages. "
    "Computing is much slower than in a Python on your computer. What you change stays in this browser: "
    "*File → Download* saves it.",
)

REPLACED = {
    "06": (
        (
            'config = vitnp.preset("B/16", num_layers=1)',
            '# in the browser; on your computer: "B/16"\nconfig = vitnp.preset("S/16", num_layers=1)',
        ),
        ("num_heads=12)[0]", "num_heads=config.num_heads)[0]"),
        ("num_heads=12, eps=eps)", "num_heads=config.num_heads, eps=eps)"),
        ("with_plus[-1] < 0.8", "with_plus[-1] < 0.9"),
        ("== (1, 197, 768)", "== (1, 197, config.hidden_size)"),
    ),
    "11": (
        (
            "recipe = dataclasses.replace(recipe, epochs=12)",
            "# in the browser, a tenth of the steps; on your computer: epochs=12\n"
            "recipe = dataclasses.replace(recipe, epochs=None, steps=54, warmup_steps=7)",
        ),
        ('fields = "epochs batch_size', 'fields = "steps batch_size'),
        (
            "assert total == 540 and history[-1].test_accuracy > 0.95",
            "assert total == 54 and history[-1].test_accuracy > 0.6  # in the browser; else 540 and 0.95",
        ),
        (
            "changed = dataclasses.replace(recipe, epochs=6, **changes)",
            "changed = dataclasses.replace(recipe, steps=27, **changes)  # in the browser; else epochs=6",
        ),
        ("plt.plot(range(1, 7), accuracies,", "plt.plot(range(1, len(accuracies) + 1), accuracies,"),
        (
            "short = dataclasses.replace(recipe, epochs=2)",
            "short = dataclasses.replace(recipe, steps=9)  # in the browser; else epochs=2",
        ),
        ("len(done) == 59)", "len(done) == 5)  # in the browser; else 59"),
        (
            "assert (halfway.step, halfway.epoch) == (60, 2)",
            "assert (halfway.step, halfway.epoch) == (6, 1)  # in the browser; else (60, 2)",
        ),
    ),
}

# What the reader should know of one notebook, below its title: what is replaced, or slow.
SAID = {
    "06": Text(
        "브라우저에서는 B/16 블록 대신 더 작은 **S/16** 블록으로 계산합니다. 그래서 토큰의 값이 768개가 아니라 "
        "384개이고, 그림의 숫자도 본문과 다릅니다.",
        "In the browser we compute a block of the smaller **S/16** in place of B/16. Tokens have 384 values, not "
        "768, and the numbers in the pictures differ from the text.",
    ),
    "11": Text(
        "브라우저에서는 스텝 수를 **10분의 1**로 줄여 학습합니다(540 스텝 대신 54 스텝). 그래서 정확도가 "
        "본문의 숫자보다 낮습니다.",
        "In the browser we train for **a tenth of the steps**: 54 in place of 540. The accuracies are therefore lower "
        "than the numbers in the text.",
    ),
    "13": Text(
        "학습하는 셀 하나는 브라우저에서 몇 분 걸립니다.",
        "The one cell that trains takes minutes in the browser.",
    ),
}
