// The middle column: the slide's rows, their tensors, shapes and errata, and the walk through them.

// What each tensor is made from, by the end of its name; "" is what came into the block.
const MADE_FROM = {
  grid: ["image"], patches: ["grid"], patch_tokens: ["patches"], tokens: ["patch_tokens"], z0: ["tokens", "E_pos"],
  norm_1: [""], Q: ["norm_1"], K: ["norm_1"], V: ["norm_1"], Q_heads: ["Q"], K_heads: ["K"], V_heads: ["V"],
  S: ["Q_heads", "K_heads"], A: ["S"], O: ["A", "V_heads"], concat: ["O"], output: ["concat"],
  residual_1: ["attention.output", ""], norm_2: ["residual_1"], u: ["norm_2"], g: ["u"], "feed_forward.output": ["g"],
  residual_2: ["feed_forward.output", "residual_1"], norm: ["residual_2"], y: ["norm"], logits: ["y"], p: ["logits"],
};

function start_rows() {
  const groups = { stem: [], block: [], end: [] };
  for (const row of data.json.rows) {
    const place = row.per_block ? "block" : groups.block.length ? "end" : "stem";
    groups[place].push(row_box(row));
  }
  for (const [name, boxes] of Object.entries(groups)) {
    const title = element("h3", { className: "group-title", id: `group-${name}` });
    by_id("rows").append(element("section", { className: `group ${name}` }, title, ...boxes));
  }
  by_id("next").addEventListener("click", () => walk(1));
  by_id("previous").addEventListener("click", () => walk(-1));
  views.push(write_rows, draw_place, draw_sources);
}

function row_box(row) {
  const box = element("div", { className: "row", id: `row-${row.key}` });
  const title = element("button", { className: "row-title" });
  title.addEventListener("click", () => choose_tensor(row.key, row.tensors[0]));
  const tensors = element("div", { className: "tensors" }, ...row.tensors.map((name) => tensor_button(row, name)));
  box.append(title, element("p", { className: "what small soft" }), tensors);
  for (const _ of row.errata) {
    box.append(element("p", { className: "erratum small" }, element("span"), element("span", { className: "why" })));
  }
  return box;
}

function tensor_button(row, name) {
  const { slide_name, shape } = data.json.tensors[name];
  const inside = [element("b", { textContent: slide_name }), " ", element("span", { textContent: shape.join("x") })];
  const button = element("button", { className: "tensor", "data-tensor": name, "data-row": row.key }, ...inside);
  button.addEventListener("click", () => choose_tensor(row.key, name));
  button.addEventListener("pointermove", (event) => is_moved_mouse(event) && look_at({ row: row.key, tensor: name }));
  button.addEventListener("pointerleave", () => look_at(null));
  return button;
}

// Not a finger, nor a button that has come under the pointer because the column was scrolled.
function is_moved_mouse(event) {
  return event.pointerType === "mouse" && (event.movementX !== 0 || event.movementY !== 0);
}

// On a phone the columns are tabs: a tensor that is tapped is what the reader wants to see.
function choose_tensor(row, tensor) {
  go_to(row, tensor);
  choose_tab("right");
  announce(tensor_says());
}

function look_at(place) {
  if (place?.tensor !== preview?.tensor) {
    preview = place;
    draw();
  }
}

// The texts, when the language or the layer changes.
function write_rows() {
  if (!changed("rows", spoken.language, state.layer)) {
    return;
  }
  for (const name of ["stem", "block", "end"]) {
    set_text(`group-${name}`, word(`group_${name}`, { layer: state.layer + 1, layers: config.layers }));
  }
  for (const row of data.json.rows) {
    const box = by_id(`row-${row.key}`);
    box.querySelector(".row-title").textContent = in_language(row.title);
    box.querySelector(".what").textContent = of_slide(in_language(row.what));
    box.querySelectorAll(".erratum").forEach((line, i) => {
      const { printed, true: right, why } = row.errata[i];
      line.firstChild.textContent = word("erratum", { printed, right });
      line.lastChild.textContent = of_slide(in_language(why));
    });
  }
}

