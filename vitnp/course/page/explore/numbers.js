// The numbers of the chosen tensor: at the chosen token, in its corner as NumPy prints it, as a whole.

const MOST_BINS = 8; // bins in the table, keys in the list of the largest

function start_numbers() {
  views.push(draw_stats, draw_numbers, draw_corner);
}

function draw_stats() {
  const { tensor } = viewed();
  const scores = data.json.tensors[tensor].kind === "scores";
  if (!changed("stats", tensor, state.layer, scores ? state.head : "", state.back, spoken.language)) {
    return;
  }
  const array = scores ? score_stats(tensor, state.layer, state.head, state.back) : array_of(tensor, state.layer, state.back);
  const names = ["norm", "min", "mean", "max"].filter((name) => array && array[name] !== undefined);
  by_id("stats").hidden = names.length === 0;
  const head = element("tr", {}, ...names.map((name) => element("th", { textContent: word(`stat_${name}`), scope: "col" })));
  const line = element("tr", {}, ...names.map((name) => element("td", { textContent: number(array[name], 4) })));
  by_id("stats").replaceChildren(element("caption", { className: "unseen", textContent: word("stats") }), head, line);
}

// The rows [first cell, other cells] of the table, drawn only when something in it is another.
function draw_numbers() {
  const { tensor } = viewed();
  if (!changed("numbers", tensor, state.layer, state.head, state.token, state.back, spoken.language)) {
    return;
  }
  const { title, head, lines, note, tokens } = numbers_of(tensor);
  const table = by_id("numbers");
  by_id("numbers-box").hidden = !title;
  if (!title) {
    return;
  }
  const lines_there = [...(lines.length ? [head] : []), ...lines];
  if (changed("numbers-table", lines_there.length, head.length, Boolean(note))) {
    build_numbers(table, lines_there, head.length || 1, note);
  }
  const texts = [title, ...lines_there.flat(), ...(note ? [note] : [])];
  table.querySelectorAll("caption, th, td").forEach((one, i) => write(one, texts[i]));
  table.querySelectorAll("tbody tr").forEach((line, i) => { line.dataset.token = tokens?.[i] ?? ""; });
}

// The empty table; a hover then only changes texts.
function build_numbers(table, lines, columns, note) {
  const row = (tag, texts) => element("tr", {}, ...texts.map(() => element(tag)));
  const body = lines.slice(1).map((texts) => row("td", texts));
  body.forEach((line) => {
    line.addEventListener("pointerenter", () => line.dataset.token && point_at(Number(line.dataset.token)));
    line.addEventListener("pointerleave", () => point_at(null));
  });
  const last = note ? [element("tr", {}, element("td", { className: "soft small note", colspan: columns }))] : [];
  const head = element("thead", {}, ...lines.slice(0, 1).map((texts) => row("th", texts)));
  table.replaceChildren(element("caption"), head, element("tbody", {}, ...body), element("tfoot", {}, ...last));
}

function numbers_of(tensor) {
  const { kind } = data.json.tensors[tensor];
  const name = named(tensor, "∂");
  if (kind === "scores") {
    return state.back ? gradient_numbers(tensor, name) : score_numbers(tensor, name);
  }
  const array = array_of(tensor, state.layer, state.back);
  if (kind === "vector" && array && !has_bars(tensor)) {
    const values = Array.from(floats(array.at, Math.min(array.n, MOST_BINS)));
    const lines = values.map((value, column) => [String(column), number(value, 6)]);
    return { title: name, head: [word("column"), word("value")], lines, note: "" };
  }
  if (kind !== "tokens" || !array || array.rows_are === "distances") {
    return { title: "" };
  }
  const row = array.rows_are === "heads" ? Math.max(state.head, 0) : token_row(array, state.token);
  const of_row = row === null ? token_name(state.token) : row_name(array, row);
  const title = word("numbers_at", { name, token: of_row });
  return row === null
    ? { title, head: [], lines: [], note: word("no_row", { token: of_row }) } : row_numbers(tensor, array, row, title);
}

function row_numbers(tensor, array, row, title) {
  const [first, end] = bins_of(tensor, array, state.head);
  const lines = [];
  for (let bin = first; bin < Math.min(end, first + MOST_BINS); bin += 1) {
    const { value, error } = cell(array, row, bin);
    const [from, to] = columns_of(tensor, array, bin, state.head);
    lines.push([to - from > 1 ? `${from}…${to - 1}` : String(from), ...with_error(value, error)]);
  }
  const norm = row_norms(array)[row];
  const error = norm_error(tensor, state.layer, state.head, row, state.back);
  const columns = array.edges[array.bins]; // those of all heads: the norm is of the whole row
  const wide = array.edges[first + 1] - array.edges[first] > 1;
  return {
    title, head: [word("column"), word(wide ? "largest_of_bin" : "value"), word("error")],
    lines,
    note: word(norm === 0 ? "row_zero" : "row_norm", { norm: with_error(norm, error).join(" "), columns }),
  };
}

