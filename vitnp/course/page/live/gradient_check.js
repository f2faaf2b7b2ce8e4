// The gradient check of one weight: by backward, and by the central difference, for every h.

const STEPS = Array.from({ length: 23 }, (_, i) => -1 - i / 2); // log10 of h

function start_check() {
  const names = leaves(live.p).map(([name, { shape }]) => [name, `${name}  ${shape.join("×")}`]);
  options(by_id("leaf"), names, "blocks.0.attention.W_Q");
  on("leaf", "change", () => {
    by_id("index").value = 0;
    draw_check();
  });
  on("index", "change", draw_check);
  on("h", "input", draw_check);
  on("random-weight", "click", () => {
    const all = leaves(live.p);
    const [name, { data }] = all[Math.floor(Math.random() * all.length)];
    by_id("leaf").value = name;
    by_id("index").value = Math.floor(Math.random() * data.length);
    draw_check();
  });
}

function checked(log_h) {
  const [leaf, index] = [by_id("leaf").value, Number(by_id("index").value)];
  return check(live.image, live.chosen, live.p, live.config, live.how, leaf, index, 10 ** log_h);
}

function draw_check() {
  const leaf = new Map(leaves(live.p)).get(by_id("leaf").value);
  const index = Math.min(Math.max(0, Math.floor(Number(by_id("index").value)) || 0), leaf.data.length - 1);
  by_id("index").value = index;
  by_id("index").max = leaf.data.length - 1;
  const log_h = Number(by_id("h").value);
  show_value("h", number(10 ** log_h, 2));
  live.checked = checked(log_h);
  table("check-numbers", null, [
    [word("weight_value"), number(leaf.data[index], 6)],
    [word("analytic"), number(live.checked.analytic, 8)],
    [word("numeric"), number(live.checked.numeric, 8)],
    [word("relative_error"), number(live.checked.relative, 2)],
  ]);
  set_text("check-floor", floor_said(by_id("leaf").value));
  by_id("check-curve").classList.add("computing");
  in_pieces("check", STEPS.length, (i) => checked(STEPS[i]).relative, draw_errors);
}

// Why the error is not relative to the gradient itself, where it is so small that this would mean nothing.
function floor_said(leaf) {
  const { analytic, numeric, floor } = live.checked;
  if (!(Math.max(Math.abs(analytic), Math.abs(numeric)) < floor)) return "";
  const small = word("check_floor", { floor: number(floor, 3) });
  return leaf.endsWith(".b_K") ? `${word("check_key_bias")} ${small}` : small;
}

function draw_errors(errors) {
  const found = errors.map((error, i) => [STEPS[i], Math.max(-13, Math.min(1, Math.log10(error)))]);
  const points = found.filter(([, power]) => !Number.isNaN(power)); // of a loss that has become infinite
  const power = (value) => [value, `1e${value}`.replace("-", "−")];
  line_chart("check-curve", {
    lines: [{ name: word("relative_error"), points }],
    x: { from: -12, to: -1, ticks: [-12, -10, -8, -6, -4, -2].map(power), name: "h" },
    y: { from: -13, to: 1, ticks: [-12, -9, -6, -3, 0].map(power) },
    mark: Number(by_id("h").value), label: word("check_curve"),
  });
}
