// The start of the page: language, theme, sliders, tabs, keys; then the columns.

const KEYS = [
  ["n", "key_next", () => walk(1)], ["p", "key_previous", () => walk(-1)],
  ["]", "key_layer_more", () => say_after({ layer: state.layer + 1 }, layer_says)],
  ["[", "key_layer_less", () => say_after({ layer: state.layer - 1 }, layer_says)],
  ["h", "key_head_more", () => say_after({ head: state.head + 1 }, head_says)],
  ["H", "key_head_less", () => say_after({ head: Math.max(state.head - 1, 0) }, head_says)],
  ["m", "key_mean", () => say_after({ head: state.head < 0 ? 0 : -1 }, head_says)],
  ["g", "key_gradient", () => switch_gradient()],
  ["1", "key_map_token", () => say_after({ map: "token" }, photo_says)],
  ["2", "key_map_cls", () => say_after({ map: "cls" }, photo_says)],
  ["3", "key_map_rollout", () => say_after({ map: "rollout" }, photo_says)],
  ["4", "key_map_norm", () => say_after({ map: "norm" }, photo_says)],
  ["c", "key_class_token", () => has_class_token() && choose_token(0)], ["t", "key_tour", () => go_to_stop(0)],
  ["l", "key_language", () => switch_language()], ["d", "key_theme", () => switch_theme()],
  ["?", "key_help", () => by_id("keys").showModal()],
];

function start_controls() {
  for (const [name, count, say] of [["layer", config.layers, layer_says], ["head", config.heads, head_says]]) {
    const slider = by_id(name);
    slider.max = count;
    slider.addEventListener("input", () => show({ [name]: slider.valueAsNumber - 1 }));
    slider.addEventListener("change", () => announce(say()));
    by_id(`${name}-less`).addEventListener("click", () => step_slider(name, -1, say));
    by_id(`${name}-more`).addEventListener("click", () => step_slider(name, 1, say));
  }
  by_id("head-mean").addEventListener("change", () => show({ head: by_id("head-mean").checked ? -1 : 0 }));
  views.push(draw_controls);
}

function step_slider(name, by, say) {
  say_after({ [name]: Math.max(state[name] + by, 0) }, say);
}

function say_after(changes, say) {
  show(changes);
  announce(say());
}

function layer_says() {
  return word("layer_value", { layer: state.layer + 1, layers: config.layers });
}

function head_says() {
  return state.head < 0 ? word("mean_of_heads") : word("head_number", { number: state.head + 1 });
}

function draw_controls() {
  if (!changed("controls", state.layer, state.head, spoken.language)) {
    return;
  }
  by_id("layer").value = state.layer + 1;
  by_id("head").value = state.head + 1; // 0 is the mean
  by_id("head-mean").checked = state.head < 0;
  by_id("head").classList.toggle("off", state.head < 0);
  set_text("layer-value", `${state.layer + 1} / ${config.layers}`);
  by_id("layer").setAttribute("aria-valuetext", layer_says());
  by_id("head").setAttribute("aria-valuetext", head_says());
  set_text("head-label", state.head < 0 ? word("head") : `${word("head")} ${state.head + 1}`);
}

// ---- tabs, of which only a narrow page has any

function choose_tab(name) {
  const other = document.body.dataset.tab !== name;
  document.body.dataset.tab = name;
  for (const tab of document.querySelectorAll("#tabs button")) {
    tab.setAttribute("aria-pressed", tab.dataset.tab === name);
  }
  if (other && by_id("tabs").offsetHeight) {
    show_tab(name);
  }
}

// From its beginning; the steps from the one where the walk is.
function show_tab(name) {
  if (name === "middle") {
    by_id(`row-${state.row}`).scrollIntoView({ block: "center" });
  } else {
    scrollTo(0, Math.min(scrollY, document.querySelector("main").offsetTop - by_id("tabs").offsetHeight));
  }
}

