// The picture of the chosen tensor: tokens down and columns across, the T x T matrix of a head, or bars.

// What the picture shows: read(row, bin) says a cell; token(row, bin) and row(token) are null where there is none.
const EMPTY = { rows: 0, bins: 0, caption: "", token: () => null, row: () => null, read: null };
let heat = EMPTY;

function start_heat() {
  const frame = by_id("heat-frame");
  frame.addEventListener("pointermove", point_at_cell);
  frame.addEventListener("pointerleave", () => {
    by_id("heat-hover").hidden = true;
    draw_heat_says(null);
    point_at(null);
  });
  frame.addEventListener("click", (event) => {
    const found = cell_under(event);
    const token = found && heat.token(found.row, found.bin);
    if (token !== null) {
      held = true;
      choose_token(token);
    }
  });
  views.push(draw_heat, draw_heat_row);
}

function draw_heat() {
  const { tensor } = viewed();
  const { kind, per_head } = data.json.tensors[tensor];
  const scores = kind === "scores";
  const head = scores || per_head ? state.head : "";
  if (!changed("heat", tensor, state.layer, head, state.back, is_dark(), spoken.language)) {
    return;
  }
  const [bars, absent] = [has_bars(tensor), kind !== "scores" && !array_of(tensor, state.layer, state.back)];
  by_id("bars").hidden = !bars;
  by_id("heat-frame").hidden = bars || absent;
  by_id("heat-legend").hidden = bars || absent;
  by_id("heat-grid").hidden = tensor !== "grid";
  if (absent) {
    heat = { ...EMPTY, caption: "heat_absent" };
  } else if (bars) {
    draw_bars(tensor);
  } else if (kind === "vector") {
    draw_vector(tensor);
  } else if (scores) {
    (state.back ? draw_score_gradient : draw_matrix)(tensor);
  } else if (kind === "image" && !state.back) {
    draw_image();
  } else {
    draw_array(tensor);
  }
  by_id("heat-picture").setAttribute("aria-label", word("heat_label", { tensor: named(tensor, "∂") }));
  by_id("heat").classList.toggle("strip", heat.rows === 1);
  by_id("heat").classList.toggle("square", kind === "image" || (scores && !state.back));
  draw_heat_says(null);
}

function legend(low, high, colors) {
  paint(by_id("heat-bar"), colors.length, 1, (i) => colors[i]);
  set_text("heat-low", low);
  set_text("heat-high", high);
}

// Signed values, one byte each: the color says the root of the size, so that small values are not lost.
function draw_array(tensor) {
  const array = array_of(tensor, state.layer, state.back);
  const image = data.json.tensors[tensor].kind === "image";
  const [first, end] = image ? [0, array.bins] : bins_of(tensor, array, state.head);
  const codes = bytes(array.at, array.rows * array.bins);
  const alone = state.back && only_class_row(array);
  const rows = alone ? 1 : array.rows;
  const colors = palette(diverging, -1, 1, 31);
  const width = end - first;
  paint(by_id("heat-picture"), width, rows, (i) => {
    const row = Math.floor(i / width);
    return colors[codes[row * array.bins + first + (i - row * width)]];
  });
  legend(number(-array.scale, 3), number(array.scale, 3), colors);
  heat = {
    rows, bins: width, caption: image ? "heat_pixels" : alone ? "heat_class_row" : `heat_${array.rows_are}`,
    token: (row, bin) => (image ? pixel_token(row, bin) : row_token(array, row)),
    row: (token) => (image ? null : token_row(array, token)),
    read: (row, bin) => read_cell(tensor, array, row, bin + first, image),
  };
}

// Whether all rows but that of [CLS] are zero: then only this one is drawn.
function only_class_row({ norms_at, rows }) {
  const there = config.class_token && norms_at !== undefined && rows > 1;
  return there && bytes(norms_at, rows).every((code, row) => (code > 0) === (row === 0));
}

function read_cell(tensor, array, row, bin, image) {
  const { value, error } = cell(array, row, bin);
  const [from, to] = image ? [bin, bin + 1] : columns_of(tensor, array, bin, state.head);
  const columns = to - from > 1 ? `${from}…${to - 1}` : String(from);
  const values = { row, columns, value: with_error(value, error).join(" ") };
  return image ? word("cell_pixel", values)
    : word(to - from > 1 ? "cell_bin" : "cell_one", { ...values, token: row_name(array, row) });
}

function draw_image() {
  const { width, height } = config;
  const rgb = bytes(data.json.photo.at, width * height * 3);
  paint(by_id("heat-picture"), width, height, (i) => pixel([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]]));
  by_id("heat-legend").hidden = true;
  heat = {
    ...EMPTY, rows: height, bins: width, caption: "heat_image", token: pixel_token,
    read: (row, column) => {
      const [red, green, blue] = bytes(data.json.photo.at + 3 * (row * width + column), 3);
      return word("cell_rgb", { row, column, red, green, blue });
    },
  };
}

function pixel_token(row, column) {
  const { patch, cols, first } = config;
  return first + Math.floor(row / patch) * cols + Math.floor(column / patch);
}