function score_numbers(tensor, name) {
  const weight = last_part(tensor) === "A";
  const row = (weight ? attention_row : score_row)(state.layer, state.head, state.token);
  const known = Array.from(row.keys()).filter((key) => !Number.isNaN(row[key]));
  const keys = known.sort((a, b) => row[b] - row[a]).slice(0, MOST_BINS);
  const note = known.length < row.length ? "score_note_known" : "score_note";
  return {
    title: word("numbers_at", { name, token: token_name(state.token) }),
    head: [word("largest_keys"), word(weight ? "weight" : "value")],
    lines: keys.map((key) => [token_name(key), score_text(tensor, state.token, key)]),
    note: word(weight ? "sum_one" : note),
    tokens: keys,
  };
}

function gradient_numbers(tensor, name) {
  const title = word("numbers_at", { name, token: token_name(state.token) });
  const norm = score_norms(tensor, state.layer, state.head, true)[state.token];
  const error = norm_error(tensor, state.layer, state.head, state.token, true);
  const columns = state.head < 0 ? `${config.heads}x${config.tokens}` : config.tokens; // of all heads: no mean has this norm
  const values = { norm: with_error(norm, error).join(" "), columns };
  const of_row = word(norm === 0 ? "row_zero" : "row_norm", values);
  if (state.token !== 0 || !has_score_gradients(tensor)) {
    const only = word(has_score_gradients(tensor) ? "only_class_row" : "heat_score_none");
    return { title, head: [], lines: [], note: `${of_row} ${only}` };
  }
  const found = Array.from({ length: config.tokens }, (_, key) => [key, score_gradient(tensor, state.layer, state.head, key)]);
  found.sort((a, b) => Math.abs(b[1].value) - Math.abs(a[1].value));
  const most = found.slice(0, MOST_BINS);
  const lines = most.map(([key, { value, error }]) => [token_name(key), ...with_error(value, error)]);
  const head = [word("largest_keys"), word("value"), word("error")];
  return { title, head, lines, note: of_row, tokens: most.map(([key]) => key) };
}

// ---- the corner: values of six digits, in the way NumPy prints them

function draw_corner() {
  const { tensor } = viewed();
  if (!changed("corner", tensor, state.layer, state.head, state.back, spoken.language)) {
    return;
  }
  const head = data.json.tensors[tensor].per_head ? Math.max(state.head, 0) : 0;
  const corner = array_of(tensor, state.layer, state.back)?.corners?.[head];
  by_id("corner-box").hidden = !corner;
  if (corner) {
    const of_head = data.json.tensors[tensor].per_head ? `${head}, ` : "";
    set_text("corner-title", word("corner", { head: of_head, rows: corner.length, columns: corner[0].length }));
    set_text("corner", numpy_text(corner));
  }
}

function numpy_text(rows) {
  const sizes = rows.flat().map(Math.abs).filter((size) => size > 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const exponential = sizes.length > 0 && (most >= 1e8 || least < 1e-4 || most / least > 1000);
  const texts = rows.map((row) => row.map((value) => (exponential ? value.toExponential() : String(value))));
  const decimals = Math.max(...texts.flat().map(decimals_of));
  const full = (text) => (exponential ? exponent(Number(text), decimals) : padded(text, decimals));
  const filled_up = texts.map((row) => row.map(full));
  const width = Math.max(...filled_up.flat().map((text) => text.length));
  const lines = filled_up.map((row) => `[${row.map((text) => text.padStart(width)).join(" ")}]`);
  return `[${lines.join("\n ")}]`;
}

function decimals_of(text) {
  return (text.split("e")[0].split(".")[1] ?? "").length;
}

// NumPy pads with blanks: "0.5  ", "0.   ".
function padded(text, decimals) {
  const point = text.includes(".") ? text : `${text}.`;
  return point.padEnd(point.length + decimals - decimals_of(text));
}

// "1.20e-05"
function exponent(value, decimals) {
  return value.toExponential(decimals).replace(/e([+-])(\d)$/, "e$10$2");
}