// The slides' numbers are those of B/16: a text with such numbers says so where the model is another.
function of_slide(text) {
  const same = config.D === 768 && config.tokens === 197;
  return same || !/\d\d/.test(text) ? text : `(B/16) ${text}`;
}

// Where the walk is: the rows behind it are lit, the current one is open.
function draw_place() {
  if (!changed("place", spoken.language, state.row, state.tensor, state.back)) {
    return;
  }
  document.body.classList.toggle("back", state.back);
  const here = data.json.rows.findIndex((row) => row.key === state.row);
  data.json.rows.forEach((row, i) => {
    const box = by_id(`row-${row.key}`);
    box.classList.toggle("current", i === here);
    box.classList.toggle("passed", state.back ? i > here : i < here);
  });
  for (const button of document.querySelectorAll(".tensor")) {
    const current = button.dataset.tensor === state.tensor;
    button.setAttribute("aria-current", current ? "step" : "false");
  }
  const values = { number: walk_position() + 1, count: walk_length(), name: data.json.tensors[state.tensor].slide_name };
  set_text("place", word(state.back ? "place_back" : "place_forward", values));
  by_id("progress-bar").style.width = `${(100 * values.number) / values.count}%`;
  by_id("next").disabled = values.number === values.count;
  by_id("previous").disabled = values.number === 1;
  show_row(by_id(`row-${state.row}`));
}

// Scrolls the column, not the page.
function show_row(box) {
  const column = by_id("middle");
  const [outer, inner] = [column.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inner.top < outer.top + 40 || inner.bottom > outer.bottom - 10) {
    column.scrollTop += inner.top - outer.top - Math.max(40, (outer.height - inner.height) / 3);
  }
}

// The tensors that the one on the right is made from; of a gradient those that it comes from.
function draw_sources() {
  const { tensor } = viewed();
  if (!changed("sources", tensor, state.back, state.layer, spoken.language)) {
    return;
  }
  const [from, into] = [sources(tensor, state.layer === 0 ? "z0" : "residual_2"), readers(tensor)];
  const found = state.back ? into : from;
  write_links(found, state.back ? from : into);
  for (const button of document.querySelectorAll(".tensor")) {
    button.classList.toggle("source", found.includes(button.dataset.tensor));
    button.classList.toggle("viewed", button.dataset.tensor === tensor);
  }
}

// The same on the right, as buttons; of a gradient these are gradients, too.
function write_links(from, into) {
  const links = [["made_from", from], ["goes_into", into]].filter(([, names]) => names.length);
  by_id("links").replaceChildren(...links.map(([key, names]) => {
    const buttons = names.map((name) => {
      const button = element("button", { className: "link", textContent: named(name, "∂") });
      button.title = name;
      button.addEventListener("click", () => go_to(data.json.rows.find((row) => row.tensors.includes(name)).key, name));
      return button;
    });
    return element("span", { className: "links" }, element("span", { className: "soft", textContent: word(key) }), ...buttons);
  }));
}

// The tensors that are made from one; after the last block there is only the last norm.
function readers(tensor) {
  const leaves_block = ends_with(tensor, "residual_2");
  if (leaves_block && state.layer === config.layers - 1) {
    return ["norm"];
  }
  const names = Object.keys(data.json.tensors).filter((name) => !leaves_block || name !== "norm");
  return names.filter((name) => sources(name, leaves_block ? "residual_2" : "z0").includes(tensor));
}

function sources(name, entering) {
  const names = Object.keys(data.json.tensors);
  const key = Object.keys(MADE_FROM).filter((end) => ends_with(name, end)).sort((a, b) => b.length - a.length)[0];
  const wanted = (MADE_FROM[key] ?? []).map((end) => end || entering);
  return names.filter((other) => other !== name && wanted.some((end) => ends_with(other, end)));
}

function ends_with(name, end) {
  return name === end || name.endsWith(`.${end}`);
}
