// The map over the photo: attention, rollout or norms of rows; what its colors mean, in a legend and in a sentence.

let shown_map = { values: [], top: 0 };

function rollout_from() {
  return by_id("rollout-from").checked && config.layers > 1 ? 1 : 0;
}

// The values of the chosen map, one of each token (NaN: it has none), and what blue and yellow are: 0, of norms the least
// of the patches, and the largest of the patches.
function map_values() {
  let values;
  if (state.map === "token" || state.map === "cls") {
    values = attention_row(state.layer, state.head, state.map === "cls" ? 0 : state.token);
  } else if (state.map === "rollout") {
    values = rollout_row(state.token, rollout_from());
  } else {
    values = norms_of(viewed().tensor, state.back);
  }
  const [least, top] = span(values.subarray(config.first));
  return { values, low: state.map === "norm" ? least : 0, top };
}

// The norm of every token's row of a tensor, or of its gradient; NaN: it has no such row.
function norms_of(name, back) {
  if (data.json.tensors[name].kind === "scores") {
    return score_norms(name, state.layer, state.head, back);
  }
  const array = array_of(name, state.layer, back);
  const values = new Float32Array(config.tokens).fill(NaN);
  if (array?.rows_are === "tokens") {
    row_norms(array).forEach((norm, row) => { values[row_token(array, row)] = norm; });
  }
  return values;
}

function draw_map() {
  const of_norm = state.map === "norm" ? [viewed().tensor, state.back] : ["", ""];
  const of_token = state.map === "token" || state.map === "rollout" ? state.token : "";
  const parts = [state.map, state.layer, state.head, of_token, rollout_from(), ...of_norm];
  if (!changed("map", ...parts, is_dark(), spoken.language)) {
    return;
  }
  shown_map = map_values();
  const { values, low, top } = shown_map;
  const colors = palette(cividis, 0, 1);
  const share = (value) => Math.min((value - low) / (top - low), 1);
  const color_share = state.map === "rollout" ? (value) => Math.sqrt(share(value)) : share; // one patch often has most of it
  const code = (value) => (value > low ? Math.round(255 * color_share(value)) : 0);
  const shown = (i) => values[config.first + i] >= 0;
  paint(by_id("map"), config.cols, config.rows, (i) => (shown(i) ? see_through(colors, code(values[config.first + i])) : 0));
  draw_chips(values, (value) => (value >= 0 ? colors[code(value)] : 0));
  draw_legend(low, top, colors);
  by_id("rollout-option").hidden = state.map !== "rollout" || config.layers < 2;
  for (const button of document.querySelectorAll("#maps button")) {
    button.setAttribute("aria-pressed", button.dataset.map === state.map);
    button.disabled = button.dataset.map === "cls" && !has_class_token();
  }
}

// More of the photo where the map is low. The alpha is the highest byte of a pixel.
function see_through(colors, code) {
  const alpha = 128 + (code >> 1);
  return ((colors[code] & 0xffffff) | (alpha << 24)) >>> 0;
}

function draw_chips(values, color) {
  for (let token = 0; token < config.first; token += 1) {
    const [swatch, name, value] = by_id(`token-${token}`).children;
    paint(swatch, 1, 1, () => color(values[token]));
    name.textContent = token_name(token);
    value.textContent = values[token] >= 0 ? map_number(values[token]) : "";
  }
}

function map_number(value) {
  return state.map === "norm" ? number(value, 3) : percent(value);
}

// What yellow is. A weight is also given in units of 1/T, the weight of each token if all had the same.
function draw_legend(low, top, colors) {
  const values = { times: number(top * config.tokens, 2), tokens: config.tokens };
  paint(by_id("legend-bar"), 256, 1, (i) => colors[i]);
  const text = state.map === "norm" ? number(top, 3) : `${percent(top)} = ${word("times_uniform", values)}`;
  set_text("legend-low", Number.isFinite(low) ? number(low, 3) : "");
  set_text("legend-top", Number.isFinite(top) ? text : "");
}

function draw_reading() {
  set_text("reading", photo_says());
}

// The token whose value is read out: that under the pointer; on a map that does not depend on it, the one that is held,
// too. null: none.
function asked_token() {
  if (state.map === "cls" || state.map === "norm") {
    return pointed ?? (held ? state.token : null);
  }
  return pointed === state.token ? null : pointed;
}

// One sentence: what the map shows, and its value at the token that is asked about or at the patch of the largest.
function photo_says() {
  const { values } = shown_map;
  const names = {
    token: token_name(state.token), layer: state.layer + 1, tensor: whole_name(viewed().tensor),
    head: state.head < 0 ? word("mean_of_heads") : word("head_number", { number: state.head + 1 }),
    from: rollout_from() + 1, to: config.layers,
  };
  const gradient = state.map === "norm" && state.back;
  const about = word(gradient ? "says_norm_back" : `says_${state.map}`, names);
  const asked = asked_token();
  const token = asked ?? config.first + largest(values.subarray(config.first));
  if (!(values[token] >= 0)) {
    return state.map === "norm" && !values.some((value) => value >= 0) ? word("no_rows") : about;
  }
  const value = map_error(values[token], token);
  return `${about} ${word(asked === null ? "most" : "asked", { token: token_name(token), value })}`;
}

// "Q⁽ⁱ⁾ (layer 3, all heads)": the norm of a row is that of all heads; of S and A that of the chosen head.
function whole_name(tensor) {
  const { slide_name, per_head, kind } = data.json.tensors[tensor];
  const parts = tensor.includes(".i.") ? [word("layer_number", { number: state.layer + 1 })] : [];
  if (per_head || kind === "scores") {
    const of_head = kind === "scores" && state.head >= 0;
    parts.push(of_head ? word("head_number", { number: state.head + 1 }) : word("shape_all_heads"));
  }
  return parts.length ? `${slide_name} (${parts.join(", ")})` : slide_name;
}

function row_of_token(token) {
  const array = array_of(viewed().tensor, state.layer, state.back);
  return array ? token_row(array, token) : token; // S and A have a row of every token
}

function largest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) {
    if (!(values[i] <= values[best])) {
      best = values[i] >= 0 ? i : best;
    }
  }
  return best;
}

// The value with its error; (≈) where it is computed from many numbers that have errors.
function map_error(value, key) {
  if (state.map === "norm") {
    const error = norm_error(viewed().tensor, state.layer, state.head, row_of_token(key), state.back);
    return with_error(value, error).join(" ");
  }
  if (state.map === "rollout") {
    return `${map_number(value)} (≈)`;
  }
  const query = state.map === "cls" ? 0 : state.token;
  return with_error(100 * value, 100 * attention_error(state.layer, state.head, query, key), "%").join(" ");
}
