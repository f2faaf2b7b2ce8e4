// Reading the numbers of the page: what a byte stands for, and by how much it may be wrong.

let data = { json: {}, binary: new Uint8Array(0) };
let config = {};

function start_data(unpacked_data) {
  data = unpacked_data;
  config = data.json.config;
}

function bytes(at, count) {
  return data.binary.subarray(at, at + count);
}

// A copy, because an offset need not be a multiple of 4 in the buffer.
function floats(at, count) {
  return new Float32Array(data.binary.slice(at, at + 4 * count).buffer);
}

// "blocks.i.attention.Q" in layer 3 → "blocks.3.attention.Q".
function full_name(name, layer) {
  return name.replace(".i.", `.${layer}.`);
}

function array_of(name, layer, back) {
  return (back ? data.json.gradients : data.json.arrays)[full_name(name, layer)];
}

function last_part(name) {
  return name.split(".").pop();
}

// A byte of a "tokens" array is 15 + l and stands for sign(l)·(l/15)²·scale; rows of ∂A have 127 levels.
function value_of(level, scale, levels = 15) {
  return Math.sign(level) * (level / levels) ** 2 * scale;
}

function error_of(level, scale, levels = 15) {
  const size = Math.abs(level);
  const next = size === levels ? size - 0.5 : size + 0.5;
  return (Math.abs(next ** 2 - size ** 2) / levels ** 2) * scale;
}

// "7.35", "0.36" of a value and its error: as many decimals as two digits of the error have. The error is rounded up,
// and includes what the rounding of the value adds.
function with_error(value, error, unit = "") {
  if (error === 0) {
    return [number(value, 6) + unit, `± 0${unit}`];
  }
  const power = Math.abs(value) + error < 1e-4 || Math.abs(value) >= 1e6 ? Math.floor(Math.log10(Math.abs(value) + error)) : 0;
  const [scaled, off] = [value / 10 ** power, error / 10 ** power];
  const decimals = within(1 - Math.floor(Math.log10(off)), 0, 12);
  const rounded_up = Math.ceil(off * 10 ** decimals + 0.5) / 10 ** decimals;
  const end = (power ? `e${power}` : "") + unit;
  const texts = [scaled.toFixed(decimals) + end, `± ${rounded_up.toFixed(decimals)}${end}`];
  return texts.map((text) => text.replace(/-/g, "−"));
}

// The bins [first, last) that are shown: of a per-head tensor those of the head, of the mean of the heads all.
function bins_of(name, array, head) {
  const own = data.json.tensors[name].per_head && array.head_bins && head >= 0;
  return own ? [head * array.head_bins, (head + 1) * array.head_bins] : [0, array.bins];
}

// An array's columns in bin b, [first, last): of a per-head tensor counted within the head.
function columns_of(name, array, bin, head) {
  const offset = data.json.tensors[name].per_head && head >= 0 ? head * config.K : 0;
  return [array.edges[bin] - offset, array.edges[bin + 1] - offset];
}

// Norms of zero are exact: such a row has no error.
function cell(array, row, bin) {
  if (array.norms_at !== undefined && bytes(array.norms_at, array.rows)[row] === 0) {
    return { level: 0, value: 0, error: 0 };
  }
  const level = bytes(array.at, array.rows * array.bins)[row * array.bins + bin] - 15;
  return { level, value: value_of(level, array.scale), error: error_of(level, array.scale) };
}

// The token of a row, and the row of a token: the patches are always the last rows. null: there is none.
function row_token({ rows, rows_are }, row) {
  if (rows_are !== "tokens") {
    return null;
  }
  const before = rows - config.rows * config.cols;
  return row >= before && before >= 0 ? config.first + row - before : row;
}

// What a row is of: a token; of E_rel the distance k − q; of the attention pooling a head.
function row_name(array, row) {
  if (array.rows_are === "distances") {
    return word("distance_name", { distance: number(row - (config.tokens - 1)) });
  }
  return array.rows_are === "heads" ? word("head_number", { number: row + 1 }) : token_name(row_token(array, row));
}

function token_row({ rows, rows_are }, token) {
  if (rows_are !== "tokens") {
    return null;
  }
  const before = rows - config.rows * config.cols;
  if (token >= config.first && before >= 0) {
    return before + token - config.first;
  }
  return token < Math.max(before, 0) || (before < 0 && token < rows) ? token : null;
}

function row_norms(array) {
  const codes = bytes(array.norms_at, array.rows);
  return Float32Array.from(codes, (code) => (code / 255) ** 2 * array.norms_scale);
}

// The root of a norm is off by at most half of one of 255 levels; a norm of zero is exact.
function norm_code_error(code, scale) {
  return code ? (((code + 0.5) ** 2 - code ** 2) / 255 ** 2) * scale : 0;
}

// The largest error of a row's norm.
function norm_error(name, layer, head, row, back) {
  if (data.json.tensors[name].kind === "scores") {
    return score_norm_error(name, layer, head, row, back);
  }
  const array = array_of(name, layer, back);
  return norm_code_error(bytes(array.norms_at, array.rows)[row], array.norms_scale);
}

// A number of the page and its largest error; of a "tokens" array that of largest magnitude in the column's bin.
function value_at(name, layer, head, row, column, back) {
  const { kind, per_head } = data.json.tensors[name];
  if (kind === "scores") {
    if (back) {
      return row === 0 && has_score_gradients(name) ? score_gradient(name, layer, head, column) : null;
    }
    const A = () => ({
      value: attention_row(layer, head, row)[column], error: attention_error(layer, head, row, column),
    });
    return last_part(name) === "A" ? A() : score(layer, head, row, column);
  }
  const array = array_of(name, layer, back);
  if (!array) {
    return null;
  }
  if (kind === "vector") {
    return { value: floats(array.at, array.n)[column], error: 0 };
  }
  const at = per_head ? Math.max(head, 0) * config.K + column : column;
  const bin = array.edges ? array.edges.findIndex((edge) => edge > at) - 1 : at;
  return cell(array, row, bin);
}
