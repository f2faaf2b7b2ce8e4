// The attention: A = (v/n)²·peak of the row, S = ln A + the row's log of the sum, and what comes of them.

let weights = {}; // the codes of A, each row's peak, number of levels and log of the sum

function start_attention() {
  const { scores } = data.json;
  const rows = config.layers * config.heads * config.tokens;
  weights = {
    codes: bytes(scores.at, rows * config.tokens), peaks: floats(scores.peaks_at, rows),
    levels: bytes(scores.levels_at, rows), log_sums: floats(scores.lse_at, rows),
  };
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

// The formula's bound of each head, or the largest error of all weights on this page, which was measured.
function attention_error(layer, head, query, key) {
  const heads = heads_of(head);
  let sum = 0;
  for (const h of heads) {
    const at = score_index(layer, h, query);
    const code = weights.codes[at * config.tokens + key];
    sum += Math.min(error_of(code, weights.peaks[at], weights.levels[at]), data.json.scores.largest_error);
  }
  return sum / heads.length;
}

// S of one query and key: {value, error, below}. below: A was too small for the page, and S is below the value. Of the
// mean of the heads this holds if it does in one of them; to the others' values their errors are then added.
function score(layer, head, query, key) {
  const heads = heads_of(head);
  const found = { value: 0, error: 0, below: false };
  let most = 0; // the upper bound
  for (const h of heads) {
    const at = score_index(layer, h, query);
    const [code, n] = [weights.codes[at * config.tokens + key], weights.levels[at]];
    const shift = Math.log(weights.peaks[at]) + weights.log_sums[at];
    most += (shift + 2 * Math.log(Math.min(code + 0.5, n) / n)) / heads.length;
    found.below ||= code === 0;
    if (code > 0) {
      found.value += (shift + 2 * Math.log(code / n)) / heads.length;
      found.error += (2 * Math.log(code / (code - 0.5))) / heads.length;
    }
  }
  return found.below ? { value: most, error: 0, below: true } : found;
}

// Row `query` of S; NaN where the page has only an upper bound.
function score_row(layer, head, query) {
  const { tokens } = config;
  const row = new Float32Array(tokens);
  const heads = heads_of(head);
  for (const h of heads) {
    const at = score_index(layer, h, query);
    const shift = Math.log(weights.peaks[at]) + weights.log_sums[at];
    for (let key = 0; key < tokens; key += 1) {
      const code = weights.codes[at * tokens + key];
      row[key] += code ? (2 * Math.log(code / weights.levels[at]) + shift) / heads.length : NaN;
    }
  }
  return row;
}

// A or S, T x T, of a head (−1: the mean of the heads).
function matrix_of(letter, layer, head) {
  const { tokens } = config;
  const row = letter === "A" ? attention_row : score_row;
  const matrix = new Float32Array(tokens * tokens);
  for (let query = 0; query < tokens; query += 1) {
    matrix.set(row(layer, head, query), query * tokens);
  }
  return matrix;
}

// Ā, the mean of the heads, of each layer: kept, because a rollout needs all of them.
const means = new Map();
function mean_of_heads(layer) {
  if (!means.has(layer)) {
    means.set(layer, matrix_of("A", layer, -1));
  }
  return means.get(layer);
}

// Row `token` of the rollout Ā_L·…·Ā_from, Ā = ½·(mean of the heads + I) with rows of sum 1; from counts from 0.
function rollout_row(token, from) {
  const { tokens, layers } = config;
  let row = new Float32Array(tokens);
  row[token] = 1;
  for (let layer = layers - 1; layer >= from; layer -= 1) {
    row = times_mixed(row, mean_of_heads(layer));
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

// ---- the exact numbers of S, A and their gradients: of a head's matrix, and the norm of every query's row

// {norm, min, max, mean} of a head, or of all heads together.
function score_stats(name, layer, head, back) {
  const of_heads = data.json.scores.stats[back ? `grad_${last_part(name)}` : last_part(name)][layer];
  const shown = heads_of(head).map((h) => of_heads[h]);
  const all = (i) => shown.map((numbers) => numbers[i]);
  return {
    norm: Math.hypot(...all(0)), min: Math.min(...all(1)), max: Math.max(...all(2)),
    mean: all(3).reduce((sum, mean) => sum + mean, 0) / shown.length,
  };
}

function score_norm_codes(name, back) {
  const { scores } = data.json;
  const key = `${back ? "norms" : "row_norms"}_${last_part(name)}`;
  const all = config.layers * config.heads;
  return { scales: floats(scores[`${key}_scales_at`], all), codes: bytes(scores[`${key}_at`], all * config.tokens) };
}

function score_norm_error(name, layer, head, query, back) {
  const { codes, scales } = score_norm_codes(name, back);
  return Math.hypot(...heads_of(head).map((h) => {
    const at = layer * config.heads + h;
    return norm_code_error(codes[at * config.tokens + query], scales[at]);
  }));
}

// The norms of the rows; of several heads the root of the sum of the squares.
function score_norms(name, layer, head, back) {
  const { codes, scales } = score_norm_codes(name, back);
  const squares = new Float64Array(config.tokens);
  for (const h of heads_of(head)) {
    const at = layer * config.heads + h;
    for (let query = 0; query < config.tokens; query += 1) {
      squares[query] += ((codes[at * config.tokens + query] / 255) ** 2 * scales[at]) ** 2;
    }
  }
  return squares.map(Math.sqrt);
}

// ---- ∂A and ∂S: the row of [CLS]

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
