// What the page shows, the walk through the slide's rows and back, and who draws when it changes.

const state = {
  row: "", tensor: "", layer: 0, head: 0, token: 0, map: "token", back: false,
};
let preview = null; // {row, tensor} under the pointer, shown in place of the chosen ones
let held = false; // the token stays although the pointer moves over the photo
const views = []; // functions that draw, called after every change
const drawn = {};

// Changes the state and draws; what does not fit the model is put right.
function show(changes) {
  preview = null;
  Object.assign(state, changes);
  put_right();
  draw();
}

function put_right() {
  const { rows } = data.json;
  const row = rows.find((one) => one.tensors.includes(state.tensor)) ?? rows[0];
  state.row = row.key;
  state.tensor = row.tensors.includes(state.tensor) ? state.tensor : row.tensors[0];
  state.layer = within(state.layer, 0, config.layers - 1);
  state.head = within(state.head, -1, config.heads - 1);
  state.token = within(state.token, 0, config.tokens - 1);
  if (!has_gradients()) {
    state.back = false;
  }
  if (state.map === "cls" && !has_class_token()) {
    state.map = "token";
  }
}

function within(value, least, most) {
  return Math.min(Math.max(Math.round(value) || 0, least), most);
}

function has_gradients() {
  return data.json.loss !== null && data.json.loss !== undefined;
}

function has_class_token() {
  return config.class_token;
}

function draw() {
  for (const view of views) {
    view();
  }
}

// Whether any of the parts is another than when this was last asked of the view: then it draws.
function changed(view, ...parts) {
  const now = parts.join("|");
  const other = drawn[view] !== now;
  drawn[view] = now;
  return other;
}

function draw_everything() {
  for (const view of Object.keys(drawn)) {
    delete drawn[view];
  }
  draw();
}

// The tensor on the right: the one under the pointer, or the chosen one.
function viewed() {
  return preview ?? state;
}

// ---- the walk: every tensor of every row, and with gradients every one again from the last to the first. The switch to
// the gradient is a step of the walk as well: from a tensor to its place on the way back.

function places() {
  return data.json.rows.flatMap((row) => row.tensors.map((tensor) => ({ row: row.key, tensor })));
}

function walk_length() {
  return places().length * (has_gradients() ? 2 : 1);
}

function walk_position() {
  const all = places();
  const at = all.findIndex((place) => place.tensor === state.tensor && place.row === state.row);
  return state.back ? 2 * all.length - 1 - at : at;
}

function walk(by) {
  const all = places();
  const next = within(walk_position() + by, 0, walk_length() - 1);
  const back = next >= all.length;
  show({ ...all[back ? 2 * all.length - 1 - next : next], back });
  announce(by_id("place").textContent);
}

function go_to(row, tensor) {
  show({ row, tensor });
}

// ---- a token's name: [CLS], register 1, patch (row, column), counted from 1

function token_name(token) {
  if (token >= config.first) {
    const patch = token - config.first;
    const [row, column] = [Math.floor(patch / config.cols) + 1, (patch % config.cols) + 1];
    return word("patch_name", { row, column });
  }
  const registers_from = config.class_token ? 1 : 0;
  return token < registers_from ? "[CLS]" : word("register_name", { number: token - registers_from + 1 });
}

function choose_token(token) {
  show({ token });
  announce(word("chosen", { token: token_name(state.token), what: photo_says() }));
}
