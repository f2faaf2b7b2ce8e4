// Small parts of the page: elements, texts with numbers in them, tables, controls that several sections use.

function table(id, head, rows) {
  const body = rows.map(([name, ...values]) => {
    const cells = values.map((text) => element("td", {}, text));
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
  });
  const names = (head ?? []).map((name) => element("th", { scope: "col" }, name));
  const top = element("thead", {}, element("tr", {}, ...names));
  by_id(id).replaceChildren(...(head ? [top] : []), element("tbody", {}, ...body));
}

// A probability or a weight, to a tenth of a percent.
function share(p) {
  return p > 0 && p < 0.0005 ? "< 0.1%" : `${(100 * p).toFixed(1)}%`;
}

// What a slider stands for, beside it and for a screen reader.
function show_value(id, text) {
  set_text(`${id}-value`, text);
  by_id(id).setAttribute("aria-valuetext", text);
}

function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, text]) => element("option", { value }, text)));
  if (chosen !== undefined) select.value = chosen;
}

// The patch of a token, as people count: (row, column) from 1. Token 0 is [CLS].
function token_name(token) {
  if (token === 0) return "[CLS]";
  const cols = grid_size();
  return word("patch_name", { row: Math.floor((token - 1) / cols) + 1, column: ((token - 1) % cols) + 1 });
}

function grid_size() {
  return live.config.image_size[1] / live.config.patch_size;
}

function on(id, event, action) {
  by_id(id).addEventListener(event, action);
}

// Arrow keys move the focus in a grid of buttons; one of them is in the order of Tab.
function arrows(container, columns) {
  const cells = () => [...container.querySelectorAll("button")];
  container.addEventListener("focusin", (event) => {
    cells().forEach((cell) => { cell.tabIndex = cell === event.target ? 0 : -1; });
  });
  container.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const next = by && cells()[cells().indexOf(document.activeElement) + by];
    if (by) event.preventDefault();
    if (next) next.focus();
  });
}

function tab_stop(container) {
  [...container.querySelectorAll("button")].forEach((cell, i) => { cell.tabIndex = i ? -1 : 0; });
}

// values (rows·cols) as a picture of one dot each; color(value) → [r, g, b]. The style sheet makes it large.
function picture(canvas, values, rows, cols, color) {
  paint(canvas, cols, rows, (i) => pixel(color(values[i])));
}

function paper(value) { // 0: paper, 16: ink
  const light = Math.round(250 - 14.5 * value);
  return [light, light, light];
}

// What the model sees, 0 … 16: the patches as they come, shuffled or not, back in their places.
function seen(saved = live.saved) {
  const { patch_size: side, image_size: [height, width], pixel_max, mean: middle, std } = live.config;
  const patches = saved.tensors.patches.data;
  const image = new Float64Array(height * width);
  for (let n = 0; n < patches.length / side ** 2; n++) {
    for (let i = 0; i < side ** 2; i++) {
      const row = Math.floor(n / (width / side)) * side + Math.floor(i / side);
      const column = (n % (width / side)) * side + (i % side);
      image[row * width + column] = pixel_max * (patches[n * side ** 2 + i] * std + middle);
    }
  }
  return image;
}

function patch_of(image, token) {
  const side = live.config.patch_size;
  const width = live.config.image_size[1];
  const [row, column] = [Math.floor((token - 1) / grid_size()) * side, ((token - 1) % grid_size()) * side];
  return Array.from({ length: side ** 2 }, (_, i) => image[(row + Math.floor(i / side)) * width + column + (i % side)]);
}
