// The start: data, model, sections, language.

const STARTS = {
  draw: [() => { start_pad(); start_digits(); }, () => { draw_pad(); draw_digits(); }],
  pixel: [start_pixels, draw_pixels],
  inside: [() => { start_maps(); start_rows(); }, draw_inside],
  positions: [start_positions, draw_positions],
  heads: [start_heads, draw_heads],
  scale: [start_scale, draw_scale],
  step: [start_steps, draw_steps],
  check: [start_check, draw_check],
};

// size: pixels of one image, a byte each.
function read_digits({ at, size, labels }, binary) {
  return labels.map((label, i) => {
    const bytes = binary.subarray(at + i * size, at + (i + 1) * size);
    return { label, image: Float64Array.from(bytes) };
  });
}

function add_headings() {
  for (const id of Object.keys(STARTS)) {
    const texts = ["try", "shows"].map((kind) => element("p", { className: kind, "data-word": `${id}_${kind}` }));
    by_id(id).prepend(element("h2", { "data-word": `${id}_title` }), ...texts);
    by_id("contents").append(element("a", { href: `#${id}`, "data-word": `${id}_short` }));
  }
}

function use_language(language) {
  set_language(language);
  document.title = word("title");
  draw_all();
}

function draw_all() {
  refresh();
  draw_pad();
}

async function start() {
  const { json, binary } = await unpacked();
  spoken.words = json.words;
  Object.assign(live, { config: json.config, rows: json.rows, p: read_parameters(json.parameters, binary) });
  Object.assign(live, { first: live.p, how: as_trained(), digits: read_digits(json.digits, binary) });
  accuracies.set(live.first, { [JSON.stringify(live.how)]: json.accuracy }); // measured in Python
  add_headings();
  start_now();
  for (const [id, [begin, draw]] of Object.entries(STARTS)) {
    begin();
    section(id, draw);
  }
  follow_system_theme(draw_all);
  on("theme", "click", () => { set_dark(!is_dark()); draw_all(); });
  on("language", "click", () => use_language(spoken.language === "ko" ? "en" : "ko"));
  spoken.language = json.lang;
  show_digit(0);
  use_language(json.lang);
  watch_sections();
  Object.assign(live, { forward, backward, step, check, leaves, refresh, pass });
  window.live = live;
}

start();
