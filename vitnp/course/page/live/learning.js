// One SGD step: predicted and true decrease of the loss, test accuracy, which parts changed.

const STEPS_OF_A_RUN = 10;
const UNDONE = 100; // steps that can be undone; each keeps all its parameters, about 1 MB

function start_steps() {
  on("rate", "input", () => draw_steps());
  on("one-step", "click", () => take_steps(1));
  on("ten-steps", "click", () => take_steps(STEPS_OF_A_RUN));
  on("undo-step", "click", () => {
    if (!live.history.at(-1)?.p) return;
    live.p = live.history.pop().p;
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

let run = { left: 0 }; // of several steps: what the last one left behind, and how many are left

// One step per frame, so that each is seen.
function take_steps(count) {
  const { p, dp, loss, chosen } = live;
  const gradient = norm_of_leaves(dp);
  const next = step(p, dp, rate());
  const after = loss_of(pass({}, live.image, next), chosen);
  if (!Number.isFinite(after)) return set_text("step-flag", word("step_overflows"));
  live.p = next;
  live.history.push({ p, loss, gradient, predicted: -rate() * gradient ** 2, after });
  if (live.history.length > UNDONE) live.history.at(-1 - UNDONE).p = null;
  const own = (run = { p: live.p, chosen, left: count - 1 });
  refresh();
  requestAnimationFrame(() => {
    if (run === own && is_running()) take_steps(own.left);
  });
}

// Whatever else changes the parameters or the label ends the run.
function is_running() {
  return run.left > 0 && run.p === live.p && run.chosen === live.chosen;
}

function draw_steps() {
  show_value("rate", number(rate(), 2));
  const last = live.history.at(-1);
  const gradient = norm_of_leaves(live.dp);
  by_id("undo-step").disabled = !last?.p;
  by_id("reset-steps").disabled = !last;
  const next = -rate() * gradient ** 2;
  table("step-numbers", ["", word("last_step"), word("next_step")], [
    [word("loss_before"), last ? number(last.loss) : "–", number(live.loss)],
    [word("norm_dp"), last ? number(last.gradient, 3) : "–", number(gradient, 3)],
    [word("predicted_decrease"), last ? number(last.predicted, 3) : "–", number(next, 3)],
    [word("true_decrease"), last ? number(last.after - last.loss, 3) : "–", ""],
    [word("loss_after"), last ? number(last.after) : "–", ""],
  ]);
  const n = 1 + live.history.findIndex(too_large);
  set_text("step-flag", n ? word("step_too_large", { n }) : "");
  bar_chart("change-bars", changes_by_part());
  show_accuracy();
}

// Whether the loss changed by another half, or more, than the gradient predicted; differences of rounding are none.
function too_large({ predicted, loss, after }) {
  return !(Math.abs(after - loss - predicted) <= Math.max(Math.abs(predicted) / 2, 1e-9));
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

// The fraction of test digits that are recognized, with the parameters before all steps and now.
function show_accuracy() {
  delete works.accuracy; // of other parameters
  live.accuracy = null;
  if (is_running()) return show_progress("stepping", STEPS_OF_A_RUN - run.left, STEPS_OF_A_RUN);
  measure_accuracy(live.p, (now) => measure_accuracy(live.first, (before) => {
    live.accuracy = { before, now };
    by_id("progress").hidden = true;
    by_id("step-line").classList.toggle("flag", now < before - 0.05);
    set_text("step-line", word("accuracy_line", { before: share(before), now: share(now), count: live.digits.length }));
  }));
}

function show_progress(key, value, max) {
  set_text("step-line", word(key));
  by_id("step-line").classList.remove("flag");
  Object.assign(by_id("progress"), { hidden: false, max, value });
}

const accuracies = new WeakMap(); // of parameters: {what is switched off: accuracy}

function measure_accuracy(p, done) {
  const how = JSON.stringify(live.how);
  const known = accuracies.get(p) ?? {};
  accuracies.set(p, known);
  if (how in known) return done(known[how]);
  const count = live.digits.length;
  const is_right = ({ image, label }) => predicted(pass({}, image, p)) === label;
  const finish = (results) => {
    known[how] = results.filter(Boolean).length / count;
    done(known[how]);
  };
  show_progress("measuring", 0, count);
  in_pieces("accuracy", count, (i) => is_right(live.digits[i]), finish, (i) => show_progress("measuring", i, count));
}
