// Why scores are divided by √d_k: the entropy of attention rows and what softmax lets through of the gradient.

const TEMPERATURES = Array.from({ length: 17 }, (_, i) => -2 + i / 4); // log10

function start_scale() {
  on("scale-on", "change", (event) => set_how({ scale: event.target.checked }));
  on("temperature", "input", (event) => set_how({ temperature: 10 ** Number(event.target.value) }));
  on("temperature-one", "click", () => {
    by_id("temperature").value = 0;
    set_how({ temperature: 1 });
  });
  on("width", "input", draw_widths);
}

function token_count() {
  return grid_size() ** 2 + 1;
}

function set_how(change) {
  live.how = { ...live.how, ...change };
  refresh();
}

// Means over all rows of all heads of all blocks. u = S/T is what softmax is given; ∂u = T·∂S.
function attention_facts(other) {
  const saved = pass(other);
  const { gradients, loss } = backward(saved, live.chosen);
  const { temperature } = { ...live.how, ...other };
  const blocks = Array.from({ length: live.config.num_layers }, (_, i) => `blocks.${i}.attention.`);
  const rows = blocks.flatMap((block) => rows_of(saved.tensors[`${block}A`]));
  const length = (name) => Math.hypot(...blocks.map((block) => norm(gradients[block + name])));
  return {
    entropy: average(rows.map(entropy)), most: average(rows.map((row) => Math.max(...row))),
    dA: length("A"), dS: temperature * length("S"), loss, digit: predicted(saved), saved,
  };
}

// ‖∂u‖/‖∂A‖; with all heads off no gradient arrives at A.
function let_through({ dA, dS }) {
  return dA > 0 ? dS / dA : 0;
}

function rows_of(A) {
  const T = A.shape.at(-1);
  return Array.from({ length: A.data.length / T }, (_, i) => A.data.subarray(i * T, (i + 1) * T));
}

// −Σ a·ln a of one row; 0: all weight on one key, ln T: the same weight on each.
function entropy(row) {
  return -row.reduce((sum, a) => sum + (a > 0 ? a * Math.log(a) : 0), 0);
}

function average(values) {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function draw_scale() {
  show_value("temperature", number(live.how.temperature, 3));
  const d_k = live.config.hidden_size / live.config.num_heads;
  set_text("trained-text", word("trained_text", { d_k, root: number(Math.sqrt(d_k), 3) }));
  const both = [true, false].map((scale) => attention_facts({ scale }));
  const row = (key, of, values = {}) => [word(key, values), ...both.map(of)];
  live.attention = { scaled: both[0], unscaled: both[1] };
  const most = { T: token_count(), most: number(Math.log(token_count()), 3) };
  table("scale-numbers", ["", word("scaled"), word("unscaled")], [
    row("entropy", ({ entropy: nats }) => number(nats, 3), most),
    row("largest_weight", (facts) => share(facts.most)),
    row("let_through", (facts) => percent(let_through(facts))),
    row("loss_name", ({ loss }) => number(loss, 3)),
    row("predicted_class", ({ digit }) => String(digit)),
  ]);
  draw_rows_of_weights(both.map(({ saved }) => saved));
  by_id("scale-curve").classList.add("computing");
  in_pieces("curve", TEMPERATURES.length, (i) => attention_facts({ temperature: 10 ** TEMPERATURES[i] }), draw_curve);
  draw_widths();
}

// One row of A, with and without √d_k: bars over the keys.
function draw_rows_of_weights(both) {
  const { block, head, token } = live.shown;
  const pictures = both.map((saved, i) => {
    const bars = Array.from(weights_of(saved, block, head, token), (weight) => {
      const bar = element("span", {});
      bar.style.height = `${100 * weight}%`;
      return bar;
    });
    const name = word(i ? "unscaled" : "scaled");
    const picture_of = element("div", { className: `weight-bars of-${i}`, role: "img", "aria-label": name }, ...bars);
    return element("div", {}, picture_of, element("span", { className: "small soft" }, name));
  });
  by_id("scale-rows").replaceChildren(...pictures);
  set_text("scale-rows-caption", word("scale_rows", { block: block + 1, head: head + 1, token: token_name(token) }));
}

function draw_curve(facts) {
  const at = (values) => values.map((value, i) => [TEMPERATURES[i], value]);
  const entropies = facts.map((one) => one.entropy / Math.log(token_count()));
  const through = facts.map(let_through);
  const top = Math.max(...through) || 1;
  const ticks = [-2, -1, 0, 1, 2].map((power) => [power, String(10 ** power)]);
  line_chart("scale-curve", {
    lines: [
      { name: word("curve_entropy", { T: token_count() }), points: at(entropies) },
      { name: word("curve_through", { top: percent(top, 2) }), points: at(through.map((part) => part / top)) },
    ],
    x: { from: -2, to: 2, ticks, name: word("temperature") },
    y: { from: 0, to: 1, ticks: [[0, "0"], [0.5, "0.5"], [1, "1"]] },
    mark: Math.log10(live.how.temperature), label: word("scale_curve"),
  });
}
