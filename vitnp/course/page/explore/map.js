// The map over the photo: attention, rollout, norms of rows, or a row of ∂A or ∂S; what its colors mean, in a legend and
// in a sentence.

let shown_map = { kind: "token", values: [], low: 0, top: 0 };

function rollout_from() {
  return by_id("rollout-from").checked && config.layers > 1 ? 1 : 0;
}

// Where ∂A or ∂S is looked at, its row of [CLS], the only one that the page has, stands for the attention.
function kind_of_map() {
  const { tensor } = viewed();
  const scores = state.back && data.json.tensors[tensor].kind === "scores" && has_score_gradients(tensor);
  return scores && (state.map === "token" || state.map === "cls") ? "gradient" : state.map;
}

// The values of the map, one of each token (NaN: it has none), and those of the lowest and the highest color: of the
// patches the least norm, minus the largest gradient, or 0; and the largest.
function map_values(kind) {
  const { tensor } = viewed();
  if (kind === "norm") {
    const values = norms_of(tensor, state.back);
    const [low, top] = span(values.subarray(config.first));
    return { kind, values, low, top };
  }
  if (kind === "gradient") {
    const of_key = (_, key) => score_gradient(tensor, state.layer, state.head, key).value;
    const values = Float32Array.from({ length: config.tokens }, of_key);
    const top = span(values.subarray(config.first).map(Math.abs))[1];
    return { kind, values, low: -top, top };
  }
  const values = kind === "rollout" ? rollout_row(state.token, rollout_from())
    : attention_row(state.layer, state.head, kind === "cls" ? 0 : state.token);
  return { kind, values, low: 0, top: span(values.subarray(config.first))[1] };
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
  const kind = kind_of_map();
  const of_tensor = kind === "norm" || kind === "gradient" ? [viewed().tensor, state.back] : ["", ""];
  const of_token = kind === "token" || kind === "rollout" ? state.token : "";
  const parts = [kind, state.map, state.layer, state.head, of_token, rollout_from(), ...of_tensor];
  if (!changed("map", ...parts, is_dark(), spoken.language)) {
    return;
  }
  shown_map = map_values(kind);
  const { values } = shown_map;
  const colors = kind === "gradient" ? palette(diverging, -1, 1) : palette(cividis, 0, 1);
  const color = (value, strength) => (Number.isNaN(value) ? 0 : with_alpha(colors[map_code(value)], strength(map_code(value))));
  const strength = kind === "gradient" ? (code) => 2 * Math.abs(code - 127.5) : (code) => code;
  paint(by_id("map"), config.cols, config.rows, (i) => color(values[config.first + i], strength));
  draw_chips(values, (value) => color(value, () => 255));
  draw_legend(shown_map, colors);
  by_id("rollout-option").hidden = state.map !== "rollout" || config.layers < 2;
  for (const button of document.querySelectorAll("#maps button")) {
    button.setAttribute("aria-pressed", button.dataset.map === state.map);
    button.disabled = button.dataset.map === "cls" && !has_class_token();
  }
}

// The number 0 … 255 of a value's color. Of rollouts and gradients, of which one patch often has most, that of a root.
function map_code(value) {
  const { kind, low, top } = shown_map;
  if (kind === "gradient") {
    return Math.round(127.5 * (1 + Math.sign(value) * Math.sqrt(Math.min(Math.abs(value) / (top || 1), 1))));
  }
  const share = value > low ? Math.min((value - low) / (top - low), 1) : 0;
  return Math.round(255 * (kind === "rollout" || (kind === "norm" && state.back) ? Math.sqrt(share) : share));
}

// More of the photo where the map is weak. The alpha is the highest byte of a pixel.
function with_alpha(color, strength) {
  const alpha = 128 + (strength >> 1);
  return ((color & 0xffffff) | (alpha << 24)) >>> 0;
}

function draw_chips(values, color) {
  for (let token = 0; token < config.first; token += 1) {
    const [swatch, name, value] = by_id(`token-${token}`).children;
    paint(swatch, 1, 1, () => color(values[token]));
    name.textContent = token_name(token);
    value.textContent = Number.isNaN(values[token]) ? "" : map_number(values[token]);
  }
}

function map_number(value) {
  return is_share() ? percent(value) : number(value, 3);
}

function is_share() {
  return shown_map.kind !== "norm" && shown_map.kind !== "gradient";
}

// What the lowest and the highest color are. A weight is also given in units of 1/T, the weight of each token if all had the same.
function draw_legend({ low, top }, colors) {
  const values = { times: number(top * config.tokens, 2), tokens: config.tokens };
  paint(by_id("legend-bar"), 256, 1, (i) => colors[i]);
  const text = is_share() ? `${percent(top)} = ${word("times_uniform", values)}` : number(top, 3);
  set_text("legend-low", Number.isFinite(low) ? number(low, 3) : "");
  set_text("legend-top", Number.isFinite(top) ? text : "");
}

function draw_reading() {
  set_text("reading", photo_says());
}

// The token whose value is read out: that under the pointer; on a map that does not depend on it, the one that is held,
// too. null: none.
function asked_token() {
  if (shown_map.kind !== "token" && shown_map.kind !== "rollout") {
    return pointed ?? (held ? state.token : null);
  }
  return pointed === state.token ? null : pointed;
}

// One sentence: what the map shows, and its value at the token that is asked about or at the patch of the largest.
function photo_says() {
  const { kind, values } = shown_map;
  const { slide_name } = data.json.tensors[viewed().tensor];
  const names = {
    slide_name, token: token_name(state.token), layer: state.layer + 1, tensor: whole_name(viewed().tensor),
    head: state.head < 0 ? word("mean_of_heads") : word("head_number", { number: state.head + 1 }),
    from: rollout_from() + 1, to: config.layers,
  };
  const about = word(kind === "norm" && state.back ? "says_norm_back" : `says_${kind}`, names);
  const asked = asked_token();
  const token = asked ?? config.first + largest(values.subarray(config.first).map(Math.abs));
  if (Number.isNaN(values[token])) {
    return values.every(Number.isNaN) ? word("no_rows") : about;
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
  const { kind } = shown_map;
  if (kind === "gradient") {
    const { error } = score_gradient(viewed().tensor, state.layer, state.head, key);
    return with_error(value, error).join(" ");
  }
  if (kind === "norm") {
    const error = norm_error(viewed().tensor, state.layer, state.head, row_of_token(key), state.back);
    return with_error(value, error).join(" ");
  }
  if (kind === "rollout") {
    return `${map_number(value)} (≈)`;
  }
  const query = kind === "cls" ? 0 : state.token;
  return with_error(100 * value, 100 * attention_error(state.layer, state.head, query, key), "%").join(" ");
}
