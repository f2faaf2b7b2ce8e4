// The rows of the slides: every tensor of the chosen row as a heat map, forward or backward.

function start_rows() {
  on("row", "change", (event) => show_inside({ row: Number(event.target.value) }));
  on("block", "change", (event) => show_inside({ block: Number(event.target.value) }));
  on("row-back", "click", () => show_inside({ row: Math.max(0, live.shown.row - 1) }));
  on("row-next", "click", () => show_inside({ row: Math.min(live.rows.length - 1, live.shown.row + 1) }));
  on("show-gradient", "change", (event) => show_inside({ gradient: event.target.checked }));
}

function draw_row() {
  const { row, block, gradient } = live.shown;
  const blocks = Array.from({ length: live.config.num_layers }, (_, i) => [String(i), word("block_n", { n: i + 1 })]);
  options(by_id("row"), live.rows.map(({ title }, i) => [String(i), `${i + 1}. ${in_language(title)}`]), String(row));
  options(by_id("block"), blocks, String(block));
  by_id("block").disabled = !live.rows[row].tensors.some(({ name }) => name.startsWith("blocks."));
  by_id("row-back").disabled = row === 0;
  by_id("row-next").disabled = row === live.rows.length - 1;
  by_id("tensors").replaceChildren(...live.rows[row].tensors.map((tensor) => tensor_figure(tensor, block, gradient)));
}

function tensor_figure(tensor, block, gradient) {
  const name = tensor.name.replace("blocks.i.", `blocks.${block}.`);
  const array = (gradient ? live.gradients : live.saved.tensors)[name];
  const title = element("p", {}, element("b", {}, `${gradient ? "∂" : ""}${tensor.slide_name}`),
    element("span", { className: "soft small" }, `${name}  ${array.shape.join("×")}`));
  const formula = element("code", { className: "formula" }, gradient ? tensor.formula_back : tensor.formula);
  const facts = element("p", { className: "soft small" }, word("tensor_facts", {
    norm: number(norm(array)), min: number(Math.min(...array.data)), max: number(Math.max(...array.data)),
  }));
  const pictures = element("div", { className: "heats" }, ...heats(array, name));
  return element("figure", { className: "tensor" }, title, formula, pictures, facts);
}

// One picture per head (or patch): tokens down, columns across. Signed values blue to orange, weights in cividis.
function heats(array, name) {
  const shape = array.shape.filter((size, i) => size > 1 || i < array.shape.length - 1);
  const cols = shape.at(-1);
  const rows = shape.length > 1 ? shape.at(-2) : 1;
  const most = array.data.reduce((top, x) => Math.max(top, Math.abs(x)), 0) || 1;
  const positive = array.data.every((x) => x >= 0);
  const color = positive ? (x) => cividis(x / most) : (x) => diverging(x / most);
  return Array.from({ length: array.data.length / (rows * cols) }, (_, i) => {
    const canvas = element("canvas", { role: "img", "aria-label": `${name} ${i + 1}` });
    canvas.style.aspectRatio = `${cols} / ${rows}`;
    picture(canvas, array.data.subarray(i * rows * cols, (i + 1) * rows * cols), rows, cols, color);
    return canvas;
  });
}
