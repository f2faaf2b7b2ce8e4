// One SGD step: predicted and true decrease of the loss, test accuracy, which parts changed.

function start_steps() {
  on("rate", "input", () => draw_steps());
  on("one-step", "click", () => take_steps(1));
  on("ten-steps", "click", () => take_steps(10));
  on("undo-step", "click", () => {
    live.p = live.history.pop()?.p ?? live.p;
    refresh();
  });
  on("reset-steps", "click", () => {
    Object.assign(live, { p: live.first, history: [] });
    refresh();
  });
}

function rate() {
  return 10 ** Number(by_id("rate").value);
}

function take_steps(count) {
  const label = live.chosen;
  for (let i = 0; i < count; i++) {
    const saved = pass();
    const { dp, loss } = backward(saved, label);
    const next = step(live.p, dp, rate());
    const gradient = norm_of_leaves(dp);
    live.history.push({ p: live.p, loss, gradient, predicted: -rate() * gradient ** 2 });
    live.p = next;
    live.history.at(-1).after = loss_of(pass(), label);
  }
  refresh();
}

function draw_steps() {
  set_text("rate-value", number(rate(), 2));
  const last = live.history.at(-1);
  const gradient = norm_of_leaves(live.dp);
  by_id("undo-step").disabled = by_id("reset-steps").disabled = !last;
  const next = -rate() * gradient ** 2;
  table("step-numbers", ["", word("last_step"), word("next_step")], [
    [word("loss_before"), last ? number(last.loss) : "–", number(live.loss)],
    [word("norm_dp"), last ? number(last.gradient, 3) : "–", number(gradient, 3)],
    [word("predicted_decrease"), last ? number(last.predicted, 3) : "–", number(next, 3)],
    [word("true_decrease"), last ? number(last.after - last.loss, 3) : "–", ""],
    [word("loss_after"), last ? number(last.after) : "–", ""],
  ]);
  bar_chart("change-bars", changes_by_part());
  show_accuracy();
}

// ‖p − p₀‖ of each part: of what the steps changed so far, or, before the first, of what one step would change.
function changes_by_part() {
  const before = new Map(leaves(live.first));
  const moved = live.history.length
    ? leaves(live.p).map(([name, leaf]) => [name, norm(add(leaf, map_array((x) => -x, before.get(name))))])
    : leaves(live.dp).map(([name, leaf]) => [name, rate() * norm(leaf)]);
  set_text("change-caption", word(live.history.length ? "change_so_far" : "change_next"));
  const parts = new Map();
  for (const [name, length] of moved) {
    const part = part_of(name);
    parts.set(part, Math.hypot(parts.get(part) ?? 0, length));
  }
  return [...parts];
}

function part_of(name) {
  const [first, block, kind] = name.split(".");
  if (first !== "blocks") return word(`part_${first}`);
  return word(kind.startsWith("norm") ? "part_norms" : `part_${kind}`, { block: Number(block) + 1 });
}

// The share of test digits that are recognized, with the parameters before all steps and now.
function show_accuracy() {
  delete works.accuracy; // of other parameters
  live.accuracy = null;
  set_text("step-line", word("measuring"));
  measure_accuracy(live.p, (now) => measure_accuracy(live.first, (before) => {
    live.accuracy = { before, now };
    set_text("step-line", word("accuracy_line", { before: share(before), now: share(now), count: live.digits.length }));
  }));
}

const accuracies = new WeakMap(); // of parameters: {what is switched off: accuracy}

function measure_accuracy(p, done) {
  const how = JSON.stringify(live.how);
  const known = accuracies.get(p) ?? {};
  accuracies.set(p, known);
  if (how in known) return done(known[how]);
  const is_right = ({ image, label }) => predicted(pass({}, image, p)) === label;
  in_pieces("accuracy", live.digits.length, (i) => is_right(live.digits[i]), (results) => {
    known[how] = results.filter(Boolean).length / results.length;
    done(known[how]);
  });
}