function choose_tab_of(node) {
  choose_tab(node.closest("#left, #middle, #right")?.id ?? "left"); // the sliders are above the photo
}

// ---- language, theme, keys

function write_texts() {
  const { model, image, parameters, seed, filled, note } = data.json;
  set_language(spoken.language);
  set_text("model", `${model} · ${image}`);
  document.title = by_id("model").textContent;
  const facts = { parameters: parameters.toLocaleString("en") };
  const top = data.json.top?.[0];
  const prediction = top ? word("prediction", { name: class_name(top.index), p: percent(top.p) }) : "";
  const parts = filled.map((part) => word(`part_${part}`)).join(word("part_and"));
  set_text("facts", [word("parameters", facts), prediction, in_language(note)].filter(Boolean).join(" · "));
  by_id("random").hidden = !data.json.random;
  set_text("random", word("random", { seed, also: parts && word("random_also", { parts }) }));
  set_text("language", word("other_language"));
  by_id("language").lang = spoken.language === "ko" ? "en" : "ko";
  set_text("theme", is_dark() ? "☀" : "☾");
  const keys = KEYS.filter(([key]) => has_class_token() || (key !== "c" && key !== "2"));
  by_id("keys-table").replaceChildren(...keys.map(([key, text]) => key_line(key, text)), key_line("← ↑ ↓ →", "key_arrows"),
    key_line("Esc", "key_escape"));
}

function key_line(key, text) {
  const keys = element("td", {}, element("kbd", { textContent: key }));
  return element("tr", {}, keys, element("td", { textContent: word(text) }));
}

function switch_language() {
  spoken.language = spoken.language === "ko" ? "en" : "ko";
  write_texts();
  draw_everything();
}

function switch_theme() {
  set_dark(!is_dark());
  write_texts();
  draw_everything();
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || by_id("keys").open) {
    return;
  }
  if (event.key === "Escape") {
    escape();
    return;
  }
  const found = KEYS.find(([key]) => key === pressed_key(event));
  if (found) {
    event.preventDefault();
    found[2]();
  }
}

// A letter as if neither CapsLock were on nor a Hangul input source chosen, which gives "ㅎ" for the key G.
function pressed_key({ key, code, shiftKey }) {
  const letter = /^[a-z]$/i.test(key) ? key : /^Key[A-Z]$/.test(code) ? code[3] : null;
  return letter === null ? key : shiftKey ? letter.toUpperCase() : letter.toLowerCase();
}

function escape() {
  if (stop >= 0) {
    leave_tour();
  } else if (held) {
    held = false;
    draw();
  }
}

async function start() {
  start_data(await unpacked());
  start_attention();
  spoken.words = data.json.words;
  spoken.language = { "#ko": "ko", "#en": "en" }[location.hash] ?? data.json.lang;
  follow_system_theme(() => { write_texts(); draw_everything(); });
  start_controls();
  start_photo();
  start_rows();
  start_tensor();
  start_heat();
  start_numbers();
  start_tour();
  by_id("language").addEventListener("click", switch_language);
  by_id("theme").addEventListener("click", switch_theme);
  by_id("help").addEventListener("click", () => by_id("keys").showModal());
  for (const tab of document.querySelectorAll("#tabs button")) {
    tab.addEventListener("click", () => choose_tab(tab.dataset.tab));
  }
  addEventListener("keydown", press);
  write_texts();
  show(first_state());
  choose_tab("left");
  window.vitnp = { state, show, data, value_at };
  document.body.dataset.ready = "true";
}

// The attention that the tour shows: a picture at once.
function first_state() {
  const stop_of_A = data.json.tour.find((one) => one.show.tensor === "blocks.i.attention.A");
  return stop_of_A ? stop_of_A.show : { tensor: "blocks.i.attention.A" };
}

start().catch((error) => {
  by_id("failed").hidden = false;
  throw error;
});
