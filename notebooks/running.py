"""The one run of a notebook's code for all of its editions, and its outputs as they are committed."""

import ast
import base64
import io
import os
import pathlib
import re
import tempfile
import time
from unittest import mock

import nbformat
import numpy as np
from nbclient import NotebookClient
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
PICTURE = (860, 420)  # pixels, at most: a title, some code and it fit a slide of 1280x720
DRAWING, PHOTO = 128, 256  # colors that a picture is reduced to
BANDS = 1.5  # mean error in DRAWING colors, from which it is a photo: maps have up to 1.3, photos from 2.2
BEGIN = "import sys as _sys; _sys.path.append({!r}); import in_kernel as _in_kernel; _in_kernel.begin(get_ipython())"
AGAIN = "_in_kernel.in_korean(lambda: {})"


def execute(cells, seconds):
    """Run the code once: {(index of the cell, solved): outputs}, and with "ko" behind, the same drawn in Korean.

    It runs in English, with an empty cache, so that the outputs do not depend on what was downloaded. Raises what the
    code raises.
    """
    plan = in_order(cells)
    run = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for _, code in plan])
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, VITNP_CACHE=f"{folder}/cache"):
        os.mkdir(f"{folder}/work")
        NotebookClient(
            run,
            kernel_name="python3",
            timeout_func=lambda cell: max(1, end - time.monotonic()),
            extra_arguments=["--log-level=ERROR"],
            coalesce_streams=True,
            store_widget_state=False,
            record_timing=False,
            resources={"metadata": {"path": f"{folder}/work"}},
        ).execute()
    outputs = {
        key: [tidy(output) for output in cell.outputs] for (key, _), cell in zip(plan, run.cells, strict=True)
    }
    for key in [key for key in outputs if key[-1] == "ko"]:
        outputs[key] = with_picture(outputs[key[:2]], outputs[key])
    return outputs


def in_order(cells):
    """What is run, in order: (key of the outputs, code).

    The setup is followed by what the build needs. An exercise is run as it is, then solved, and its check after each. A
    picture of `show` is drawn once more, in Korean.
    """
    plan = []
    for i, cell in enumerate(cells):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or not {"solution", "try"}.isdisjoint(tags):
            continue
        plan.append(((i, False), cell.source))
        if "setup" in tags:
            plan.append(((i, "begin"), BEGIN.format(str(HERE))))
        if "check" in tags:  # after the placeholder; now the solution, and the same check again
            plan += [((i - 1, True), cells[i - 1].source), ((i, True), cell.source)]
        elif drawing := drawn(cell.source):
            plan.append(((i, False, "ko"), AGAIN.format(drawing)))
    return plan


def drawn(code):
    """The call of `show` in the last line of a cell, or None."""
    if "show." not in code:
        return None
    last = ast.parse(re.sub(r"^[%!].*", "pass", code, flags=re.MULTILINE)).body[-1]
    called = isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and last.value.func
    is_show = (
        isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "show"
    )
    return ast.unparse(last) if is_show else None


def with_picture(outputs, again):
    """The outputs of a cell with the last one, its picture, as it was drawn again."""
    (picture,) = again
    last = {**outputs[-1], "data": picture["data"], "metadata": picture["metadata"]}
    return [*outputs[:-1], nbformat.from_dict(last)]


def tidy(output):
    """An output as it is committed: small pictures, nothing that changes from run to run."""
    if output.get("name") == "stderr":
        raise SystemExit(f"a cell wrote to stderr; a notebook shows no warnings:\n{output.text}")
    if "image/png" in output.get("data", {}):
        output.data["image/png"] = smaller(output.data["image/png"])
    output.pop("execution_count", None)
    if "metadata" in output:
        output.metadata = {kind: {"alt": one["alt"]} for kind, one in output.metadata.items() if "alt" in one}
    return output


def smaller(png):
    """A PNG, base64, no larger than PICTURE and of few colors; a photo is dithered, so that its sky has no bands."""
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    image.thumbnail(PICTURE, Image.Resampling.LANCZOS)
    few = image.quantize(DRAWING, kmeans=3, dither=Image.Dither.NONE)  # without kmeans, green eyes are brown
    if np.abs(np.subtract(image, few.convert("RGB"), dtype="float32")).mean() > BANDS:
        palette = image.quantize(PHOTO, kmeans=3, dither=Image.Dither.NONE)
        few = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    file = io.BytesIO()
    few.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
