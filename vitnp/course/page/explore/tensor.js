// The right column: the chosen tensor's name, shape, formula and code, the switch to its gradient, bars of a vector.

const MOST_BARS = 8;

function start_tensor() {
  by_id("gradient").addEventListener("click", switch_gradient);
  views.push(draw_name, draw_formula, draw_code);
}

function switch_gradient() {
  if (has_gradients()) {
    show({ back: !state.back });
    announce(tensor_says());
  }
}

function tensor_says() {
  const { shape } = data.json.tensors[state.tensor];
  const values = { name: named(state.tensor, "∂"), shape: shape.join("x"), layer: state.layer + 1 };
  return word(state.tensor.includes(".i.") ? "tensor_in_layer" : "tensor_says", values);
}

// The slide's name of a tensor, or of its gradient: "∂loss/∂Q".
function named(tensor, gradient) {
  const { slide_name } = data.json.tensors[tensor];
  return state.back ? gradient + slide_name : slide_name;
}

function draw_name() {
  const { tensor } = viewed();
  if (!changed("name", tensor, state.layer, state.head, state.back, spoken.language)) {
    return;
  }
  set_text("tensor-name", named(tensor, "∂loss/∂"));
  const of_block = tensor.includes(".i.");
  set_text("tensor-path", full_name(tensor, state.layer) + (of_block ? ` ${word("from_zero")}` : ""));
  set_text("gradient", word("gradient"));
  by_id("gradient").setAttribute("aria-checked", state.back);
  by_id("gradient").disabled = !has_gradients();
  set_text("gradient-why", has_gradients() ? gradient_note() : word(data.json.no_loss));
  by_id("gradient-why").hidden = has_gradients() && !state.back;
  by_id("shape").replaceChildren(...shape_parts(tensor));
}

function gradient_note() {
  return word("gradient_note", { label: class_name(data.json.label.index), loss: number(data.json.loss) });
}

// "N+1 x D = 197x768 · slide: 97x64 ≠"
function shape_parts(name) {
  const { letters, shape, kind, printed, misprinted, per_head } = data.json.tensors[name];
  const parts = [element("b", { textContent: shape.join("x") }), ` = ${letters.join(" x ")}`];
  if (misprinted) {
    parts.push(element("span", { className: "misprint", textContent: ` ${word("slide_prints", { shape: printed.join("x") })}` }));
  } else if (printed && printed.join() !== shape.slice(-printed.length).join()) {
    parts.push(` · ${word("slide_b16", { shape: printed.join("x") })}`);
  }
  const head = state.head < 0 ? word("shape_all_heads") : word("shape_head", { head: state.head + 1 });
  return [...parts, ` · ${per_head || kind === "scores" ? head : word("shape_batch")}`];
}

function draw_formula() {
  const { tensor } = viewed();
  if (changed("formula", tensor, state.back)) {
    const { formula, formula_back } = data.json.tensors[tensor];
    set_text("formula", (state.back ? formula_back : formula) ?? "");
    by_id("formula").hidden = !by_id("formula").textContent;
  }
  const why = ends_with(tensor, "attention.S") && !state.back;
  set_text("why", why ? word("why_scores", { K: config.K }) : "");
  by_id("why").hidden = !why;
}

function draw_code() {
  const { tensor } = viewed();
  const last = state.layer === config.layers - 1;
  if (!changed("code", tensor, state.back, last)) {
    return;
  }
  const { code, code_back, code_back_last } = data.json.tensors[tensor];
  const shown = !state.back ? code : last && code_back_last ? code_back_last : code_back;
  by_id("code-box").hidden = !shown;
  if (!shown) {
    return;
  }
  const { file, first, lines, marked } = shown;
  set_text("code-file", file);
  by_id("code").replaceChildren(...lines.map((text, i) => code_line(first + i, text, marked.includes(first + i))));
}

function code_line(at, text, marked) {
  const comment = text.trim().startsWith("#") || text.trim().startsWith('"""');
  const number_box = element("span", { className: "line-number", "aria-hidden": "true", textContent: at });
  const code = element("span", { className: comment ? "comment" : "", textContent: `${text}\n` });
  return element("span", { className: marked ? "line marked" : "line" }, number_box, code);
}

function has_bars(tensor) {
  return tensor === "logits" || tensor === "p";
}

// ---- logits and p: the largest as bars, each class by its name where the page has it

function draw_bars(tensor) {
  const array = array_of(tensor, state.layer, state.back);
  heat = { ...EMPTY, caption: state.back ? "bars_back" : "bars" };
  if (!array) {
    by_id("bars").replaceChildren();
    return;
  }
  const values = floats(array.at, array.n);
  const size = (i) => (state.back || tensor === "p" ? Math.abs(values[i]) : values[i]);
  const shown = Array.from(values.keys()).filter((i) => !state.back || values[i] !== 0);
  const largest_first = shown.sort((a, b) => size(b) - size(a)).slice(0, MOST_BARS);
  const top = Math.max(...largest_first.map((i) => Math.abs(values[i]))) || 1;
  by_id("bars").replaceChildren(...largest_first.map((i) => bar(class_name(i), values[i], top, tensor)));
}

function class_name(index) {
  const known = [...(data.json.top ?? []), ...(data.json.label ? [data.json.label] : [])];
  return known.find((one) => one.index === index)?.name ?? word("class_number", { index });
}

function bar(name, value, top, tensor) {
  const sign = value < 0 ? "negative" : "positive";
  const filled_part = element("span", { className: tensor === "p" && !state.back ? "fill" : `fill ${sign}` });
  filled_part.style.width = `${(100 * Math.abs(value)) / top}%`;
  const text = tensor === "p" && !state.back ? percent(value) : number(value);
  const label = element("span", { className: "bar-name", textContent: name, title: name });
  return element("div", { className: "bar" }, label, element("span", { className: "track" }, filled_part),
    element("span", { className: "bar-value", textContent: text }));
}
