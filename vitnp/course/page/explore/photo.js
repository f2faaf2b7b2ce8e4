// The left column: the photo, its patches, and which of them is chosen.

let pointed = null; // the token under the pointer, on the photo or in the heat map

function start_photo() {
  const { rows, cols, width, height } = config;
  const photo = by_id("photo");
  photo.style.aspectRatio = `${width} / ${height}`;
  for (const id of ["grid", "heat-grid"]) {
    by_id(id).style.backgroundSize = `${100 / cols}% ${100 / rows}%`;
  }
  draw_picture();
  photo.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point_at_photo(event));
  photo.addEventListener("pointerleave", () => point_at(null));
  photo.addEventListener("click", (event) => hold(patch_under(event)));
  photo.addEventListener("keydown", move_patch);
  for (const button of document.querySelectorAll("#maps button")) {
    button.addEventListener("click", () => show({ map: button.dataset.map }));
  }
  by_id("opacity").addEventListener("input", draw_opacity);
  by_id("rollout-from").addEventListener("change", draw);
  by_id("tokens").append(...Array.from({ length: config.first }, (_, token) => token_chip(token)));
  by_id("tokens").hidden = config.first === 0;
  views.push(draw_map, draw_chosen, draw_reading);
  draw_opacity();
}

function draw_picture() {
  const { width, height } = config;
  const rgb = bytes(data.json.photo.at, width * height * 3);
  by_id("photo-picture").classList.toggle("pixels", width < 100);
  paint(by_id("photo-picture"), width, height, (i) => pixel([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]]));
}

// The photo in gray, so that every color on it is the map's; in its own colors where the map is faint.
function draw_opacity() {
  const part = by_id("opacity").value / 100;
  by_id("map").style.opacity = part;
  by_id("photo-picture").style.filter = `grayscale(${Math.min(1, 3 * part)})`;
}

function token_chip(token) {
  const properties = { className: "chip", id: `token-${token}` };
  const chip = element("button", properties, element("canvas", { "aria-hidden": "true" }),
    element("span"), element("b"));
  chip.addEventListener("click", () => {
    held = true;
    choose_token(token);
  });
  chip.addEventListener("pointerenter", () => point_at(token));
  chip.addEventListener("pointerleave", () => point_at(null));
  return chip;
}

function patch_under(event) {
  const box = by_id("photo").getBoundingClientRect();
  const column = within(Math.floor(((event.clientX - box.left) / box.width) * config.cols), 0, config.cols - 1);
  const row = within(Math.floor(((event.clientY - box.top) / box.height) * config.rows), 0, config.rows - 1);
  return config.first + row * config.cols + column;
}

function point_at_photo(event) {
  const token = patch_under(event);
  if (token === pointed) {
    return;
  }
  pointed = token;
  if (held) {
    draw();
  } else {
    show({ token });
  }
}

function point_at(token) {
  if (token !== pointed) {
    pointed = token;
    draw();
  }
}

// A click keeps the patch, so that the pointer can read the weights of others; a second click lets it go.
function hold(token) {
  held = !(held && token === state.token);
  choose_token(token);
}

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function move_patch(event) {
  const by = ARROWS[event.key];
  if (!by || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  held = true;
  pointed = null;
  const patch = Math.max(state.token - config.first, 0);
  const row = within(Math.floor(patch / config.cols) + by[0], 0, config.rows - 1);
  const column = within((patch % config.cols) + by[1], 0, config.cols - 1);
  choose_token(state.token < config.first ? config.first : config.first + row * config.cols + column);
}

function place_on_photo(id, token) {
  const mark = by_id(id);
  mark.hidden = token === null || token < config.first;
  if (!mark.hidden) {
    const patch = token - config.first;
    mark.style.left = `${((patch % config.cols) * 100) / config.cols}%`;
    mark.style.top = `${(Math.floor(patch / config.cols) * 100) / config.rows}%`;
    mark.style.width = `${100 / config.cols}%`;
    mark.style.height = `${100 / config.rows}%`;
  }
}

function draw_chosen() {
  if (!changed("chosen", state.token, pointed, held)) {
    return;
  }
  place_on_photo("chosen", state.token);
  by_id("chosen").classList.toggle("held", held);
  place_on_photo("marked", pointed === state.token ? null : pointed);
  for (let token = 0; token < config.first; token += 1) {
    by_id(`token-${token}`).setAttribute("aria-pressed", token === state.token);
  }
}