// A: cividis of the root of the weight. S: cividis from the least to the largest that the page knows; the cells of which
// it has only an upper bound are left blank.
function draw_matrix(tensor) {
  const { tokens } = config;
  const weight = last_part(tensor) === "A";
  const matrix = matrix_of(last_part(tensor), state.layer, state.head);
  const [least, high] = span(matrix);
  const low = weight ? 0 : least;
  const colors = palette(cividis, 0, 1);
  const part = (value) => (high > low ? (value - low) / (high - low) : 0);
  const color = (value) => colors[Math.round(255 * (weight ? Math.sqrt(part(value)) : part(value)))];
  paint(by_id("heat-picture"), tokens, tokens, (i) => (Number.isNaN(matrix[i]) ? 0 : color(matrix[i])));
  const known = !matrix.some(Number.isNaN);
  legend(weight ? "0" : number(low, 3), weight ? percent(high) : number(high, 3), colors);
  heat = {
    rows: tokens, bins: tokens, caption: weight ? "heat_A" : known ? "heat_S" : "heat_S_blank", token: (row) => row,
    row: (token) => token,
    read: (query, key) => word(weight ? "cell_A" : "cell_S", {
      query: token_name(query), key: token_name(key), value: score_text(tensor, query, key),
    }),
  };
}

function span(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  return [low, high];
}

// "12.3% ± 0.4%" of A, "1.23 ± 0.04" or "below −3.4" of S.
function score_text(tensor, query, key) {
  if (last_part(tensor) === "A") {
    const value = attention_row(state.layer, state.head, query)[key];
    return with_error(100 * value, 100 * attention_error(state.layer, state.head, query, key), "%").join(" ");
  }
  const { value, error, below } = score(state.layer, state.head, query, key);
  return below ? word("below", { value: number(value, 3) }) : with_error(value, error).join(" ");
}

// y and its gradient: exact values, one row.
function draw_vector(tensor) {
  const array = array_of(tensor, state.layer, state.back);
  const values = floats(array.at, array.n);
  draw_strip(values);
  heat = {
    ...EMPTY, rows: 1, bins: array.n, caption: "heat_vector",
    read: (_, column) => word("cell_exact", { columns: column, value: number(values[column], 6) }),
  };
}

function draw_strip(values) {
  const top = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const colors = palette(diverging, -1, 1, 255);
  const color = (value) => Math.sign(value) * Math.sqrt(Math.abs(value) / (top || 1));
  paint(by_id("heat-picture"), values.length, 1, (i) => colors[Math.round(127 * (1 + color(values[i])))]);
  legend(number(-top, 3), number(top, 3), colors);
}

// ∂A and ∂S: the page has only the row of [CLS].
function draw_score_gradient(tensor) {
  const { tokens } = config;
  const there = has_score_gradients(tensor);
  by_id("heat-frame").hidden = !there;
  by_id("heat-legend").hidden = !there;
  heat = { ...EMPTY, rows: 1, bins: tokens, caption: there ? "heat_score_back" : "heat_score_none", token: () => 0 };
  if (!there) {
    return;
  }
  draw_strip(Float32Array.from({ length: tokens }, (_, key) => score_gradient(tensor, state.layer, state.head, key).value));
  heat.read = (_, key) => {
    const { value, error } = score_gradient(tensor, state.layer, state.head, key);
    return word("cell_score_back", { key: token_name(key), value: with_error(value, error).join(" ") });
  };
}

// ---- pointing

function cell_under(event) {
  const box = by_id("heat-picture").getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * heat.rows);
  const bin = Math.floor(((event.clientX - box.left) / box.width) * heat.bins);
  return row >= 0 && row < heat.rows && bin >= 0 && bin < heat.bins ? { row, bin } : null;
}

function point_at_cell(event) {
  const found = cell_under(event);
  if (!found || !heat.read) {
    return;
  }
  place_in_heat("heat-hover", found.row);
  draw_heat_says(found);
  const scores = data.json.tensors[viewed().tensor].kind === "scores";
  point_at(scores ? found.bin : heat.token(found.row, found.bin)); // of S and A the key
}

function place_in_heat(id, row) {
  const mark = by_id(id);
  mark.hidden = row === null || heat.rows < 2;
  if (!mark.hidden) {
    mark.style.top = `${(100 * row) / heat.rows}%`;
    mark.style.height = `${100 / heat.rows}%`;
  }
}

// The row of the chosen token, and of the patch under the pointer on the photo.
function draw_heat_row() {
  const { tensor } = viewed();
  if (!changed("heat-row", state.token, pointed, tensor, state.back, heat.rows)) {
    return;
  }
  place_in_heat("heat-row", heat.row(state.token));
  if (!by_id("heat-frame").matches(":hover")) {
    place_in_heat("heat-hover", pointed === null || pointed === state.token ? null : heat.row(pointed));
  }
}

function draw_heat_says(found) {
  set_text("heat-says", found && heat.read ? heat.read(found.row, found.bin) : word(heat.caption, { tokens: config.tokens }));
}
