// The attention: A = (v/levels)²·peak of the row, S = ln A + the row's log of the sum, and what comes of them.

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
    const peak = weights.peaks[at] / heads.length;
    for (let key = 0; key < tokens; key += 1) {
      row[key] += weights.part[weights.codes[at * tokens + key]] * peak;
    }
  }
  return row;
}

function attention_error(layer, head, query, key) {
  const heads = heads_of(head);
  let sum = 0;
  for (const h of heads) {
    const at = score_index(layer, h, query);
    const code = weights.codes[at * config.tokens + key];
    const other = code === weights.levels ? code - 0.5 : code + 0.5;
    sum += Math.abs((other / weights.levels) ** 2 - weights.part[code]) * weights.peaks[at];
  }
  return sum / heads.length;
}

// S of one query and key: {value, error, below}; below: A was too small for the page, S lies below the value.
function score(layer, head, query, key) {
  const heads = heads_of(head);
  const found = { value: 0, error: 0, below: false };
  for (const h of heads) {
    const at = score_index(layer, h, query);
    const code = weights.codes[at * config.tokens + key];
    const level = Math.max(code, 0.5);
    found.value += 2 * Math.log(level / weights.levels) + Math.log(weights.peaks[at]) + weights.log_sums[at];
    found.error += code ? 2 * Math.log(code / (code - 0.5)) : 0;
    found.below ||= code === 0;
  }
  found.value /= heads.length;
  found.error /= heads.length;
  return found;
}

// The matrix T x T of a head (−1: their mean) as one array; the last few are kept.
const matrices = new Map();
function attention_matrix(layer, head) {
  const key = `${layer} ${head}`;
  if (!matrices.has(key)) {
    const { tokens } = config;
    const matrix = new Float32Array(tokens * tokens);
    for (let query = 0; query < tokens; query += 1) {
      matrix.set(attention_row(layer, head, query), query * tokens);
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
    row = times_mixed(row, attention_matrix(layer, -1));
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
  return data.json.scores[`grad_${last_part(name)}_at`] !== undefined;
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
    const next = Math.abs(level) === 127 ? 126.5 : Math.abs(level) + 0.5;
    found.value += (Math.sign(level) * (level / 127) ** 2 * scales[at]) / heads.length;
    found.error += (Math.abs((next / 127) ** 2 - (level / 127) ** 2) * scales[at]) / heads.length;
  }
  return found;
}

// The norms of the rows of ∂A or ∂S; of several heads the root of the sum of the squares.
function score_gradient_norms(name, layer, head) {
  const { scores } = data.json;
  const letter = last_part(name);
  const all = config.layers * config.heads;
  const scales = floats(scores[`norms_${letter}_scales_at`], all);
  const codes = bytes(scores[`norms_${letter}_at`], all * config.tokens);
  const squares = new Float32Array(config.tokens);
  for (const h of heads_of(head)) {
    const at = layer * config.heads + h;
    for (let query = 0; query < config.tokens; query += 1) {
      squares[query] += ((codes[at * config.tokens + query] / 255) ** 2 * scales[at]) ** 2;
    }
  }
  return squares.map(Math.sqrt);
}
