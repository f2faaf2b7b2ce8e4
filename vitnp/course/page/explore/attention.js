// The attention: A = (v/n)²·peak of the row, S = ln A + the row's log of the sum, and what comes of them.

let weights = {}; // the codes of A, each row's peak, n and log of the sum

function start_attention() {
  const { scores } = data.json;
  const rows = config.layers * config.heads * config.tokens;
  const peaks = floats(scores.peaks_at, rows);
  const logs = (n) => Float64Array.from({ length: n + 1 }, (_, code) => 2 * Math.log((code || scores.by) / n));
  weights = {
    logs: { [scores.coarse]: logs(scores.coarse), [scores.fine]: logs(scores.fine) },
    codes: bytes(scores.at, rows * config.tokens), peaks, log_sums: floats(scores.lse_at, rows),
    levels: Uint8Array.from(peaks, (peak) => (peak > scores.peak ? scores.fine : scores.coarse)),
  };
}

// By how much (code/n)² may be wrong: a root is off by at most `by` levels.
function share_error(code, levels) {
  const { by } = data.json.scores;
  const above = Math.min(code + by, levels) ** 2 - code ** 2;
  const below = code ** 2 - Math.max(code - by, 0) ** 2;
  return Math.max(above, below) / levels ** 2;
}

function score_index(layer, head, query) {
  return (layer * config.heads + head) * config.tokens + query;
}

function heads_of(head) {
  return head >= 0 ? [head] : Array.from({ length: config.heads }, (_, i) => i);
}

// Row `query` of A; head −1 is the mean of the heads.
function attention_row(layer, head, query) {
  const { tokens } = config;
  const row = new Float32Array(tokens);
  const heads = heads_of(head);
  for (const h of heads) {
    const at = score_index(layer, h, query);
    const unit = weights.peaks[at] / weights.levels[at] ** 2 / heads.length;
    for (let key = 0; key < tokens; key += 1) {
      row[key] += weights.codes[at * tokens + key] ** 2 * unit;
    }
  }
  return row;
}

function attention_error(layer, head, query, key) {
  const heads = heads_of(head);
  let sum = 0;
  for (const h of heads) {
    const at = score_index(layer, h, query);
    sum += share_error(weights.codes[at * config.tokens + key], weights.levels[at]) * weights.peaks[at];
  }
  return sum / heads.length;
}

// S of one query and key: {value, error, below}; below: A was too small for the page, S lies below the value.
function score(layer, head, query, key) {
  const heads = heads_of(head);
  const { by } = data.json.scores;
  const found = { value: 0, error: 0, below: false };
  for (const h of heads) {
    const at = score_index(layer, h, query);
    const code = weights.codes[at * config.tokens + key];
    found.value += weights.logs[weights.levels[at]][code] + Math.log(weights.peaks[at]) + weights.log_sums[at];
    found.error += 2 * Math.log(code / (code - by));
    found.below ||= code === 0;
  }
  found.value /= heads.length;
  found.error = found.below ? 0 : found.error / heads.length;
  return found;
}

// Row `query` of S; what lies below a number of the page has that number.
function score_row(layer, head, query) {
  const { tokens } = config;
  const row = new Float32Array(tokens);
  const heads = heads_of(head);
  for (const h of heads) {
    const at = score_index(layer, h, query);
    const logs = weights.logs[weights.levels[at]];
    const shift = Math.log(weights.peaks[at]) + weights.log_sums[at];
    for (let key = 0; key < tokens; key += 1) {
      row[key] += (logs[weights.codes[at * tokens + key]] + shift) / heads.length;
    }
  }
  return row;
}

// A or S, T x T, of a head (−1: the mean of the heads). All are kept: they are no more than the page has weights.
const matrices = new Map();
function matrix_of(letter, layer, head) {
  const key = `${letter} ${layer} ${head}`;
  if (!matrices.has(key)) {
    const { tokens } = config;
    const row = letter === "A" ? attention_row : score_row;
    const matrix = new Float32Array(tokens * tokens);
    for (let query = 0; query < tokens; query += 1) {
      matrix.set(row(layer, head, query), query * tokens);
    }
    matrices.set(key, matrix);
  }
  return matrices.get(key);
}

// Row `token` of the rollout Ā_L·…·Ā_from, Ā = ½·(mean of the heads + I) with rows of sum 1; from counts from 0.
function rollout_row(token, from) {
  const { tokens, layers } = config;
  let row = new Float32Array(tokens);
  row[token] = 1;
  for (let layer = layers - 1; layer >= from; layer -= 1) {
    row = times_mixed(row, matrix_of("A", layer, -1));
  }
  return row;
}

function times_mixed(row, matrix) {
  const next = new Float32Array(row.length);
  for (let query = 0; query < row.length; query += 1) {
    const line = matrix.subarray(query * row.length, (query + 1) * row.length);
    let sum = 1;
    for (const weight of line) {
      sum += weight;
    }
    const part = row[query] / sum; // the ½ in ½·(A + I) is also in the sum
    next[query] += part;
    for (let key = 0; key < row.length; key += 1) {
      next[key] += part * line[key];
    }
  }
  return next;
}

// ---- ∂A and ∂S: the row of [CLS], and the norm of every query's row

function has_score_gradients(name) {
  return config.class_token && data.json.scores[`grad_${last_part(name)}_at`] !== undefined;
}

function score_gradient(name, layer, head, key) {
  const { scores } = data.json;
  const [letter, heads] = [last_part(name), heads_of(head)];
  const all = config.layers * config.heads;
  const scales = floats(scores[`grad_${letter}_scales_at`], all);
  const codes = bytes(scores[`grad_${letter}_at`], all * config.tokens);
  const found = { value: 0, error: 0 };
  for (const h of heads) {
    const at = layer * config.heads + h;
    const level = codes[at * config.tokens + key] - 127;
    found.value += value_of(level, scales[at], 127) / heads.length;
    found.error += error_of(level, scales[at], 127) / heads.length;
  }
  return found;
}

function score_norm_codes(name) {
  const { scores } = data.json;
  const letter = last_part(name);
  const all = config.layers * config.heads;
  return {
    scales: floats(scores[`norms_${letter}_scales_at`], all),
    codes: bytes(scores[`norms_${letter}_at`], all * config.tokens),
  };
}

function score_norm_error(name, layer, head, query) {
  const { codes, scales } = score_norm_codes(name);
  return Math.hypot(...heads_of(head).map((h) => {
    const at = layer * config.heads + h;
    return norm_code_error(codes[at * config.tokens + query], scales[at]);
  }));
}

// The norms of the rows of ∂A or ∂S; of several heads the root of the sum of the squares.
function score_gradient_norms(name, layer, head) {
  const { codes, scales } = score_norm_codes(name);
  const squares = new Float32Array(config.tokens);
  for (const h of heads_of(head)) {
    const at = layer * config.heads + h;
    for (let query = 0; query < config.tokens; query += 1) {
      squares[query] += ((codes[at * config.tokens + query] / 255) ** 2 * scales[at]) ** 2;
    }
  }
  return squares.map(Math.sqrt);
}
